"""flask restore: a backup put into the place of the database, whole or not at all."""

from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError

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
from outreach.ground import clock
from outreach.ground.db import db
from outreach.ground.wording import count, date_and_time
from outreach.post.outbox import WAITING, Letter


@click.command("restore")
@click.argument("file", type=Path)
@click.option(
    "--replace", is_flag=True, help="Though the database holds something: that is put aside, not deleted."
)
@click.option("--identity", type=Path, help="The file of the private key, where the backup is sealed.")
@with_appcontext
def restore(file: Path, replace: bool, identity: Path | None) -> None:
    """Put the backup FILE into the place of the database. Stop the service first.

    It is restored beside the database, compared with what the backup says of itself and brought up to this release;
    only then it takes the database's place. Whatever fails, or ends this before, leaves the database as it was.
    """
    with said_in_words():
        found = archive.read(file)
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
        with found.opened() as copy:
            if isinstance(database, PostgresDatabase) and not database.may_make_others():
                if not empty:
                    raise NoBackup(
                        f"Our account may not make a database, so {database.said} cannot be put aside. Let it (ALTER "
                        "ROLE … CREATEDB), or make an empty database and name it in DATABASE_URL."
                    )
                database.restore_here(copy, key)
                _finish(found)
                aside = ""
            else:
                with database.restored(copy, key) as url:
                    with service_on(url):
                        _finish(found)
                    aside = database.replace(url, now=clock.now(), empty=empty)
        click.echo(
            f"Restored as of {date_and_time(found.manifest.made_at)}: "
            f"{count(found.manifest.account.number_of_rows, 'row')}."
        )
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


def _finish(found: Backup) -> None:
    """Compare what was restored, and bring it up to this release."""
    if differences := compared(found):
        raise NoBackup(
            "\n".join(["What was restored is not what was backed up. Nothing was replaced.", *differences])
        )
    if not is_up_to_date():
        migrated()
