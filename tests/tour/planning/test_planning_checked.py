"""Plans held to the slow checker, whatever the problem, the time and the seed; and to a matching where it
must be one."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from time import process_time

import networkx
import pytest
import small
from checker import faults
from hypothesis import given, settings
from hypothesis import strategies as st

from how_many import each_nth, so_many
from outreach.tour.planning.limit import Progress
from outreach.tour.planning.plan import OUT_OF_TIME, PROVEN, STOPPED
from outreach.tour.planning.planner import solve


@given(
    seed=st.integers(0, 10**6),
    schools=st.integers(1, 14),
    days=st.integers(1, 8),
    a_day=st.sampled_from((1, 2, 3)),
    troupes=st.sampled_from((1, 2)),
    booked=st.sampled_from((0.0, 0.3, 0.9)),
    kept=st.sampled_from((0, 4)),
    dates=st.sampled_from((0.1, 0.5, 0.9)),
    odd_roads=st.booleans(),
    lunch=st.booleans(),
    guests=st.booleans(),
    at_booked=st.booleans(),
    regions=st.booleans(),
    days_at_most=st.sampled_from((None, None, 0, 1, 3)),
    whole_schools=st.booleans(),
    seconds=st.sampled_from((0.001, 0.05, 5.0)),
)
@settings(deadline=None, max_examples=so_many(150))
def test_every_plan_can_be_played_and_says_what_it_is(seed: int, seconds: float, **shape) -> None:
    problem = small.problem(seed, **shape)
    assert faults(problem, solve(problem, seconds, seed=seed)) == []


@pytest.mark.parametrize("seed", range(4))
def test_two_a_day_without_windows_is_a_minimum_weight_matching(seed: int) -> None:
    problem = small.problem(seed, schools=17, days=17, booked=0, dates=2)
    gaps = tuple(
        replace(gap, shows=1, worth=900.0, windows=((0, 24 * 60),), place=number)
        for number, gap in enumerate(problem.gaps)
    )
    base = len(problem.places) - 1
    days = tuple(
        replace(day, leaves=0, returns=24 * 60, leaves_from=base, returns_to=base) for day in problem.days
    )
    problem = replace(problem, gaps=gaps, days=days)
    plan = solve(problem, 60)
    road = problem.road
    saved = networkx.Graph()
    for one in range(len(gaps)):
        for other in range(one):
            saved.add_edge(one, other, weight=road[base][one] + road[base][other] - road[one][other])
    pairs = networkx.max_weight_matching(saved)
    alone = sum(2 * road[base][school] for school in range(len(gaps)))
    least = alone - sum(saved.edges[pair]["weight"] for pair in pairs)
    assert (plan.driving, plan.bounds.driving, plan.ended, plan.left_out) == (least, least, PROVEN, ())


def test_the_same_problem_and_seed_come_to_the_same_plan() -> None:
    problem = small.problem(3, schools=14, days=8)
    one, other = solve(problem, 60, seed=7), solve(problem, 60, seed=7)
    assert replace(one, seconds=0) == replace(other, seconds=0)


def test_progress_is_told_with_schools_road_bound_and_seconds() -> None:
    told: list[Progress] = []
    problem = small.problem(5, schools=14, days=8)
    plan = solve(problem, 60, progress=told.append)
    last = told[-1]
    assert (last.schools, last.driving, last.bound) == (plan.reached, plan.driving, plan.bounds.value)
    assert [each.seconds for each in told] == sorted(each.seconds for each in told)
    bounds = [each.bound for each in told if each.bound is not None]
    assert bounds == sorted(bounds)


def test_stopped_at_once_it_still_hands_out_a_plan_that_can_be_played() -> None:
    problem = small.problem(11, schools=14, days=8)
    began = process_time()
    plan = solve(problem, 600, stop=lambda: True)
    assert process_time() - began < 10
    assert faults(problem, plan) == []
    assert plan.ended in (STOPPED, PROVEN)


def test_stopped_once_there_is_a_plan_it_keeps_that() -> None:
    problem = small.problem(12, schools=14, days=8, dates=2)
    told: list[Progress] = []
    began = process_time()
    plan = solve(problem, 600, progress=told.append, stop=lambda: any(t.schools for t in told))
    assert process_time() - began < 10
    assert faults(problem, plan) == []
    assert plan.reached >= max(t.schools or 0 for t in told) > 0


@pytest.mark.parametrize("after", each_nth([0.0, 0.1, 0.3, 0.6, 1.0], 2))
def test_stopped_at_whatever_moment_it_ends_soon_and_can_be_played(after: float) -> None:
    """Three a day, where a plan is far from proven after a minute: it ends within moments, and keeps its
    best: no fewer schools than were told."""
    problem = small.problem(21, schools=60, days=24, a_day=3, dates=2, guests=True, lunch=True)
    told: list[Progress] = []
    began = process_time()
    plan = solve(problem, 300, progress=told.append, stop=lambda: process_time() > began + after)
    assert process_time() - began < after + 8
    assert faults(problem, plan) == []
    assert plan.ended in (STOPPED, PROVEN)
    assert plan.reached >= max(t.schools or 0 for t in told)


def test_two_planners_in_processes_of_their_own_come_to_the_plan_that_one_here_does() -> None:
    problem = small.problem(3, schools=12, days=8, guests=True, lunch=True)
    here = solve(problem, 60)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        there = list(pool.map(solve, [problem, problem], [60, 60]))
    assert [replace(plan, seconds=0) for plan in there] == [replace(here, seconds=0)] * 2


def test_what_the_planner_tells_may_go_wrong_and_is_heard_of() -> None:
    """Whoever listens may lose its database: that ends the planner with the same fault, wherever it was."""

    def broken(_progress: Progress) -> None:
        raise ConnectionError("the database has gone")

    with pytest.raises(ConnectionError, match="has gone"):
        solve(small.problem(5, schools=14, days=8), 60, progress=broken)


def test_with_next_to_no_time_it_says_that_time_was_over() -> None:
    problem = small.problem(11, schools=14, days=8)
    plan = solve(problem, 1e-6)
    assert faults(problem, plan) == [] and plan.ended in (OUT_OF_TIME, PROVEN)


def test_nothing_is_printed_meanwhile(capfd: pytest.CaptureFixture[str]) -> None:
    solve(small.problem(5, schools=8, days=4), 20)
    assert tuple(capfd.readouterr()) == ("", "")
