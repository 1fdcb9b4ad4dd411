"""flask history: the chain over the history added to, looked at, and held against the history."""

from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from outreach.cli.backups import archive
from outreach.cli.backups.archive import NoBackup
from outreach.ground import clock, history_chain, whose
from outreach.ground.db import db, transaction
from outreach.ground.wording import count, date_and_time

history = AppGroup("history", help="History: seal it, and find out whether it was changed.")

WITHOUT_A_KEY = "HISTORY_KEY is not set: the history cannot be sealed or verified. See docs/audit.md."
CANNOT_TELL = 2
"""Exit status where nothing can be said; 1 is that something was found."""


@history.command("seal")
def seal_now() -> None:
    """Add to the chain what is not in it yet. The daily round and its loop do so by themselves."""
    try:
        done = seal(now=clock.now())
    except history_chain.NoKey:
        click.echo(WITHOUT_A_KEY, err=True)
        raise SystemExit(CANNOT_TELL) from None
    click.echo(f"{count(done, 'deed')} sealed.")
    _say_head()


def seal(*, now: datetime) -> int:
    """Add all that may be added, a transaction for some at a time; how many were. Raises NoKey."""
    db.session.rollback()
    with whose.bound(whose.SEALING):
        return _seal(now)


def _seal(now: datetime) -> int:
    waiting = history_chain.waiting()
    done, shown = 0, len(waiting) > history_chain.AT_ONCE
    for first in range(0, len(waiting), history_chain.AT_ONCE):
        part = waiting[first : first + history_chain.AT_ONCE]
        with transaction():
            done += history_chain.add(part, last=first + len(part) == len(waiting), now=now)
        if shown:
            click.echo(f"  {first + len(part):,} of {len(waiting):,} deeds of the history sealed", err=True)
    return done


@history.command("head")
def show_head() -> None:
    """Print the last link of the chain: keep it outside this machine, for flask history verify --head."""
    _say_head()


def _say_head() -> None:
    head = history_chain.head()
    if head is None:
        click.echo("Nothing is sealed yet.")
        return
    click.echo(str(head))


@history.command("verify")
@click.option(
    "--head",
    help="A head that was printed earlier, or the file of a backup, which has one: finds an end that was cut off.",
)
def verify(head: str | None) -> None:
    """Hold the history against its chain: finds what was removed, changed, added later or put elsewhere.

    Status 0: all stands as it was sealed. 1: something was found. 2: nothing can be said, for want of a key or a head.
    """
    try:
        kept = history_chain.Head.read(_told(head)) if head else None
        found = history_chain.verify(kept=kept)
    except history_chain.NoKey:
        click.echo(WITHOUT_A_KEY, err=True)
        raise SystemExit(CANNOT_TELL) from None
    except history_chain.WrongHead:
        click.echo("That is no head: it looks like 412:9f3a…, as flask history head prints it.", err=True)
        raise SystemExit(CANNOT_TELL) from None
    except NoBackup as no:
        click.echo(str(no), err=True)
        raise SystemExit(CANNOT_TELL) from None
    for fault in found.faults:
        click.echo(fault.words)
    _say(found)
    if found.faults:
        click.echo(f"\n{count(len(found.faults), 'fault')}: the history is not as it was sealed.")
        raise SystemExit(1)
    click.echo("\nThe history is as it was sealed.")


def _told(head: str) -> str:
    """The head itself, or that of a backup. Raises NoBackup for a file that is none, or has no head."""
    path = Path(head)
    if not path.is_file():
        return head
    told = archive.read(path).manifest.account.history_head
    if told is None:
        raise NoBackup(
            f"{path} has no head: nothing was sealed when it was made, or an older release made it."
        )
    return told


def _say(found: history_chain.Verdict) -> None:
    until = f", closed until {date_and_time(found.closed_until)}" if found.closed_until else ""
    click.echo(f"{count(found.links, 'deed')} in the chain{until}; {found.waiting:,} not in it yet.")
    if found.before:
        click.echo(f"{count(found.before, 'deed')} were there before it, and stand as they were found then.")
    if found.erased:
        click.echo(f"Of {count(found.erased, 'deed')} something was erased, and their place in it holds.")
    if found.head:
        click.echo(f"Head: {found.head}")
