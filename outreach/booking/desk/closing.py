"""Shows to come at schools that close first, or have closed: each must go on, move or end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager

from outreach.booking.promises import Booking
from outreach.county import organisations
from outreach.county.register import hands, lines
from outreach.county.register.hands import ChangeOfHands
from outreach.county.schools import OPEN_STATUSES, Organisation
from outreach.ground.db import db, made_once, plain_rows
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class Closing:
    """A booking whose school will not be there for the show. `heirs`: the open schools that follow it;
    `after`: all."""

    booking: Booking
    heirs: Sequence[Organisation]
    after: Sequence[Organisation]

    @property
    def closes(self) -> date | None:
        """The day the register gives; None: it gives none."""
        return self.booking.organisation.close_date


def closing(partnership_id: int, *, now: datetime) -> list[Closing]:
    """All of them, by show; two queries."""
    bookings = db.session.scalars(
        _chosen(select(Booking), partnership_id, now)
        .options(
            contains_eager(Booking.performance),
            contains_eager(Booking.programme),
            contains_eager(Booking.organisation),
        )
        .order_by(Performance.starts_at, Booking.id)
    ).all()
    after = lines.after([booking.organisation_id for booking in bookings], partnership_id)
    return [
        Closing(
            booking=booking,
            heirs=[s for s in after.get(booking.organisation_id, ()) if s.is_open],
            after=after.get(booking.organisation_id, []),
        )
        for booking in bookings
    ]


def of_booking(booking: Booking, *, now: datetime) -> Closing | None:
    """The same of one booking; None where its school will be there. Two queries at most."""
    query = _chosen(select(Booking.id), booking.programme.partnership_id, now).where(Booking.id == booking.id)
    if db.session.scalar(query) is None:
        return None
    after = lines.after([booking.organisation_id], booking.programme.partnership_id).get(
        booking.organisation_id, []
    )
    return Closing(booking=booking, heirs=[s for s in after if s.is_open], after=after)


def of_organisations(
    organisation_ids: Collection[int], partnership_id: int, *, now: datetime
) -> list[Closing]:
    """Those of some schools, without who follows; one query."""
    query = _chosen(select(Booking), partnership_id, now).where(
        Booking.organisation_id.in_(set(organisation_ids))
    )
    found = db.session.scalars(query.order_by(Performance.starts_at, Booking.id))
    return [Closing(booking=booking, heirs=(), after=()) for booking in found]


def coming(partnership_id: int, *, now: datetime) -> Sequence[Row[int, str, datetime]]:
    """(organisation_id, name, starts_at) of each, the next show first; one query."""
    return plain_rows(*_coming(partnership_id, now))


@made_once
def _coming(partnership_id: int, now: datetime) -> Any:
    columns: Any = select(Booking.organisation_id, Organisation.name, Performance.starts_at)
    return _chosen(columns, partnership_id, now).order_by(Performance.starts_at, Booking.id)


def count(partnership_id: int, *, now: datetime) -> int:
    """How many there are; one query."""
    return db.session.scalar(_chosen(select(func.count(Booking.id)), partnership_id, now)) or 0


def _chosen(query: Select[Any], partnership_id: int, now: datetime) -> Select[Any]:
    return (
        query.join(Performance, Performance.id == Booking.performance_id)
        .join(Programme, Programme.id == Booking.programme_id)
        .join(Organisation, Organisation.organisation_id == Booking.organisation_id)
        .join(TourDay, TourDay.id == Performance.tour_day_id)
        .where(
            Programme.partnership_id == partnership_id,
            Booking.ended_at.is_(None),
            Performance.ends_at > now,
            Booking.organisation_id.in_(_in_question(partnership_id)),
            or_(*_not_there()),
        )
    )


def _in_question(partnership_id: int) -> CompoundSelect[Any]:
    """The few schools of which any of it can be true, so that not every coming show is looked at; those that
    went to another partnership are looked at whatever is known of them."""
    status_or_day = or_(Organisation.status.not_in(OPEN_STATUSES), Organisation.close_date.is_not(None))
    gone = select(ChangeOfHands.urn).where(
        ChangeOfHands.giver_id == partnership_id, ChangeOfHands.outcome.in_((hands.AGREED, hands.LEFT))
    )
    return (
        select(Organisation.organisation_id)
        .where(organisations.ours(partnership_id), status_or_day)
        .union_all(gone)
    )


def _not_there() -> tuple[ColumnElement[bool], ...]:
    """Closed by the register, or closing on or before the day of the show. Being followed by an open school
    is neither: something was split off, and the school is there."""
    closes_first = and_(Organisation.close_date.is_not(None), Organisation.close_date <= TourDay.day)
    return Organisation.status.not_in(OPEN_STATUSES), closes_first
