"""A program that people subscribe with takes a feed from the service as it runs, and sees what becomes of a
show."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from icalendar import Calendar, Event
from processes import running

import make
from outreach.booking import bookings, holds
from outreach.booking.colleagues import Colleague
from outreach.booking.numbers import Promise
from outreach.county.partnerships import Authority
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.school_year import year_of
from outreach.post.feeds import addresses
from outreach.post.feeds.entries import SCHOOL
from outreach.tour import slots
from outreach.tour.performances import Slot

pytestmark = pytest.mark.browser

FELL = Colleague(name="Joanna Fell", address="j.fell@redmere.example", duty="safeguarding lead")


class Subscriber:
    """vdirsyncer with one feed on the one side and a folder on the other. (It gives each entry a UID by its
    text.)"""

    def __init__(self, url: str, folder: Path) -> None:
        self.calendar, self.config = folder / "calendar", folder / "vdirsyncer.conf"
        self.calendar.mkdir(parents=True)
        self.config.write_text(
            f'[general]\nstatus_path = "{folder}/status/"\n'
            '[pair shows]\na = "feed"\nb = "folder"\ncollections = null\npartial_sync = "revert"\n'
            f'[storage feed]\ntype = "http"\nurl = "{url}"\n'
            f'[storage folder]\ntype = "filesystem"\npath = "{self.calendar}"\nfileext = ".ics"\n'
        )
        self.run("discover")

    def run(self, command: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "vdirsyncer", "-c", str(self.config), command],
            capture_output=True,
            text=True,
            input="y\n",
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def sync(self) -> list[Event]:
        """What stands in the person's calendar after another look."""
        self.run("sync")
        return [
            event
            for path in sorted(self.calendar.glob("*.ics"))
            for event in Calendar.from_ical(path.read_bytes()).walk("VEVENT")
        ]


def starts(programme, school, days: list, at: str, now: datetime, **more) -> Iterator[Slot]:
    """The slots that the school could have at that hour, day by day; bank holidays have none."""
    for day in days:
        if slot := slots.find(programme, school, f"{day.id}-{at}", now=now, **more):
            yield slot


def lengths(url: str) -> dict[str, str | None]:
    """What GET and HEAD say of the length, and how long it is."""
    there, said = urlsplit(url), {}
    for method in ("GET", "HEAD"):
        connection = HTTPConnection(there.hostname or "", there.port, timeout=120)
        connection.request(method, there.path)
        response = connection.getresponse()
        assert response.status == 200
        said[method] = response.headers.get("Content-Length")
        read = response.read()
        said["read"] = str(len(read)) if method == "GET" else said["read"]
        connection.close()
    return said


def status_of(url: str, **headers: str) -> tuple[int, str]:
    """(status, tag) of one look at the feed."""
    there = urlsplit(url)
    connection = HTTPConnection(there.hostname or "", there.port, timeout=120)
    connection.request("GET", there.path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.headers.get("ETag", "")


@pytest.mark.any_database
def test_a_subscriber_sees_a_show_its_move_and_its_cancellation(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    now = clock.now() - timedelta(minutes=30)
    with transaction():
        partnership = make.partnership(la_codes=())
        db.session.add(Authority(la_code="931", name="Marlshire", partnership_id=partnership.id))
        first = now.date() + timedelta(days=60)
        programme = make.programme(partnership, academic_year=year_of(first), reply_by=first)
        troupe = make.troupe(partnership)
        days = [
            make.tour_day(programme, troupe, day)
            for day in (first + timedelta(days=n) for n in range(14))
            if day.weekday() < 5
        ]
        school = make.school(number_of_pupils=700)
        feed = addresses.make(
            SCHOOL, school.organisation_id, partnership_id=partnership.id, label="Shows", who="x", now=now
        )
    with transaction():
        slot = next(starts(programme, school, days, "0930", now))
        (held,) = holds.hold(programme, school, [slot], who="Joanna Fell", now=now)
        promise = Promise(pupils={8: 100, 9: 100}, people=(FELL,), hall="Main hall")
        (booking,) = bookings.book(programme, school, [(held.id, promise)], who="Joanna Fell", now=now)
        booked_at = booking.performance.starts_at
    with running(database_url, tmp_path) as service:
        url = addresses.address(service.url, addresses.token_of(feed, service.environment["SECRET_KEY"]))
        person = Subscriber(url, tmp_path / "person")
        (event,) = person.sync()
        assert (event.decoded("DTSTART"), str(event["STATUS"])) == (booked_at, "CONFIRMED")
        assert str(event["SUMMARY"]) == f"‘Someone to Tell’ at {school.name}"

        status, tag = status_of(url)
        assert (status, status_of(url, **{"If-None-Match": tag})) == (200, (304, tag))
        assert len(person.sync()) == 1
        said = lengths(url)
        assert said["HEAD"] in (None, said["read"])
        assert said["HEAD"] is None or said["GET"] == said["HEAD"]

        with transaction():
            later = next(
                s
                for s in starts(programme, school, days, "1300", now, instead_of=booking.performance_id)
                if s.starts_at.date() > booked_at.date()
            )
            bookings.move(booking, later, who="Joanna Fell", now=now + timedelta(minutes=5))
            moved_to = booking.performance.starts_at
        assert status_of(url, **{"If-None-Match": tag})[0] == 200
        (event,) = person.sync()
        assert (event.decoded("DTSTART"), str(event["STATUS"])) == (moved_to, "CONFIRMED")

        with transaction():
            bookings.cancel(
                booking, reason="Exams", by="school", who="Joanna Fell", now=now + timedelta(minutes=9)
            )
        (event,) = person.sync()
        assert (event.decoded("DTSTART"), str(event["STATUS"])) == (moved_to, "CANCELLED")

        with transaction():
            addresses.withdraw(feed, who="Joanna Fell", now=now)
        assert status_of(url)[0] == 410
    assert "/calendar/" not in (tmp_path / "journey.log").read_text()
