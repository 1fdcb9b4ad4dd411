"""Every benchmark runs: one tiny round of each, which prints every figure that it is kept for; two of them in each run
of the tests, all of them in the longest."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from postgres import Postgres

ROOT = Path(__file__).resolve().parent.parent.parent

NUMBER = r"[\d.,]+(e[-+]\d+)?"
TIMES = rf": {NUMBER}x \("

FIGURES = {
    "beside": [
        rf"beside: {NUMBER} others with {NUMBER} years, {NUMBER} MB, made in {NUMBER} s",
        *(
            rf"beside, {NUMBER} pages of {door}{TIMES}at most"
            for door in ("api", "company", "coordinator", "public", "school")
        ),
        rf"beside: {NUMBER} of {NUMBER} pages slower than 1.2x",
        *(rf"beside, of the whole service: {page} " for page in ("/metrics", "/state")),
        rf"beside, a round: {NUMBER}x flask asking chase --loop ",
        rf"beside: {NUMBER} of {NUMBER} rounds slower than 1.2x",
    ],
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
    "migrations": [
        rf"migrations, 0074_fair_turns: {NUMBER} s, AccessExclusiveLock on letter; 2 indexes built beside who writes",
        rf"migrations, 0076_indexes_of_partnerships: {NUMBER} s, 5 indexes built beside who writes",
        rf"migrations: {NUMBER} steps in {NUMBER} s on {NUMBER} MB; the longest that keeps a table from others takes",
    ],
    "morning": [
        *(
            rf"morning, cost of {what}: {NUMBER} ms of the service’s processor, {NUMBER} ms of the database’s"
            for what in ("a school opens its link", "the desk", "a booking, from link to promise")
        ),
        rf"morning, cost of a letter sent: {NUMBER} ms of the postman’s",
        rf"morning: {NUMBER} of England’s, {NUMBER} hours in {NUMBER} s",
        rf"morning, bare page with one SELECT: p50 {NUMBER} ms, p99 {NUMBER} ms of {NUMBER}",
        *(
            rf"morning, {what}: p50 {NUMBER} ms \({NUMBER}x\), p99 {NUMBER} ms \({NUMBER}x\) of {NUMBER}"
            for what in ("a school opens its link", "books", "reads its booking", "a round is sent")
        ),
        rf"morning, cores of {NUMBER}: gunicorn {NUMBER}, PostgreSQL {NUMBER}, postmen {NUMBER}, the people {NUMBER}",
        rf"morning, letters: {NUMBER} of rounds, the last of {NUMBER} after {NUMBER} s",
        r"morning, lost and wrong: bookings lost 0, bookings twice 0, bookings of others 0, bookings nobody was told of 0,"
        r" bookings without a letter that came 0, letters lost 0, letters twice 0, requests lost 0, pages wrong 0",
        rf"morning, memory at the start and the end{TIMES}at most",
        rf"morning, England’s busiest hour by these costs: {NUMBER} cores of work in gunicorn",
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
    "statements": [rf"Pages asked: {NUMBER} with 200", rf"statements: {NUMBER}, of which {NUMBER} read more"],
    "partitions": [
        rf"partitions, {NUMBER} of {NUMBER} statements that read them could be sent again",
        rf"partitions, a partition each: all statements together {NUMBER}x",
        rf"partitions, two years: all statements together {NUMBER}x",
    ],
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


@pytest.mark.long  # in each run the morning, which has all processes and what the others share
@pytest.mark.parametrize("name", FIGURES)
def test_a_benchmark_runs_and_prints_its_figures(name: str) -> None:
    look_at(name)


@pytest.mark.browser
def test_a_morning_loses_nothing_and_prints_its_figures(postgres: Postgres, tmp_path: Path) -> None:
    """On a database that is there: to make one takes as long as the morning."""
    look_at("morning", "--at", postgres.fresh("template_outreach"), "--folder", str(tmp_path))


def look_at(name: str, *more: str) -> None:
    done = subprocess.run(
        [sys.executable, f"benchmarks/{name}.py", "--smoke", *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for figure in FIGURES[name]:
        assert re.search(rf"^{figure}", done.stdout, re.MULTILINE), f"{figure}\n{done.stdout}"


def test_lines_of_the_readme_that_no_longer_hold_are_named() -> None:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import readme

    said = readme.figures(
        [
            "booking, sqlite: 0.071x (at least 0.06x asked: reached) (65 bookings a second)",
            "slots, sqlite: 6 queries with 20 tour days, 6 with 120 (at most 6 asked)",
            "330-half seed 1, 10 s: schools 330 of 330 (at most 330), gap 0.07 %",
            "start: memory once made: 1.75x (at most 1.8x asked: reached)",
            "erasing: 14.6x (at most 15x asked: reached)",
        ]
    )
    printed = readme.figures(
        [
            "== benchmarks/booking.py --quick",
            "booking, sqlite: 0.043x (at least 0.06x asked: MISSED) (40 bookings a second)",
            "slots, sqlite: 6 queries with 20 tour days, 9 with 120 (at most 6 asked)",
            "330-half seed 1, 10 s: schools 330 of 330 (at most 330), gap 0.13 %  MISSED: gap",
            "start: memory once made: 1.79x (at most 1.8x asked: reached)",
            "  slower: 1.4x /desk",
            "walls, desk: 1.2x (30 ms, the owner 25 ms)",
        ]
    )
    differing = [line.partition("\n")[0] for line in readme.differences(said, printed)]
    assert [line.partition(" (")[0] for line in differing] == [
        "no longer holds: booking, sqlite: 0.071x",
        "no longer holds: slots, sqlite: 6 queries with 20 tour days, 6 with 120",
        "no longer holds: 330-half seed 1, 10 s: schools 330 of 330",
        "not printed: erasing: 14.6x",
        "not in the README: walls, desk: 1.2x",
    ]


def test_the_readme_has_a_place_for_what_was_printed() -> None:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import readme

    assert readme.FIGURES.search(readme.README.read_text())


def test_none_is_left_out() -> None:
    """Told from what they share as scripts/bench tells them."""
    programs = {
        path.stem for path in (ROOT / "benchmarks").glob("*.py") if "options(__doc__" in path.read_text()
    }
    assert programs == FIGURES.keys()
