"""Blocks of several districts put side by side: the shortest spans of months that cut none of them. Pure.

Months are numbered one after the other, as year x 12 + month - 1. A span is shown once every district has numbers for
all its months. It is hidden where a block in it is, or where one holds other kinds than the one that is asked for.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from outreach.outcomes.referrals.blocks import Block

MONTHS_A_SIDE = 12
"""Before, and after."""
MONTHS_NOT_REACHED = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Months that are shown as one, `first` to `last`, both in it."""

    first: int
    last: int

    @property
    def months(self) -> range:
        return range(self.first, self.last + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """A span with what it comes to; `number` None: hidden."""

    span: Span
    number: int | None
    corrected_on: date | None


def number_of(period: int) -> int:
    """The number of a month that is written as 202701."""
    return period // 100 * 12 + period % 100 - 1


def month_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def summed(blocks: Collection[Block], kind: str) -> list[Summed]:
    """Of all districts of these blocks together, in order of time; `kind` '': all kinds."""
    theirs = [block for block in blocks if not kind or kind in block.kinds]
    found = []
    for span in _spans(theirs):
        inside = [block for block in theirs if span.first <= block.first and block.last <= span.last]
        numbers = [None if kind and block.kinds != (kind,) else block.number for block in inside]
        corrected = [block.corrected_on for block in inside if block.corrected_on is not None]
        found.append(
            Summed(
                span=span,
                number=None if None in numbers else sum(number or 0 for number in numbers),
                corrected_on=max(corrected, default=None),
            )
        )
    return found


def _spans(blocks: Collection[Block]) -> Iterator[Span]:
    """The shortest that cut no block, of months that every district has."""
    has: dict[str, set[int]] = {}
    goes_on: set[int] = set()
    for block in blocks:
        has.setdefault(block.district_code, set()).update(range(block.first, block.last + 1))
        goes_on.update(range(block.first + 1, block.last + 1))
    everywhere = set.intersection(*has.values()) if has else set()
    months = sorted(set().union(*has.values()))
    begin = 0
    for at, month in enumerate(months, start=1):
        if at < len(months) and months[at] in goes_on:
            continue
        if all(one in everywhere for one in months[begin:at]):
            yield Span(first=months[begin], last=month)
        begin = at


def around(spans: Sequence[Summed], zero: int) -> list[Summed]:
    """Those within a year before month `zero` and a year after it, and the one that holds it."""
    return [one for one in spans if side_of(one.span, zero) or one.span.first <= zero <= one.span.last]


def side_of(span: Span, zero: int) -> int:
    """-1: all its months are of the year before month `zero`; 1: of the year after it; 0: neither."""
    if zero - MONTHS_A_SIDE <= span.first and span.last < zero:
        return -1
    return int(zero < span.first and span.last <= zero + MONTHS_A_SIDE)


def newest(spans: Sequence[Summed]) -> list[Summed]:
    """Of districts that are not reached yet: the newest two years; all of them are before."""
    return [one for one in spans if one.span.first > spans[-1].span.last - MONTHS_NOT_REACHED]
