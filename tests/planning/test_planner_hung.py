"""Planners at work beside each other, of which one is killed, or hangs and wakes too late: each plan ends once, by
whoever is there, and who was taken for gone writes nothing any more.

Alone, and killed again and again: test_planner_killed.py.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from test_planner_killed import asked, planner, state, tour, wait_for, wait_for_work  # noqa: F401

import make
from little_tour import QUICK, Clock, Tour
from outreach.ground.db import db, transaction
from outreach.planning import planner_worker
from outreach.planning.ordering import order
from outreach.planning.orders import DONE, ENDED, WORKING, PlanLine, TourPlan
from outreach.tour.planning import planner as planner_of_the_tour
from outreach.tour.planning.plan import Plan
from outreach.tour.planning.problem import Problem

pytestmark = [pytest.mark.browser, pytest.mark.any_database]

HOST = socket.gethostname().replace(":", "-")
Started = Callable[..., "subprocess.Popen[str]"]


@pytest.mark.parametrize("struck_by", [signal.SIGKILL, signal.SIGSTOP])
def test_a_plan_of_a_planner_that_was_struck_is_drawn_up_by_another_and_once(
    app: Flask, struck_by: signal.Signals
) -> None:
    """A copy of this process is the first planner, struck while it thinks."""
    with transaction():
        little = Tour(schools=4, days=3)
        plan_id = order(little.programme, QUICK, who="Priya", now=make.NOW).id
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            work(f"{HOST}:{os.getpid()}:first", struck_by)
        finally:
            os._exit(0)
    _, how = os.waitpid(child, os.WUNTRACED)
    assert os.WIFSTOPPED(how) if struck_by == signal.SIGSTOP else os.WTERMSIG(how) == signal.SIGKILL
    assert state(plan_id) == WORKING and f":{child}:" in taken_by(plan_id)
    if struck_by == signal.SIGSTOP:
        assert not work(f"{HOST}:{os.getpid()}:early")  # it is there, for all that anybody knows
        with transaction():
            db.session.execute(update(TourPlan).values(beat_at=make.NOW - planner_worker.MISSED))
    assert work(f"{HOST}:{os.getpid()}:second")
    before = written(plan_id)
    assert state(plan_id) == DONE and len(before[1]) == 4
    if struck_by == signal.SIGSTOP:
        db.session.remove()
        db.engine.dispose()
        os.kill(child, signal.SIGCONT)
        _, how = os.waitpid(child, 0)
        assert os.WEXITSTATUS(how) == 0
    assert written(plan_id) == before and taken_by(plan_id).startswith(f"{HOST}:{os.getpid()}:second")


def work(name: str, struck_by: signal.Signals | None = None) -> bool:
    """One plan, in this process; `struck_by`: in the middle of it."""

    def solver(problem: Problem, seconds: float, **named: Any) -> Plan:
        if struck_by:
            os.kill(os.getpid(), struck_by)
        return planner_of_the_tour.solve(problem, seconds, **named)

    return planner_worker.work_next(name, clock=Clock(), commits=transaction, solver=solver)


# Whole processes, as an operator starts them


@pytest.fixture
def started(database_url: str, tmp_path: Path) -> Iterator[Started]:
    """Starts planners; what is left of them in the end is ended."""
    with ExitStack() as running:

        def start(*more: str) -> "subprocess.Popen[str]":
            worker = planner(database_url, tmp_path, *more)
            running.callback(_end, worker)
            return worker

        yield start


def _end(worker: "subprocess.Popen[str]") -> None:
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.communicate()


def taken_by(plan_id: int) -> str:
    db.session.rollback()
    return db.session.scalars(select(TourPlan.taken_by).where(TourPlan.id == plan_id)).one()


def is_of(plan_id: int, worker: "subprocess.Popen[str]") -> bool:
    return f":{worker.pid}:" in taken_by(plan_id)


def written(plan_id: int) -> Any:
    """The plan and its lines, as they stand."""
    db.session.rollback()
    with db.engine.connect() as connection:
        plan = connection.execute(select(TourPlan.__table__).where(TourPlan.id == plan_id)).one()
        lines = connection.execute(
            select(PlanLine.__table__).where(PlanLine.plan_id == plan_id).order_by(PlanLine.id)
        )
        return tuple(plan), [tuple(line) for line in lines]


@pytest.mark.long
def test_of_two_planners_one_is_killed_and_each_plan_ends_once(tour: Tour, started: Started) -> None:  # noqa: F811
    ids = [asked(tour, seconds=2, days=days) for days in (4, 5, 6, 7)]
    first, second = started(), started()
    wait_for(lambda: any(is_of(plan_id, first) and state(plan_id) == WORKING for plan_id in ids))
    killed_at = time.monotonic()
    first.send_signal(signal.SIGKILL)
    first.wait()
    left = [plan_id for plan_id in ids if is_of(plan_id, first) and state(plan_id) == WORKING]
    wait_for(lambda: all(is_of(plan_id, second) for plan_id in left))
    print(
        f"{len(left)} plan in hand, taken up {time.monotonic() - killed_at:.1f} s after its planner was killed"
    )
    wait_for(lambda: all(state(plan_id) in ENDED for plan_id in ids))
    second.send_signal(signal.SIGTERM)
    said = second.communicate(timeout=120)[0]
    assert "Traceback" not in said and {state(plan_id) for plan_id in ids} == {DONE}
    twice = select(PlanLine.plan_id, PlanLine.organisation_id).group_by(
        PlanLine.plan_id, PlanLine.organisation_id
    )
    assert db.session.execute(twice.having(func.count() > 1)).all() == []
    assert db.session.scalar(select(func.max(TourPlan.begun))) <= 2


def can_write() -> bool:
    """Whether nobody who stands still has the database in hand."""
    try:
        with transaction(patience=0.2):
            db.session.execute(update(TourPlan).values(name=TourPlan.name))
    except OperationalError:
        return False
    return True


def hung(worker: "subprocess.Popen[str]", plan_id: int) -> bool:
    """Stopped with all its processes, in the middle of that plan."""
    os.killpg(worker.pid, signal.SIGSTOP)
    if state(plan_id) == WORKING and can_write():
        return True
    os.killpg(worker.pid, signal.SIGCONT)
    return False


@pytest.mark.long
def test_a_planner_that_hangs_loses_its_plan_and_writes_nothing_when_it_wakes(
    tour: Tour,  # noqa: F811
    started: Started,
) -> None:
    plan_id = asked(tour, seconds=4)
    first = started()
    wait_for_work(plan_id)
    while not hung(first, plan_id):
        if state(plan_id) != WORKING:  # done where it was quicker than we
            plan_id = asked(tour, seconds=4)
        wait_for_work(plan_id)
    hung_at = time.monotonic()
    second = started()
    wait_for(lambda: is_of(plan_id, second))
    print(f"taken up {time.monotonic() - hung_at:.1f} s after its planner stood still")
    wait_for(lambda: state(plan_id) in ENDED)
    second.send_signal(signal.SIGTERM)
    assert "A plan is done." in second.communicate(timeout=120)[0]
    before = written(plan_id)
    assert state(plan_id) == DONE and before[1]

    os.killpg(first.pid, signal.SIGCONT)
    next_id = asked(tour, seconds=1, days=3)
    wait_for(lambda: state(next_id) in ENDED)  # it has looked after the other one, and is at work again
    assert is_of(next_id, first) and state(next_id) == DONE
    assert written(plan_id) == before
    first.send_signal(signal.SIGTERM)
    said = first.communicate(timeout=120)[0]
    assert "Stopped." in said and "Traceback" not in said
