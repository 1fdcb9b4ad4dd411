"""Small changes of a source, each of which at least one test should notice. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

FLIPPED: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
"""A boundary moves by one, a question is turned round."""

SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
OTHER_SUMS: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "//",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "+",
    ast.BitAnd: "|",
    ast.BitOr: "&",
}
OTHER_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Constant, ast.Subscript)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change of one file: the bytes from `start` to `end` become `text`.

    `first` to `last`: the lines that run when what is changed runs. `inside`: the function, '' for what runs
    at import.
    """

    file: str
    inside: str
    start: int
    end: int
    text: str
    first: int
    last: int
    was_line: str
    new_line: str

    def made_in(self, source: bytes) -> bytes:
        return source[: self.start] + self.text.encode() + source[self.end :]

    @property
    def name(self) -> tuple[str, str, str, str]:
        """What it is called where it is explained: no line number, which other changes of the file move."""
        return self.file, self.inside, self.was_line, self.new_line


def changes(file: str, source: bytes) -> list[Change]:
    """Every change of a file that we know to make, in the order of the file, each once."""
    found: dict[tuple[str, str, str, str], Change] = {}
    for change in _Reader(file, source).changes():
        found.setdefault(change.name, change)
    return list(found.values())


class _Reader:
    def __init__(self, file: str, source: bytes) -> None:
        self.file, self.source = file, source
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def changes(self) -> Iterator[Change]:
        yield from self._block(ast.parse(self.source).body, "")

    # --- statements

    def _block(self, block: list[ast.stmt], inside: str, in_table: bool = False) -> Iterator[Change]:
        for statement in block:
            if isinstance(statement, ast.ClassDef):
                name = f"{inside}.{statement.name}".lstrip(".")
                yield from self._block(statement.body, name, _is_table(statement))
            elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{inside}.{statement.name}".lstrip(".")
                for default in [*statement.args.defaults, *filter(None, statement.args.kw_defaults)]:
                    yield from self._expression(default, statement, inside)
                yield from self._block(statement.body, name)
            elif not in_table:  # the columns of tables are held to the migrations
                yield from self._statement(statement, inside)

    def _statement(self, statement: ast.stmt, inside: str) -> Iterator[Change]:
        if _is_words(statement) or isinstance(statement, ast.Import | ast.ImportFrom):
            return
        if _can_go(statement):
            yield self._change(statement, "pass", statement, inside)
        if isinstance(statement, ast.Return) and not isinstance(statement.value, ast.Constant | None):
            yield self._change(statement, "return None", statement, inside)
        if isinstance(statement, ast.If) and not _is_turned_round(statement.test):
            yield self._change(statement.test, f"not ({self._text(statement.test)})", statement.test, inside)
        for name, value in ast.iter_fields(statement):
            if name == "annotation":
                continue
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, ast.stmt):
                    yield from self._block([part], inside)
                elif isinstance(part, ast.expr):
                    yield from self._expression(part, statement, inside)
                elif isinstance(part, ast.withitem):
                    yield from self._expression(part.context_expr, statement, inside)
                elif isinstance(part, ast.excepthandler | ast.match_case):
                    yield from self._block(part.body, inside)

    # --- expressions

    def _expression(self, node: ast.AST, statement: ast.stmt, inside: str) -> Iterator[Change]:
        if isinstance(node, ast.JoinedStr):  # words; their parts have no places in this Python
            return
        of = node if isinstance(statement, ast.If | ast.While | ast.For | ast.With) else statement
        if isinstance(node, ast.expr):
            for text in self._others(node):
                yield self._change(node, text, of, inside)
        if isinstance(node, ast.comprehension):
            for asked in node.ifs:
                yield self._change(asked, "True", of if isinstance(of, ast.stmt) else asked, inside)
        for child in ast.iter_child_nodes(node):
            if isinstance(node, ast.Call) and isinstance(child, ast.keyword) and child.arg == "strict":
                continue  # a promise of the programmer, which no input breaks
            yield from self._expression(child, statement, inside)

    def _others(self, node: ast.expr) -> Iterator[str]:
        if isinstance(node, ast.Compare):
            yield from self._comparisons(node)
        elif isinstance(node, ast.BinOp):
            other = OTHER_SUMS.get(type(node.op))
            if other and not (_is_text(node.left) or _is_text(node.right)):
                yield f"({self._part(node.left)} {other} {self._part(node.right)})"
        elif isinstance(node, ast.BoolOp):
            other = " or " if isinstance(node.op, ast.And) else " and "
            yield f"({other.join(self._part(value) for value in node.values)})"
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield f"bool({self._text(node.operand)})"
        elif isinstance(node, ast.IfExp):
            arms = self._part(node.orelse), self._part(node.body)
            yield f"({arms[0]} if {self._text(node.test)} else {arms[1]})"
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, bool):
                yield str(not node.value)
            elif isinstance(node.value, int | float):
                yield repr(node.value + 1)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OTHER_CALLS:
            yield OTHER_CALLS[node.func.id] + self._text(node)[len(node.func.id) :]

    def _comparisons(self, node: ast.Compare) -> Iterator[str]:
        for changed in range(len(node.ops)):
            text = self._part(node.left)
            for n, (sign, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
                text += f" {FLIPPED[type(sign)] if n == changed else SIGNS[type(sign)]} {self._part(right)}"
            yield f"({text})"

    # --- places

    def _change(self, node: ast.expr | ast.stmt, text: str, runs: ast.AST, inside: str) -> Change:
        assert node.end_lineno is not None and node.end_col_offset is not None
        assert isinstance(runs, ast.expr | ast.stmt) and runs.end_lineno is not None
        start = self.starts[node.lineno - 1] + node.col_offset
        end = self.starts[node.end_lineno - 1] + node.end_col_offset
        new = self.source[:start] + text.encode() + self.source[end:]
        lines = self.source[self.starts[node.lineno - 1] : self.starts[node.end_lineno]]
        new_end = self.starts[node.end_lineno] + len(new) - len(self.source)
        new_lines = new[self.starts[node.lineno - 1] : new_end]
        return Change(
            file=self.file,
            inside=inside,
            start=start,
            end=end,
            text=text,
            first=runs.lineno,
            last=runs.end_lineno,
            was_line=" ".join(lines.decode().split()),
            new_line=" ".join(new_lines.decode().split()),
        )

    def _text(self, node: ast.expr) -> str:
        assert node.end_lineno is not None and node.end_col_offset is not None
        start = self.starts[node.lineno - 1] + node.col_offset
        text = self.source[start : self.starts[node.end_lineno - 1] + node.end_col_offset].decode()
        return f"({text})" if isinstance(node, ast.NamedExpr) else text  # its brackets are none of it

    def _part(self, node: ast.expr) -> str:
        text = self._text(node)
        return text if isinstance(node, ATOMS) else f"({text})"


def _is_table(statement: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "Base" for base in statement.bases)


def _is_words(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_turned_round(test: ast.expr) -> bool:
    """Whether a change of its own sign says the same as 'not' before it."""
    return isinstance(test, ast.UnaryOp) or (
        isinstance(test, ast.Compare)
        and len(test.ops) == 1
        and not isinstance(test.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE)
    )


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or isinstance(node, ast.Constant) and isinstance(node.value, str)


def _can_go(statement: ast.stmt) -> bool:
    """Whether the rest still has every name that it needs without this statement."""
    if isinstance(statement, ast.Assign):
        return all(isinstance(target, ast.Attribute | ast.Subscript) for target in statement.targets)
    return isinstance(statement, ast.Expr | ast.AugAssign | ast.Raise | ast.Continue | ast.Break | ast.Delete)
