"""Referrals cut into blocks, each of which is said as one number: once cut, for good. Pure.

A block is a district, some kinds and some months of it. No referral is in two blocks, and whatever is ever said of
referrals, on any page, in any report, of any day, is a sum of whole blocks. So no reader who adds and subtracts comes
to anything but sums of blocks again.

A quarter of the calendar is cut once all its numbers are in. Where it comes to fewer than 5 it waits, and is joined
with the next. It is parted by kind, in the order in which kinds were first given: the first is a block of its own as
long as it has 5 and the rest together has 5. Each of these is parted by month where every month of every part has 5. So
in each block that holds several numbers, any of them could be none, and be more than that: also for a reader who knows
these rules (docs/outcomes.md). A block stays as it was cut. What is corrected changes its number alone, which is hidden
while it is under 5.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from outreach.ground.suppression import AT_LEAST

QUARTER = 3

Counts = Mapping[tuple[str, str], Mapping[int, int]]
"""{(district, kind): {month: number}}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Referrals of some kinds in a district, in the months from `first` to `last`. `number` None: hidden.
    `corrected_on`: when it was last released with another number than before."""

    district_code: str
    kinds: tuple[str, ...]
    first: int
    last: int
    number: int | None
    corrected_on: date | None = None

    @property
    def months(self) -> range:
        return range(self.first, self.last + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """Months of a kind of a district without a number."""

    district_code: str
    kind: str
    months: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What the next release would say: `blocks`, those of before first, as their numbers are today. `waiting`: quarters
    that are in and too small yet; `lacking`: what others wait for; `left_out`: kinds of the quarter before that new
    blocks go without, and that could never be taken in later."""

    blocks: tuple[Block, ...]
    new: tuple[Block, ...]
    corrected: tuple[Block, ...]
    waiting: int
    lacking: tuple[Lacking, ...]
    left_out: tuple[Lacking, ...]

    @property
    def says_more(self) -> bool:
        return bool(self.new or self.corrected)


def cut(counts: Counts, earlier: Sequence[Block], kinds: Sequence[str], *, day: date, this_month: int) -> Cut:
    """`kinds`: in the order in which they were first given; `this_month`: the first that is not over."""
    stay = [_as_of_today(block, counts, day) for block in earlier]
    new: list[Block] = []
    lacking: list[Lacking] = []
    left_out: list[Lacking] = []
    waiting = 0
    for code in sorted({code for code, _ in counts}):
        of = _District(code, {kind: counts[code, kind] for kind in kinds if (code, kind) in counts})
        taken = {month for block in earlier if block.district_code == code for month in block.months}
        waits = _Waits()
        for quarter in of.quarters():
            if quarter[0] in taken:
                continue
            if missing := of.lacks(quarter):
                lacking += missing if quarter[-1] < this_month else ()
                continue
            if joined := waits.joined(quarter, of):
                new += of.parted(joined)
                left_out += [one for each in joined for one in of.leaves_out(each)]
        waiting += waits.number
    return Cut(
        blocks=(*stay, *new),
        new=tuple(new),
        corrected=tuple(one for one, was in zip(stay, earlier, strict=True) if one.number != was.number),
        waiting=waiting,
        lacking=tuple(lacking),
        left_out=tuple(left_out),
    )


def _as_of_today(block: Block, counts: Counts, day: date) -> Block:
    numbers = [
        counts.get((block.district_code, kind), {}).get(m) for kind in block.kinds for m in block.months
    ]
    known = [number for number in numbers if number is not None]
    whole = sum(known) if len(known) == len(numbers) else 0
    number = whole if whole >= AT_LEAST else None
    return block if number == block.number else replace(block, number=number, corrected_on=day)


class _Waits:
    """Quarters of one district that are in, one after the other, and come to fewer than 5 so far."""

    def __init__(self) -> None:
        self.run: list[range] = []
        self.number = 0

    def joined(self, quarter: range, of: "_District") -> list[range]:
        """All of them with this one, once they have 5 together; else it waits too."""
        if self.run and (
            self.run[-1][-1] + 1 != quarter[0] or of.kinds_in(self.run[-1]) != of.kinds_in(quarter)
        ):
            self.run = []
        self.run.append(quarter)
        self.number += 1
        if sum(of.number(kind, one) for one in self.run for kind in of.kinds_in(one)) < AT_LEAST:
            return []
        run, self.run = self.run, []
        self.number -= len(run)
        return run


@dataclass(frozen=True)
class _District:
    code: str
    by_kind: Mapping[str, Mapping[int, int]]

    def quarters(self) -> Iterator[range]:
        """Those of the calendar in which it gave any number, in order of time."""
        for quarter in sorted({month // QUARTER for months in self.by_kind.values() for month in months}):
            yield range(quarter * QUARTER, (quarter + 1) * QUARTER)

    def kinds_in(self, months: range) -> tuple[str, ...]:
        return tuple(kind for kind, of in self.by_kind.items() if any(month in of for month in months))

    def lacks(self, quarter: range) -> list[Lacking]:
        """A quarter is in once each of its kinds has all three months."""
        missing = {
            kind: tuple(m for m in quarter if m not in self.by_kind[kind]) for kind in self.kinds_in(quarter)
        }
        return [
            Lacking(district_code=self.code, kind=kind, months=months)
            for kind, months in missing.items()
            if months
        ]

    def leaves_out(self, quarter: range) -> list[Lacking]:
        """Whether a kind may be left out is for a person to say: if none in the quarter before were enough, a reader
        would know that there was none."""
        before = self.kinds_in(range(quarter[0] - QUARTER, quarter[0]))
        given = self.kinds_in(quarter)
        return [
            Lacking(district_code=self.code, kind=kind, months=tuple(quarter))
            for kind in before
            if kind not in given
        ]

    def number(self, kind: str, months: Iterable[int]) -> int:
        return sum(self.by_kind[kind].get(month, 0) for month in months)

    def parted(self, quarters: Sequence[range]) -> Iterator[Block]:
        """The blocks of a quarter, or of several that are joined."""
        months = range(quarters[0][0], quarters[-1][-1] + 1)
        parts = list(self._by_kind(months))
        by_month = len(quarters) == 1 and all(
            sum(self.number(kind, [month]) for kind in part) >= AT_LEAST for part in parts for month in months
        )
        for part in parts:
            for span in [range(month, month + 1) for month in months] if by_month else [months]:
                yield Block(
                    district_code=self.code,
                    kinds=part,
                    first=span[0],
                    last=span[-1],
                    number=sum(self.number(kind, span) for kind in part),
                )

    def _by_kind(self, months: range) -> Iterator[tuple[str, ...]]:
        rest = self.kinds_in(months)
        while len(rest) > 1:
            first, others = self.number(rest[0], months), sum(self.number(kind, months) for kind in rest[1:])
            if min(first, others) < AT_LEAST:
                break
            yield rest[:1]
            rest = rest[1:]
        yield rest
