"""Days dealt by wishes: every rule is kept, nothing is driven that nobody asked for, and of small tours the best
deal there is, found by trying them all."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import product

import pytest
import small
from checker import faults

from how_many import each_nth, so_many
from outreach.tour.planning.day_wishes import (
    A_LITTLE,
    FREE,
    MUCH,
    NOT_AT_ALL,
    SOME,
    STRENGTHS,
    WISHES,
    Wishes,
)
from outreach.tour.planning.dealing import deal
from outreach.tour.planning.limit import Limit
from outreach.tour.planning.plan import Plan
from outreach.tour.planning.planner import solve
from outreach.tour.planning.problem import Guests, Minutes, Problem, ProblemDay, SchoolToPlan
from outreach.tour.planning.replay import replay

PRICE = {A_LITTLE: 0.1, SOME: 0.3, MUCH: 1.0}
RISING = (NOT_AT_ALL, FREE, A_LITTLE, SOME, MUCH)

SHAPES = {
    "two troupes": {"troupes": 2, "days": 6, "schools": 6},
    "three a day": {"a_day": 3, "days": 4, "schools": 6},
    "guests": {"guests": True, "schools": 7, "days": 5},
    "kept": {"kept": 3, "days": 5},
    "lunch, regions, few days": {"lunch": True, "regions": True, "days": 6, "days_at_most": 4},
    "odd roads, much booked": {"odd_roads": True, "booked": 0.6, "days": 5},
    "whole schools": {"whole_schools": True, "days": 6},
    "two days to use": {"troupes": 2, "days": 8, "schools": 4, "days_at_most": 2},
}


def urgent(problem: Problem, seed: int) -> Problem:
    """The same, over several weeks, each school as urgent as chance has it."""
    chance = random.Random(f"urgent {seed}")
    spread = {
        day: day + timedelta(days=2 * (day - small.FIRST).days) for day in {d.day for d in problem.days}
    }
    return replace(
        problem,
        days=tuple(replace(day, day=spread[day.day]) for day in problem.days),
        gaps=tuple(
            replace(
                gap, urgency=chance.random(), dates=frozenset(spread[d] for d in gap.dates if d in spread)
            )
            for gap in problem.gaps
        ),
    )


def dealt(problem: Problem, plan: Plan, wishes: Wishes) -> Plan:
    return deal(replace(problem, wishes=wishes), plan, Limit(20))


def shows(plan: Plan) -> Counter[tuple[int, int | None]]:
    return Counter((visit.school, visit.guest_of) for visit in plan.visits)


@pytest.mark.parametrize("shape", SHAPES)
def test_however_days_are_dealt_every_rule_is_kept_and_nothing_is_driven_that_nobody_asked_for(
    shape: str,
) -> None:
    for seed in range(so_many(4, least=1)):
        problem = urgent(small.problem(seed, **SHAPES[shape]), seed)
        chance = random.Random(seed)
        plain = solve(problem, 20)
        strengths = {wish: chance.choice(STRENGTHS) for wish in WISHES}
        found = dealt(problem, plain, Wishes(**strengths, filled=chance.random() < 0.5))
        free = dealt(problem, plain, Wishes(**dict.fromkeys(WISHES, FREE)))
        much = dealt(problem, plain, Wishes(**dict.fromkeys(WISHES, MUCH)))
        for plan in (found, free, much):
            assert faults(problem, plan) == [], (shape, seed)
            assert shows(plan) == shows(plain), (shape, seed)
            assert (plan.moved, plan.dropped) == (plain.moved, plain.dropped), (shape, seed)
        assert free.value <= plain.value + 1e-6, (shape, seed)
        cost = sum(minutes for _, minutes in found.wish_minutes)
        assert found.driving - cost <= plain.driving or problem.apart, (shape, seed)
        assert dealt(problem, plain, Wishes()) == plain, (shape, seed)


def test_no_school_has_two_troupes_on_one_date_however_urgent_it_is() -> None:
    problem = urgent(small.problem(1, troupes=2, days=6, schools=3, booked=0, dates=1), 1)
    first, *others = problem.gaps
    every_day = frozenset(day.day for day in problem.days)
    problem = replace(
        problem,
        gaps=(
            replace(first, place=0, shows=2, worth=2_000, urgency=1, dates=every_day),
            *(replace(gap, place=n, shows=1, urgency=0, dates=every_day) for n, gap in enumerate(others, 1)),
        ),
        days=tuple(replace(day, at_most=1) for day in problem.days),
    )
    plan = solve(replace(problem, wishes=Wishes(behind=MUCH)), 20)
    assert faults(problem, plan) == []
    dates = {day.number: day.day for day in problem.days}
    assert sorted(dates[v.day] for v in plan.visits if v.school == first.school) == sorted(every_day)[:2]


class Tried:
    """All deals of the shows of a plan: what each drives and what each wish counts, by the words of the trade."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.gaps = problem, {gap.school: gap for gap in problem.gaps}
        self.fair = len({v.day for v in plan.visits} | {d.number for d in problem.days if d.booked}) / len(
            problem.days
        )
        schools = [visit.school for visit in plan.visits]
        self.deals = []
        for days in product(range(len(problem.days)), repeat=len(schools)):
            on: dict[int, list[int]] = defaultdict(list)
            for school, day in zip(schools, days, strict=True):
                on[day].append(school)
            driven = [self._driven(day, tuple(sorted(on[day]))) for day in range(len(problem.days))]
            dates = Counter((s, problem.days[d].day) for d in on for s in set(on[d]))
            if None not in driven and max(dates.values()) == 1:
                self.deals.append(
                    (sum(driven), self._behind(on), self._near(on), self._even(on), self._filled(on))
                )

    @cache  # noqa: B019 (it lives as long as one test)
    def _driven(self, day: int, schools: tuple[int, ...]) -> int | None:
        given = self.problem.days[day]
        if any(given.day not in self.gaps[school].dates for school in schools):
            return None
        if schools and len(schools) + len(given.booked) > given.at_most:
            return None
        if not schools and not given.booked:
            return 0
        told = replay(self.problem, given, [self.gaps[school] for school in schools])
        return told and told.driving

    def _behind(self, on: dict[int, list[int]]) -> float:
        """Ten minutes for each week that the most urgent waits."""
        first = min(day.day for day in self.problem.days)
        return sum(
            10
            * (self.problem.days[day].day - first).days
            / 7
            * sum(self.gaps[s].urgency for s in set(schools))
            for day, schools in on.items()
        )

    def _weeks(self) -> dict[object, list[int]]:
        found = defaultdict(list)
        for number, day in enumerate(self.problem.days):
            found[day.day.isocalendar()[:2], day.troupe].append(number)
        return found

    def _near(self, on: dict[int, list[int]]) -> float:
        """The road from the middle school of each week to the others."""
        total = 0
        for days in self._weeks().values():
            places = [show.place for day in days for show in self.problem.days[day].booked]
            places += [self.gaps[school].place for day in days for school in on.get(day, ())]
            total += min((sum(self.problem.road[a][b] for b in places) for a in places), default=0)
        return total

    def _used(self, day: int, on: dict[int, list[int]]) -> bool:
        return bool(on.get(day) or self.problem.days[day].booked)

    def _even(self, on: dict[int, list[int]]) -> float:
        return sum(
            15 * (sum(self._used(day, on) for day in days) - self.fair * len(days)) ** 2
            for days in self._weeks().values()
        )

    def _filled(self, on: dict[int, list[int]]) -> float:
        weeks = sorted({day.day.isocalendar()[:2] for day in self.problem.days})
        troupes = sorted({day.troupe for day in self.problem.days})
        return sum(
            5 * (weeks.index(week) + troupes.index(troupe) / len(troupes)) * self._used(day, on)
            for (week, troupe), days in self._weeks().items()
            for day in days
        )

    def best(self, wishes: Wishes) -> tuple[float, float]:
        """(minutes that may cost driving, the others) of the best deal there is."""
        return min(_worth(deal, wishes) for deal in self.deals)

    def of(self, plan: Plan) -> tuple[float, float, float, float, float]:
        at = {day.number: n for n, day in enumerate(self.problem.days)}
        on: dict[int, list[int]] = defaultdict(list)
        for visit in plan.visits:
            on[at[visit.day]].append(visit.school)
        return plan.driving, self._behind(on), self._near(on), self._even(on), self._filled(on)


def _worth(deal: tuple[float, ...], wishes: Wishes) -> tuple[float, float]:
    driving, behind, near, even, filled = deal
    minutes = {"behind": behind, "near": near, "weeks": filled if wishes.filled else even}
    priced = driving + sum(PRICE[s] * m for w, m in minutes.items() if (s := wishes.strength(w)) in PRICE)
    return round(priced, 6), round(sum(m for w, m in minutes.items() if wishes.strength(w) == FREE), 6)


SMALL = {"days": 4, "schools": 4, "booked": 0.25}
PAIRS = {"days": 6, "schools": 4, "troupes": 2, "booked": 0.1}


@pytest.mark.parametrize("shape", [SMALL, PAIRS])
def test_of_a_small_tour_the_best_deal_is_found_and_a_stronger_wish_never_does_less_for_it(
    shape: dict[str, int],
) -> None:
    _the_best_is_found(shape, each_nth((1, 3, 7), 3))


@pytest.mark.long
@pytest.mark.parametrize("shape", [SMALL, PAIRS])
def test_of_many_small_tours_the_best_deal_is_found(shape: dict[str, int]) -> None:
    _the_best_is_found(shape, range(8, 40))


def _the_best_is_found(shape: dict[str, int], seeds: Iterable[int]) -> None:
    for seed in seeds:
        problem = urgent(small.problem(seed, **shape), seed)
        plain = solve(problem, 20)
        if not plain.visits:
            continue
        tried = Tried(problem, plain)
        for wishes in (Wishes(near=MUCH), Wishes(behind=SOME, weeks=MUCH)):
            came = _worth(tried.of(dealt(problem, plain, wishes)), wishes)
            assert came == pytest.approx(tried.best(wishes), abs=1e-5), (seed, wishes)
        for number, wish in enumerate(WISHES):
            others = {
                other: random.Random(f"{seed}{other}").choice(STRENGTHS) for other in WISHES if other != wish
            }
            filled = bool(seed % 2)
            before: float | None = None
            for strength in RISING:
                wishes = Wishes(**others, **{wish: strength}, filled=filled)
                came = tried.of(dealt(problem, plain, wishes))
                best = tried.best(wishes)
                assert _worth(came, wishes) == pytest.approx(best, abs=1e-5), (seed, wishes)
                measure = came[4] if wish == "weeks" and filled else came[1 + number]
                assert before is None or measure <= before + 1e-6, (seed, wishes)
                before = measure


def test_guests_of_two_shows_at_one_school_each_stay_at_the_show_that_suits_them() -> None:
    """The one comes in the morning alone, the other could come to either show."""
    day = ProblemDay(
        number=1,
        troupe=1,
        day=small.FIRST,
        leaves=390,
        returns=1080,
        at_most=2,
        leaves_from=3,
        returns_to=3,
        booked=(),
        lunch=0,
    )

    def school(number: int, shows: int, pupils: int, *windows: tuple[int, int]) -> SchoolToPlan:
        return SchoolToPlan(
            school=number,
            place=number,
            shows=shows,
            worth=900,
            windows=windows,
            dates=frozenset({small.FIRST}),
            seats=50,
            pupils=pupils,
        )

    problem = Problem(
        places=("Host", "Either", "Morning", "the base"),
        road=[[0 if a == b else 20 for b in range(4)] for a in range(4)],
        gaps=(
            school(0, 2, 0, (570, 640), (750, 810)),
            school(1, 1, 36, (540, 840)),
            school(2, 1, 36, (540, 660)),
        ),
        days=(day,),
        minutes=Minutes(get_in=60, play=60, get_out=15, turn=50, step=15),
        guests=Guests(reach=30),
        wishes=Wishes(behind=FREE, near=FREE, weeks=FREE),
    )
    plan = solve(problem, seconds=60)
    assert plan.reached == 3
    assert not faults(problem, plan)
