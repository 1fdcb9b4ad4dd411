"""Until when a time is kept unless somebody says otherwise: on a school day, with the notice after it, never
on the eve."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from outreach.booking import reply_days

TUESDAY = datetime(2027, 1, 19, 9, tzinfo=UTC)
FRIDAY, SATURDAY = datetime(2027, 1, 22, 9, tzinfo=UTC), datetime(2027, 1, 23, 9, tzinfo=UTC)


def weekend(day: date) -> str:
    return "weekend" if day.weekday() > 4 else ""


def usual(
    show: date, wanted: int, now: datetime = TUESDAY, notice: int = 10, why_closed=weekend
) -> date | None:
    return reply_days.usual(
        SimpleNamespace(notice_book_days=notice),
        show,
        wanted=now.date() + timedelta(days=wanted),
        why_closed=why_closed,
        now=now,
    )


@pytest.mark.parametrize(
    ("show", "wanted", "now", "expected"),
    [
        (date(2027, 3, 9), 10, TUESDAY, date(2027, 1, 29)),  # a Friday: as wanted
        (date(2027, 3, 9), 12, TUESDAY, date(2027, 1, 29)),  # a Sunday: the Friday before
        (date(2027, 2, 3), 10, TUESDAY, date(2027, 1, 22)),  # ten days before would be a Sunday
        (date(2027, 1, 26), 10, TUESDAY, date(2027, 1, 21)),  # within the notice: two days to answer
        (date(2027, 1, 22), 10, TUESDAY, date(2027, 1, 20)),  # nearer still: two days before the show
        (date(2027, 1, 21), 10, TUESDAY, date(2027, 1, 19)),  # only today is left
        (date(2027, 1, 20), 10, TUESDAY, None),  # tomorrow: there is no day to answer
        (date(2027, 1, 28), 10, FRIDAY, date(2027, 1, 25)),  # over a weekend: the Monday, not today
        (date(2027, 1, 26), 10, SATURDAY, None),
    ],
)
def test_the_day_to_reply_by(show: date, wanted: int, now: datetime, expected: date | None) -> None:
    assert usual(show, wanted, now) == expected


def test_it_is_a_school_day_at_least_the_notice_before_the_show_wherever_there_is_one() -> None:
    for ahead in range(1, 60):
        show = TUESDAY.date() + timedelta(days=ahead)
        for notice in (0, 5, 10, 21):
            found = usual(show, 10, notice=notice)
            if found is None:
                assert ahead == 1
                continue
            assert not weekend(found) and TUESDAY.date() <= found <= show - timedelta(days=2)
            if ahead >= notice + 2 and not weekend(show - timedelta(days=notice)):
                assert found <= show - timedelta(days=notice)
