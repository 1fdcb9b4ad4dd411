"""The planner: how good plans are after 10 and after 60 seconds, on the real Oxfordshire register and on
made-up counties.

  python benchmarks/planner.py [--quick | --smoke] [--seconds 10 60] [--seeds 1 2 3] [--only ox-loose ...] [--processor]
  [--register FILE]

Every plan is made in a process of its own, one thread. Gap: what a better plan could save at most, as a share
of all driving; the planner proves it itself. Beside the seconds stand those of the processor: on a machine
that is shared they are fewer, and the plan is what so much work came to; with `--processor` the seconds are the
processor's. `guests`: the tight class, in which small schools may come to a neighbour's show. `stopped`: a plan of 650
schools in the planner's own process, how long it takes to end after the word to stop, and how many schools it reaches
by then. The register is read in place ($OUTREACH_SHARED, else ../shared); without it the classes of the real county
are left out. `--quick`: 10 seconds, one seed, ox and 330; exit status 1 when a figure is missed.
"""

import multiprocessing
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

import instances
from processor import by_processor
from serving import options, status

from outreach.planning import planner_process
from outreach.planning.planner_worker import BrokeOff
from outreach.tour.planning import pool
from outreach.tour.planning.kinds import PlanRoads
from outreach.tour.planning.limit import Limit
from outreach.tour.planning.planner import solve
from outreach.tour.planning.problem import Problem
from outreach.tour.planning.relaxation import Relaxation

# county, shape, shows a day: gap in % of all driving asked for after 10 and after 60 seconds
CLASSES = {
    "ox-loose": ("ox", "loose", 2, 0.5, 0.1),
    "ox-tight": ("ox", "tight", 2, 0.1, 0.05),
    "ox-guests": ("ox", "tight", 2, 0.5, 0.3),
    "ox-half": ("ox", "half", 2, 0.1, 0.05),
    "ox-three": ("ox", "loose", 3, 4.0, 2.0),
    "330-loose": ("330", "loose", 2, 0.7, 0.4),
    "330-guests": ("330", "tight", 2, 0.7, 0.4),
    "330-half": ("330", "half", 2, 0.1, 0.05),
    "kent-tight": ("kent", "tight", 2, 0.3, 0.2),
    "650-tight": ("650", "tight", 2, 0.6, 0.35),
    "650-half": ("650", "half", 2, 0.1, 0.05),
}
RELAXATION = {"ox": 0.2, "330": 1.0, "kent": 3.0, "650": 3.0}
MEGABYTES = 500
STOPPED_AFTER, STOPPED_IN = (0.5, 2.0, 4.0), 0.5
"""Seconds after which a plan is stopped, and those in which it has to end."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One plan: what it came to, and what it took."""

    gaps: int
    reached: int
    at_most: int
    in_part: int
    guests: int
    driving: int
    least: int
    gap: float
    ended: str
    seconds: float
    processor: float
    relaxation: float
    megabytes: float


def measure(name: str, seed: int, seconds: float, register: Path, processor_only: bool) -> Measured:
    """In this process: the relaxation alone, then the plan."""
    if processor_only:
        by_processor()
    county, shape, a_day, *_ = CLASSES[name]
    problem = instances.problem(county, shape, seed, a_day=a_day, register=register)
    if name.endswith("guests"):
        problem = instances.with_guests(problem, instances.county(county, seed, register)[0])
    figures = PlanRoads(problem)
    patterns = pool.build(figures)
    began = perf_counter()
    Relaxation(figures, patterns, seed=seed).solve(Limit(60))
    relaxation = perf_counter() - began
    processor = process_time()
    plan = solve(problem, seconds, seed)
    return Measured(
        gaps=len(problem.gaps),
        reached=plan.reached,
        at_most=plan.bounds.schools,
        in_part=plan.in_part,
        guests=plan.guests,
        driving=plan.driving,
        least=plan.bounds.driving,
        gap=100 * plan.gap,
        ended=plan.ended,
        seconds=plan.seconds,
        processor=process_time() - processor,
        relaxation=relaxation,
        megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def said(name: str, seed: int, seconds: float, got: Measured) -> bool:
    """Prints one plan beside what is asked; whether all of it is reached."""
    county, _, _, after_10, after_60 = CLASSES[name]
    asked = after_10 if seconds < 60 else after_60
    short = [
        word
        for word, good in (
            ("gap", got.gap <= asked or seconds < 10),
            ("schools", got.reached >= got.at_most * 0.99 - 1e-9),
            ("relaxation", got.relaxation < RELAXATION[county]),
            ("memory", got.megabytes < MEGABYTES),
        )
        if not good
    ]
    print(
        f"{name:10} seed {seed}, {seconds:g} s: schools {got.reached} of {got.gaps} (at most {got.at_most}; "
        f"{got.in_part} more in part{f', {got.guests} as guests' if got.guests else ''}), road "
        f"{got.driving:,} (at least {got.least:,}), gap {got.gap:.3f} % "
        f"(asked {asked:g}), {got.ended}, {got.seconds:.1f} s ({got.processor:.1f} of the processor), "
        f"relaxation {got.relaxation:.2f} s (asked {RELAXATION[county]:g}), {got.megabytes:.0f} MB (asked {MEGABYTES})"
        + (f"  MISSED: {', '.join(short)}" if short else ""),
        flush=True,
    )
    return not short


def stopped(problem: Problem, after: float) -> bool:
    """Prints how long a plan took to end that was stopped after so many seconds; whether it ended in time."""
    began = perf_counter()
    try:
        plan = planner_process.solve(problem, 60, stop=lambda: perf_counter() - began >= after)
        came = f"with {plan.reached} of {len(problem.gaps)} schools"
    except BrokeOff:
        came = "with no plan yet"
    took = perf_counter() - began - after
    missed = "" if took <= STOPPED_IN else "  MISSED: stopped"
    print(
        f"stopped after {after:g} s: ended {took:.2f} s later (asked {STOPPED_IN:g}), {came}{missed}",
        flush=True,
    )
    return not missed


def main() -> int:
    parser = options(__doc__, quick="10 seconds, one seed, ox and 330", on=())
    parser.add_argument("--seconds", type=float, nargs="+", default=[10, 60])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", nargs="+", choices=CLASSES, default=list(CLASSES))
    parser.add_argument("--processor", action="store_true", help="the seconds are the processor's")
    parser.add_argument("--register", type=Path, default=instances.REGISTER)
    asked = parser.parse_args()
    if asked.quick:
        asked.seconds, asked.seeds = [10], [1]
        asked.only = [name for name in asked.only if not name.startswith(("650", "kent"))]
    if asked.smoke:
        asked.seconds, asked.seeds, asked.only = [0.5], [1], ["330-guests"]
    if not asked.register.exists():
        print(f"no register at {asked.register}: the classes of the real county are left out")
        asked.only = [name for name in asked.only if not name.startswith("ox")]
    reached = True
    context = multiprocessing.get_context("spawn")
    for seconds in asked.seconds:
        for name in asked.only:
            for seed in asked.seeds:
                with context.Pool(1) as alone:
                    got = alone.apply(measure, (name, seed, seconds, asked.register, asked.processor))
                reached &= said(name, seed, seconds, got)
    large = instances.problem("330" if asked.quick or asked.smoke else "650", "tight", 1)
    for after in STOPPED_AFTER[:1] if asked.smoke else STOPPED_AFTER:
        reached &= stopped(large, after)
    return status(asked, reached)


if __name__ == "__main__":
    sys.exit(main())
