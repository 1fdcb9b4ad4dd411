"""Academic years, year groups and ages. Pure.

An academic year runs from 1 September to 31 August and is known by the calendar year in which it
starts (2026 is 2026/27). Year group y (Reception = 0 ... Year 13) holds pupils aged y+4 to y+5.
"""

from collections.abc import Iterable
from datetime import date

YEAR_GROUPS = range(0, 14)

STAFF = 100
"""The one group of a programme for adults, counted wherever pupils are counted by year group: the staff of a school."""


def year_of(day: date) -> int:
    """The academic year `day` falls in, by its starting calendar year."""
    return day.year if day.month >= 9 else day.year - 1


def year_in_hand(day: date) -> int:
    """The academic year one plans for on `day`: in July and August that is the next one."""
    return day.year if day.month >= 7 else day.year - 1


def first_day(year: int) -> date:
    return date(year, 9, 1)


def last_day(year: int) -> date:
    return date(year + 1, 8, 31)


def year_name(year: int) -> str:
    """2026 -> '2026/27'."""
    return f"{year}/{(year + 1) % 100:02d}"


def offered(low_age: int | None, high_age: int | None) -> tuple[int, ...] | None:
    """The year groups a school offers by its statutory ages; None while an age is unknown.

    A school offers y if StatutoryLowAge <= y+4 and StatutoryHighAge >= y+5.
    """
    if low_age is None or high_age is None:
        return None
    return tuple(y for y in YEAR_GROUPS if low_age <= y + 4 and high_age >= y + 5)


def year_group_name(year_group: int) -> str:
    if year_group == STAFF:
        return "staff"
    return "Reception" if year_group == 0 else f"Year {year_group}"


def year_groups_name(year_groups: Iterable[int]) -> str:
    """(8, 9) -> 'Years 8 and 9'; (8,) -> 'Year 8'; (7, 8, 9) -> 'Years 7, 8 and 9'; (0, 1) -> 'Reception and
    Year 1'."""
    groups = sorted(year_groups)
    if not groups:
        return "no year group"
    if len(groups) == 1:
        return year_group_name(groups[0])
    if groups[0] == 0:
        return "Reception and " + year_groups_name(groups[1:])
    *most, last = (str(y) for y in groups)
    return f"Years {', '.join(most)} and {last}"
