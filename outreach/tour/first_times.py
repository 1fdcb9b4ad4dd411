"""First times: those of all that a school could have which it sees first, in its letter and on its page, each
with why it is worth choosing. Pure.

A reason is a statement of the diary and of the school's own days: what is only kept for somebody is no reason.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from outreach.county.school_days import SchoolCalendar
from outreach.tour.fit import DayOffer
from outreach.tour.performances import Slot

FIRST = 5
"""Times that a school sees first."""

SOON_AFTER = timedelta(days=14)
"""How long after the last day of exams a day is 'after your exams', and how long none may follow."""

_EXAMS = re.compile(r"\b(exams?|examinations?|mocks?|gcses?|a[ -]levels?|sats)\b", re.IGNORECASE)

AFTER_EXAMS = "After your exams"
EARLIEST = "Earliest day left"
ONLY_ONE = "Only day left that week"
WHOLE_DAY = "Whole day free"


class Choice(NamedTuple):
    """One time to choose, or two on one day, and the day that offers them."""

    slots: tuple[Slot, ...]
    offer: DayOffer


def singles(ranked: Sequence[DayOffer], calendar: SchoolCalendar) -> tuple[tuple[Slot, ...], ...]:
    """The best start of FIRST days: the least extra road, then the earliest, of different weeks where there are
    such. `ranked`: the days that have one, the best first."""
    return _worded([Choice((day.best(),), day) for day in _dates(ranked)], ranked, calendar)


def pairs(
    found: Iterable[Choice], ranked: Sequence[DayOffer], calendar: SchoolCalendar
) -> tuple[tuple[Slot, ...], ...]:
    """FIRST of the pairs on one day, chosen alike."""
    by_road = sorted(found, key=_by_road)
    of_day = {id(choice.offer): choice for choice in by_road}
    return _worded([of_day[id(day)] for day in _dates([c.offer for c in by_road])], ranked, calendar)


def _by_road(choice: Choice) -> tuple[int, date, int]:
    first = choice.slots[0]
    return first.extra_minutes, first.day, first.start_minute


def _dates(ranked: Sequence[DayOffer]) -> list[DayOffer]:
    """The best day of each week, up to FIRST of them; where there are fewer weeks, the next best days too. In
    their order; of two troupes on one date the better."""
    dates, weeks = set[date](), set[date]()
    best: list[tuple[int, DayOffer]] = []
    for whatever_the_week in (False, True):
        for place, offer in enumerate(ranked):
            if len(best) == FIRST:
                break
            monday = _monday(offer.day)
            if offer.day not in dates and (whatever_the_week or monday not in weeks):
                best.append((place, offer))
                dates.add(offer.day)
                weeks.add(monday)
    return [offer for _, offer in sorted(best, key=lambda one: one[0])]


def _worded(
    chosen: Iterable[Choice], able: Sequence[DayOffer], calendar: SchoolCalendar
) -> tuple[tuple[Slot, ...], ...]:
    """The chosen times with their reasons. `able`: every day that has a time."""
    exams = [day for day, (is_open, why) in calendar.own_days.items() if not is_open and _EXAMS.search(why)]
    dates = {offer.day for offer in able}
    worded = []
    for choice in chosen:
        why = _why(choice, dates, exams)
        worded.append(tuple(replace(slot, why=why) for slot in choice.slots))
    return tuple(worded)


def _why(choice: Choice, dates: Iterable[date], exams: Iterable[date]) -> str:
    """Why it is worth choosing: what the company does near, the school's exams; else what is left."""
    offer, near = choice.offer, choice.slots[0].why
    if after_exams(offer.day, exams):
        return f"{near}, after your exams" if near else AFTER_EXAMS
    if near:
        return near
    in_week = sum(1 for day in dates if _monday(day) == _monday(offer.day))
    if offer.day == min(dates):
        return EARLIEST
    if in_week == 1:
        return ONLY_ONE
    if len(choice.slots) == 1 and not offer.shows and offer.in_the_morning and offer.in_the_afternoon:
        return WHOLE_DAY
    return f"One of {in_week} days left that week"


def after_exams(day: date, exams: Iterable[date]) -> bool:
    """Whether the school's exams are over on `day`, since not long, and none follow soon."""
    soon = [exam for exam in exams if abs(exam - day) <= SOON_AFTER]
    return bool(soon) and max(soon) < day


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
