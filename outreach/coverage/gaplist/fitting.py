"""Missing schools that would fit on some tour days, each with its best start there: the least extra road
first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import select

from outreach.county import school_days, school_locations
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation
from outreach.coverage import gaps
from outreach.coverage.gaplist import missing
from outreach.coverage.gaplist.missing import Gap
from outreach.ground.db import db
from outreach.tour import fit, slots
from outreach.tour.performances import Slot
from outreach.tour.programmes import Programme

CAUSES = (
    gaps.NOT_ASKED,
    gaps.DUE_AGAIN,
    gaps.SILENT,
    gaps.STARTED,
    gaps.OTHER_DATE,
    gaps.WAITING_LIST,
    gaps.SOMEBODY_ELSE,
    gaps.REFUSED_SLOT,
    gaps.CANCELLED,
    gaps.FAILED,
    gaps.YEAR_MISSING,
    gaps.YEAR_NOT_BOOKED,
    gaps.TOO_FEW,
)
"""Causes of a gap that a time on the tour would mend: not one that waits for an answer, an address or a
report."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A missing school and its best start on the days that were asked for."""

    gap: Gap
    slot: Slot


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """Who fits, least extra road first, among `asked` schools that could be offered a time."""

    fits: tuple[Fit, ...]
    asked: int


def organisations_that_fit(programme: Programme, tour_day_ids: Iterable[int], *, now: datetime) -> Fitting:
    """A constant number of queries, however many schools and days. Days that are past offer nothing."""
    wanted = [
        gap
        for gap in missing.missing_from_programme(programme, now=now).gaps
        if gap.standing.kind in CAUSES and not gap.standing.is_body
    ]
    days = slots.tour_days(programme, now=now, only_days=tour_day_ids)
    if not wanted or not days:
        return Fitting(fits=(), asked=len(wanted))
    partnership = db.session.get_one(Partnership, programme.partnership_id)
    organisations = {
        organisation.organisation_id: organisation
        for organisation in db.session.scalars(
            select(Organisation).where(
                Organisation.organisation_id.in_([gap.organisation_id for gap in wanted])
            )
        )
    }
    located = school_locations.locate_all(list(organisations.values()))
    calendars = school_days.load(organisations)
    found = []
    for gap in wanted:
        organisation = organisations.get(gap.organisation_id)
        if organisation is None or not organisation.is_open:
            continue
        judge = fit.Judge(
            programme,
            partnership,
            organisation,
            located=located[gap.organisation_id],
            calendar=calendars[gap.organisation_id],
        )
        offers = [offer for day, stands in days if (offer := judge.day(day, stands)).gaps]
        best = min(offers, key=lambda offer: offer.rank, default=None)
        if best is not None and best.best().starts_at > now:
            found.append(Fit(gap=gap, slot=best.best()))
    found.sort(key=lambda f: (f.slot.extra_minutes, f.slot.day, f.slot.start_minute, f.gap.standing.name))
    return Fitting(fits=tuple(found), asked=len(wanted))


def half(slot: Slot) -> str:
    """'am' or 'pm'."""
    return "am" if slot.starts < time(12) else "pm"
