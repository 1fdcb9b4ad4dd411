"""Whole numbers as an address, a form or a file says them: the number of a row (an id of ours, or a URN), a count."""

from collections.abc import Iterable

MOST_DIGITS = 9
"""So many fit each database's whole number; no row of ours, and no URN, has more."""


def row_number(said: str) -> int | None:
    """The number of a row; None of what cannot be one: signs, spaces, figures of other scripts, too many digits."""
    return int(said) if said.isascii() and said.isdigit() and len(said) <= MOST_DIGITS else None


def whole_number(said: str, lowest: int, highest: int) -> int | None:
    """One from `lowest` to `highest`; None of any other, and of what is no number."""
    found = row_number(said)
    return found if found is not None and lowest <= found <= highest else None


def row_numbers(said: Iterable[str]) -> list[int]:
    """Of those, each once, in the order given; what is none is passed over."""
    found = (row_number(each) for each in said)
    return list(dict.fromkeys(number for number in found if number is not None))
