"""Referrals cut into blocks: what is joined, what waits, what stays; against a reader who knows the rules."""

from collections.abc import Mapping
from datetime import date
from itertools import product
from random import Random

import pytest

from outcomes.referrals.counted import CCE, CSE, HERE, cut, row
from outreach.outcomes.referrals.blocks import Block, Lacking

JAN = 2026 * 12
RARE = "modern slavery"


def said(blocks: tuple[Block, ...]) -> list[tuple[tuple[str, ...], int, int, int | None]]:
    return [(block.kinds, block.first - JAN, block.last - JAN, block.number) for block in blocks]


def test_a_quarter_stands_by_month_only_where_each_month_has_five() -> None:
    made = cut(row(JAN, 5, 9, 6, 4, 8, 10))
    assert said(made.new) == [((CSE,), 0, 0, 5), ((CSE,), 1, 1, 9), ((CSE,), 2, 2, 6), ((CSE,), 3, 5, 22)]


def test_a_quarter_under_five_waits_and_is_joined_with_the_next() -> None:
    made = cut(row(JAN, 1, 0, 3))
    assert (made.new, made.waiting, made.says_more) == ((), 1, False)
    made = cut(row(JAN, 1, 0, 3, 0, 0, 0, 1, 0, 0))
    assert said(made.new) == [((CSE,), 0, 8, 5)] and made.waiting == 0
    made = cut(row(JAN, 1, 0, 3, 9, 9, 9))
    assert said(made.new) == [((CSE,), 0, 5, 31)], "joined quarters are not parted by month"


def test_a_quarter_is_taken_in_once_each_of_its_kinds_has_three_months() -> None:
    counts = row(JAN, 9, 9, 9) | row(JAN, 6, 6, kind=CCE)
    made = cut(counts)
    assert made.new == () and made.lacking == (Lacking(district_code=HERE, kind=CCE, months=(JAN + 2,)),)
    made = cut(counts | row(JAN, 6, 6, 6, kind=CCE))
    assert len(made.new) == 6 and made.lacking == ()


def test_a_kind_of_the_quarter_before_that_a_new_one_goes_without_is_told() -> None:
    counts = row(JAN, 9, 9, 9, 9, 9, 9) | row(JAN, 0, 0, 0, kind=CCE)
    made = cut(counts)
    assert made.left_out == (Lacking(district_code=HERE, kind=CCE, months=(JAN + 3, JAN + 4, JAN + 5)),)
    assert len(made.new) == 3 + 3, "it comes out all the same: that none was referred decides nothing"


def test_kinds_are_parted_in_their_order_as_long_as_each_side_has_five() -> None:
    counts = row(JAN, 5, 5, 5) | row(JAN, 4, 4, 4, kind=CCE) | row(JAN, 1, 0, 1, kind=RARE)
    made = cut(counts)
    assert said(made.new) == [((CSE,), 0, 2, 15), ((CCE, RARE), 0, 2, 14)], "a month of 4 joins all of them"
    made = cut(row(JAN, 1, 1, 1) | row(JAN, 9, 9, 9, kind=CCE))
    assert said(made.new) == [((CSE, CCE), n, n, 10) for n in range(3)]


def test_what_is_out_stays_as_it_was_cut_and_a_correction_changes_its_number_alone() -> None:
    first = cut(row(JAN, 1, 2, 3))
    later = date(2027, 1, 5)
    second = cut(row(JAN, 9, 9, 9, 7, 7, 7), first.blocks, day=later)
    assert said(second.blocks) == [((CSE,), 0, 2, 27)] + [((CSE,), n, n, 7) for n in (3, 4, 5)]
    assert [one.corrected_on for one in second.blocks] == [later, None, None, None]
    assert said(second.corrected) == [((CSE,), 0, 2, 27)]
    third = cut(row(JAN, 0, 1, 0, 7, 7, 7), second.blocks, day=date(2027, 2, 5))
    assert said(third.blocks)[0] == ((CSE,), 0, 2, None), "under 5 by a correction it is hidden"
    fourth = cut({(HERE, CSE): {JAN: 9, JAN + 2: 9}}, third.blocks)
    assert said(fourth.blocks)[0] == ((CSE,), 0, 2, None), "and without one of its months"
    assert not cut(row(JAN, 1, 2, 3), first.blocks).says_more


def test_a_quarter_that_comes_late_is_a_block_of_its_own() -> None:
    first = cut({(HERE, CSE): {JAN: 9, JAN + 3: 8, JAN + 4: 8, JAN + 5: 8}})
    assert said(first.new) == [((CSE,), n, n, 8) for n in (3, 4, 5)]
    second = cut(row(JAN, 9, 9, 9, 8, 8, 8), first.blocks)
    assert said(second.new) == [((CSE,), n, n, 9) for n in range(3)]


def test_no_number_is_ever_in_two_blocks_and_none_is_shown_under_five() -> None:
    found = 0
    for seed in range(40):
        random = Random(seed)
        known: dict[tuple[str, str], dict[int, int]] = {}
        blocks: tuple[Block, ...] = ()
        for _ in range(6):
            for kind, month in product((CSE, CCE, RARE), range(JAN, JAN + 15)):
                if random.random() < 0.4:
                    known.setdefault((HERE, kind), {})[month] = random.choice([0, 0, 1, 3, 6, 9])
            before, blocks = blocks, cut(known, blocks).blocks
            shapes = [(block.kinds, block.first, block.last) for block in blocks]
            assert shapes[: len(before)] == [(block.kinds, block.first, block.last) for block in before]
        units = [(kind, month) for block in blocks for kind in block.kinds for month in block.months]
        assert len(units) == len(set(units))
        found += len(blocks)
        for block in blocks:
            true = sum(known[HERE, kind][month] for kind in block.kinds for month in block.months)
            assert block.number == (true if true >= 5 else None)
    assert found > 200


@pytest.mark.parametrize(
    "numbers",
    [
        {CSE: (0, 0, 0), CCE: (0, 0, 5)},
        {CSE: (3, 0, 0), CCE: (3, 0, 0)},
        {CSE: (2, 2, 0), CCE: (2, 1, 1)},
        {CSE: (5, 0, 0), CCE: (1, 2, 2)},
        {CSE: (4, 0, 0, 5, 0, 0)},
        {CSE: (0, 1, 0, 2, 2, 0)},
    ],
)
def test_a_reader_who_knows_the_rules_is_left_with_more_than_one_number_for_each_that_is_hidden(
    numbers: Mapping[str, tuple[int, ...]],
) -> None:
    """By enumeration: every county that would have been released alike, first quarter first, then all of it."""
    kinds = list(numbers)
    months = len(next(iter(numbers.values())))

    def shown(cells: Mapping[tuple[str, int], int]) -> object:
        found: tuple[Block, ...] = ()
        told = []
        for quarters in range(1, months // 3 + 1):
            counts = {(HERE, k): {JAN + m: cells[k, m] for m in range(3 * quarters)} for k in kinds}
            found = cut(counts, found).blocks
            told.append(tuple(said(found)))
        return tuple(told)

    units = [(kind, month) for kind in kinds for month in range(months)]
    truth = {(kind, month): numbers[kind][month] for kind, month in units}
    seen = shown(truth)
    whole = sum(truth.values())
    alike: list[dict[tuple[str, int], int]] = []
    for some in product(range(whole + 1), repeat=len(units)):
        if sum(some) == whole and shown(there := dict(zip(units, some, strict=True))) == seen:
            alike.append(there)
    assert len(alike) > 1
    for unit in units:
        if truth[unit] < 5:
            assert len({there[unit] for there in alike}) > 1, unit
