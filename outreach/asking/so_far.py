"""Deeds of a school about a programme so far, in one query of plain facts: most that open their link have done
nothing, and then nothing more is read."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import BindParameter, bindparam, exists, func, or_, select

from outreach.asking.invitations import Answer
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.ground.db import plain_rows
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance


class SoFar(NamedTuple):
    """`has_booked`: ever, cancelled or not; `has_answered`: its invitation; `has_time_kept`: held or proposed, also
    where that has lapsed. `last_tour_day`: the last that stands; None of a programme without any."""

    has_booked: bool
    has_answered: bool
    has_time_kept: bool
    last_tour_day: date | None


def so_far(programme_id: int, organisation_id: int) -> SoFar:
    """What one school has done about one programme."""
    (row,) = plain_rows(_SO_FAR, {"programme_id": programme_id, "organisation_id": organisation_id})
    return SoFar._make(row)


_PROGRAMME: BindParameter[int] = bindparam("programme_id")
_ORGANISATION: BindParameter[int] = bindparam("organisation_id")

# Made once: every page of slots asks it.
_SO_FAR = select(
    exists().where(Booking.programme_id == _PROGRAMME, Booking.organisation_id == _ORGANISATION),
    exists().where(Answer.programme_id == _PROGRAMME, Answer.organisation_id == _ORGANISATION),
    exists().where(
        Performance.programme_id == _PROGRAMME,
        Performance.organisation_id == _ORGANISATION,
        Performance.released_at.is_(None),
        or_(
            Performance.held_until.is_not(None),
            exists().where(Proposal.performance_id == Performance.id, Proposal.ended_at.is_(None)),
        ),
    ),
    select(func.max(TourDay.day))
    .where(TourDay.programme_id == _PROGRAMME, TourDay.ended_at.is_(None))
    .scalar_subquery(),
)
