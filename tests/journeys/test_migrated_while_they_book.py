"""`flask db upgrade` beside a service that is at work: schools book without end while a next release's steps are taken, and
somebody reads a table for longer than a step waits. Bookings go on, and none fails."""

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from flask import Flask
from processes import Service, running

import make
from begun import Begun
from benchmarks.morning_people import Later, Lines, Morning, School, Seen
from outreach.cli import live_schema, migrations
from outreach.county import school_days
from outreach.county.partnerships import Authority
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.school_year import year_of
from outreach.post import links

ROOT = Path(__file__).resolve().parents[2]
SCHOOLS, CALLERS = 90, 3

RELEASE_BEFORE = "0073_register_uploads"
"""The last migration of it."""

NEXT = {
    "9001_expand": """
    op.take_tables("booking", "letter", "performance")
    op.create_table(
        "next_thing",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("booking_id", sa.Integer(), sa.ForeignKey("booking.id"), nullable=False),
    )
    op.add_column("booking", sa.Column("next_word", sa.Text(), server_default="", nullable=False))
    op.add_column("letter", sa.Column("next_word", sa.Text()))
    op.add_column("performance", sa.Column("next_word", sa.Text()))
    op.execute("ALTER TABLE booking ADD CONSTRAINT next_rule CHECK (next_word <> '-') NOT VALID")
""",
    "9002_index": """
    op.build_index("ix_next_booking", "booking", ["programme_id", "next_word"])
    op.build_index("ix_next_letter", "letter", ["next_word"], where="status = 'waiting'")
""",
    "9003_hold": """
    op.execute("ALTER TABLE booking VALIDATE CONSTRAINT next_rule")
""",
}
"""What a release may do to tables that the one before still uses."""


def next_release(folder: Path) -> Path:
    """The migrations of this release, and after them its own."""
    made = folder / "migrations"
    shutil.copytree(ROOT / "migrations", made, ignore=shutil.ignore_patterns("__pycache__"))
    before = max(path.stem for path in (made / "versions").glob("[0-9]*.py"))
    for name, steps in NEXT.items():
        words = f"import sqlalchemy as sa\nfrom alembic import op\nrevision = {name!r}\ndown_revision = {before!r}\n"
        (made / "versions" / f"{name}.py").write_text(f"{words}def upgrade():{steps}")
        before = name
    return made


def code_of_before(folder: Path) -> Path:
    """The release before as it was written: all that stood when the first migration of this one came."""
    written = sorted((ROOT / "migrations" / "versions").glob("[0-9]*.py"))
    first = next(path for path in written if path.stem > RELEASE_BEFORE)
    git = ["git", "-C", str(ROOT)]
    came = ["log", "--diff-filter=A", "--format=%H", "-1", "--", str(first)]
    commit = subprocess.run([*git, *came], capture_output=True, text=True).stdout.strip()
    if not commit:
        pytest.skip("this checkout has no history of the code: git fetch --unshallow")
    made = folder / "before"
    made.mkdir()
    packed = subprocess.run([*git, "archive", f"{commit}^"], capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(made)], input=packed, check=True)
    return made


def lay() -> list[School]:
    now = clock.now()
    day, days = now.date() + timedelta(days=30), list[date]()
    while len(days) < SCHOOLS // 2:
        if day.weekday() < 5 and not school_days.bank_holiday(day):
            days.append(day)
        day += timedelta(days=1)
    asked = []
    with transaction():
        partnership = make.partnership(la_codes=())
        db.session.add(Authority(la_code="931", name="Marlshire", partnership_id=partnership.id))
        coming = {"academic_year": year_of(days[0]), "reply_by": days[0], "notice_book_days": 1}
        programme = make.programme(partnership, audience_ceiling=350, **coming)
        for troupe in (make.troupe(partnership), make.troupe(partnership)):
            for day in days:
                make.tour_day(programme, troupe, day)
        said: dict[str, int] = {}
        for _ in range(SCHOOLS):
            row = make.school()
            minted = links.mint(
                organisation_id=row.organisation_id,
                programme_id=programme.id,
                partnership_id=partnership.id,
                address=f"desk@o{row.organisation_id}.example",
                now=now,
                expires_at=now + timedelta(days=90),
            )
            asked.append((row.organisation_id, row.name, minted.token))
    return [
        School(Lines(()), Seen(), organisation_id=urn, name=name, token=token, books=True, said=said)
        for urn, name, token in asked
    ]


@contextmanager
def booking_on(service: Service, schools: list[School]) -> Iterator[Seen]:
    """Some callers, of whom each takes one school after the other through its whole booking, until it is over."""
    seen, over = Seen(), threading.Event()
    lines, waiting = Lines([urlsplit(service.url).port or 0]), iter(schools)
    morning = Morning(seen, CALLERS)

    def one_more() -> Later | None:
        school = next(waiting, None)
        if over.is_set() or school is None:
            return None
        school.lines, school.seen = lines, seen
        later = school.open()
        while later is not None:
            later = later.step()
        return Later(one_more, 0.0)

    for _ in range(CALLERS):
        morning.at(0, one_more)
    people = threading.Thread(target=morning.run)
    people.start()
    try:
        yield seen
    finally:
        over.set()
        people.join()


def until(books: list[School], more: int) -> None:
    """So many more bookings were promised."""
    said, enough = books[0].said, len(books[0].said) + more
    last = time.monotonic() + 240
    while len(said) < min(enough, SCHOOLS):
        assert time.monotonic() < last, said
        time.sleep(0.05)


@pytest.mark.own_app
@pytest.mark.own_database
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_steps_take_their_tables_beside_who_takes_them_in_any_order(
    app: Flask, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_schema, "PAUSES", (0.1,))
    monkeypatch.setattr(live_schema, "TRIES", 400)
    release, over, tables = next_release(tmp_path), threading.Event(), ["booking", "letter", "performance"]

    def write(order: list[str]) -> int:
        rounds = 0
        with psycopg.connect(database_url) as line:
            while not over.is_set():
                with line.transaction():
                    for table in order:
                        line.execute(f"SELECT FROM {table} FOR UPDATE")  # type: ignore[call-overload]
                        time.sleep(0.005)
                rounds += 1
        return rounds

    migrations.init_app(app)
    with ThreadPoolExecutor(2) as both:
        writers = [both.submit(write, tables), both.submit(write, tables[::-1])]
        try:
            command.upgrade(app.extensions["migrate"].migrate.get_config(str(release)), "head")
        finally:
            over.set()
        assert all(writer.result() > 0 for writer in writers)
    with psycopg.connect(database_url) as line:
        assert line.execute("SELECT version_num FROM alembic_version").fetchall() == [("9003_hold",)]


@pytest.mark.browser
@pytest.mark.long
@pytest.mark.own_database
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_tables_are_brought_up_while_schools_book_and_none_fails(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    schools = lay()
    db.session.remove()
    release = next_release(tmp_path)
    with running(database_url, tmp_path) as service, booking_on(service, schools) as seen:
        until(schools, 3)
        with psycopg.connect(database_url, autocommit=True) as line:
            with pytest.raises(psycopg.errors.UniqueViolation):  # an index that was broken off, and left
                line.execute("CREATE UNIQUE INDEX CONCURRENTLY ix_next_booking ON booking (programme_id)")
        with psycopg.connect(database_url) as report:
            report.execute("SELECT FROM booking").fetchall()
            upgrade = Begun(
                ["flask", "--app", "wsgi", "db", "upgrade", "-d", str(release)],
                cwd=ROOT,
                env=service.environment,
                stderr=subprocess.PIPE,
                text=True,
            )
            assert upgrade.stderr is not None
            said, late = "", threading.Timer(180, upgrade.kill)
            late.start()
            while "a table is in use" not in said:
                assert (one := upgrade.stderr.readline()), f"it never gave way: {said}"
                said += one
            late.cancel()
            until(schools, 3)  # they go on while it has given way
        said += upgrade.communicate(timeout=240)[1]
        assert upgrade.returncode == 0, said
        until(schools, 3)
    # Whoever waits for twenty seconds is told so by the service, and that is wrong.
    assert seen.lost == [] and seen.wrong == []
    with psycopg.connect(database_url) as line:
        stand = line.execute("SELECT reference, organisation_id FROM booking").fetchall()
        assert sorted(stand) == sorted(schools[0].said.items())
        valid = "SELECT indexrelid::regclass::text, indisvalid FROM pg_index WHERE indexrelid::regclass::text LIKE 'ix_next%'"
        assert sorted(line.execute(valid).fetchall()) == [("ix_next_booking", True), ("ix_next_letter", True)]
        assert line.execute("SELECT version_num FROM alembic_version").fetchall() == [("9003_hold",)]


@pytest.mark.browser
@pytest.mark.long
@pytest.mark.own_database
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_release_before_serves_while_its_tables_are_brought_up_and_after(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    schools = lay()
    db.session.remove()
    db.engine.dispose()
    migrations.init_app(app)
    command.downgrade(app.extensions["migrate"].migrate.get_config(), RELEASE_BEFORE)
    before = code_of_before(tmp_path)
    with (
        running(database_url, tmp_path, code=before) as service,
        booking_on(service, schools) as seen,
    ):
        until(schools, 10)
        service.flask("db", "upgrade")
        until(schools, 10)
    assert seen.lost == [] and seen.wrong == []
    with psycopg.connect(database_url) as line:
        stand = line.execute("SELECT reference, organisation_id FROM booking").fetchall()
        assert sorted(stand) == sorted(schools[0].said.items()) and len(stand) >= 20
        waits = line.execute("SELECT count(*) FROM letter WHERE status <> 'sent'").fetchall()
        assert waits == [(0,)] and line.execute("SELECT count(*) FROM letter").fetchone() != (0,)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_step_whose_table_is_never_free_ends_in_words_and_the_wait_is_as_before(
    app: Flask, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_schema, "WAITS", "50ms")
    monkeypatch.setattr(live_schema, "TRIES", 3)
    monkeypatch.setattr(live_schema, "PAUSES", (0.01,))
    said: list[str] = []
    with psycopg.connect(database_url) as report, db.engine.connect() as connection:
        report.execute("SELECT FROM booking")

        def step() -> None:
            connection.execute(sa.text("LOCK TABLE booking"))

        with connection.begin():
            before = connection.scalar(sa.text("SHOW lock_timeout"))
        with pytest.raises(live_schema.StillInUse, match="in 3 tries .* Give the command again"):
            with live_schema.patience(connection):
                live_schema.each_step_until_done(connection, step, said.append)
        assert len(said) == 3 and "the step is tried again" in said[0]
        assert connection.scalar(sa.text("SHOW lock_timeout")) == before != "50ms"
        connection.rollback()
        report.rollback()
        live_schema.each_step_until_done(connection, step, said.append)
        connection.rollback()
    assert len(said) == 3
