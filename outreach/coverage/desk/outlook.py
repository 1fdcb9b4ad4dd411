"""How far a programme is and where it goes: the trend of its reckoning, and the forecast over the school days to come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from outreach.booking import diary
from outreach.county import partnerships, school_days
from outreach.county.school_days import SchoolCalendar
from outreach.coverage.desk import forecast, trend
from outreach.coverage.desk.forecast import Forecast
from outreach.coverage.desk.trend import Point
from outreach.coverage.gaps import Word
from outreach.coverage.standings import Reckoning
from outreach.ground.school_year import first_day, last_day
from outreach.ground.timespans import day_of


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """`last_show` is the day of the last show that is booked, None of none; `school_days` those of the academic year."""

    trend: list[Point]
    forecast: Forecast
    school_days: list[date]
    last_show: date | None


def of(reckoning: Reckoning, *, now: datetime) -> Outlook:
    """From the reckoning of today; three queries more."""
    programme, today = reckoning.programme, day_of(now)
    seen = trend.seen_days(reckoning.target)
    calendars = school_days.authority_calendars(partnerships.la_codes(programme.partnership_id))
    days = days_of_year(calendars.values(), programme.academic_year)
    last = diary.last_shows(programme.id, now=now)
    return Outlook(
        trend=trend.of(seen, year=programme.academic_year, today=today),
        forecast=forecast.of(
            today=today, school_days=days, target=len(reckoning.target), seen=seen, booked=_whole_on(reckoning, last, today)
        ),
        school_days=days,
        last_show=day_of(max(last.values())) if last else None,
    )  # fmt: skip


def days_of_year(calendars: Iterable[SchoolCalendar], year: int) -> list[date]:
    """The days of an academic year on which some of the authorities has school; weekdays where there is none. Pure."""
    # Neighbours often have the same terms: each calendar is asked once.
    known = list({(c.authority_terms, c.authority_inset): c for c in calendars}.values()) or [
        SchoolCalendar()
    ]
    length = (last_day(year) - first_day(year)).days + 1
    every = (first_day(year) + timedelta(days=n) for n in range(length))
    return [d for d in every if d.weekday() < 5 and any(not c.why_closed(d) for c in known)]


def _whole_on(reckoning: Reckoning, last: dict[int, datetime], today: date) -> list[date]:
    """For each school that has seen it whole once all that is booked has taken place: the day of its last show, in order."""
    days = []
    for s in reckoning.target:
        if s.standing in (Word.BOOKED, Word.PART_SEEN) and not s.is_gap:
            on = day_of(last[s.urn]) if s.urn in last else s.since
            days.append(max(on or today, today))
    return sorted(days)
