"""Lunch on the road: a stretch around noon in which a troupe neither plays nor drives. Pure.

Asked of a tour day with two shows or more. Minutes of the wall clock from midnight; a show counts from its
get-in until the troupe is away. Before it leaves in the morning and once it is back, a troupe is free too.
Everybody who judges a day asks here: what schools are offered, why not, the diary and the planner.
"""

from collections.abc import Sequence

FIRST, LAST = 11 * 60, 14 * 60 + 30
"""Lunch begins no earlier than the one and is over by the other."""

FROM_SHOWS = 2
"""Shows of a day from which on lunch is asked for."""


def kept(
    minutes: int, *, leaves: int, returns: int, shows: Sequence[tuple[int, int]], roads: Sequence[int]
) -> bool:
    """Whether a day leaves `minutes` free. `shows`: (gets in, away) in order; `roads`: to the first, between
    them, back.

    True with fewer than two shows, and where no lunch is asked for (0).
    """
    if not minutes or len(shows) < FROM_SHOWS:
        return True
    aways = [show[1] for show in shows]
    gets_in = [show[0] for show in shows]
    return (
        before_first(minutes, leaves=leaves, road=roads[0], gets_in=gets_in[0])
        or any(
            between(minutes, away=away, road=road, gets_in=following)
            for away, road, following in zip(aways, roads[1:], gets_in[1:], strict=False)
        )
        or after_last(minutes, away=aways[-1], road=roads[-1], returns=returns)
    )


def between(minutes: int, *, away: int, road: int, gets_in: int) -> bool:
    """Whether lunch fits between two shows, before the drive or after it."""
    return _fits(minutes, away, gets_in - road) or _fits(minutes, away + road, gets_in)


def before_first(minutes: int, *, leaves: int, road: int, gets_in: int) -> bool:
    """Whether lunch fits before the first show: before leaving, as late as can be, or there."""
    return _fits(minutes, 0, gets_in - road) or _fits(minutes, leaves + road, gets_in)


def after_last(minutes: int, *, away: int, road: int, returns: int) -> bool:
    """Whether lunch fits after the last show: there, or once the troupe is back."""
    return _fits(minutes, away, returns - road) or _fits(minutes, away + road, LAST)


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


def _fits(minutes: int, free: int, until: int) -> bool:
    return max(FIRST, free) + minutes <= min(LAST, until)
