"""Guests seated at the shows of a plan that has its dates: within seats, hours and reach, each at the
cheapest. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from outreach.tour.planning import hosting
from outreach.tour.planning.hosting import Standing
from outreach.tour.planning.kinds import PlanRoads
from outreach.tour.planning.problem import KeptShow, SchoolToPlan
from outreach.tour.planning.replay import ReplayedDay, ReplayedShow, replay

Seated = tuple[tuple[int, tuple[int, ...]], ...]
"""The shows of a day: each host with its guests, by number."""

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
    guest. `seated`: on some of these days, who comes is chosen already; `meant`: guests that are meant for
    shows that stand; `standing`: who comes to such a show."""

    def __init__(
        self,
        figures: PlanRoads,
        told: dict[int, ReplayedDay],
        kept: dict[int, list[KeptShow]],
        seated: Mapping[int, Seated],
        meant: Mapping[int, tuple[Standing, float]],
    ) -> None:
        self.figures, self.kept = figures, kept
        self.number = {gap.school: school for school, gap in enumerate(figures.gaps)}
        self.days = {
            day: self._seated(day, seated[day])
            if day in seated
            else _Day([figures.gaps[self.number[show.school]] for show in one.shows], one, defaultdict(list))
            for day, one in told.items()
        }
        self.coming = {guest for shows in seated.values() for _, guests in shows for guest in guests}
        self.playing: dict[int, list[Spot]] = defaultdict(list)
        for day, one in self.days.items():
            for at, gap in enumerate(one.gaps):
                self.playing[self.number[gap.school]].append((day, at))
        self.standing: dict[int, Standing] = {}
        self.left = {show.number: show.seats for _, show in figures.pairs.standing}
        for guest, (show, _) in meant.items():
            if guest not in self.playing and guest not in self.coming:
                self._stand(guest, show)

    def _stand(self, guest: int, show: Standing) -> None:
        self.standing[guest] = show
        self.left[show[1].number] -= self.figures.gaps[guest].pupils

    def _seated(self, day: int, shows: Seated) -> _Day:
        figures = self.figures
        gaps = []
        for host, guests in shows:
            gap = figures.gaps[host]
            for guest in guests:
                suits = hosting.starts(figures.gaps[guest], self._road(guest, host))
                gap = replace(gap, windows=hosting.common(gap.windows, suits))
            gaps.append(gap)
        told = replay(figures.problem, figures.problem.days[day], gaps, self.kept[day])
        told = None if told is None else _in_order(told, gaps)
        assert told is not None, "guests that the plain clock refuses"
        return _Day(gaps, told, defaultdict(list, {at: list(guests) for at, (_, guests) in enumerate(shows)}))

    def _road(self, guest: int, host: int) -> int:
        place = self.figures.place
        return int(self.figures.road[place[guest], place[host]])

    def seat(self) -> None:
        """All that gain by it, the most worth first."""
        pairs, figures = self.figures.pairs, self.figures
        of_guest: dict[int, list[int]] = defaultdict(list)
        for pair, guest in enumerate(pairs.guest.tolist()):
            if guest not in self.playing and guest not in self.coming and guest not in self.standing:
                of_guest[guest].append(pair)
        for guest in sorted(of_guest, key=lambda guest: (-figures.worth[guest], guest)):
            tried = [
                (cost, spot, told, gaps)
                for pair in of_guest[guest]
                for spot in self.playing.get(int(pairs.hosts[pairs.host[pair]]), ())
                for cost, told, gaps in [self._with(guest, pair, spot)]
                if cost < figures.worth[guest]
            ]
            free = [
                (cost, show)
                for show, cost in (each for pair in of_guest[guest] for each in pairs.seated([pair]).values())
                if cost < figures.worth[guest] and figures.gaps[guest].pupils <= self.left[show[1].number]
            ]
            cheapest = min(free, key=lambda each: each[0], default=None)
            if cheapest is not None and all(cheapest[0] <= cost for cost, *_ in tried):
                self._stand(guest, cheapest[1])
            elif tried:
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
        suits = hosting.starts(coming, self._road(guest, self.number[host.school]))
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
        return cost + told.minutes(self.kept[day]) - one.told.minutes(self.kept[day]), told, gaps


def _in_order(told: ReplayedDay, gaps: Sequence[SchoolToPlan]) -> ReplayedDay | None:
    """The day with its shows in the order of `gaps`, each in its gap's hours."""
    for shows in permutations(told.shows):
        if all(_suits(show, gap) for show, gap in zip(shows, gaps, strict=True)):
            return replace(told, shows=shows)
    return None


def _suits(show: ReplayedShow, gap: SchoolToPlan) -> bool:
    return show.school == gap.school and any(first <= show.starts <= last for first, last in gap.windows)
