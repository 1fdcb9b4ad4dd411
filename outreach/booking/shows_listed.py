"""Shows of a partnership, or of one company there, as a company's own diary and a council's programs take them: a page
at a time, by start, without anybody's name or number.

Like the calendars that people subscribe to (subscribed.py) it has every show that somebody was ever promised: what is
over or called off stays, and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import joinedload

from outreach.booking import in_hall
from outreach.booking.in_hall import AtWork
from outreach.booking.promises import HOST, Booking
from outreach.ground.db import db
from outreach.tour import programmes
from outreach.tour.companies import Troupe
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

STANDS, OFF = "booked", "called off"
"""Its host is promised it; nobody is any more."""


@dataclass(frozen=True, kw_only=True)
class ListedShow:
    """One show; `work`: from when until when the troupe is at work for it."""

    show: Performance
    programme: Programme
    standing: str
    work: AtWork


def shows(
    partnership_id: int,
    *,
    company_id: int | None = None,
    programme_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    behind: tuple[datetime, int] | None = None,
    at_most: int,
) -> list[ListedShow]:
    """Those that start from `since` on and before `until`, `behind` the one of that start and id; of a company or all.
    2 queries, 1 where there are none."""
    p = Performance
    promised = exists().where(Booking.performance_id == p.id, Booking.role == HOST)
    stands = exists().where(Booking.performance_id == p.id, Booking.role == HOST, Booking.ended_at.is_(None))
    query = (
        select(p, Programme, stands)
        .join(Programme, Programme.id == p.programme_id)
        .join(Troupe, Troupe.id == p.troupe_id)
        .where(p.programme_id.in_(programmes.ids_of(partnership_id)), promised)
        .options(joinedload(p.troupe).joinedload(Troupe.company), joinedload(p.host))
        .order_by(p.starts_at, p.id)
        .limit(at_most)
    )
    if company_id is not None:
        query = query.where(Troupe.company_id == company_id)
    if programme_id is not None:
        query = query.where(p.programme_id == programme_id)
    if since is not None:
        query = query.where(p.starts_at >= since)
    if until is not None:
        query = query.where(p.starts_at < until)
    if behind is not None:
        starts_at, show_id = behind
        query = query.where(or_(p.starts_at > starts_at, and_(p.starts_at == starts_at, p.id > show_id)))
    rows = db.session.execute(query).all()
    return _at_work(rows)


def _at_work(rows: Sequence[tuple[Performance, Programme, bool]]) -> list[ListedShow]:
    times = in_hall.at_work([show for show, _, _ in rows])
    return [
        ListedShow(
            show=show,
            programme=programme,
            standing=STANDS if stands and show.released_at is None else OFF,
            work=work,
        )
        for (show, programme, stands), work in zip(rows, times, strict=True)
    ]
