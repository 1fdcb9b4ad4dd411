"""Minutes on the road between two shows of a day: one table of cases for what Python reckons, what a show is
told, and what each database lets pass; and no two connections get round it together."""

import threading
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

import make
from outreach.ground.db import db, transaction
from outreach.ground.geography import Place
from outreach.ground.timespans import wall
from outreach.tour import performances, roads, slots
from outreach.tour.performances import Performance, SlotTaken
from outreach.tour.roads import RoadMinutes, Roads, Stop

DAY = date(2027, 3, 9)
HERE = (450000, 210000)


class Case(NamedTuple):
    """The rule, what a table says, where the other school is (None: not known); the minutes asked."""

    base: float
    per_km: float
    told: int | None
    there: tuple[int, int] | None
    asked: int


CASES = {
    "by the rule": Case(6, 1.25, None, (458000, 210000), 16),
    "rounded up": Case(6, 1.25, None, (453333, 210000), 11),
    "across": Case(6, 1.25, None, (453000, 214000), 13),
    "next door": Case(6, 1.25, None, HERE, 6),
    "a place that is not known": Case(6, 1.25, None, None, 6),
    "a part of a minute": Case(0.5, 0, None, (499000, 210000), 1),
    "no road at all": Case(0, 0, None, (458000, 210000), 0),
    "the road alone": Case(0, 2, None, (451500, 210000), 3),
    "a table that says less": Case(6, 1.25, 5, (458000, 210000), 5),
    "a table that says more": Case(6, 1.25, 61, (458000, 210000), 61),
    "a table for a place that is not known": Case(6, 1.25, 40, None, 40),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_minutes_are_reckoned_whole_and_the_same_both_ways(case: Case) -> None:
    here = Stop(1, Place(easting=HERE[0], northing=HERE[1]))
    there = Stop(2, Place(easting=case.there[0], northing=case.there[1]) if case.there else None)
    table = {} if case.told is None else {(1, 2): case.told}
    ways = Roads(base=case.base, per_km=case.per_km, table=table)
    assert ways.minutes(here, there) == ways.minutes(there, here) == case.asked
    assert ways.minutes(here, here) == 0


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    with transaction():
        partnership = make.partnership()
        programme, troupe = make.programme(partnership), make.troupe(partnership)
        return SimpleNamespace(
            app=app,
            partnership=partnership,
            programme=programme,
            troupe=troupe,
            day=make.tour_day(programme, troupe, DAY, shows_at_most=3),
            one=make.school(easting=HERE[0], northing=HERE[1]),
            two=make.school(easting=458000, northing=210000),
        )


def settle(c: SimpleNamespace, case: Case) -> None:
    with transaction():
        c.partnership.road_base_minutes, c.partnership.road_minutes_per_km = case.base, case.per_km
        c.two.easting, c.two.northing = case.there or (None, None)
        if case.told is not None:
            ends = sorted((c.one.organisation_id, c.two.organisation_id))
            db.session.add(
                RoadMinutes(partnership_id=c.partnership.id, one=ends[0], other=ends[1], minutes=case.told)
            )
            c.partnership.road_table = f"table {c.partnership.id} {case}"
    roads._table.cache_clear()


def row(c: SimpleNamespace, school: Any, begins: datetime, **changes: Any) -> Performance:
    """A show of 165 minutes with its get-in and get-out, as a second program would write it: nobody was asked
    what stands beside it."""
    facts = {
        "partnership_id": c.programme.partnership_id,
        "programme_id": c.programme.id,
        "tour_day_id": c.day.id,
        "troupe_id": c.troupe.id,
        "organisation_id": school.organisation_id,
        "easting": school.easting,
        "northing": school.northing,
        "get_in_at": begins,
        "starts_at": begins + timedelta(minutes=60),
        "ends_at": begins + timedelta(minutes=135),
        "away_at": begins + timedelta(minutes=165),
        "created_at": make.NOW,
        "sequence": 0,
        "lunch_overruled": "",
        "uid": f"{school.organisation_id} {begins}",
        "organizer_token": f"{school.organisation_id} {begins}",
    }
    return Performance(**facts | changes)


def values(show: Performance) -> dict[str, Any]:
    return {k.name: getattr(show, k.name) for k in Performance.__table__.columns if k.name != "id"}


def refused(show: Performance, guard: str = "performance_road") -> None:
    with pytest.raises(IntegrityError, match=guard), transaction():
        db.session.add(show)


def reckoned(show: Performance) -> Performance:
    performances.reckon_roads(show)
    return show


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_show_is_told_its_roads_and_the_database_asks_for_each_minute(
    c: SimpleNamespace, case: Case
) -> None:
    settle(c, case)
    noon, long, road = wall(DAY, time(12)), timedelta(minutes=165), timedelta(minutes=case.asked)
    minute = timedelta(minutes=1)
    with transaction():
        make.placed(row(c, c.one, noon))
    for begins in (noon + long + road, noon - road - long):
        if case.asked:
            towards = -minute if begins > noon else minute
            refused(reckoned(row(c, c.two, begins + towards)))
        with transaction():
            show = make.placed(row(c, c.two, begins))
            beside = (
                show.road_from_organisation_id,
                show.road_from_minutes,
                show.road_to_organisation_id,
                show.road_to_minutes,
            )
            there = (c.one.organisation_id, case.asked)
            assert beside == ((*there, None, None) if begins > noon else (None, None, *there))


@pytest.mark.parametrize("turn", [1, 30, 100])
def test_between_two_shows_at_one_school_the_hall_is_turned_round(c: SimpleNamespace, turn: int) -> None:
    """Get-out and get-in may lie over each other; what counts is the end of one and the start of the other."""
    ends, starts = timedelta(minutes=135), timedelta(minutes=60)
    with transaction():
        c.programme.turn_minutes = turn
        make.placed(row(c, c.one, wall(DAY, time(11))))
    begins = wall(DAY, time(11)) + ends + timedelta(minutes=turn) - starts
    before = wall(DAY, time(11)) + starts - timedelta(minutes=turn) - ends
    minute = timedelta(minutes=1)
    refused(reckoned(row(c, c.one, begins - minute)))
    refused(reckoned(row(c, c.one, before + minute)))
    # another school's hall is not this one: there it is packed up, and driven
    refused(reckoned(row(c, c.two, begins)), "performance_troupe_free" if turn < 90 else "performance_road")
    with transaction():
        later, earlier = make.placed(row(c, c.one, begins)), make.placed(row(c, c.one, before))
        assert (later.road_from_organisation_id, later.road_from_minutes) == (c.one.organisation_id, turn)
        assert (earlier.road_to_organisation_id, earlier.road_to_minutes) == (c.one.organisation_id, turn)


def test_a_show_stays_and_is_put_back_where_it_was_when_halls_take_longer_to_turn_round(
    c: SimpleNamespace,
) -> None:
    with transaction():
        make.placed(row(c, c.one, wall(DAY, time(8))))
        later = make.placed(row(c, c.one, wall(DAY, time(9, 45))))
        c.programme.turn_minutes = 45
    with transaction():
        later.held_until = make.NOW
        was = performances.place_of(later)
    assert was.beside == ((c.one.organisation_id, 30),)
    with pytest.raises(SlotTaken), transaction():
        performances.shift(later, replace(was, beside=()), now=make.NOW)
    with transaction():
        performances.shift(later, replace(was, start_minute=15 * 60), now=make.NOW)
        performances.shift(later, was, now=make.NOW)
        assert (later.starts_at, later.road_from_minutes) == (wall(DAY, time(10, 45)), 30)


@pytest.mark.parametrize(
    "lie",
    [
        {"road_from_organisation_id": None, "road_from_minutes": None},
        {"road_from_organisation_id": 900099, "road_from_minutes": 0},
        {"road_to_organisation_id": None, "road_to_minutes": None},
        {"road_to_organisation_id": 900099, "road_to_minutes": 0},
    ],
)
def test_a_show_that_names_another_beside_it_than_stands_there_is_refused(
    c: SimpleNamespace, lie: dict[str, Any]
) -> None:
    with transaction():
        make.placed(row(c, c.one, wall(DAY, time(7))))
        make.placed(row(c, c.one, wall(DAY, time(15))))
    between = reckoned(row(c, c.two, wall(DAY, time(11))))
    for name, said in lie.items():
        setattr(between, name, said)
    refused(between)
    with transaction():
        make.placed(row(c, c.two, wall(DAY, time(11))))


def test_what_was_reckoned_before_another_show_stood_there_is_refused(c: SimpleNamespace) -> None:
    stale = reckoned(row(c, c.two, wall(DAY, time(12))))
    with transaction():
        make.placed(row(c, c.one, wall(DAY, time(8))))
    refused(stale)


def test_a_show_that_keeps_its_place_keeps_its_roads_and_one_that_is_moved_is_judged_anew(
    c: SimpleNamespace,
) -> None:
    with transaction():
        make.placed(row(c, c.one, wall(DAY, time(8))))
        later = make.placed(row(c, c.two, wall(DAY, time(11, 1))))
    settle(c, CASES["a table that says more"])
    with transaction():
        later.sequence += 1
        later.held_until = make.NOW
    assert later.road_from_minutes == 16
    with pytest.raises(IntegrityError, match="performance_road"), transaction():
        performances.reckon_roads(later)
    with pytest.raises(IntegrityError, match="performance_road"), transaction():
        later.get_in_at += timedelta(minutes=-1)
    with transaction():
        place = Place(easting=HERE[0], northing=HERE[1])
        performances.rehost(later, c.one.organisation_id, place)
        assert (later.road_from_organisation_id, later.road_from_minutes) == (c.one.organisation_id, 30)
    with pytest.raises(SlotTaken), transaction():
        performances.rehost(later, c.two.organisation_id, None)


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("one_hall", [False, True])
def test_two_connections_that_saw_an_empty_day_do_not_both_get_it(
    c: SimpleNamespace, database_url: str, held: bool, one_hall: bool
) -> None:
    """Neither show overlaps the other, and each was reckoned as the only one of its day; in one hall the second begins
    29 minutes after the first has ended."""
    until = make.NOW + timedelta(minutes=15) if held else None
    first_row, second_row = (
        values(row(c, school, wall(DAY, at), held_until=until))
        for school, at in ((c.one, time(8)), (c.one, time(9, 44)) if one_hall else (c.two, time(10, 46)))
    )
    db.session.remove()
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    table, said = Performance.__table__, []
    with engine.connect() as first, engine.connect() as second:
        if engine.dialect.name == "postgresql":
            second.execute(text("SELECT count(*) FROM performance")).scalar_one()
        first.execute(table.insert(), first_row)

        def later() -> None:
            try:
                second.execute(table.insert(), second_row)
                second.commit()
            except IntegrityError as error:
                said.append(str(error))

        waiting = threading.Thread(target=later)
        if engine.dialect.name == "postgresql":
            waiting.start()
            waiting.join(timeout=0.5)
            assert waiting.is_alive(), "the second must queue at the tour day"
            first.commit()
        else:  # one writer at a time
            first.commit()
            waiting.start()
        waiting.join(timeout=120)
    engine.dispose()
    assert len(said) == 1 and "performance_road" in said[0]
    assert [p.organisation_id for p in db.session.query(Performance)] == [c.one.organisation_id]


def test_two_claims_of_times_too_near_each_other_get_one(c: SimpleNamespace) -> None:
    """Both slots were free when they were found, and nobody waits for the day's lock."""
    programme_id, day_id = c.programme.id, c.day.id
    wanted = (
        (c.one.organisation_id, "0900"),
        (c.two.organisation_id, "1145"),
    )  # away at 10:45, set-up from 10:45
    db.session.remove()
    ready, outcomes = threading.Barrier(2), list[str]()

    def claim(organisation_id: int, at: str) -> None:
        with c.app.app_context():
            programme = db.session.get_one(type(c.programme), programme_id)
            slot = slots.find(
                programme, db.session.get_one(type(c.one), organisation_id), f"{day_id}-{at}", now=make.NOW
            )
            assert slot is not None
            ready.wait()
            try:
                with transaction():
                    school = db.session.get_one(type(c.one), organisation_id)
                    facts = {"programme_id": programme_id, "held_until": None, "now": make.NOW}
                    performances.claim(slot, school, **facts)
                outcomes.append("got it")
            except SlotTaken:
                outcomes.append("taken")
            finally:
                db.session.remove()

    workers = [threading.Thread(target=claim, args=each) for each in wanted]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)
    assert sorted(outcomes) == ["got it", "taken"]
    assert db.session.query(Performance).count() == 1
