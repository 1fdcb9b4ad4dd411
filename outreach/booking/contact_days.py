"""Days on which a company sees whom a school named for its visit, and their numbers: from a month before it to a week
after, by its link and signed in alike, since it needs them no longer (UK GDPR Art. 5(1)(c)). The desk sees them always.
"""

import calendar
from datetime import date, datetime, timedelta

from outreach.ground.timespans import day_of

AFTER = timedelta(days=7)


def first_day(visit: date) -> date:
    """The same day of the month before; its last where it has none: 28 February of a visit on 31 March."""
    year, month = (visit.year, visit.month - 1) if visit.month > 1 else (visit.year - 1, 12)
    return date(year, month, min(visit.day, calendar.monthrange(year, month)[1]))


def last_day(visit: date) -> date:
    return visit + AFTER


def are_on(visit: date, *, now: datetime) -> bool:
    """Both days counted whole."""
    return first_day(visit) <= day_of(now) <= last_day(visit)
