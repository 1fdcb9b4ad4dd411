"""The daily job as an operator starts it, with files that coordinators sent in: read within seconds, begun again by the
next where it was killed, given back where it was told to stop."""

import io
import os
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

import make
from begun import Begun
from outreach.asking.chasing import settings
from outreach.county import files_to_read
from outreach.county.files_to_read import BROKE_OFF, FILE, MISSED, REGISTER, FilePiece, FileToRead
from outreach.county.register.waiting import RegisterUpload
from outreach.ground.db import db, transaction
from walled import address_of_service

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]

COLUMNS = (
    "URN,LA (code),EstablishmentName,TypeOfEstablishment (name),EstablishmentStatus (name),PhaseOfEducation (name),"
    "StatutoryLowAge,StatutoryHighAge,Postcode"
)


def register(schools: int) -> bytes:
    lines = (
        f"{100_000 + n},931,School {n},Academy converter,Open,Secondary,11,18,ZZ1 1AA" for n in range(schools)
    )
    return "\n".join((COLUMNS, *lines)).encode()


def job(url: str, folder: Path) -> "subprocess.Popen[str]":
    return Begun(
        ["flask", "--app", "wsgi", "asking", "chase", "--loop"],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"DATABASE_URL": url, "OUTREACH_FOLDER": str(folder), "SECRET_KEY": "for tests"},
    )


def wait_for(what: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def sent_in(app: Flask) -> Callable[[int], str]:
    """Sends in a register of so many schools; no round of the day is due."""
    now = datetime.now(UTC)
    with transaction():
        here = make.partnership(("931",)).id
        settings.ran(now=now)

    def send(schools: int) -> str:
        with transaction():
            return files_to_read.put_down(
                REGISTER,
                {FILE: io.BytesIO(register(schools))},
                file_name="register.csv",
                partnership_id=here,
                who="Priya Nandakumar",
                now=datetime.now(UTC),
            )

    return send


def of(token: str) -> FileToRead:
    db.session.rollback()
    return db.session.scalars(select(FileToRead).where(FileToRead.token == token)).one()


def waits(token: str) -> int:
    """How many are to be looked at."""
    found = select(func.count()).select_from(RegisterUpload).where(RegisterUpload.token == token)
    return db.session.scalar(found) or 0


def a_minute_later(token: str) -> None:
    with transaction():
        db.session.execute(
            update(FileToRead)
            .where(FileToRead.token == token)
            .values(beat_at=datetime.now(UTC) - MISSED - timedelta(seconds=1))
        )


def killed_in_the_middle(url: str, folder: Path, token: str) -> bool:
    """False where it was done before we came to kill it."""
    before, worker = of(token).begun, job(url, folder)
    wait_for(lambda: of(token).begun > before)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    return of(token).finished_at is None


def test_a_file_is_read_within_seconds_by_the_job_as_the_service_s_own_role(
    sent_in: Callable[[int], str], database_url: str, tmp_path: Path
) -> None:
    worker = job(address_of_service(database_url), tmp_path)
    assert worker.stdout
    worker.stdout.readline()  # it is at work
    began, token = time.monotonic(), sent_in(3)
    wait_for(lambda: of(token).finished_at)
    assert time.monotonic() - began < 30
    worker.send_signal(signal.SIGTERM)
    assert "Stopped." in worker.communicate(timeout=120)[0]
    assert (of(token).why, waits(token)) == ((), 1)


def test_killed_in_the_middle_it_is_begun_again_by_the_next_and_read_once(
    sent_in: Callable[[int], str], database_url: str, tmp_path: Path
) -> None:
    token = sent_in(40_000)
    while not killed_in_the_middle(database_url, tmp_path, token):
        token = sent_in(120_000)
    last = job(database_url, tmp_path)
    time.sleep(3)
    assert of(token).finished_at is None  # whoever had it may still be at work
    a_minute_later(token)
    wait_for(lambda: of(token).finished_at)
    last.send_signal(signal.SIGTERM)
    last.communicate(timeout=120)
    assert (of(token).why, of(token).begun, waits(token)) == ((), 2, 1)
    assert db.session.scalar(select(func.count()).select_from(FilePiece)) == 0


@pytest.mark.any_database
def test_what_ended_the_job_twice_is_refused_in_words(
    sent_in: Callable[[int], str], database_url: str, tmp_path: Path
) -> None:
    token, killed = sent_in(120_000), 0
    while killed < 2:
        if killed_in_the_middle(database_url, tmp_path, token):
            killed += 1
            a_minute_later(token)
        else:
            token, killed = sent_in(120_000), 0
    last = job(database_url, tmp_path)
    wait_for(lambda: of(token).finished_at)
    last.send_signal(signal.SIGTERM)
    last.communicate(timeout=120)
    assert (of(token).why, waits(token)) == ((BROKE_OFF,), 0)


@pytest.mark.any_database
def test_told_to_stop_in_the_middle_the_job_gives_the_file_back(
    sent_in: Callable[[int], str], database_url: str, tmp_path: Path
) -> None:
    token = sent_in(120_000)
    worker = job(database_url, tmp_path)
    wait_for(lambda: of(token).taken_by)
    worker.send_signal(signal.SIGTERM)
    assert "Stopped." in worker.communicate(timeout=120)[0]
    row = of(token)
    assert row.finished_at is not None or (row.taken_by, row.begun) == ("", 0)  # done, where it was quicker
