"""Planned again: what was booked does not move, of what was proposed almost nothing does, and it is said what
did."""

import random
from dataclasses import replace

import pytest
import small
from checker import faults

from outreach.tour.planning.kinds import PlanRoads
from outreach.tour.planning.plan import PROVEN, Plan
from outreach.tour.planning.planner import solve
from outreach.tour.planning.pool import keeping
from outreach.tour.planning.problem import KeptShow, Problem, staying


def county(seed: int, *, troupes: int = 2) -> Problem:
    """Room enough for all, and dates enough."""
    return small.problem(seed, schools=24, days=16, troupes=troupes, booked=0.2, dates=0.85)


def to_keep(plan: Plan, price: float = 30) -> tuple[KeptShow, ...]:
    """All that a plan proposes."""
    return tuple(KeptShow(school=v.school, day=v.day, starts=v.starts, price=price) for v in plan.visits)


def proposed(plan: Plan) -> set[tuple[int, int]]:
    return {(visit.school, visit.day) for visit in plan.visits}


@pytest.mark.parametrize("seed", range(6))
def test_with_nothing_changed_nobody_moves(seed: int) -> None:
    problem = county(seed)
    plan = solve(problem, 30)
    again = solve(replace(problem, kept=to_keep(plan)), 30, seed=seed + 50)
    assert (again.moved, again.dropped) == ((), ())
    assert again.visits == plan.visits
    assert faults(problem, again) == []


@pytest.mark.parametrize("seed", range(6))
def test_a_lost_day_moves_its_own_schools_and_at_most_two_others(seed: int) -> None:
    problem = county(seed)
    plan = solve(problem, 30)
    lost = random.Random(seed).choice(plan.visits).day
    problem = replace(
        problem, days=tuple(day for day in problem.days if day.number != lost), kept=to_keep(plan)
    )
    again = solve(problem, 30)
    assert faults(problem, again) == []
    others = [kept for kept in (*again.moved, *again.dropped) if kept.day != lost]
    assert len(others) <= 2


@pytest.mark.parametrize("seed", range(6))
def test_a_refused_date_and_a_school_that_says_no_move_at_most_two_others(seed: int) -> None:
    problem = county(seed)
    plan = solve(problem, 30)
    chance = random.Random(seed)
    busy, no = chance.sample(sorted({visit.school for visit in plan.visits}), 2)
    visit = next(visit for visit in plan.visits if visit.school == busy)
    refused = next(day.day for day in problem.days if day.number == visit.day)
    gaps = tuple(
        replace(gap, dates=gap.dates - {refused}) if gap.school == busy else gap
        for gap in problem.gaps
        if gap.school != no
    )
    problem = replace(problem, gaps=gaps, kept=to_keep(plan))
    again = solve(problem, 30)
    assert faults(problem, again) == []
    others = [kept for kept in (*again.moved, *again.dropped) if kept.school not in (busy, no)]
    assert len(others) <= 2


def test_moving_costs_what_it_is_said_to_cost() -> None:
    """A price above all that could be gained keeps everything; no price at all gives the plan of before."""
    problem = county(3, troupes=1)
    poor = solve(replace(problem, days=problem.days[::-1]), 0.001)
    kept = to_keep(poor)
    firm = solve(replace(problem, kept=tuple(replace(k, price=5000) for k in kept)), 30)
    free = solve(replace(problem, kept=tuple(replace(k, price=0) for k in kept)), 30)
    assert (firm.moved, firm.dropped) == ((), ())
    assert free.value == pytest.approx(solve(problem, 30).value)
    assert free.ended == PROVEN
    dear = solve(replace(problem, kept=kept), 30)
    assert free.value <= dear.value <= firm.value + 1e-6
    paid = 30 * (len(dear.moved) + len(dear.dropped))
    lost = {gap.school: gap.worth / gap.shows for gap in problem.gaps}
    left = sum(lost[out.school] * out.shows for out in dear.left_out)
    assert dear.value == pytest.approx(dear.driving - dear.booked_driving + left + paid)


def test_a_start_shifted_by_half_an_hour_has_not_moved_and_by_more_it_has() -> None:
    problem = small.problem(2, schools=1, days=1, booked=0, dates=2)
    gap = replace(problem.gaps[0], place=0, shows=1, windows=((600, 720),))
    problem = replace(problem, gaps=(gap,), days=(replace(problem.days[0], leaves=300, returns=1200),))
    day = problem.days[0].number

    def kept(starts: int) -> Plan:
        return solve(
            replace(problem, kept=(KeptShow(school=gap.school, day=day, starts=starts, price=30),)), 20
        )

    assert [(v.starts, p.moved) for p in [kept(645)] for v in p.visits] == [(645, ())]
    assert [(v.starts, p.moved) for p in [kept(570)] for v in p.visits] == [(600, ())]
    assert [len(kept(569).moved), len(kept(750).moved), len(kept(751).moved)] == [1, 0, 1]
    assert kept(645).ended == PROVEN


def test_two_shows_at_one_school_are_kept_one_by_one() -> None:
    problem = small.problem(2, schools=1, days=1, booked=0, dates=2)
    gap = replace(problem.gaps[0], place=0, shows=2, windows=((540, 840),), worth=900.0)
    day = replace(problem.days[0], leaves=300, returns=1200)
    problem = replace(problem, gaps=(gap,), days=(day,))
    both = tuple(
        KeptShow(school=gap.school, day=day.number, starts=starts, price=30) for starts in (600, 720)
    )
    assert [v.starts for v in solve(replace(problem, kept=both), 20).visits] == [600, 720]
    one = solve(replace(problem, kept=both[1:]), 20)
    assert (one.moved, len(one.visits), 720 in [v.starts for v in one.visits]) == ((), 2, True)


def test_a_day_s_pattern_is_credited_with_the_price_of_the_show_that_it_can_keep_and_no_dearer() -> None:
    """The first guess at a plan is made of these; a later search must not have to make good for it."""
    problem = small.problem(2, schools=1, days=1, booked=0, dates=2)
    gap = replace(problem.gaps[0], place=0, shows=1, windows=((540, 840),), worth=900.0)
    long = replace(problem.days[0], leaves=300, returns=1200)
    short = replace(long, returns=600 + 60 + 30 + problem.road[0][long.returns_to])
    kept = [
        KeptShow(school=gap.school, day=long.number, starts=starts, price=price)
        for starts, price in ((600, 30), (780, 500))
    ]
    for day, credit in ((long, 500), (short, 30)):
        figures = PlanRoads(replace(problem, gaps=(gap,), days=(day,), kept=tuple(kept)))
        members, cost, driving, _ = keeping(figures, 0, kept)
        assert (driving - cost).tolist() == [credit] and len(members) == 1


def test_two_kept_shows_of_a_school_are_each_kept_at_their_own_price() -> None:
    """What can only be played at the time of the cheaper one does not save the price of the dearer."""
    problem = small.problem(2, schools=1, days=2, booked=0, dates=2)
    gap = replace(problem.gaps[0], place=0, shows=1, windows=((540, 840),), worth=900.0)
    first, second = (replace(day, leaves=300, returns=1200) for day in problem.days)
    short = replace(first, returns=600 + 60 + 30 + problem.road[0][first.returns_to])
    cheap = KeptShow(school=gap.school, day=first.number, starts=600, price=30)
    dear = KeptShow(school=gap.school, day=first.number, starts=780, price=500)
    elsewhere = KeptShow(school=gap.school, day=second.number, starts=600, price=120)
    problem = replace(problem, gaps=(gap,), days=(short, second), kept=(cheap, dear, elsewhere))
    plan = solve(problem, 20)
    assert [(visit.day, visit.starts) for visit in plan.visits] == [(second.number, 600)]
    assert set(plan.moved) | set(plan.dropped) == {cheap, dear}
    assert plan.ended == PROVEN


@pytest.mark.parametrize(
    ("starts", "stay"),
    [
        ((600,), {0: 630}),
        ((575, 600), {0: 600, 1: 630}),
        ((600, 640), {0: 600, 1: 630}),
        ((700,), {}),
        ((660, 600), {0: 630, 1: 600}),
    ],
)
def test_one_show_keeps_one_proposal_and_the_dearest_that_can_be_kept_together_are(
    starts: tuple[int, ...], stay: dict[int, int]
) -> None:
    kept = [
        KeptShow(school=1, day=1, starts=at, price=price) for at, price in ((600, 30), (630, 120), (750, 500))
    ]
    kept.append(KeptShow(school=2, day=1, starts=600, price=900))
    found = staying(kept, [(1, at) for at in starts])
    assert {at: each.starts for at, each in found.items()} == stay
