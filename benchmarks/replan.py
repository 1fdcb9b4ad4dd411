"""Planned again: what a lost day, a refused date, a refusal and ten refusals move, and what that costs.

  python benchmarks/replan.py [--quick | --smoke] [--seeds 1 2 3] [--only ox-loose ...] [--processor] [--register FILE]

A plan is made and all of it proposed; then something happens, and it is planned again with every proposal
kept at 30 minutes a move. Moved: proposals that are elsewhere or nowhere now, of those that could have
stayed. Loss: what a fresh plan, free to move everybody, would be better by, as a share of all driving.
`--quick`: one seed, ox and 330, four seconds for a free plan; `--processor`: the seconds are the processor's;
exit status 1 when a figure is missed. The register is read in place, as planner.py does.
"""

import multiprocessing
import random
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time

import instances
from processor import by_processor
from serving import options, size, status

from outreach.tour.planning.plan import Plan
from outreach.tour.planning.planner import solve
from outreach.tour.planning.problem import KeptShow, Problem

# county, shape, seconds for the first plan, seconds asked for planning again
CLASSES = {
    "ox-loose": ("ox", "loose", 10, 3),
    "330-loose": ("330", "loose", 10, 3),
    "650-half": ("650", "half", 10, 3),
    "650-tight": ("650", "tight", 20, 6),
}
PRICE = 30
MOVED, GAP = 2, 0.1


@dataclass(frozen=True, kw_only=True)
class Again:
    """What one thing that happened came to."""

    what: str
    proposals: int
    moved: int
    gap: float
    loss: float
    seconds: float
    processor: float


def kept(plan: Plan) -> tuple[KeptShow, ...]:
    """All that a plan proposes, to be kept."""
    return tuple(KeptShow(school=v.school, day=v.day, starts=v.starts, price=PRICE) for v in plan.visits)


def changes(problem: Problem, plan: Plan, chance: random.Random) -> dict[str, Problem]:
    """The same problem after something has happened, with all proposals to be kept."""
    proposed = replace(problem, kept=kept(plan))
    visit = chance.choice(plan.visits)
    date = next(day.day for day in problem.days if day.number == visit.day)
    schools = sorted({visit.school for visit in plan.visits})

    def without(count: int) -> Problem:
        gone = set(chance.sample(schools, count))
        return replace(proposed, gaps=tuple(gap for gap in problem.gaps if gap.school not in gone))

    return {
        "a lost day": replace(proposed, days=tuple(day for day in problem.days if day.number != visit.day)),
        "a refused date": replace(
            proposed,
            gaps=tuple(
                replace(gap, dates=gap.dates - {date}) if gap.school == visit.school else gap
                for gap in problem.gaps
            ),
        ),
        "a refusal": without(1),
        "ten refusals": without(10),
    }


def worth(problem: Problem, plan: Plan) -> float:
    """Minutes of a plan without what was paid for moves: driving, and the worth it leaves out."""
    each = {gap.school: gap.worth / gap.shows for gap in problem.gaps}
    return plan.driving + sum(each[out.school] * out.shows for out in plan.left_out)


def measure(name: str, seed: int, most: float, register: Path, processor_only: bool) -> list[Again]:
    """In this process: a plan, and for each thing that happens another that keeps it and one that is free."""
    if processor_only:
        by_processor()
    county, shape, first, seconds = CLASSES[name]
    first = min(first, most)
    problem = instances.problem(county, shape, seed, register=register)
    plan = solve(problem, first, seed)
    found = []
    for what, changed in changes(problem, plan, random.Random(f"{name} {seed}")).items():
        days = {day.number for day in changed.days}
        dates = {day.number: day.day for day in changed.days}
        able = {gap.school: gap.dates for gap in changed.gaps}
        processor = process_time()
        again = solve(changed, min(seconds, most), seed)
        processor = process_time() - processor
        fresh = solve(replace(changed, kept=()), first, seed)
        others = [
            each
            for each in (*again.moved, *again.dropped)
            if each.day in days and dates[each.day] in able.get(each.school, ())
        ]
        found.append(
            Again(
                what=what,
                proposals=len(plan.visits),
                moved=len(others),
                gap=100 * again.gap,
                loss=100 * (worth(changed, again) - worth(changed, fresh)) / fresh.driving,
                seconds=again.seconds,
                processor=processor,
            )
        )
    return found


def said(name: str, seed: int, got: Again) -> bool:
    """Prints one beside what is asked; whether it is reached."""
    *_, seconds = CLASSES[name]
    # Ten refusals at once are not asked to be quiet: their places are worth moving for.
    quiet = got.what != "ten refusals"
    few = got.moved <= MOVED or not quiet
    short = [
        word
        for word, good in (("moved", few), ("gap", got.gap <= GAP), ("seconds", got.seconds < seconds + 0.5))
        if not good
    ]
    print(
        f"{name:10} seed {seed}, {got.what:14}: moved {got.moved} of {got.proposals} "
        f"({100 * got.moved / got.proposals:.1f} %{f', at most {MOVED} asked' if quiet else ''}), gap "
        f"{got.gap:.3f} % (asked {GAP}), "
        f"loss against a fresh plan {got.loss:+.2f} %, {got.seconds:.1f} s ({got.processor:.1f} of the processor; "
        f"asked {seconds})" + (f"  MISSED: {', '.join(short)}" if short else ""),
        flush=True,
    )
    return not short


def main() -> int:
    parser = options(__doc__, quick="one seed, ox and 330, four seconds for a free plan", on=())
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", nargs="+", choices=CLASSES, default=list(CLASSES))
    parser.add_argument("--processor", action="store_true", help="the seconds are the processor's")
    parser.add_argument("--register", type=Path, default=instances.REGISTER)
    asked = parser.parse_args()
    if asked.quick:
        asked.seeds = [1]
        asked.only = [name for name in asked.only if not name.startswith("650")]
    if asked.smoke:
        asked.seeds, asked.only = [1], ["330-loose"]
    if not asked.register.exists():
        print(f"no register at {asked.register}: the classes of the real county are left out")
        asked.only = [name for name in asked.only if not name.startswith("ox")]
    reached = True
    context = multiprocessing.get_context("spawn")
    for name in asked.only:
        for seed in asked.seeds:
            with context.Pool(1) as alone:
                most = size(asked, 60, 4, 1)
                for got in alone.apply(measure, (name, seed, most, asked.register, asked.processor)):
                    reached &= said(name, seed, got)
    return status(asked, reached)


if __name__ == "__main__":
    sys.exit(main())
