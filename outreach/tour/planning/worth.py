"""Worth of covering a school, in minutes of driving: one unit with the road, so that a coordinator can read
it. Pure.

'Schools first': each school counts alike, whatever its size, but for a little. 'Pupils first': each show
counts, and with it every pupil, so that a big school is worth several small ones. A school not seen in an
earlier year and a district that lags behind add to either.
"""

import math
from dataclasses import astuple, dataclass

from outreach.tour.planning.problem import CannotPlan

SCHOOLS, PUPILS = "schools", "pupils"
"""Who comes first."""

MOST = 10_000.0
"""A weight in minutes above which driving would not count for anything any more."""

COUNTED_PUPILS = 300
"""Of a school that has more, no more pupils count where schools come first: each for a fifth of a minute."""

_A_PUPIL = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """Minutes of driving that it is worth to reach a school, one of a district behind, one not seen before.

    600 is more than any detour, so that nobody is left out to save fuel.
    """

    school: float = 600.0
    behind: float = 60.0
    never_seen: float = 300.0


USUAL = Weights()


def worth(
    shows: int,
    pupils: int | None,
    never_seen: bool,
    district_behind: bool,
    first: str = SCHOOLS,
    weights: Weights = USUAL,
) -> float:
    """What covering the whole school is worth, in minutes of driving. `shows` it still needs, for so many
    `pupils`.

    An unknown number of pupils counts for nothing more than the school does. Raises CannotPlan.
    """
    check(weights)
    if first not in (SCHOOLS, PUPILS):
        raise CannotPlan("Choose whether schools or pupils come first.")
    if first == PUPILS:
        each = weights.school * max(1, shows) + (pupils or 0)
    else:
        each = weights.school + min(pupils or 0, COUNTED_PUPILS) * _A_PUPIL
    return each + weights.behind * district_behind + weights.never_seen * never_seen


def check(weights: Weights) -> None:
    """Raises CannotPlan with what makes no sense of the weights."""
    if not all(math.isfinite(weight) and 0 <= weight <= MOST for weight in astuple(weights)):
        raise CannotPlan(f"A weight is a number of minutes from 0 to {MOST:,.0f}.")
    if weights.school <= 0:
        raise CannotPlan(
            "With a weight of nought for reaching a school, no school would ever be worth the road. "
            "Give it some minutes: 600 is usual."
        )
