"""Other times for the schools that lose one: the nearest for each, and one for all together that do not
collide."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from outreach.booking import accounts, reply_days
from outreach.booking.calling_off.affected import Hits
from outreach.booking.calling_off.call_offs import CallOff, CallOffLine
from outreach.booking.calling_off.together import MINUTES_A_DAY, NewTimeWanted, together
from outreach.booking.promises import GUEST
from outreach.county import partnerships, school_days, school_locations
from outreach.county.school_days import SchoolCalendar
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.tour import slots
from outreach.tour.days import TourDay
from outreach.tour.fit import Judge, Stand
from outreach.tour.performances import Slot
from outreach.tour.programmes import Programme

SOONEST = 3
"""No school is asked to be ready in fewer days than these, or than the programme's notice where that is
less."""


@dataclass(frozen=True, kw_only=True)
class Instead:
    """`near`: the best of some days, by date; `planned`: what it gets when all are placed together;
    `why_none`: in words. `programme` and `calendar` of the school, where it has a choice."""

    near: tuple[Slot, ...] = ()
    planned: Slot | None = None
    why_none: str = ""
    programme: Programme | None = None
    calendar: SchoolCalendar | None = None

    @property
    def choices(self) -> list[Slot]:
        """What is offered on a page, by date: the planned one among the nearest."""
        found = {slot.key: slot for slot in (*self.near, *([self.planned] if self.planned else []))}
        return sorted(found.values(), key=lambda s: (s.day, s.start_minute))

    def open_until(self, slot: Slot, wanted: date, *, now: datetime) -> date | None:
        """Until when one of the choices would be offered; None where the school has no day to answer."""
        assert self.programme is not None and self.calendar is not None  # whoever has a choice was judged
        closed = self.calendar.why_closed
        return reply_days.usual(self.programme, slot.day, wanted=wanted, why_closed=closed, now=now)


class _Loss(NamedTuple):
    """Who lost which time, by the name that the page has for it."""

    name: str
    programme: Programme
    organisation: Organisation
    starts_at: datetime


def other_times_for(hits: Hits, *, now: datetime) -> dict[str, Instead]:
    """For each host and each kept time, by the hit's reference. Guests are told of their neighbours' other
    shows.

    A constant number of queries for each programme, however many schools.
    """
    losses = [
        _Loss(h.reference, h.programme, h.organisation, h.starts_at) for h in hits.hits if h.role != GUEST
    ]
    return _of(losses, not_on=hits.day_ids, now=now)


def of_lines(done: CallOff, lines: Iterable[CallOffLine], *, now: datetime) -> dict[str, Instead]:
    """The same afterwards, for those of its lines for which nothing is kept yet, by the line's number as
    text."""
    losses = []
    for line in lines:
        ended = line.booking or line.proposal
        assert ended is not None  # a line is of the one or of the other
        if line.new_proposal_id is None and not (line.booking and line.booking.role == GUEST):
            losses.append(_Loss(str(line.id), ended.programme, line.organisation, line.starts_at))
    sessions = [loss for loss in losses if loss.organisation.is_venue]
    owed: dict[tuple[int, int], bool] = {}
    for programme, here in _by_programme([loss for loss in losses if loss not in sessions]):
        found = accounts.of_organisations(programme, [loss.organisation for loss in here], now=now)
        owed |= {
            (programme.id, organisation_id): account.is_open for organisation_id, account in found.items()
        }
    asked = [loss for loss in losses if loss not in sessions]
    done_with = [loss for loss in asked if not owed[loss.programme.id, loss.organisation.organisation_id]]
    left = [*sessions, *(loss for loss in asked if loss not in done_with)]
    said = {loss.name: Instead(why_none="It has booked again.") for loss in done_with}
    return said | _of(left, not_on=done.day_ids if done.undone_at is None else (), now=now)


def nearest(
    programme: Programme,
    organisation: Organisation,
    *,
    lost: datetime,
    not_on: Collection[int],
    now: datetime,
) -> list[tuple[datetime, str]]:
    """Up to three times for a letter, as (start, what makes it a good one), by date, none before what was
    lost; some queries."""
    if programme.closed_at is not None:
        return []
    first = max(first_day(programme, now), day_of(lost))
    days = slots.offers(programme, organisation, now=now, whatever_the_notice=True).days
    able = [d for d in days if d.gaps and d.day >= first and d.tour_day_id not in not_on]
    best = sorted(sorted(able, key=lambda d: d.rank)[:3], key=lambda d: d.day)
    return [(d.best().starts_at, d.best().why or "at your own school") for d in best]


def first_day(programme: Programme, now: datetime) -> date:
    """The first day for which a school is asked instead: said on a weekend, it is counted from the Monday."""
    today = day_of(now)
    heard = today + timedelta(days=max(0, 7 - today.weekday()) if today.weekday() > 4 else 0)
    return heard + timedelta(days=max(1, min(SOONEST, programme.notice_book_days)))


def _of(losses: Sequence[_Loss], *, not_on: Collection[int], now: datetime) -> dict[str, Instead]:
    found: dict[str, Instead] = {}
    for programme, here in _by_programme(losses):
        asking = []
        for loss in here:
            if loss.organisation.is_venue:
                found[loss.name] = Instead(why_none="A session is held anew on the page of sessions.")
            elif programme.closed_at is not None:
                found[loss.name] = Instead(why_none="The programme is closed.")
            elif not loss.organisation.is_open:
                found[loss.name] = Instead(why_none="The school is closed in the register.")
            else:
                asking.append(loss)
        days = _days(programme, not_on=not_on, now=now) if asking else []
        wishes = _wishes(programme, asking)
        for loss, wish, slot in zip(asking, wishes, together(wishes, days), strict=True):
            near = _near(wish, days)
            why = "Others have what it could have." if near else "No tour day that is left has room for it."
            found[loss.name] = Instead(
                near=near,
                planned=slot,
                why_none="" if slot else why,
                programme=programme,
                calendar=wish.judge.calendar,
            )
    return found


def _by_programme(losses: Iterable[_Loss]) -> list[tuple[Programme, list[_Loss]]]:
    found: dict[int, tuple[Programme, list[_Loss]]] = {}
    for loss in losses:
        found.setdefault(loss.programme.id, (loss.programme, []))[1].append(loss)
    return list(found.values())


def _wishes(programme: Programme, losses: Sequence[_Loss]) -> list[NewTimeWanted]:
    organisations = [loss.organisation for loss in losses]
    partnership = partnerships.get(programme.partnership_id)
    calendars, located = (
        school_days.load(s.organisation_id for s in organisations),
        school_locations.locate_all(organisations),
    )
    judges = {
        s.organisation_id: Judge(
            programme,
            partnership,
            s,
            located=located[s.organisation_id],
            calendar=calendars[s.organisation_id],
        )
        for s in organisations
    }
    return [
        NewTimeWanted(judge=judges[loss.organisation.organisation_id], lost=day_of(loss.starts_at))
        for loss in losses
    ]


def _days(programme: Programme, *, not_on: Collection[int], now: datetime) -> list[tuple[Any, list[Stand]]]:
    """The tour days on which another time may be, with what stands on them."""
    ids = db.session.scalars(
        select(TourDay.id)
        .where(
            TourDay.programme_id == programme.id,
            TourDay.ended_at.is_(None),
            TourDay.day >= first_day(programme, now),
            TourDay.id.not_in(list(not_on)),
        )
        .order_by(TourDay.id)
    ).all()
    return slots.tour_days(programme, now=now, only_days=ids) if ids else []


def _near(wish: NewTimeWanted, days: Sequence[tuple[Any, list[Stand]]]) -> tuple[Slot, ...]:
    """The three that cost least, and the two soonest beside them, by date."""
    able = [
        offer for row, stands in days if row.day >= wish.lost and (offer := wish.judge.day(row, stands)).gaps
    ]
    best = sorted((offer.best() for offer in able), key=lambda s: (_cost(wish, s), s.day, s.start_minute))
    soonest = sorted(best[3:], key=lambda s: (s.day, s.start_minute))[:2]
    return tuple(sorted([*best[:3], *soonest], key=lambda s: (s.day, s.start_minute)))


def _cost(wish: NewTimeWanted, slot: Slot) -> int:
    return slot.extra_minutes + MINUTES_A_DAY * abs((slot.day - wish.lost).days)
