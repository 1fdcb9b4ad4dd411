"""How many examples a test draws, and of a table which: all of them in the longest run, some in every other, so that a
whole run ends while somebody waits for it."""

import os
from collections.abc import Iterable, Sequence
from typing import TypeVar
from zlib import crc32

T = TypeVar("T")

LONGEST = "TESTS_LONGEST"
"""Set by conftest.py before any test is read."""


def is_longest() -> bool:
    return bool(os.environ.get(LONGEST))


def so_many(all_of_them: int, *, least: int = 4) -> int:
    return all_of_them if is_longest() else max(min(least, all_of_them), all_of_them // 8)


def some_of(things: Iterable[T], *, one_in: int, nth: int = 0) -> list[T]:
    """All of them in the longest run; in every other one in so many, drawn by what each is called: the same ones in each
    run, whatever is added beside them. `nth`: which of so many draws, that have none in common."""
    return [thing for thing in things if is_drawn(str(thing), one_in=one_in, nth=nth)]


def is_drawn(name: str, *, one_in: int, nth: int = 0) -> bool:
    """Whether that one is looked at today; see `some_of`."""
    return is_longest() or crc32(name.encode()) % one_in == nth


def each_nth(things: Sequence[T], n: int) -> Sequence[T]:
    """All of them in the longest run; in every other one the first and each so many-th behind it: of things that are
    not called the same in each run."""
    return things if is_longest() else things[::n]
