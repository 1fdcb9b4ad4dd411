"""flask backup and flask restore, killed with -9 anywhere on their way: no half of a backup bears its name, and the
database is the one before or the one after, whole."""

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select

import make
import postgres as postgres_for_tests
from how_many import so_many
from outreach.booking.promises import Booking
from outreach.cli.backups import archive
from outreach.ground.db import db, transaction
from outreach.tour.programmes import Programme

pytestmark = pytest.mark.own_database

MOMENTS = so_many(9, least=2)
"""In which each command is killed on each database, evenly spread over the lines of its own that it runs."""


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Path:
    found = tmp_path / "backups"
    found.mkdir()
    (tmp_path / "erasures").touch()
    app.config.update(
        ERASURES_FILE=str(tmp_path / "erasures"),
        BACKUP_FOLDER=str(found),
        POSTGRES_PROGRAMS=str(postgres_for_tests.binaries()),
        BACKUP_RECIPIENTS=[],
    )
    with transaction():
        make.programme(make.partnership())
    book()
    return found


def book() -> None:
    with transaction():
        programme = db.session.scalars(select(Programme)).one()
        make.booking(make.show(programme, make.school(), datetime(2027, 3, 9, 10, tzinfo=UTC)), {8: 120})


def bookings() -> int:
    db.session.remove()
    return db.session.scalar(select(func.count()).select_from(Booking)) or 0


def alone() -> None:
    db.session.remove()
    db.engine.dispose()


def in_a_process_of_its_own(app: Flask, *command: str, killed_at: int | None = None) -> int:
    """Its exit status, or minus the signal that ended it. Told no line at which to be killed, it runs to its end, and what
    comes back is how many lines it ran."""
    alone()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            run = lines_until(killed_at)
            done = app.test_cli_runner().invoke(args=list(command))
            sys.settrace(None)
            os.write(writer, f"{done.exit_code} {run()} {done.output}".encode())
        finally:
            os._exit(0)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reader) as told:
        said = told.read()
    if os.WIFSIGNALED(status):
        return -os.WTERMSIG(status)
    exit_code, lines, words = said.split(" ", 2)
    assert exit_code == "0", words
    return int(lines)


def lines_until(killed_at: int | None) -> Callable[[], int]:
    """Counts the lines of backups and restores that are run from here on, and kills the process at one of them."""
    run = 0

    def of_ours(frame: FrameType, _event: str, _told: Any) -> Any:
        return line if "/outreach/cli/" in frame.f_code.co_filename else None

    def line(_frame: FrameType, event: str, _told: Any) -> Any:
        nonlocal run
        if event == "line":
            run += 1
            if run == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return line

    sys.settrace(of_ours)
    return lambda: run


def moments(lines: int) -> list[int]:
    return [1 + lines * n // MOMENTS for n in range(MOMENTS)] + [lines - 1]


def left_over(folder: Path, url: Any) -> list[str]:
    """What a run left that is neither a database nor a backup."""
    found = [p.name for p in folder.iterdir() if p.name.endswith(".partial")]
    if url.get_backend_name() == "sqlite":
        return found + [p.name for p in Path(url.database).parent.glob(".backup-*")]
    server = url.set(database="postgres", drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as desk:
        rows = desk.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{url.database}_scratch_%"]
        )
        return found + [name for (name,) in rows]


def nothing_is_left(folder: Path, run: Callable[[], object]) -> None:
    """After one more run, once the programs of killed ones have ended."""
    url, until = db.engine.url, time.monotonic() + 120
    while True:
        run()
        found = left_over(folder, url)
        if not found:
            return
        assert time.monotonic() < until, found
        time.sleep(0.5)


@pytest.mark.any_database
def test_a_backup_that_is_killed_leaves_none_or_a_whole_one(app: Flask, folder: Path) -> None:
    lines = in_a_process_of_its_own(app, "backup")
    assert lines > 100
    for moment in moments(lines):
        for path in folder.glob("*.backup"):
            path.unlink()
        assert in_a_process_of_its_own(app, "backup", killed_at=moment) == -signal.SIGKILL
        for path in folder.glob("*.backup"):
            archive.read(path).check()
    assert bookings() == 1
    alone()
    nothing_is_left(folder, lambda: in_a_process_of_its_own(app, "backup"))


@pytest.mark.any_database("postgresql")
def test_a_restore_that_is_killed_leaves_the_old_database_or_the_new(app: Flask, folder: Path) -> None:
    in_a_process_of_its_own(app, "backup")
    (path,) = folder.glob("*.backup")
    book()
    assert bookings() == 2
    lines = in_a_process_of_its_own(app, "restore", str(path), "--replace")
    assert bookings() == 1
    seen = set()
    for moment in moments(lines):
        if bookings() == 1:
            book()
        ended = in_a_process_of_its_own(app, "restore", str(path), "--replace", killed_at=moment)
        assert ended == -signal.SIGKILL
        seen.add(bookings())
    assert seen == {1, 2}  # the last moment is after the deed
    book()  # its guards work
    alone()
    nothing_is_left(folder, lambda: in_a_process_of_its_own(app, "restore", str(path), "--replace"))
    assert bookings() == 1
