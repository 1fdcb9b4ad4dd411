"""Nights away that a plan proposes: only where they save more than they cost, found by trying every night, and the day
after can still be played."""

from dataclasses import replace
from datetime import timedelta

import small

from outreach.tour.planning.nights_away import nights
from outreach.tour.planning.plan import Plan
from outreach.tour.planning.planner import solve
from outreach.tour.planning.problem import Problem
from outreach.tour.planning.replay import replay


def staying(problem: Problem, day: int, near: int) -> Problem:
    """The same, but that the troupe of a day stays at a place for the night after it."""
    given = next(each for each in problem.days if each.number == day)
    after = given.day + timedelta(days=1)
    return replace(
        problem,
        days=tuple(
            replace(each, returns_to=near)
            if each.number == day
            else replace(each, leaves_from=near)
            if (each.troupe, each.day) == (given.troupe, after)
            else each
            for each in problem.days
        ),
    )


def driving(problem: Problem, plan: Plan) -> int | None:
    """Minutes of all days as they are planned, driven from and to where the days begin and end."""
    gaps = {gap.school: gap for gap in problem.gaps}
    total = 0
    for day in problem.days:
        shows = [visit for visit in plan.visits if visit.day == day.number]
        if shows or day.booked:
            told = replay(problem, day, [gaps[visit.school] for visit in shows])
            if told is None:
                return None
            total += told.driving
    return total


def test_each_night_saves_at_least_what_it_says_and_the_days_can_still_be_played() -> None:
    found = 0
    for seed in range(30):
        problem = small.problem(seed, days=5, schools=7, troupes=1 + seed % 2, dates=1)
        plan = solve(problem, 20)
        before = driving(problem, plan)
        for night in nights(problem, plan.visits, above=20):
            after = driving(staying(problem, night.day, night.near), plan)
            assert after is not None and before is not None, seed
            assert night.saves > 20 and before - after >= night.saves, (seed, night)
            found += 1
    assert found > 10


def test_no_night_is_proposed_that_does_not_save_more_than_it_has_to() -> None:
    problem = small.problem(3, days=5, schools=7, dates=1)
    plan = solve(problem, 20)
    every = nights(problem, plan.visits, above=0)
    assert every
    least = min(night.saves for night in every)
    assert least not in {night.saves for night in nights(problem, plan.visits, above=least)}
    assert nights(problem, plan.visits, above=24 * 60) == []


def test_a_troupe_that_stays_somewhere_already_or_has_a_day_off_between_is_proposed_no_night() -> None:
    problem = small.problem(3, days=5, schools=7, dates=1)
    plan = solve(problem, 20)
    first = nights(problem, plan.visits, above=0)[0]
    assert first.day not in {
        night.day for night in nights(staying(problem, first.day, first.near), plan.visits, above=0)
    }
    apart = replace(
        problem,
        days=tuple(replace(day, day=day.day + timedelta(days=n)) for n, day in enumerate(problem.days)),
    )
    assert nights(apart, plan.visits, above=0) == []
