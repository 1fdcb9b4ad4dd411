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

NOW = datetime(2027, 1, 19, tzinfo=UTC)
A_LITTLE = timedelta(milliseconds=250)
"""What a busy machine needs between two looks at a clock."""


def showing(by: timedelta) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) + by


def ahead(theirs: DatabaseClock) -> timedelta:
    return theirs.ahead_of(clock.of_this_machine())


def test_a_clock_that_is_behind_the_databases_is_put_right() -> None:
    theirs = DatabaseClock()
    assert not theirs.is_found and theirs.is_old
    theirs.find(showing(timedelta(seconds=5)))
    assert theirs.is_found and not theirs.is_old
    assert abs(ahead(theirs) - timedelta(seconds=5)) < A_LITTLE
    theirs.find(showing(-timedelta(seconds=90)))
    assert abs(ahead(theirs) + timedelta(seconds=90)) < A_LITTLE


def test_of_three_answers_the_least_late_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others were long on their way, and nobody knows whether there or back."""
    at, instants = iter([0.0, 0.8, 1.0, 1.002, 2.0, 2.9]), iter([800, 1, 900])
    monkeypatch.setattr("time.perf_counter", lambda: next(at))
    monkeypatch.setattr(clock, "of_this_machine", lambda: NOW)
    theirs = DatabaseClock()
    theirs.find(lambda: NOW + timedelta(milliseconds=next(instants)))
    assert ahead(theirs) == timedelta()


class Machine:
    """A machine's two clocks: the one on the wall, that somebody may set, and the steady one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.steady = NOW, 100.0
        monkeypatch.setattr(clock, "of_this_machine", lambda: self.wall)
        monkeypatch.setattr(clock, "steady_seconds", lambda: self.steady)

    def after(self, seconds: float, *, drifting: float = 0) -> None:
        self.wall += timedelta(seconds=seconds + drifting)
        self.steady += seconds


def test_it_is_asked_again_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, theirs = Machine(monkeypatch), DatabaseClock()
    theirs.find(lambda: NOW)
    machine.after(LASTS)
    assert not theirs.is_old
    machine.after(1)
    assert theirs.is_old


@pytest.mark.parametrize("by", [timedelta(minutes=5), -timedelta(minutes=5), -timedelta(minutes=55)])
def test_a_clock_that_is_set_under_way_changes_nothing_and_is_compared_anew(
    monkeypatch: pytest.MonkeyPatch, by: timedelta
) -> None:
    machine, theirs = Machine(monkeypatch), DatabaseClock()
    theirs.find(lambda: machine.wall + timedelta(seconds=7))
    machine.after(10)
    before = machine.wall + ahead(theirs)
    machine.wall += by
    assert machine.wall + ahead(theirs) == before and theirs.is_old
    machine.after(20)
    later = before + timedelta(seconds=20)
    assert machine.wall + ahead(theirs) == later
    theirs.find(lambda: later)
    assert not theirs.is_old and abs(machine.wall + ahead(theirs) - later) < A_LITTLE


def test_a_clock_that_runs_a_little_wrong_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, theirs = Machine(monkeypatch), DatabaseClock()
    theirs.find(lambda: NOW + timedelta(seconds=7))
    machine.after(LASTS, drifting=0.1)
    assert abs(ahead(theirs) - timedelta(seconds=7)) < A_LITTLE and not theirs.is_old


def test_one_that_is_set_by_more_than_any_is_off_goes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can tell then which of the two is right."""
    machine, theirs = Machine(monkeypatch), DatabaseClock()
    theirs.find(lambda: NOW)
    machine.wall += FURTHEST + timedelta(seconds=1)
    assert ahead(theirs) == timedelta() and not theirs.is_old


@pytest.mark.parametrize("by", [FURTHEST + timedelta(minutes=1), -FURTHEST - timedelta(minutes=1)])
def test_of_two_clocks_far_apart_each_goes_by_its_own(by: timedelta) -> None:
    theirs = DatabaseClock()
    theirs.find(showing(timedelta(seconds=5)))
    theirs.find(showing(by))
    assert theirs.is_found and ahead(theirs) == timedelta()


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
    off = here - datetime.now(UTC)
    assert abs(off - (timedelta() if on_postgresql else timedelta(minutes=2))) < A_LITTLE
    if on_postgresql:  # where the clock is put back two minutes now
        database = db.session.execute(text("SELECT clock_timestamp()")).scalar_one()
        assert abs(clock.now() - database) < A_LITTLE
        theirs = clock.DATABASES.told()
        db.session.rollback()
        db.session.execute(text("SELECT 1"))
        assert not theirs.is_old and abs(clock.now() - datetime.now(UTC)) < A_LITTLE


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
