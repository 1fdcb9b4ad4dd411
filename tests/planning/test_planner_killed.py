"""Real planners, each a process as an operator starts it: killed with -9, stopped, racing. Each plan ends
once."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

import make
from begun import Begun
from little_tour import QUICK, Tour, weekdays
from outreach.ground.db import db, transaction
from outreach.ground.school_year import year_in_hand
from outreach.planning import orders
from outreach.planning.ordering import order
from outreach.planning.ordering import stop as stop_plan
from outreach.planning.orders import DONE, ENDED, WORKING, PlanLine, TourPlan

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]


def planner(database_url: str, folder: Path, *more: str) -> "subprocess.Popen[str]":
    return Begun(
        ["flask", "--app", "wsgi", "planner", "work", *more],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env=os.environ | {"DATABASE_URL": database_url, "OUTREACH_FOLDER": str(folder)},
    )


def wait_for(what: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def state(plan_id: int) -> str:
    db.session.rollback()
    return db.session.scalars(select(TourPlan.state).where(TourPlan.id == plan_id)).one()


def wait_for_work(plan_id: int) -> None:
    wait_for(lambda: state(plan_id) in (WORKING, DONE))


@pytest.fixture
def tour(app: Flask) -> Tour:
    """As a tour is today: the processes go by the clock on the wall."""
    today = datetime.now(UTC).date()
    with transaction():
        tour = Tour(
            schools=14,
            days=0,
            academic_year=year_in_hand(today),
            reply_by=today + timedelta(days=20),
            created_at=datetime.now(UTC) - timedelta(days=40),
        )
        for day in weekdays(today + timedelta(days=30), 8):
            tour.days.append(make.tour_day(tour.programme, tour.troupe, day))
    return tour


def asked(tour: Tour, seconds: int = 5, days: int = 8) -> int:
    with transaction():
        rules = replace(QUICK, seconds=seconds, days_at_most=days)
        return order(tour.programme, rules, who="Priya", now=datetime.now(UTC)).id


@pytest.mark.any_database("postgresql")
def test_a_plan_outlives_planners_killed_in_the_middle_of_it(
    tour: Tour, database_url: str, tmp_path: Path
) -> None:
    plan_id, killed = asked(tour), 0
    while killed < 2:
        worker = planner(database_url, tmp_path)
        wait_for_work(plan_id)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        if state(plan_id) == WORKING:  # nobody knows yet
            killed += 1
        else:  # on a busy machine it was done before we came to kill it
            plan_id, killed = asked(tour), 0
    last = planner(database_url, tmp_path, "--once")
    assert "A plan is done." in last.communicate(timeout=120)[0]
    assert state(plan_id) == DONE
    plan = db.session.get_one(TourPlan, plan_id)
    lines = orders.lines(plan)
    assert (
        len(lines)
        == plan.figures.shows
        == len({(line.organisation_id, line.starts_at) for line in lines})
        > 0
    )


@pytest.mark.any_database
def test_two_planners_share_the_plans_and_each_ends_once(
    tour: Tour, database_url: str, tmp_path: Path
) -> None:
    ids = [asked(tour, seconds=1, days=days) for days in (3, 4, 5, 6)]
    workers = [planner(database_url, tmp_path, "--once") for _ in range(2)]
    told = [worker.communicate(timeout=120)[0] for worker in workers]
    assert {state(plan_id) for plan_id in ids} <= set(ENDED)
    assert sum(each.count("A plan is done.") for each in told) == 4, told
    counts = db.session.execute(
        select(PlanLine.plan_id, func.count(), func.count(PlanLine.organisation_id.distinct())).group_by(
            PlanLine.plan_id
        )
    ).all()
    assert len(counts) == 4 and all(rows == schools for _, rows, schools in counts)


@pytest.mark.any_database
def test_told_to_end_a_planner_gives_its_plan_back_and_a_stopped_plan_keeps_its_best(
    tour: Tour, database_url: str, tmp_path: Path
) -> None:
    plan_id = asked(tour, seconds=60)
    worker = planner(database_url, tmp_path)
    wait_for_work(plan_id)
    worker.send_signal(signal.SIGTERM)
    assert "Stopped." in worker.communicate(timeout=120)[0]
    assert state(plan_id) in ("waiting", DONE)  # done where it was quicker than the word
    with transaction():
        stop_plan(db.session.get_one(TourPlan, plan_id), who="Priya", now=datetime.now(UTC))
    assert state(plan_id) in ENDED


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("which", "after"),
    [
        (signal.SIGTERM, 0),
        pytest.param(signal.SIGINT, 3, marks=pytest.mark.long),
        pytest.param(signal.SIGINT, 0, marks=pytest.mark.long),
        pytest.param(signal.SIGTERM, 3, marks=pytest.mark.long),
    ],
)
def test_a_signal_to_all_its_processes_gives_the_plan_back_and_is_no_fault(
    tour: Tour, database_url: str, tmp_path: Path, which: signal.Signals, after: float
) -> None:
    """As Ctrl-C and systemd send it, early or late in the plan."""
    plan_id = asked(tour, seconds=60)
    worker = planner(database_url, tmp_path)
    wait_for_work(plan_id)
    time.sleep(after)
    os.killpg(worker.pid, which)
    said = worker.communicate(timeout=120)[0]
    assert "Stopped." in said and "Traceback" not in said
    assert state(plan_id) in ("waiting", DONE)  # done where it was quicker than the word
