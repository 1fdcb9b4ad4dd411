"""The picture of one line: months on either side of month 0, and shapes that tell what colour does."""

from datetime import date

import pytest

from outreach.coverage.reached import DistrictReached
from outreach.outcomes.referrals import drawn
from outreach.outcomes.referrals.before_and_after import Line, found_in
from outreach.outcomes.referrals.district_numbers import Cell
from outreach.outcomes.referrals.drawn import FLOOR, TOP

CSE, ZERO = "child sexual exploitation", 2026 * 12 + 5


def line(numbers: dict[int, int], day: date | None = date(2026, 6, 10)) -> Line:
    cells = {
        Cell(
            district_code="E1",
            kind=CSE,
            period=(ZERO + n) // 12 * 100 + (ZERO + n) % 12 + 1,
        ): number
        for n, number in numbers.items()
    }
    district = DistrictReached(code="E1", name="Fenwold", day=day, seen=1, pupils=2)
    return found_in(cells, [district], 50).lines[0]


def test_each_side_has_its_shape_and_what_is_hidden_a_cross_at_the_foot() -> None:
    here = line({-3: 10, -2: 20, -1: 5, 0: 9, 1: 3, 2: 9, 3: 9})
    view = here.views[CSE]
    picture = drawn.draw(here, view, drawn.height_of([view]))
    assert picture is not None
    assert [(m.side, m.shape, m.is_joined) for m in picture.marks] == [
        ("before", "ring", False),
        ("before", "ring", False),
        ("before", "ring", False),
        ("zero", "diamond", False),
        ("after", "disc", True),
    ]
    ys = [m.y for m in picture.marks]
    assert ys[1] == TOP
    assert ys[2] == pytest.approx(FLOOR - (FLOOR - TOP) * 5 / 20, abs=0.1)
    assert picture.marks[4].y == pytest.approx(FLOOR - (FLOOR - TOP) * 7 / 20, abs=0.1), (
        "a month of a quarter"
    )
    assert picture.reached_at == picture.marks[3].x
    left, right = picture.marks[2], picture.marks[4]
    assert left.x < picture.reached_at < right.low < right.x < right.high
    assert picture.ticks[0][1] == -12 and picture.ticks[-1][1] == 12

    few = line({0: 2})
    (hidden,) = drawn.draw(few, few.views[CSE], 1.0).marks  # type: ignore[union-attr]
    assert (hidden.side, hidden.shape, hidden.y) == ("zero", "cross", None)


def test_who_is_not_reached_has_no_month_0_and_nothing_known_no_picture() -> None:
    here = line({1: 6, 2: 6, 3: 6}, day=None)
    view = here.views[CSE]
    picture = drawn.draw(here, view, drawn.height_of([view]))
    assert picture is not None and picture.reached_at is None
    assert [m.shape for m in picture.marks] == ["square"] * 3
    empty = line({1: 6})
    assert drawn.draw(empty, empty.views[CSE], 0.0) is None
