"""Dates of one academic year carried into the terms of a later one: the same weekday of the same week of its
term. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from outreach.county.school_days import SchoolCalendar, Stretch
from outreach.ground.school_year import first_day, last_day, year_of

WEEKS_OF_A_YEAR = 52
LOOK_AROUND = 60
"""Days: no holiday is longer."""


def same_week(day: date, old: Sequence[Stretch], new: Sequence[Stretch], years: int = 1) -> date | None:
    """The same weekday in the same week of the matching term; None when the new terms have no such day.

    Where both years have as many terms, the third answers to the third; else the one nearest to 52 weeks on.
    A day outside the old terms, or without terms on either side, is moved by whole weeks.
    """
    later = day + timedelta(weeks=WEEKS_OF_A_YEAR * years)
    number = next((n for n, (first, last) in enumerate(old) if first <= day <= last), None)
    if number is None or not new:
        return later
    if len(old) == len(new):
        first, last = new[number]
    else:
        first, last = min(new, key=lambda term: _away(later, term))
    week = (_monday(day) - _monday(old[number][0])).days // 7
    moved = _monday(first) + timedelta(weeks=week, days=day.weekday())
    return moved if first <= moved <= last else None


def in_authorities(day: date, calendars: Mapping[str, SchoolCalendar], years: int = 1) -> date | None:
    """As `same_week`, by the terms of the first authority in which there is such a day."""
    if not calendars:
        return day + timedelta(weeks=WEEKS_OF_A_YEAR * years)
    for calendar in calendars.values():
        old = of_year(calendar.authority_terms, year_of(day))
        new = of_year(calendar.authority_terms, year_of(day) + years)
        moved = same_week(day, old, new, years)
        if moved is not None:
            return moved
    return None


def reply_by(day: date, calendars: Mapping[str, SchoolCalendar], *, years: int = 1, today: date) -> date:
    """A day to reply by in the new year: where it stood in its term, on a day on which every authority has
    school.

    Else the nearest such day before it, or after it; never today or earlier: then four weeks on.
    """
    year = year_of(day) + years
    wished = in_authorities(day, calendars, years) or day + timedelta(weeks=WEEKS_OF_A_YEAR * years)
    if wished <= today:
        wished = today + timedelta(weeks=4)
    wished = min(max(wished, first_day(year)), last_day(year))
    around = [wished - timedelta(days=n) for n in range(LOOK_AROUND)]
    around += [wished + timedelta(days=n) for n in range(1, LOOK_AROUND)]
    fit = (d for d in around if d > today and year_of(d) == year and not _closed(d, calendars.values()))
    return next(fit, wished)


def of_year(terms: Iterable[Stretch], year: int) -> list[Stretch]:
    """The terms of an academic year, by date. A term is of the year it ends in: some begin in the last days
    of August."""
    return sorted(term for term in terms if year_of(term[1]) == year)


def _closed(day: date, calendars: Iterable[SchoolCalendar]) -> bool:
    found = list(calendars) or [SchoolCalendar()]
    return any(calendar.why_closed(day) for calendar in found)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _away(day: date, term: Stretch) -> int:
    """How many days a day lies outside a term."""
    return max((term[0] - day).days, (day - term[1]).days, 0)
