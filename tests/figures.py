"""Figures of the code itself, each printed beside what was asked for. scripts/figures runs it."""

import ast
import io
import re
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests" / "house"))

from plan import folders_both_ways  # noqa: E402

OUTREACH = ROOT / "outreach"
LONGEST = 120


def code_lines(source: str) -> int:
    """Lines that hold code: no blank ones, no comments, no docstrings."""
    docstrings = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    skipped = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in skipped:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstrings)


def reading() -> Iterator[Path]:
    """The files of the afternoon's reading, as CONTRIBUTING.md names them."""
    page = ROOT / "CONTRIBUTING.md"
    for name in re.findall(
        r"^\d+\. `(outreach/[\w/]+\.py)`", page.read_text() if page.exists() else "", re.M
    ):
        yield ROOT / name


COMPREHENSIONS = ("<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>")


def touched_by_a_booking() -> tuple[int, int]:
    """(files of ours, functions of ours) that a school's POST of a booking goes through."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "web")]
    from school_story import lay

    import make
    from conftest import SETTINGS, migrate
    from outreach import create_app
    from outreach.ground import clock

    clock.now = lambda: make.NOW
    with tempfile.TemporaryDirectory() as made:
        url = f"sqlite:///{made}/county.sqlite"
        migrate(url, Path(made))
        app = create_app(SETTINGS | {"SQLALCHEMY_DATABASE_URI": url, "OUTREACH_FOLDER": made})
        with app.app_context():
            story = lay(app.test_client())
            key = story.choose()
            story.fill()
            seen: set[tuple[str, str]] = set()

            def look(frame: FrameType, event: str, _more: Any) -> None:
                code = frame.f_code
                # A comprehension has a frame of its own until Python 3.12; it is no function that one reads.
                if (
                    event == "call"
                    and code.co_filename.startswith(str(OUTREACH))
                    and code.co_name not in COMPREHENSIONS
                ):
                    seen.add((code.co_filename, getattr(code, "co_qualname", code.co_name)))

            sys.setprofile(look)
            try:
                answer = story.post("/book", slots=key)
            finally:
                sys.setprofile(None)
            assert answer.status_code == 303, answer.status
            return len({file for file, _ in seen}), len(seen)


def main() -> None:
    sources = {path: path.read_text() for path in sorted(OUTREACH.rglob("*.py"))}
    lines = sorted(code_lines(source) for source in sources.values())
    every = [
        p
        for folder in ("outreach", "tests", "migrations", "benchmarks")
        for p in (ROOT / folder).rglob("*.py")
    ]
    kept = sum(len(re.findall(r"# fmt: (?:skip|off)", path.read_text())) for path in every)
    long = sum(len(line) > LONGEST for source in sources.values() for line in source.split("\n"))
    mypy = subprocess.run(
        [sys.executable, "-m", "mypy", "outreach"], cwd=ROOT, capture_output=True, text=True
    )
    errors = re.search(r"Found (\d+) error", mypy.stdout)
    print(f"Code lines of outreach: {sum(lines):,}")
    print(
        f"Files of outreach: {len(lines)}; code lines of one: median {lines[len(lines) // 2]}, most {lines[-1]}"
    )
    print(f"Pairs of folders that import each other: {len(folders_both_ways())} (asked: 0)")
    print(f"Lines kept from the formatter, everywhere: {kept} (asked: under 60)")
    print(f"Lines of outreach over {LONGEST} characters: {long} (asked: 0)")
    print(f"Errors of mypy in strict mode: {errors[1] if errors else 0} (asked: 0)")
    files, functions = touched_by_a_booking()
    print(
        f"A school's POST of a booking goes through {files} files (asked: 28) and {functions} functions (asked: 160)"
    )
    read = list(reading())
    print(
        f"Afternoon's reading: {len(read)} files, {sum(code_lines(p.read_text()) for p in read):,} code lines (asked: at most 4,000)"
    )
    print("Memory and start of a process: benchmarks/start.py. Time of the checks: scripts/test --all.")


if __name__ == "__main__":
    main()
