"""Process of its own for each plan that the planner draws up: its memory goes back, and a fault in it ends it
alone."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from time import monotonic

from outreach.planning.planner_worker import BrokeOff
from outreach.tour.planning import planner
from outreach.tour.planning.limit import Progress
from outreach.tour.planning.plan import OUT_OF_TIME, Plan
from outreach.tour.planning.problem import CannotPlan, Problem

_LOOKS_EVERY = 0.1
_TO_FINISH = 0.25
"""Seconds that a planner has after the word to stop: it cannot be interrupted while HiGHS presolves."""

_PATIENCE = 120.0
"""Seconds beyond those given after which a planner is taken for stuck and ended."""


def solve(
    problem: Problem,
    seconds: float,
    seed: int = 1,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Plan:
    """planner.solve in a new process. `stop` and `progress` are called here, ten times a second at the most.

    Told to stop, it is ended within half a second, and the best plan that it wrote down on its way is kept.
    Raises CannotPlan as planner.solve does, and BrokeOff when the process ended, or was ended, without a plan.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    told = context.Event()
    process = context.Process(
        target=_think, args=(problem, seconds, seed, theirs, told, os.getpid()), daemon=True
    )
    # Ctrl-C and systemd signal every process; the planner's own does not hear it, and is told to stop from here.
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)
    theirs.close()
    try:
        return _listen(process, ours, told, seconds, progress, stop)
    finally:
        if process.is_alive():
            process.kill()
        process.join()
        ours.close()


def _listen(
    process: SpawnProcess,
    ours: Connection,
    told: Event,
    seconds: float,
    progress: Callable[[Progress], None] | None,
    stop: Callable[[], bool] | None,
) -> Plan:
    began = monotonic()
    until = began + seconds + _PATIENCE
    best: Plan | None = None
    while monotonic() < until or (best is not None and ours.poll(0)):
        try:
            if ours.poll(_LOOKS_EVERY):
                kind, what = ours.recv()
                if kind == "plan":
                    plan: Plan = what
                    return plan
                if kind == "refused":
                    raise CannotPlan(what)
                if kind == "so far":
                    best = what
                elif progress is not None:
                    progress(what)
        except EOFError:
            process.join(1)
            raise BrokeOff(
                "The planner broke off before it had a plan: it may have run out of memory. Ask for the plan again."
            ) from None
        if stop is not None and not told.is_set() and stop():
            told.set()
            until = monotonic() + _TO_FINISH
    if best is not None:
        ended = best.ended if told.is_set() else OUT_OF_TIME
        return replace(best, seconds=monotonic() - began, ended=ended)
    if told.is_set():
        raise BrokeOff("It was stopped before there was a plan.")
    raise BrokeOff("The planner did not come to an end in its time, and was ended. Ask for the plan again.")


def _think(problem: Problem, seconds: float, seed: int, theirs: Connection, told: Event, parent: int) -> None:
    """In the new process. It ends when whoever asked is gone: nobody would hear of its plan."""

    def stopped() -> bool:
        return told.is_set() or os.getppid() != parent

    try:
        found = planner.solve(
            problem,
            seconds,
            seed,
            progress=lambda far: theirs.send(("progress", far)),
            stop=stopped,
            so_far=lambda plan: theirs.send(("so far", plan)),
        )
    except CannotPlan as refusal:
        theirs.send(("refused", refusal.message))
    except BrokenPipeError:
        pass
    else:
        theirs.send(("plan", found))
    theirs.close()
