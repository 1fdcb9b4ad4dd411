"""The made-up county's term dates for any academic year, and which of its days lie behind and ahead. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from outreach.county.school_days import bank_holiday
from outreach.ground import school_year

WEEK = timedelta(days=7)
TOUR_WEEKDAYS = (0, 1, 2, 3)
"""The companies play from Monday to Thursday."""

DAYS_BEHIND, DAYS_AHEAD = 24, 32
DAYS_EARLY, DAYS_TO_CHOOSE = 16, 4
"""The days behind are every other tour day, so that schools that were asked later answer before their shows in the
months in which those asked first answer three months after theirs."""

LATER_AFTER, LATER_LASTS = timedelta(weeks=13), timedelta(weeks=6)
"""After a show its pupils are asked again, from the next school day on: two weeks; and four until all is released."""


@dataclass(frozen=True, kw_only=True)
class TourSeason:
    """A tour as it stands on one day of the year.

    `academic_year`: of the programme in hand. `early`: days of the first shows, so long ago that their pupils have
    answered three months later too; `behind`: the tour days before today, `ahead`: those after it. What lies before
    the year is a trial in the terms before it. `reply_by` is a school day.
    """

    academic_year: int
    early: tuple[date, ...]
    behind: tuple[date, ...]
    ahead: tuple[date, ...]
    reply_by: date

    def around(self, turn: float) -> tuple[date, ...]:
        """The days behind about a school's `turn`, from 0 to 1: shows lie evenly over them."""
        first = round(turn * (len(self.behind) - DAYS_TO_CHOOSE))
        return self.behind[first : first + DAYS_TO_CHOOSE]


def on(today: date) -> TourSeason:
    """The season that a coordinator has in hand on `today`, whatever day that is."""
    year = school_year.year_in_hand(today)
    of_school = [day for academic_year in (year - 1, year) for day in school_days(academic_year)]
    days = [day for day in of_school if day.weekday() in TOUR_WEEKDAYS]
    behind = [day for day in days if day < today][::-1][: 2 * DAYS_BEHIND : 2][::-1]
    asked_again = [day for day in of_school if day < today - LATER_LASTS][-1]
    early = [day for day in days if day < behind[0] and day + LATER_AFTER <= asked_again][-DAYS_EARLY:]
    begins = max(today + timedelta(days=1), school_year.first_day(year) + WEEK)
    ahead = [day for day in days if day >= begins][:DAYS_AHEAD]
    to_reply = [day for day in school_days(year) if today < day <= begins + 3 * WEEK]
    return TourSeason(
        academic_year=year,
        early=tuple(early),
        behind=tuple(behind),
        ahead=tuple(ahead),
        reply_by=to_reply[-1],
    )


def school_days(academic_year: int) -> Iterator[date]:
    """Every day of the year with pupils in school."""
    inset = inset_days(academic_year)
    for first, last in terms(academic_year):
        day = first
        while day <= last:
            if day.weekday() < 5 and day not in inset and not bank_holiday(day):
                yield day
            day += timedelta(days=1)


def terms(academic_year: int) -> list[tuple[date, date]]:
    """The six stretches between holidays, first and last day included, as English counties lay them."""
    y = academic_year
    october = _monday(date(y, 10, 31))
    february = _monday(date(y + 1, 2, 20))
    good_friday = _good_friday(y + 1)
    if good_friday <= date(y + 1, 4, 8):
        easter_from, back = good_friday, good_friday + timedelta(days=17)
    else:  # A late Easter ends the holiday instead of beginning it.
        easter_from, back = good_friday - timedelta(days=11), good_friday + timedelta(days=4)
    may = _monday(date(y + 1, 5, 31))
    july = date(y + 1, 7, 24)
    return [
        (_weekday(date(y, 9, 1)), october - timedelta(days=3)),
        (october + WEEK, _monday(date(y, 12, 19)) + timedelta(days=4)),
        (_monday(date(y + 1, 1, 10)), february - timedelta(days=3)),
        (february + WEEK, easter_from - timedelta(days=1 if easter_from == good_friday else 3)),
        (back, may - timedelta(days=3)),
        (may + WEEK, july - timedelta(days=(july.weekday() - 2) % 7)),
    ]


def inset_days(academic_year: int) -> tuple[date, ...]:
    """Days in term without pupils: the first of the year, the first after Christmas, one in June."""
    first, _, third, _, _, sixth = terms(academic_year)
    return first[0], third[0], sixth[0]


def _monday(day: date) -> date:
    """The last Monday on or before `day`."""
    return day - timedelta(days=day.weekday())


def _weekday(day: date) -> date:
    """`day`, or the Monday after a weekend; a year never begins on a Friday."""
    return day + timedelta(days=(7 - day.weekday()) % 7) if day.weekday() >= 4 else day


def _good_friday(year: int) -> date:
    day = date(year, 3, 20)
    while bank_holiday(day) != "Good Friday":
        day += timedelta(days=1)
    return day
