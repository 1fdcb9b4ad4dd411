"""flask webhooks: programs told what came about, by a process of its own, so that no letter waits for one of them."""

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from outreach.cli.stopping import StopSignal
from outreach.ground import clock
from outreach.ground.db import db
from outreach.ground.wording import count
from outreach.post.webhooks import teller
from outreach.post.webhooks.line import Line

webhooks = AppGroup("webhooks", help="Programs of councils: tell them what waits.")


@webhooks.command("send")
@click.option("--loop", is_flag=True, help="Go on until told to stop (SIGTERM ends after those in hand).")
@click.option("--every", default=5.0, show_default=True, help="With --loop: seconds between looks.")
def send(loop: bool, every: float) -> None:
    """Tell programs what is due, over https, five seconds for each."""
    line, stop, said = Line(), StopSignal(), ""
    while True:
        try:
            done = teller.tell_waiting(line, clock=clock.now, stop=stop.is_set)
            if done.taken or done.not_taken or not loop:
                click.echo(f"{count(done.taken, 'delivery', 'deliveries')} taken, {done.not_taken} not.")
            said = ""
        except OperationalError as error:
            db.session.rollback()
            if not loop:
                raise
            if said != str(error.orig):
                said = str(error.orig)
                click.echo(f"The database cannot be reached: {said}", err=True)
        if not loop or stop.is_set():
            return
        stop.wait(every)
