"""Wording of dates, times and numbers, on pages and in letters alike. Pure.

Tuesday 9 March, with the year when it is not this school year; 9:30am; midday; 1,080; unknown is
said in words, never 0 or a dash.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, time

from outreach.ground import clock as time_reader
from outreach.ground.school_year import year_group_name, year_groups_name, year_name, year_of
from outreach.ground.timespans import day_of, local


def day(value: date | datetime | None, *, today: date | None = None) -> str:
    """'Tuesday 9 March', and '2028' behind it when that is not the school year of `today`."""
    if value is None:
        return "unknown"
    value = day_of(value) if isinstance(value, datetime) else value
    today = today or day_of(time_reader.now())
    said = f"{value:%A} {value.day} {value:%B}"
    return said if year_of(value) == year_of(today) else f"{said} {value.year}"


def day_short(value: date | datetime | None) -> str:
    """'9 March 2027', for tables and letters' small print."""
    if value is None:
        return "unknown"
    value = day_of(value) if isinstance(value, datetime) else value
    return f"{value.day} {value:%B} {value.year}"


def days(first: date, last: date, *, today: date | None = None) -> str:
    """'8 to 14 March', '30 November to 6 December', and the year where it is not the school year of `today`."""
    today = today or day_of(time_reader.now())
    year = "" if year_of(first) == year_of(last) == year_of(today) else f" {last.year}"
    if (first.year, first.month) == (last.year, last.month):
        begins = f"{first.day}"
    else:
        begins = f"{first.day} {first:%B}" + (f" {first.year}" if year and first.year != last.year else "")
    return f"{begins} to {last.day} {last:%B}{year}"


def month(value: date, *, today: date | None = None) -> str:
    """'March', and '2028' behind it when that is not the school year of `today`."""
    today = today or day_of(time_reader.now())
    return f"{value:%B}" if year_of(value) == year_of(today) else f"{value:%B} {value.year}"


def clock(value: time | datetime) -> str:
    """'9:30am', '1pm', 'midday'."""
    at = local(value).time() if isinstance(value, datetime) else value
    if (at.hour, at.minute) == (12, 0):
        return "midday"
    hour = at.hour % 12 or 12
    half = "am" if at.hour < 12 else "pm"
    return f"{hour}:{at.minute:02d}{half}"


def clock_span(start: datetime, end: datetime) -> str:
    return f"{clock(start)} to {clock(end)}"


def comes_and_goes(begins_at: datetime, away_at: datetime, *, here: bool, stays: bool) -> tuple[str, str]:
    """'arrives at 8:00am', 'leaves by 10:45am' of a company; `here`: it was in this hall for a performance before,
    `stays`: it is for one after, so that the hall is turned round between."""
    round_from = "turns the hall round from"
    return (
        f"is there already, {round_from} {clock(begins_at)}" if here else f"arrives at {clock(begins_at)}",
        f"stays: it {round_from} {clock(away_at)}" if stays else f"leaves by {clock(away_at)}",
    )


def date_and_time(value: datetime | None) -> str:
    """'19 January 2027 at 2:06pm'."""
    return "unknown" if value is None else f"{day_short(value)} at {clock(value)}"


def number(value: int | None) -> str:
    """'1,080'; None is 'unknown'."""
    return "unknown" if value is None else f"{value:,}"


def count(value: int, one: str, many: str | None = None) -> str:
    """(1, 'school') -> '1 school'; (3, 'school') -> '3 schools'."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def pounds(pence: int | None) -> str:
    """'£1,080', '£4.37', '-£12'; None is 'unknown'."""
    if pence is None:
        return "unknown"
    whole, rest = divmod(abs(pence), 100)
    return f"{'-' if pence < 0 else ''}£{whole:,}{f'.{rest:02d}' if rest else ''}"


def pounds_rounded(pence: int) -> str:
    """An estimate: from £10 on in whole pounds, half up. '£613', '£4.37'."""
    return pounds(pence if abs(pence) < 1000 else (pence + 50) // 100 * 100)


def percent(part: int, whole: int) -> int | None:
    """A whole percent, half up, but 0 and 100 only where it is exactly that; None of nothing. (199, 200) ->
    99."""
    if not whole:
        return None
    rounded = (200 * part + whole) // (2 * whole)
    if 0 < part < whole:
        return min(99, max(1, rounded))
    return max(101, rounded) if part > whole else rounded


def percent_said(part: int, whole: int) -> str:
    """The same in words: '67%', and where rounding would say 0 or 100 of what is neither 'under 1%', 'over
    99%'.

    '' of nothing.
    """
    if not whole:
        return ""
    if 0 < 200 * part < whole:
        return "under 1%"
    if part < whole and 200 * part >= 199 * whole:
        return "over 99%"
    if whole < part and 200 * part < 201 * whole:
        return "over 100%"
    return f"{percent(part, whole)}%"


def duration(minutes: int) -> str:
    """75 -> '1 hour 15 minutes'; 60 -> '1 hour'; 45 -> '45 minutes'."""
    hours, rest = divmod(minutes, 60)
    said = [count(n, word) for n, word in ((hours, "hour"), (rest, "minute")) if n]
    return " ".join(said) or "0 minutes"


def capfirst(text: str) -> str:
    """'silent since May' -> 'Silent since May'; the rest stays as it is."""
    return text[:1].upper() + text[1:]


def and_list(items: Iterable[str]) -> str:
    """'a, b and c'."""
    said = list(items)
    if len(said) < 2:
        return "".join(said)
    return f"{', '.join(said[:-1])} and {said[-1]}"


_MARKS = {mark: " " for mark in range(128) if not chr(mark).isalnum()} | {
    ord("'"): None,
    ord("`"): None,
    ord("&"): " and ",
}


def words_of(text: str) -> str:
    """What two people mean by the same words: no accents, case, apostrophes or punctuation; saint is st, & is
    and.

    "St. Mary's & Zoë" -> 'st marys and zoe'.
    """
    plain = text.casefold()
    if not plain.isascii():
        plain = re.sub(r"[\u2019\u2018\u02bc\u0300-\u036f]", "", unicodedata.normalize("NFKD", plain))
        plain = re.sub(r"[^\w\s&'`]", " ", plain)
    words = plain.translate(_MARKS).split()
    return " ".join("st" if word == "saint" else word for word in words)


__all__ = [
    "and_list",
    "capfirst",
    "clock",
    "clock_span",
    "count",
    "date_and_time",
    "day",
    "day_short",
    "days",
    "duration",
    "number",
    "percent",
    "percent_said",
    "pounds",
    "pounds_rounded",
    "year_group_name",
    "words_of",
    "year_groups_name",
    "year_name",
]
