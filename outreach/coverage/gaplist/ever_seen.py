"""Which schools ever saw it: in any year, any programme of the partnership for the same kind of people.

Seen here is less than the standing 'seen': one show that took place is enough, whoever counted whom. Where one side says
that it did not take place, the coordinator's word decides, and without it the school has not seen it.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select

from outreach.booking.promises import Booking
from outreach.ground.db import db
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits.reports import COMPANY, SETTLED, VisitReport


def urns(programme: Programme, only: Collection[int] | None = None) -> set[int]:
    """The URNs under which a show was promised that took place, of all or of some schools; 2 queries.

    Whoever came from such a school is for the caller to follow.
    """
    return _undisputed(programme, only) | _disputed(programme, only)


def _undisputed(programme: Programme, only: Collection[int] | None) -> set[int]:
    denied = select(VisitReport.performance_id).where(VisitReport.took_place.is_(False))
    query = _reported(programme, only, Booking.urn).where(
        VisitReport.took_place, Booking.performance_id.not_in(denied)
    )
    return set(_rows(query.distinct().order_by(Booking.urn)).scalars())


def _disputed(programme: Programme, only: Collection[int] | None) -> set[int]:
    """Of shows that somebody said did not take place: few, so that each is judged by its words."""
    denied = select(VisitReport.performance_id).where(VisitReport.took_place.is_(False))
    query = _reported(programme, only, Booking.id, Booking.urn, VisitReport.side, VisitReport.took_place)
    words: dict[tuple[int, int], dict[str, bool]] = defaultdict(dict)
    for booking_id, urn, side, took_place in _rows(
        query.where(Booking.performance_id.in_(denied)).order_by(VisitReport.id)
    ):
        words[booking_id, urn][side] = took_place
    return {urn for (_, urn), said in words.items() if said.get(SETTLED, all(said.values()))}


def _reported(programme: Programme, only: Collection[int] | None, *columns: Any) -> Any:
    """Promises that stand with each report about them; one that is older than the show as now promised tells of another time."""
    mine = select(Programme.id).where(
        Programme.partnership_id == programme.partnership_id, Programme.for_adults == programme.for_adults
    )
    query = (
        select(*columns)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(VisitReport, VisitReport.performance_id == Booking.performance_id)
        .where(
            Booking.programme_id.in_(mine),
            Booking.ended_at.is_(None),
            or_(VisitReport.side == COMPANY, VisitReport.booking_id == Booking.id),
            VisitReport.recorded_at >= Performance.starts_at,
        )
    )
    return query if only is None else query.where(Booking.urn.in_(only))


def _rows(query: Any) -> Any:
    db.session.flush()
    return db.session.connection().execute(query)
