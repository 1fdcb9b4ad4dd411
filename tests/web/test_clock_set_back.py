"""Hosts whose clocks are a minute apart, of which one is put back by minutes while a school books and a coordinator is
signed in: a time is held as long as was said, links and sessions go on, letters go at once, and nothing is written down at
another time than the database's. On SQLite, where there is one host and no clock but its own, it is put back all the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from school_story import Story, lay
from sqlalchemy import func, select

import make
from outreach.county import coordinators
from outreach.ground import clock
from outreach.ground.clock import DatabaseClock, steady_seconds
from outreach.ground.db import Instant, db, models, table_of, transaction
from outreach.post.outbox import SENT, Letter
from outreach.post.outgoing import postman
from outreach.tour.performances import Performance

pytestmark = pytest.mark.own_app

A_LITTLE = timedelta(seconds=20)
"""More than a busy machine needs between two looks at a clock, and less than any clock here is off."""
HELD = timedelta(minutes=15)
WRITTEN_DOWN = ("recorded_at", "created_at", "began_at", "last_seen_at", "handed_at", "minted_at")


@dataclass
class Host:
    """One of those before which a request may come."""

    ahead: timedelta
    databases: DatabaseClock = field(default_factory=DatabaseClock)


class Hosts:
    def __init__(self, app: Flask) -> None:
        self.app, self.began, self.gone_by = app, steady_seconds(), 0.0
        self.each = [Host(timedelta(minutes=1)), Host(-timedelta(minutes=1))]

    def now(self) -> datetime:
        """What time it is for the database."""
        return make.NOW + timedelta(seconds=self.steady() - self.began)

    def steady(self) -> float:
        return steady_seconds() + self.gone_by

    def after(self, span: timedelta) -> None:
        """It is so much later for all clocks."""
        self.gone_by += span.total_seconds()

    @contextmanager
    def on(self, nth: int) -> Iterator[None]:
        host = self.each[nth]
        clock.DATABASES.tell(self.app, host.databases)
        with time_machine.travel(self.now() + host.ahead, tick=True):
            yield


@pytest.fixture
def hosts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Hosts:
    found, find = Hosts(app), DatabaseClock.find
    monkeypatch.setattr(clock, "steady_seconds", found.steady)
    monkeypatch.setattr(DatabaseClock, "find", lambda theirs, _ask: find(theirs, found.now))
    return found


def held_until() -> datetime:
    db.session.rollback()
    return db.session.scalars(select(Performance.held_until).where(Performance.held_until.is_not(None))).one()  # type: ignore[return-value]


def newest_written() -> dict[str, datetime]:
    """{table and column: the latest instant of what was done} of every table."""
    db.session.rollback()
    found = {}
    for name, model in models().items():
        for column in table_of(model).columns:
            if isinstance(column.type, Instant) and column.name in WRITTEN_DOWN:
                if (newest := db.session.scalar(select(func.max(column)))) is not None:
                    found[f"{name}.{column.name}"] = newest
    db.session.rollback()
    return found


def sent(hosts: Hosts, app: Flask) -> set[str]:
    """What a postman does there; the letters that have not gone."""
    postman.send_waiting(postman.post_of(app.config), clock=clock.now, name="here:1:a")
    db.session.rollback()
    return set(db.session.scalars(select(Letter.kind).where(Letter.status != SENT)))


@pytest.mark.parametrize(
    "set_by",
    [
        pytest.param(-timedelta(minutes=4), id="back"),
        pytest.param(timedelta(minutes=4), id="forward", marks=pytest.mark.long),
    ],
)
def test_a_clock_that_is_set_while_a_school_books_changes_nothing(
    app: Flask, client: FlaskClient, hosts: Hosts, set_by: timedelta
) -> None:
    one_host = db.engine.dialect.name == "sqlite"
    if one_host:
        hosts.each[1] = hosts.each[0] = Host(timedelta())
    with hosts.on(0):
        story: Story = lay(client)
        with transaction():
            person = make.person(story.partnership)
            link = coordinators.sign_in_link(person, now=clock.now())
    with hosts.on(0):
        key = story.choose()
    until = held_until()
    assert abs(until - hosts.now() - HELD) < A_LITTLE
    with hosts.on(1):
        story.fill()
        assert story.get("/check").status_code == 200
        assert client.post(f"/sign-in/{link}").status_code == 303

    hosts.each[0].ahead += set_by  # while its processes run
    with hosts.on(0):
        assert client.get("/desk/account").status_code == 200, "signed in all the same"
        assert abs(held_until() - until) < A_LITTLE
        assert story.post("/book", slots=key).status_code == 303
        # What was put down before it was put back waits as much longer, where no other clock tells.
        waits = {"new device"} if one_host and set_by < timedelta() else set()
        assert sent(hosts, app) == waits
    with hosts.on(1):
        assert client.get("/desk/account").status_code == 200
        assert "You are booked" in story.get("", follow_redirects=True).text
        assert sent(hosts, app) == waits
    off = {name: at for name, at in newest_written().items() if at > hosts.now() + A_LITTLE}
    assert off == {} or (one_host and set_by > timedelta())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # elsewhere there is one host
def test_a_time_that_is_held_ends_for_both_hosts_when_it_ends(
    app: Flask, client: FlaskClient, hosts: Hosts
) -> None:
    """However far the clock of the one that kept it is off, or is put back before it ends."""
    with hosts.on(0):
        story: Story = lay(client)
    with hosts.on(0):
        key = story.choose()
    other = story.another_school()
    hosts.each[0].ahead -= timedelta(minutes=5)
    hosts.after(HELD - timedelta(minutes=1))
    for nth in (0, 1):
        with hosts.on(nth):
            assert key not in other.keys(), "it is kept for the first"
    hosts.after(timedelta(seconds=90))
    for nth in (1, 0):
        with hosts.on(nth):
            assert key in other.keys(), "a quarter of an hour is over"
