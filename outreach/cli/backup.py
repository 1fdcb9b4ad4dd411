"""flask backup: the database copied into a file while everybody works on, sealed, kept by a schedule, and tried."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError

from outreach.cli import migrations
from outreach.cli.backups import account, archive, keeping, postgres_server, sealing, sqlite_file
from outreach.cli.backups.account import Account
from outreach.cli.backups.archive import FORMAT, Backup, Manifest, Measured, NoBackup
from outreach.cli.backups.keeping import Schedule
from outreach.cli.backups.postgres_server import PostgresDatabase
from outreach.cli.backups.sealing import Identity
from outreach.cli.backups.sqlite_file import SqliteFile
from outreach.cli.other_database import service_on
from outreach.ground import clock, history_chain
from outreach.ground.config import database_url
from outreach.ground.db import db
from outreach.ground.wording import count, date_and_time

ROOT = Path(__file__).resolve().parents[2]

NEWEST = "the newest"

Database = SqliteFile | PostgresDatabase


@click.command("backup")
@click.option("--to", "folder", type=Path, help="Folder of the backups, instead of BACKUP_FOLDER.")
@click.option(
    "--keep-daily", default=0, help="Of the last so many days that have a backup, keep the newest each."
)
@click.option("--keep-weekly", default=0, help="The same for weeks.")
@click.option("--keep-monthly", default=0, help="The same for months. Without all three nothing is deleted.")
@click.option(
    "--verify",
    "tried",
    is_flag=False,
    flag_value=NEWEST,
    metavar="[FILE]",
    help="Make none: restore FILE, or the newest, beside the database, compare, and throw that away.",
)
@click.option("--identity", type=Path, help="With --verify: the file of the private key, where it is sealed.")
@click.option(
    "--scratch", help="With --verify: an empty PostgreSQL database to restore into; it is emptied again."
)
@with_appcontext
def backup(
    folder: Path | None,
    keep_daily: int,
    keep_weekly: int,
    keep_monthly: int,
    tried: str | None,
    identity: Path | None,
    scratch: str | None,
) -> None:
    """Copy the database into a file of BACKUP_FOLDER, as of one moment, while everybody works on.

    Sealed with age for BACKUP_RECIPIENTS where that is set. Ends with 1, and leaves no file with a backup's name,
    where it fails.
    """
    with said_in_words():
        folder = _folder(folder)
        if tried is not None:
            path = _newest(folder).path if tried == NEWEST else Path(tried)
            _try(archive.read(path), identity, scratch)
            return
        _make(folder)
        schedule = Schedule(daily=keep_daily, weekly=keep_weekly, monthly=keep_monthly)
        if schedule.is_set:
            _prune(folder, schedule)


@contextmanager
def said_in_words() -> Iterator[None]:
    """A no ends the command with one line and status 1."""
    try:
        yield
    except NoBackup as no:
        click.echo(str(no), err=True)
        raise SystemExit(1) from None
    except DatabaseError as error:
        click.echo(f"The database does not answer: {str(error.orig).splitlines()[0]}", err=True)
        raise SystemExit(1) from None
    finally:
        db.session.rollback()


def database_at(url: str) -> Database:
    """Raises NoBackup for one that there is no copying of."""
    found = make_url(database_url(url))
    if found.get_backend_name() == "sqlite":
        return SqliteFile(found)
    return PostgresDatabase(found, current_app.config["POSTGRES_PROGRAMS"])


def own_database() -> Database:
    return database_at(db.engine.url.render_as_string(hide_password=False))


def is_up_to_date() -> bool:
    """Whether the database at hand is as this release needs it."""
    return not migrations.not_applied(db.session.connection())


def release() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def _folder(given: Path | None) -> Path:
    folder = given or (Path(named) if (named := current_app.config["BACKUP_FOLDER"]) else None)
    if folder is None:
        raise NoBackup("Where to? Name the folder of the backups: --to FOLDER, or the setting BACKUP_FOLDER.")
    return folder


def _newest(folder: Path) -> Backup:
    try:
        found, _ = archive.of_folder(folder)
    except OSError as error:
        raise NoBackup(f"{folder} cannot be read: {error.strerror}.") from None
    if not found:
        raise NoBackup(f"There is no backup in {folder}.")
    return found[-1]


def _make(folder: Path) -> None:
    now, database = clock.now(), own_database()
    keys = sealing.recipients(current_app.config["BACKUP_RECIPIENTS"])
    kind, copy = _kind_and_copy(database)

    def told() -> Account:
        return account.of_database(now=now, judged=is_up_to_date())

    def fill(into: Measured) -> Manifest:
        with database.copied(told, service_on) as (found, packed):
            if keys:
                sealing.seal(packed, into, keys)
            else:
                archive.copied(packed, into)
        return Manifest(
            format=FORMAT,
            made_at=now,
            release=release(),
            kind=kind,
            database=database.said,
            copy=copy + ".age" * bool(keys),
            sealed=bool(keys),
            size=into.size,
            sha256=into.sha256,
            account=found,
        )

    path = folder / archive.name_of(now)
    made = archive.write(path, copy + ".age" * bool(keys), fill)
    sealed = f", sealed for {count(len(keys), 'key')}" if keys else ", not sealed"
    click.echo(
        f"Backed up to {path}: {count(made.account.number_of_rows, 'row')}, {_size(made.size)}{sealed}."
    )


def _kind_and_copy(database: Database) -> tuple[str, str]:
    if isinstance(database, SqliteFile):
        return "sqlite", sqlite_file.COPY
    return "postgresql", postgres_server.COPY


def _size(number: int) -> str:
    return f"{number / 1_000_000:,.1f} MB" if number >= 100_000 else count(number, "byte")


def _prune(folder: Path, schedule: Schedule) -> None:
    """Of this database's backups alone; what cannot be read is left for a person."""
    found, broken = archive.of_folder(folder)
    ours = [one for one in found if one.manifest.database == own_database().said]
    stay = keeping.kept([one.manifest.made_at for one in ours], schedule)
    gone = [one for one in ours if one.manifest.made_at not in stay]
    for one in gone:
        one.delete()
    click.echo(f"{count(len(ours) - len(gone), 'backup')} kept, {len(gone):,} deleted.")
    for path in broken:
        click.echo(f"{path} is no whole backup, and was left.")


def _try(found: Backup, identity: Path | None, scratch: str | None) -> None:
    key = opened_by(found, identity)
    with _aside(found, key, scratch) as url, service_on(url):
        differences = compared(found)
        older = not is_up_to_date()
        if older:
            migrated()
        faults = [] if differences else _history_faults(found.manifest.account.history_head)
    if faults:
        raise NoBackup("\n".join([f"{found.path}: its history is not as it was sealed.", *faults]))
    if differences:
        raise NoBackup(
            "\n".join([f"{found.path}: what was restored is not what was backed up.", *differences])
        )
    judged = found.manifest.account.programmes
    click.echo(
        f"{found.path} was restored and compared: made {date_and_time(found.manifest.made_at)}, "
        f"{count(found.manifest.account.number_of_rows, 'row')}, "
        + (
            "standings not compared: it is an older release's."
            if older or judged is None
            else _compared(judged)
        )
        + (" The history is as it was sealed." if current_app.config["HISTORY_KEY"] else WITHOUT_A_KEY)
    )
    try:
        found.note_verified(clock.now())
    except OSError as error:
        click.echo(f"That stands nowhere: {found.path.parent} cannot be written ({error.strerror}).")


WITHOUT_A_KEY = " Without HISTORY_KEY nothing can be said of its history."


def _history_faults(head: str | None) -> list[str]:
    """What the chain finds of the history of the database at hand; nothing where no key is set."""
    if not current_app.config["HISTORY_KEY"]:
        return []
    kept = history_chain.Head.read(head) if head else None
    return [fault.words for fault in history_chain.verify(kept=kept).faults]


def _compared(judged: list[account.ProgrammeAccount]) -> str:
    return f"standings of {count(len(judged), 'programme')} the same."


def opened_by(found: Backup, identity: Path | None) -> Identity | None:
    """The key that opens a backup, None where none is needed, once it is undamaged and of a release that we know.

    Raises NoBackup: nothing was done with it until then.
    """
    found.check()
    revision = found.manifest.account.revision
    if revision and not migrations.is_known(revision):
        raise NoBackup(
            f"{found.path} is of a newer release ({found.manifest.release}, revision {revision}), which this one "
            f"({release()}) does not know. Bring the service up to that first."
        )
    if not found.manifest.sealed:
        return None
    if identity is None:
        raise NoBackup(f"{found.path} is sealed. Name the file of the private key: --identity FILE.")
    key = sealing.identity(identity)
    with found.opened() as sealed:
        sealing.check(sealed, key)
    return key


def compared(found: Backup) -> list[str]:
    """What the database at hand, just restored, holds otherwise than its backup says."""
    told = found.manifest.account
    return account.differences(told, account.of_database(now=found.manifest.made_at, judged=is_up_to_date()))


def migrated() -> None:
    """Bring what was restored up to this release. Raises NoBackup where a migration fails."""
    db.session.rollback()
    try:
        migrations.apply()
    except Exception as error:
        raise NoBackup(f"What was restored cannot be brought up to this release: {error}") from error


@contextmanager
def _aside(found: Backup, key: Identity | None, scratch: str | None) -> Iterator[str]:
    """The URL of a database of the moment, made of a backup."""
    with found.opened() as file:
        if found.manifest.kind == "sqlite":
            folder = Path(current_app.config["OUTREACH_FOLDER"])
            with database_at(f"sqlite:///{folder / 'any.sqlite'}").restored(file, key) as url:
                yield url
            return
        database = database_at(scratch) if scratch else own_database()
        if not isinstance(database, PostgresDatabase):
            raise NoBackup(
                f"{found.path} is of PostgreSQL, and the service's database is not. Name an empty one: --scratch URL."
            )
        if not scratch:
            if not database.may_make_others():
                raise NoBackup(
                    "Our account may not make a database to restore into. Let it (ALTER ROLE … CREATEDB), or make an "
                    "empty one and name it: --scratch URL."
                )
            database.check_ours()
            with database.restored(file, key) as url:
                yield url
            return
        with service_on(scratch):
            if not account.is_empty():
                raise NoBackup(f"{database.said} is not empty. Name a database that is.")
        database.restore_here(file, key)
        try:
            yield scratch
        finally:
            database.clear()
