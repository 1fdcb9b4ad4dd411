"""Every benchmark runs: one tiny round of each, which prints every figure that it is kept for; three of them in each run
of the tests, all of them in the longest."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

NUMBER = r"[\d.,]+(e[-+]\d+)?"
TIMES = rf": {NUMBER}x \("

FIGURES = {
    "booking": [rf"booking, sqlite{TIMES}at least"],
    "coverage": [
        rf"desk, sqlite: {NUMBER} queries with {NUMBER} schools, {NUMBER} with",
        rf"desk, sqlite, {NUMBER} schools{TIMES}at most",
        rf"coverage, sqlite, {NUMBER} schools{TIMES}at most",
        rf"gaps, first page, sqlite, {NUMBER} schools{TIMES}at most",
        rf"export of schools, sqlite: .*{TIMES}at most",
        rf"export of gaps, sqlite: .*{TIMES}at most",
        rf"export of gaps, sqlite: first byte after {NUMBER} statements",
    ],
    "diary": [rf"diary, sqlite: {NUMBER} queries with one troupe", rf"diary, sqlite{TIMES}at most"],
    "feed": [
        rf"feed cold, sqlite{TIMES}at most",
        rf"feed cold and packed, sqlite{TIMES}at most",
        rf"feed unchanged, sqlite{TIMES}at most",
        rf"feed memory, plain, sqlite: {NUMBER} MB",
        rf"feed memory, packed, sqlite: {NUMBER} MB",
    ],
    "outbox": [
        rf"rendered and put down, sqlite: {NUMBER} letters a second one a transaction",
        rf"sent by one postman, sqlite{TIMES}at least",
        rf"sent by four postmen, sqlite{TIMES}",
    ],
    "planner": [rf"330-guests seed 1, .* gap {NUMBER} % .* relaxation {NUMBER} s .* {NUMBER} MB"],
    "wishes": [
        rf"330 +{name} *: schools {NUMBER}, road {NUMBER}, near {NUMBER} min, days a full week .* in week {NUMBER} on average"
        for name in ("none", "all, no driving", "near much")
    ],
    "register": [
        *(
            rf"{what} onto {onto}, sqlite{TIMES}at most"
            for what in ("preview", "apply")
            for onto in ("empty", "last year's")
        ),
        rf"peak memory, sqlite: {NUMBER} MB",
    ],
    "replan": [
        rf"330-loose +seed 1, {what} *: moved {NUMBER} of {NUMBER} .* gap {NUMBER} % .* loss .* %"
        for what in ("a lost day", "a refused date", "a refusal", "ten refusals")
    ],
    "outcomes": [
        rf"queries, sqlite: {NUMBER} with 3 shows, {NUMBER} with 12",
        rf"outcomes, sqlite{TIMES}at most",
    ],
    "surveys": [rf"answers, sqlite{TIMES}at least"],
    "slots": [
        rf"slots, sqlite: {NUMBER} queries with 20 tour days, {NUMBER} with 120",
        rf"slots, sqlite: ranked over 120 tour days in {NUMBER} ms",
        rf"slots, sqlite{TIMES}at most",
    ],
    "start": [
        rf"start: processor until the application is made{TIMES}at most",
        rf"start: memory once made{TIMES}at most",
        rf"start: memory once a page is served{TIMES}at most",
    ],
    "erasing": [
        rf"mails that say some words, sqlite: {NUMBER} queries, {NUMBER} s for {NUMBER} letters",
        rf"mails that say some words, sqlite{TIMES}at most",
    ],
    "statements": [rf"Pages asked: {NUMBER} with 200", rf"{NUMBER} statements, {NUMBER} read more"],
    "turns": [
        rf"turns, sqlite: another's confirmation waits {NUMBER} s at most",
        rf"turns, sqlite: another's round of {NUMBER} is through in {NUMBER} s",
    ],
    "walls": [
        *(
            rf"walls, {page}{TIMES}"
            for page in ("desk", "coverage", "gaps", "schools", "diary", "a school's booking")
        ),
        rf"walls, median of the pages{TIMES}at most",
    ],
}
"""By benchmark: what it prints, a line each."""

IN_EACH_RUN = {"diary", "feed", "outbox"}
"""A page, a stream and a job: what the others share is tried by them, too."""


@pytest.mark.browser
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in IN_EACH_RUN else pytest.mark.long) for name in FIGURES]
)
def test_a_benchmark_runs_and_prints_its_figures(name: str) -> None:
    done = subprocess.run(
        [sys.executable, f"benchmarks/{name}.py", "--smoke"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for figure in FIGURES[name]:
        assert re.search(rf"^{figure}", done.stdout, re.MULTILINE), f"{figure}\n{done.stdout}"


def test_none_is_left_out() -> None:
    """Told from what they share as scripts/bench tells them."""
    programs = {
        path.stem for path in (ROOT / "benchmarks").glob("*.py") if "options(__doc__" in path.read_text()
    }
    assert programs == FIGURES.keys()
