"""The planner: a problem in, within some seconds a plan out, with what is proven of every other plan. Pure.

Which school is offered which slot, so that as much as possible is covered and, after that, as little as
possible is driven. Pool, relaxation, dive, integer program, dates, read-out: one file each.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from outreach.tour.planning import dates, plan
from outreach.tour.planning.again import once_more
from outreach.tour.planning.dates import Dated
from outreach.tour.planning.dealing import deal
from outreach.tour.planning.driven import Driven
from outreach.tour.planning.each_day import best_of_each_day
from outreach.tour.planning.integer_program import at_once, dive, improve
from outreach.tour.planning.kinds import PlanRoads
from outreach.tour.planning.limit import Limit, Progress
from outreach.tour.planning.plan import Bounds, Plan
from outreach.tour.planning.pool import Pool, build, single_days
from outreach.tour.planning.problem import CannotPlan, Problem, check
from outreach.tour.planning.read_out import ReadOut, always_lost, read_out
from outreach.tour.planning.relaxation import Relaxation, most_schools

_NEXT_TO_NOTHING = 2e-3
"""Minutes below which two values are one: what the solver's tolerances may come to."""

_BY_DATE = 300_000
"""Patterns of all single days together, up to which each day is a kind of its own where the dates left
somebody over."""

_TO_DEAL = 0.3
"""The share of the time in which the days that were found are dealt by wishes, at the least."""

_TO_CHOOSE = 2.0
"""Seconds to choose in, even where listing what days can be took all there were."""

_FOR_DAYS = 0.94
"""The share of the time in which days are chosen; dates, read-out and the bound on schools take the rest."""


_ODD = 20
"""How often rows of odd sets are added to the relaxation: after that they bring next to nothing."""

_OTHER_HOSTS = 4
"""How often guests are meant for others, and the seconds that each time takes at the least:"""

_FOR_OTHERS = 1.5

_OTHER_PATTERNS = 4
"""How often patterns without a date are left out, unless the plan is within so much of its bound already:"""

_NEAR = 5e-4

_TO_TRY = 0.6
"""The share of the time after which it is not tried any more."""

_NEVER = 1e5
"""Minutes that a pattern costs which is not to be driven."""

_HANDED_OUT_EVERY = 0.5
"""Seconds between two plans so far: with many schools reading one out takes a tenth of that."""


def solve(
    problem: Problem,
    seconds: float,
    seed: int = 1,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    so_far: Callable[[Plan], None] | None = None,
) -> Plan:
    """The best plan found in so many seconds, and the bounds that hold for all plans.

    Listing what days can be is not cut short: with many shows a day it may take longer than the seconds
    given. The same problem and seed come to the same plan where time does not run out. `progress` hears of
    each better plan and bound, and `so_far` gets the best there is as it comes, for whoever ends this process.
    When `stop` says so, the planner ends early and hands out its best. Raises CannotPlan.
    """
    check(problem)
    if not seconds > 0:
        raise CannotPlan("The planner needs some seconds of time.")
    limit = Limit(seconds, tell=progress, stop=stop)
    figures = PlanRoads(problem)
    pool = build(figures, problem.kept)
    limit.at_least(_TO_CHOOSE)
    if not len(pool) and not len(figures.pairs):
        found = read_out(figures, pool, {}, problem.kept)
        nothing = Bounds(value=found.value, schools=0, driving=found.driving)
        limit.tell(schools=found.reached, driving=found.driving, bound=found.value)
        return _dealt(figures, _handed_out(figures, pool, found, nothing, limit), limit)
    relaxation = Relaxation(figures, pool, seed=seed)
    best = _SoFar(figures, pool, limit, so_far)
    best.at_first(relaxation)
    driven, bound = _chosen(figures, pool, relaxation, limit, seed, heard=best.heard)
    dated, stuck = dates.deal(figures, pool, driven)
    if stuck and single_days(figures, pool) < _BY_DATE and not limit.over(_FOR_DAYS):
        apart = figures.by_date()
        by_date = build(apart, problem.kept)
        driven, proven = _chosen(apart, by_date, Relaxation(apart, by_date, seed=seed), limit, seed)
        bound = max(bound, proven)
        dated, stuck = _fuller((dated, stuck), dates.deal(apart, by_date, driven))
        found = _read(figures, pool, driven, dated, stuck, limit, seed)
    else:
        found = _read(figures, pool, driven, dated, stuck, limit, seed)
        if stuck:
            found = _other_patterns(
                figures, pool, driven=driven, stuck=stuck, found=found, bound=bound, limit=limit, seed=seed
            )
    found = best.or_told(found)
    best.hand_out(found, bound)
    least = bound + always_lost(figures, problem.kept)
    exactly = None
    if found.value > least + _NEXT_TO_NOTHING and not limit.over(_FOR_DAYS):
        exactly = best_of_each_day(figures, pool, found, limit, share=_FOR_DAYS, seed=seed)
    if exactly is not None:
        found, proven = exactly
        bound = max(bound, proven)
    else:
        found = _other_guests(figures, pool, driven, found, limit, seed)
    schools = most_schools(relaxation, found.reached, limit)
    bounds = _bounds(figures, pool, found, bound, schools)
    limit.tell(schools=found.reached, driving=found.driving, bound=bounds.value)
    return _dealt(figures, _handed_out(figures, pool, found, bounds, limit), limit)


class _SoFar:
    """The best plan there is: how many schools it reaches is told each time that it is better than the last, and the
    plan handed to whoever `asks`."""

    def __init__(
        self, figures: PlanRoads, pool: Pool, limit: Limit, asks: Callable[[Plan], None] | None
    ) -> None:
        self.figures, self.pool, self.limit, self.asks = figures, pool, limit, asks
        self.found: ReadOut | None = None
        self.again = 0.0

    def at_first(self, relaxation: Relaxation) -> None:
        """A plan of patterns as they are worth most, before anything is solved: whoever stops the planner early has
        that."""
        if self.asks is not None:
            self.heard(at_once(relaxation.rows), relaxation.unsolved)

    def heard(self, driven: Driven, bound: float) -> None:
        """Patterns that are better than those before; whoever of them has no date is left out."""
        if self.limit.gone < self.again:
            return
        dated, _ = dates.deal(self.figures, self.pool, driven)
        meant = self.figures.pairs.seated(driven.guests)
        found = read_out(self.figures, self.pool, dated, self.figures.problem.kept, guests=meant)
        self.hand_out(found, bound)
        self.again = self.limit.gone + _HANDED_OUT_EVERY

    def hand_out(self, found: ReadOut, bound: float) -> None:
        """A plan and what is proven of every other; how many schools there could be is not reckoned for it."""
        if self.found is not None and found.value >= self.found.value:
            return
        self.found = found
        bounds = _bounds(self.figures, self.pool, found, bound, len(self.figures.gaps))
        self.limit.tell(schools=found.reached, driving=found.driving, bound=bounds.value)
        if self.asks is not None:
            plan_so_far = _handed_out(self.figures, self.pool, found, bounds, self.limit)
            self.asks(replace(plan_so_far, ended=plan.STOPPED))

    def or_told(self, found: ReadOut) -> ReadOut:
        """`found`, or where there was no time to better it the plan that was already told, if that is better."""
        if self.found is None or not self.limit.over(_FOR_DAYS):
            return found
        return min(found, self.found, key=lambda each: each.value)


def _bounds(figures: PlanRoads, pool: Pool, found: ReadOut, bound: float, schools: int) -> Bounds:
    """What no plan betters. `bound`: of the programs, which do not count what is always lost."""
    bound += always_lost(figures, figures.problem.kept)
    beside = found.lost + found.paid + found.travelled + found.apart
    least = math.ceil(bound - beside - _NEXT_TO_NOTHING) + figures.booked_driving
    if not (pool.driving < 0).any():  # no detour of the roads is shorter than the way
        least = max(least, figures.booked_driving)
    return Bounds(value=bound, schools=schools, driving=min(found.driving, max(0, least)))


def _read(
    figures: PlanRoads,
    pool: Pool,
    driven: Driven,
    dated: Dated,
    stuck: list[tuple[int, ...]],
    limit: Limit,
    seed: int,
) -> ReadOut:
    """The plan that dated patterns are, with a date found for whoever is stuck without one."""
    if stuck:
        dated = once_more(figures, dated, stuck, limit, seed)
    return read_out(figures, pool, dated, figures.problem.kept, guests=figures.pairs.seated(driven.guests))


def _other_patterns(
    figures: PlanRoads,
    pool: Pool,
    *,
    driven: Driven,
    stuck: list[tuple[int, ...]],
    found: ReadOut,
    bound: float,
    limit: Limit,
    seed: int,
) -> ReadOut:
    """The best plan after patterns that came out without a date were left out, as long as there is time for
    it."""
    best, cost = found, pool.cost.copy()
    least = bound + always_lost(figures, figures.problem.kept)
    for _ in range(_OTHER_PATTERNS):
        if not stuck or limit.over(_TO_TRY) or best.value <= least + _NEAR * best.driving:
            break
        gone = set(stuck)
        for pattern in driven.patterns:
            schools = tuple(int(s) for s in pool.members[pattern] if s < figures.count)
            if pool.dated[pattern] < 0 and schools in gone:
                cost[pattern] = _NEVER
        fewer = replace(pool, cost=cost.copy())
        a_while = limit.of_its_own(0)
        driven, _ = _chosen(figures, fewer, Relaxation(figures, fewer, seed=seed), a_while, seed)
        dated, stuck = dates.deal(figures, fewer, driven)
        if stuck and limit.over(_FOR_DAYS):
            break  # finding dates for them would take longer than there is time
        best = min(best, _read(figures, pool, driven, dated, stuck, limit, seed), key=lambda each: each.value)
    return best


def _other_guests(
    figures: PlanRoads, pool: Pool, driven: Driven, found: ReadOut, limit: Limit, seed: int
) -> ReadOut:
    """The best plan after guests who could not come to the host that was meant for them were meant for
    others.

    Whether they can is known only when a show has its date and its start.
    """
    best, fewer = found, figures
    for _ in range(_OTHER_HOSTS):
        out = {out.school for out in found.left_out}
        pairs = fewer.pairs
        lost = [pair for pair in driven.guests if figures.gaps[pairs.guest[pair]].school in out]
        if not lost or limit.asked():
            break
        fewer = fewer.without(np.array(lost))
        a_while = limit.of_its_own(_FOR_OTHERS)
        driven, _ = _chosen(fewer, pool, Relaxation(fewer, pool, seed=seed), a_while, seed)
        dated, stuck = dates.deal(fewer, pool, driven)
        if stuck:
            break
        meant = fewer.pairs.seated(driven.guests)
        found = read_out(figures, pool, dated, figures.problem.kept, guests=meant)
        best = min(best, found, key=lambda each: each.value)
    return best


def _fuller(
    one: tuple[Dated, list[tuple[int, ...]]], other: tuple[Dated, list[tuple[int, ...]]]
) -> tuple[Dated, list[tuple[int, ...]]]:
    """Of two ways to deal dates the later one, unless it leaves more without."""
    return one if sum(map(len, one[1])) < sum(map(len, other[1])) else other


def _chosen(
    figures: PlanRoads,
    pool: Pool,
    relaxation: Relaxation,
    limit: Limit,
    seed: int,
    heard: Callable[[Driven, float], None] = lambda _driven, _bound: None,
) -> tuple[Driven, float]:
    """Which patterns to drive, whatever the date, and the bound on every choice. `heard`: of each better one."""

    def better(driven: Driven, bound: float) -> None:
        heard(driven, bound)
        limit.tell(bound=bound + constant)

    constant = always_lost(figures, figures.problem.kept)
    _, relaxed = relaxation.solve(limit, 0.85, odd=_ODD)
    limit.tell(bound=relaxed.bound + constant)
    driven = dive(relaxation, limit, 0.9)
    if limit.over(0.9):
        driven = min(driven, at_once(relaxation.rows), key=lambda each: each.value)
    better(driven, relaxed.bound)
    return improve(figures, pool, relaxed, driven, limit, share=_FOR_DAYS, seed=seed, better=better)


def _beside(figures: PlanRoads) -> tuple[str, ...]:
    problem = figures.problem
    counts = {
        plan.GUESTS: len(figures.pairs) > 0,
        plan.REGIONS: problem.apart > 0 and len(figures.regions) > 1,
        plan.KEPT: any(each.price for each in problem.kept),
    }
    return tuple(what for what, does in counts.items() if does)


def _handed_out(figures: PlanRoads, pool: Pool, found: ReadOut, bounds: Bounds, limit: Limit) -> Plan:
    ended = plan.DONE
    if found.value <= bounds.value + _NEXT_TO_NOTHING:
        ended = plan.PROVEN
    elif limit.stopped:
        ended = plan.STOPPED
    elif limit.over(_FOR_DAYS):
        ended = plan.OUT_OF_TIME
    return Plan(
        visits=found.visits,
        left_out=found.left_out,
        reached=found.reached,
        in_part=found.in_part,
        driving=found.driving,
        booked_driving=found.booked_driving,
        value=found.value,
        bounds=bounds,
        moved=found.moved,
        dropped=found.dropped,
        seconds=limit.gone,
        given=limit.given,
        ended=ended,
        complete=pool.complete,
        travelled=found.travelled,
        apart=found.apart,
        beside=_beside(figures),
    )


def _dealt(figures: PlanRoads, whole: Plan, limit: Limit) -> Plan:
    """The plan with its days dealt as it is wished."""
    return deal(figures.problem, whole, limit.of_its_own(_TO_DEAL * limit.seconds))
