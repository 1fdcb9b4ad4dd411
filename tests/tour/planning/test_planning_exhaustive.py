"""Plans of small problems beside the best of all plans, and their bounds, which nothing may better."""

import pytest
import search
import small
from checker import faults

from outreach.tour.planning.plan import PROVEN
from outreach.tour.planning.planner import solve

SHAPES = {
    "two a day": dict(schools=6, days=3),
    "booked days": dict(schools=5, days=4, booked=0.8),
    "two troupes": dict(schools=5, days=4, troupes=2),
    "three a day": dict(schools=5, days=2, a_day=3),
    "few dates": dict(schools=6, days=3, dates=0.4),
    "to be kept": dict(schools=5, days=3, kept=3),
    "three a day, to be kept": dict(schools=4, days=2, a_day=3, kept=3),
    "odd roads": dict(schools=5, days=3, odd_roads=True),
    "lunch": dict(schools=5, days=4, booked=0.5, lunch=True),
    "lunch, three a day, to be kept": dict(schools=4, days=2, a_day=3, kept=2, booked=0.5, lunch=True),
    "guests": dict(schools=5, days=2, guests=True),
    "guests, to be kept": dict(schools=4, days=2, guests=True, kept=2, booked=0.5, lunch=True),
    "guests at shows of two troupes": dict(schools=4, days=4, troupes=2, guests=True, dates=0.6),
    "regions": dict(schools=5, days=3, regions=True, booked=0.5),
    "days at most": dict(schools=5, days=4, days_at_most=2, booked=0.3),
    "few days, guests, regions": dict(schools=4, days=3, days_at_most=1, guests=True, regions=True),
    "whole schools": dict(schools=5, days=3, whole_schools=True),
}
SEEDS = range(50)
FEWER = {"lunch, three a day, to be kept": range(20), "few days, guests, regions": range(25)}
"""Where trying all plans takes long."""


@pytest.mark.parametrize("shape", SHAPES)
def test_no_plan_of_all_betters_a_bound_and_most_plans_are_the_best(shape: str) -> None:
    """Fifty problems of each shape; where single dates leave a choice too good to be true, the plan may be
    worse."""
    equal, seeds = 0, FEWER.get(shape, SEEDS)
    for seed in seeds:
        problem = small.problem(seed, **SHAPES[shape])
        plan = solve(problem, 20)
        assert faults(problem, plan) == [], (shape, seed)
        best = search.best(problem)
        assert plan.bounds.value <= best.value + 1e-3, (shape, seed)
        assert plan.value >= best.value - 1e-6, (shape, seed)
        assert plan.bounds.schools >= best.schools, (shape, seed)
        lost = plan.value - (plan.driving - plan.booked_driving)
        assert plan.bounds.driving - plan.booked_driving <= best.least_driving(lost), (shape, seed)
        if plan.ended == PROVEN:
            assert plan.value <= best.value + 2e-3, (shape, seed)
        equal += plan.value <= best.value + 2e-3
    # Whether a guest can on the date of a show, and at its start, is known only once the show has them.
    assert equal >= (0.85 if "guests" in shape else 0.9) * len(seeds), (shape, equal)
