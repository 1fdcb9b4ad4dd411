"""The days that were called off are given back to the tour; what ended on them stays ended, since everybody
was told."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from outreach.booking.calling_off.call_offs import CallOff, CallOffDay
from outreach.county import partnerships, school_days
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import day_short
from outreach.tour import freed_places, performances
from outreach.tour.days import TourDay


class NothingToGiveBack(Refusal):
    def __init__(self) -> None:
        super().__init__("Its days were given back already, or are past.")


def can_give_back(done: CallOff, *, now: datetime) -> bool:
    """Whether any day of it is still to come, and it was not undone."""
    return done.undone_at is None and done.last >= day_of(now) and bool(done.days or done.ruled_out)


def give_back(done: CallOff, *, who: str, now: datetime) -> list[str]:
    """Offer the days that are still to come as before: those that could not be given back, in words.

    A day that the troupe has given anew meanwhile stays as it is now. Raises NothingToGiveBack.
    """
    partnerships.lock(done.partnership_id)
    performances.lock_days(done.day_ids)
    db.session.refresh(done)
    if not can_give_back(done, now=now):
        raise NothingToGiveBack
    days = [] if done.schools_of else sorted(done.days, key=lambda was: (was.tour_day.day, was.tour_day_id))
    left = [said for was in days if (said := _restore(was, now=now))]
    _open_schools(done, who=who, now=now)
    done.undone_at, done.undone_by = now, who
    db.session.flush()
    history.record(
        "gave back what was called off",
        history.Subject("partnership", done.partnership_id, done.partnership_id),
        who=who,
        now=now,
        before=done.what,
        after={"not given back": left},
    )
    return left


def _restore(was: CallOffDay, *, now: datetime) -> str:
    """'' once the day stands as before; else which one does not, and why."""
    day = db.session.scalar(
        select(TourDay).where(TourDay.id == was.tour_day_id).execution_options(populate_existing=True)
    )
    if day is None or day.day < day_of(now):
        return ""
    try:
        with db.session.begin_nested():
            day.ended_at = None
            day.leaves, day.returns = min(day.leaves, was.leaves), max(day.returns, was.returns)
            day.shows_at_most = max(day.shows_at_most, was.shows_at_most)
            db.session.flush()
            freed_places.note([day.id], now=now)
    except IntegrityError:
        return f"{day_short(day.day)} (the troupe has given it anew)"
    return ""


def _open_schools(done: CallOff, *, who: str, now: datetime) -> None:
    """What was ruled out for the schools is theirs again, unless they have said something else since."""
    calendars = school_days.load({out.organisation_id for out in done.ruled_out})
    for out in done.ruled_out:
        own = calendars[out.organisation_id].own_days.get(out.day)
        if out.day >= day_of(now) and own == (False, done.reason[: school_days.LONGEST_REASON]):
            school_days.withdraw(out.organisation, out.day, who=who, now=now)
