"""What an address or a form says is the number of a row in figures of ours alone, and few enough for each database."""

import pytest

from outreach.ground.row_numbers import row_number, row_numbers, whole_number


@pytest.mark.parametrize(
    ("said", "number"), [("0", 0), ("7", 7), ("007", 7), ("123456", 123456), ("999999999", 999_999_999)]
)
def test_figures_are_a_number(said: str, number: int) -> None:
    assert row_number(said) == number


@pytest.mark.parametrize(
    "said",
    ["", "1000000000", "0000000001", "1" * 5000, "٣", "１２", "²", "+1", "-1", " 1", "1 ", "1 2", "1\n", "1.0", "1_0", "1,000", "0x1", "x", "\0"],
)  # fmt: skip
def test_anything_else_is_none(said: str) -> None:
    assert row_number(said) is None


def test_of_some_each_counts_once_in_the_order_given() -> None:
    assert row_numbers(["9", "x", "0", "09", "", "+1", "4", "0", "1000000000"]) == [9, 0, 4]


@pytest.mark.parametrize(
    ("said", "number"),
    [("1", 1), ("500", 500), ("0", None), ("501", None), ("000000001000", None), ("0" * 30 + "1", None)],
)
def test_a_number_is_held_to_its_bounds_whole(said: str, number: int | None) -> None:
    assert whole_number(said, 1, 500) == number
