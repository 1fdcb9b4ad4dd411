"""Figures of the whole service, past the walls between its partnerships: the same as whoever sees all rows counts, in as
many statements however many partnerships there are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from outreach.asking.chasing import settings as chasing
from outreach.ground import whose
from outreach.ground.db import db, transaction
from outreach.planning import planner_worker, queue
from outreach.planning.orders import TourPlan
from outreach.post.incoming.inbox import Incoming
from outreach.post.monitoring import watch
from outreach.post.outbox import BOUNCED, FAILED, WAITING
from outreach.post.webhooks import deliveries, events, subscriptions
from outreach.privacy import runs
from outreach.tour import road_questions
from outreach.tour.road_questions import RoadOrder
from walled import as_service, walled

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]

NOW = make.NOW
HOUR = timedelta(hours=1)

ASKED: dict[str, Callable[[], Any]] = {
    "post": lambda: watch.of_service(NOW),
    "programs": lambda: deliveries.due(NOW),
    "plans": lambda: queue.of_service(NOW),
    "a plan that nobody takes": lambda: planner_worker.nobody_takes(NOW),
    "roads that nobody asks for": lambda: road_questions.nobody_asks(NOW),
    "the first programme": lambda: chasing.awaited_since(now=NOW),
    "the sweep": lambda: runs.oldest(now=NOW),
}


def lay(n: int) -> None:
    """A partnership of which something waits, something is not yet to go, and something is done with."""
    earlier = timedelta(days=n)
    partnership = make.partnership((f"93{n}",))
    of, letter = partnership.id, make.letter
    programme = make.programme(partnership, created_at=make.EARLIER - earlier)
    make.programme(
        partnership, title="Over", created_at=make.EARLIER - 400 * HOUR, closed_at=NOW if n else None
    )
    letter("a@redmere.example", None, partnership_id=of, stream=f"s{n}", not_before=NOW - HOUR - earlier)
    letter(
        "a@redmere.example",
        None,
        partnership_id=of,
        stream=f"s{n}",
        kind="reminder",
        not_before=NOW - 9 * HOUR - earlier,
    )
    letter("b@redmere.example", None, partnership_id=of, not_before=NOW + HOUR)
    letter("c@redmere.example", None, partnership_id=of, lease_until=NOW + HOUR, leased_by="a postman")
    letter("d@redmere.example", None, partnership_id=of, lease_until=NOW - HOUR, leased_by="a postman")
    letter("e@redmere.example", NOW - HOUR - earlier, partnership_id=of)
    letter("f@redmere.example", NOW - 2 * HOUR, partnership_id=of, status=BOUNCED)
    letter("g@redmere.example", None, partnership_id=of, status=FAILED)
    hook, _ = subscriptions.make(
        of, "Cases", "https://program.example", subscriptions.EVENTS, who="P", now=NOW
    )
    moments = (
        (NOW - HOUR - earlier, None),
        (NOW + HOUR, None),
        (NOW - 9 * HOUR, NOW + HOUR),
        (NOW - 2 * HOUR, NOW - HOUR),
    )
    for delivery, moment in zip(
        [events.put_test(hook, who="P", now=NOW) for _ in moments], moments, strict=True
    ):
        delivery.not_before, delivery.lease_until = moment
    for name, told in (
        ("waits", {"asked_at": NOW - HOUR - earlier}),
        (
            "in hand",
            {"state": "working", "taken_by": "x/y", "beat_at": NOW - HOUR, "asked_at": NOW - 9 * HOUR},
        ),
        ("done", {"state": "done", "finished_at": NOW, "asked_at": NOW - 20 * HOUR}),
    ):
        db.session.add(TourPlan(programme_id=programme.id, name=name, asked_by="P", rules={}, **told))
    roads = {"asked_by": "P", "anew": False, "questions": 1, "roads": 1, "asked_at": NOW}
    db.session.add(RoadOrder(partnership_id=of, name="over", finished_at=NOW, ended="done", **roads))
    if n == 1:
        db.session.add(RoadOrder(partnership_id=of, name="open", **roads))
    for digest, whose_mail, settled_at in (("1", of, None), ("2", of, NOW), ("3", None, None)):
        db.session.add(
            Incoming(
                partnership_id=whose_mail,
                digest=f"{n}/{digest}",
                raw=b"",
                received_at=NOW,
                kind="person",
                task="mail",
                why="Words.",
                settled_at=settled_at,
            )
        )
    runs.ended(of, {}, now=NOW - earlier)
    db.session.flush()


def asked(monkeypatch: pytest.MonkeyPatch, *, one_by_one: bool) -> dict[str, Any]:
    """`one_by_one`: of the tables, as where there is no such function."""
    with monkeypatch.context() as patched:
        if one_by_one:
            patched.setattr(whose, "counted", lambda *_: None)
        found = {name: ask() for name, ask in ASKED.items()}
    db.session.rollback()
    return found


def test_the_service_counts_what_waits_of_all_and_sees_none_of_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        for n in (1, 2, 3):
            lay(n)
    with walled(app):
        with as_service():
            whose.let_go()  # of whom the test before was
            found = asked(monkeypatch, one_by_one=False)
            of_nobody = asked(monkeypatch, one_by_one=True)
    assert found == asked(monkeypatch, one_by_one=True)
    assert found["post"].queue == watch.Queue(due=6, oldest_due_at=make.EARLIER)
    assert found["post"].counts == {WAITING: 15, FAILED: 3, BOUNCED: 3} and found["post"].unread == 6
    assert found["post"].last_sent_at == NOW - HOUR - timedelta(days=1)
    assert found["programs"] == deliveries.Due(number=6, oldest_at=NOW - HOUR - timedelta(days=3))
    assert (found["plans"].waiting, found["plans"].working) == (3, 3)
    assert found["a plan that nobody takes"] is True and found["roads that nobody asks for"] is True
    assert found["the first programme"] == make.EARLIER - timedelta(days=3)
    assert found["the sweep"] == NOW - timedelta(days=3)
    assert of_nobody["post"].queue.due == of_nobody["programs"].number == of_nobody["plans"].waiting == 0


def test_a_planner_at_work_takes_what_waits_and_one_not_heard_of_does_not(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        lay(1)
        lay(2)
    db.session.execute(
        TourPlan.__table__.update().where(TourPlan.id == 2).values(beat_at=NOW - timedelta(seconds=9))
    )
    db.session.commit()
    for one_by_one in (False, True):
        assert asked(monkeypatch, one_by_one=one_by_one)["a plan that nobody takes"] is False


def test_who_looks_from_outside_asks_as_much_of_one_partnership_as_of_five(
    app: Flask, client: FlaskClient, count_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config.update(METRICS_TOKEN="Q7kM2xR9pL4vN8sT1wZ6", ROUTER_URL="https://roads.example")
    bearer = {"Authorization": "Bearer Q7kM2xR9pL4vN8sT1wZ6"}
    many: dict[str, list[int]] = {}
    for more in ((1,), (2, 3, 4, 5)):
        with transaction():
            for n in more:
                lay(n)
        with walled(app):
            for path in ("/state", "/metrics"):
                with count_queries() as sent:
                    assert client.get(path, headers=bearer).status_code == 200
                many.setdefault(path, []).append(len(sent))
            with as_service(), count_queries() as sent:
                app.test_cli_runner().invoke(args=["check"])
            many.setdefault("flask check", []).append(len(sent))
    one, five = many.pop("flask check")
    assert five == one + 4 * 2, "sealed secrets are tried behind each partnership's own wall"
    assert all(one == five for one, five in many.values()), many
