"""Answer classes that a row of the researchers' file gives away."""

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.outcomes.answer_classes import said_of, small_and_determined

SCALE = (1, 2, 3, 4, 5)


def test_a_row_says_answers_mean_and_variance() -> None:
    assert said_of((0, 1), (0, 1)) == (1, 1.0, 0.0)
    assert said_of((2, 0, 0, 0, 2), SCALE) == (4, 3.0, 4.0)
    assert said_of((1, 1, 1), (1, 2, 3)) == (3, 2.0, 0.67)


@pytest.mark.parametrize(
    "counts, points, given_away",
    [
        ((40, 60), (0, 1), []),
        ((96, 4), (0, 1), [1]),
        ((0, 30), (0, 1), [0]),
        # Two answers of a scale at its ends can be nothing else.
        ((1, 0, 0, 0, 1), SCALE, [1, 2, 3, 4, 5]),
        ((0, 0, 0, 0, 30), SCALE, [1, 2, 3, 4]),
        # Among forty in the middle two more at an end could as well be others.
        ((2, 10, 14, 10, 4), SCALE, []),
    ],
)
def test_a_small_class_that_can_be_worked_out_is_named(
    counts: Sequence[int], points: Sequence[int], given_away: list[int]
) -> None:
    assert small_and_determined(counts, points) == given_away


def by_trying_all(counts: Sequence[int], points: Sequence[int]) -> list[int]:
    row = said_of(counts, points)
    alike = [
        other
        for other in product(range(sum(counts) + 1), repeat=len(points))
        if sum(other) == sum(counts) and said_of(other, points) == row
    ]
    return [
        point
        for at, point in enumerate(points)
        if counts[at] < 5 and all(other[at] == counts[at] for other in alike)
    ]


@given(st.lists(st.integers(0, 3), min_size=5, max_size=5).filter(any))
def test_five_classes_are_judged_as_trying_every_filling_does(counts: list[int]) -> None:
    assert small_and_determined(counts, SCALE) == by_trying_all(counts, SCALE)


@given(st.lists(st.integers(0, 40), min_size=2, max_size=3).filter(any))
def test_two_and_three_classes_are_judged_as_trying_every_filling_does(counts: list[int]) -> None:
    points = tuple(range(len(counts)))
    assert small_and_determined(counts, points) == by_trying_all(counts, points)


@pytest.mark.parametrize(
    "counts, given_away",
    [
        ((0, 0, 3, 120, 150), [1]),
        ((0, 0, 0, 0, 300), [1, 2, 3]),
        ((60, 60, 60, 60, 60), []),
        ((2, 60, 70, 80, 90), []),
    ],
)
def test_a_large_hall_is_judged_too(counts: Sequence[int], given_away: list[int]) -> None:
    """300 who all say 5 could, by the rounding, be one who says 4; nobody can have said 1."""
    assert small_and_determined(counts, SCALE) == given_away
