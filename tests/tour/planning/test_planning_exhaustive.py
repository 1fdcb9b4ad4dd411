"""Plans of small problems beside the best of all plans, and their bounds, which nothing may better."""

import pytest
import search
import small
from checker import faults

from outreach.tour.planning.plan import PROVEN
from outreach.tour.planning.planner import solve
from outreach.tour.planning.problem import Problem

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
    "guests at booked shows": dict(schools=5, days=3, guests=True, booked=0.9, at_booked=True),
    "guests at booked shows of two troupes, to be kept": dict(
        schools=4, days=4, troupes=2, guests=True, booked=0.8, at_booked=True, kept=2
    ),
    "guests at booked shows, three a day, lunch": dict(
        schools=4, days=2, a_day=3, guests=True, booked=0.9, at_booked=True, lunch=True
    ),
    "guests at booked shows, regions, few days, whole schools": dict(
        schools=4,
        days=3,
        guests=True,
        booked=0.6,
        at_booked=True,
        regions=True,
        days_at_most=1,
        whole_schools=True,
    ),
    "regions": dict(schools=5, days=3, regions=True, booked=0.5),
    "days at most": dict(schools=5, days=4, days_at_most=2, booked=0.3),
    "few days, guests, regions": dict(schools=4, days=3, days_at_most=1, guests=True, regions=True),
    "whole schools": dict(schools=5, days=3, whole_schools=True),
    "kept twice": dict(schools=3, days=3, kept=3, kept_twice=True),
    "kept twice, three a day": dict(schools=4, days=2, kept=3, kept_twice=True, a_day=3),
    "kept twice, two troupes": dict(schools=3, days=4, kept=3, kept_twice=True, troupes=2),
    "kept twice, guests": dict(schools=4, days=2, guests=True, kept=2, kept_twice=True),
    "halls": dict(schools=4, days=4, booked=0.9, halls=True),
    "halls, three a day, lunch": dict(schools=3, days=3, a_day=3, booked=0.9, halls=True, lunch=True),
    "halls, to be kept": dict(schools=4, days=3, booked=0.8, halls=True, kept=3, kept_twice=True),
    "sets that stay": dict(schools=4, days=3, sets_stay=True),
    "sets that stay, three a day": dict(schools=4, days=2, a_day=3, sets_stay=True),
    "sets that stay, halls": dict(schools=4, days=4, booked=0.9, halls=True, sets_stay=True),
    "sets that stay, lunch, to be kept": dict(
        schools=4, days=3, booked=0.5, lunch=True, kept=3, kept_twice=True, sets_stay=True
    ),
    "sets that stay, guests": dict(schools=4, days=2, guests=True, sets_stay=True),
    "sets that stay, halls, three a day, lunch": dict(
        schools=3, days=3, a_day=3, booked=0.9, halls=True, lunch=True, sets_stay=True
    ),
    "kept twice, whole schools": dict(schools=3, days=3, kept=3, kept_twice=True, whole_schools=True),
}
PLAIN, LONG = range(4), range(4, 160)
"""Problems of each shape that are looked at in each run, and in the longest one only."""


@pytest.mark.parametrize("shape", SHAPES)
def test_every_plan_is_the_best_of_all_and_says_so(shape: str) -> None:
    """Nothing betters a bound, and with time enough nothing is left that is not proven."""
    _looked_at(shape, PLAIN)


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_every_plan_of_many_more_is_the_best_of_all(shape: str) -> None:
    _looked_at(shape, LONG)


def test_there_are_two_thousand_problems_with_something_to_keep_with_double_shows_and_with_guests() -> None:
    looked_at = [small.problem(seed, **SHAPES[shape]) for shape in SHAPES for seed in (*PLAIN, *LONG)]
    assert len(looked_at) >= 2_000
    assert sum(bool(problem.kept) for problem in looked_at) >= 1_000
    assert sum(bool(problem.guests) for problem in looked_at) >= 1_300
    at_booked = [
        problem for problem in looked_at if any(show.seats for day in problem.days for show in day.booked)
    ]
    assert len(at_booked) >= 400
    assert sum(any(gap.shows > 1 for gap in problem.gaps) for problem in looked_at) >= 2_000
    twice = [problem for problem in looked_at if _one_is_kept_twice(problem)]
    assert len(twice) >= 400


def _one_is_kept_twice(problem: Problem) -> bool:
    """Whether two shows of one school are kept on one day, at different prices."""
    prices: dict[tuple[int, int], set[float]] = {}
    for each in problem.kept:
        prices.setdefault((each.school, each.day), set()).add(each.price)
    return any(len(those) > 1 for those in prices.values())


def _looked_at(shape: str, seeds: range) -> None:
    for seed in seeds:
        problem = small.problem(seed, **SHAPES[shape])
        plan = solve(problem, 20)
        assert faults(problem, plan) == [], (shape, seed)
        best = search.best(problem)
        assert plan.value == pytest.approx(best.value, abs=2e-3), (shape, seed)
        assert plan.bounds.value <= best.value + 1e-3, (shape, seed)
        assert plan.bounds.schools >= best.schools, (shape, seed)
        lost = plan.value - (plan.driving - plan.booked_driving)
        assert plan.bounds.driving - plan.booked_driving <= best.least_driving(lost), (shape, seed)
        assert plan.ended == PROVEN, (shape, seed)
