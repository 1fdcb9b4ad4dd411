"""Counties whose schools were drawn by lot, of which the truth is known: who is asked first, who takes it when, and what
their pupils answer."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from outreach.outcomes.wave_changes import BEFORE, LATER, WaveMean

Groups = dict[int, tuple[int, bool]]
"""{school: (tier, whether it is asked first)}"""


@dataclass(frozen=True, kw_only=True)
class DrawnCounty:
    """How the schools of a made-up county know whom to tell, and what a show does to it.

    Those who know least are the first tier, and all of it is asked first; of the second, the half that is drawn. Who is
    asked first is reached in September to November, who is asked later in December to February; a part `stray` of
    either takes it in the others' months, and a part `refuse` never. By itself the share rises by `trend` a month.
    With `by_name` no lot is drawn: those that know most are asked first.
    """

    schools: int = 90
    needy: int = 20
    spread: float = 0.2
    effect: float = 0.15
    trend: float = 0.02
    stray: float = 0.0
    refuse: float = 0.0
    by_name: bool = False


def answers(county: DrawnCounty, random: np.random.Generator) -> tuple[list[WaveMean], Groups]:
    """A year of it, and the groups as they were drawn."""
    own = np.sort(0.4 + random.uniform(-county.spread, county.spread, county.schools))
    drawn = np.arange(county.needy, county.schools)
    order = drawn[::-1] if county.by_name else random.permutation(drawn)
    first = {*range(county.needy), *(int(school) for school in order[: len(drawn) // 2])}
    groups = {school: (1 + (school >= county.needy), school in first) for school in range(county.schools)}
    means = []
    for school in range(county.schools):
        if random.random() < county.refuse:
            continue
        is_early = (school in first) != (random.random() < county.stray)
        month = int(random.integers(0, 3)) + (0 if is_early else 3)
        effect = county.effect + random.uniform(-0.1, 0.1)
        for wave, at, more in ((BEFORE, month, 0.0), (LATER, month + 3, effect)):
            pupils = int(random.integers(30, 200))
            share = min(max(own[school] + county.trend * at + more, 0), 1)
            means.append(
                WaveMean(
                    performance=school,
                    school=school,
                    wave=wave,
                    month=date(2026 + (8 + at) // 12, (8 + at) % 12 + 1, 1),
                    answers=pupils,
                    mean=int(random.binomial(pupils, share)) / pupils,
                )
            )
    return means, groups
