"""flask planner: the worker that draws up the plans coordinators asked for, in a process of its own."""

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from outreach.cli.rounds import Rounds, say
from outreach.cli.stopping import StopSignal
from outreach.ground import clock, job_rounds, whose
from outreach.ground.db import db, transaction
from outreach.ground.turns import Turns
from outreach.planning import planner_process, planner_worker

planner = AppGroup("planner", help="Plans of a tour: draw up what was asked for.")


@planner.command("work")
@click.option("--once", is_flag=True, help="End when no plan waits, instead of waiting for the next.")
@click.option("--every", default=2.0, show_default=True, help="Seconds between looks while none waits.")
def work(once: bool, every: float) -> None:
    """Draw up one plan after another. SIGTERM gives the plan in hand back to the next planner, and ends."""
    stop, rounds = StopSignal(), Rounds(job_rounds.PLANNER)
    name, said, turns = planner_worker.new_name(), "", Turns()
    while not stop.is_set():
        try:
            while not stop.is_set() and _round(rounds, name, stop, turns):
                say("A plan is done.")
            db.session.rollback()
            said = ""
        except OperationalError as error:
            db.session.rollback()
            if said != str(error.orig):
                said = str(error.orig)
                say(f"The database cannot be reached: {said}", err=True)
        if once:
            return
        stop.wait(every)
    say("Stopped. A plan in hand was given back.")


def _round(rounds: Rounds, name: str, stop: StopSignal, turns: Turns) -> bool:
    with rounds.one() as this:
        this.done = int(_work_next(name, stop, turns))
    return bool(this.done)


def _work_next(name: str, stop: StopSignal, turns: Turns) -> bool:
    """One plan of whichever partnership's turn it is; False when none waits."""
    with_plans = turns.whole(whose.having_due("plans", clock.now()))
    db.session.rollback()
    for one in with_plans:
        with whose.bound(one):
            if planner_worker.work_next(
                name, clock=clock.now, commits=transaction, solver=planner_process.solve, told=stop.is_set
            ):
                turns.served(one or 0)
                return True
    return False
