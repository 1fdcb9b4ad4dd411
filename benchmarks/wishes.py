"""Days of a tour dealt by wishes: what each wish brings and costs, on the real Oxfordshire register and on a made-up
county with two troupes; and the real county by default, before lunch, turn-round and wishes were known, and after.

  python benchmarks/wishes.py [--quick | --smoke] [--seconds 10] [--seed 1] [--register FILE]

The same plan each time, dealt without wishes, then by them. Schools are as urgent as chance has it, a quarter of them
most. The register is read in place ($OUTREACH_SHARED, else ../shared); without it the real county is left out.
`--quick`: the real county alone; exit status 1 where a wish at its default costs driving, or does less than no wish.
"""

import random
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from time import perf_counter

import instances
from serving import options, status

from outreach.tour.planning.day_wishes import FREE, MUCH, NO_WISHES, SOME, Wishes, from_middle, monday_of
from outreach.tour.planning.dealing import deal
from outreach.tour.planning.limit import Limit
from outreach.tour.planning.plan import Plan
from outreach.tour.planning.planner import solve
from outreach.tour.planning.problem import Problem

ASKED = {
    "none": NO_WISHES,
    "all, no driving": Wishes(behind=FREE, near=FREE, weeks=FREE),
    "filled, no driving": Wishes(behind=FREE, near=FREE, weeks=FREE, filled=True),
    "behind much": Wishes(behind=MUCH, near=FREE, weeks=FREE),
    "near much": Wishes(behind=FREE, near=MUCH, weeks=FREE),
    "even much": Wishes(behind=FREE, near=FREE, weeks=MUCH),
    "all some": Wishes(behind=SOME, near=SOME, weeks=SOME),
}


@dataclass(frozen=True, kw_only=True)
class Measured:
    """`over_lunch`: shows that lie across the usual one. `near`: minutes of a school from the middle of its troupe's week; `days`: the fewest and most days of a full
    week; `troupes`: days of each; `urgent`: the week, from 0, in which the most urgent are seen on average."""

    reached: int
    driving: int
    over_lunch: int
    near: float
    days: tuple[int, int]
    troupes: tuple[int, ...]
    urgent: float
    seconds: float


def urgent(problem: Problem, seed: int) -> Problem:
    chance = random.Random(f"urgent {seed}")
    return replace(
        problem,
        gaps=tuple(
            replace(gap, urgency=1.0 if chance.random() < 0.25 else chance.random() / 2)
            for gap in problem.gaps
        ),
    )


def measured(problem: Problem, plan: Plan, seconds: float) -> Measured:
    gaps = {gap.school: gap for gap in problem.gaps}
    days = {day.number: day for day in problem.days}
    used = {visit.day for visit in plan.visits}
    given: Counter[tuple[int, date]] = Counter()
    played: Counter[tuple[int, date]] = Counter()
    places: dict[tuple[int, date], list[int]] = defaultdict(list)
    for day in problem.days:
        week = day.troupe, monday_of(day.day)
        given[week] += 1
        played[week] += day.number in used
    for visit in plan.visits:
        place = gaps[visit.school].place
        if place is not None:
            places[days[visit.day].troupe, monday_of(days[visit.day].day)].append(place)
    road = [[int(minutes) for minutes in line] for line in problem.road]
    full = [played[week] for week in given if given[week] == max(given.values())]
    first = min(day.day for day in problem.days)
    late = [(days[v.day].day - first).days / 7 for v in plan.visits if gaps[v.school].urgency == 1.0]
    return Measured(
        reached=plan.reached,
        driving=plan.driving,
        over_lunch=sum(
            visit.starts < instances.USUAL_LUNCH.until
            and visit.starts + problem.minutes.play > instances.USUAL_LUNCH.since
            for visit in plan.visits
        ),
        near=sum(from_middle(road, here) for here in places.values()) / max(1, len(plan.visits)),
        days=(min(full), max(full)),
        troupes=tuple(
            sum(n for (troupe, _), n in played.items() if troupe == each)
            for each in sorted({t for t, _ in given})
        ),
        urgent=sum(late) / max(1, len(late)),
        seconds=seconds,
    )


def said(county: str, name: str, got: Measured) -> None:
    print(
        f"{county:4} {name:20}: schools {got.reached}, road {got.driving:,}, near {got.near:.1f} min, days a full week "
        f"{got.days[0]} to {got.days[1]}, days of each troupe {' + '.join(map(str, got.troupes))}, the most urgent in "
        f"week {got.urgent:.1f} on average, dealt in {got.seconds:.1f} s",
        flush=True,
    )


def before_and_after(seed: int, seconds: float, register: Path) -> bool:
    """Prints the real county by default before and after; whether no show lies across lunch any more."""
    found = {}
    for name, lunch, wishes in (("before", False, NO_WISHES), ("after", True, ASKED["all, no driving"])):
        problem = urgent(instances.by_default(seed, lunch=lunch, register=register), seed)
        plan = solve(problem, seconds)
        began = perf_counter()
        dealt = deal(replace(problem, wishes=wishes), plan, Limit(seconds))
        found[name] = measured(problem, dealt, perf_counter() - began)
        said("ox", f"by default, {name}", found[name])
        print(f"     of {len(dealt.visits)} shows {found[name].over_lunch} lie across lunch", flush=True)
    return found["before"].over_lunch > found["after"].over_lunch == 0


def main() -> int:
    parser = options(__doc__, quick="the real county alone", on=())
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--register", type=Path, default=instances.REGISTER)
    asked = parser.parse_args()
    counties = ["330"] if asked.smoke else ["ox"] if asked.quick else ["ox", "330"]
    if not asked.register.exists():
        print(f"no register at {asked.register}: the real county is left out")
        counties = [name for name in counties if name != "ox"]
    reached = True
    for county in counties:
        problem = urgent(instances.problem(county, "loose", asked.seed, register=asked.register), asked.seed)
        plan = solve(problem, 0.5 if asked.smoke else asked.seconds)
        found = {}
        for name, wishes in ASKED.items():
            began = perf_counter()
            dealt = deal(replace(problem, wishes=wishes), plan, Limit(0.2 if asked.smoke else asked.seconds))
            found[name] = measured(problem, dealt, perf_counter() - began)
            said(county, name, found[name])
        none, free = found["none"], found["all, no driving"]
        better = free.near < none.near and free.urgent < none.urgent
        reached &= free.driving <= none.driving and free.reached == none.reached and better
    if "ox" in counties:
        reached &= before_and_after(asked.seed, asked.seconds, asked.register)
    return status(asked, reached)


if __name__ == "__main__":
    sys.exit(main())
