"""The house as it is built: every module of outreach/, its room, and what it truly imports, read with ast."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OUTREACH = ROOT / "outreach"
TEMPLATES = ROOT / "templates"

FLOORS = {
    "ground": 0,
    "post": 1,
    "county": 2,
    "tour": 3,
    "booking": 4,
    "asking": 5,
    "visits": 6,
    "coverage": 7,
    "planning": 8,
    "outcomes": 9,
    "privacy": 10,
    "demonstration": 11,
    "web": 12,
    "cli": 12,
    "tables": 12,
    "": 13,
    "wsgi": 14,
}


@cache
def modules() -> dict[str, Path]:
    """Dotted name -> file, for outreach and wsgi; looked for once in a process, as each file is read once."""
    found = {}
    for path in sorted(OUTREACH.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found | {"wsgi": ROOT / "wsgi.py"}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def room(module: str) -> str:
    """'outreach.tour.slots' -> 'tour'; 'outreach' -> ''; 'wsgi' -> 'wsgi'."""
    parts = module.split(".")
    if parts[0] != "outreach":
        return parts[0]
    return parts[1] if len(parts) > 1 else ""


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All that stands in a file, as `ast.walk` finds it."""
    return tuple(ast.walk(tree(path)))


@cache
def imported(path: Path) -> tuple[tuple[str, int], ...]:
    """Every module named by an import anywhere in a file, with its line."""
    found = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.append((node.module, node.lineno))
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return tuple(found)


def ours(path: Path) -> list[tuple[str, int]]:
    """Of those, the modules of this house."""
    known = modules()
    return [(name, line) for name, line in imported(path) if name in known]


def said(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def folders_both_ways() -> list[tuple[str, str]]:
    """For each two folders that import each other, one import each way. Files that put a package together are left out."""
    known = modules()
    folder = {m: m.rpartition(".")[0] for m, p in known.items() if p.name != "__init__.py"}
    arrows = {
        (folder[m], folder[o]): f"{m} imports {o}"
        for m in folder
        for o, _ in ours(known[m])
        if o in folder and folder[m] != folder[o]
    }
    return [(said, arrows[b, a]) for (a, b), said in arrows.items() if a < b and (b, a) in arrows]
