"""A county that is backed up while it books, destroyed, and restored: all that was booked before the backup's moment is
there, each school stands as it stood, and it goes on booking. Through gunicorn, on both databases."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest
from flask import Flask
from processes import ROOT, Service, running
from sqlalchemy import select

import make
import postgres as postgres_for_tests
from how_many import so_many
from outreach.booking.promises import Booking
from outreach.county import school_days
from outreach.county.partnerships import Authority
from outreach.coverage import standings
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF, year_of
from outreach.ground.timespans import wall
from outreach.post import links
from outreach.tour.adults import AdultTarget
from outreach.tour.programmes import Programme

BODIES, BEFORE, CLIENTS = so_many(150, least=60), 20, 4
"""Services that are asked; bookings that stand before the backup begins; how many book at a time."""


def lay(now: datetime) -> tuple[int, dict[str, int]]:
    """A session with places for all, and the service that each link is for."""
    day = now.date() + timedelta(days=30)
    while day.weekday() >= 5 or school_days.bank_holiday(day):
        day += timedelta(days=1)
    with transaction():
        partnership = make.partnership(la_codes=())
        db.session.add(Authority(la_code="931", name="Marlshire", partnership_id=partnership.id))
        programme = make.programme(
            partnership,
            (STAFF,),
            AdultTarget(kinds=("Police",)),
            for_adults=True,
            academic_year=year_of(day),
            reply_by=day,
        )
        session = make.session(programme, make.venue(partnership), wall(day, time(9, 30)), places=BODIES * 3)
        asked = [
            make.body(partnership, front_line_staff=9, staff_counted_on=make.EARLIER.date())
            for _ in range(BODIES)
        ]
        tokens = {
            links.mint(
                organisation_id=one.organisation_id,
                programme_id=programme.id,
                partnership_id=partnership.id,
                address=f"desk@o{one.organisation_id}.example",
                now=now,
                expires_at=now + timedelta(days=90),
            ).token: one.organisation_id
            for one in asked
        }
    return session.performance_id, tokens


def book(service: Service, show_id: int, token: str, address: str = "ann@unit.example") -> None:
    """A service takes three places."""
    path = f"/i/{token}/sessions/{show_id}"
    connection = HTTPConnection(urlsplit(service.url).netloc, timeout=300)
    connection.request("GET", path)
    response = connection.getresponse()
    page, cookie = response.read().decode(), (response.getheader("Set-Cookie") or "").split(";")[0]
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert response.status == 200 and found, page[:300]
    typed = {
        "csrf_token": found[1],
        f"pupils-0-{STAFF}": "3",
        "entry_name": "Ann Lea",
        "entry_address": address,
        "go": "book",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    for _ in range(5):  # on a slow machine the database is busy, and says so: pressed again
        connection.request("POST", path, urlencode(typed), headers)
        response = connection.getresponse()
        said = response.read().decode()
        if response.status != 503:
            break
    assert response.status == 303, re.findall(r"error[^<]*<[^<]*<[^<]*", said)[:5]
    assert "/booked/" in str(response.getheader("Location"))


def booked() -> set[int]:
    """The services that have a booking now, read anew."""
    db.session.remove()
    return {*db.session.scalars(select(Booking.organisation_id).where(Booking.role == "guest"))}


def stand() -> dict[int, str]:
    db.session.remove()
    (programme,) = db.session.scalars(select(Programme))
    now = clock.now()
    reckoned = standings.standings_of_programme(programme.id, as_of=now.date(), now=now)
    return {one.organisation_id: one.standing for one in reckoned.target}


def flask(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


def destroyed() -> None:
    """The disk is gone, and with it the database; on another one stands an empty server."""
    url = db.engine.url
    db.session.remove()
    db.engine.dispose()
    if url.get_backend_name() == "sqlite":
        for path in Path(str(url.database)).parent.glob("outreach.sqlite*"):
            path.unlink()
        return
    server = url.set(database="postgres", drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as desk:
        desk.execute(f"DROP DATABASE {url.database} WITH (FORCE)")  # type: ignore[call-overload]
        desk.execute(f"CREATE DATABASE {url.database} TEMPLATE template0")  # type: ignore[call-overload]


@pytest.mark.long  # in each run test_backup_command.py and test_restored.py look at backups
@pytest.mark.browser
@pytest.mark.own_database
@pytest.mark.parametrize(
    "database_url", [pytest.param("sqlite", marks=pytest.mark.long), "postgresql"], indirect=True
)
def test_a_county_backed_up_while_it_books_stands_again_as_of_that_moment(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    show_id, asked = lay(clock.now())
    never = stand()
    db.session.remove()
    backups = tmp_path / "backups"
    backups.mkdir()
    (tmp_path / "erasures").touch()
    told = {
        "BACKUP_FOLDER": str(backups),
        "ERASURES_FILE": str(tmp_path / "erasures"),
        "POSTGRES_PROGRAMS": str(postgres_for_tests.binaries()),
    }
    enough, stop = Event(), Event()

    def go_on(share: list[str], service: Service) -> None:
        for n, token in enumerate(share):
            if stop.is_set():
                return
            book(service, show_id, token)
            if n + 1 >= BEFORE / CLIENTS:
                enough.set()

    with running(database_url, tmp_path, **told) as service, ThreadPoolExecutor(CLIENTS) as pool:
        at_work = [pool.submit(go_on, [*asked][n::CLIENTS], service) for n in range(CLIENTS)]
        assert enough.wait(300)
        before = booked()
        made = flask(service.environment, "backup")
        after = booked()
        stop.set()
        for one in at_work:
            one.result()
        environment = service.environment
    assert made.returncode == 0, made.stderr
    assert len(before) < len(after), "nobody booked while the backup was made"
    (path,) = backups.glob("*.backup")
    tried = flask(environment, "backup", "--verify")
    assert tried.returncode == 0 and "standings of 1 programme the same." in tried.stdout, tried.stderr
    destroyed()
    restored = flask(environment, "restore", str(path))
    assert restored.returncode == 0, restored.stderr
    there = booked()
    assert before <= there <= after
    assert stand() == {n: "booked" if n in there else word for n, word in never.items()}
    token = next(token for token, body in asked.items() if body not in there)
    with running(database_url, tmp_path, **told) as service:
        book(service, show_id, token)
    assert booked() == there | {asked[token]}
