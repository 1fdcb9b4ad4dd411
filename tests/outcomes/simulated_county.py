"""Counties of which the truth is known: their schools' pupils are drawn, and so is who answers."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from how_many import so_many
from outreach.outcomes.wave_changes import BEFORE, LATER, WaveMean

SEED = 20_271
RUNS = so_many(2_000, least=400)


@dataclass(frozen=True, kw_only=True)
class County:
    """How the schools of a made-up county know whom to tell, and what a show does to it.

    Shares from 0 to 1. A school's own share varies by `spread` either way and what the show does there by
    `effect_spread`; by itself the share rises by `trend` a month. A school has from the one to the other number of
    `shows`, whose pupils answer alike by `icc` beyond their school. Of each wave a part of `turnout` answers; `shy` of
    those who do not know leave the later wave out beyond that. `first`: which schools come first, those that know least
    ("need") or most ("keen"), else any.
    """

    schools: int = 60
    shows: tuple[int, int] = (1, 1)
    icc: float = 0.0
    knows: float = 0.4
    spread: float = 0.2
    effect: float = 0.15
    effect_spread: float = 0.1
    trend: float = 0.0
    turnout: tuple[float, float] = (0.4, 0.9)
    shy: float = 0.0
    first: str = ""


def answers(county: County, random: np.random.Generator) -> list[WaveMean]:
    """A year of it: each school is reached in one of the months September to March and asked again three months
    later."""
    own = county.knows + random.uniform(-county.spread, county.spread, county.schools)
    effect = county.effect + random.uniform(-county.effect_spread, county.effect_spread, county.schools)
    order = {"need": np.argsort(own), "keen": np.argsort(-own)}.get(
        county.first, random.permutation(county.schools)
    )
    month = np.empty(county.schools, int)
    month[order] = np.sort(random.integers(0, 7, county.schools))
    school = np.repeat(
        np.arange(county.schools), random.integers(county.shows[0], county.shows[1] + 1, county.schools)
    )
    hall = random.integers(60, 240, len(school))
    means: list[WaveMean] = []
    for wave, after, more in ((BEFORE, 0, 0.0), (LATER, 3, effect)):
        at = month + after
        share = np.clip(own + county.trend * at + more, 0.01, 0.99)[school]
        if county.icc:
            of_hall = (1 - county.icc) / county.icc
            share = random.beta(share * of_hall, (1 - share) * of_hall)
        knowing = random.binomial(hall, share)
        turnout = random.uniform(*county.turnout, len(school))
        yes = random.binomial(knowing, turnout)
        no = random.binomial(hall - knowing, turnout * (1 - (county.shy if wave == LATER else 0)))
        means += [
            WaveMean(
                performance=performance,
                school=of,
                wave=wave,
                month=date(2026 + (8 + when) // 12, (8 + when) % 12 + 1, 1),
                answers=said,
                mean=said_yes / said,
            )
            for performance, (of, when, said, said_yes) in enumerate(
                zip(school.tolist(), at[school].tolist(), (yes + no).tolist(), yes.tolist(), strict=True)
            )
            if said
        ]
    return means
