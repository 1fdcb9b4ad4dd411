"""flask roads: the process that asks a router for roads that coordinators ordered, and what the settings say of it."""

import io

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from outreach.cli.rounds import Rounds, say
from outreach.cli.stopping import StopSignal
from outreach.ground import clock, job_rounds, whose
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.ground.the_app import settings
from outreach.ground.turns import Turns
from outreach.tour import road_files, road_places, road_questions, router
from outreach.tour.road_points import RoadPoint, RoadPoints

roads = AppGroup("roads", help="Minutes on the road, from the router that ROUTER_URL names.")

NO_ROUTER = "ROUTER_URL is not set: no router is asked for anything."

TRIED = (
    RoadPoint("1", "Trafalgar Square", -0.128069, 51.508039),
    RoadPoint("2", "Greenwich", -0.008133, 51.480577),
)
"""Two public places that any router of England knows."""


@roads.command("fill")
@click.option("--loop", is_flag=True, help="Go on until told to stop (SIGTERM), waiting for orders.")
@click.option(
    "--every", default=5.0, show_default=True, help="Seconds between looks while nothing is to be asked."
)
def fill(loop: bool, every: float) -> None:
    """Ask what was ordered, one question after the other. SIGTERM ends it after the question in hand."""
    if not router.is_set():
        click.echo(NO_ROUTER)
        return
    stop, rounds = StopSignal(), Rounds(job_rounds.ROADS)
    asked, said, turns = 0, "", Turns()
    while not stop.is_set():
        again = False
        try:
            with rounds.one() as this:
                again = _ask_next(turns)
                this.done = int(again)
            asked += again
            db.session.rollback()
            said = ""
        except OperationalError as error:
            db.session.rollback()
            if said != str(error.orig):
                said = str(error.orig)
                say(f"The database cannot be reached: {said}", err=True)
        if again:
            stop.wait(0 if router.is_own() else router.PAUSE.total_seconds())
        elif loop:
            stop.wait(every)
        else:
            break
    say(f"Questions asked: {asked}.")


def _ask_next(turns: Turns) -> bool:
    """One question of whichever partnership's turn it is; False where none waits, or not now."""
    with_orders = turns.whole(whose.having_due("roads", clock.now()))
    db.session.rollback()
    # Where nobody ordered any, it is put down all the same that somebody looks for orders.
    for one in with_orders or [whose.NOBODYS]:
        with whose.bound(one):
            if road_questions.ask_next(
                clock=clock.now, commits=transaction, ask=lambda points: router.ask(points, now=clock.now())
            ):
                turns.served(one or 0)
                return True
    return False


@roads.command("check")
def check() -> None:
    """Say what the settings name, and ask it for one road between two public places in London. Status 1 when it does
    not tell it."""
    if not router.is_set():
        click.echo(NO_ROUTER)
        return
    told_to = (
        "the council’s own, which is told troupes’ bases" if router.is_own() else "public: no base goes there"
    )
    click.echo(
        f"{settings()['ROUTER_URL']}: {router.kind()}, {told_to}; at most {router.a_day()} questions a day."
    )
    try:
        points = RoadPoints(of=0, points=TRIED)
        answer = io.BytesIO(router.ask(points, now=clock.now()))
        _, way, *_ = road_files.read(answer, road_places.NOWHERE, points).entries
        minutes = f"{float(way.time) / 60:.0f}"
    except (router.RouterFailed, router.RouterRefused, Refusal, ValueError) as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from None
    click.echo(f"It answers: {minutes} minutes from {TRIED[0].name} to {TRIED[1].name}.")
