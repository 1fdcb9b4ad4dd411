"""What a migration may do while the release before still serves: expand, move, contract (docs/house.md, Migrations). Read
from the files; what was there before the rule is left as it was."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"
SINCE = "0079"

CONTRACTS: set[str] = set()
"""Migrations that take away what no release uses any more, each a release after the one that left it."""


def wrong(source: str) -> list[str]:
    """What of it would fail, or hold up, the release before; a line each."""
    tree = ast.parse(source)
    upgrade = next(each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == "upgrade")
    calls = [each for each in ast.walk(upgrade) if isinstance(each, ast.Call)]
    said = list(_of_calls(calls))
    asked = {word for each in _named(calls, "take_tables") for word in _words(each.args)}
    touched = _touched(calls, upgrade)
    if (_named(calls, "build_index")) and (touched or _named(calls, "create_table")):
        said.append("build_index beside other steps: what stands before it is not undone with it")
    said += [f"{table} is changed, and not taken first (op.take_tables)" for table in sorted(touched - asked)]
    return said


def _named(calls: list[ast.Call], name: str) -> list[ast.Call]:
    return [
        each
        for each in calls
        if isinstance(each.func, ast.Attribute)
        and each.func.attr == name
        and getattr(each.func.value, "id", "") in ("op", "batch")
    ]


def _words(nodes: list[ast.expr]) -> list[str]:
    return [each.value for each in nodes if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def _made(calls: list[ast.Call]) -> set[str]:
    return {word for each in _named(calls, "create_table") for word in _words(each.args[:1])}


def _of_calls(calls: list[ast.Call]) -> Iterator[str]:
    made = _made(calls)
    for each in _named(calls, "create_index"):
        table = _words(each.args[1:2])
        if not table or table[0] not in made:
            yield "create_index on a table that stands: op.build_index builds it beside who writes"
    for name in ("drop_column", "drop_table", "rename_table", "drop_constraint"):
        if _named(calls, name):
            yield f"{name}: the release before still uses it; a contract is another release's"
    for each in _named(calls, "alter_column"):
        for word in each.keywords:
            if word.arg in ("type_", "new_column_name") or (
                word.arg == "nullable" and getattr(word.value, "value", None) is False
            ):
                yield f"alter_column with {word.arg}: the release before does not know"
    for each in _named(calls, "add_column"):
        words = {word.arg: word.value for word in getattr(each.args[1], "keywords", [])}
        nullable = getattr(words.get("nullable"), "value", True)
        if nullable is False and "server_default" not in words:
            yield "add_column that must say something, without a server_default: the release before says nothing"
    for name in ("create_foreign_key", "create_check_constraint", "create_unique_constraint"):
        if _named(calls, name):
            yield f"{name} reads the whole table while nobody writes: add it NOT VALID, and VALIDATE it in the next"


def _touched(calls: list[ast.Call], upgrade: ast.FunctionDef) -> set[str]:
    """Tables that stand, which its steps hold."""
    found = {
        word
        for name in ("add_column", "alter_column")
        for each in _named(calls, name)
        for word in _words(each.args[:1])
    }
    for each in ast.walk(upgrade):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            found |= {
                match[1]
                for match in re.finditer(r"\bALTER TABLE (?:ONLY )?(\w+)\b(?!.*VALIDATE)", each.value)
            }
    for each in calls:
        kind = each.func.attr if isinstance(each.func, ast.Attribute) else ""
        if kind == "ForeignKeyConstraint" and len(each.args) > 1 and isinstance(each.args[1], ast.List):
            found |= {word.partition(".")[0] for word in _words(each.args[1].elts)}
        if kind == "ForeignKey":
            found |= {word.partition(".")[0] for word in _words(each.args[:1])}
    return found - _made(calls)


def new() -> list[Path]:
    return sorted(path for path in VERSIONS.glob("[0-9]*.py") if path.name[:4] >= SINCE)


def test_every_migration_lets_the_release_before_go_on() -> None:
    found = {path.stem: wrong(path.read_text()) for path in new() if path.stem not in CONTRACTS}
    assert {name: said for name, said in found.items() if said} == {}


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ('op.create_index("ix", "letter", ["kind"])', "create_index on a table that stands"),
        ('op.drop_column("letter", "kind")', "drop_column: the release before still uses it"),
        ('op.alter_column("letter", "kind", type_=sa.Integer())', "alter_column with type_"),
        ('op.alter_column("letter", "kind", nullable=False)', "alter_column with nullable"),
        ('op.add_column("letter", sa.Column("a", sa.Text(), nullable=False))', "without a server_default"),
        ('op.add_column("letter", sa.Column("a", sa.Text()))', "letter is changed, and not taken first"),
        ('op.execute("ALTER TABLE letter ADD CHECK (id > 0)")', "letter is changed, and not taken first"),
        (
            'op.create_table("a", sa.ForeignKeyConstraint(["b"], ["booking.id"]))',
            "booking is changed, and not taken first",
        ),
        (
            'op.take_tables("letter"); op.add_column("letter", sa.Column("a")); op.build_index("ix", "letter", ["a"])',
            "build_index beside other steps",
        ),
        ('op.create_check_constraint("a", "letter", "id > 0")', "reads the whole table"),
    ],
)
def test_what_would_hold_up_the_release_before_is_told(steps: str, said: str) -> None:
    assert any(said in each for each in wrong(f"def upgrade():\n    {steps}\n"))


def test_what_the_release_before_does_not_notice_is_let_be() -> None:
    steps = """
    op.take_tables("letter", "booking")
    op.create_table("a", sa.ForeignKeyConstraint(["b"], ["booking.id"]))
    op.create_index("ix_a", "a", ["b"])
    op.add_column("letter", sa.Column("a", sa.Text(), nullable=False, server_default=""))
"""
    assert wrong(f"def upgrade():{steps}") == []
    assert wrong('def upgrade():\n    op.build_index("ix", "letter", ["kind"])\n') == []
    assert wrong('def upgrade():\n    op.execute("ALTER TABLE letter VALIDATE CONSTRAINT a")\n') == []
