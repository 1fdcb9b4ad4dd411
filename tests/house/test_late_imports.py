"""Libraries that few requests need are imported late, each in its owner file; nothing else is."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import plan

LATE = {
    "icalendar": {"post/calendars.py", "post/incoming/calendar_parts.py"},
    "flufl": {"post/incoming/bounces.py"},
    "xlsxwriter": {"ground/tabular.py"},
    "holidays": {"county/school_days.py"},
    "authlib": {"county/openid/tokens.py"},
    "joserfc": {"county/openid/tokens.py"},
    "email_validator": {"county/contacts.py"},
    "segno": {"web/qr.py"},
    "PIL": {"county/logos.py"},
    "pyotp": {"county/second_factors.py"},
    "cryptography": {"ground/sealed.py"},
    "webauthn": {"county/passkeys.py"},
    "prometheus_client": {"web/measures.py"},
}
"""Library -> the files that import it, and only inside a function."""

OURS = {
    "__init__.py": {"outreach"},  # create_app hangs up the doors last
    "web/__init__.py": {"outreach"},  # and the doors their pages
}
"""File -> what of ours it imports inside a function."""


@cache
def late(path: Path) -> list[str]:
    """The modules named by imports inside a function."""
    found = []
    for function in plan.nodes(path):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.ImportFrom) and node.module:
                    found.append(node.module)
                elif isinstance(node, ast.Import):
                    found += [alias.name.split(".")[0] for alias in node.names]
    return found


def test_only_these_libraries_are_imported_late_and_nowhere_else() -> None:
    found: dict[str, set[str]] = {}
    for path in plan.modules().values():
        for name in late(path):
            if not name.startswith("outreach"):
                found.setdefault(name.split(".")[0], set()).add(str(path.relative_to(plan.OUTREACH)))
    assert found == LATE


def test_none_of_these_libraries_is_imported_when_a_file_is() -> None:
    early = [
        plan.said(path, node.lineno)
        for path in plan.modules().values()
        for node in at_once(plan.tree(path))
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
        if name.split(".")[0] in LATE
    ]
    assert early == []


def at_once(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that run when the file is imported: not those in functions, nor those for type checkers."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from (each for branch in node.orelse for each in at_once(branch))
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from at_once(node)


def test_of_ours_only_the_assembly_is_imported_late() -> None:
    found: dict[str, set[str]] = {}
    for path in plan.modules().values():
        for name in late(path):
            if name.startswith("outreach"):
                found.setdefault(str(path.relative_to(plan.OUTREACH)), set()).add(
                    ".".join(name.split(".")[:2])
                )
    assert found == OURS
