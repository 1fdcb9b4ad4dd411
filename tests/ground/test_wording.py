"""How numbers are said: a share is 0 or 100 percent only where it is exactly that."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.ground.wording import percent, percent_said


@pytest.mark.parametrize(
    ("part", "whole", "number", "words"),
    [
        (0, 201, 0, "0%"),
        (1, 201, 1, "under 1%"),
        (1, 200, 1, "1%"),
        (2, 3, 67, "67%"),
        (198, 200, 99, "99%"),
        (199, 200, 99, "over 99%"),
        (200, 200, 100, "100%"),
        (1001, 1000, 101, "over 100%"),
        (0, 0, None, ""),
    ],
)
def test_a_percent_is_0_or_100_only_where_it_is_exactly_that(
    part: int, whole: int, number: int | None, words: str
) -> None:
    assert (percent(part, whole), percent_said(part, whole)) == (number, words)


@given(st.integers(0, 5_000), st.integers(1, 5_000))
def test_a_percent_is_half_up_and_its_words_are_true(part: int, whole: int) -> None:
    number, words, exact = percent(part, whole), percent_said(part, whole), Fraction(100 * part, whole)
    assert number is not None
    assert (number == 0) == (part == 0) and (number == 100) == (part == whole)
    assert abs(number - exact) <= Fraction(1, 2) or words in ("under 1%", "over 99%", "over 100%")
    if words == "under 1%":
        assert 0 < exact < Fraction(1, 2)
    elif words == "over 99%":
        assert Fraction(199, 2) <= exact < 100
    elif words == "over 100%":
        assert 100 < exact < Fraction(201, 2)
    else:
        assert words == f"{number}%"
