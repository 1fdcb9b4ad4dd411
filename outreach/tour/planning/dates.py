"""Matching of patterns to dates, the hardest first. Pure.

Patterns were chosen for kinds of day, without looking at single dates. Where no matching takes them all,
everybody who found a date keeps it, each day becomes a kind of its own, and the rest is planned again.
"""

from collections import defaultdict

import numpy as np

from outreach.tour.planning.driven import Driven
from outreach.tour.planning.kinds import PlanRoads
from outreach.tour.planning.pool import Pool

Dated = dict[int, tuple[int, ...]]
"""Position of a day -> the schools added to it, by number."""


def deal(figures: PlanRoads, pool: Pool, driven: Driven) -> tuple[Dated, list[tuple[int, ...]]]:
    """(what is driven on each day, the patterns for which no date was left).

    Where it costs nobody a date, a host's show is on one that suits its guests.
    """
    guests: dict[int, list[int]] = defaultdict(list)
    for pair in driven.guests:
        host = figures.pairs.hosts[figures.pairs.host[pair]]
        guests[int(host)].append(int(figures.pairs.guest[pair]))
    dealt: Dated = {}
    to_deal: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for pattern in driven.patterns:
        schools = tuple(int(s) for s in pool.members[pattern] if s < figures.count)
        if pool.dated[pattern] >= 0:
            dealt[pool.days[pool.dated[pattern]]] = schools
        else:
            to_deal[int(pool.kind[pattern])].append(schools)
    stuck: list[tuple[int, ...]] = []
    for kind, sets in sorted(to_deal.items()):
        free = [day for day in figures.kinds[kind].days if day not in dealt]
        coming: list[tuple[int, ...]] = []
        for schools in sets:
            # A host with two shows has its guests at the first that is dealt.
            coming.append(tuple(guest for school in set(schools) for guest in guests.pop(school, ())))
        matched: dict[int, int] = {}
        for with_guests in (True, False) if any(coming) else (False,):
            open_ = [
                _open(figures, (*schools, *(coming[at] if with_guests else ())), free, dealt)
                for at, schools in enumerate(sets)
            ]
            matched = _match(sets, open_, figures)
            if len(matched) == len(sets):
                break
        for at, schools in enumerate(sets):
            if at in matched:
                dealt[matched[at]] = schools
            else:
                stuck.append(schools)
    return dealt, stuck


def _open(figures: PlanRoads, schools: tuple[int, ...], free: list[int], dealt: Dated) -> list[int]:
    """The free days on which all of them can, and none of them plays for another troupe."""
    can = np.all(figures.can[list(schools)], axis=0)
    there = {figures.column[day] for day, others in dealt.items() if set(others) & set(schools)}
    return [day for day in free if can[figures.column[day]] and figures.column[day] not in there]


def _match(sets: list[tuple[int, ...]], days: list[list[int]], figures: PlanRoads) -> dict[int, int]:
    """Position of a set -> its day, for as many sets as can be; no school on one date with two troupes."""
    days = [list(each) for each in days]
    while True:
        taken: dict[int, int] = {}
        for at in sorted(range(len(sets)), key=lambda at: len(days[at])):
            _place(at, days, taken, set())
        clash = _clash(sets, taken, figures)
        if clash is None:
            return {at: day for day, at in taken.items()}
        at, day = clash
        days[at].remove(day)


def _place(at: int, days: list[list[int]], taken: dict[int, int], tried: set[int]) -> bool:
    """Finds a day for a set, moving others along where it must (an augmenting path)."""
    way: list[tuple[int, int]] = []
    stack = [(at, iter(days[at]))]
    while stack:
        here, rest = stack[-1]
        day = next((d for d in rest if d not in tried), None)
        if day is None:
            stack.pop()
            if way:
                way.pop()
            continue
        tried.add(day)
        way.append((here, day))
        if day not in taken:
            for which, its in way:
                taken[its] = which
            return True
        stack.append((taken[day], iter(days[taken[day]])))
    return False


def _clash(sets: list[tuple[int, ...]], taken: dict[int, int], figures: PlanRoads) -> tuple[int, int] | None:
    seen: dict[tuple[int, int], int] = {}
    for day, at in sorted(taken.items()):
        for school in set(sets[at]):
            if figures.need[school] > 1 and seen.setdefault((school, int(figures.column[day])), at) != at:
                return at, day
    return None


def clashes(figures: PlanRoads, dated: Dated) -> list[tuple[int, int]]:
    """(day, school) of shows at a school that plays with another troupe on the same date."""
    seen: set[tuple[int, int]] = set()
    found = []
    for day, schools in sorted(dated.items()):
        for school in sorted(set(schools)):
            key = school, int(figures.column[day])
            if key in seen:
                found.append((day, school))
            seen.add(key)
    return found


def stuck_schools(stuck: list[tuple[int, ...]]) -> np.ndarray:
    """The schools of patterns without a date."""
    return np.unique(np.array([school for schools in stuck for school in schools], np.int64))
