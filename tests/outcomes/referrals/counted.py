"""Counts of referrals for tests: rows of months by district and kind, and what a release makes of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from outreach.outcomes.referrals import blocks
from outreach.outcomes.referrals.blocks import Block, Cut
from outreach.outcomes.referrals.releases import Released

CSE, CCE = "child sexual exploitation", "child criminal exploitation"
HERE = "E07000001"
DAY = date(2026, 12, 1)
Row = dict[tuple[str, str], dict[int, int]]


def row(first: int, *numbers: int, code: str = HERE, kind: str = CSE) -> Row:
    """Numbers of the months from `first` on."""
    return {(code, kind): dict(enumerate(numbers, start=first))}


def cut(
    counts: Mapping[tuple[str, str], Mapping[int, int]], earlier: Sequence[Block] = (), day: date = DAY
) -> Cut:
    kinds = list(
        dict.fromkeys([*(kind for block in earlier for kind in block.kinds), *(k for _, k in counts)])
    )
    return blocks.cut(counts, earlier, kinds, day=day, this_month=2100 * 12)


def released(counts: Mapping[tuple[str, str], Mapping[int, int]]) -> Released:
    """All of it, by one release."""
    return Released(number=1, made_at=datetime(2026, 12, 1, 9, tzinfo=UTC), blocks=cut(counts).blocks)
