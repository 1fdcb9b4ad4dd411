"""A sample of small changes of the heart, each run against the tests of its line. scripts/test --mutants runs it.

A change that no test notices is a rule that nobody holds. Which tests run a line is noted once, on SQLite, and
kept in .mutants (never in the repository) until a file of tests, or of the heart that it runs, is another. All
of it happens in copies of the working tree.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from ast import literal_eval
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from functools import cache
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import SimpleQueue
from random import Random
from threading import Thread
from typing import Any

from changes import Change, changes
from heart import FILES
from in_forks import ELSEWHERE, ENDLESS, KILLED, SURVIVED, TO_TRY
from noted_lines import AT_IMPORT, CHOSEN, MIGRATED, NOTES

ROOT = Path(__file__).resolve().parents[2]
HERE = "tests/mutants"
KEPT = ROOT / ".mutants"
EXPLAINED = Path(__file__).with_name("explained.toml")

ROOMS = (
    "booking",
    "coverage",
    "tour",
    "visits",
    "post",
    "asking",
    "planning",
    "county",
    "ground",
    "letters",
    "web",
)
"""The folders of tests that are asked."""

ENOUGH = 0.95
NO_TESTS = 5
PATIENCE = 30
"""Seconds of the processor after which a change that makes the tests run on counts as noticed, and three times what
they took; twenty times as long by the clock, since others may use the machine."""

TEMPROOT = "PYTEST_DEBUG_TEMPROOT"
"""Where files of tests stand. Each copy has a place of its own: in one that is shared, another's pytest takes away
what it thinks nobody has."""

SECONDS = 120
"""How long the tests of one change may take, in seconds of the processor as they were noted, the nearest first:
what they do not notice goes unnoticed."""

SOURCES = KEPT / "sources"
"""The files of the heart as they were when a test was noted, by hash."""

Notes = dict[str, dict[str, Any]]
"""By file of tests: what it was when it was noted, and of each of its tests the seconds and the lines run."""


@dataclass(frozen=True)
class Outcome:
    change: Change
    killed: bool
    how: str
    seconds: float


def main() -> None:
    asked = _asked()
    KEPT.mkdir(exist_ok=True)
    files = [f for f in FILES if not asked.only or any(part in f for part in asked.only)]
    known = [change for file in files for change in changes(file, (ROOT / file).read_bytes())]
    if asked.again:
        named = {
            tuple(literal_eval(line.strip()))
            for line in asked.again.read_text().splitlines()
            if line[:5] == "    ["
        }
        known = [change for change in known if change.name in named]
    sample = Random(asked.seed).sample(known, min(asked.number, len(known)))
    explained = {tuple(one["change"]): one["why"] for one in tomllib.loads(EXPLAINED.read_text())["one"]}
    said = [change for change in sample if change.name in explained]
    everything = {change.name for file in FILES for change in changes(file, (ROOT / file).read_bytes())}
    for name in explained.keys() - everything:
        print(f"explained, and no change of today: {list(name)}")
    print(f"{len(sample)} of {len(known)} changes of {len(files)} files, seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="mutants", dir=os.environ.get(TEMPROOT)) as folder:
        copies = [_copy_of_the_tree(Path(folder) / str(n)) for n in range(asked.processes)]
        noted = _noted(asked, copies)
        to_try = [change for change in sample if change not in said]
        outcomes = list(_told(_tried(to_try, noted, copies, asked.seconds)))
    _report(asked, outcomes, said)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/test --mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--number", type=int, default=300, help="how many changes")
    parser.add_argument("--processes", type=int, default=2, help="how many at a time")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of tests for each change")
    parser.add_argument("--only", nargs="*", default=[], help="files whose path has one of these in it")
    parser.add_argument("--rooms", nargs="*", default=ROOMS, help="folders of tests that are asked")
    parser.add_argument("--again", type=Path, help="only the changes that survived in this output of a run")
    parser.add_argument(
        "--keep-notes", action="store_true", help="take what was noted of older files as well"
    )
    return parser.parse_args()


def _copy_of_the_tree(folder: Path) -> Path:
    """All that is in the repository, as it is in the working tree."""
    listed = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(".venv"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


FRESH = get_context("forkserver")
"""Each run of pytest is a new process, forked from one that has imported what is not ours: half its time."""

FRESH.set_forkserver_preload(
    [
        "alembic",
        "flask_sqlalchemy",
        "flask_login",
        "govuk_frontend_wtf.main",
        "hypothesis",
        "icalendar",
        "pytest",
    ]
)


@dataclass(frozen=True)
class Ended:
    """How a run of pytest ended: `code` None when it was stopped."""

    code: int | None
    said: str


def _pytest(copy: Path, *asked: str, seconds: float | None = None, **env: str) -> Ended:
    process = _started(copy, *asked, **env)
    process.join(seconds)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
    return Ended(code, (copy / "said.txt").read_text(errors="replace"))


def _started(copy: Path, *asked: str, **env: str) -> BaseProcess:
    """What it says goes to said.txt."""
    files = copy.with_name(f"files of {copy.name}")
    files.mkdir(exist_ok=True)
    env = {MIGRATED: str(KEPT / "migrated.sqlite"), TEMPROOT: str(files), **env}
    process = FRESH.Process(target=_runs, args=(copy, asked, env, copy / "said.txt"))
    process.start()
    return process


def _runs(copy: Path, asked: tuple[str, ...], env: dict[str, str], said: Path) -> None:
    os.environ.update(env)
    os.chdir(copy)
    with said.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    import pytest

    sys.exit(pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", "-p", "noted_lines", *asked]))


# Which tests run a line


def _noted(asked: argparse.Namespace, copies: list[Path]) -> Notes:
    """Of every file of tests of those rooms what its tests run; noted anew where a file is another."""
    place = KEPT / "notes.json"
    kept: Notes = json.loads(place.read_text()) if place.exists() else {}
    hashes = {file: _hash(file) for file in FILES}
    SOURCES.mkdir(exist_ok=True)
    for file, was in hashes.items():
        shutil.copy(ROOT / file, SOURCES / was)
    (KEPT / "migrated.sqlite").unlink(missing_ok=True)
    wanted = [
        str(path.relative_to(ROOT))
        for room in asked.rooms
        for path in sorted((ROOT / "tests" / room).rglob("test_*.py"))
        if not path.name.endswith("_browser.py")
    ]
    are = {file: _hash(file) for file in wanted}
    stale = [
        file
        for file in wanted
        if file not in kept
        or kept[file]["was"] != are[file]
        or not asked.keep_notes
        and any(hashes.get(ran) != was for ran, was in kept[file]["ran"].items())
    ]

    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def note(file: str) -> None:
        copy = free.get()
        try:
            tests = _note(copy, file)
        finally:
            free.put(copy)
        ran = {heart: hashes[heart] for test in tests.values() for heart in test["lines"]}
        failed = sorted(test for test, noted in tests.items() if not noted.get("passed", True))
        if failed:
            print(f"\nfail as it is, and are asked nothing: {', '.join(failed)}")
        kept[file] = {
            "was": "" if failed else are[file],  # noted anew the next time
            "ran": ran,
            "tests": {test: noted for test, noted in tests.items() if test not in failed},
        }
        place.write_text(json.dumps(kept))

    with ThreadPoolExecutor(asked.processes) as pool:
        for n, _ in enumerate(pool.map(note, stale), 1):
            print(f"\rwhich tests run which line: {n} of {len(stale)} files", end="", flush=True)
    print("" if stale else "which tests run which line: as noted")
    return {file: kept[file] for file in wanted}


def _note(copy: Path, file: str) -> dict[str, dict[str, Any]]:
    """What the tests of a file run, on SQLite where they have a database, and whether they pass."""
    watched = copy / "watched.json"
    watched.write_text(json.dumps([str(copy / heart) for heart in FILES]))
    _pytest(copy, file, "-k", "not postgresql", **{NOTES: str(watched)})
    notes = json.loads(Path(f"{watched}.out").read_text())
    Path(f"{watched}.out").unlink()
    for note in notes.values():
        note["lines"] = {str(Path(path).relative_to(copy)): n for path, n in note["lines"].items()}
    return notes


@cache
def _hash(file: str) -> str:
    """As it is when the run begins: what is changed in the working tree meanwhile is of the next run."""
    return sha256((ROOT / file).read_bytes()).hexdigest()


def _tests_of(change: Change, noted: Notes, seconds: float) -> dict[str, float]:
    """The tests that run a change with the seconds of each, the nearest and quickest first, as many as fit in
    `seconds`.

    What runs at import is no test's own: whatever runs any line of that file may notice it.
    """
    at_import, found = _at_import(change, noted), []
    for file, each in noted.items():
        near, lines = Path(file).parts[1] == Path(change.file).parts[1], _lines_of(change, each)
        for test, note in each["tests"].items():
            ran = note["lines"].get(change.file, ())
            if test != AT_IMPORT and (at_import and ran or not lines.isdisjoint(ran)):
                found.append((not near, note["seconds"], test))
    chosen: dict[str, float] = {}
    for _, took, test in sorted(found):
        if chosen and sum(chosen.values()) + took > seconds:
            break
        chosen[test] = took
    return chosen


def _at_most(tests: dict[str, float]) -> int:
    """Seconds of the processor in which they end, or never do."""
    return round(PATIENCE + 3 * sum(tests.values()))


def _at_import(change: Change, noted: Notes) -> bool:
    return not change.inside or any(
        not _lines_of(change, each).isdisjoint(
            each["tests"].get(AT_IMPORT, {"lines": {}})["lines"].get(change.file, ())
        )
        for each in noted.values()
    )


def _lines_of(change: Change, each: dict[str, Any]) -> set[int]:
    """Where the lines of a change stood when the tests of a file were noted."""
    then = _lines_then(change.file, each["ran"].get(change.file, ""))
    return {line for now in range(change.first, change.last + 1) for line in then.get(now, (now,))}


@cache
def _lines_then(file: str, was: str) -> dict[int, range]:
    """{line of today: those in its place as the file was}; {} where it is the same, or was not run."""
    if not was or was == _hash(file):
        return {}
    before, now = ((SOURCES / each).read_text().splitlines() for each in (was, _hash(file)))
    found = {}
    for word, a, b, c, d in SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        for n in range(c, d):
            found[n + 1] = range(a + n - c + 1, a + n - c + 2) if word == "equal" else range(a, b + 2)
    return found


# Changes tried


def _tried(sample: list[Change], noted: Notes, copies: list[Path], seconds: float) -> Iterator[Outcome]:
    """Each change, in forks of one process for each copy; what needs a process of its own comes last."""
    tests = {n: _tests_of(change, noted, seconds) for n, change in enumerate(sample)}
    apart = [n for n, change in enumerate(sample) if tests[n] and _at_import(change, noted)]
    forked = [n for n in tests if tests[n] and n not in apart]
    for n in tests:
        if not tests[n]:
            yield Outcome(sample[n], False, "no test runs it", 0)
    outcomes: SimpleQueue[tuple[int, Outcome] | Exception | None] = SimpleQueue()

    def in_forks(copy: Path, mine: list[int]) -> None:
        try:
            for n, outcome in _in_forks(copy, {n: sample[n] for n in mine}, tests):
                outcomes.put((n, outcome))
            outcomes.put(None)
        except Exception as error:
            outcomes.put(error)

    for place, copy in enumerate(copies):
        Thread(target=in_forks, args=(copy, forked[place :: len(copies)]), daemon=True).start()
    working = len(copies)
    while working:
        said = outcomes.get()
        if said is None:
            working -= 1
        elif isinstance(said, Exception):
            raise said
        elif said[1].how == ELSEWHERE:
            apart.append(said[0])
        else:
            yield said[1]
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)
    with ThreadPoolExecutor(len(copies)) as pool:
        yield from pool.map(lambda n: _alone(free, sample[n], tests[n]), apart)


def _in_forks(
    copy: Path, mine: dict[int, Change], tests: dict[int, dict[str, float]]
) -> Iterator[tuple[int, Outcome]]:
    place, out = copy / "attempts.json", copy / "attempts.json.out"
    attempts = [
        {"n": n, "change": asdict(change), "tests": list(tests[n]), "seconds": _at_most(tests[n])}
        for n, change in mine.items()
    ]
    place.write_text(json.dumps(attempts))
    out.write_text("")
    files = sorted({test.partition("::")[0] for n in mine for test in tests[n]})
    if not files:
        return
    process = _started(copy, *files, "-p", "in_forks", **{TO_TRY: str(place)})
    with out.open() as lines:
        while len(mine):
            line = lines.readline()
            if line.endswith("\n"):
                said = json.loads(line)
                how = said["by"] if said["word"] == KILLED else said["word"]
                killed = said["word"] in (KILLED, ENDLESS)
                if said["word"] == SURVIVED:
                    how = f"{len(tests[said['n']])} tests"
                yield said["n"], Outcome(mine.pop(said["n"]), killed, how, said["seconds"])
            elif not process.is_alive():
                raise RuntimeError((copy / "said.txt").read_text(errors="replace")[-4000:])
            else:
                lines.seek(lines.tell() - len(line))
                time.sleep(0.1)
    process.join()


def _alone(free: SimpleQueue[Path], change: Change, tests: dict[str, float]) -> Outcome:
    copy = free.get()
    began, changed = time.monotonic(), copy / change.file
    source = changed.read_bytes()
    try:
        changed.write_bytes(change.made_in(source))
        return _run(copy, change, tests, began)
    finally:
        changed.write_bytes(source)
        free.put(copy)


def _run(copy: Path, change: Change, tests: dict[str, float], began: float) -> Outcome:
    chosen = copy / "chosen.txt"
    chosen.write_text("\n".join(tests))
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    ended = _pytest(copy, "-x", "--tb=no", *files, seconds=20 * _at_most(tests), **{CHOSEN: str(chosen)})
    if ended.code == NO_TESTS:
        raise RuntimeError(f"none of these tests is there: {list(tests)}")
    failed = [line for line in ended.said.splitlines() if line.startswith(("FAILED", "ERROR"))]
    how = ENDLESS if ended.code is None else "it is no module any more"
    if failed:
        how = failed[0].split(" - ")[0]
    elif ended.code == 0:
        how = f"{len(tests)} tests"
    return Outcome(change, ended.code != 0, how, time.monotonic() - began)


def _told(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    for outcome in outcomes:
        word = "killed  " if outcome.killed else "SURVIVED"
        change = outcome.change
        print(f"{word} {change.file}:{change.first} {outcome.how} ({outcome.seconds:.0f} s)", flush=True)
        if not outcome.killed:
            print(f"    {list(change.name)}", flush=True)
        yield outcome


def _report(asked: argparse.Namespace, outcomes: list[Outcome], said: list[Change]) -> None:
    killed = sum(outcome.killed for outcome in outcomes)
    share = killed / max(1, len(outcomes) + len(said))
    print(
        f"{killed} killed, {len(outcomes) - killed} survived, {len(said)} explained in {EXPLAINED.name}: "
        f"{share:.0%} killed (asked: {ENOUGH:.0%})"
    )
    sys.exit(killed + len(said) < len(outcomes) + len(said) or share < ENOUGH)


if __name__ == "__main__":
    main()
