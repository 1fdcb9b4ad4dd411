"""First times: those of all that a school could have which it sees first, in its letter and on its page, each
with why it is worth choosing. Pure.

A reason is a statement of the diary and of the school's own days: what is only kept for somebody is no reason.
"""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from outreach.county.school_days import SchoolCalendar
from outreach.tour.fit import DayOffer, ranked
from outreach.tour.performances import Slot

FIRST = 5
"""Times that a school sees first."""

SOON_AFTER = timedelta(days=14)
"""How long after the last day of exams a day is 'after your exams', and how long none may follow."""

_DAY = attrgetter("day")

_EXAMS = re.compile(r"\b(exams?|examinations?|mocks?|gcses?|a[ -]levels?|sats)\b", re.IGNORECASE)

AFTER_EXAMS = "After your exams"
EARLIEST = "Earliest day left"
ONLY_ONE = "Only day left that week"
WHOLE_DAY = "Whole day free"


class Choice(NamedTuple):
    """One time to choose, or two on one day, and the day that offers them."""

    slots: tuple[Slot, ...]
    offer: DayOffer


def singles(days: Sequence[DayOffer], calendar: SchoolCalendar) -> tuple[tuple[Slot, ...], ...]:
    """The best start of FIRST of the `days` in order: the least extra road, then the earliest, of different weeks
    where there are such."""
    return _worded([Choice((day.best(),), day) for day in _dates(ranked(days))], days, calendar)


def pairs(
    found: Iterable[Choice], days: Sequence[DayOffer], calendar: SchoolCalendar
) -> tuple[tuple[Slot, ...], ...]:
    """FIRST of the pairs on one day, chosen alike."""
    by_road = sorted(found, key=_by_road)
    of_day = {id(choice.offer): choice for choice in by_road}
    return _worded([of_day[id(day)] for day in _dates(c.offer for c in by_road)], days, calendar)


def _by_road(choice: Choice) -> tuple[int, date, int]:
    first = choice.slots[0]
    return first.extra_minutes, first.day, first.start_minute


def _dates(best_first: Iterable[DayOffer]) -> list[DayOffer]:
    """The best day of each week, up to FIRST of them; where there are fewer weeks, the next best days too. In
    their order; of two troupes on one date the better."""
    dates, weeks = set[date](), set[date]()
    best: list[tuple[int, DayOffer]] = []
    beside: list[tuple[int, DayOffer]] = []
    for place, offer in enumerate(best_first):
        monday = _monday(offer.day)
        if monday in weeks:
            beside.append((place, offer))
            continue
        best.append((place, offer))
        dates.add(offer.day)
        weeks.add(monday)
        if len(best) == FIRST:
            break
    for place, offer in beside:
        if len(best) < FIRST and offer.day not in dates:
            best.append((place, offer))
            dates.add(offer.day)
    return [offer for _, offer in sorted(best, key=lambda one: one[0])]


def _worded(
    chosen: Iterable[Choice], days: Sequence[DayOffer], calendar: SchoolCalendar
) -> tuple[tuple[Slot, ...], ...]:
    """The chosen times with their reasons."""
    exams = [day for day, (is_open, why) in calendar.own_days.items() if not is_open and _EXAMS.search(why)]
    worded = []
    for choice in chosen:
        why = _why(choice, days, exams)
        worded.append(tuple(replace(slot, why=why) for slot in choice.slots))
    return tuple(worded)


def _why(choice: Choice, days: Sequence[DayOffer], exams: Collection[date]) -> str:
    """Why it is worth choosing: what the company does near, the school's exams; else what is left."""
    offer, near = choice.offer, choice.slots[0].why
    if after_exams(offer.day, exams):
        return f"{near}, after your exams" if near else AFTER_EXAMS
    if near:
        return near
    if offer.day == next(day.day for day in days if day.has_slot):
        return EARLIEST
    in_week = _dates_with_slot(days, _monday(offer.day))
    if in_week == 1:
        return ONLY_ONE
    if len(choice.slots) == 1 and not offer.shows and offer.in_the_morning and offer.in_the_afternoon:
        return WHOLE_DAY
    return f"One of {in_week} days left that week"


def _dates_with_slot(days: Sequence[DayOffer], monday: date) -> int:
    """How many dates of a week have one; where one troupe has, no other is asked."""
    first, end = (bisect_left(days, day, key=_DAY) for day in (monday, monday + timedelta(days=7)))
    return sum(any(day.has_slot for day in of_date) for _, of_date in groupby(days[first:end], key=_DAY))


def after_exams(day: date, exams: Iterable[date]) -> bool:
    """Whether the school's exams are over on `day`, since not long, and none follow soon."""
    soon = [exam for exam in exams if abs(exam - day) <= SOON_AFTER]
    return bool(soon) and max(soon) < day


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
