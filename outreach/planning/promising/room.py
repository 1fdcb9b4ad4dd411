"""The tour with a plan laid over it: what stands on each day, what the plan draws there, and what still fits
beside both."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from outreach.booking.proposals import Proposal
from outreach.county import partnerships, school_days, school_locations
from outreach.county.school_days import SchoolCalendar
from outreach.county.school_locations import Located
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.ground.timespans import local
from outreach.ground.wording import clock
from outreach.planning.orders import PlanLine
from outreach.tour import slots
from outreach.tour.fit import DayOffer, Judge, Stand
from outreach.tour.performances import Slot
from outreach.tour.programmes import Programme

FULL = "full"


class Room:
    """Some tour days as they stand now; lines are laid on them one by one. A constant number of queries."""

    def __init__(
        self,
        programme: Programme,
        tour_day_ids: Collection[int],
        schools: Iterable[Organisation],
        *,
        now: datetime,
    ) -> None:
        self.programme = programme
        self.partnership = partnerships.get(programme.partnership_id)
        self.schools = {school.organisation_id: school for school in schools}
        self.where: Mapping[int, Located] = school_locations.locate_all(list(self.schools.values()))
        self.calendars: Mapping[int, SchoolCalendar] = school_days.load(self.schools)
        days = slots.tour_days(programme, now=now, only_days=tour_day_ids) if tour_day_ids else []
        self.days: dict[int, tuple[Any, list[Stand]]] = {day.id: (day, stands) for day, stands in days}
        self._judges: dict[int, Judge] = {}

    def lift(self, proposal: Proposal) -> None:
        """Leave a kept time out of account, since it is to move."""
        show = proposal.performance
        if show is None or show.tour_day_id not in self.days:
            return
        _, stands = self.days[show.tour_day_id]
        get_in = minute(show.get_in_at)
        stands[:] = [s for s in stands if (s.organisation_id, s.get_in) != (proposal.organisation_id, get_in)]

    def lay(self, line: PlanLine) -> None:
        """Take a line for a show that stands."""
        if line.tour_day_id not in self.days:
            return
        _, stands = self.days[line.tour_day_id]
        stands.append(self._judge(line.organisation_id).stand_at(minute(line.starts_at)))
        stands.sort(key=lambda s: s.get_in)

    def offers(self, organisation_id: int) -> list[DayOffer]:
        """What each of the days offers a school now, by date and troupe."""
        judge = self._judge(organisation_id)
        return [judge.day(day, stands) for day, stands in self.days.values()]

    def slot(self, line: PlanLine) -> Slot | str:
        """The slot of a line where it still fits, else why not: as the end of 'it no longer fits: …'."""
        if line.tour_day_id not in self.days:
            return "the troupe does not play that day any more, or the day is past"
        day, stands = self.days[line.tour_day_id]
        offer = self._judge(line.organisation_id).day(day, stands)
        start = minute(line.starts_at)
        found = next((slot for slot in offer.slots if slot.start_minute == start), None)
        return found or why_not(offer, line.starts_at)

    def _judge(self, organisation_id: int) -> Judge:
        if organisation_id not in self._judges:
            self._judges[organisation_id] = Judge(
                self.programme,
                self.partnership,
                self.schools[organisation_id],
                located=self.where[organisation_id],
                calendar=self.calendars[organisation_id],
            )
        return self._judges[organisation_id]


def proposals(ids: Iterable[int]) -> dict[int, Proposal]:
    """Some proposals as they are now, with slot, school, programme and people, by id; two queries."""
    rows = db.session.scalars(
        select(Proposal)
        .where(Proposal.id.in_(set(ids)))
        .options(
            joinedload(Proposal.performance),
            joinedload(Proposal.organisation),
            joinedload(Proposal.programme),
            selectinload(Proposal.people),
        )
        .order_by(Proposal.id)
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


def why_not(offer: DayOffer, starts_at: datetime) -> str:
    """Why a day has not that start, as the end of a sentence. Pure."""
    if offer.why_not == FULL:
        return "the day has all the shows that it takes"
    if offer.why_not:
        return offer.why_not.replace("your ", "its ").replace("you ", "it ")
    free = offer.slots
    if not free:
        return "there is no time left that day"
    near = min(free, key=lambda slot: abs(slot.starts_at - starts_at))
    return f"{clock(starts_at)} is not free any more that day, {clock(near.starts_at)} would be"


def minute(instant: datetime) -> int:
    """Minutes from midnight by the wall clock."""
    at = local(instant)
    return at.hour * 60 + at.minute


def key_of(line: PlanLine) -> str:
    """The key of the slot that a line stands for, as slots.find reads it."""
    at = local(line.starts_at)
    return f"{line.tour_day_id}-{at:%H%M}"
