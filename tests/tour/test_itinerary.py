"""What stands on a troupe's days, and what may be changed of a day: to the minute."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, update

import make
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.tour import days, freed_places, itinerary, performances, programmes
from outreach.tour.days import Hours, TourDay
from outreach.tour.itinerary import FewerShowsThanBooked, HoursLeaveOutAShow
from outreach.tour.performances import Performance

DAY = date(2027, 3, 9)
SECOND = timedelta(seconds=1)


@pytest.fixture
def tour(app: Flask) -> SimpleNamespace:
    """Two days of two shows each in one week and one in the next; on the first a show at 10:00."""
    c = SimpleNamespace()
    with transaction():
        partnership = make.partnership()
        c.programme = make.programme(partnership, shows_a_day=2)
        c.troupe = make.troupe(partnership)
        c.days = [make.tour_day(c.programme, c.troupe, DAY + timedelta(days=n)) for n in (0, 1, 7)]
        c.school = make.school()
        c.show = show(c, c.days[0], time(10))
    return c


def show(c: Any, day: days.TourDay, at: time, **more: Any) -> Any:
    here = {"tour_day_id": day.id, "troupe_id": c.troupe.id}
    made = make.show(c.programme, c.school, wall(day.day, at), **here, **more)
    db.session.execute(delete(TourDay).where(TourDay.troupe_id != c.troupe.id))  # it makes one of its own
    return made


def room(c: Any, now: datetime = make.NOW, **narrower: Any) -> int:
    return itinerary.room_left(c.programme.id, now=now, **narrower)


def test_room_is_what_neither_stands_nor_is_held_on_days_to_come(tour) -> None:
    assert room(tour) == 5
    until = make.NOW + timedelta(minutes=15)
    with transaction():
        show(tour, tour.days[1], time(10), held_until=until)
        show(tour, tour.days[1], time(13), released_at=make.NOW)
    assert [room(tour, at) for at in (until - SECOND, until)] == [4, 5]
    assert room(tour, first=DAY + timedelta(days=1)) == 3
    assert room(tour, first=DAY + timedelta(days=7)) == 2
    assert room(tour, only_days=[tour.days[0].id]) == 1 and room(tour, only_days=[]) == 0
    assert [room(tour, wall(DAY - timedelta(days=n), time(23, 59))) for n in (1, 0)] == [5, 4]
    with transaction():
        tour.days[2].ended_at = make.NOW
        tour.days[0].shows_at_most = 1
    assert (room(tour), room(tour, only_days=[tour.days[0].id])) == (1, 0)


def test_weeks_begin_on_monday_and_tell_what_stands_what_is_kept_and_what_is_held(tour) -> None:
    with transaction():
        kept = show(tour, tour.days[1], time(10))
        show(tour, tour.days[1], time(13), held_until=make.NOW + SECOND)
    first, second = itinerary.weeks(tour.programme, now=make.NOW, kept=[kept.id])
    assert (first.monday, second.monday) == (date(2027, 3, 8), date(2027, 3, 15))
    assert (first.booked, first.possible, second.booked, second.possible) == (1, 4, 0, 2)
    assert [(d.shows, d.kept, d.held) for d in first.days] == [((tour.show,), (), 0), ((), (kept,), 1)]
    alone = itinerary.shows_on(tour.days[1], now=make.NOW + SECOND, kept=[kept.id])
    assert (alone.kept, alone.held) == ((kept,), 0)


def change(c: Any, **hours: Any) -> None:
    with transaction():
        now = Hours(**{"leaves": time(7), "returns": time(18), "shows_at_most": 2} | hours)
        itinerary.change_day(c.days[0], now, who="Priya", now=make.NOW)


def test_a_day_is_as_short_as_its_show_and_the_road_allow(tour) -> None:
    leaves = (tour.show.get_in_at).time()
    returns = (tour.show.away_at).time()
    change(tour, leaves=leaves, returns=returns, shows_at_most=1)
    assert days.hours_of(tour.days[0]) == Hours(leaves=leaves, returns=returns, shows_at_most=1)
    later = (tour.show.get_in_at + timedelta(minutes=1)).time()
    with pytest.raises(HoursLeaveOutAShow, match="must leave by"):
        change(tour, leaves=later)
    sooner = (tour.show.away_at - timedelta(minutes=1)).time()
    with pytest.raises(HoursLeaveOutAShow, match="cannot be back") as refused:
        change(tour, returns=sooner)
    assert refused.value.field == "returns"


def test_a_day_keeps_room_for_what_is_booked_on_it(tour) -> None:
    with transaction():
        show(tour, tour.days[0], time(13))
    with pytest.raises(FewerShowsThanBooked, match="2 shows"):
        change(tour, shows_at_most=1)
    change(tour, shows_at_most=2)


def test_a_change_of_a_day_is_written_down_and_no_change_is_not(tour) -> None:
    change(tour)
    assert history.history_of("tour day", tour.days[0].id) == []
    change(tour, leaves=time(8))
    (row,) = history.history_of("tour day", tour.days[0].id)
    assert (row.what, row.who, row.before["leaves"], row.after["leaves"]) == (
        "changed",
        "Priya",
        "07:00",
        "08:00",
    )
    assert row.after == {"leaves": "08:00", "returns": "18:00", "shows_at_most": 2}


def test_a_day_is_over_when_the_troupe_is_back(tour) -> None:
    back = wall(DAY, time(18))
    assert [itinerary.is_over(tour.days[0], now=at) for at in (back - SECOND, back)] == [False, True]


def test_a_closed_day_keeps_what_stands_on_it_and_is_else_given_back(tour) -> None:
    with transaction():
        for day in tour.days[:2]:
            itinerary.close_day(day, now=make.NOW)
    assert [(day.shows_at_most, day.ended_at) for day in tour.days] == [(1, None), (2, make.NOW), (2, None)]


def test_a_half_day_is_cut_at_noon_unless_a_show_stands_on_the_other_half(tour) -> None:
    with transaction():
        for day, morning in zip(tour.days, (True, True, False), strict=True):
            itinerary.close_half(day, morning=morning, now=make.NOW)
    assert [(d.leaves, d.returns, d.shows_at_most, d.ended_at) for d in tour.days] == [
        (time(7), time(18), 1, None),
        (time(12), time(18), 2, None),
        (time(7), time(12), 2, None),
    ]
    with transaction():
        itinerary.close_half(tour.days[2], morning=True, now=make.NOW)
    assert tour.days[2].ended_at == make.NOW


def test_a_half_day_keeps_the_hours_that_are_shorter_already(tour) -> None:
    with transaction():
        tour.days[1].leaves, tour.days[2].returns = time(13), time(11)
        itinerary.close_half(tour.days[1], morning=True, now=make.NOW)
        itinerary.close_half(tour.days[2], morning=False, now=make.NOW)
    assert [(d.leaves, d.returns, d.ended_at) for d in tour.days[1:]] == [
        (time(13), time(18), None),
        (time(7), time(11), None),
    ]


def test_a_half_day_has_room_for_a_show_of_a_programme_of_one_show_a_day(tour) -> None:
    with transaction():
        tour.programme.shows_a_day = 1
        itinerary.close_half(tour.days[1], morning=True, now=make.NOW)
    assert (tour.days[1].leaves, tour.days[1].ended_at) == (time(12), None)


def test_a_day_that_was_removed_meanwhile_is_not_removed_again(tour) -> None:
    with pytest.raises(days.NoSuchTourDay), transaction():
        ended = update(TourDay).where(TourDay.id == tour.days[1].id).values(ended_at=make.NOW)
        db.session.execute(ended.execution_options(synchronize_session=False))
        itinerary.end_day(tour.days[1], who="Priya", now=make.NOW)


def test_a_day_that_is_removed_takes_along_what_lapsed_on_it(tour) -> None:
    with transaction():
        show(tour, tour.days[1], time(10), held_until=make.NOW)
        show(tour, tour.days[2], time(10), held_until=make.NOW)
    with transaction():
        itinerary.end_day(tour.days[1], who="Priya", now=make.NOW)
    assert {p.tour_day_id for p in db.session.query(Performance)} == {tour.days[0].id, tour.days[2].id}


def shows_a_day(c: Any, number: int) -> list[int]:
    """Settle the programme for so many, and what its days take by then; which of them came free is kept."""
    with transaction():
        freed_places.take()
        production = replace(programmes.production_of(c.programme), shows_a_day=number)
        itinerary.change_programme(c.programme, production, most_seats=lambda _: 0, who="Priya", now=make.NOW)
        c.freed = set(freed_places.take())
    return [day.shows_at_most for day in c.days]


def test_days_follow_the_programme_but_those_that_take_fewer_shows(tour) -> None:
    with transaction():
        tour.days[1].shows_at_most = 1
    assert shows_a_day(tour, 3) == [3, 1, 3]
    assert tour.freed == {tour.days[0].id, tour.days[2].id}
    assert shows_a_day(tour, 2) == [2, 1, 2] and not tour.freed
    assert shows_a_day(tour, 2) == [2, 1, 2] and not tour.freed
    assert shows_a_day(tour, 1) == [1, 1, 1]
    with transaction():
        show(tour, tour.days[1], time(10))
        tour.days[0].shows_at_most = 2
        show(tour, tour.days[0], time(13))
    with pytest.raises(itinerary.ShowsADayBelowBooked, match="2 shows"):
        shows_a_day(tour, 1)


def test_a_school_is_locked_by_its_own_row(tour) -> None:
    assert performances.lock_organisation_unless_busy(tour.school.organisation_id)
    assert not performances.lock_organisation_unless_busy(tour.school.organisation_id + 1)
