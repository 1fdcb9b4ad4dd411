"""Data for a council's own dashboard as of a day: standings and bookings, school by school, and sums of
schools.

No count of people is in it: what pupils a booking expects is always hidden. Who saw it is told by published
reports alone. Read for any past day this is a release without end, and would give each single show away.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from outreach.booking.promises import Booking
from outreach.county.schools import School
from outreach.coverage import facts
from outreach.coverage.as_of import cut_of
from outreach.ground.db import db
from outreach.ground.school_year import STAFF
from outreach.ground.suppression import KEPT_BACK, Count
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class Booked:
    """One promise: what came of it is a word of verdicts.py ('booked', 'took place', 'cancelled', …)."""

    reference: str
    organisation_id: int
    school: str
    role: str
    starts_at: datetime
    ends_at: datetime
    year_groups: tuple[int, ...]
    pupils_expected: Count
    outcome: str


def bookings(programme: Programme, *, as_of: date, now: datetime) -> list[Booked]:
    """Every booking of a programme as it stood at the end of a day, by when it is. 5 queries."""
    (found,) = facts.verdicts_of([cut_of(programme, as_of, now)])
    rows = db.session.execute(
        select(Booking.id, Booking.reference, Booking.role, School.name)
        .join(School, School.organisation_id == Booking.organisation_id)
        .where(Booking.programme_id == programme.id)
        .order_by(Booking.id)
    )
    known = {row[0]: row for row in rows}
    booked = []
    for verdict in found:
        promise = verdict.promise
        _, reference, role, name = known[promise.id]
        booked.append(
            Booked(
                reference=reference,
                organisation_id=promise.organisation_id,
                school=name,
                role=role,
                starts_at=promise.starts_at,
                ends_at=promise.ends_at,
                year_groups=_years(promise.pupils),
                pupils_expected=KEPT_BACK,
                outcome=verdict.word,
            )
        )
    return sorted(booked, key=lambda b: (b.starts_at, b.reference))


def _years(year_groups: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(y for y in year_groups if y != STAFF))
