"""Tour days of the made-up year, those of the trial in the terms before it among them."""

from collections.abc import Iterable
from datetime import date, datetime

from outreach.ground.db import db
from outreach.ground.school_year import first_day
from outreach.tour import days
from outreach.tour.companies import Troupe
from outreach.tour.days import Hours, TourDay
from outreach.tour.programmes import Programme


def give(
    programme: Programme, troupe: Troupe, wanted: Iterable[date], hours: Hours, *, who: str, now: datetime
) -> None:
    """A troupe has these days for a programme. Those before its year are put down as they are: a programme's own pages
    offer days of its year alone."""
    each = sorted(set(wanted))
    of_the_year = [day for day in each if day >= first_day(programme.academic_year)]
    days.add_bulk(programme, troupe, of_the_year, hours, who=who, now=now)
    db.session.add_all(
        TourDay(
            programme_id=programme.id,
            troupe_id=troupe.id,
            day=day,
            leaves=hours.leaves,
            returns=hours.returns,
            shows_at_most=hours.shows_at_most,
        )
        for day in each
        if day not in of_the_year
    )
    db.session.flush()
