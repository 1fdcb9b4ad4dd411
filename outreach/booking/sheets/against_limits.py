"""A troupe's week held against the limits of its company: what is near one, what is over it and by how much. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from outreach.booking.sheets.week_sheet import WeekSheet
from outreach.tour.limits import Limits

MINUTES, DAYS, KILOMETRES = "minutes", "days", "kilometres"
"""What a figure is counted in."""

NEAR = 0.92
"""From this share of a limit on it is near; days in a row are near at the limit itself."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """A figure of the week beside its limit, in the same unit. `day`: whose it is; None of the whole week."""

    day: date | None
    unit: str
    figure: int
    limit: int

    @property
    def over(self) -> int:
        """By how much; 0 within the limit."""
        return max(0, self.figure - self.limit)

    @property
    def near(self) -> bool:
        return not self.over and self.figure >= self.limit * (1 if self.unit == DAYS else NEAR)


def held(week: WeekSheet, limits: Limits) -> list[Held]:
    """The figures of the whole week that have a limit, then the days near or over the one of a day, and the day that is
    the furthest in a row."""
    return [*_of_week(week, limits), *_of_days(week, limits), *_in_a_row(week, limits)]


def _of_week(week: WeekSheet, limits: Limits) -> Iterator[Held]:
    if limits.hours_a_week is not None:
        yield Held(day=None, unit=MINUTES, figure=week.out_minutes, limit=limits.hours_a_week * 60)
    if limits.kilometres_a_week is not None:
        yield Held(day=None, unit=KILOMETRES, figure=week.kilometres, limit=limits.kilometres_a_week)


def _of_days(week: WeekSheet, limits: Limits) -> Iterator[Held]:
    for day in week.played if limits.hours_a_day is not None else ():
        assert limits.hours_a_day is not None
        found = Held(day=day.day, unit=MINUTES, figure=day.out_minutes, limit=limits.hours_a_day * 60)
        if found.over or found.near:
            yield found


def _in_a_row(week: WeekSheet, limits: Limits) -> Iterator[Held]:
    if limits.days_in_a_row is not None and week.played:
        last = max(week.played, key=lambda day: (day.in_a_row, day.day))
        yield Held(day=last.day, unit=DAYS, figure=last.in_a_row, limit=limits.days_in_a_row)
