"""Process of its own for each plan that the planner draws up: its memory goes back, and a fault in it ends it
alone."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from time import monotonic

from outreach.planning.planner_worker import BrokeOff
from outreach.tour.planning import planner
from outreach.tour.planning.limit import Progress
from outreach.tour.planning.plan import Plan
from outreach.tour.planning.problem import CannotPlan, Problem

_LOOKS_EVERY = 0.25
_PATIENCE = 120.0
"""Seconds beyond those given, and beyond the word to stop, after which a planner is taken for stuck and
ended."""


def solve(
    problem: Problem,
    seconds: float,
    seed: int = 1,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Plan:
    """planner.solve in a new process. `stop` and `progress` are called here, four times a second at the most.

    Raises CannotPlan as planner.solve does, and BrokeOff when the process ended without a plan.
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
    until = monotonic() + seconds + _PATIENCE
    while monotonic() < until:
        try:
            if ours.poll(_LOOKS_EVERY):
                kind, what = ours.recv()
                if kind == "plan":
                    plan: Plan = what
                    return plan
                if kind == "refused":
                    raise CannotPlan(what)
                if progress is not None:
                    progress(what)
        except EOFError:
            process.join(1)
            raise BrokeOff(
                "The planner broke off before it had a plan: it may have run out of memory. Ask for the plan again."
            ) from None
        if stop is not None and not told.is_set() and stop():
            told.set()
            until = monotonic() + _PATIENCE
    raise BrokeOff("The planner did not come to an end in its time, and was ended. Ask for the plan again.")


def _think(problem: Problem, seconds: float, seed: int, theirs: Connection, told: Event, parent: int) -> None:
    """In the new process. It ends when whoever asked is gone: nobody would hear of its plan."""

    def stopped() -> bool:
        return told.is_set() or os.getppid() != parent

    try:
        found = planner.solve(
            problem, seconds, seed, progress=lambda far: theirs.send(("progress", far)), stop=stopped
        )
    except CannotPlan as refusal:
        theirs.send(("refused", refusal.message))
    except BrokenPipeError:
        pass
    else:
        theirs.send(("plan", found))
    theirs.close()
