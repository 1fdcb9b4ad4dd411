"""Days on which a school is reminded: so many days on, and then the first day on which that school is in.
Pure."""

from collections.abc import Callable
from datetime import date, timedelta

WhyClosed = Callable[[date], str]
"""A day -> '' on a school day of that school, else why it is none; as SchoolCalendar.why_closed."""

LOOK_AHEAD = 120
"""Days: longer than any school is closed."""


def due_on(since: date, days: int, *, until: date, why_closed: WhyClosed) -> date | None:
    """The first school day at least `days` after `since`; None when that would be later than `until`."""
    return school_day_from(since + timedelta(days=days), until=until, why_closed=why_closed)


def school_day_from(day: date, *, until: date, why_closed: WhyClosed) -> date | None:
    """`day` or the first school day after it; None when there is none by `until`."""
    for ahead in range(LOOK_AHEAD):
        found = day + timedelta(days=ahead)
        if found > until:
            return None
        if not why_closed(found):
            return found
    return None


def school_days_on(day: date, days: int, *, until: date, why_closed: WhyClosed) -> date | None:
    """The `days`-th school day after `day`, which itself does not count; None when there is none by
    `until`."""
    found: date | None = day
    for _ in range(days):
        found = (
            None
            if found is None
            else school_day_from(found + timedelta(days=1), until=until, why_closed=why_closed)
        )
    return found
