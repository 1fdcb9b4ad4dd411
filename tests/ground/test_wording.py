"""How numbers are said: a share is 0 or 100 percent only where it is exactly that."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.ground.wording import days, percent, percent_said


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


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2027, 3, 8), date(2027, 3, 14), "8 to 14 March"),
        (date(2026, 11, 30), date(2026, 12, 6), "30 November to 6 December"),
        (date(2026, 12, 28), date(2027, 1, 3), "28 December to 3 January"),
        (date(2027, 8, 30), date(2027, 9, 5), "30 August to 5 September 2027"),
        (date(2027, 12, 27), date(2028, 1, 2), "27 December 2027 to 2 January 2028"),
        (date(2027, 9, 6), date(2027, 9, 12), "6 to 12 September 2027"),
    ],
)
def test_a_stretch_of_days_says_the_year_where_it_is_not_this_school_year(
    first: date, last: date, said: str
) -> None:
    assert days(first, last, today=date(2027, 2, 1)) == said
