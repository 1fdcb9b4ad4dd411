"""flask post receive and poll: mail that comes in, from the mail server's pipe or from a mailbox."""

import sys

import click
from flask import current_app
from sqlalchemy.exc import OperationalError

from outreach.cli.post import post
from outreach.cli.rounds import Round, Rounds, say
from outreach.cli.stopping import StopSignal
from outreach.ground import clock, job_rounds
from outreach.ground.db import db, transaction
from outreach.post.incoming import inbox, mailbox, parsed_mail, receiving

TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits.h: the mail server keeps the mail and tries again later."""

AT_MOST = 3600.0
"""Seconds between looks while our sign-in is refused: each pause is twice the last, since a sign-in that is tried
more often gets the account locked."""


@post.command("receive")
@click.option(
    "--recipient", default=None, help="The address it was delivered to, as the mail server knows it."
)
def receive(recipient: str | None) -> None:
    """Take in one mail from standard input, as a mail server's pipe hands it over."""
    raw = sys.stdin.buffer.read(parsed_mail.MAIL_AT_MOST + 1)
    while sys.stdin.buffer.read(65536):
        pass  # what is too large is read to its end, or the mail server would think that we failed
    try:
        with Rounds(job_rounds.RECEIVE).one() as this:
            receiving.take_in(raw, recipient, now=clock.now())
            this.done = 1
    except Exception as error:  # any other status would have the mail server give the mail back to its sender
        current_app.logger.exception("a mail could not be kept")
        raise SystemExit(TRY_AGAIN) from error


@post.command("poll")
@click.option("--loop", is_flag=True, help="Go on until told to stop (SIGTERM ends after the mail in hand).")
@click.option("--every", default=60.0, show_default=True, help="With --loop: seconds between looks.")
def poll(loop: bool, every: float) -> None:
    """Take in the mail that has come to the mailbox of IMAP_URL, and move it to the folder of what is
    done."""
    try:
        ours = mailbox.Mailbox.from_settings(current_app.config)
    except mailbox.BadMailbox as error:
        raise click.ClickException(str(error)) from error
    if ours is None:
        raise click.ClickException("IMAP_URL is not set, so there is no mailbox to look into.")
    stop, rounds = StopSignal(), Rounds(job_rounds.POLL)
    said, refused = "", 0
    if loop:
        say(f"Looking into the mailbox {ours.folder} at {ours.host}.")
    while not stop.is_set():
        with rounds.one() as this:
            problem, was_refused = _look(ours, stop, this)
            # What hinders is said once, not at every look.
            if problem and problem != said:
                say(problem, err=True)
        said = problem
        if not loop:
            raise SystemExit(1 if problem else 0)
        refused = refused + 1 if was_refused else 0
        stop.wait(min(every * 2**refused, max(every, AT_MOST)))
    say("Stopped. No mail is left half taken.")


def _look(ours: mailbox.Mailbox, stop: StopSignal, this: Round) -> tuple[str, bool]:
    """One look, noted for the status page; what hindered it, '' if nothing; whether our sign-in was refused."""
    problem, refused = "", False
    try:
        done = mailbox.look(ours, _take, stop=stop.is_set)
        this.done = done.taken
        if done.taken:
            unreadable = f", {done.unreadable} of them unreadable" if done.unreadable else ""
            say(f"Took in {done.taken} {'mail' if done.taken == 1 else 'mails'}{unreadable}.")
    except mailbox.MailboxTrouble as trouble:
        problem, refused, this.faults = str(trouble), trouble.refused, 1
    except OperationalError as error:
        db.session.rollback()
        return f"The database cannot be reached: {error.orig}", False
    try:
        with transaction():
            inbox.looked(problem=problem, now=clock.now())
    except OperationalError as error:
        return f"The database cannot be reached: {error.orig}", refused
    return problem, refused


def _take(raw: bytes) -> bool | None:
    """Keep one mail; None when that failed: it stays in the mailbox, and does not keep the others back."""
    try:
        return receiving.take_in(raw, None, now=clock.now())
    except OperationalError:
        raise
    except Exception:
        db.session.rollback()
        current_app.logger.exception("a mail could not be kept, and stays in the mailbox")
        return None
