"""Outlook of a programme: the trend of its reckoning, and the forecast over the school days to come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from outreach.booking import diary
from outreach.booking.calling_off import call_offs
from outreach.county import partnerships, school_days
from outreach.county.school_days import SchoolCalendar
from outreach.coverage.desk import forecast, trend
from outreach.coverage.desk.forecast import Forecast, NotForeseen
from outreach.coverage.desk.trend import Happening, Point
from outreach.coverage.gaps import Word
from outreach.coverage.places import free_places, places_needed
from outreach.coverage.standings import Reckoning
from outreach.ground.school_year import first_day, last_day
from outreach.ground.timespans import day_of
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """`happened`: by a point's day, what made its week unlike others. `last_show` is the day of the last show
    that is booked, None of none; `school_days` those of the academic year."""

    trend: list[Point]
    happened: dict[date, Happening]
    forecast: Forecast
    school_days: list[date]
    last_show: date | None

    def happened_by(self, day: date) -> str:
        """In words, '' of a week like any other."""
        found = self.happened.get(day)
        return found.words if found else ""


def outlook_of_reckoning(reckoning: Reckoning, *, now: datetime) -> Outlook:
    """From the reckoning of today; five queries more."""
    programme, today = reckoning.programme, day_of(now)
    seen = trend.seen_days(reckoning.target)
    days = school_days_of_programme(programme)
    last = diary.last_shows(programme.id, now=now)
    left, left_out = _to_come(reckoning)
    points = trend.days_of_trend(seen, year=programme.academic_year, today=today)
    called_off = [(day_of(at), why) for at, why in call_offs.shows_called_off(programme.id)]
    return Outlook(
        trend=points,
        happened=trend.happened(points, school_days=days, called_off=called_off),
        forecast=forecast.forecast_of_programme(
            today=today,
            school_days=days,
            target=len(reckoning.target),
            seen=seen,
            booked=_whole_on(reckoning, last, today),
            left=left,
            left_out=left_out,
            tour=free_places(programme, now=now),
            places_of_one=programme.audience_ceiling if programme.for_adults else programme.shows_a_day,
            adds=forecast.SESSION if programme.for_adults else forecast.TOUR_DAY,
        ),
        school_days=days,
        last_show=day_of(max(last.values())) if last else None,
    )


def school_days_of_programme(programme: Programme) -> list[date]:
    """Those of its year, by the calendars of its partnership's authorities; two queries."""
    calendars = school_days.authority_calendars(partnerships.la_codes(programme.partnership_id))
    return days_of_year(calendars.values(), programme.academic_year)


def days_of_year(calendars: Iterable[SchoolCalendar], year: int) -> list[date]:
    """The days of an academic year on which some of the authorities has school; weekdays where there is none.
    Pure."""
    # Neighbours often have the same terms: each calendar is asked once.
    known = list({(c.authority_terms, c.authority_inset): c for c in calendars}.values()) or [
        SchoolCalendar()
    ]
    length = (last_day(year) - first_day(year)).days + 1
    every = (first_day(year) + timedelta(days=n) for n in range(length))
    return [d for d in every if d.weekday() < 5 and any(not c.why_closed(d) for c in known)]


def _whole_on(reckoning: Reckoning, last: dict[int, datetime], today: date) -> list[date]:
    """For each school that has seen it whole once all that is booked has taken place: the day of its last
    show, in order."""
    days = []
    for s in reckoning.target:
        if s.standing in (Word.BOOKED, Word.PART_SEEN) and not s.is_gap:
            on = day_of(last[s.organisation_id]) if s.organisation_id in last else s.since
            days.append(max(on or today, today))
    return sorted(days)


def _to_come(reckoning: Reckoning) -> tuple[list[int], NotForeseen]:
    """(the places that each gap needs, who is left out) among the schools that have neither seen it nor
    booked it whole."""
    gaps = [s for s in reckoning.target if s.is_gap]
    said_no = sum(s.standing == Word.DECLINED for s in gaps)
    unreachable = sum(s.standing == Word.UNREACHABLE for s in gaps)
    asked = [s for s in gaps if s.standing not in (Word.DECLINED, Word.UNREACHABLE)]
    needed = [places_needed(reckoning.programme, s) for s in asked]
    return [n for n in needed if n], NotForeseen(
        said_no=said_no, unreachable=unreachable, reported=needed.count(0)
    )
