"""Dates and spans of dates in a line, as authorities write them, each with the words beside it. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from outreach.ground.errors import Refusal
from outreach.ground.typed_days import MONTHS, WEEK_DAYS, month_of

YEARS = range(2000, 2100)

_WEEK_DAY = r"(?:mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun)(?:day|nesday|sday|rsday|urday)?\b\.?,?"
_MONTH = rf"(?:{'|'.join(MONTHS)})[a-z]*\b\.?"
_NTH = r"(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?:\d{4}\b|['’]\d\d\b)|[\s-]\d\d(?=\s*(?:$|[|;\t)]|to\b|until\b|[-–—]\s)))"
_DATE = re.compile(
    rf"(?:\b(?P<week_day>{_WEEK_DAY})\s*)?(?:(?:the\s+)?"
    r"(?P<iso>\b\d{4}-\d{1,2}-\d{1,2}\b)"
    r"|(?P<figures>\b\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d\d)\b)"
    rf"|(?P<words>\b\d{{1,2}}{_NTH}[\s-]+(?:of\s+)?(?:{_MONTH}{_YEAR}?|[a-z]{{3,9}}\.?,?\s+\d{{4}}\b))"
    rf"|(?P<month_first>\b{_MONTH}\s+\d{{1,2}}{_NTH}\b(?:,?\s+\d{{4}}\b)?))",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?:\bat\s+)?\b\d{1,2}[:.]\d\d\s*(?:[ap]\.?m\b\.?|noon)|\bat\s+\d{1,2}[:.]\d\d\b|\b\d{1,2}\s*[ap]m\b",
    re.IGNORECASE,
)
_HALF_A_DATE = re.compile(rf"\d{_NTH}\s*(?:{'|'.join(MONTHS)})|\d[/.-]\d", re.IGNORECASE)
_SPAN = re.compile(r"\s*(?:to|until|till|through|[-–—]+)\s*(?:the\s+)?", re.IGNORECASE)
_PARTS = re.compile(r"[,;|\t\n]|\s(?:and|&)\s|\s{3,}", re.IGNORECASE)
_DAY_ALONE = re.compile(
    rf"\b(\d{{1,2}}){_NTH}(\s*(?:to|and|&|,|[-–—])\s*(?:{_WEEK_DAY}\s*)?\d{{1,2}}{_NTH}\s+(?:of\s+)?"
    rf"({_MONTH}(?:,?\s+\d{{4}}\b)?))",
    re.IGNORECASE,
)
_SCHOOL_YEAR = re.compile(r"\b(20\d\d)\s*(?:[-–—/]|to|and)\s*(?:20)?(\d\d)\b(?![/.-]\d)", re.IGNORECASE)
_SEASON = re.compile(r"\b(autumn|winter|spring|easter|lent|summer)\b[^\d\n]{0,20}\b(20\d\d)\b", re.IGNORECASE)


class NotADate(Refusal):
    """A line names a day that no calendar has, or not in which year."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """A day (first == last, not `span`) or a span of days, with the words before and behind it in its cell."""

    first: date
    last: date
    span: bool
    before: str
    behind: str
    cell: int


def school_year_said(text: str) -> int | None:
    """The academic year, by its first calendar year, that a heading names: 2026/27, Autumn Term 2026; else None."""
    found = _SCHOOL_YEAR.search(text)
    if found and int(found[2]) == (int(found[1]) + 1) % 100:
        return int(found[1])
    season = _SEASON.search(text)
    if season is None:
        return None
    return int(season[2]) - (season[1].casefold() not in ("autumn", "winter"))


def items_in(line: str, school_year: int | None) -> list[Item]:
    """All the days and spans of a line, in their order. Raises NotADate, for what could be misread too."""
    text = _in_full(_TIME.sub(" ", line))
    days = _days(text, school_year if (own := school_year_said(text)) is None else own)
    rest = _SCHOOL_YEAR.sub(" ", _DATE.sub(" ", text))
    if _HALF_A_DATE.search(rest):
        raise NotADate("write each date with its day, month and year.")
    return list(_with_words(text, days))


@dataclass(frozen=True, kw_only=True)
class _Day:
    start: int
    end: int
    day: int
    month: int
    year: int | None
    week_day: str
    said: str


def _in_full(text: str) -> str:
    """‘12 - 20 February 2026’ as ‘12 February 2026 - 20 February 2026’."""
    for _ in range(6):
        text, changed = _DAY_ALONE.subn(r"\1 \3\2", text)
        if not changed:
            break
    return text


def _days(text: str, school_year: int | None) -> list[tuple[_Day, date]]:
    found = [_read(match) for match in _DATE.finditer(text)]
    for one in found:
        if one.year is not None:
            _day(one, None, None)
    made: list[tuple[_Day, date]] = []
    ahead: date | None = None
    # From the end: a day without its year has that of the one behind it, as in ‘4 Jan to 12 Feb 2027’.
    for at in range(len(found) - 1, -1, -1):
        one = found[at]
        day = _day(one, ahead if _joined(text, found, at) else None, school_year)
        made.insert(0, (one, day))
        ahead = day
    return made


def _joined(text: str, found: list[_Day], at: int) -> bool:
    """Whether a span or a list leads from one day to the next."""
    if at + 1 >= len(found):
        return False
    between = text[found[at].end : found[at + 1].start]
    return bool(_SPAN.fullmatch(between) or re.fullmatch(r"\s*(?:,|and|&)\s*", between, re.IGNORECASE))


def _read(match: re.Match[str]) -> _Day:
    said = match[0].strip()
    year: int | None
    if match["iso"]:
        year, month, day = (int(part) for part in match["iso"].split("-"))
    elif match["figures"]:
        day, month, year = (int(part) for part in re.split(r"[/.]", match["figures"]))
    else:
        words = match["words"] or match["month_first"]
        numbers = [int(number) for number in re.findall(r"\d+", words)]
        name = next(n for n in re.findall(r"[A-Za-z]{3,9}", words) if n.casefold() != "of")
        day, month, year = numbers[0], month_of(name.casefold()), numbers[1] if len(numbers) > 1 else None
        said = words
    if year is not None and year < 100:
        year += 2000
    start = match.start() if match["week_day"] else match.start(match.lastgroup or 0)
    return _Day(
        start=start,
        end=match.end(),
        day=day,
        month=month,
        year=year,
        week_day=(match["week_day"] or "")[:3].casefold(),
        said=match["iso"] or match["figures"] or said.strip(),
    )


def _day(one: _Day, ahead: date | None, school_year: int | None) -> date:
    try:
        if one.year is not None:
            made = date(one.year, one.month, one.day)
        elif ahead is not None:
            made = date(ahead.year, one.month, one.day)
            made = made if made <= ahead else date(ahead.year - 1, one.month, one.day)
        elif school_year is not None:
            made = date(school_year + (one.month < 8), one.month, one.day)
        else:
            date(2000, one.month, one.day)
            raise NotADate(f"say of which year ‘{one.said}’ is, here or in a line above, like 2026/27.")
        if made.year not in YEARS:
            raise ValueError
    except ValueError as error:
        raise NotADate(f"'{one.said}' is not a date.") from error
    if one.week_day and not made.strftime("%a").casefold() == one.week_day:
        named = next(name for name in WEEK_DAYS if name.startswith(one.week_day)).capitalize()
        raise NotADate(f"{made.day} {made:%B %Y} is a {made:%A}, not a {named}.")
    return made


def _with_words(text: str, days: list[tuple[_Day, date]]) -> Iterator[Item]:
    """Spans put together, and what stands between two items given to the one it belongs to."""
    items: list[Item] = []
    before, at = text[: days[0][0].start] if days else "", 0
    while at < len(days):
        (one, first), end = days[at], days[at][0].end
        last, span = first, False
        if at + 1 < len(days) and _SPAN.fullmatch(text[end : days[at + 1][0].start]):
            at += 1
            last, end, span = days[at][1], days[at][0].end, True
            if last < first and days[at][0].year is None:
                last = last.replace(year=last.year + 1)
        between = text[end : days[at + 1][0].start if at + 1 < len(days) else len(text)]
        behind, following = _parted(between) if at + 1 < len(days) else (between, "")
        items.append(
            Item(first=first, last=last, span=span, before=before, behind=behind, cell=_cell(text, one.start))
        )
        before = following
        at += 1
    yield from items


def _parted(between: str) -> tuple[str, str]:
    """What stands between two items: (behind the one, before the next)."""
    bracket = re.match(r"\s*\([^)]*\)\s*", between)
    if bracket:
        return bracket[0], between[bracket.end() :]
    found = _PARTS.search(between)
    return (between[: found.start()], between[found.end() :]) if found else ("", between)


def _cell(text: str, at: int) -> int:
    return len(re.findall(r"[|\t;]", text[:at]))


def weekdays(first: date, last: date) -> list[date]:
    """The days of a span that are no weekend."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]
