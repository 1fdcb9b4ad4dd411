"""A day's sheet says what stands: times, roads, whom to ask for, who comes with whom; and no more than
that."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
import sheet_days
from flask import Flask

import make
from outreach.booking.sheets import day_sheet
from outreach.ground.db import db, transaction
from outreach.ground.timespans import local, wall
from outreach.tour import legs, roads
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance


@pytest.fixture
def c(app: Flask) -> Any:
    with transaction():
        return sheet_days.lay()


def at(moment: Any) -> str:
    return f"{local(moment):%H:%M}"


def test_the_day_is_driven_from_the_base_through_its_shows_and_home(c: Any) -> None:
    sheet = day_sheet.sheet_of_day(c.day)
    out, between, home = sheet.drives
    assert (out.start, out.end, out.minutes) == ("Marlford base", "St Brannoc’s Academy", 41)  # 6 + 1.25 x 28
    assert (at(out.leaves_at), at(out.arrives_at), out.slack) == ("07:49", "08:30", 0)
    assert (between.end, between.minutes, at(between.leaves_at)) == ("Kestermere School", 8, "11:15")
    assert (at(between.arrives_at), between.slack) == ("11:23", 52)
    assert (home.end, home.minutes, at(home.arrives_at), home.slack) == ("Marlford base", 43, "15:43", None)
    assert sheet.road_minutes == 41 + 8 + 43
    assert [round(drive.far.kilometres) for drive in (out, between, home)] == [28, 1, 29]


def test_each_stop_says_whom_to_ask_for_and_who_comes(c: Any) -> None:
    first, second = day_sheet.sheet_of_day(c.day).stops
    assert (first.meets, first.lead) == (
        day_sheet.PersonToAskFor(name="Samuel Okonkwo", phone="01632 960 204"),
        day_sheet.PersonToAskFor(name="Joanna Fell", phone="01632 960 200"),  # the school's own number
    )
    assert first.pupils == {8: 108, 9: 104} and first.guests == ()
    assert first.access == ("2 wheelchair places", "1 seat near the hearing loop")
    assert at(first.discussion_at) == "10:15"
    assert (second.meets, second.lead) == (None, None)
    (guest,) = second.guests
    assert guest.organisation.name == "Hollybank Special School"
    assert guest.travel == "By minibus, with 2 adults, there at 1:00pm"
    assert (guest.agreed, guest.pupils, guest.meets) == ("Quiet seats by the door", {8: 4, 9: 5}, None)
    assert guest.lead == day_sheet.PersonToAskFor(name="Derek Stubbs", phone="01632 960 312")
    assert guest.access == ("3 seats near the door, or a quiet room",)
    assert second.seats == 187 and second.year_groups == [8, 9]
    assert day_sheet.sheet_of_day(c.day).seats == 212 + 187


def test_what_has_gone_or_is_not_booked_is_no_stop(c: Any) -> None:
    with transaction():
        c.first.released_at = make.NOW
        make.cancellation(c.one, make.NOW)
        make.cancellation(c.guest, make.NOW)
        sheet_days.show_on(c.day, make.school(), time(7, 15), held_until=make.NOW + timedelta(days=90))
    sheet = day_sheet.sheet_of_day(c.day)
    assert [s.organisation.name for s in sheet.stops] == ["Kestermere School"]
    assert sheet.stops[0].guests == () and sheet.kept == 0
    assert len(sheet.drives) == 2


def test_a_time_that_is_kept_for_a_school_is_counted_and_not_driven_to(c: Any) -> None:
    with transaction():
        c.day.shows_at_most = 3
        sheet_days.show_on(c.day, make.school(easting=451000, northing=229000), time(16, 30))
    sheet = day_sheet.sheet_of_day(c.day)
    assert (len(sheet.stops), sheet.kept, sheet.road_minutes) == (2, 1, 92)


def test_numbers_are_those_of_the_newest_word(c: Any) -> None:
    with transaction():
        make.revision(c.one, {8: 90, 9: 0}, at=make.NOW, starts_at=c.first.starts_at, ends_at=c.first.ends_at)
        c.one.seats = 90
    assert day_sheet.sheet_of_day(c.day).stops[0].pupils == {8: 90}


def test_without_a_base_the_first_and_last_drive_are_not_known(c: Any) -> None:
    with transaction():
        c.troupe.base_easting = None
    out, between, home = day_sheet.sheet_of_day(c.day).drives
    assert out is None and home is None and between is not None and between.minutes == 8


def test_a_day_without_shows_has_no_roads(c: Any) -> None:
    with transaction():
        empty = make.tour_day(c.programme, c.troupe, date(2027, 3, 10))
    sheet = day_sheet.sheet_of_day(empty)
    assert (sheet.stops, sheet.drives, sheet.seats) == ((), (), 0)


def test_a_programme_without_discussion_says_none(c: Any) -> None:
    with transaction():
        c.programme.discussion_minutes = 0
        c.programme.running_minutes = 75
    assert day_sheet.sheet_of_day(c.day).stops[0].discussion_at is None


def test_a_sheet_takes_as_many_queries_for_two_shows_as_for_three_with_guests(
    c: Any, count_queries: Callable[[], Any]
) -> None:
    day_id = c.day.id
    db.session.expunge_all()
    with count_queries() as two:
        read(day_id)
    with transaction():
        day = db.session.get_one(TourDay, day_id)
        day.shows_at_most = 3
        third = sheet_days.show_on(day, make.school(), time(16, 30))
        make.booking(third, {8: 100})
        for n in range(3):
            sheet_days.travelling(make.booking(third, {8: 9 + n}, of=make.school()))
    db.session.expunge_all()
    with count_queries() as three:
        sheet = read(day_id)
    assert len(sheet.stops) == 3
    assert len(three) == len(two)


def read(day_id: int) -> day_sheet.DaySheet:
    sheet = day_sheet.sheet_of_day(db.session.get_one(TourDay, day_id))
    assert all(s.address is not None and all(g.organisation.name for g in s.guests) for s in sheet.stops)
    return sheet


@pytest.mark.parametrize("minutes_late", [0, 10])
def test_a_drive_that_comes_too_late_says_by_how_much(app: Flask, minutes_late: int) -> None:
    """Such a day cannot be booked; a table of minutes brought in later can make one."""
    ways = roads.Roads(base=6, per_km=1.25, table={(1, 2): 30 + minutes_late})
    with transaction():
        school = make.school()
    shows = [
        Performance(
            organisation_id=1,
            host=school,
            get_in_at=wall(date(2027, 3, 9), time(8)),
            away_at=wall(date(2027, 3, 9), time(11)),
        ),
        Performance(
            organisation_id=2,
            host=school,
            get_in_at=wall(date(2027, 3, 9), time(11, 30)),
            away_at=wall(date(2027, 3, 9), time(14)),
        ),
    ]
    (_, drive, _) = legs.of_day(shows, ways, None, None)
    assert drive is not None and drive.slack == -minutes_late
    db.session.rollback()
