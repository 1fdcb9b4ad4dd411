"""Real processes that ask a router, killed with -9: what was answered is kept whole and never asked again."""

import os
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

import make
import router_server
from begun import Begun
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.tour import road_places, road_points, road_questions
from outreach.tour.road_questions import DONE, LEASE, RoadQuestion
from outreach.tour.roads import RoadMinutes
from router_server import RouterServer

ROOT = Path(__file__).resolve().parents[2]

SCHOOLS, QUESTIONS = 76, 6
"""Four blocks of schools, of which each two are one question to Valhalla."""

PATIENCE = 300
"""Seconds: on a busy machine a process takes long to start."""

Asked = frozenset[tuple[float, float]]


def filling(database_url: str, folder: Path, server: RouterServer) -> "subprocess.Popen[str]":
    settings = {
        "DATABASE_URL": database_url,
        "OUTREACH_FOLDER": str(folder),
        "ROUTER_URL": server.url,
        "ROUTER_KIND": "valhalla",
        "ROUTER_OWN": "yes",  # which needs no pause
    }
    return Begun(
        ["flask", "--app", "wsgi", "roads", "fill"],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | settings,
    )


def wait_for(what: Callable[[], bool], worker: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert worker.poll() is None and time.monotonic() < end
        time.sleep(0.002)


def killed(worker: "subprocess.Popen[str]") -> None:
    worker.kill()
    worker.communicate()
    db.session.rollback()


def said_by(worker: "subprocess.Popen[str]") -> str:
    return worker.communicate(timeout=PATIENCE)[0].splitlines()[-1]


def as_asked(partnership: Partnership, places: list[int]) -> Asked:
    here = road_places.of_partnership(partnership)
    points = road_points.of_places(here, places, of=0, bases=False).points
    return frozenset((round(p.longitude, 6), round(p.latitude, 6)) for p in points)


def kept_whole(partnership: Partnership) -> set[Asked]:
    """The questions that are answered, each with every one of its roads; of the rest there is nothing, and nothing
    stands in the table before its time."""
    db.session.rollback()
    found = set()
    for question in db.session.scalars(select(RoadQuestion)):
        if question.answered_at is None:
            assert question.answer is None
            continue
        roads = {(one, other) for one, other, *_ in question.answer}
        assert roads == {*combinations(sorted(question.places), 2)}
        found.add(as_asked(partnership, question.places))
    assert db.session.scalar(select(func.count()).select_from(RoadMinutes)) == 0
    return found


def taken(at: datetime) -> None:
    """As if the question in hand had been taken then."""
    with transaction():
        db.session.execute(update(RoadQuestion).where(RoadQuestion.taken_at.is_not(None)).values(taken_at=at))


def time_goes_on() -> None:
    """Whoever had a question in hand is not there any more."""
    taken(datetime.now(UTC) - LEASE)


@pytest.mark.browser
@pytest.mark.any_database("postgresql")
def test_what_a_killed_process_was_told_is_kept_and_not_asked_again(
    app: Flask, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with router_server.running() as server:
        for name, value in {"ROUTER_URL": server.url, "ROUTER_KIND": "valhalla"}.items():
            monkeypatch.setitem(app.config, name, value)
        with transaction():
            partnership = make.partnership()
            urns = [
                make.school(easting=440000 + n % 10 * 4000, northing=200000 + n // 10 * 4000).organisation_id
                for n in range(SCHOOLS)
            ]
            order = road_questions.order(
                partnership, urns, name="The Show", anew=False, who="Priya", now=datetime.now(UTC)
            )
        assert order.questions == QUESTIONS

        # With the third question in hand.
        server.next = [None, None, "hold"]
        worker = filling(database_url, tmp_path, server)
        wait_for(server.holds.is_set, worker)
        killed(worker)
        kept = kept_whole(partnership)
        asked = [frozenset(points) for points in server.asked]
        assert len(kept) == 2 and kept == set(asked[:2])
        # Somebody may have it in hand still, for all that anybody knows; however long a process takes to start here.
        taken(datetime.now(UTC) + timedelta(hours=1))
        assert said_by(filling(database_url, tmp_path, server)) == "Questions asked: 0."
        assert len(server.asked) == 3

        # As it is just told: before the answer is kept, meanwhile, or after.
        time_goes_on()
        worker = filling(database_url, tmp_path, server)
        wait_for(lambda: len(server.asked) >= 4, worker)
        killed(worker)
        more = kept_whole(partnership)
        again = [frozenset(points) for points in server.asked[3:]]
        assert kept <= more and not kept & {*again}

        time_goes_on()
        before = len(server.asked)
        left = QUESTIONS - len(more)
        assert said_by(filling(database_url, tmp_path, server)) == f"Questions asked: {left}."
        last = {frozenset(points) for points in server.asked[before:]}
        assert len(last) == len(server.asked) - before == left and not more & last

    db.session.rollback()
    db.session.refresh(order)
    every = SCHOOLS * (SCHOOLS - 1) // 2
    assert (order.ended, order.told, order.without) == (DONE, every, 0)
    assert db.session.scalar(select(func.count()).select_from(RoadMinutes)) == every
    assert db.session.scalar(select(func.count()).select_from(RoadQuestion)) == 0
