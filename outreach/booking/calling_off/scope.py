"""Scope of a call-off: a troupe for some days or halves of days, or the schools of a district that nobody can
reach."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from outreach.booking.calling_off.call_offs import AFTERNOON, DAY, MORNING, CallOff
from outreach.booking.promises import COMPANY, COORDINATOR
from outreach.county import partnerships
from outreach.county.schools import School
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of, local
from outreach.ground.wording import day
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.itinerary import NOON

LONGEST = timedelta(days=60)


class LastBeforeFirst(Refusal):
    field = "last"


class SpanTooLong(Refusal):
    field = "last"


class DayIsOver(Refusal):
    field = "first"

    def __init__(self) -> None:
        super().__init__(
            "That day is over, so it cannot be called off any more. Say in a report what did not take place."
        )


@dataclass(frozen=True, kw_only=True)
class Scope:
    """From `first` to `last`, both included, whole or the same half of each day. Either `troupe_id`, or
    `schools_of`: a district's code, '' for every school of the partnership."""

    partnership_id: int
    first: date
    last: date
    part: str = DAY
    troupe_id: int | None = None
    schools_of: str | None = None

    @property
    def by(self) -> str:
        """Who ends the shows: the company that cannot play; else the partnership, since roads are shut for
        all."""
        return COORDINATOR if self.troupe_id is None else COMPANY

    def holds(self, starts_at: datetime) -> bool:
        """Whether a show is of the half that is called off."""
        if self.part == DAY:
            return True
        return (local(starts_at).time() < NOON) == (self.part == MORNING)

    def check(self, *, now: datetime) -> None:
        """Raises LastBeforeFirst, SpanTooLong, DayIsOver. Pure."""
        if self.last < self.first:
            raise LastBeforeFirst("The last day must not be before the first.")
        if self.last - self.first > LONGEST:
            raise SpanTooLong(f"Call off {LONGEST.days} days at most in one go.")
        if self.last < day_of(now):
            raise DayIsOver

    def words(self) -> str:
        """'Tuesday 9 March, the morning, Red van'; one query."""
        days = day(self.first) if self.first == self.last else f"{day(self.first)} to {day(self.last)}"
        half = {DAY: "", MORNING: ", the morning", AFTERNOON: ", the afternoon"}[self.part]
        if self.troupe_id is not None:
            return f"{days}{half}, {db.session.get_one(Troupe, self.troupe_id).name}"
        if not self.schools_of:
            return f"{days}{half}, all schools"
        return (
            f"{days}{half}, schools of {districts(self.partnership_id).get(self.schools_of, 'one district')}"
        )


def of_day(tour_day: TourDay, part: str = DAY) -> Scope:
    """One tour day of its troupe."""
    return Scope(
        partnership_id=tour_day.programme.partnership_id,
        first=tour_day.day,
        last=tour_day.day,
        part=part,
        troupe_id=tour_day.troupe_id,
    )


def of_call_off(done: CallOff) -> Scope:
    """What was called off."""
    return Scope(
        partnership_id=done.partnership_id,
        first=done.first,
        last=done.last,
        part=done.part,
        troupe_id=done.troupe_id,
        schools_of=done.schools_of,
    )


def districts(partnership_id: int) -> dict[str, str]:
    """{code: name} of the districts of a partnership's schools, by name; two queries."""
    ours = [a.la_code for a in partnerships.authorities(partnership_id)]
    rows = db.session.execute(
        select(School.district_code, School.district_name)
        .where(School.la_code.in_(ours), School.district_code.is_not(None))
        .distinct()
        .order_by(School.district_name, School.district_code)
    )
    return {str(code): str(name or code) for code, name in rows}
