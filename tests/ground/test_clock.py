"""The time is the database's where several hosts share one: each corrects its own clock by it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import time_machine
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from outreach.ground import clock
from outreach.ground.clock import FURTHEST, LASTS, DatabaseClock
from outreach.ground.db import agree_on_time, db

A_LITTLE = timedelta(milliseconds=250)
"""What a busy machine needs between two looks at a clock."""


def showing(by: timedelta) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) + by


def test_a_clock_that_is_behind_the_databases_is_put_right() -> None:
    theirs = DatabaseClock()
    assert not theirs.is_found and theirs.is_old
    theirs.find(showing(timedelta(seconds=5)))
    assert theirs.is_found and not theirs.is_old
    assert abs(theirs.ahead - timedelta(seconds=5)) < A_LITTLE
    theirs.find(showing(-timedelta(seconds=90)))
    assert abs(theirs.ahead + timedelta(seconds=90)) < A_LITTLE


def test_of_three_answers_the_least_late_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others were long on their way, and nobody knows whether there or back."""
    at, instants = iter([0.0, 0.8, 1.0, 1.002, 2.0, 2.9]), iter([800, 1, 900])
    monkeypatch.setattr("time.perf_counter", lambda: next(at))
    monkeypatch.setattr(clock, "of_this_machine", lambda: datetime(2027, 1, 19, tzinfo=UTC))
    theirs = DatabaseClock()
    theirs.find(lambda: datetime(2027, 1, 19, tzinfo=UTC) + timedelta(milliseconds=next(instants)))
    assert theirs.ahead == timedelta()


def test_it_is_asked_again_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: seconds[0])
    theirs = DatabaseClock()
    theirs.find(showing(timedelta()))
    seconds[0] += LASTS
    assert not theirs.is_old
    seconds[0] += 1
    assert theirs.is_old


@pytest.mark.parametrize("by", [FURTHEST + timedelta(minutes=1), -FURTHEST - timedelta(minutes=1)])
def test_of_two_clocks_far_apart_each_goes_by_its_own(by: timedelta) -> None:
    theirs = DatabaseClock()
    theirs.find(showing(timedelta(seconds=5)))
    theirs.find(showing(by))
    assert theirs.is_found and theirs.ahead == timedelta()


def test_without_an_app_it_is_this_machines() -> None:
    assert clock.DATABASES.find() is None
    assert abs(clock.now() - datetime.now(UTC)) < A_LITTLE


@pytest.mark.own_app
def test_two_hosts_whose_clocks_are_apart_have_the_same_time(app: Flask) -> None:
    """On PostgreSQL; on SQLite there is one host."""
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2), tick=True):
        agree_on_time()
        here = clock.now()
    on_postgresql = db.engine.dialect.name == "postgresql"
    ahead = here - datetime.now(UTC)
    assert abs(ahead - (timedelta() if on_postgresql else timedelta(minutes=2))) < A_LITTLE
    if on_postgresql:
        database = db.session.execute(text("SELECT clock_timestamp()")).scalar_one()
        assert abs(clock.now() - database + timedelta(minutes=2)) < A_LITTLE, "found while it was ahead"
        theirs = clock.DATABASES.told()
        theirs._found_at = None  # a minute later
        db.session.rollback()
        db.session.execute(text("SELECT 1"))
        assert theirs.is_found and abs(clock.now() - datetime.now(UTC)) < A_LITTLE


@pytest.mark.own_app
def test_a_connection_that_breaks_at_the_question_is_replaced(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a database that is not there is told of by whatever is asked of it, not by this."""
    if db.engine.dialect.name == "sqlite":
        agree_on_time()
        assert not clock.DATABASES.told().is_found
        return
    db.session.execute(text("SELECT 1"))
    db.session.rollback()
    asked, find = [], DatabaseClock.find

    def gone(theirs: DatabaseClock, ask: Callable[[], datetime]) -> None:
        asked.append(ask)
        if len(asked) < broken:
            raise psycopg.OperationalError("the connection is closed")
        find(theirs, ask)

    monkeypatch.setattr(DatabaseClock, "find", gone)
    theirs, broken = clock.DATABASES.told(), 2
    theirs._found_at = None
    assert db.session.execute(text("SELECT 1")).scalar_one() == 1
    assert theirs.is_found and len(asked) == 2
    db.session.rollback()
    theirs._found_at, broken = None, 1000
    agree_on_time()
    with pytest.raises(OperationalError):
        db.session.execute(text("SELECT 1"))
    db.session.rollback()
    broken = 0
    agree_on_time()
    assert theirs.is_found
