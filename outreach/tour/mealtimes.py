"""Starts of one more show that leave its troupe a lunch: before that show, after it, or elsewhere on the day.
Pure.

The rule is planning/lunch.py's. Minutes of the wall clock from midnight. `shows` of a day are (gets in, away)
in order; the new one comes before number `at` of them, and `roads` are the minutes of every drive: to the
first, between them, back.
"""

from collections.abc import Callable, Sequence

from outreach.tour.planning import lunch

Shows = Sequence[tuple[int, int]]
Span = tuple[int, int]


def spans(
    minutes: int,
    first: int,
    last: int,
    *,
    leaves: int,
    returns: int,
    shows: Shows,
    at: int,
    to: int,
    on: int,
    get_in: int,
    taken: int,
    step: int,
    road: Callable[[int], int],
) -> tuple[Span, ...]:
    """The starts from `first` to `last` that leave a lunch, as spans of first and last; `first` is a multiple
    of `step`.

    `to`, `on`: minutes of the new show's own road from what stands before it and on to what stands after it;
    `road(n)`: of the road to show number n as the day stands now (n is how many there are: back). `get_in`:
    minutes of set-up before a start; `taken`: from a start until the troupe is away.
    """
    whole = ((first, last),)
    soonest = (
        lunch.arrives(minutes, free=shows[at - 1][1], road=to)
        if at
        else lunch.sets_out(minutes, leaves=leaves, road=to)
    )
    late = last + 1 if soonest is None else max(first, soonest + get_in)
    late += -late % step
    if late <= first:
        return whole
    latest = (
        lunch.leaves_by(minutes, gets_in=shows[at][0], road=on)
        if at < len(shows)
        else lunch.over_by(minutes, returns=returns, road=on)
    )
    early = first - 1 if latest is None else min(last, latest - taken)
    if early >= last or late <= early + step or _elsewhere(minutes, leaves, returns, shows, at, road):
        return whole
    before = ((first, early),) if first <= early else ()
    return (*before, (late, last)) if late <= last else before


def _elsewhere(
    minutes: int, leaves: int, returns: int, shows: Shows, at: int, road: Callable[[int], int]
) -> bool:
    """Whether there is a lunch between what stands, but where the new show comes."""
    for n in range(len(shows) + 1):
        if n == at:
            continue
        if n == 0:
            eaten = lunch.before_first(minutes, leaves=leaves, road=road(n), gets_in=shows[0][0])
        elif n == len(shows):
            eaten = lunch.after_last(minutes, away=shows[-1][1], road=road(n), returns=returns)
        else:
            eaten = lunch.between(minutes, away=shows[n - 1][1], road=road(n), gets_in=shows[n][0])
        if eaten:
            return True
    return False
