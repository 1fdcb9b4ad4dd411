"""Nights away that would save a plan road: between two dates in a row of one troupe that end and begin far from its
base. Pure.

The troupe stays near the last school of the one day and drives from there to the first of the next, instead of home and
out again. Each night is between two days that no other night changes at the same end, so that the best nights are all
that save enough.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from outreach.tour.planning.day_wishes import A_LITTLE, MUCH, SOME
from outreach.tour.planning.plan import PlannedVisit
from outreach.tour.planning.problem import Problem

TIMES = {A_LITTLE: 3, SOME: 2, MUCH: 1}
"""How often a night has to save what it costs, by how much nights matter; with 'not at all' none is proposed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NightAway:
    """A night after a day (by number), near the place of its last show; `saves`: minutes on the road, both days."""

    day: int
    near: int
    saves: int


def nights(problem: Problem, visits: Iterable[PlannedVisit], *, above: int) -> list[NightAway]:
    """Every night that saves more than so many minutes, by date and troupe."""
    stops = _stops(problem, visits)
    at = {(day.troupe, day.day): day for day in problem.days}
    found = []
    for day in sorted(problem.days, key=lambda day: (day.day, day.troupe)):
        after = at.get((day.troupe, day.day + timedelta(days=1)))
        if after is None or not stops[day.number] or not stops[after.number]:
            continue
        base = day.returns_to
        if base is None or after.leaves_from != base:
            continue  # it stays somewhere already, or where it goes home to is not known
        last, first = stops[day.number][-1][1], stops[after.number][0][1]
        road = problem.road
        saves = int(road[last][base]) + int(road[base][first]) - int(road[last][first])
        if saves > above and after.leaves + int(road[last][first]) <= stops[after.number][0][0]:
            found.append(NightAway(day=day.number, near=last, saves=saves))
    return found


def _stops(problem: Problem, visits: Iterable[PlannedVisit]) -> dict[int, list[tuple[int, int]]]:
    """(get-in, place) of each show of each day, in order."""
    place = {gap.school: gap.place for gap in problem.gaps}
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for day in problem.days:
        found[day.number] += ((show.gets_in, show.place) for show in day.booked)
    for visit in visits:
        where = place[visit.school]
        if visit.guest_of is None and where is not None:
            found[visit.day].append((visit.gets_in, where))
    for each in found.values():
        each.sort()
    return found
