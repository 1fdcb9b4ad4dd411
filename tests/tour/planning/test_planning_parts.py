"""Parts of a plan chosen anew, where all that could matter is too much for one program."""

import numpy as np
import pytest
import small

from outreach.tour.planning.driven import Driven, covered_by, missing_of
from outreach.tour.planning.integer_program import IntegerProgram, at_once, improve
from outreach.tour.planning.kinds import PlanRoads
from outreach.tour.planning.limit import Limit
from outreach.tour.planning.pool import build
from outreach.tour.planning.relaxation import Relaxation


@pytest.mark.parametrize("guests", [False, True])
def test_parts_chosen_anew_better_a_poor_plan_and_keep_every_rule(
    guests: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.tour.planning.integer_program._A_PART", 20.0)  # on however busy a machine
    figures = PlanRoads(small.problem(7, schools=40, days=18, booked=0.2, dates=2, guests=guests))
    pool = build(figures)
    relaxation = Relaxation(figures, pool, seed=1)
    _, relaxed = relaxation.solve(Limit(60))
    program = IntegerProgram(figures, pool, relaxed, seed=1)
    poor = at_once(relaxation.rows)
    told: list[Driven] = []
    limit = Limit(60, stop=lambda: len(told) >= 1)
    found = program.in_parts(
        poor,
        limit,
        share=1.0,
        better=lambda driven, _bound: told.append(driven),
        whole=np.zeros(figures.count, bool),
    )
    values = [poor.value, *(each.value for each in told)]
    assert told and values == sorted(values, reverse=True) and len(set(values)) == len(values)
    assert found == told[-1] and relaxed.bound <= found.value < poor.value
    used = np.bincount(pool.kind[list(found.patterns)], minlength=len(figures.kinds))
    assert (used <= [len(kind.days) for kind in figures.kinds]).all()
    missing = missing_of(figures, covered_by(figures, pool, found.patterns), found.guests)
    lost = float(missing @ figures.worth) + figures.pairs.cost[list(found.guests)].sum()
    assert found.value == pytest.approx(pool.cost[list(found.patterns)].sum() + lost)


def test_with_parts_first_the_programs_still_prove_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where there are many patterns, but with few, so that it can be seen to its end."""
    monkeypatch.setattr("outreach.tour.planning.integer_program._AT_FIRST", 1)
    monkeypatch.setattr("outreach.tour.planning.integer_program._FIRST_SHARE", 0.02)
    figures = PlanRoads(small.problem(7, schools=14, days=7, booked=0.2, dates=2))
    pool = build(figures)
    relaxation = Relaxation(figures, pool, seed=1)
    _, relaxed = relaxation.solve(Limit(60))
    driven, bound = improve(
        figures,
        pool,
        relaxed,
        at_once(relaxation.rows),
        Limit(60),
        share=1.0,
        seed=1,
        better=lambda _driven, _bound: None,
    )
    assert driven.value == pytest.approx(bound, abs=2e-3)
