"""Which schools saw it before: in whatever year, in any other programme of the partnership for the same kind of people.

Seen here is less than the standing 'seen': one show that took place is enough, whoever counted whom. Where one side says
that it did not take place, the coordinator's word decides, and without it the school has not seen it. What a coordinator's own
list of past shows tells counts, too, for pupils.
"""

from collections import defaultdict
from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import bindparam, or_, select

from outreach.booking.promises import Booking
from outreach.county.lists import past_shows
from outreach.ground.db import db
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits import reports, unreported
from outreach.visits.reports import COMPANY, SETTLED, VisitReport


def urns(programme: Programme, only: Collection[int] | None = None) -> set[int]:
    """The URNs under which a show of another programme was promised that took place, or is told of by a list of past shows;
    of all or of some schools; 2 queries.

    Whoever came from such a school is for the caller to follow; what took place in this programme, its standings tell.
    """
    asked: dict[str, Any] = {
        "whose": programme.partnership_id, "for_adults": programme.for_adults, "this": programme.id,
    }  # fmt: skip
    if only is not None:
        asked["only"] = list(only)
    db.session.flush()
    connection = db.session.connection()
    found = {urn for (urn,) in connection.execute(_undisputed(only is not None, programme.for_adults), asked).fetchall()}
    words: dict[tuple[int, int], dict[str, bool]] = defaultdict(dict)
    for booking_id, urn, side, took_place in connection.execute(_disputed(only is not None), asked):
        words[booking_id, urn][side] = took_place
    return found | {urn for (_, urn), said in words.items() if said.get(SETTLED, all(said.values()))}


@cache
def _undisputed(of_some: bool, for_adults: bool) -> Any:
    query = _reported(of_some, Booking.urn)
    query = query.where(VisitReport.took_place, Booking.performance_id.not_in(_denied()))
    if for_adults:
        return query.distinct().order_by(Booking.urn)
    listed = past_shows.urns_listed(bindparam("whose"))
    if of_some:
        listed = listed.where(past_shows.EarlierVisit.urn.in_(bindparam("only", expanding=True)))
    every = query.union(listed)
    return every.order_by(every.selected_columns.urn)


@cache
def _disputed(of_some: bool) -> Any:
    """Of shows that somebody said did not take place: few, so that each is judged by its words."""
    query = _reported(of_some, Booking.id, Booking.urn, VisitReport.side, VisitReport.took_place)
    return query.where(Booking.performance_id.in_(_denied())).order_by(VisitReport.id)


def _denied() -> Any:
    """The shows of the same programmes that somebody said did not take place."""
    query = select(VisitReport.performance_id).join(Performance, Performance.id == VisitReport.performance_id)
    query = query.where(VisitReport.took_place.is_(False), reports.stands(), Performance.programme_id.in_(_others()))
    return query.correlate(None)


def _others() -> Any:
    return select(Programme.id).where(
        Programme.partnership_id == bindparam("whose"),
        Programme.for_adults == bindparam("for_adults"),
        Programme.id != bindparam("this"),
    )


def _reported(of_some: bool, *columns: Any) -> Any:
    """Promises that stand, with each report about them."""
    query = (
        select(*columns)
        .join(VisitReport, VisitReport.performance_id == Booking.performance_id)
        .where(
            Booking.programme_id.in_(_others()),
            Booking.ended_at.is_(None),
            or_(VisitReport.side == COMPANY, VisitReport.booking_id == Booking.id),
            reports.stands(),
        )
    )
    return query.where(Booking.urn.in_(bindparam("only", expanding=True))) if of_some else query


def not_known(programme: Programme, only: Collection[int] | None = None) -> dict[int, str]:
    """URN -> the reference of its last booking in another programme of which nobody has said whether it took place.

    Whether such a school has seen it is not known, and to be asked. A programme that is asked about now holds no such
    booking: its own shows are in its standings. One query, for all or for some schools.
    """
    query = (
        select(Booking.urn, Booking.reference)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(Programme, Programme.id == Booking.programme_id)
        .where(
            Programme.partnership_id == programme.partnership_id,
            Programme.for_adults == programme.for_adults,
            Programme.id != programme.id,
            Programme.academic_year < programme.academic_year,
            Booking.ended_at.is_(None),
            unreported.condition(),
        )
        .order_by(Performance.starts_at, Booking.id)
    )
    if only is not None:
        query = query.where(Booking.urn.in_(list(only)))
    return {urn: reference for urn, reference in db.session.execute(query)}
