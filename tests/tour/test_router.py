"""Roads asked of a router on this computer: what is missing comes with its day, nothing over a file, a base to the
council's own alone, and whatever the router does wrong is waited out or said."""

import io
import random
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

import make
import router_server
from outreach.ground import config
from outreach.ground.db import db, transaction
from outreach.ground.geography import to_degrees
from outreach.tour import road_places, road_points, road_questions, road_table, roads, router
from outreach.tour.road_points import RoadPoint, RoadPoints
from outreach.tour.road_questions import NothingToAsk, RoadOrder, RoadQuestion, Router, questions_for
from outreach.tour.roads import RoadMinutes
from router_server import RouterServer

ANSWERS = Path(__file__).parent / "router_answers"
WHO = {"who": "Priya Nandakumar"}


@pytest.fixture
def server() -> Iterator[RouterServer]:
    with router_server.running() as server:
        yield server


@pytest.fixture
def c(app: Flask, server: RouterServer, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Three schools on a line, 8 km apart, and a troupe's base; a public OSRM."""
    for name, value in {
        "ROUTER_URL": server.url,
        "ROUTER_KIND": "osrm",
        "ROUTER_OWN": False,
        "ROUTER_A_DAY": 500,
    }.items():
        monkeypatch.setitem(app.config, name, value)
    c = SimpleNamespace(server=server, app=app, at=make.NOW)
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership)
        c.troupe = make.troupe(c.partnership, base_name="Depot", base_easting=442000, base_northing=210000)
        c.a, c.b, c.d = (make.school(easting=450000 + 8000 * n) for n in range(3))
    c.urns = {s.organisation_id for s in (c.a, c.b, c.d)}
    return c


def order(c: SimpleNamespace, *, anew: bool = False) -> RoadOrder:
    with transaction():
        return road_questions.order(c.partnership, c.urns, name="The Show", anew=anew, now=c.at, **WHO)


def ask(c: SimpleNamespace) -> bool:
    return road_questions.ask_next(
        clock=lambda: c.at, commits=transaction, ask=lambda points: router.ask(points, now=c.at)
    )


def run(c: SimpleNamespace, *, most: int = 2000) -> list[timedelta]:
    """Ask until nothing is open, going on in time only while nothing may be asked; how long was waited each time."""
    waits, since = [], c.at
    for _ in range(most):
        if ask(c):
            continue
        if db.session.scalar(select(RoadOrder.id).where(RoadOrder.finished_at.is_(None))) is None:
            return waits
        at = db.session.get_one(Router, 1).not_before
        assert at is not None and at > c.at
        waits.append(at - since)
        since = c.at = at
    raise AssertionError("it never ends")


def table(c: SimpleNamespace) -> dict[tuple[int, int], int]:
    db.session.expire_all()
    return dict(roads.roads_of_partnership(c.partnership).table)


def ended(c: SimpleNamespace) -> tuple[str | None, int, int]:
    asked = db.session.scalars(select(RoadOrder).order_by(RoadOrder.id.desc())).first()
    assert asked is not None
    db.session.refresh(asked)
    return asked.ended, asked.told, asked.without


def bring(c: SimpleNamespace, text: str) -> None:
    with transaction():
        road_table.bring_in(c.partnership, io.BytesIO(text.encode()), now=c.at, **WHO)


@pytest.mark.parametrize("kind", ["osrm", "valhalla"])
def test_what_is_missing_comes_with_its_day_and_metres(c, monkeypatch, kind) -> None:
    monkeypatch.setitem(c.app.config, "ROUTER_KIND", kind)
    order(c)
    run(c)
    assert ended(c) == ("done", 3, 0)
    rows = db.session.scalars(select(RoadMinutes).order_by(RoadMinutes.one, RoadMinutes.other)).all()
    assert [(r.by_router, r.told_on) for r in rows] == [(True, make.NOW.date())] * 3
    # 8 km straight are 10.4 km of this router's road, which it drives in 90 s each.
    assert [r.minutes for r in rows] in ([16, 32, 16], [16, 31, 16])
    assert [round(r.metres / 1000, 1) for r in rows if r.metres] == pytest.approx(
        [10.4, 20.7, 10.4], abs=0.11
    )
    assert db.session.query(RoadQuestion).count() == 0
    assert c.server.agents == {"Outreach (http://outreach.example)"}


@pytest.mark.parametrize("kind", ["osrm", "valhalla"])
def test_the_true_form_of_each_is_read_the_longer_way_and_null_as_none(c, kind) -> None:
    here = road_places.of_partnership(c.partnership)
    a, b, d = (s.organisation_id for s in (c.a, c.b, c.d))
    points = road_points.of_places(here, [a, b, d], of=0, bases=False)
    told = road_table.told_by_router((ANSWERS / f"{kind}.json").read_bytes(), here, points)
    assert told == {
        (a, b): (16, 11835 if kind == "osrm" else 11834),
        (a, d): (26, 20312),
        (b, d): (17, 12451 if kind == "osrm" else 12450),
    }


def test_nothing_comes_over_what_a_file_said_unless_it_is_asked(c) -> None:
    a, b = c.a.organisation_id, c.b.organisation_id
    bring(c, f"From,To,Minutes\n{a},{b},55\n")
    order(c)
    run(c)
    assert (ended(c), table(c)[a, b]) == (("done", 2, 0), 55)
    assert db.session.get_one(RoadMinutes, (c.partnership.id, a, b)).by_router is False
    with pytest.raises(NothingToAsk, match="every road of this programme already"):
        order(c)
    order(c, anew=True)
    run(c)
    assert ended(c) == ("done", 3, 0) and table(c)[a, b] < 20


def test_a_base_goes_to_the_council_s_own_router_alone(c, monkeypatch) -> None:
    depot = to_degrees(c.troupe.base)
    near = lambda: [p for points in c.server.asked for p in points if abs(p[0] - depot[0]) < 0.01]  # noqa: E731
    order(c)
    run(c)
    assert len(c.server.asked) == 1 and near() == []
    monkeypatch.setitem(c.app.config, "ROUTER_OWN", True)
    order(c)
    # The setting changed between the order and the question.
    monkeypatch.setitem(c.app.config, "ROUTER_OWN", False)
    run(c)
    assert near() == []
    monkeypatch.setitem(c.app.config, "ROUTER_OWN", True)
    order(c)
    run(c)
    assert len(near()) == 1
    assert {key for key in table(c) if key[0] < 0} == {(-c.troupe.id, urn) for urn in c.urns}
    monkeypatch.setitem(c.app.config, "ROUTER_OWN", False)
    with pytest.raises(ValueError, match="no public router"):
        router.ask(RoadPoints(of=0, points=(RoadPoint("1", "1", *depot, is_base=True),)), now=c.at)
    with transaction():
        c.troupe.base_name = "123456"
    points = road_points.of_places(road_places.of_partnership(c.partnership), [], of=0, bases=True)
    assert [(point.said, point.is_base) for point in points.points] == [("123456", True)]


def test_a_base_whose_name_means_two_places_is_not_asked_for(c, monkeypatch) -> None:
    monkeypatch.setitem(c.app.config, "ROUTER_OWN", True)
    with transaction():
        make.troupe(c.partnership, base_name="Depot", base_easting=492000, base_northing=240000)
    order(c)
    run(c)
    assert {len(points) for points in c.server.asked} == {3} and len(table(c)) == 3


def test_a_base_that_is_gone_before_the_last_answer_has_no_roads_in_the_table(c, monkeypatch) -> None:
    monkeypatch.setitem(c.app.config, "ROUTER_OWN", True)
    monkeypatch.setitem(router.MOST_POINTS, "osrm", 2)
    order(c)
    for _ in range(5):
        assert ask(c)
    with transaction():
        db.session.execute(update(type(c.troupe)).values(base_easting=None, base_northing=None))
    run(c)
    assert len(table(c)) == 3 and ended(c) == ("done", 3, 0)


def test_without_the_setting_nothing_is_asked(c, monkeypatch) -> None:
    monkeypatch.setitem(c.app.config, "ROUTER_URL", "")
    with pytest.raises(NothingToAsk):
        order(c)
    assert c.server.asked == []


@pytest.mark.parametrize(
    "deed",
    [(429, {}, {"message": "Too Many Requests"}), (503, {}, {}), (504, {}, {}), "garbage", "cut", (200, {}, {"code": "Ok", "durations": [[0]]})],
    ids=["429", "503", "504", "garbage", "cut", "another table"],
)  # fmt: skip
def test_a_router_that_fails_is_asked_again_after_a_pause_that_doubles(c, deed) -> None:
    c.server.next = [deed, deed, deed]
    order(c)
    waits = run(c)
    assert waits[:3] == [timedelta(seconds=s) for s in (5, 10, 20)]
    assert ended(c) == ("done", 3, 0) and len(c.server.asked) == 4


def test_it_waits_as_long_as_the_router_asks(c) -> None:
    c.server.next = [
        (429, {"Retry-After": "120"}, {}),
        (503, {"Retry-After": "Tue, 19 Jan 2027 09:30:00 GMT"}, {}),
    ]
    c.at = datetime.fromisoformat("2027-01-19T09:00:00+00:00")
    order(c)
    assert run(c)[0] == timedelta(seconds=120)
    assert c.at >= datetime.fromisoformat("2027-01-19T09:30:00+00:00")


def test_however_long_it_asks_us_to_wait_it_is_asked_again_after_a_day(c) -> None:
    c.server.next = [(429, {"Retry-After": "864000"}, {})]
    order(c)
    assert run(c)[0] == timedelta(days=1)


def test_a_wait_that_is_shorter_than_ours_makes_nobody_hurry(c) -> None:
    c.server.next = [(429, {"Retry-After": "1"}, {})] * 2
    order(c)
    assert run(c)[:2] == [timedelta(seconds=5), timedelta(seconds=10)]


def test_the_pause_begins_anew_after_an_answer(c, monkeypatch) -> None:
    monkeypatch.setitem(router.MOST_POINTS, "osrm", 2)
    fails = (503, {}, {})
    c.server.next = [fails, fails, None, fails]
    order(c)
    assert run(c)[:4] == [timedelta(seconds=s) for s in (5, 10, 1, 5)]


def test_an_answer_that_trickles_is_given_up_for_now(c, monkeypatch) -> None:
    monkeypatch.setattr(router, "AT_MOST", 0.3)
    c.server.next = ["trickle"]
    order(c)
    assert ask(c)
    asking = road_questions.newest(c.partnership.id, now=c.at)
    assert asking is not None and (asking.said, asking.answered) == ("It did not answer in time.", 0)


def test_an_answer_without_end_is_not_read_to_its_end(c, monkeypatch) -> None:
    monkeypatch.setattr(router, "MOST_BYTES", 200)
    order(c)
    assert ask(c)
    asking = road_questions.newest(c.partnership.id, now=c.at)
    assert asking is not None and asking.answered == 0
    assert asking.said == "Its answer is larger than any table that was asked for."


@pytest.mark.parametrize(("kind", "most"), [("osrm", 100), ("valhalla", 50)])
def test_no_question_is_larger_than_such_a_server_takes_by_default(c, monkeypatch, kind, most) -> None:
    monkeypatch.setitem(c.app.config, "ROUTER_KIND", kind)
    batches = questions_for(list(combinations(range(230), 2)), router.MOST_POINTS[kind])
    assert max(map(len, batches)) == most
    points = tuple(RoadPoint(str(n), "", -1.2 + n / 1000, 51.7) for n in range(most + 1))
    with pytest.raises(ValueError, match="too many points"):
        router.ask(RoadPoints(of=0, points=points), now=c.at)
    assert c.server.asked == []


def test_a_slow_router_is_given_up_for_now(c, monkeypatch) -> None:
    monkeypatch.setattr(router, "A_LINE", 0.3)
    c.server.next = ["slow"]
    order(c)
    assert ask(c)
    asking = road_questions.newest(c.partnership.id, now=c.at)
    assert asking is not None and asking.said == "It did not answer in time."
    run(c)
    assert ended(c) == ("done", 3, 0)


def test_one_that_never_answers_ends_in_words_and_keeps_what_came(c) -> None:
    c.server.next = [(500, {}, {})] * road_questions.MOST_FAILURES
    order(c)
    assert run(c) == [timedelta(seconds=5 * 2**n) for n in range(road_questions.MOST_FAILURES - 1)]
    assert ended(c) == ("failed", 0, 3)
    asking = road_questions.newest(c.partnership.id, now=c.at)
    assert asking is not None and asking.order.why == "It has no answer now (500)."
    # Not for ever: it may be ordered again.
    order(c)
    run(c)
    assert ended(c) == ("done", 3, 0)


@pytest.mark.parametrize("code", [401, 403, 404, 302])
def test_one_that_will_not_have_us_is_asked_once(c, code) -> None:
    c.server.next = [(code, {"Location": c.server.url}, {"message": "no key"})]
    order(c)
    run(c)
    assert (ended(c)[0], len(c.server.asked)) == ("failed", 1)


def test_a_road_that_it_does_not_have_goes_by_the_rule(c) -> None:
    c.server.without = {_longitude(c, c.d)}
    order(c)
    run(c)
    assert ended(c) == ("done", 1, 2)
    assert set(table(c)) == {(c.a.organisation_id, c.b.organisation_id)}


def _longitude(c: SimpleNamespace, school: Any) -> float:
    here = road_places.of_partnership(c.partnership)
    (point,) = road_points.of_places(here, [school.organisation_id], of=0, bases=False).points
    return round(point.longitude, 6)


def test_one_point_that_it_refuses_costs_its_own_roads_alone(c) -> None:
    c.server.unknown = {_longitude(c, c.b)}
    order(c)
    run(c)
    assert ended(c) == ("done", 1, 2)
    assert set(table(c)) == {(c.a.organisation_id, c.d.organisation_id)}
    assert db.session.query(RoadOrder).one().questions == 3  # the one became its parts


@pytest.mark.parametrize("code", [400, 413, 414])
def test_a_question_that_is_too_large_for_it_is_asked_in_parts(c, code) -> None:
    c.server.next = [(code, {}, {"message": "Too large"})]
    order(c)
    assert set(run(c)) == {router.PAUSE}  # no fault of the router
    assert ended(c) == ("done", 3, 0) and [len(points) for points in c.server.asked] == [3, 2, 2, 2]


def test_it_keeps_to_so_many_questions_a_day_and_goes_on_tomorrow(c, monkeypatch) -> None:
    monkeypatch.setitem(c.app.config, "ROUTER_A_DAY", 2)
    monkeypatch.setitem(router.MOST_POINTS, "osrm", 2)
    order(c)
    for _ in range(2):
        assert ask(c)
        c.at += timedelta(seconds=2)
    assert not ask(c)
    asking = road_questions.newest(c.partnership.id, now=c.at)
    assert asking is not None and asking.said == "Today’s 2 questions are asked; it goes on tomorrow."
    assert asking.answered == 2 and table(c) == {}
    run(c)
    tomorrow = make.NOW.date() + timedelta(days=1)
    assert ended(c) == ("done", 3, 0) and c.at.date() == tomorrow
    # Each road with the day on which it was told, not that of the last.
    told_on = db.session.scalars(select(RoadMinutes.told_on)).all()
    assert sorted(filter(None, told_on)) == [make.NOW.date(), make.NOW.date(), tomorrow]


def test_a_public_router_is_asked_once_a_second_at_most(c, monkeypatch) -> None:
    monkeypatch.setitem(router.MOST_POINTS, "osrm", 2)
    order(c)
    assert ask(c) and not ask(c)
    c.at += timedelta(seconds=0.9)
    assert not ask(c)
    c.at += timedelta(seconds=0.2)
    assert ask(c)


def test_the_council_s_own_is_asked_without_a_pause(c, monkeypatch) -> None:
    monkeypatch.setitem(c.app.config, "ROUTER_OWN", True)
    monkeypatch.setitem(router.MOST_POINTS, "osrm", 2)
    order(c)
    assert ask(c) and ask(c)


def test_stopped_it_uses_what_has_come(c, monkeypatch) -> None:
    monkeypatch.setitem(router.MOST_POINTS, "osrm", 2)
    order(c)
    ask(c)
    with transaction():
        assert road_questions.stop(c.partnership, now=c.at, **WHO) == 1
    assert (ended(c), len(table(c))) == (("stopped", 1, 2), 1)
    c.at += timedelta(minutes=1)
    assert not ask(c)


def test_an_answer_that_comes_after_the_end_counts_for_nothing(c) -> None:
    order(c)

    def removes(points: RoadPoints) -> bytes:
        with transaction():
            road_questions.give_up_with_table(c.partnership, now=c.at)
            road_table.remove(c.partnership, now=c.at, **WHO)
        return router.ask(points, now=c.at)

    assert road_questions.ask_next(clock=lambda: c.at, commits=transaction, ask=removes)
    assert (ended(c)[0], table(c)) == ("removed", {})


def test_whoever_is_killed_with_a_question_in_hand_loses_that_answer_alone(c, monkeypatch) -> None:
    monkeypatch.setitem(router.MOST_POINTS, "osrm", 2)
    order(c)
    ask(c)
    c.at += timedelta(seconds=2)

    def dies(points: RoadPoints) -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        road_questions.ask_next(clock=lambda: c.at, commits=transaction, ask=dies)
    assert not ask(c)  # somebody may be asking
    c.at += road_questions.LEASE + timedelta(seconds=1)
    run(c)
    assert ended(c) == ("done", 3, 0) and len(c.server.asked) == 3


def test_two_processes_never_ask_twice_nor_at_once(c, monkeypatch) -> None:
    monkeypatch.setitem(router.MOST_POINTS, "osrm", 2)
    monkeypatch.setitem(c.app.config, "ROUTER_OWN", True)
    with transaction():
        db.session.execute(update(type(c.troupe)).values(base_easting=None, base_northing=None))
        c.urns |= {make.school(easting=450000 + 3000 * n).organisation_id for n in range(1, 5)}
    order(c)
    wrong: list[BaseException] = []

    def one() -> None:
        try:
            with c.app.app_context():
                idle = 0
                while idle < 40:
                    idle = 0 if ask(c) else idle + 1
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    run(c)
    pairs = [tuple(sorted(points)) for points in c.server.asked]
    assert len(pairs) == len(set(pairs)) == 21 and c.server.most_at_once == 1
    assert ended(c) == ("done", 21, 0)


def test_an_order_of_one_partnership_knows_nothing_of_another_s(c) -> None:
    with transaction():
        theirs = make.partnership(("932",))
        make.school(la_code="932", easting=470000)
    order(c)
    assert road_questions.newest(theirs.id, now=c.at) is None
    with transaction():
        assert road_questions.stop(theirs, now=c.at, **WHO) is None
    with pytest.raises(NothingToAsk, match="being asked already"):
        order(c)


@given(
    st.integers(2, 60).flatmap(
        lambda n: st.tuples(st.just(n), st.integers(2, 12), st.randoms(use_true_random=False))
    )
)
def test_each_road_lies_in_one_question_and_none_is_too_large(drawn: tuple[int, int, random.Random]) -> None:
    n, most, chance = drawn
    every = list(combinations(range(100, 100 + n), 2))
    pairs = set(chance.sample(every, chance.randint(1, len(every))))
    found = questions_for(pairs, most)
    assert all(len(set(places)) == len(places) <= most for places in found)
    assert pairs <= {tuple(sorted(pair)) for places in found for pair in combinations(places, 2)}


def test_a_new_school_costs_a_row_of_questions_and_not_a_square() -> None:
    assert len(questions_for({(1, other) for other in range(2, 652)}, 100)) == 13
    assert len(questions_for(list(combinations(range(651), 2)), 100)) == 14 * 13 // 2


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ROUTER_URL", "osrm.council.example", "no address of a router"),
        ("ROUTER_URL", "https://me:secret@osrm.council.example", "without a password"),
        ("ROUTER_KIND", "graphhopper", "osrm or valhalla"),
        ("ROUTER_OWN", "perhaps", "yes or no"),
        ("ROUTER_A_DAY", "many", "whole number"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_in_words(name, value, words) -> None:
    with pytest.raises(config.ConfigError, match=words) as refused:
        config.read({name: value})
    assert "secret@" not in str(refused.value)


def test_the_commands_ask_what_was_ordered_and_say_what_the_settings_name(c, monkeypatch) -> None:
    order(c)
    run_command = c.app.test_cli_runner().invoke
    assert "Questions asked: 1." in run_command(args=["roads", "fill"]).output
    assert ended(c)[0] == "done"
    monkeypatch.setitem(router.MOST_POINTS, "osrm", 2)
    monkeypatch.setattr(router, "PAUSE", timedelta(seconds=0.2))
    order(c, anew=True)
    assert "Questions asked: 3." in run_command(args=["roads", "fill"]).output
    assert ended(c)[0] == "done"
    said = run_command(args=["roads", "check"])
    assert "osrm, public: no base goes there; at most 500 questions a day." in said.output
    assert "It answers: " in said.output and said.exit_code == 0
    c.server.next = [(403, {}, {"message": "no key"})]
    said = run_command(args=["roads", "check"])
    assert said.exit_code == 1 and "‘no key’" in said.output
