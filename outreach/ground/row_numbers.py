"""The number of a row, as an address or a form says it: an id of ours, or a URN."""

from collections.abc import Iterable

MOST_DIGITS = 9
"""So many fit each database's whole number; no row of ours, and no URN, has more."""


def row_number(said: str) -> int | None:
    """The number of a row; None of what cannot be one: signs, spaces, figures of other scripts, too many digits."""
    return int(said) if said.isascii() and said.isdigit() and len(said) <= MOST_DIGITS else None


def row_numbers(said: Iterable[str]) -> list[int]:
    """Of those, each once, in the order given; what is none is passed over."""
    found = (row_number(each) for each in said)
    return list(dict.fromkeys(number for number in found if number is not None))
