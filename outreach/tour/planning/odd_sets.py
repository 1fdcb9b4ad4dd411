"""Odd sets: what days of two shows miss that the relaxation's halves of days do not. Pure.

Three schools that need a show each take two days at least, however they are paired; the relaxation takes half of each
of the three pairs, a day and a half. Of any schools that need an odd number of shows together, the days that touch
them and what is left out of them are at least half that number, rounded up (Edmonds 1965, for matchings). With these
rows the relaxation of two shows a day comes close to whole days.
"""

from collections.abc import Iterable

import numpy as np

_VIOLATED = 1e-2
"""A row that is short by less than that is not worth its place."""

_LARGEST = 41
"""Schools in one set."""

_A_ROUND = 200
"""Sets found at once."""


def violated(
    members: np.ndarray, x: np.ndarray, *, over: np.ndarray, need: np.ndarray, known: Iterable[frozenset[int]]
) -> list[frozenset[int]]:
    """Odd sets whose row is short, the shortest first.

    `members`, `x`: the pairs of schools that are driven, and how often; `over`: of each school, what it is shown or
    left out more than its `need`, the shows it lacks. Grown from each school that is in parts of days by whoever is
    driven with them most; none of those `known` already.
    """
    near: dict[int, dict[int, float]] = {}
    gain = -over
    begin: set[int] = set()
    for (one, other), times in zip(members.tolist(), x.tolist(), strict=True):
        here, there = near.setdefault(one, {}), near.setdefault(other, {})
        if one == other:
            gain[one] += times
        else:
            here[other] = here.get(other, 0.0) + times
            there[one] = there.get(one, 0.0) + times
        if abs(times - round(times)) > 1e-4:
            begin |= {one, other}
    short: dict[frozenset[int], float] = {}
    for school in sorted(begin):
        grown = {school}
        shows, inside = int(need[school]), float(gain[school])
        rim = dict(near[school])
        while rim and len(grown) < _LARGEST:
            best = max(rim, key=lambda each: (rim[each] + gain[each], -each))
            inside += rim.pop(best) + float(gain[best])
            shows += int(need[best])
            grown.add(best)
            for each, times in near[best].items():
                if each not in grown:
                    rim[each] = rim.get(each, 0.0) + times
            if shows % 2 and inside > (shows - 1) / 2 + _VIOLATED:
                short[frozenset(grown)] = inside - (shows - 1) / 2
    new = short.keys() - set(known)
    return sorted(new, key=lambda schools: (-short[schools], len(schools), sorted(schools)))[:_A_ROUND]
