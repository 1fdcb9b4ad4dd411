"""State that a process keeps from one request to the next: none but the app and what it bears."""

import ast
from collections.abc import Iterator

import plan

WRITES = {"append", "add", "update", "clear", "pop", "setdefault", "extend", "insert", "remove", "discard"}


def written(tree: ast.Module) -> Iterator[str]:
    """Names of a module that a function of its own gives another value, or writes into."""
    own = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)):
        here = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        here |= {argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)}
        told = {name for n in ast.walk(function) if isinstance(n, ast.Global) for name in n.names}
        yield from told
        for node in ast.walk(function):
            into: ast.AST | None = None
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
                into = node.value
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                into = node.func.value if node.func.attr in WRITES else None
            if isinstance(into, ast.Name) and into.id in own - (here - told):
                yield into.id


def test_no_module_keeps_anything() -> None:
    """Caches of pure functions are no state; what create_app tells lower rooms stands with the app (ground/the_app.py)."""
    found = {
        str(path.relative_to(plan.OUTREACH)): names
        for path in plan.modules().values()
        if path.is_relative_to(plan.OUTREACH) and (names := set(written(plan.tree(path))))
    }
    assert found == {}
