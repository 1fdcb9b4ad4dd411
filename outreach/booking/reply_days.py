"""Last day to reply to a kept time unless somebody says otherwise: a school day, with the programme's notice
after it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from outreach.ground.timespans import day_of
from outreach.tour.programmes import Programme

DAYS_TO_ANSWER = 2
"""Where a show is too near for the notice, its school still has so many days to answer, and says so by two
days before it."""


def usual(
    programme: Programme, show_day: date, *, wanted: date, why_closed: Callable[[date], str], now: datetime
) -> date | None:
    """The last school day up to `wanted` that leaves the programme's notice for booking before the show;
    never today where another day will do, and never the eve. None where there is no such day.

    `why_closed`: a day -> '' on a school day of the school, as SchoolCalendar.why_closed.
    """
    today, latest = day_of(now), show_day - timedelta(days=2)
    last = min(
        latest,
        max(show_day - timedelta(days=programme.notice_book_days), today + timedelta(days=DAYS_TO_ANSWER)),
    )
    first, last = today + timedelta(days=1), min(wanted, last)
    earlier = (last - timedelta(days=n) for n in range((last - first).days + 1))
    later = (last + timedelta(days=n) for n in range(1, (latest - last).days + 1))
    days = [*earlier, *(day for day in later if day > today), *([today] if today <= latest else [])]
    return next((day for day in days if not why_closed(day)), None)
