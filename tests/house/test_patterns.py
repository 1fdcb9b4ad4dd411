"""Patterns over a stranger's text: their steps grow with its length, not with its square."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import plan
import pytest
import steps

METHODS = {"match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
ONE_START = {"match", "fullmatch"}
CALLS = {f"re.{name}" for name in (*METHODS, "compile")}

OF_US = {
    "outreach/cli/backups/postgres_server.py": "the output of PostgreSQL's own programs, and DATABASE_URL",
    "outreach/cli/backups/archive.py": "names of files in our own folder of backups",
    "outreach/web/assets.py": "our own styles and scripts",
    "outreach/web/not_shown.py": "our own pages, in which a stranger's < and > are written as entities",
}
"""File -> why no stranger's text reaches its patterns; those of all others are tried."""

MADE = {
    "county/lists/headings.py": (
        "[one.pattern for one, _ in _ROLE]",
        "[pattern for _, pattern in _WORDS]",
        "[pattern for _, pattern in _VISIT_WORDS]",
        "[pattern for _, pattern in _BODY_WORDS]",
    ),
    "ground/workbooks.py": ("[begin for begin, _, _ in _OTHERS]",),
    "outcomes/referrals/number_lines.py": ("list(_HEADINGS.values())",),
    "post/placeholders.py": (r"[rf'{one}\b' for one in _GREETINGS]",),
    "post/server_words.py": ("[f'{a}{STRUCK}(?:{a}{STRUCK})*{a}' for a in ('', _OF_BASE64)]",),
    "privacy/comparing.py": (
        r"[r'(?<!\w)jo\ fell(?!\w)']",
        r"""[rf"(?:^|:)[\s*'\"]*jo\ fell[{_VALUE_ENDS}]*$"]""",
    ),
    "privacy/person.py": (
        r"[rf'(?<![\w.+-])(?:jo\ fell|jo@fell\.example)(?![\w-])|' + phone_numbers.pattern('01632960417')]",
    ),
}
"""File -> of each pattern that it makes while it runs, in their order: all that come out, or some."""


def _used(path: Path, name: str) -> str:
    """How a compiled pattern is used: 'match' or 'fullmatch' where in no other way and by its own file alone."""
    used = {n.attr for n in plan.nodes(path) if isinstance(n, ast.Attribute) and ast.unparse(n.value) == name}
    return (
        (used & METHODS).pop()
        if len(used & METHODS) == 1 and used & ONE_START and name[:1] == "_"
        else "search"
    )


def _patterns() -> Iterator[tuple[str, Any, int, str]]:
    """(where, pattern, flags, how it is used) of every pattern of the house that is not in OF_US."""
    for module, path in plan.modules().items():
        if str(path.relative_to(plan.ROOT)) in OF_US or not any(n == "re" for n, _ in plan.imported(path)):
            continue
        names = dict(vars(importlib.import_module(module)))
        made = iter(MADE.get(str(path.relative_to(plan.OUTREACH)), ()))
        named = {
            node.value: node.targets[0].id
            for node in plan.nodes(path)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        calls = [node for node in plan.nodes(path) if isinstance(node, ast.Call)]
        for node in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
            if ast.unparse(node.func) not in CALLS:
                continue
            way = ast.unparse(node.func).removeprefix("re.")
            flags = next((k.value for k in node.keywords if k.arg == "flags"), None)
            behind = {"sub": 4, "subn": 4, "split": 3, "compile": 1}.get(way, 2)
            flags = node.args[behind] if flags is None and len(node.args) > behind else flags
            mask = int(eval(ast.unparse(flags), names)) if flags else 0
            try:
                found = [eval(ast.unparse(node.args[0]), names)]
            except NameError:
                found = eval(next(made), names)
            kind = way if way != "compile" else _used(path, named[node]) if node in named else "search"
            yield from ((plan.said(path, node.lineno), one, mask, kind) for one in found)


def test_no_pattern_takes_more_than_a_text_of_its_length_is_worth() -> None:
    """4,000 signs at most eight times the steps of 1,000. Of what grows no faster from 25 to 100 no more is tried."""
    slow = []
    for where, pattern, flags, kind in _patterns():
        if said := steps.grows(pattern, flags, kind):
            slow.append(f"{where} {kind} {pattern!r}: {said}")
    assert slow == []


@pytest.mark.parametrize(
    ("pattern", "kind", "slow"),
    [
        (r"[^\s<>]*@", "search", True),
        (r"(?<![^\s<>])[^\s<>]*@", "search", False),
        (r"\s*,", "sub", True),
        (r"\s*,", "match", False),
        (r"<[^>]*>", "sub", True),
        (r"(?:a+)+b", "match", True),
        (r"x\s*\s*y", "match", True),
        (r"x\s{0,9},", "search", False),
    ],
)
def test_patterns_known_to_be_slow_are_found(pattern: str, kind: str, slow: bool) -> None:
    assert bool(steps.grows(pattern, 0, kind)) is slow
