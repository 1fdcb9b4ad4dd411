"""Rows of odd sets: whole days keep them, halves of days do not, and what they prove holds."""

import numpy as np
import pytest
import small

from outreach.tour.planning.driven import Driven, covered_by, hosting_by, missing_of
from outreach.tour.planning.integer_program import at_once, improve
from outreach.tour.planning.kinds import PlanRoads
from outreach.tour.planning.limit import Limit
from outreach.tour.planning.odd_sets import violated
from outreach.tour.planning.pool import build
from outreach.tour.planning.relaxation import Relaxation


def test_three_schools_in_halves_of_three_days_are_an_odd_set() -> None:
    triangle = np.array([[0, 1], [0, 2], [1, 2]])
    found = violated(triangle, np.full(3, 0.5), over=np.zeros(3), need=np.ones(3, int), known=())
    assert found == [frozenset({0, 1, 2})]
    assert violated(triangle, np.full(3, 0.5), over=np.zeros(3), need=np.ones(3, int), known=found) == []
    whole = np.array([1.0, 0, 0])
    assert violated(triangle, whole, over=np.zeros(3), need=np.ones(3, int), known=()) == []


def test_half_a_day_of_two_shows_at_one_school_and_a_day_with_its_neighbour_are_an_odd_set() -> None:
    days = np.array([[0, 0], [0, 1]])
    found = violated(days, np.array([0.5, 1.0]), over=np.zeros(2), need=np.array([2, 1]), known=())
    assert found == [frozenset({0, 1})]


@pytest.mark.parametrize("guests", [False, True])
@pytest.mark.parametrize("seed", range(1, 9))
def test_what_odd_sets_prove_is_more_and_no_plan_of_whole_days_is_below(seed: int, guests: bool) -> None:
    problem = small.problem(seed, schools=24, days=10, booked=0.2, dates=2, guests=guests)
    figures = PlanRoads(problem)
    pool = build(figures, problem.kept)
    relaxation = Relaxation(figures, pool, seed=1)
    _, plain = relaxation.solve(Limit(60))
    optimum, tight = relaxation.solve(Limit(60), odd=30)
    assert tight.exact and tight.bound >= plain.bound - 1e-6
    found, proven = improve(
        figures,
        pool,
        plain,
        at_once(relaxation.rows),
        Limit(60),
        share=1.0,
        seed=seed,
        better=lambda _driven, _bound: None,
    )
    assert tight.bound <= found.value + 1e-6 and proven == pytest.approx(found.value, abs=2e-3)
    assert optimum is not None
    for driven in (found, at_once(relaxation.rows)):
        _keeps_every_row(relaxation, driven)
    # What a pattern costs above its worth is what its column says.
    rows, which = relaxation.rows, np.arange(len(pool))
    right = rows.right(optimum.dual)
    columns = rows.columns(which, cost=pool.cost)
    paid = np.add.reduceat(columns.value * right[columns.row], columns.start)
    assert rows.reduced(pool.cost, right) == pytest.approx(pool.cost - paid)


def _keeps_every_row(relaxation: Relaxation, driven: Driven) -> None:
    figures, pool, rows = relaxation.figures, relaxation.pool, relaxation.rows
    covered = covered_by(figures, pool, driven.patterns)
    head = np.zeros(rows.head)
    head[: figures.count] = missing_of(figures, covered, driven.guests)
    head[rows.hosting : rows.guests] = hosting_by(figures, covered)
    head[rows.guests + np.array(driven.guests, np.int64)] = 1
    sums = np.zeros(rows.count)
    columns = rows.head_columns()
    column = np.repeat(np.arange(rows.head), np.diff(np.append(columns.start, len(columns.row))))
    np.add.at(sums, columns.row, columns.value * head[column])
    columns = rows.columns(np.array(driven.patterns, np.int64), cost=pool.cost[list(driven.patterns)])
    np.add.at(sums, columns.row, columns.value)
    assert (sums >= rows.lower - 1e-6).all() and (sums <= rows.upper + 1e-6).all()


def test_odd_sets_bring_the_relaxation_to_the_best_plan() -> None:
    """Where halves alone stay below: of eight problems three at the least."""
    closed = 0
    for seed in range(1, 9):
        figures = PlanRoads(small.problem(seed, schools=24, days=10, booked=0.2, dates=2))
        relaxation = Relaxation(figures, build(figures), seed=1)
        _, plain = relaxation.solve(Limit(60))
        _, tight = relaxation.solve(Limit(60), odd=30)
        closed += tight.bound > plain.bound + 0.1
    assert closed >= 3
