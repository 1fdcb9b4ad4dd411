"""Counties of which the truth is known: their schools' pupils are drawn, and so is who answers."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from how_many import so_many
from outreach.outcomes.wave_changes import BEFORE, LATER, WaveMean

SEED = 20_271
RUNS = so_many(2_000, least=800)


@dataclass(frozen=True, kw_only=True)
class County:
    """How the schools of a made-up county know whom to tell, and what a show does to it.

    Shares from 0 to 1. A school's own share varies by `spread` either way and what the show does there by
    `effect_spread`; by itself the share rises by `trend` a month. Of each wave a part of `turnout` answers;
    `shy` of those who do not know leave the later wave out beyond that. With `by_need` the schools that know
    least come first, else in any order.
    """

    schools: int = 60
    shows_each: int = 1
    knows: float = 0.4
    spread: float = 0.2
    effect: float = 0.15
    effect_spread: float = 0.1
    trend: float = 0.0
    turnout: tuple[float, float] = (0.4, 0.9)
    shy: float = 0.0
    by_need: bool = False


def answers(county: County, random: np.random.Generator) -> list[WaveMean]:
    """A year of it: each school is reached in one of the months September to March and asked again three months
    later."""
    own = county.knows + random.uniform(-county.spread, county.spread, county.schools)
    months = np.sort(random.integers(0, 7, county.schools))
    order = np.argsort(own) if county.by_need else random.permutation(county.schools)
    month_of = np.empty(county.schools, int)
    month_of[order] = months
    means: list[WaveMean] = []
    for school in range(county.schools):
        for show in range(county.shows_each):
            effect = county.effect + random.uniform(-county.effect_spread, county.effect_spread)
            month = int(month_of[school])
            for wave, at, more in ((BEFORE, month, 0.0), (LATER, month + 3, effect)):
                hall = int(random.integers(60, 240))
                share = own[school] + county.trend * at + more
                knowing = int(random.binomial(hall, min(max(share, 0), 1)))
                turnout = random.uniform(*county.turnout)
                yes = int(random.binomial(knowing, turnout))
                stays = turnout * (1 - (county.shy if wave == LATER else 0))
                no = int(random.binomial(hall - knowing, stays))
                if yes + no:
                    means.append(
                        WaveMean(
                            performance=school * county.shows_each + show,
                            school=school,
                            wave=wave,
                            month=date(2026 + (8 + at) // 12, (8 + at) % 12 + 1, 1),
                            answers=yes + no,
                            mean=yes / (yes + no),
                        )
                    )
    return means
