"""The trend: how many schools had seen it by the end of each week, all from the one reckoning of today. Pure.

A school that has seen it stands at the day of its last show, as far as that is known today. So the line ends
at today's number, whatever it says of a day is a list of that many schools, and no week needs a reckoning of
its own. Coverage as of an earlier day can say less, where a report came in later; or more, where a school has
closed since or shows were added.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from outreach.coverage.standings import Standing, Word
from outreach.ground.school_year import first_day, last_day
from outreach.ground.wording import capfirst, count

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What happened in the week that ends with a point: holidays, or what was called off (then it is `lost`)."""

    words: str
    lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """So many schools by the end of a day."""

    day: date
    organisations: int


def seen_days(target: Iterable[Standing]) -> list[date]:
    """The day from which each school has seen it, in order."""
    return sorted(s.since for s in target if s.standing == Word.SEEN and s.since is not None)


def days_of_trend(days: list[date], *, year: int, today: date) -> list[Point]:
    """The first day of the academic year, the Sunday of each week that is over, and today; never after the
    year's end.

    `days` as seen_days gives them. A year that is still to come has no point.
    """
    begins, ends = first_day(year), min(today, last_day(year))
    if ends < begins:
        return []
    return running(days, (begins, *sundays(begins, ends), ends))


def happened(
    points: Sequence[Point], *, school_days: Iterable[date], called_off: Sequence[tuple[date, str]]
) -> dict[date, Happening]:
    """By a point's day, what happened since the point before: whoever sees the line stand still sees why."""
    schools_open = set(school_days)
    found = {}
    for before, here in pairwise(points):
        week = [before.day + timedelta(days=n + 1) for n in range((here.day - before.day).days)]
        open_days = sum(day in schools_open for day in week)
        reasons = [why for day, why in called_off if day in week]
        said = []
        if not open_days and len(week) > 2:
            said.append("school holidays")
        if reasons:
            said.append(f"{count(len(reasons), 'booking')} called off: {', '.join(dict.fromkeys(reasons))}")
        if said:
            found[here.day] = Happening(words=capfirst("; ".join(said)), lost=bool(reasons))
    return found


def running(days: list[date], at: Iterable[date], *, base: int = 0) -> list[Point]:
    """How many of some days, in order, were by the end of each of others, each once and in order; `base` on
    top."""
    found: list[Point] = []
    passed = 0
    for day in sorted(set(at)):
        while passed < len(days) and days[passed] <= day:
            passed += 1
        found.append(Point(day=day, organisations=base + passed))
    return found


def sundays(after: date, before: date) -> list[date]:
    """The Sundays between two days, neither included."""
    first = after + timedelta(days=(6 - after.weekday()) or 7)
    return [first + n * WEEK for n in range(max(0, -(-(before - first).days // 7)))]
