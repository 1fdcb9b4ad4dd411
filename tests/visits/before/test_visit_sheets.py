"""Pages for families and staff before a visit: until when families can answer."""

from datetime import date, timedelta

import pytest

from outreach.county.school_days import SchoolCalendar
from outreach.visits.before.sheets import answer_by

MONDAY = date(2027, 3, 8)
SPRING = ((date(2027, 2, 22), date(2027, 3, 25)),)


@pytest.mark.parametrize(
    ("days_before", "answered_by"),
    [
        (10, date(2027, 3, 4)),  # two school days before
        (4, date(2027, 3, 4)),
        (3, date(2027, 3, 5)),  # the last school day before
        (2, MONDAY),  # on a Saturday: nobody is at the school until the day itself
        (0, MONDAY),
        (-5, MONDAY),  # afterwards the page says what it said
    ],
)
def test_families_answer_on_a_day_on_which_somebody_is_at_the_school(
    days_before: int, answered_by: date
) -> None:
    calendar = SchoolCalendar(authority_terms=SPRING)
    assert answer_by(MONDAY, calendar, today=MONDAY - timedelta(days=days_before)) == answered_by
