"""The picture of one line: months on either side of month 0, and shapes that tell what colour does."""

from dataclasses import replace
from datetime import date

import pytest

from outcomes.referrals.counted import CSE, released
from outreach.coverage.reached import DistrictReached
from outreach.outcomes.referrals import drawn
from outreach.outcomes.referrals.before_and_after import Line, found_in
from outreach.outcomes.referrals.drawn import FLOOR, TOP

ZERO = 2026 * 12 + 5


def line(numbers: dict[int, int], day: date | None = date(2026, 6, 10)) -> Line:
    counts = {("E1", CSE): {ZERO + n: number for n, number in numbers.items()}}
    district = DistrictReached(code="E1", name="Fenwold", day=day, seen=1, pupils=2)
    return found_in(released(counts), {}, [district], 50).lines[0]


def test_each_side_has_its_shape_and_what_is_hidden_a_cross_at_the_foot() -> None:
    here = line({-2: 10, -1: 20, 0: 9, 1: 3, 2: 9, 3: 9})
    view = here.views[CSE]
    picture = drawn.draw(here, view, drawn.height_of([view]))
    assert picture is not None
    assert [(m.side, m.shape, m.is_joined) for m in picture.marks] == [
        ("before", "ring", False),
        ("before", "ring", False),
        ("zero", "diamond", False),
        ("after", "disc", True),
    ]
    ys = [m.y for m in picture.marks]
    assert ys[1] == TOP
    assert ys[2] == pytest.approx(FLOOR - (FLOOR - TOP) * 9 / 20, abs=0.1)
    assert picture.marks[3].y == pytest.approx(FLOOR - (FLOOR - TOP) * 7 / 20, abs=0.1), (
        "a month of a quarter"
    )
    assert picture.reached_at == picture.marks[2].x
    left, right = picture.marks[1], picture.marks[3]
    assert left.x < picture.reached_at < right.low < right.x < right.high
    assert picture.ticks[0][1] == -12 and picture.ticks[-1][1] == 12

    was = released({("E1", CSE): {ZERO - 2: 9, ZERO - 1: 9, ZERO: 9}})
    few = replace(was, blocks=[replace(was.blocks[2], number=None)])
    district = DistrictReached(code="E1", name="Fenwold", day=date(2026, 6, 10), seen=1, pupils=2)
    (few_line,) = found_in(few, {}, [district], 50).lines
    (hidden,) = drawn.draw(few_line, few_line.views[CSE], 1.0).marks  # type: ignore[union-attr]
    assert (hidden.side, hidden.shape, hidden.y) == ("zero", "cross", None)


def test_who_is_not_reached_has_no_month_0_and_nothing_known_no_picture() -> None:
    here = line({1: 6, 2: 6, 3: 6}, day=None)
    view = here.views[CSE]
    picture = drawn.draw(here, view, drawn.height_of([view]))
    assert picture is not None and picture.reached_at is None
    assert [m.shape for m in picture.marks] == ["square"] * 3
    empty = line({-30: 6, -31: 6, -32: 6})
    assert drawn.draw(empty, empty.views[CSE], 0.0) is None
