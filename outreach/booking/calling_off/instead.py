"""Another time for each school that loses one: the nearest, and one for all together that do not collide."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from outreach.booking.calling_off.hits import Hit, Hits
from outreach.booking.calling_off.together import MINUTES_A_DAY, Wish, together
from outreach.booking.promises import GUEST
from outreach.county import partnerships, places, school_days
from outreach.county.schools import School
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.tour import slots
from outreach.tour.days import TourDay
from outreach.tour.fit import Judge, Stand
from outreach.tour.performances import Slot
from outreach.tour.programmes import Programme

SOONEST = 3
"""No school is asked to be ready in fewer days than these, or than the programme's notice where that is less."""


@dataclass(frozen=True, kw_only=True)
class Instead:
    """`near`: the best of some days, by date; `planned`: what it gets when all are placed together; `why_none`: in words."""

    near: tuple[Slot, ...] = ()
    planned: Slot | None = None
    why_none: str = ""


def of(hits: Hits, *, now: datetime) -> dict[str, Instead]:
    """For each host and each kept time, by the hit's reference. Guests are told of their neighbours' other shows.

    A constant number of queries for each programme, however many schools.
    """
    found: dict[str, Instead] = {}
    for programme in {hit.programme.id: hit.programme for hit in hits.hits}.values():
        here = [hit for hit in hits.hits if hit.programme.id == programme.id and hit.role != GUEST]
        found |= _of_programme(programme, here, not_on=hits.day_ids, now=now)
    return found


def nearest(
    programme: Programme, school: School, *, not_on: Collection[int], now: datetime
) -> list[tuple[datetime, str]]:
    """Up to three times for a letter, as (start, what makes it a good one), by date; two queries."""
    if programme.closed_at is not None:
        return []
    first = first_day(programme, now)
    days = slots.offers(programme, school, now=now, whatever_the_notice=True).days
    able = [d for d in days if d.gaps and d.day >= first and d.tour_day_id not in not_on]
    best = sorted(able, key=lambda d: d.rank)[:3]
    return [
        (d.best().starts_at, d.best().why or "at your own school") for d in sorted(best, key=lambda d: d.day)
    ]


def first_day(programme: Programme, now: datetime) -> date:
    """The first day for which a school is asked instead."""
    return day_of(now) + timedelta(days=max(1, min(SOONEST, programme.notice_book_days)))


def _of_programme(
    programme: Programme, hits: Sequence[Hit], *, not_on: Collection[int], now: datetime
) -> dict[str, Instead]:
    if not hits:
        return {}
    found, asking = {}, []
    for hit in hits:
        if programme.closed_at is not None:
            found[hit.reference] = Instead(why_none="The programme is closed.")
        elif not hit.school.is_open:
            found[hit.reference] = Instead(why_none="The school is closed in the register.")
        else:
            asking.append(hit)
    days = _days(programme, not_on=not_on, now=now)
    wishes = _wishes(programme, asking)
    planned = together(wishes, days)
    for hit, wish, slot in zip(asking, wishes, planned, strict=True):
        near = _near(wish, days)
        why = (
            ""
            if slot
            else "No tour day that is left has room for it."
            if near == ()
            else "Others have what it could have."
        )
        found[hit.reference] = Instead(near=near, planned=slot, why_none=why)
    return found


def _wishes(programme: Programme, hits: Sequence[Hit]) -> list[Wish]:
    schools = [hit.school for hit in hits]
    partnership = partnerships.get(programme.partnership_id)
    calendars = school_days.load(s.urn for s in schools)
    located = places.locate_all(schools)
    return [
        Wish(
            judge=Judge(
                programme, partnership, hit.school, located=located[hit.school.urn],
                calendar=calendars[hit.school.urn],
            ),
            lost=day_of(hit.starts_at),
        )
        for hit in hits
    ]  # fmt: skip


def _days(programme: Programme, *, not_on: Collection[int], now: datetime) -> list[tuple[Any, list[Stand]]]:
    """The tour days on which another time may be, with what stands on them."""
    ids = db.session.scalars(
        select(TourDay.id).where(
            TourDay.programme_id == programme.id,
            TourDay.ended_at.is_(None),
            TourDay.day >= first_day(programme, now),
            TourDay.id.not_in(list(not_on)),
        )
    ).all()
    return slots.tour_days(programme, now=now, only_days=ids) if ids else []


def _near(wish: Wish, days: Sequence[tuple[Any, list[Stand]]]) -> tuple[Slot, ...]:
    """The three that cost least, and the two soonest beside them, by date."""
    able = [offer for row, stands in days if (offer := wish.judge.day(row, stands)).gaps]
    best = sorted((offer.best() for offer in able), key=lambda s: (_cost(wish, s), s.day, s.start_minute))
    soonest = sorted(best[3:], key=lambda s: (s.day, s.start_minute))[:2]
    return tuple(sorted([*best[:3], *soonest], key=lambda s: (s.day, s.start_minute)))


def _cost(wish: Wish, slot: Slot) -> int:
    return slot.extra_minutes + MINUTES_A_DAY * abs((slot.day - wish.lost).days)
