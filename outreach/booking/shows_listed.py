"""Shows of a partnership, or of one company there, as a company's own diary and a council's programs take them: a page
at a time, by their number, without anybody's name or number of pupils.

Like the calendars that people subscribe to (subscribed.py) it has every show that somebody was ever promised: what is
over or called off stays, and says so. A show that another troupe plays by now stands for the troupe before as well,
called off under the UID that it had there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, literal, or_, select
from sqlalchemy.orm import joinedload

from outreach.booking import in_hall
from outreach.booking.in_hall import AtWork
from outreach.booking.promises import HOST, Booking
from outreach.ground.db import db
from outreach.tour import programmes
from outreach.tour.companies import Troupe
from outreach.tour.performances import Performance, TroupeEvent
from outreach.tour.programmes import Programme

STANDS, OFF = "booked", "called off"
"""Its host is promised it; nobody is any more, or not by this troupe."""


@dataclass(frozen=True, kw_only=True)
class ListedShow:
    """One show of one troupe; `work`: from when until when it is at work for it; `key`: where it stands in the list,
    whatever becomes of it."""

    key: tuple[int, int]
    uid: str
    sequence: int
    show: Performance
    troupe: Troupe
    programme: Programme
    standing: str
    starts_at: datetime
    ends_at: datetime
    work: AtWork


def shows(
    partnership_id: int,
    *,
    company_id: int | None = None,
    programme_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    behind: tuple[int, int] = (0, 0),
    at_most: int,
) -> list[ListedShow]:
    """Those that start from `since` on and before `until`, `behind` the one of that key; of a company or all.
    3 queries, 2 where there are none."""
    p, left = Performance, TroupeEvent
    was_promised = exists().where(
        Booking.performance_id == p.id, Booking.role == HOST, Booking.created_at <= left.left_at
    )
    began = func.coalesce(left.starts_at, p.starts_at)

    def rows(query: Any, nth: Any, starts_at: Any) -> Sequence[Any]:
        query = (
            query.join(Programme, Programme.id == p.programme_id)
            .where(p.programme_id.in_(programmes.ids_of(partnership_id)))
            .where(or_(p.id > behind[0], and_(p.id == behind[0], nth > behind[1])))
            .options(joinedload(Troupe.company), joinedload(p.host))
            .order_by(p.id, nth)
            .limit(at_most)
        )
        if company_id is not None:
            query = query.where(Troupe.company_id == company_id)
        if programme_id is not None:
            query = query.where(p.programme_id == programme_id)
        if since is not None:
            query = query.where(starts_at >= since)
        if until is not None:
            query = query.where(starts_at < until)
        return db.session.execute(query).all()

    played = rows(
        select(p, Programme, Troupe, _STANDS).join(Troupe, Troupe.id == p.troupe_id).where(_PROMISED),
        literal(0),
        p.starts_at,
    )
    lost = rows(
        select(p, Programme, Troupe, left)
        .join(left, left.performance_id == p.id)
        .join(Troupe, Troupe.id == left.troupe_id)
        .where(was_promised),
        left.sequence,
        began,
    )
    found = [*_as_played(played), *map(_as_left, lost)]
    return sorted(found, key=lambda row: row.key)[:at_most]


_OF_HOST = Booking.performance_id == Performance.id, Booking.role == HOST
_PROMISED = exists().where(*_OF_HOST)
_STANDS = exists().where(*_OF_HOST, Booking.ended_at.is_(None))


def _as_played(rows: Sequence[Any]) -> list[ListedShow]:
    standing = [show for show, *_, stands in rows if stands]
    works = dict(zip((show.id for show in standing), in_hall.at_work(standing), strict=True))
    return [
        ListedShow(
            key=(show.id, 0),
            uid=show.uid,
            sequence=show.sequence,
            show=show,
            troupe=troupe,
            programme=programme,
            standing=STANDS if stands and show.released_at is None else OFF,
            starts_at=show.starts_at,
            ends_at=show.ends_at,
            work=works.get(show.id, AtWork(show.get_in_at, show.away_at)),
        )
        for show, programme, troupe, stands in rows
    ]


def _as_left(row: Any) -> ListedShow:
    show, programme, troupe, left = row
    return ListedShow(
        key=(show.id, left.sequence),
        uid=left.uid,
        sequence=left.sequence,
        show=show,
        troupe=troupe,
        programme=programme,
        standing=OFF,
        starts_at=left.starts_at or show.starts_at,
        ends_at=left.ends_at or show.ends_at,
        work=AtWork(left.begins_at or show.get_in_at, left.away_at or show.away_at),
    )
