"""flask privacy: what was kept for long enough, counted and erased."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from outreach.cli.rounds import Rounds
from outreach.county import partnerships
from outreach.ground import clock, erasures, job_rounds, whose
from outreach.ground.db import db, transaction
from outreach.ground.wording import count
from outreach.privacy import exporting, person, replaying, runs
from outreach.privacy import sweep as sweeping

privacy = AppGroup("privacy", help="Privacy: erase what was kept for long enough.")

OPERATOR = "the operator"

NOBODYS = "No partnership's"


@privacy.command("sweep")
@click.option("--do", "really", is_flag=True, help="Erase it. Without this, it is only counted.")
def sweep(really: bool) -> None:
    """Say what was kept for long enough; with --do, erase it. Nothing brings it back.

    The day's round (flask asking chase) does it by itself. Status 1 when something could not be erased.
    """
    if really:
        if erase_due(now=clock.now(), say=click.echo):
            raise SystemExit(1)
        return
    now, anything = clock.now(), False
    for partnership_id, name in _whose():
        counted = Counter[str]()
        for one in _bound_to(partnership_id):
            with whose.bound(one):
                counted.update(sweeping.due(partnership_id, now=now))
            db.session.rollback()
        said = sweeping.in_words(counted)
        click.echo(f"{name}: {'would erase ' + said if said else 'nothing is due'}.")
        anything = anything or bool(said)
    if anything:
        click.echo("Nothing was erased. With --do it is, for good.")


@privacy.command("export")
@click.option("--partnership", "named", required=True, help="Whose; its name.")
@click.argument("addresses", nargs=-1, required=True)
def export(named: str, addresses: tuple[str, ...]) -> None:
    """Say as JSON all that a partnership holds of whoever has these ADDRESSES. It stands in the history that it was."""
    of = next((one for one in partnerships.every() if one.name == named), None)
    if of is None:
        raise click.ClickException(f"There is no partnership '{named}'.")
    partnership_id = of.id
    try:
        told = exporting.told(person.get(partnership_id, addresses), of=of.name, now=clock.now())
    except person.NobodyHere as nobody:
        raise click.ClickException(nobody.message) from None
    with transaction():
        exporting.put_down("took out", partnership_id, who=OPERATOR, now=clock.now())
    click.echo(exporting.as_json(told))


@privacy.command("replay")
def replay() -> None:
    """Erase again, in a database that was restored by hand, what the list of ERASURES_FILE has.

    flask restore does it by itself. Nothing brings it back.
    """
    if erasures.path() is None:
        raise click.ClickException("ERASURES_FILE is not set.")
    try:
        done = replaying.replay(transaction, now=clock.now())
    except erasures.BadList as bad:
        raise click.ClickException(str(bad)) from None
    click.echo(f"{count(done.lines, 'line')} read, {count(done.erased, 'row')} erased again.")


@privacy.command("new-list")
def new_list() -> None:
    """Begin a new list of erasures, where that of ERASURES_FILE is lost for good.

    A backup of before brings back whoever stood in the old one: erase again whom you know of after a restore.
    """
    if not erasures.is_anothers():
        raise click.ClickException("The list of ERASURES_FILE is the one that stands for this database.")
    with transaction():
        erasures.begin_anew()
    erasures.begin()
    click.echo(f"A new list is begun: {erasures.path()}.")


def erase_due(*, now: datetime, say: Callable[[str], object]) -> int:
    """Erase all that is due, a transaction for each batch; how many kinds could not be erased to the end.

    A fault with one kind keeps no other back: it is logged, and tried again the next day. What the database refused of
    one partnership is raised once the others are through.
    """
    with Rounds(job_rounds.SWEEP).one() as this:
        erasures.begin()
        refused = None
        for partnership_id, name in _whose():
            try:
                done, failed = _erase_of(partnership_id, name, now=now, say=say)
            except OperationalError as error:
                db.session.rollback()
                done, failed, refused = 0, 1, error
                current_app.logger.warning("erasing of %s waits for the database: %s", name, error.orig)
            this.done, this.faults = this.done + done, this.faults + failed
        if refused is not None:
            raise refused
    return this.faults


def _erase_of(
    partnership_id: int | None, name: str, *, now: datetime, say: Callable[[str], object]
) -> tuple[int, int]:
    """How many rows of a partnership, or of none, were erased, and how many kinds could not be."""
    erased, failed = dict[str, int](), 0
    for task in sweeping.tasks(partnership_id):
        try:
            erased[task.name] = sum(
                _to_the_end(task, partnership_id, one, now=now) for one in _bound_to(partnership_id)
            )
        except OperationalError:
            raise
        except Exception:
            failed += 1
            current_app.logger.exception("erasing %s of %s failed", task.name, name)
    if partnership_id is not None and not failed:
        with whose.bound(partnership_id), transaction():
            runs.ended(partnership_id, erased, now=now)
    if said := sweeping.in_words(erased):
        say(f"{name}: erased {said}.")
    return sum(erased.values()), failed


def _bound_to(partnership_id: int | None) -> Sequence[int | None]:
    """As whom one sees all of what is a partnership's, or no partnership's: some of that hangs on what is anybody's."""
    if partnership_id is not None or not whose.stands():
        return [partnership_id]
    return [whose.NOBODYS, *whose.everybody()]


def _to_the_end(
    task: sweeping.Task, partnership_id: int | None, bound_to: int | None, *, now: datetime
) -> int:
    done = 0
    while True:
        with whose.bound(bound_to), transaction():
            some = sweeping.next_batch(task, partnership_id, now=now)
        done += some
        if some < sweeping.AT_ONCE:
            return done


def _whose() -> list[tuple[int | None, str]]:
    found: list[tuple[int | None, str]] = [(one.id, one.name) for one in partnerships.every()]
    db.session.rollback()
    return [*found, (None, NOBODYS)]
