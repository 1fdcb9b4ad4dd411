"""Days of a tour dealt by wishes: the days that a plan found change dates and troupes, and schools change days,
where the wishes gain more than the road costs. Pure.

The planner chooses which schools share a day; on which of many like days is all the same to it. Here each of its
days is tried on the date of each other, and each show on each other day, until nothing betters it. Whatever is
tried is held to the plain clock (replay.py) and to the dates of schools and guests first, so that every rule that
the plan kept is kept. What is booked, and a day that keeps what was proposed there before, stays as it is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from itertools import combinations, permutations
from random import Random
from typing import NamedTuple

from outreach.tour.planning import hosting
from outreach.tour.planning.day_wishes import (
    A_DAY_OFF,
    A_LATER_WEEK,
    A_WEEK_LATER,
    BEHIND,
    FREE,
    NEAR,
    NOT_AT_ALL,
    PRICE,
    WEEKS,
    Wishes,
    from_middle,
    monday_of,
)
from outreach.tour.planning.limit import Limit
from outreach.tour.planning.plan import DONE, PROVEN, Plan, PlannedVisit
from outreach.tour.planning.problem import Problem, ProblemDay, SchoolToPlan, staying
from outreach.tour.planning.replay import ReplayedDay, replay

_NOTHING = 1e-6
"""Minutes below which two deals are alike."""

_SHAKEN = 20
"""How often a deal that nothing betters is shaken, to see whether it comes to a better one."""

_SHAKEN_UP_TO = 8
"""Days up to which it is: there it takes no time, and of so few the best is wanted."""

Week = tuple[int, date]
"""A troupe and the Monday of a week."""


class _Show(NamedTuple):
    school: int
    guests: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Played:
    """A day with its load: the minutes on the road, its further regions, and the visits."""

    driving: int
    regions: int
    visits: tuple[PlannedVisit, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Load:
    """What a plan puts on a day: each set of shows once. `schools`: hosts and guests; `dates` on which all of them
    can; `played`: the day with it, by kind of day, None where it cannot be."""

    shows: tuple[_Show, ...]
    schools: frozenset[int]
    places: tuple[int, ...]
    urgency: float
    dates: frozenset[date]
    played: dict[int, _Played | None]


Change = dict[int, _Load]
"""What is put on some days, by position."""


class _Worth(NamedTuple):
    """Minutes of a deal: what may cost driving, driving with it; then what may not."""

    priced: float
    free: float

    def betters(self, other: "_Worth") -> bool:
        if abs(self.priced - other.priced) > _NOTHING:
            return self.priced < other.priced
        return self.free < other.free - _NOTHING


def deal(problem: Problem, plan: Plan, limit: Limit) -> Plan:
    """The plan with its days dealt by the problem's wishes, and what each of them costs on the road.

    Without any wish it is the plan as it was. Costs are those of each wish on top of the ones before it, in their
    order, so that they sum to what the plan drives more.
    """
    if not problem.wishes.any or not plan.visits:
        return plan
    table = _Table(problem, plan, problem.wishes.with_only(()))
    table.settle(limit.of_its_own(0.0, share=1 / (1 + len(problem.wishes.priced))))
    costs: list[tuple[str, int]] = []
    for at, wish in enumerate(problem.wishes.priced):
        before = table.driving
        table.wishes = problem.wishes.with_only(problem.wishes.priced[: at + 1])
        table.settle(limit.of_its_own(0.0, share=1 / (len(problem.wishes.priced) - at)))
        costs.append((wish, table.driving - before))
    more, apart = table.driving - table.began_driving, problem.apart * (table.regions - table.began_regions)
    return replace(
        plan,
        visits=table.visits(),
        driving=plan.driving + more,
        apart=plan.apart + apart,
        value=plan.value + more + apart,
        ended=DONE if plan.ended == PROVEN and more + apart > _NOTHING else plan.ended,
        undealt=plan.visits,
        wish_minutes=tuple(costs),
    )


class _Table:
    """The days with what is on them now, and what each change would come to."""

    def __init__(self, problem: Problem, plan: Plan, wishes: Wishes) -> None:
        self.problem, self.wishes = problem, wishes
        self.gaps = {gap.school: gap for gap in problem.gaps}
        self.road = [[int(minutes) for minutes in line] for line in problem.road]
        self.days = problem.days
        kinds: dict[ProblemDay, int] = {}
        self.kind = [kinds.setdefault(_undated(day), len(kinds)) for day in self.days]
        first = min(day.day for day in self.days)
        self.late = [A_WEEK_LATER * (day.day - first).days / 7 for day in self.days]
        self.by_date: dict[date, list[int]] = defaultdict(list)
        self.weeks: dict[Week, list[int]] = defaultdict(list)
        for position, day in enumerate(self.days):
            self.by_date[day.day].append(position)
            self.weeks[_week(day)].append(position)
        self.week = [_week(day) for day in self.days]
        self.later = _turns(self.weeks)
        self._loads: dict[tuple[_Show, ...], _Load] = {}
        self._lay(plan)
        self.fair = sum(self._used(position, {}) for position in range(len(self.days))) / len(self.days)
        self.began_driving, self.began_regions = self.driving, self.regions

    def _lay(self, plan: Plan) -> None:
        """What the plan has on each day, and which days may change."""
        at = {day.number: position for position, day in enumerate(self.days)}
        hosts = {(v.day, v.school, v.starts) for v in plan.visits if v.guest_of is None}
        self.as_found: dict[int, list[PlannedVisit]] = defaultdict(list)
        self.at_what_stands: list[PlannedVisit] = []
        for visit in plan.visits:
            if visit.guest_of is None or (visit.day, visit.guest_of, visit.starts) in hosts:
                self.as_found[at[visit.day]].append(visit)
            else:
                self.at_what_stands.append(visit)  # a guest at a show that is no part of the plan
        self.loads = [self._load(_shows(self.as_found[position])) for position in range(len(self.days))]
        self.began = list(self.loads)
        stay = self._staying()
        self.free = [
            position
            for position, day in enumerate(self.days)
            if position not in stay and len(day.booked) < day.at_most
        ]

    @property
    def driving(self) -> int:
        """Minutes on the road of all days that may change."""
        return sum(self._now(position).driving for position in self.free)

    @property
    def regions(self) -> int:
        return sum(self._now(position).regions for position in self.free)

    def visits(self) -> tuple[PlannedVisit, ...]:
        found = list(self.at_what_stands)
        for position, load in enumerate(self.loads):
            if load is self.began[position]:
                found += self.as_found[position]
            else:
                number = self.days[position].number
                found += (replace(visit, day=number) for visit in self._now(position).visits)
        return tuple(found)

    def settle(self, limit: Limit) -> None:
        """Changes whatever betters the deal, until nothing does or time is over."""
        self._better(limit)
        if len(self.free) > _SHAKEN_UP_TO:
            return
        chance = Random(len(self.free))
        for _ in range(_SHAKEN):
            if limit.over():
                return
            best, loads = self._all(), list(self.loads)
            for _ in range(2):
                changes = list(self._changes())
                if not changes:
                    return
                self._put(changes[chance.randrange(len(changes))])
            self._better(limit)
            if not self._all().betters(best):
                self.loads = loads

    def _better(self, limit: Limit) -> None:
        """Whole days first, which is quick; then single shows, and whole days again where that gained."""
        gained = True
        while gained:
            self._exhaust(self._days_exchanged, limit)
            gained = self._exhaust(self._shows_exchanged, limit)

    def _exhaust(self, changes: Callable[[], Iterator[Change]], limit: Limit) -> bool:
        """Makes each change that betters the deal until none does; whether any did."""
        ever, gained = False, True
        while gained:
            gained = False
            for change in changes():
                if limit.over():
                    return False
                if self._gains(change):
                    self._put(change)
                    ever = gained = True
        return ever

    def _changes(self) -> Iterator[Change]:
        """Each deal next to this one that keeps all rules, as what it puts on the days that it changes."""
        yield from self._days_exchanged()
        yield from self._shows_exchanged()

    def _days_exchanged(self) -> Iterator[Change]:
        for one, other in combinations(self.free, 2):
            change = {one: self.loads[other], other: self.loads[one]}
            if self.loads[one] is not self.loads[other] and self._may(change):
                yield change

    def _shows_exchanged(self) -> Iterator[Change]:
        if not self.wishes.priced and len(self.free) > _SHAKEN_UP_TO:
            return  # schools that change days at no cost at all are too rare to look for
        for one, other in combinations(self.free, 2):
            for change in self._exchanged(one, other):
                if self._may(change):
                    yield change

    def _exchanged(self, one: int, other: int) -> Iterator[Change]:
        """One show of either day moved to the other, or two that change places."""
        for mine in ((), *((show,) for show in self.loads[one].shows)):
            for theirs in ((), *((show,) for show in self.loads[other].shows)):
                here, there = self.loads[one].shows, self.loads[other].shows
                if mine == theirs or not (set(mine) <= set(here) and set(theirs) <= set(there)):
                    continue
                yield {
                    one: self._load((*_less(here, *mine), *theirs)),
                    other: self._load((*_less(there, *theirs), *mine)),
                }

    def _may(self, change: Change) -> bool:
        for position, load in change.items():
            if load.shows and self.days[position].day not in load.dates:
                return False
        for position, load in change.items():
            for other in self.by_date[self.days[position].day]:
                if other != position and load.schools & change.get(other, self.loads[other]).schools:
                    return False
        if any(self._play(position, load) is None for position, load in change.items()):
            return False
        most = self.problem.days_at_most
        return most is None or self._fresh(change) <= max(most, self._fresh({}))

    def _fresh(self, change: Change) -> int:
        """Days used with nothing booked on them."""
        return sum(
            bool(change.get(position, load).shows) and not self.days[position].booked
            for position, load in enumerate(self.loads)
        )

    def _gains(self, change: Change) -> bool:
        return self._minutes(change, change).betters(self._minutes(change, {}))

    def _put(self, change: Change) -> None:
        for position, load in change.items():
            self.loads[position] = load

    def _all(self) -> _Worth:
        return self._minutes(self.free, {})

    def _minutes(self, positions: Iterable[int], change: Change) -> _Worth:
        """What some days, and the weeks that they are in, come to with a change."""
        costs = {BEHIND: 0.0, NEAR: 0.0, WEEKS: 0.0}
        priced = free = 0.0
        weeks: set[Week] = set()
        for position in positions:
            load = change.get(position, self.loads[position])
            played = self._play(position, load)
            assert played is not None, "a day that the plain clock refuses"
            priced += played.driving + self.problem.apart * played.regions
            costs[BEHIND] += self.late[position] * load.urgency
            weeks.add(self.week[position])
        for week in weeks:
            if self.wishes.near != NOT_AT_ALL:
                costs[NEAR] += from_middle(self.road, self._places(week, change))
            if self.wishes.weeks != NOT_AT_ALL:
                costs[WEEKS] += self._of_week(week, change)
        for wish, minutes in costs.items():
            strength = self.wishes.strength(wish)
            if strength == FREE:
                free += minutes
            elif strength in PRICE:
                priced += PRICE[strength] * minutes
        return _Worth(priced, free)

    def _places(self, week: Week, change: Change) -> list[int]:
        found: list[int] = []
        for position in self.weeks[week]:
            found += (show.place for show in self.days[position].booked)
            found += change.get(position, self.loads[position]).places
        return found

    def _of_week(self, week: Week, change: Change) -> float:
        used = sum(self._used(position, change) for position in self.weeks[week])
        if self.wishes.filled:
            return A_LATER_WEEK * used * self.later[week]
        return A_DAY_OFF * (used - self.fair * len(self.weeks[week])) ** 2

    def _used(self, position: int, change: Change) -> bool:
        return bool(change.get(position, self.loads[position]).shows or self.days[position].booked)

    def _now(self, position: int) -> _Played:
        played = self._play(position, self.loads[position])
        assert played is not None, "a day of the plan that the plain clock refuses"
        return played

    def _play(self, position: int, load: _Load) -> _Played | None:
        """The day with this load, whatever the date; None where its hours do not hold it."""
        kind = self.kind[position]
        if kind not in load.played:
            load.played[kind] = self._replayed(self.days[position], load.shows)
        return load.played[kind]

    def _replayed(self, day: ProblemDay, shows: tuple[_Show, ...]) -> _Played | None:
        if len(shows) + len(day.booked) > day.at_most:
            return None
        if not shows and not day.booked:
            return _Played(driving=0, regions=0, visits=())
        told = replay(self.problem, day, [self._hosting(show) for show in shows])
        if told is None:
            return None
        visits = self._seated(day, shows, told)
        if visits is None:
            return None
        stood = {show.region for show in day.booked} - {""}
        there = stood | ({self.gaps[show.school].region for show in shows} - {""})
        return _Played(driving=told.driving, regions=max(0, len(there) - max(1, len(stood))), visits=visits)

    def _hosting(self, show: _Show) -> SchoolToPlan:
        """The host, with those of its starts that suit its guests."""
        host = self.gaps[show.school]
        suits = (self._suits(show, guest) for guest in show.guests)
        return replace(host, windows=reduce(hosting.common, suits, host.windows))

    def _suits(self, show: _Show, guest: int) -> tuple[tuple[int, int], ...]:
        host, comes = self.gaps[show.school], self.gaps[guest]
        return hosting.starts(comes, self.road[_place(comes)][_place(host)])

    def _seated(
        self, day: ProblemDay, shows: tuple[_Show, ...], told: ReplayedDay
    ) -> tuple[PlannedVisit, ...] | None:
        """The visits of a day, each guest at a show of its host that suits it; None where none does."""
        with_guests = [show for show in shows if show.guests]
        for chosen in permutations(told.shows, len(with_guests)):
            pairs = zip(with_guests, chosen, strict=True)
            if all(self._suit(show, each.school, each.starts) for show, each in pairs):
                guests = {each: show.guests for show, each in zip(with_guests, chosen, strict=True)}
                break
        else:
            return None
        found: list[PlannedVisit] = []
        for each in told.shows:
            plays = PlannedVisit(
                day=day.number, school=each.school, gets_in=each.gets_in, starts=each.starts, away=each.away
            )
            found.append(plays)
            found += [replace(plays, school=guest, guest_of=each.school) for guest in guests.get(each, ())]
        return tuple(found)

    def _suit(self, show: _Show, school: int, starts: int) -> bool:
        return show.school == school and all(
            any(first <= starts <= last for first, last in self._suits(show, guest)) for guest in show.guests
        )

    def _load(self, shows: Iterable[_Show]) -> _Load:
        key = tuple(sorted(shows))
        if key not in self._loads:
            schools = frozenset(school for show in key for school in (show.school, *show.guests))
            self._loads[key] = _Load(
                shows=key,
                schools=schools,
                places=tuple(_place(self.gaps[show.school]) for show in key),
                urgency=sum(self.gaps[school].urgency for school in schools),
                dates=frozenset.intersection(*(self.gaps[school].dates for school in schools))
                if schools
                else frozenset(),
                played={},
            )
        return self._loads[key]

    def _staying(self) -> set[int]:
        """The days that keep something of what was proposed there before."""
        kept = defaultdict(list)
        for each in self.problem.kept:
            kept[each.day].append(each)
        return {
            position
            for position, visits in self.as_found.items()
            if staying(
                kept[self.days[position].number],
                [(visit.school, visit.starts) for visit in visits if visit.guest_of is None],
            )
        }


def _shows(visits: Sequence[PlannedVisit]) -> Iterator[_Show]:
    guests: dict[tuple[int | None, int], list[int]] = defaultdict(list)
    for visit in visits:
        if visit.guest_of is not None:
            guests[visit.guest_of, visit.starts].append(visit.school)
    for visit in visits:
        if visit.guest_of is None:
            yield _Show(visit.school, tuple(sorted(guests[visit.school, visit.starts])))


def _less(shows: tuple[_Show, ...], *gone: _Show) -> tuple[_Show, ...]:
    rest = list(shows)
    for show in gone:
        rest.remove(show)
    return tuple(rest)


def _place(gap: SchoolToPlan) -> int:
    assert gap.place is not None, "a school without a place is never visited"
    return gap.place


def _undated(day: ProblemDay) -> ProblemDay:
    """The same for all days that differ in date and troupe alone."""
    return replace(day, number=0, troupe=0, day=date.min)


def _week(day: ProblemDay) -> Week:
    return day.troupe, monday_of(day.day)


def _turns(weeks: Iterable[Week]) -> dict[Week, float]:
    """How many weeks each comes after the first, each troupe a part of a week after the one before it."""
    mondays = sorted({monday for _, monday in weeks})
    troupes = sorted({troupe for troupe, _ in weeks})
    return {
        (troupe, monday): mondays.index(monday) + troupes.index(troupe) / len(troupes)
        for troupe, monday in weeks
    }
