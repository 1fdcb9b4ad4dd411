"""Months of counts aligned to the month in which a district was reached, and joined to quarters where they are small.
Pure.

Months are numbered one after the other, as year x 12 + month - 1. A block is three months: of a district that was
reached, counted from its month 0, so that none holds months before and after; else a quarter of the calendar. A block
is shown once all its months are known: by month where each has 5 or more of every kind, else as one quarter. So
whether it is joined never changes with a month to come. Month 0 stands alone and is neither before nor after.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from outreach.ground.suppression import AT_LEAST

BLOCK = 3
BLOCKS_BEFORE = BLOCKS_AFTER = 4
"""A year on either side."""
BLOCKS_NOT_REACHED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Months that are shown as one, `first` to `last`, both in it."""

    first: int
    last: int

    @property
    def months(self) -> range:
        return range(self.first, self.last + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """What is shown of one line: in order of time. `before`, `after`: all months of whole blocks on either side."""

    shown: tuple[Span, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]


def number_of(period: int) -> int:
    """The number of a month that is written as 202701."""
    return period // 100 * 12 + period % 100 - 1


def month_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def aligned(counts: Mapping[int, int], zero: int) -> Spans:
    """Of a district that was reached in month `zero`; months without a number are not in `counts`."""
    before = list(
        _whole((range(zero - BLOCK * n, zero - BLOCK * (n - 1)) for n in _down(BLOCKS_BEFORE)), counts)
    )
    after = list(
        _whole((range(zero + 1 + BLOCK * n, zero + 1 + BLOCK * (n + 1)) for n in range(BLOCKS_AFTER)), counts)
    )
    here = [Span(first=zero, last=zero)] if zero in counts else []
    return Spans(
        shown=(*_spans(before, counts), *here, *_spans(after, counts)),
        before=tuple(month for block in before for month in block),
        after=tuple(month for block in after for month in block),
    )


def by_calendar(counts: Mapping[int, int]) -> Spans:
    """Of districts that are not reached yet: the newest quarters of the calendar; all of them are before."""
    quarters = sorted({month // BLOCK for month in counts})
    whole = list(_whole((range(q * BLOCK, (q + 1) * BLOCK) for q in quarters), counts))[-BLOCKS_NOT_REACHED:]
    return Spans(
        shown=tuple(_spans(whole, counts)),
        before=tuple(month for block in whole for month in block),
        after=(),
    )


def _down(blocks: int) -> range:
    return range(blocks, 0, -1)


def _whole(blocks: Iterable[range], counts: Mapping[int, int]) -> Iterator[range]:
    for block in blocks:
        if all(month in counts for month in block):
            yield block


def _spans(blocks: Iterable[range], counts: Mapping[int, int]) -> Iterator[Span]:
    for block in blocks:
        if all(counts[month] >= AT_LEAST for month in block):
            yield from (Span(first=month, last=month) for month in block)
        else:
            yield Span(first=block[0], last=block[-1])
