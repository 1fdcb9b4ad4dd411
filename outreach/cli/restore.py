"""flask restore: a backup put into the place of the database, whole or not at all."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError

from outreach.cli import other_keys
from outreach.cli.backup import (
    Database,
    compared,
    is_up_to_date,
    migrated,
    opened_by,
    own_database,
    said_in_words,
)
from outreach.cli.backups import account, archive
from outreach.cli.backups.archive import Backup, NoBackup
from outreach.cli.backups.postgres_server import PostgresDatabase
from outreach.cli.other_database import service_on
from outreach.ground import clock, erasures
from outreach.ground.db import db, transaction
from outreach.ground.erasures import BadList
from outreach.ground.wording import count, date_and_time
from outreach.post.outbox import WAITING, Letter
from outreach.privacy import replaying


@click.command("restore")
@click.argument("file", type=Path)
@click.option(
    "--replace", is_flag=True, help="Though the database holds something: that is put aside, not deleted."
)
@click.option("--identity", type=Path, help="The file of the private key, where the backup is sealed.")
@click.option(
    "--without-erasures",
    "without",
    is_flag=True,
    help="Though the list of erasures (ERASURES_FILE) is lost: whoever was erased since is there again.",
)
@with_appcontext
def restore(file: Path, replace: bool, identity: Path | None, without: bool) -> None:
    """Put the backup FILE into the place of the database. Stop the service first.

    It is restored beside the database, compared with what the backup says of itself and brought up to this release, and
    what was erased since is erased again, by the list of ERASURES_FILE; only then it takes the database's place.
    Whatever fails, or ends this before, leaves the database as it was.
    """
    with said_in_words():
        found = archive.read(file)
        if not without:
            _has_list()
        key = opened_by(found, identity)
        database = own_database()
        kind = db.engine.dialect.name
        if found.manifest.kind != kind:
            raise NoBackup(f"{file} is of {found.manifest.kind}, and the service's database is {kind}.")
        empty = _is_empty(database)
        if not empty and not replace:
            raise NoBackup(
                f"{database.said} is not empty. With --replace it is put aside, and the backup takes its place."
            )
        db.session.remove()
        db.engine.dispose()
        database.check_unused()
        here = isinstance(database, PostgresDatabase) and not database.may_make_others()
        if isinstance(database, PostgresDatabase) and not here:
            database.check_ours()
        with found.opened() as copy:
            if isinstance(database, PostgresDatabase) and here:
                if not empty:
                    raise NoBackup(
                        f"Our account may not make a database, so {database.said} cannot be put aside. Let it (ALTER "
                        "ROLE … CREATEDB), or make an empty database and name it in DATABASE_URL."
                    )
                database.restore_here(copy, key)
                said = _finish(found, again=not without)
                aside = ""
            else:
                with database.restored(copy, key) as url:
                    with service_on(url):
                        said = _finish(found, again=not without)
                    aside = database.replace(url, now=clock.now(), empty=empty)
        click.echo(
            f"Restored as of {date_and_time(found.manifest.made_at)}: "
            f"{count(found.manifest.account.number_of_rows, 'row')}."
        )
        click.echo(said)
        for words in (other_keys.of_last_sender(), *other_keys.of_secrets()):
            if words:
                click.echo(words)
        if current_app.config["OWNER_DATABASE_URL"]:
            click.echo("Say anew what the service may do there, before it starts: flask database roles.")
        if aside:
            click.echo(f"What was there before is {aside}. Delete it once all is well.")
        if waiting := db.session.scalar(select(func.count()).where(Letter.status == WAITING)):
            click.echo(
                f"{count(waiting, 'letter')} waited then. They go out when the post starts, though they may have gone "
                "before."
            )


def _is_empty(database: Database) -> bool:
    """A damaged file of SQLite is not: whoever restores over it says so."""
    try:
        return account.is_empty()
    except DatabaseError:
        db.session.rollback()
        if isinstance(database, PostgresDatabase):
            raise
        return False


def _has_list() -> None:
    """Raises NoBackup where nobody knows what was erased since."""
    list_ = erasures.path()
    if list_ is not None and list_.is_file():
        return
    why = "ERASURES_FILE is not set" if list_ is None else f"{list_}, the list of erasures, is not there"
    raise NoBackup(
        f"{why}: whoever was erased since this backup was made would be there again. Bring the list, or say "
        "--without-erasures and erase again whom you know of."
    )


def _finish(found: Backup, *, again: bool) -> str:
    """Compare what was restored, bring it up to this release, and erase `again` what was erased since; what came of
    that, in a sentence."""
    if differences := compared(found):
        raise NoBackup(
            "\n".join(["What was restored is not what was backed up. Nothing was replaced.", *differences])
        )
    if not is_up_to_date():
        migrated()
    if not again:
        return "What was erased since that moment is there again (--without-erasures)."
    try:
        done = replaying.replay(transaction, now=clock.now())
    except BadList as bad:
        raise NoBackup(f"{bad} Nothing was replaced.") from None
    return (
        f"Erased again, by {count(done.lines, 'line')} of the list of erasures: {count(done.erased, 'row')}."
    )
