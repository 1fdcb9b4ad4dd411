"""A plan is stopped within half a second, whatever the planner does just then, and its best so far is kept."""

from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

import make
from little_tour import QUICK, Clock, Tour
from outreach.ground.db import transaction
from outreach.planning import ordering, planner_process, planner_worker
from outreach.planning.orders import STOPPED
from outreach.planning.planner_worker import BrokeOff
from outreach.tour.planning import plan as plans
from outreach.tour.planning import planner
from outreach.tour.planning.limit import Progress
from outreach.tour.planning.plan import Plan
from outreach.tour.planning.problem import Minutes, Problem, ProblemDay, SchoolToPlan

MONDAY = make.NOW.date()


def problem(schools: int = 30, days: int = 12) -> Problem:
    """Schools on a ring around the base, more than there are places."""
    dates = [MONDAY + timedelta(days=n) for n in range(days)]
    places = schools + 1
    return Problem(
        places=tuple(f"Place {n}" for n in range(places)),
        road=[[0 if a == b else 20 + (7 * a * b + a + b) % 23 for b in range(places)] for a in range(places)],
        gaps=tuple(
            SchoolToPlan(
                school=n, place=n, shows=1, worth=600.0, windows=((540, 840),), dates=frozenset(dates)
            )
            for n in range(1, places)
        ),
        days=tuple(
            ProblemDay(
                number=n, troupe=0, day=day, leaves=420, returns=1110, at_most=2, leaves_from=0, returns_to=0
            )
            for n, day in enumerate(dates)
        ),
        minutes=Minutes(get_in=45, play=60, get_out=30, turn=30, step=5),
    )


def listening(told: Any, *sent: tuple[str, Any], stop: Any, seconds: float = 60) -> Plan:
    """What is made of a planner that has sent so much and says nothing more: HiGHS presolves."""
    ours, theirs = get_context("spawn").Pipe(duplex=False)
    for each in sent:
        theirs.send(each)
    nobody: Any = SimpleNamespace(join=lambda _seconds: None)
    return planner_process._listen(nobody, ours, told, seconds, None, stop)


@pytest.fixture
def best() -> Plan:
    """The last plan that the planner writes down on its way."""
    written: list[Plan] = []
    whole = planner.solve(problem(), 20, so_far=written.append)
    assert written and all(each.ended == plans.STOPPED for each in written)
    values = [each.value for each in written]
    assert values == sorted(values, reverse=True) and values[-1] >= whole.value
    assert all(each.bounds.value <= whole.value for each in written)
    assert written[-1].reached > 0
    return written[-1]


def test_a_planner_that_does_not_hear_is_ended_and_its_best_so_far_is_kept(best: Plan) -> None:
    told = get_context("spawn").Event()
    asked_at: list[float] = []

    def stop() -> bool:
        asked_at.append(monotonic())
        return True

    worse = replace(best, value=best.value + 1)
    found = listening(told, ("so far", worse), ("so far", best), stop=stop)
    assert monotonic() - asked_at[0] < 0.5
    assert told.is_set() and replace(found, seconds=best.seconds) == best


def test_one_that_has_no_plan_yet_is_ended_with_none(best: Plan) -> None:
    told = get_context("spawn").Event()
    assert listening(told, ("progress", None), ("plan", best), stop=lambda: True) == best
    began = monotonic()
    with pytest.raises(BrokeOff, match=r"^It was stopped before there was a plan\.$"):
        listening(get_context("spawn").Event(), ("progress", None), stop=lambda: True)
    assert monotonic() - began < 0.5


def test_one_that_does_not_end_in_its_time_has_its_best_kept_too(
    best: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner_process, "_PATIENCE", 0.2)
    found = listening(get_context("spawn").Event(), ("so far", best), stop=lambda: False, seconds=0.1)
    assert (found.visits, found.ended) == (best.visits, plans.OUT_OF_TIME)


def test_a_planner_of_its_own_process_is_stopped_and_keeps_a_plan() -> None:
    told: list[Progress] = []
    found = planner_process.solve(
        problem(60, 25), 60, progress=told.append, stop=lambda: any(each.schools for each in told)
    )
    assert found.reached > 0 and found.ended in (plans.STOPPED, plans.PROVEN)


class SlowClock(Clock):
    """Goes on by a fifth of a second at each look."""

    def __call__(self) -> Any:
        self.at += timedelta(seconds=0.2)
        return self.at


def test_the_word_to_stop_is_heard_before_the_next_beat(app: Flask) -> None:
    with transaction():
        tour = Tour(schools=3, days=2)
        plan = ordering.order(tour.programme, QUICK, who="Priya", now=make.NOW)
    looks: list[int] = []

    def solver(problem: Problem, seconds: float, **rest: Any) -> Plan:
        for look in range(1, 20):
            if rest["stop"]():
                looks.append(look)
                break
            if look == 2:
                with transaction():
                    ordering.stop(plan, who="Priya", now=make.NOW)
        return replace(planner.solve(problem, seconds), ended=plans.STOPPED)

    planner_worker.work_next("a planner", clock=SlowClock(), commits=transaction, solver=solver)
    assert looks == [3] and plan.state == STOPPED
