"""Bookings that are searched for, by the school or by the reference as somebody reads it out."""

import re
from typing import TypeVarTuple

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import contains_eager

from outreach.booking import promises
from outreach.booking.promises import Booking
from outreach.county.schools import Organisation
from outreach.coverage.search.organisations import named
from outreach.coverage.search.typed import Wanted
from outreach.ground.db import db
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


def booking_of_reference(partnership_id: int, want: Wanted) -> str | None:
    """The reference that was typed, with or without its hyphen, if a booking of this partnership has it."""
    plain = "".join(want.words).upper()
    if not re.fullmatch(r"[A-Z]{2,4}[A-Z0-9]{4,8}", plain):
        return None
    spelt = [f"{plain[:n]}-{plain[n:]}" for n in (2, 3, 4)]
    return db.session.scalar(
        select(Booking.reference)
        .join(Programme, Programme.id == Booking.programme_id)
        .where(Booking.reference.in_(spelt), Programme.partnership_id == partnership_id)
        .order_by(Booking.id)
        .limit(1)
    )


_Columns = TypeVarTuple("_Columns")


def matching(query: Select[*_Columns], partnership_id: int, want: Wanted) -> Select[*_Columns]:
    """Of a school that is so named, or whose reference begins so."""
    plain = "".join(want.words).upper()
    begun = [f"{plain[:n]}-{plain[n:]}" for n in (2, 3, 4) if len(plain) > n] + [plain]
    by_reference = [Booking.reference.startswith(part, autoescape=True) for part in begun]
    if len(want.words) == 1:
        by_reference.append(Booking.reference.endswith(f"-{plain}", autoescape=True))
    return (
        query.join(Organisation, Organisation.organisation_id == Booking.organisation_id)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(Programme, Programme.id == Booking.programme_id)
        .where(
            Programme.partnership_id == partnership_id,
            promises.of_somebody(),
            or_(named(Organisation, want), *by_reference),
        )
    )


def listed(partnership_id: int, want: Wanted, first: int, most: int) -> tuple[int, tuple[Booking, ...]]:
    """How many there are, 0 past the end of the list too; and some of them, the latest show first, cancelled
    ones last."""
    cancelled = case((Booking.ended_at.is_(None), 0), else_=1)
    rows = db.session.execute(
        matching(select(Booking, func.count().over()), partnership_id, want)
        .options(
            contains_eager(Booking.organisation),
            contains_eager(Booking.programme),
            contains_eager(Booking.performance),
        )
        .order_by(cancelled, Performance.starts_at.desc(), Booking.id)
        .offset(first)
        .limit(most)
    ).all()
    return rows[0][1] if rows else 0, tuple(booking for booking, _ in rows)
