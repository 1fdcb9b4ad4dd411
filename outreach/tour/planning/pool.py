"""The pool: the patterns of all kinds of day, and those of single days that keep what is proposed there.
Pure.

A pattern is a set of schools that fits one day together with what is booked on it (walk.py).
"""

import math
from dataclasses import dataclass

import numpy as np

from outreach.tour.planning.kinds import LAST_MINUTE, MOST_NEW, PlanRoads
from outreach.tour.planning.problem import KEPT_WITHIN, KeptShow
from outreach.tour.planning.walk import MOST_CELLS, NEAREST, Walk, cheapest


@dataclass(frozen=True, kw_only=True)
class Pool:
    """One line a pattern. `members`: school numbers, rising, padded with the count of schools.

    `driving`: extra minutes; `cost`: the same with what its further regions count as, less what is saved by
    moving nobody. `dated`: position in `days` of the day it is for, -1 for any day of its kind. `complete`:
    every pattern is here. `exact`: each is of one day and has its guests among its members, so that whoever
    chooses has to see that no school has more shows than it needs, nor shows of two troupes on one date.
    """

    members: np.ndarray
    cost: np.ndarray
    driving: np.ndarray
    kind: np.ndarray
    dated: np.ndarray
    days: tuple[int, ...]
    complete: bool
    exact: bool = False

    def __len__(self) -> int:
        return len(self.cost)


MOST_PATTERNS = 2_000_000
"""In one pool; above it, patterns of three, and then pairs, are of neighbours only. So many need some 400 MB
while they are solved."""

_FEWEST_PARTNERS = 8
"""Schools that may follow a school on a day, where there are very many kinds of day."""

Part = tuple[np.ndarray, np.ndarray, np.ndarray, int, int]
"""Members, cost, driving, kind, and position in the pool's days or -1."""


def build(figures: PlanRoads, kept: tuple[KeptShow, ...] = ()) -> Pool:
    """All patterns of all kinds of day, and for each day with something to keep those that keep some of
    it."""
    nearest = _nearest(figures)
    parts, complete = _of_kinds(figures, nearest)
    if nearest is None and sum(len(part[1]) for part in parts) > MOST_PATTERNS:
        parts, complete = _of_kinds(figures, NEAREST)
    days = kept_by_day(figures, kept)
    for row, (day, what) in enumerate(days.items()):
        members, cost, driving, all_there = keeping(figures, day, what)
        parts.append((members, cost, driving, int(figures.kind_of[day]), row))
        complete = complete and all_there
    return together(figures, parts, days=tuple(days), complete=complete)


def _of_kinds(figures: PlanRoads, nearest: int | None) -> tuple[list[Part], bool]:
    """(the patterns of each kind of day, whether these are all)."""
    parts: list[Part] = []
    complete = all(kind.at_most - len(kind.booked) <= MOST_NEW for kind in figures.kinds)
    partners = _partners(figures)
    for number, kind in enumerate(figures.kinds):
        walk = Walk(figures, kind, nearest=nearest, partners=partners)
        complete = complete and walk.complete
        members, driving = walk.patterns()
        parts.append((members, driving, driving, number, -1))
    return parts, complete


def _nearest(figures: PlanRoads) -> int | None:
    """How many nearest schools may follow a school in patterns of three; None where all can be tried
    first."""
    kinds = sum(kind.room > 2 for kind in figures.kinds)
    if kinds * min(figures.count**3, MOST_CELLS) <= MOST_CELLS:
        return None
    return min(NEAREST, max(_FEWEST_PARTNERS, math.isqrt(2 * MOST_PATTERNS // (kinds * figures.count))))


def _partners(figures: PlanRoads) -> int | None:
    """How many schools may follow a school, where each day has other hours or ends and all pairs would be too
    many."""
    kinds = sum(kind.room > 1 for kind in figures.kinds)
    if kinds * figures.count**2 / 2 <= MOST_PATTERNS:
        return None
    return max(_FEWEST_PARTNERS, MOST_PATTERNS // (kinds * figures.count))


def together(figures: PlanRoads, parts: list[Part], *, days: tuple[int, ...], complete: bool) -> Pool:
    """One pool of parts, all as wide as the widest."""
    width = max([part[0].shape[1] for part in parts], default=1)
    sizes = [len(part[1]) for part in parts]
    members = np.full((sum(sizes), width), figures.count, np.int16)
    at = 0
    for part, size in zip(parts, sizes, strict=True):
        members[at : at + size, : part[0].shape[1]] = part[0]
        at += size
    nothing = np.zeros(0)
    return Pool(
        members=members,
        cost=np.concatenate([nothing, *(part[1] + apart_of(figures, part) for part in parts)]).astype(float),
        driving=np.concatenate([nothing, *(part[2] for part in parts)]).astype(np.int32),
        kind=np.repeat(np.array([part[3] for part in parts], np.int32), sizes),
        dated=np.repeat(np.array([part[4] for part in parts], np.int32), sizes),
        days=days,
        complete=complete,
    )


def apart_of(figures: PlanRoads, part: Part) -> np.ndarray | float:
    """What the regions that each pattern adds to its day count as."""
    each = figures.problem.apart
    if not each or not figures.regions:
        return 0.0
    region = figures.region[part[0]]
    there = {figures.regions[show.region] for show in figures.kinds[part[3]].booked if show.region}
    new = np.zeros(len(region), np.int64)
    for at in range(region.shape[1]):
        known = np.isin(region[:, at], [-1, *there]) | (region[:, :at] == region[:, [at]]).any(axis=1)
        new += ~known
    return each * (new if there else np.maximum(new - 1, 0))


def single_days(figures: PlanRoads, pool: Pool) -> int:
    """How many patterns there would be if each day were a kind of its own."""
    patterns = np.bincount(pool.kind, minlength=len(figures.kinds))
    return int(sum(n * len(kind.days) for n, kind in zip(patterns, figures.kinds, strict=True)))


def keeping(
    figures: PlanRoads, day: int, kept: list[KeptShow], *, among: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    """(members, cost, driving, whether these are all) of the day's patterns that keep a show, cheaper by the
    price of each.

    Each kept show is a line of its own in the walk, beside its school's free one: within half an hour of what
    was proposed, and for one show. `among`: no other schools than these beside what is kept.
    """
    number = {gap.school: school for school, gap in enumerate(figures.gaps)}
    schools = np.array([number[each.school] for each in kept], np.int64)
    near = [
        near_to(figures.may_start[school], each) for school, each in zip(schools.tolist(), kept, strict=True)
    ]
    lines = figures.with_lines(schools, near)
    kept_lines = np.arange(figures.count, lines.count)
    others = None if among is None else np.concatenate([among, schools, kept_lines])
    walk = Walk(lines, lines.one_date(day), through=kept_lines, among=others)
    found, driving = walk.patterns()
    prices = np.concatenate([np.zeros(figures.count), [each.price for each in kept], [0.0]])
    cost = driving - prices[found].sum(axis=1)
    members = np.sort(np.append(lines.alias, figures.count)[found], axis=1).astype(np.int16)
    best = cheapest(members, cost, figures.count)
    return members[best], cost[best], driving[best], walk.complete


def near_to(may_start: np.ndarray, show: KeptShow) -> np.ndarray:
    """When a school's show may start, of when it may at all, so that it does not move the one that is kept."""
    near: np.ndarray = may_start & (np.abs(np.arange(LAST_MINUTE + 1) - show.starts) <= KEPT_WITHIN)
    return near


def kept_by_day(figures: PlanRoads, kept: tuple[KeptShow, ...]) -> dict[int, list[KeptShow]]:
    """What can be kept at all, by the position of its day; a day that is full or gone keeps nothing."""
    position = {day.number: at for at, day in enumerate(figures.problem.days)}
    schools = {gap.school for gap in figures.gaps}
    found: dict[int, list[KeptShow]] = {}
    for each in kept:
        day = position.get(each.day)
        if day is not None and each.school in schools and figures.kind_of[day] >= 0:
            found.setdefault(day, []).append(each)
    return dict(sorted(found.items()))
