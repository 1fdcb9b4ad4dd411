"""Shows that are past and of which nobody has told anything yet: whose report is missing, and who has waited
longest."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, or_, select

from outreach.booking import promises
from outreach.booking.promises import Booking
from outreach.county.schools import Organisation
from outreach.ground.db import made_once, plain_rows
from outreach.tour.performances import Performance
from outreach.visits import reports
from outreach.visits.reports import VisitReport


@dataclass(frozen=True, kw_only=True)
class Unreported:
    """The schools of the promises that wait for a report, by URN, whose show ended first first; its name, and when.
    '' and None of none."""

    organisation_ids: tuple[int, ...]
    longest: str
    since: datetime | None

    @property
    def bookings(self) -> int:
        return len(self.organisation_ids)


def condition(*, by_school: bool = False) -> ColumnElement[bool]:
    """Of a Booking and its Performance: nobody has said anything of it since it began, or took it back. What
    was said before tells of an earlier time of it. A company speaks of the whole show, so for guests too;
    `by_school`: its word is left out."""
    told = VisitReport.booking_id == Booking.id
    if not by_school:
        told = or_(VisitReport.booking_id.is_(None), told)
    return ~exists(
        select(VisitReport.id).where(
            VisitReport.performance_id == Performance.id,
            told,
            VisitReport.recorded_at >= Performance.starts_at,
            reports.stands(),
        )
    )


def unreported_of_programme(programme_id: int, *, now: datetime) -> Unreported:
    """The past promises of a programme that wait for a report; one query."""
    found = plain_rows(*_unreported(programme_id, now))
    if not found:
        return Unreported(organisation_ids=(), longest="", since=None)
    return Unreported(
        organisation_ids=tuple(row.organisation_id for row in found),
        longest=found[0].name,
        since=found[0].ends_at,
    )


@made_once
def _unreported(programme_id: int, now: datetime) -> Select[int, str, datetime]:
    return (
        select(Organisation.organisation_id, Organisation.name, Performance.ends_at)
        .select_from(Booking)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(Organisation, Organisation.organisation_id == Booking.organisation_id)
        .where(
            Booking.programme_id == programme_id,
            Booking.ended_at.is_(None),
            promises.of_somebody(),
            Performance.ends_at <= now,
            condition(),
        )
        .order_by(Performance.ends_at, Booking.id)
    )
