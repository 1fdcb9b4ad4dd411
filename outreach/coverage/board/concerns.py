"""Count of concerns that schools reported, school by school: a number and never a child."""

from datetime import datetime

from sqlalchemy import func, select

from outreach.booking.promises import Booking, Cancellation
from outreach.coverage.as_of import cut_of
from outreach.coverage.standings import Reckoning
from outreach.ground.db import db
from outreach.tour.performances import Performance
from outreach.visits.reports import SCHOOL, VisitReport, stands


def by_school(reckoning: Reckoning, *, now: datetime) -> dict[int, int]:
    """{URN: concerns raised} from each school's newest word on each of its shows, recorded by the reckoning's
    day.

    Only schools of the target, a former self's under the school it became; whoever gave no number is missing.
    1 query.
    """
    programme = reckoning.programme
    cut = cut_of(programme, reckoning.as_of, now)
    newest = (
        select(func.max(VisitReport.id))
        .join(Booking, Booking.id == VisitReport.booking_id)
        .where(
            Booking.programme_id == programme.id,
            VisitReport.side == SCHOOL,
            VisitReport.recorded_at < cut.moment,
            stands(cut.moment),
        )
        .group_by(VisitReport.booking_id)
    )
    rows = db.session.execute(
        select(Booking.organisation_id, VisitReport.concerns)
        .join(Booking, Booking.id == VisitReport.booking_id)
        .join(Performance, Performance.id == VisitReport.performance_id)
        .outerjoin(
            Cancellation, (Cancellation.booking_id == Booking.id) & (Cancellation.recorded_at < cut.until)
        )
        .where(
            VisitReport.id.in_(newest),
            VisitReport.took_place,
            VisitReport.concerns.is_not(None),
            VisitReport.recorded_at >= Performance.starts_at,
            Booking.programme_id == programme.id,
            Cancellation.booking_id.is_(None),
        )
        .order_by(VisitReport.id)
    )
    told = rows.all()
    heirs, found = reckoning.heirs({organisation_id for organisation_id, _ in told}), dict[int, int]()
    for organisation_id, concerns in told:
        if organisation_id in heirs:
            found[heirs[organisation_id]] = found.get(heirs[organisation_id], 0) + (concerns or 0)
    return found
