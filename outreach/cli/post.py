"""flask post: sends the letters that wait, and answers those who asked for a link at the open door."""

import os
import secrets
import signal
import socket
import threading

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from outreach.asking import open_door
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.post import postman
from outreach.post.outgoing import letterbook

post = AppGroup("post", help="Letters: send what waits.")


@post.command("send")
@click.option(
    "--loop", is_flag=True, help="Go on until told to stop (SIGTERM ends after the letter in hand)."
)
@click.option("--every", default=5.0, show_default=True, help="With --loop: seconds between looks.")
def send(loop: bool, every: float) -> None:
    """Send the letters that are due: over SMTP_URL, or into MAIL_FOLDER while that is empty."""
    try:
        door = postman.post_of(current_app.config)
    except postman.BadMailServer as error:
        raise click.ClickException(str(error)) from error
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    told = threading.Event()
    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, lambda *_: told.set())
    if not loop:
        _once(door, name, told)
        return
    click.echo(f"Sending letters {_where(door)}.")
    while not told.is_set():
        try:
            _answer_asks()
            held_up = _say(postman.send_waiting(door, clock=clock.now, name=name, stop=told.is_set))
        except OperationalError as error:
            db.session.rollback()
            held_up = f"The database cannot be reached: {error.orig}"
            click.echo(held_up, err=True)
        told.wait(max(every, 30.0) if held_up else every)
    click.echo("Stopped. No letter is left half sent.")


def _once(door: postman.Post, name: str, told: threading.Event) -> None:
    """One round; status 1 when the mail server held it up, so that a timer's log shows it."""
    _answer_asks()
    held_up = _say(postman.send_waiting(door, clock=clock.now, name=name, stop=told.is_set))
    waiting = letterbook.waiting_before(clock.now())
    db.session.rollback()
    click.echo(f"{waiting} due {'letter waits' if waiting == 1 else 'letters wait'}.")
    if held_up:
        raise SystemExit(1)


def _say(done: postman.Round) -> str:
    if done.sent or done.later or done.failed:
        click.echo(f"Sent {done.sent}, to be tried again {done.later}, failed {done.failed}.")
    if done.held_up:
        click.echo(done.held_up, err=True)
    return done.held_up


def _where(door: postman.Post) -> str:
    return f"into {door.folder}" if door.server is None else f"through {door.server.host}"


def _answer_asks() -> None:
    """Decide what came in at the open door, each in a transaction of its own, so that its letters go now.

    A fault with one ask must not keep everybody's letters back: it is logged, and tried again next time.
    """
    try:
        while True:
            with transaction():
                if not open_door.answer_next(now=clock.now()):
                    return
    except OperationalError:
        raise
    except Exception:
        current_app.logger.exception("an ask at the open door could not be answered")
