"""Figure of the service as a monitor reads it: a name, what it is, and a value for each set of labels.

Labels are words of ours, and never anything of anybody: a monitor keeps them for years.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

NEVER = datetime.fromtimestamp(0, UTC)
"""Told of what should have been by now: an alarm subtracts it, and nothing comes of what is left out."""

Samples = Sequence[tuple[Mapping[str, str], float]]


class Figure(NamedTuple):
    """`counts`: it only grows, as long as the database is the same; else it is how something is this moment."""

    name: str
    words: str
    samples: Samples
    counts: bool = False


def one(value: float) -> Samples:
    return [({}, value)]


def at(moment: datetime | None) -> Samples:
    """In seconds; an instant that never was is left out, since there is no number for it."""
    return [({}, moment.timestamp())] if moment else []
