"""Lunch on the road: a stretch around noon in which a troupe neither plays nor drives. Pure.

Asked of a tour day with two shows or more. Minutes of the wall clock from midnight; a troupe is busy while it sets up,
turns a hall round, plays or packs up. Before it leaves in the morning and once it is back, it is free too.
Everybody who judges a day asks here: what schools are offered, why not, the diary and the planner.
"""

from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import NamedTuple

FIRST, LAST = 11 * 60, 14 * 60 + 30
"""Lunch begins no earlier than the one and is over by the other."""

FROM_SHOWS = 2
"""Shows of a day from which on lunch is asked for."""


class AtWork(NamedTuple):
    """A show by itself, in minutes. `stood`: from when on its set stood until the start, through the lunch of the hall;
    0: set-up ended with the start. `hall`: whose; None: nobody's. `set_stays`: the set of a show before it in that hall
    may stay for it."""

    gets_in: int
    starts: int
    ends: int
    away: int
    stood: int = 0
    hall: Hashable = None
    set_stays: bool = True

    def uses_set_of(self, before: "AtWork") -> bool:
        """Whether the hall is turned round for it, with no packing up and no new set-up."""
        return self.hall is not None and self.hall == before.hall and self.set_stays


class Busy(NamedTuple):
    """`spans`: (from, until) in order. `ways`: minutes before the first, between them, after the last: of the road, or
    to turn a hall round."""

    spans: list[tuple[int, int]]
    ways: list[int]


def busy(shows: Sequence[AtWork], roads: Sequence[int], turn: int) -> Busy:
    """When a troupe is busy with a day's shows. `roads`: to the first, between them, back; `turn`: to turn a hall
    round."""
    found = Busy([], [roads[0]])
    for at, show in enumerate(shows):
        begins = show.gets_in
        if at and show.uses_set_of(shows[at - 1]):
            found.spans[-1] = found.spans[-1][0], shows[at - 1].ends
            found.ways[-1], begins = turn, show.starts
        elif show.stood:
            found.spans.append((begins, show.stood))
            found.ways.append(0)
            begins = show.starts
        found.spans.append((begins, show.away))
        found.ways.append(roads[at + 1])
    return found


def kept(
    minutes: int, *, leaves: int, returns: int, shows: Sequence[AtWork], roads: Sequence[int], turn: int
) -> bool:
    """Whether a day leaves `minutes` free; `shows`, `roads` and `turn` as in `busy`.

    True with fewer than two shows, and where no lunch is asked for (0).
    """
    if not minutes or len(shows) < FROM_SHOWS:
        return True
    spans, ways = busy(shows, roads, turn)
    return (
        before_first(minutes, leaves=leaves, road=ways[0], gets_in=spans[0][0])
        or amid(minutes, spans, ways[1:])
        or after_last(minutes, away=spans[-1][1], road=ways[-1], returns=returns)
    )


def amid(minutes: int, spans: Sequence[tuple[int, int]], ways: Sequence[int]) -> bool:
    """Whether lunch fits between any two of these, one after the other; `ways`: minutes from each to the next."""
    return any(
        between(minutes, away=one[1], road=way, gets_in=other[0])
        for (one, other), way in zip(pairwise(spans), ways, strict=False)
    )


def between(minutes: int, *, away: int, road: int, gets_in: int) -> bool:
    """Whether lunch fits between two shows, before the drive or after it."""
    return fits(minutes, away, gets_in - road) or fits(minutes, away + road, gets_in)


def before_first(minutes: int, *, leaves: int, road: int, gets_in: int) -> bool:
    """Whether lunch fits before the first show: before leaving, as late as can be, or there."""
    return fits(minutes, 0, gets_in - road) or fits(minutes, leaves + road, gets_in)


def after_last(minutes: int, *, away: int, road: int, returns: int) -> bool:
    """Whether lunch fits after the last show: there, or once the troupe is back."""
    return fits(minutes, away, returns - road) or fits(minutes, away + road, LAST)


def arrives(minutes: int, *, free: int, road: int) -> int | None:
    """The earliest arrival after the drive, with lunch before it or after; None when it is too late for
    lunch.

    `free`: from when on the troupe is free to eat or to drive.
    """
    there = max(FIRST, free + road) + minutes
    if there <= LAST:
        return there
    eaten = max(FIRST, free) + minutes
    return eaten + road if eaten <= LAST else None


def sets_out(minutes: int, *, leaves: int, road: int) -> int:
    """The earliest arrival at the first show with lunch before leaving, or there."""
    eaten = max(leaves, FIRST + minutes) + road
    there = max(FIRST, leaves + road) + minutes
    return min(eaten, there) if there <= LAST else eaten


def leaves_by(minutes: int, *, road: int, gets_in: int) -> int | None:
    """The latest that a show may be over so that lunch fits before the next; None when it never does."""
    free = [min(LAST, until) - minutes - drive for until, drive in ((gets_in - road, 0), (gets_in, road))]
    can = [f for f, drive in zip(free, (0, road), strict=True) if f + drive >= FIRST]
    return max(can, default=None)


def over_by(minutes: int, *, road: int, returns: int) -> int | None:
    """The latest that the last show may be over so that lunch fits there, or once the troupe is back; None:
    never."""
    there = min(LAST, returns - road) - minutes
    back = min(LAST - minutes, returns) - road
    return max(there, back) if there >= FIRST else back if FIRST + minutes <= LAST else None


def fits(minutes: int, free: int, until: int) -> bool:
    """Whether lunch fits into one free stretch."""
    return max(FIRST, free) + minutes <= min(LAST, until)
