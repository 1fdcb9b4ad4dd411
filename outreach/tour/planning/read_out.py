"""The plan read out of dated patterns: shows beyond need dropped, each day replayed, all counted anew. Pure.

What the programs say of driving and worth is not taken over: it is counted from the replayed days.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from outreach.tour.planning import hosting
from outreach.tour.planning.dates import Dated, clashes
from outreach.tour.planning.hosting import Standing
from outreach.tour.planning.kinds import DayKind, PlanRoads
from outreach.tour.planning.plan import (
    NO_DATE,
    NO_PLACE,
    NO_ROOM,
    NO_TIME,
    TOO_FAR,
    PlannedVisit,
    SchoolLeftOut,
)
from outreach.tour.planning.pool import Pool
from outreach.tour.planning.problem import KeptShow, Problem, SchoolToPlan, staying
from outreach.tour.planning.replay import ReplayedDay, replay
from outreach.tour.planning.seating import Seated, Seating


class Wrong(Exception):
    """A plan that fails on the plain clock: a fault of the planner, never to be shown."""


@dataclass(frozen=True, kw_only=True)
class ReadOut:
    """The plan's visits and what they come to; `value` in minutes, as Plan has it; `lost`: worth left out;
    `paid`: for moves that were a choice; `travelled` and `apart`: what guests, and days in several regions,
    count as."""

    visits: tuple[PlannedVisit, ...]
    left_out: tuple[SchoolLeftOut, ...]
    reached: int
    in_part: int
    driving: int
    booked_driving: int
    value: float
    lost: float
    paid: float
    travelled: float
    apart: float
    moved: tuple[KeptShow, ...]
    dropped: tuple[KeptShow, ...]


def read_out(
    figures: PlanRoads,
    pool: Pool,
    dated: Dated,
    kept: tuple[KeptShow, ...],
    seated: Mapping[int, Seated] = MappingProxyType({}),
    guests: Mapping[int, tuple[Standing, float]] = MappingProxyType({}),
) -> ReadOut:
    """The plan that these dated patterns are. `seated`: days whose guests are chosen already; `guests`: those
    that are meant for shows that stand, where nothing better comes of them."""
    reader = _Reader(figures, kept)
    days = reader.needed({day: list(schools) for day, schools in dated.items()})
    told = {day: reader.told(day, schools) for day, schools in sorted(days.items()) if schools}
    seating = Seating(figures, told, reader.kept, seated, guests)
    seating.seat()
    visits: list[PlannedVisit] = []
    for day, one in seating.days.items():
        shows = sorted(enumerate(one.told.shows), key=lambda each: each[1].starts)
        for at, show in shows:
            plays = PlannedVisit(
                day=figures.problem.days[day].number,
                school=show.school,
                gets_in=show.gets_in,
                starts=show.starts,
                away=show.away,
            )
            visits.append(plays)
            visits += [
                replace(plays, school=figures.gaps[guest].school, guest_of=show.school)
                for guest in one.guests[at]
            ]
    visits += [
        PlannedVisit(
            day=figures.problem.days[day].number,
            school=figures.gaps[guest].school,
            gets_in=show.gets_in,
            starts=show.starts,
            away=show.away,
            guest_of=show.school,
            standing=show.number,
        )
        for guest, (day, show) in sorted(seating.standing.items())
    ]
    driving = figures.booked_driving + sum(
        one.told.driving - figures_driving(figures, day) for day, one in seating.days.items()
    )
    return _counted(figures, pool, kept, tuple(visits), driving)


class _Reader:
    def __init__(self, figures: PlanRoads, kept: tuple[KeptShow, ...]) -> None:
        self.figures = figures
        self.kept: dict[int, list[KeptShow]] = defaultdict(list)
        at = {day.number: position for position, day in enumerate(figures.problem.days)}
        for each in kept:
            if each.day in at:
                self.kept[at[each.day]].append(each)

    def told(self, day: int, schools: list[int]) -> ReplayedDay:
        found = self._try(day, schools)
        if found is None:
            raise Wrong(f"day {self.figures.problem.days[day].number} cannot be played")
        return found

    def needed(self, days: dict[int, list[int]]) -> dict[int, list[int]]:
        """The days without shows that nobody needs, each dropped where that saves most."""
        figures = self.figures
        for day, school in clashes(figures, {day: tuple(schools) for day, schools in days.items()}):
            days[day] = [other for other in days[day] if other != school]
        times = Counter(school for schools in days.values() for school in schools)
        for school, shown in sorted(times.items()):
            need = int(figures.need[school])
            wanted = 0 if figures.problem.whole_schools and shown < need else need
            for _ in range(shown - wanted):
                self._drop(days, school)
        return days

    def _drop(self, days: dict[int, list[int]], school: int) -> None:
        best: tuple[float, int, list[int]] | None = None
        for day, schools in sorted(days.items()):
            if school not in schools:
                continue
            rest = list(schools)
            rest.remove(school)
            if not rest:
                fewer: ReplayedDay | None = ReplayedDay(shows=(), driving=figures_driving(self.figures, day))
            else:
                fewer = self._try(day, rest)
            if fewer is None:
                continue  # only where the roads have a detour that is shorter than the way
            saved = self.told(day, schools).minutes(self.kept[day]) - fewer.minutes(self.kept[day])
            if best is None or saved > best[0]:
                best = saved, day, rest
        if best is None:
            last = max(day for day, schools in days.items() if school in schools)
            best = 0, last, []
        days[best[1]] = best[2]

    def _try(self, day: int, schools: list[int]) -> ReplayedDay | None:
        problem = self.figures.problem
        gaps = [self.figures.gaps[school] for school in schools]
        if any(problem.days[day].day not in gap.dates for gap in gaps):
            return None
        if len(schools) + len(problem.days[day].booked) > problem.days[day].at_most:
            return None
        return replay(problem, problem.days[day], gaps, self.kept[day])


def figures_driving(figures: PlanRoads, day: int) -> int:
    """Minutes of driving of a day with room, as it stands."""
    kind: DayKind = figures.kinds[figures.kind_of[day]]
    return kind.driving


def _counted(
    figures: PlanRoads, pool: Pool, kept: tuple[KeptShow, ...], visits: tuple[PlannedVisit, ...], driving: int
) -> ReadOut:
    problem = figures.problem
    shown = Counter(visit.school for visit in visits)
    causes = Causes(figures, pool)
    left_out = tuple(
        SchoolLeftOut(school=gap.school, shows=gap.shows - shown[gap.school], cause=causes.cause_of(gap))
        for gap in problem.gaps
        if shown[gap.school] < gap.shows
    )
    lost = sum(gap.worth * (gap.shows - shown[gap.school]) / gap.shows for gap in problem.gaps)
    moved, dropped = _kept(kept, visits)
    can_stay = _could_stay(figures, kept)
    paid = sum(each.price for each in (*moved, *dropped) if each in can_stay)
    travelled, apart = _travelled(problem, visits), _apart(problem, visits)
    return ReadOut(
        visits=visits,
        left_out=left_out,
        reached=sum(shown[gap.school] >= gap.shows for gap in problem.gaps),
        in_part=sum(0 < shown[gap.school] < gap.shows for gap in problem.gaps),
        driving=driving,
        booked_driving=figures.booked_driving,
        value=driving - figures.booked_driving + lost + paid + travelled + apart,
        lost=lost,
        paid=paid,
        travelled=travelled,
        apart=apart,
        moved=moved,
        dropped=dropped,
    )


def _travelled(problem: Problem, visits: tuple[PlannedVisit, ...]) -> float:
    """What the guests count as."""
    place = {gap.school: gap.place for gap in problem.gaps if gap.place is not None}
    standing = {show.number: show.place for day in problem.days for show in day.booked if show.seats}
    return sum(
        hosting.price(
            problem,
            int(
                problem.road[place[visit.school]][
                    place[visit.guest_of] if visit.standing is None else standing[visit.standing]
                ]
            ),
        )
        for visit in visits
        if visit.guest_of is not None
    )


def _apart(problem: Problem, visits: tuple[PlannedVisit, ...]) -> float:
    """What the further regions count as that are on one day because of the plan."""
    region = {gap.school: gap.region for gap in problem.gaps}
    new: dict[int, set[str]] = defaultdict(set)
    for visit in visits:
        if visit.guest_of is None:
            new[visit.day].add(region[visit.school])
    further = 0
    for day in problem.days:
        there = {show.region for show in day.booked} - {""}
        further += max(0, len((there | new[day.number]) - {""}) - max(1, len(there)))
    return problem.apart * further


def _kept(
    kept: tuple[KeptShow, ...], visits: tuple[PlannedVisit, ...]
) -> tuple[tuple[KeptShow, ...], tuple[KeptShow, ...]]:
    """(moved, dropped): what was to be kept and did not stay, by what became of it."""
    left, gone = Counter(visit.school for visit in visits), Counter(kept)
    for day in sorted({each.day for each in kept}):
        hosts = [(v.school, v.starts) for v in visits if v.day == day and v.guest_of is None]
        stays = staying((each for each in kept if each.day == day), hosts).values()
        left.subtract(each.school for each in stays)
        gone.subtract(stays)
    moved, dropped = [], []
    for each in gone.elements():
        if left[each.school] > 0:
            left[each.school] -= 1
            moved.append(each)
        else:
            dropped.append(each)
    return tuple(moved), tuple(dropped)


def _could_stay(figures: PlanRoads, kept: tuple[KeptShow, ...]) -> tuple[KeptShow, ...]:
    """What is kept of days and schools that are still there; moving the rest is nobody's choice and costs
    nothing."""
    rooms = {figures.problem.days[day].number for kind in figures.kinds for day in kind.days}
    schools = {gap.school for gap in figures.gaps}
    return tuple(each for each in kept if each.day in rooms and each.school in schools)


def always_lost(figures: PlanRoads, kept: tuple[KeptShow, ...]) -> float:
    """Minutes that Plan's value has and the programs do not: the worth of schools without a place, and the
    price of all that could be kept, which the programs take off for what is.
    """
    nowhere = sum(gap.worth for gap in figures.problem.gaps if gap.place is None)
    return nowhere + sum(each.price for each in _could_stay(figures, kept))


class Causes:
    """Why schools are left out, the first that holds."""

    def __init__(self, figures: PlanRoads, pool: Pool) -> None:
        self.figures = figures
        self.number = {gap.school: at for at, gap in enumerate(figures.gaps)}
        self.possible = np.zeros(figures.count + 1, bool)
        self.possible[np.unique(pool.members)] = True
        # A school without a show of its own might have been a guest.
        pairs = figures.pairs
        self.possible[figures.count] = True  # whoever's show stands
        self.possible[pairs.guest[self.possible[pairs.hosts[pairs.host]]]] = True

    def cause_of(self, gap: SchoolToPlan) -> str:
        """The cause, as plan.py names them."""
        if gap.school not in self.number:
            return NO_PLACE
        school = self.number[gap.school]
        if self.possible[school]:
            return NO_ROOM
        days = [
            day
            for kind in self.figures.kinds
            for day in kind.days
            if self.figures.can[school, self.figures.column[day]]
        ]
        if not days:
            return NO_DATE
        any_time = replace(gap, windows=((0, 24 * 60),), stays_over=None)
        problem = self.figures.problem
        # One of each kind is enough: its days have the same hours and ends.
        alike = {int(self.figures.kind_of[day]): day for day in days}.values()
        if all(replay(problem, replace(problem.days[day], booked=()), [any_time]) is None for day in alike):
            return TOO_FAR
        return NO_TIME
