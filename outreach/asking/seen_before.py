"""Rule of whether schools saw it before, in whatever year; given by those that know what became of each show.

It stands above (coverage/gaplist/ever_seen.py); create_app tells it here, so that whoever asks schools asks
by it, too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from outreach.ground.the_app import FromAbove
from outreach.tour.programmes import Programme


class Word(StrEnum):
    NEVER = "never"
    NOT_KNOWN = "not known"
    YES = "yes"


ORDER = tuple(Word)
"""Whom to ask first: who never saw it, then those of whom it is not known."""


@dataclass(frozen=True, slots=True)
class Before:
    """`unreported`: the reference of the last show of which nobody has said whether it took place, where the
    word is 'not known'; '' otherwise."""

    word: Word
    unreported: str = ""


SeenBeforeRule = Callable[[Programme, Mapping[int, tuple[int, ...]], datetime], Mapping[int, Before]]
SEEN_BEFORE = FromAbove[SeenBeforeRule]("seen before")


def seen_before_by_organisations(
    programme: Programme, families: Mapping[int, tuple[int, ...]], *, now: datetime
) -> Mapping[int, Before]:
    """Of each school whether it, or one it came from, saw a show of this programme or of an earlier one for
    the same kind of people. `families`: its URN and theirs, by its URN."""
    return SEEN_BEFORE.told()(programme, families, now)
