"""Outcomes of some shows by now: the verdict on each promise for them that stands, by the rule that coverage
asks."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, literal, select, union_all

from outreach.booking import promises
from outreach.booking.promises import Booking, BookingRevision, PromisedPupils
from outreach.ground.db import db
from outreach.visits import reports, verdicts
from outreach.visits.reports import ReportedAttendance, ReportedPupils, VisitReport
from outreach.visits.verdicts import Promised, ReportTold, Verdict


def outcomes_of_shows(performance_ids: Collection[int], *, now: datetime) -> dict[int, Verdict]:
    """{booking id: verdict} of the live bookings of some shows; four queries. What adults counted is left in:
    who asks knows them."""
    promised = _promised(performance_ids)
    found = verdicts.verdicts_on_promises(promised, _told(performance_ids), moment=now, for_adults=False)
    return {verdict.promise.id: verdict for verdict in found}


def _promised(performance_ids: Collection[int]) -> list[Promised]:
    b, r = Booking, BookingRevision
    newest = (
        select(func.max(r.id))
        .join(b, b.id == r.booking_id)
        .where(b.performance_id.in_(performance_ids), b.ended_at.is_(None), promises.of_somebody())
        .group_by(r.booking_id)
    )
    pupils: dict[int, dict[int, int]] = defaultdict(dict)
    for revision_id, year_group, number in db.session.execute(
        select(PromisedPupils.revision_id, PromisedPupils.year_group, PromisedPupils.pupils)
        .where(PromisedPupils.revision_id.in_(newest), PromisedPupils.pupils > 0)
        .order_by(PromisedPupils.revision_id, PromisedPupils.year_group)
    ):
        pupils[revision_id][year_group] = number
    rows = db.session.execute(
        select(
            r.id, b.id, b.organisation_id, b.performance_id, b.created_at, r.starts_at, r.ends_at, b.catch_up
        )
        .join(b, b.id == r.booking_id)
        .where(r.id.in_(newest))
        .order_by(b.id)
    )
    return [Promised(*row[1:-1], None, None, pupils.get(row[0], {}), row[-1]) for row in rows]


def _told(performance_ids: Collection[int]) -> list[ReportTold]:
    """Every report that nobody took back, in the order they came."""
    v = VisitReport
    held = (v.performance_id.in_(performance_ids), reports.stands())
    split: dict[int, dict[int, int]] = defaultdict(dict)
    attendance: dict[int, dict[int, int]] = defaultdict(dict)
    p, a = ReportedPupils, ReportedAttendance
    of_year_groups = select(p.report_id, literal(0).label("booking_id"), p.year_group, p.pupils)
    of_bookings = select(a.report_id, a.booking_id, literal(0), a.staff)
    counted = union_all(
        of_year_groups.join(v, v.id == p.report_id).where(*held),
        of_bookings.join(v, v.id == a.report_id).where(*held),
    ).subquery()
    for report_id, booking_id, year_group, number in db.session.execute(
        select(counted).order_by(counted.c.report_id, counted.c.booking_id, counted.c.year_group)
    ):
        if booking_id:
            attendance[report_id][booking_id] = number
        else:
            split[report_id][year_group] = number
    rows = db.session.execute(
        select(
            v.id,
            v.performance_id,
            v.booking_id,
            v.side,
            v.took_place,
            v.pupils,
            v.recorded_at,
            v.filled_in_at,
            reports.says_nobody_came(),
        )
        .where(*held)
        .order_by(v.id)
    )
    return [ReportTold(*row, split.get(row[0], {}), attendance.get(row[0], {})) for row in rows]
