"""Starts of one more show that leave its troupe a lunch: before that show, after it, or elsewhere on the day.
Pure.

The rule is planning/lunch.py's. Minutes of the wall clock from midnight.
"""

from outreach.tour.planning import lunch
from outreach.tour.planning.lunch import Busy

Span = tuple[int, int]


def spans(
    minutes: int,
    first: int,
    last: int,
    *,
    leaves: int,
    returns: int,
    before: Busy,
    after: Busy,
    get_in: int,
    taken: int,
    step: int,
) -> tuple[Span, ...]:
    """The starts from `first` to `last` that leave a lunch, as spans of first and last; `first` is a multiple
    of `step`.

    `before`, `after`: what the troupe does before and after the new show; the last way of the one and the first of the
    other are to it and on from it. `get_in`: minutes of set-up before a start; `taken`: from a start until the troupe
    is away.
    """
    whole = ((first, last),)
    soonest = (
        lunch.arrives(minutes, free=before.spans[-1][1], road=before.ways[-1])
        if before.spans
        else lunch.sets_out(minutes, leaves=leaves, road=before.ways[0])
    )
    late = last + 1 if soonest is None else max(first, soonest + get_in)
    late += -late % step
    if late <= first:
        return whole
    latest = (
        lunch.leaves_by(minutes, gets_in=after.spans[0][0], road=after.ways[0])
        if after.spans
        else lunch.over_by(minutes, returns=returns, road=after.ways[0])
    )
    early = first - 1 if latest is None else min(last, latest - taken)
    if early >= last or late <= early + step or _elsewhere(minutes, leaves, returns, before, after):
        return whole
    soon = ((first, early),) if first <= early else ()
    return (*soon, (late, last)) if late <= last else soon


def _elsewhere(minutes: int, leaves: int, returns: int, before: Busy, after: Busy) -> bool:
    """Whether there is a lunch between what stands, but where the new show comes."""
    return (
        bool(before.spans)
        and lunch.before_first(minutes, leaves=leaves, road=before.ways[0], gets_in=before.spans[0][0])
        or lunch.amid(minutes, before.spans, before.ways[1:])
        or lunch.amid(minutes, after.spans, after.ways[1:])
        or bool(after.spans)
        and lunch.after_last(minutes, away=after.spans[-1][1], road=after.ways[-1], returns=returns)
    )
