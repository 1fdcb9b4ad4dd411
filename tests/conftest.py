"""A fresh, migrated database for every test, on SQLite and on PostgreSQL; both are real."""

import gc
import hashlib
import os
import shutil
import sys
from collections import Counter
from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from functools import cache
from math import ceil
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any
from zlib import crc32

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import event, text

# What was compiled is kept beside its file, for hundreds of processes that tests start, also where somebody has set
# that none is: each would compile the whole house again, which is a third of its start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(
    str(Path(__file__).parent / "coverage")
)  # the slow reference, for the tests of other rooms too

import fast_hashes  # noqa: E402
import stand_in  # noqa: E402
from begun import begun_and_done  # noqa: E402
from browser import (  # noqa: E402, F401
    chromium,
    page,
    plain_page,
    playwright,
    site,
    whole_chromium,
    wide_page,
)
from how_many import LONGEST, is_drawn  # noqa: E402
from lent_app import SETTINGS, LentApp, new_app, settings_of  # noqa: E402
from outreach.ground import history, whose  # noqa: E402
from outreach.ground.db import db  # noqa: E402
from outreach.post.feeds import entries  # noqa: E402
from outreach.post.outbox import SUPERSEDED, Letter  # noqa: E402
from post.strict import feed_problems  # noqa: E402
from post.strict_mail import mail_problems  # noqa: E402
from postgres import Broom, Postgres  # noqa: E402
from stored_numbers import held_to_the_rule  # noqa: E402
from told import Listened, listened  # noqa: E402
from worlds import Kept, SqliteFile, World  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("OUTREACH_SHARED", ROOT.parent / "shared"))

DATABASES = ("sqlite", "postgresql")
OF_THE_DATABASE = frozenset(
    "DBAPIError IntegrityError OperationalError StatementError Barrier Popen Process Thread ThreadPoolExecutor at_once"
    " database_url dialect engine kill connection postgres psycopg running subprocess text together".split()
)
"""Names in a test that looks at what only a database of that kind shows."""
DEAR = Path(__file__).with_name("dear.txt")
"""What the everyday run leaves to the others: tests whose cases took so long together when they were last weighed, a
fifth of all functions and seven tenths of the time."""
DEAR_SECONDS = 0.4
NO_SHARED = "Not tried: real registers, calendars and mails. They are not beside this checkout; those of our own making were."


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="the longest checks too")
    parser.addoption(
        "--write-letters", action="store_true", help="write tests/letters/*.mail anew; look at the diff"
    )
    parser.addoption("--everything", action="store_true", help="browser and real-process checks too")
    parser.addoption("--everyday", action="store_true", help="without those that dear.txt names")
    parser.addoption(
        "--weigh", action="store_true", help="write dear.txt anew, of a whole run on a quiet machine"
    )
    parser.addoption(
        "--no-skips", action="store_true", help="fail when anything was skipped that could have run"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Examples are the same in every run but the long one, which looks at others each time; that a busy
    machine is slow to make them up is no fault."""
    hashlib.scrypt = fast_hashes.least
    if config.getoption("--long"):
        os.environ[LONGEST] = "yes"
    settings.register_profile(
        "tests",
        deadline=None,
        derandomize=not config.getoption("--long"),
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = []
    kept = []
    there = {item.nodeid for item in items}
    dear = set(DEAR.read_text().splitlines()) if config.getoption("--everyday") else set()
    for item in items:
        slow = _function_of(item.nodeid) in dear or (
            item.get_closest_marker("browser")
            and not (config.getoption("--everything") or config.getoption("--long"))
        )
        again = not config.getoption("--long") and _held_elsewhere(item, there)
        absent = item.get_closest_marker("shared") and not SHARED.exists()
        if "shared" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("browser"):
            raise pytest.UsageError(
                f"{item.nodeid} reads real data alone: `published` has a folder of ours too"
            )
        if (item.get_closest_marker("long") and not config.getoption("--long")) or slow or again or absent:
            left_out.append(item)
        else:
            kept.append(item)
    if not (config.getoption("--long") or config.pluginmanager.has_plugin("noted_lines")):
        waiting = _cases_of_other_days(kept)
        waiting |= _looks_of_other_days([item for item in kept if item not in waiting])
        left_out += waiting
        kept = [item for item in kept if item not in waiting]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    # The longest first: what is left in the end is short, and divides evenly.
    items[:] = sorted(kept, key=lambda item: item.get_closest_marker("browser") is None)


def _held_elsewhere(item: pytest.Item, there: Collection[str]) -> bool:
    """Whether this is one half of a test of which the other is enough for today: PostgreSQL's where it is marked
    `any_database`, SQLite's where that mark says `"postgresql"`, or where it is `walled`: walls are on PostgreSQL alone;
    else, of what looks at no constraint, lock or process, one of both, by turns of their names. Of pages that are marked
    `both_databases`, one in four is on both today."""
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return False
    kind = item.callspec.params.get("database_url")
    name, _, with_what = item.nodeid.partition("[")
    on_both = item.get_closest_marker("both_databases") and ("/web/" not in name or is_drawn(name, one_in=4))
    if kind not in DATABASES or on_both:
        return False
    if f"{name}[{with_what.replace(kind, DATABASES[1 - DATABASES.index(kind)])}" not in there:
        return False
    if item.get_closest_marker("walled"):
        return kind != "postgresql"
    if enough := item.get_closest_marker("any_database"):
        return kind not in (enough.args or DATABASES[:1])
    if item.get_closest_marker("own_database") or OF_THE_DATABASE & _names(item.function, 2):
        return False
    return kind != DATABASES[crc32(name.encode()) % 2]


CASES = 5
"""So many cases are a table."""


def _cases_of_other_days(items: Collection[pytest.Item]) -> set[pytest.Item]:
    """Of each table of cases that ask for a database, two thirds, drawn by what each is called; of what looks at a
    constraint, a lock or a process none."""
    tables: dict[str, dict[str, list[pytest.Item]]] = {}
    for item in items:
        if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            kind = item.callspec.params.get("database_url")
            if kind in DATABASES and not OF_THE_DATABASE & _names(item.function, 2):
                name, _, case = item.nodeid.partition("[")
                tables.setdefault(name, {}).setdefault(case.replace(kind, ""), []).append(item)
    others = set()
    for cases in tables.values():
        if len(cases) >= CASES:
            drawn = sorted(cases, key=lambda case: crc32(case.encode()))
            others |= {item for case in drawn[ceil(len(drawn) / 3) :] for item in cases[case]}
    return others


LOOKS = 3
"""One look of so many is taken in each run."""


def _looks_of_other_days(items: Collection[pytest.Item]) -> set[pytest.Item]:
    """Of the tests marked `look` those that are not drawn; of a file that would have nothing left, one is."""
    others = {
        item for item in items if item.get_closest_marker("look") and not is_drawn(item.nodeid, one_in=LOOKS)
    }
    of_files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        of_files.setdefault(item.path, []).append(item)
    return others - {of[0] for of in of_files.values() if others.issuperset(of)}


@cache
def _names(function: FunctionType, deep: int) -> frozenset[str]:
    """What a test names: modules, functions, attributes and fixtures, and what the functions of its file name."""
    found, codes = set(function.__code__.co_varnames), [function.__code__]
    while codes:
        code = codes.pop()
        found |= {*code.co_names}
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    if function.__globals__.get("text") is not text:  # an answer's
        found.discard("text")
    called = [function.__globals__.get(name) for name in found] if deep else []
    of_this_file = [
        of for of in called if isinstance(of, FunctionType) and of.__module__ == function.__module__
    ]
    return frozenset(found).union(*(_names(of, deep - 1) for of in of_this_file))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """The collector of cycles stands still while tests are collected, of which nothing is garbage, and need
    not walk through what was imported and collected at every turn later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before fixtures of whatever reach: what is slow on purpose costs little."""
    hashlib.scrypt = fast_hashes.costs(item)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With --no-skips whatever was skipped fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--weigh") and reporter is not None:
        _weigh(report for reports in reporter.stats.values() for report in reports)
    if session.config.getoption("--no-skips") and reporter is not None:
        if reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _weigh(reports: Iterable[object]) -> None:
    weights: Counter[str] = Counter()
    for report in reports:
        if isinstance(report, pytest.TestReport):
            weights[_function_of(report.nodeid)] += report.duration
    dear = sorted(name for name, seconds in weights.items() if seconds >= DEAR_SECONDS)
    DEAR.write_text("".join(f"{name}\n" for name in dear))


def _function_of(nodeid: str) -> str:
    return nodeid.partition("[")[0]


def migrate(url: str, folder: Path) -> None:
    """Bring an empty database up to date with the real migrations."""
    env = os.environ | {"DATABASE_URL": url, "OUTREACH_FOLDER": str(folder)}
    begun_and_done(
        ["flask", "--app", "wsgi", "db", "upgrade"],
        cwd=ROOT,
        env=env,
        check=True,
        capture_output=True,
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not SHARED.exists():
        terminalreporter.write_line(NO_SHARED)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout (tests that use it are marked `shared`)."""
    return SHARED / "data"


@pytest.fixture(scope="session", params=["made", pytest.param("data", marks=pytest.mark.shared)])
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of others in their real layout: a folder of our own making, and, where it is there, the one of real
    data besides."""
    if request.param == "data":
        return SHARED / "data"
    return stand_in.write(tmp_path_factory.mktemp("published") / "made")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL server of our own with one migrated template database."""
    with Postgres.start() as server:
        url = server.create("template_outreach")
        migrate(url, tmp_path_factory.mktemp("pg"))
        yield server


@pytest.fixture(scope="session")
def of_the_run(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the workers of one run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if hasattr(pytestconfig, "workerinput") else own


@pytest.fixture(scope="session")
def sqlite_template(of_the_run: Path) -> Path:
    """Made by the first worker that asks; the others wait for it."""
    folder = of_the_run / "sqlite"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not (folder / "template.sqlite").exists():
            migrate(f"sqlite:///{folder}/made.sqlite", folder)
            (folder / "made.sqlite").replace(folder / "template.sqlite")
    return folder / "template.sqlite"


@pytest.fixture(params=DATABASES)
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, lent_apps: dict[str, LentApp]
) -> Iterator[str]:
    """The URL of a migrated database of each kind, without a row in it; marked `own_database`: a new one, to
    change at will."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "outreach.sqlite")
        yield f"sqlite:///{tmp_path}/outreach.sqlite"
    elif request.node.get_closest_marker("own_database"):
        yield request.getfixturevalue("postgres").fresh("template_outreach")
    else:
        kept = lambda: lent_apps["postgresql"].kept_session if "postgresql" in lent_apps else None  # noqa: E731
        with request.getfixturevalue("postgres").empty("template_outreach", kept) as url:
            yield url


@pytest.fixture(scope="session")
def compiled_templates(of_the_run: Path) -> FileSystemBytecodeCache:
    """What Jinja makes of a template, kept for the next application: a third of a page test's time went into
    it."""
    (of_the_run / "templates").mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(of_the_run / "templates"))


@pytest.fixture(scope="session")
def lent_apps() -> dict[str, LentApp]:
    """The apps that were made for this worker, by the kind of their database."""
    return {}


@pytest.fixture
def app(
    request: pytest.FixtureRequest,
    database_url: str,
    tmp_path: Path,
    compiled_templates: FileSystemBytecodeCache,
    lent_apps: dict[str, LentApp],
) -> Iterator[Flask]:
    """The service on a fresh database, its context pushed; marked `own_app`: made for this test, to change at
    will."""
    here = settings_of(database_url, tmp_path)
    if request.node.get_closest_marker("own_app"):
        app = new_app(SETTINGS | here, compiled_templates)
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()
        return
    kind = database_url.split(":")[0]
    if kind not in lent_apps:
        lent_apps[kind] = LentApp(SETTINGS | here, compiled_templates)
    with lent_apps[kind].on(here) as app:
        yield app


@pytest.fixture(scope="session")
def kept_worlds(pytestconfig: pytest.Config) -> dict[str, Kept] | None:
    """The rows that were made for this worker, by their maker; none are kept where changes of the code that
    makes them are tried, test by test."""
    return None if pytestconfig.pluginmanager.has_plugin("noted_lines") else {}


@pytest.fixture
def world(
    request: pytest.FixtureRequest,
    app: Flask,
    database_url: str,
    kept_worlds: dict[str, Kept] | None,
    of_the_run: Path,
) -> World:
    """Rows that many tests begin with: see worlds.py."""

    def database() -> SqliteFile | Broom:
        if database_url.startswith("sqlite"):
            file = Path(database_url.removeprefix("sqlite:///"))
            return SqliteFile(file, request.getfixturevalue("sqlite_template"))
        postgres: Postgres = request.getfixturevalue("postgres")
        return postgres.broom(database_url)

    return World(app, database, kept_worlds, of_the_run)


@pytest.fixture(autouse=True)
def app_stays_as_made(lent_apps: dict[str, LentApp]) -> Iterator[None]:
    """A test that adds to the app, or takes from it, is told so here, when all its other fixtures are over;
    the next gets a new one."""
    yield
    changed = {kind: parts for kind, lent in lent_apps.items() if (parts := lent.changed())}
    for kind in changed:
        del lent_apps[kind]
    assert changed == {}


@pytest.fixture(autouse=True)
def no_broken_entry(app_stays_as_made: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every letter and every entry of a feed that any test makes the service write is held to the strict
    check, whatever that test is about."""
    broken: list[str] = []
    text_of = entries.text_of

    def kept(entry: entries.Entry) -> str:
        text = text_of(entry)
        whole = f"{entries.head('A feed')}{text}END:VCALENDAR\r\n".encode()
        broken.extend(f"feed of {entry.kind}: {said}" for said in feed_problems(whole))
        return text

    monkeypatch.setattr(entries, "text_of", kept)

    def read(_mapper: Any, _connection: Any, letter: Letter) -> None:
        if letter.status == SUPERSEDED:  # goes nowhere, and is masked
            return
        if letter.method and b"MIME-Version" in letter.raw:
            broken.extend(
                f"{letter.kind} to {letter.recipient}: {said}" for said in mail_problems(letter.raw)
            )
        elif b"text/calendar" in letter.raw:
            broken.append(f"{letter.kind} to {letter.recipient}: a calendar that the letter does not know of")

    event.listen(Letter, "before_insert", read)
    yield
    event.remove(Letter, "before_insert", read)
    assert broken == []


@pytest.fixture(autouse=True)
def numbers_are_written(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever door changes how many pupils a school has writes what it may promise at most."""
    with held_to_the_rule() as wrong:
        yield
    assert wrong == [] or request.node.get_closest_marker("numbers_astray")


@pytest.fixture(scope="session")
def listening() -> Iterator[Listened]:
    with listened() as found:
        yield found


@pytest.fixture(autouse=True)
def what_is_changed_is_told(listening: Listened) -> Iterator[Listened]:
    """Whatever form any test sends, what it changes stands in the history."""
    listening.wrong.clear()
    listening.anothers.clear()
    yield listening
    assert listening.wrong == []


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def count_queries() -> Any:
    """with count_queries() as queries: …; then len(queries) statements were sent, each kept as text."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith(("BEGIN", whose.MARK)) and history.NOTE not in statement:
                sent.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return counting
