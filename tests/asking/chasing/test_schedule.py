"""The days on which a school is reminded, by examples. Pure."""

from datetime import date

import pytest

from outreach.asking.chasing import schedule
from outreach.county.school_days import SchoolCalendar

SPRING = SchoolCalendar(
    authority_terms=((date(2027, 1, 4), date(2027, 2, 12)), (date(2027, 2, 22), date(2027, 3, 25))),
    authority_inset=frozenset({date(2027, 1, 4)}),
    own_days={date(2027, 2, 22): (False, "snow"), date(2027, 2, 20): (True, "open day")},
)
LATE = date(2027, 7, 31)


@pytest.mark.parametrize(
    ("since", "days", "expected"),
    [
        (date(2027, 1, 5), 10, date(2027, 1, 15)),  # a Friday in term
        (date(2027, 1, 5), 11, date(2027, 1, 18)),  # a Saturday: the Monday after
        (date(2027, 1, 3), 1, date(2027, 1, 5)),  # the authority's INSET day
        (date(2027, 2, 4), 10, date(2027, 2, 20)),  # the half term, up to a Saturday on which it is in
        (date(2027, 2, 11), 10, date(2027, 2, 23)),  # its own day off
        (date(2027, 3, 20), 10, None),  # the Easter holidays, and no later term is known
    ],
)
def test_a_reminder_is_due_on_the_first_school_day_after_so_many_days(
    since: date, days: int, expected: date | None
) -> None:
    assert schedule.due_on(since, days, until=LATE, why_closed=SPRING.why_closed) == expected


def test_nothing_is_due_after_the_reply_by_date() -> None:
    due = date(2027, 1, 18)
    for until, expected in ((due, due), (date(2027, 1, 17), None)):
        assert schedule.due_on(date(2027, 1, 6), 10, until=until, why_closed=SPRING.why_closed) == expected


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        (date(2027, 1, 14), 1, date(2027, 1, 15)),
        (date(2027, 1, 14), 3, date(2027, 1, 19)),
        (date(2027, 2, 11), 2, date(2027, 2, 20)),
        (date(2027, 3, 24), 2, None),
    ],
)
def test_school_days_are_counted_one_by_one(day: date, days: int, expected: date | None) -> None:
    assert schedule.school_days_on(day, days, until=LATE, why_closed=SPRING.why_closed) == expected
