"""Notice is counted in calendar days of Europe/London, and its last day is a school day: on it the notice holds until
midnight there, summer or winter."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask

import make
from outreach.booking.promises import Booking
from outreach.ground.db import transaction
from outreach.ground.timespans import wall
from outreach.tour import slots
from outreach.tour.programmes import Programme


def last_minute(day: date) -> datetime:
    return wall(day + timedelta(days=1), time(0)) - timedelta(minutes=1)


# A winter day, a summer day, and days whose notice ends on or beside the nights on which clocks change, which are
# weekends and the Easter holidays: the last school day before them is the last day.
LAST = {
    date(2027, 2, 9): date(2027, 1, 26),
    date(2027, 6, 22): date(2027, 6, 8),
    date(2027, 4, 10): date(2027, 3, 25),
    date(2027, 4, 11): date(2027, 3, 25),
    date(2027, 4, 12): date(2027, 3, 25),
    date(2026, 11, 8): date(2026, 10, 23),
}
SHOWS = list(LAST)


@pytest.mark.parametrize("day", SHOWS, ids=str)
def test_a_school_may_move_and_cancel_until_midnight_of_the_last_day(app: Flask, day: date) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        show = make.show(programme, make.school(), wall(day, time(9)))
        booking: Booking = make.booking(show, {8: 100})
    last = LAST[day]
    assert (booking.can_move_until(), booking.can_cancel_until()) == (last, last)
    for now, can in ((last_minute(last), True), (last_minute(last) + timedelta(minutes=1), False)):
        assert (booking.can_move(now), booking.can_cancel(now)) == (can, can)


@pytest.mark.parametrize("day", SHOWS, ids=str)
def test_a_day_is_offered_until_midnight_of_the_last_day_of_the_notice(day: date) -> None:
    programme = Programme(notice_book_days=10)
    last = last_minute(day - timedelta(days=10))
    assert slots.first_bookable_day(programme, last) == day
    assert slots.first_bookable_day(programme, last + timedelta(minutes=1)) == day + timedelta(days=1)


def test_midnight_is_that_of_london_in_summer() -> None:
    programme = Programme(notice_book_days=10)
    assert slots.first_bookable_day(programme, datetime(2027, 6, 1, 22, 59, tzinfo=UTC)) == date(2027, 6, 11)
    assert slots.first_bookable_day(programme, datetime(2027, 6, 1, 23, 0, tzinfo=UTC)) == date(2027, 6, 12)
