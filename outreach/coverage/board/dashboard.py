"""Data for a council's own dashboard as of a day: standings and bookings, school by school and body by body, and
their sums.

No count of people is in it: what pupils a booking expects is always hidden. Who saw it is told by published
reports alone. Read for any past day this is a release without end, and would give each single show away.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, select

from outreach.booking.promises import Booking
from outreach.county.schools import BODY, SCHOOL, Organisation
from outreach.coverage import facts
from outreach.coverage.as_of import cut_of
from outreach.ground.db import db
from outreach.ground.school_year import STAFF
from outreach.ground.suppression import KEPT_BACK, Count
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class Booked:
    """One promise of a school, or of a body (`kind_of_body`, '' of a school): what came of it is a word of verdicts.py
    ('booked', 'took place', 'cancelled', …)."""

    id: int
    reference: str
    organisation_id: int
    name: str
    kind_of_body: str
    role: str
    starts_at: datetime
    ends_at: datetime
    year_groups: tuple[int, ...]
    pupils_expected: Count
    outcome: str


def bookings(programme: Programme, *, as_of: date, now: datetime) -> list[Booked]:
    """Every booking of a programme as it stood at the end of a day, in the order in which they were made; none of a
    venue, which promises nobody. 5 queries."""
    (found,) = facts.verdicts_of([cut_of(programme, as_of, now)])
    rows = db.session.execute(
        select(
            Booking.id,
            Booking.reference,
            Booking.role,
            Organisation.name,
            case((Organisation.kind == BODY, Organisation.type_of_establishment), else_=""),
        )
        .join(Organisation, Organisation.organisation_id == Booking.organisation_id)
        .where(Booking.programme_id == programme.id, Organisation.kind.in_((SCHOOL, BODY)))
        .order_by(Booking.id)
    )
    known = {row[0]: row for row in rows}
    booked = []
    for verdict in found:
        promise = verdict.promise
        if promise.id not in known:
            continue
        _, reference, role, name, kind = known[promise.id]
        booked.append(
            Booked(
                id=promise.id,
                reference=reference,
                organisation_id=promise.organisation_id,
                name=name,
                kind_of_body=kind,
                role=role,
                starts_at=promise.starts_at,
                ends_at=promise.ends_at,
                year_groups=_years(promise.pupils),
                pupils_expected=KEPT_BACK,
                outcome=verdict.word,
            )
        )
    return sorted(booked, key=lambda b: b.id)


def _years(year_groups: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(y for y in year_groups if y != STAFF))
