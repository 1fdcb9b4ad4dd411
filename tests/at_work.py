"""When a troupe is at work for a show, reckoned from the rows by themselves: what its calendar has to say."""

from datetime import datetime

from sqlalchemy import select

from outreach.booking.promises import Booking
from outreach.county.schools import FIRST_OF_ONLINE
from outreach.ground.db import db
from outreach.tour.performances import Performance


def at_work(show: Performance) -> tuple[datetime, datetime]:
    """From get-in to away, but where another promised show is in the same hall that day the set stays: the later one's
    work begins no sooner than the earlier has ended, and the earlier one's is over by then."""
    begins, ends = show.get_in_at, show.away_at
    if show.released_at is not None or show.organisation_id >= FIRST_OF_ONLINE:
        return begins, ends
    promised = select(Booking.performance_id).where(Booking.role == "host", Booking.ended_at.is_(None))
    for other in db.session.scalars(
        select(Performance).where(
            Performance.id != show.id,
            Performance.tour_day_id == show.tour_day_id,
            Performance.organisation_id == show.organisation_id,
            Performance.released_at.is_(None),
            Performance.id.in_(promised),
        )
    ):
        if other.starts_at < show.starts_at:
            begins = max(begins, other.ends_at)
        else:
            ends = min(ends, max(other.get_in_at, show.ends_at))
    return begins, ends
