"""Planned once more, by date: when the dates left a pattern over, everybody else keeps theirs and the rest is
solved again.

Each day with room is a kind of its own. Days in use offer what keeps some of theirs, cheaper by the price of
each kept show, and what takes in the stuck; empty days offer patterns of whoever has no date, and of those
who could make room.
"""

from collections import Counter

import numpy as np

from outreach.tour.planning.dates import Dated, stuck_schools
from outreach.tour.planning.driven import Driven, driven_of
from outreach.tour.planning.integer_program import dive, improve
from outreach.tour.planning.kinds import PlanRoads
from outreach.tour.planning.limit import Limit
from outreach.tour.planning.pool import Part, Pool, keeping, together
from outreach.tour.planning.problem import KeptShow
from outreach.tour.planning.relaxation import Relaxation
from outreach.tour.planning.replay import replay
from outreach.tour.planning.walk import Walk

KEEP_PRICE = 30.0
"""Minutes of driving that keeping a date found so far is worth; a price near nought makes ties and a slow
search."""

_AT_LEAST = 3.0
"""Seconds for this, even where time is over: a plan that was promised on the way must not be lost for its
dates."""

_WHEN_STOPPED = 1.0
"""The same when somebody stopped the planner before."""

_CELLS = 1_000_000
"""Pairs that all empty days may offer together."""


def once_more(
    figures: PlanRoads, dated: Dated, stuck: list[tuple[int, ...]], limit: Limit, seed: int
) -> Dated:
    """What is driven on each day, with as many of the stuck schools as can be."""
    limit = Limit(_WHEN_STOPPED) if limit.asked() else limit.of_its_own(_AT_LEAST)
    apart = figures.by_date()
    pool, start = _pool(apart, dated, stuck)
    relaxation = Relaxation(apart, pool, seed=seed)
    _, relaxed = relaxation.solve(limit)
    driven = min(dive(relaxation, limit, 1.0), start, key=lambda each: each.value)
    if relaxed.exact:
        driven, _ = improve(
            apart, pool, relaxed, driven, limit, share=1.0, seed=seed, better=lambda _driven, _bound: None
        )
    found: Dated = {}
    for pattern in driven.patterns:
        day = apart.kinds[pool.kind[pattern]].days[0]
        found[day] = tuple(int(s) for s in pool.members[pattern] if s < apart.count)
    return found


def _pool(apart: PlanRoads, dated: Dated, stuck: list[tuple[int, ...]]) -> tuple[Pool, Driven]:
    """The patterns of each day, and the plan that keeps what has a date and nothing else."""
    shown = Counter(school for schools in dated.values() for school in schools)
    lacking = [school for school in range(apart.count) if shown[school] < apart.need[school]]
    free = np.union1d(stuck_schools(stuck), np.array(lacking, np.int64))
    movable = _movable(apart, dated, free)
    parts: list[Part] = []
    begin: list[int] = []
    at = 0
    for number, kind in enumerate(apart.kinds):
        (day,) = kind.days
        elsewhere = _elsewhere(apart, dated, day)
        if day in dated:
            # A full day takes in who has no date; one with a place takes in anybody, who makes room
            # elsewhere.
            among = free if len(dated[day]) == kind.room else None
            members, cost, driving, _ = keeping(apart, day, _as_kept(apart, day, dated[day]), among=among)
            good = ~np.isin(members, elsewhere).any(axis=1)
            members, cost, driving = members[good], cost[good], driving[good]
            begin.append(at + _same(members, dated[day], apart.count))
            parts.append((members, cost, driving, number, -1))
            at += len(cost)
            others = Walk(apart, kind, among=np.setdiff1d(free, elsewhere), through=stuck_schools(stuck))
        else:
            others = Walk(apart, kind, among=np.setdiff1d(movable, elsewhere))
        members, driving = others.patterns()
        parts.append((members, driving, driving, number, -1))
        at += len(driving)
    pool = together(apart, parts, days=(), complete=False)
    patterns = tuple(begin)
    return pool, driven_of(apart, pool, patterns, whole_schools=apart.problem.whole_schools)


def _elsewhere(apart: PlanRoads, dated: Dated, day: int) -> np.ndarray:
    """Schools that another troupe visits on this day's date, and not this one: no school has two at once."""
    others = {
        school
        for other, schools in dated.items()
        if other != day and apart.column[other] == apart.column[day]
        for school in schools
    }
    return np.array(sorted(others - set(dated.get(day, ()))), np.int64)


def _as_kept(apart: PlanRoads, day: int, schools: tuple[int, ...]) -> list[KeptShow]:
    """The day's shows, to be kept where they were put; at their own price where they were proposed there
    before."""
    problem = apart.problem
    before = [each for each in problem.kept if each.day == problem.days[day].number]
    told = replay(problem, problem.days[day], [apart.gaps[school] for school in schools], before)
    assert told is not None, "a pattern of the pool that the plain clock refuses"
    stays = told.stays(before)
    return [
        KeptShow(
            school=show.school,
            day=problem.days[day].number,
            starts=show.starts,
            price=max(KEEP_PRICE, stays[at].price if at in stays else 0.0),
        )
        for at, show in enumerate(told.shows)
    ]


def _same(members: np.ndarray, schools: tuple[int, ...], count: int) -> int:
    """Where in `members` exactly these schools stand."""
    wanted = np.full(members.shape[1], count, np.int16)
    wanted[: len(schools)] = sorted(schools)
    return int(np.flatnonzero((members == wanted).all(axis=1))[0])


def _movable(apart: PlanRoads, dated: Dated, free: np.ndarray) -> np.ndarray:
    """The schools that empty days are offered: who has no date, and the nearest of those on whose dates these
    can."""
    empty = sum(kind.days[0] not in dated for kind in apart.kinds)
    most = max(len(free), int((_CELLS / max(1, empty)) ** 0.5))
    useful = apart.can[free].any(axis=0) if len(free) else np.zeros(len(apart.dates), bool)
    there = {s for day, schools in dated.items() if useful[apart.column[day]] for s in schools}
    others = np.array(sorted(there - set(free.tolist())), np.int64)
    if len(others) and len(free):
        far = apart.road[apart.place[others][:, None], apart.place[free][None, :]].min(axis=1)
        others = others[np.argsort(far, kind="stable")]
    return np.union1d(free, others[: max(0, most - len(free))])
