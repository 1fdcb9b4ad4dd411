"""Guests seated at the shows of a plan that has its dates: within seats, hours and reach, each at the
cheapest. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from outreach.tour.planning import hosting
from outreach.tour.planning.kinds import PlanRoads
from outreach.tour.planning.problem import KEPT_WITHIN, KeptShow, SchoolToPlan
from outreach.tour.planning.replay import ReplayedDay, ReplayedShow, replay

Spot = tuple[int, int]
"""A day and the position of a show on it."""


@dataclass
class _Day:
    """A day of the plan: its new shows' gaps, narrowed to what suits their guests, and when it plays them."""

    gaps: list[SchoolToPlan]
    told: ReplayedDay
    guests: dict[int, list[int]]


class Seating:
    """Who comes to which show. `told`: each day in use as it was replayed; it may begin a show later for a
    guest."""

    def __init__(
        self, figures: PlanRoads, told: dict[int, ReplayedDay], kept: dict[int, list[KeptShow]]
    ) -> None:
        self.figures, self.kept = figures, kept
        self.number = {gap.school: school for school, gap in enumerate(figures.gaps)}
        self.days = {
            day: _Day([figures.gaps[self.number[show.school]] for show in one.shows], one, defaultdict(list))
            for day, one in told.items()
        }
        self.playing: dict[int, list[Spot]] = defaultdict(list)
        for day, one in self.days.items():
            for at, gap in enumerate(one.gaps):
                self.playing[self.number[gap.school]].append((day, at))

    def seat(self) -> None:
        """All that gain by it, the most worth first."""
        pairs, figures = self.figures.pairs, self.figures
        of_guest: dict[int, list[int]] = defaultdict(list)
        for pair, guest in enumerate(pairs.guest.tolist()):
            if guest not in self.playing:
                of_guest[guest].append(pair)
        for guest in sorted(of_guest, key=lambda guest: (-figures.worth[guest], guest)):
            tried = [
                (cost, spot, told, gaps)
                for pair in of_guest[guest]
                for spot in self.playing[int(pairs.hosts[pairs.host[pair]])]
                for cost, told, gaps in [self._with(guest, pair, spot)]
                if cost < figures.worth[guest]
            ]
            if tried:
                _, (day, at), told, gaps = min(tried, key=lambda each: (each[0], each[1]))
                self.days[day].told, self.days[day].gaps = told, gaps
                self.days[day].guests[at].append(guest)

    def _with(self, guest: int, pair: int, spot: Spot) -> tuple[float, ReplayedDay, list[SchoolToPlan]]:
        """(minutes that it costs to have the guest at a show, the day with it, its gaps)."""
        figures, (day, at) = self.figures, spot
        one = self.days[day]
        host, coming = one.gaps[at], figures.gaps[guest]
        never = float("inf"), one.told, one.gaps
        taken = sum(figures.gaps[other].pupils for other in one.guests[at])
        if taken + coming.pupils > host.seats or not figures.can[guest, figures.column[day]]:
            return never
        road = int(figures.road[figures.place[guest], figures.place[self.number[host.school]]])
        suits = hosting.starts(coming, road)
        gaps = list(one.gaps)
        gaps[at] = replace(host, windows=hosting.common(host.windows, suits))
        cost = float(figures.pairs.cost[pair])
        if any(first <= one.told.shows[at].starts <= last for first, last in suits):
            return cost, one.told, gaps
        problem = figures.problem
        told = replay(problem, problem.days[day], gaps, self.kept[day])
        told = None if told is None else _in_order(told, gaps)
        if told is None:
            return never
        worse = self._minutes(day, told) - self._minutes(day, one.told)
        return cost + worse, told, gaps

    def _minutes(self, day: int, told: ReplayedDay) -> float:
        """Minutes of driving of a day, less what is saved by what it keeps."""
        saved = sum(
            each.price
            for each in self.kept[day]
            if any(
                show.school == each.school and abs(show.starts - each.starts) <= KEPT_WITHIN
                for show in told.shows
            )
        )
        return told.driving - saved


def _in_order(told: ReplayedDay, gaps: Sequence[SchoolToPlan]) -> ReplayedDay | None:
    """The day with its shows in the order of `gaps`, each in its gap's hours; None where a school's two
    cannot be told apart by them."""
    left = list(told.shows)
    found: list[ReplayedShow] = []
    for gap in gaps:
        mine = [
            show
            for show in left
            if show.school == gap.school and any(first <= show.starts <= last for first, last in gap.windows)
        ]
        if not mine:
            return None
        found.append(mine[0])
        left.remove(mine[0])
    return replace(told, shows=tuple(found))
