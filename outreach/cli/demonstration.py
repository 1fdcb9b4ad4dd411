"""flask demonstration: a made-up county to try the service with, and the addresses to open."""

from datetime import date
from pathlib import Path

import click
from flask import current_app, url_for
from flask.cli import AppGroup
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DatabaseError, OperationalError

from outreach.cli.migrations import unknown_revision
from outreach.county import partnerships, roles
from outreach.demonstration import england, made_up_schools, story, training
from outreach.demonstration.addresses import Entrance, entrances
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.wording import count
from outreach.post import troupe_links

LOCK = 0x6F757473
A_MOMENT = 2.0
"""Seconds that a command waits for others that write."""

demonstration = AppGroup("demonstration", help="A made-up county to try the service with.")


@demonstration.command("load")
def load() -> None:
    """Make up Marlshire and its year so far; a database that holds a partnership is left as it is."""
    if partnerships.every():
        click.echo("There is a partnership here already: kept as it is.")
        return
    told = _make_up()
    click.echo(f"{told.partnership.name} is there, with its programme '{told.programme.title}'.")


def _make_up() -> story.Told:
    """Marlshire and its year so far. Raises ClickException where another command is at it, or was first."""
    at_work = click.ClickException("Another command is making up a county here: wait until it has ended.")
    try:
        with transaction(patience=A_MOMENT) as session:
            if db.engine.dialect.name != "sqlite" and not session.scalar(
                select(func.pg_try_advisory_xact_lock(LOCK))
            ):
                raise at_work
            if partnerships.every():
                raise click.ClickException("There is a partnership here already.")
            click.echo("Making up a county and its year so far (some seconds)…")
            return story.tell(now=clock.now())
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorname", "") == "SQLITE_BUSY":
            raise at_work from error
        raise


@demonstration.command("england")
@click.option(
    "--years", type=click.IntRange(1, 30), default=10, show_default=True, help="How far it goes back."
)
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    help=f"Which part of England's {england.PARTNERSHIPS} partnerships.",
)
def make_england(years: int, share: float) -> None:
    """Make up a country into an empty database on PostgreSQL: Marlshire, and copies of it, over some years.

    For figures and for trying a large installation; some 15 MB a partnership and year. Ends with 1, and changes
    nothing, where a partnership is there already.
    """
    if partnerships.every():
        raise click.ClickException("There is a partnership here already. England wants an empty database.")
    size = england.Size(max(1, round(england.PARTNERSHIPS * share)), years)
    with db.engine.connect() as connection:
        try:
            england.look(connection)
        except england.NotHere as why:
            raise click.ClickException(str(why)) from why
    _make_up()
    with (
        db.engine.connect() as connection,
        click.progressbar(length=size.partnerships, label="Copying it") as shown,
    ):
        for _ in england.copied(connection, size):
            shown.update(1)
    click.echo(f"{count(size.partnerships, 'partnership')} over {count(size.years, 'year')} are there.")


@demonstration.command("set-aside")
def set_aside() -> None:
    """Rename the file of a made-up county that another version made, so that a new one can be made.

    Ends with 1, and changes nothing, where it is anything else.
    """
    if db.engine.dialect.name != "sqlite":
        raise SystemExit(1)
    with db.engine.connect() as connection:
        theirs = unknown_revision(connection) != "" and _is_only_made_up(connection)
        made = db.engine.url.database
    db.engine.dispose()  # the last connection to close leaves all in the one file
    if not theirs or not made:
        raise SystemExit(1)
    file = Path(made)
    aside = _free_name(file, date.fromtimestamp(file.stat().st_mtime))
    file.rename(aside)
    click.echo(f"Another version made the county that was here. It is kept in {aside}; a new one is made.")


def _is_only_made_up(connection: Connection) -> bool:
    """Whether a database, of whatever version, holds the made-up county and nobody's own partnership, authority or
    programme."""
    made_up = {
        "SELECT name FROM partnership": {story.PARTNERSHIP},
        "SELECT la_code FROM authority": {made_up_schools.LA_CODE},
        "SELECT title FROM programme": {story.TITLE, training.TITLE},
    }
    try:
        return all(set() < set(connection.scalars(text(said))) <= ours for said, ours in made_up.items())
    except DatabaseError:
        return False


def _free_name(file: Path, day: date) -> Path:
    aside, tries = file.with_name(f"{file.stem}-{day}{file.suffix}"), 1
    while aside.exists():
        tries += 1
        aside = file.with_name(f"{file.stem}-{day}-{tries}{file.suffix}")
    return aside


@demonstration.command("addresses")
def addresses() -> None:
    """Print what to open first; each time with a fresh one-time sign-in link."""
    with transaction(), current_app.test_request_context(base_url=current_app.config["PUBLIC_URL"]):
        lines = [line for entrance in entrances(now=clock.now()) for line in _doors(entrance)]
    click.echo("\n".join(["", *lines]))


def _doors(entrance: Entrance) -> list[str]:
    lines = [
        entrance.partnership.name,
        "  Each of these links signs in once, within a day; open two in two browsers, or in a private window:",
    ]
    for person, token in entrance.people:
        lines += [
            f"  {person.name}, {roles.NAMES[person.role or '']}:",
            f"    {_page('public.sign_in_link', token=token)}",
        ]
    if entrance.school is not None:
        lines += [
            f"  {entrance.school.name}, a school, as its invitation opens:",
            f"    {_page('school.start', token=entrance.invitation)}",
        ]
    if entrance.troupe is not None:
        troupe, link = entrance.troupe
        token = troupe_links.token_of(link, current_app.config["SECRET_KEY"])
        lines += [
            f"  {troupe.company.name}, a company, {troupe.name}, as its link opens:",
            f"    {_page('company.days', token=token)}",
        ]
    if entrance.report is not None:
        booking, token = entrance.report
        lines += [
            f"  {booking.organisation.name} says how its show went:",
            f"    {_page('school.report', token=token, reference=booking.reference)}",
        ]
    if entrance.poster is not None:
        lines += [
            f"  A pupil answers with the code on a poster, {entrance.poster.written}:",
            f"    {_page('public.pupil_first', code=entrance.poster.in_address)}",
        ]
    lines += ["  The letters sent, once signed in:", f"    {_page('coordinator.letters')}"]
    if not current_app.config["SMTP_URL"]:
        lines.append(f"    and as .eml files in {current_app.config['MAIL_FOLDER']}")
    return [*lines, "  A school that has no link:", f"    {_page('public.home')}", ""]


def _page(endpoint: str, **parts: str) -> str:
    return url_for(endpoint, _external=True, **parts)
