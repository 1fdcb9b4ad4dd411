"""Days on which a company sees whom to ask for at a school: from a month before its visit to a week after."""

from datetime import date, datetime, timedelta

import pytest

import make
from outreach.booking import contact_days
from outreach.ground.timespans import wall


@pytest.mark.parametrize(
    ("visit", "first"),
    [
        (date(2027, 3, 9), date(2027, 2, 9)),
        (date(2027, 1, 12), date(2026, 12, 12)),
        (date(2027, 3, 31), date(2027, 2, 28)),
        (date(2028, 3, 30), date(2028, 2, 29)),
        (date(2027, 7, 31), date(2027, 6, 30)),
    ],
)
def test_a_month_before_is_the_same_day_of_the_month_before_or_its_last(visit: date, first: date) -> None:
    assert contact_days.first_day(visit) == first


VISIT = date(2027, 6, 15)


@pytest.mark.parametrize(
    ("now", "are_on"),
    [
        (wall(date(2027, 5, 14), make.time(23, 59)), False),
        (wall(date(2027, 5, 15), make.time(0)), True),
        (wall(VISIT, make.time(9)), True),
        (wall(date(2027, 6, 22), make.time(23, 59)), True),
        (wall(date(2027, 6, 23), make.time(0)), False),
    ],
)
def test_both_days_count_whole_by_the_clock_on_the_wall(now: datetime, are_on: bool) -> None:
    """In summer time, an hour before UTC's midnight."""
    assert contact_days.are_on(VISIT, now=now) is are_on
    assert contact_days.last_day(VISIT) == VISIT + timedelta(days=7)
