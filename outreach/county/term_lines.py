"""Term dates and INSET days as people paste them from an authority's page. Pure.

A line may say a term (‘Term 3: Monday 4 January to Friday 12 February 2027’), its start or its end alone, a half term
that divides it, a day without pupils; a line without a date is a heading that gives the year, or says what the dates
under it are. Bank holidays and holidays between terms are passed over: what is no term is no school day.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from outreach.county.dates_in_lines import Item, NotADate, items_in, school_year_said, weekdays

MOST_LINES = 200
LONGEST_PASTED = 20_000
LONGEST_HALF_TERM = timedelta(days=16)
LONGEST_INSET = timedelta(days=7)
FARTHEST_END = timedelta(days=130)
LONGEST_UNDIVIDED = timedelta(weeks=9)
"""From the first to the last day of a stretch between two holidays; a longer one has its half term in it."""

TERM, START, END, HOLIDAY, INSET, BANK = "term", "start", "end", "holiday", "INSET", "bank holiday"
HOLIDAY_START, HOLIDAY_END = "holiday start", "holiday end"

_INSET = re.compile(
    r"inset|in-?service|training|staff|\bp\.?d\.? ?days?\b|\(p\.?d\.?\)|development|non[- ]pupil|teacher|professional|"
    r"closed to (?:pupils|students|children)|\bcpd\b",
    re.IGNORECASE,
)
_BANK = re.compile(
    r"bank hol|public hol|easter (?:sunday|monday)|good friday|christmas (?:day|eve)|boxing day|may day|"
    r"new year.?s (?:day|eve)|\(bh\)",
    re.IGNORECASE,
)
_HALF = re.compile(r"half[- ]?terms?", re.IGNORECASE)
_HOLIDAY = re.compile(r"holidays?|\bbreak\b(?!\s*up)|vacation|closed|closure", re.IGNORECASE)
_FESTIVAL = re.compile(r"christmas|easter|winter|whit(?:sun)?|october week", re.IGNORECASE)
_START = re.compile(
    r"\bstart|\bbegin|\bcommenc|\bre-?opens?\b|\bopens?\b|\breturn|\bback to school|\bfirst day",
    re.IGNORECASE,
)
_END = re.compile(r"\bends?\b|\bending|\bfinish|\bcloses?\b|\bclosing|\bbreaks? up|\blast day", re.IGNORECASE)
_TERM = re.compile(
    r"\bterms?\b|autumn|spring|summer|\blent\b|michaelmas|trinity|\bhalf\b|\bdates?\b|school year|academic year",
    re.IGNORECASE,
)
_AROUND = re.compile(
    r"\b(?:before|for|after|following|from)\b.*(?:half|holiday|break|christmas|easter)|\b(?:first|last) day|"
    r"\bcloses?\b|re-?open|return|breaks? up|back to",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b(?:mon|tue|wed|thu|fri|sat|sun)\b|"
    r"\b(?:on|the|at|of|to|and|is|are|in|day|days|from|date|inclusive)\b|[\W\d_]+",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\(?\b\d+(?:\.5)?\s*(?:school |teaching )?(?:days?|weeks?|sessions?)\b\)?", re.IGNORECASE
)
_NAMED = re.compile(
    r"\b(?:terms?|years?|half[- ]?terms?|day|part)\s*[1-9]\b|\b(?:19|20)\d\d(?:\s*(?:[-–—/]|to|and)\s*(?:20)?\d\d)?\b|"
    r"\b[1-9](?:st|nd|rd|th)\b|\b(?:autumn|spring|summer)\s+[12]\b",
    re.IGNORECASE,
)

WHAT_TO_WRITE = "write the first and the last day of a term, or one INSET day, with its year."


@dataclass(frozen=True, kw_only=True)
class TermLine:
    """A term, or one INSET day (first == last), and the pasted line that says it, or where it begins."""

    number: int
    first: date
    last: date
    is_term: bool


@dataclass(frozen=True, kw_only=True)
class Undivided:
    """A term for which no half term is said. `usual`: the Monday of the week that most authorities take, where it lies
    in the term."""

    first: date
    last: date
    usual: date | None


@dataclass
class _Page:
    """What was read so far."""

    terms: list[tuple[int, date, date]] = field(default_factory=list)
    starts: list[tuple[int, date]] = field(default_factory=list)
    ends: list[tuple[int, date]] = field(default_factory=list)
    holidays: list[tuple[date, date]] = field(default_factory=list)
    edges: list[tuple[date, bool]] = field(default_factory=list)
    inset: list[tuple[int, date]] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    school_year: int | None = None
    label: str = ""
    columns: list[str] = field(default_factory=list)


def read_lines(text: str) -> tuple[list[TermLine], list[tuple[int, str]]]:
    """The terms and INSET days in pasted text or CSV, and (line number, what is wrong) of what cannot be read."""
    page = _Page()
    for number, said in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        if number > MOST_LINES:
            page.problems.append((number, f"{MOST_LINES} lines at most can be read at once."))
            break
        try:
            _line(page, number, said)
        except NotADate as refusal:
            page.problems.append((number, refusal.message))
    _pair(page)
    lines = [
        TermLine(number=number, first=first, last=last, is_term=True)
        for number, whole_first, whole_last in page.terms
        for first, last in _divided(whole_first, whole_last, page.holidays)
    ]
    lines += [TermLine(number=number, first=day, last=day, is_term=False) for number, day in set(page.inset)]
    return sorted(lines, key=lambda line: (line.number, line.first)), sorted(set(page.problems))


def says_what(words: str, *, span: bool) -> bool:
    """Whether words beside a day, or a span of days, say what it is."""
    return bool(_kind_of(words, span=span))


def undivided(lines: Iterable[TermLine]) -> list[Undivided]:
    """The terms that are too long to have had their half term taken out: its days would count as school days."""
    return [
        Undivided(first=line.first, last=line.last, usual=_usual_half_term(line))
        for line in lines
        if line.is_term and line.last - line.first > LONGEST_UNDIVIDED
    ]


def _usual_half_term(line: TermLine) -> date | None:
    """The week of the end of October, of 20 February or of the bank holiday at the end of May."""
    year = line.first.year
    for day in (date(year, 2, 20), date(year, 5, 31), date(year, 10, 31)):
        monday = day - timedelta(days=day.weekday())
        if line.first < monday and monday + timedelta(days=6) < line.last:
            return monday
    return None


def _line(page: _Page, number: int, said: str) -> None:
    items = items_in(said, page.school_year)
    if not items:
        _heading(page, number, said)
        return
    year = school_year_said(said)
    page.school_year = page.school_year if year is None else year
    cells = len(re.split(r"[|\t;]", said))
    kinds = _kinds(page, items, cells)
    if (
        all(kind in ("", TERM) for kind in kinds)
        and not any(item.span for item in items)
        and len(items) in (2, 4)
    ):
        _row(page, number, [item.first for item in items])
        return
    for item, kind in zip(items, kinds, strict=True):
        _put(page, number, item, kind or (TERM if item.span else ""))


def _heading(page: _Page, number: int, said: str) -> None:
    """A line without a date: the school year, what the dates under it are, the heads of a table's columns."""
    rest = _NAMED.sub(" ", _COUNTED.sub(" ", said))
    known = _kind_of(said, span=False)
    year = school_year_said(said)
    if re.search(r"\d", rest) or (re.search(r"\d", said) and not known and year is None):
        page.problems.append((number, WHAT_TO_WRITE))
        return
    page.school_year = page.school_year if year is None else year
    cells = re.split(r"[|\t;]", said.strip().strip("|"))
    if len(cells) > 2:
        page.columns, page.label = cells, ""
    elif said.strip(" |\t;-"):
        page.label = said


def _kinds(page: _Page, items: list[Item], cells: int) -> list[str]:
    """What each item of a line is: by the words beside it, else those of the item before it, of the head of its
    column, of the line above."""
    kinds: list[str] = []
    for item in items:
        behind = _kind_of(item.behind, span=item.span)
        kind = (
            behind
            if behind in (INSET, BANK, HOLIDAY)
            else _kind_of(item.before, span=item.span, days=_days(item))
        )
        said_here = bool(_FILLER.sub("", item.before))
        if kind in ("", TERM) and len(page.columns) == cells:
            kind = _kind_of(page.columns[item.cell], span=item.span, days=_days(item)) or kind
        if not kind and not said_here:
            kind = kinds[-1] if kinds else _kind_of(page.label, span=item.span, days=_days(item))
            if (
                kind == ""
                and not kinds
                and not _FILLER.sub("", page.label)
                and not _FILLER.sub("", item.behind)
            ):
                kind = TERM if item.span or len(items) > 1 else INSET
        kinds.append(kind)
    return kinds


def _days(item: Item) -> int:
    return (item.last - item.first).days + 1


def _kind_of(words: str, *, span: bool, days: int = 0) -> str:
    """What a day or a span is that stands beside these words; '' where they do not say."""
    if _INSET.search(words):
        return INSET
    if _BANK.search(words):
        return BANK
    half, away = bool(_HALF.search(words)), bool(_HOLIDAY.search(words))
    festival = bool(_FESTIVAL.search(words)) and not re.search(
        r"\bterms?\b", _HALF.sub(" ", words), re.IGNORECASE
    )
    if span:
        if away or festival or (half and days <= LONGEST_HALF_TERM.days):
            return HOLIDAY
        return TERM if half or _TERM.search(words) else ""
    starts, ends = bool(_START.search(words)), bool(_END.search(words))
    if (half or away or festival) and not _AROUND.search(words):
        return HOLIDAY_START if starts else HOLIDAY_END if ends else HOLIDAY
    if starts or ends:
        return START if starts else END
    return TERM if _TERM.search(words) else ""


def _row(page: _Page, number: int, days: list[date]) -> None:
    """A row of days alone: the first and the last of a term; or its first, those of its half term, its last; or two
    halves."""
    if len(days) == 2 or (days[1].weekday() == 4 and days[2] - days[1] > timedelta(days=2)):
        for at in range(0, len(days), 2):
            _term(page, number, days[at], days[at + 1])
    else:
        _term(page, number, days[0], days[3])
        page.holidays.append((days[1], days[2]))


def _term(page: _Page, number: int, first: date, last: date) -> None:
    """A term; but what lasts all August is the summer away from school, whatever it is called."""
    if not first < date(first.year, 8, 1) < date(first.year, 8, 24) < last:
        page.terms.append((number, first, last))


def _put(page: _Page, number: int, item: Item, kind: str) -> None:
    if kind == INSET:
        if item.last - item.first > LONGEST_INSET:
            page.problems.append(
                (number, "that is a long time without pupils. Write each INSET day by itself.")
            )
            return
        days = weekdays(item.first, item.last) if item.span else [item.first]
        page.inset += [(number, day) for day in days]
    elif kind == HOLIDAY and item.span and item.first <= item.last:
        page.holidays.append((item.first, item.last))
    elif kind in (HOLIDAY_START, HOLIDAY_END) and not item.span:
        page.edges.append((item.first, kind == HOLIDAY_START))
    elif kind == START:
        page.starts.append((number, item.first))
    elif kind == END:
        page.ends.append((number, item.first))
    elif kind == TERM and item.span:
        _term(page, number, item.first, item.last)
    elif kind != BANK:
        page.problems.append((number, WHAT_TO_WRITE))


def _pair(page: _Page) -> None:
    """Starts and ends that were said apart are terms; so are holidays."""
    first: date | None = None
    for day, begins in sorted(page.edges):
        if begins:
            first = day
        elif first is not None:
            page.holidays.append((first, day))
            first = None
    begun: tuple[int, date] | None = None
    edges = sorted(
        [(day, 0, number) for number, day in page.starts] + [(day, 1, number) for number, day in page.ends]
    )
    for day, closes, number in edges:
        if not closes:
            if begun is not None:
                page.problems.append((begun[0], "no day is given on which that term ends."))
            begun = (number, day)
        elif begun is None or (day - begun[1]) > FARTHEST_END:
            page.problems.append((number, "no day is given on which that term starts."))
        else:
            page.terms.append((begun[0], begun[1], day))
            begun = None
    if begun is not None:
        page.problems.append((begun[0], "no day is given on which that term ends."))


def _divided(first: date, last: date, holidays: list[tuple[date, date]]) -> list[tuple[date, date]]:
    """A term without the half terms that lie in it, each part from its first to its last weekday."""
    parts: list[tuple[date, date]] = []
    for begins, ends in sorted(set(holidays)):
        if first < begins <= ends < last:
            before = weekdays(first, begins - timedelta(days=1))
            after = weekdays(ends + timedelta(days=1), last)
            if before and after:
                parts.append((first, before[-1]))
                first = after[0]
    return [*parts, (first, last)]
