"""Failed letters of which the reason is over, so that nobody has to act on them.

Over is: the performance has begun or ended before it could go; the programme's year is over; or, of a letter without
a calendar part, the same was sent to somebody then or later.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from outreach.booking.promises import Booking
from outreach.ground.db import db, made_once
from outreach.ground.school_year import year_of
from outreach.ground.timespans import day_of
from outreach.post.outbox import FAILED, SENT, Letter
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


def over(now: datetime) -> ColumnElement[bool]:
    """Of failed letters: whether the reason is over."""
    return _over(now, year_of(day_of(now)))


def how_many(partnership_id: int, *, now: datetime) -> int:
    """How many failed letters wait for a person; one query."""
    return db.session.scalar(*_waiting(partnership_id, now, year_of(day_of(now)))) or 0


@made_once
def _waiting(partnership_id: int, now: datetime, year: int) -> Select[int]:
    failed = (Letter.partnership_id == partnership_id, Letter.status == FAILED)
    return select(func.count()).select_from(Letter).where(*failed, not_(_over(now, year)))


def _over(now: datetime, year: int) -> ColumnElement[bool]:
    told = aliased(Letter)
    about_programme = literal("^[^/]+/") + cast(Programme.id, Text) + "/"
    return or_(
        and_(Letter.give_up_at.is_not(None), Letter.give_up_at <= now),
        exists().where(
            Booking.uid == Letter.stream,
            Performance.id == Booking.performance_id,
            Performance.ends_at <= now,
        ),
        exists().where(
            Programme.partnership_id == Letter.partnership_id,
            Programme.academic_year < year,
            Letter.stream.regexp_match(about_programme),
        ),
        and_(
            Letter.method == "",
            exists().where(
                told.stream == Letter.stream,
                told.kind == Letter.kind,
                told.status == SENT,
                told.dtstamp >= Letter.dtstamp,
            ),
        ),
    )
