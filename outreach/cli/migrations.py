"""flask db: the schema, by Flask-Migrate; `flask db downgrade` loses nothing that people put down, unless
--drop-data says so."""

from pathlib import Path

import click
import flask_migrate
from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate.cli import db
from sqlalchemy import Connection, inspect

from outreach.ground.db import db as database

FOLDER = Path(__file__).resolve().parent.parent.parent / "migrations"
LAST_OF_BASELINE = "plan_unplaced_proposal"
"""The table that the first baseline (0001) got last: one from before it may go by the same revision's name."""


def init_app(app: Flask) -> None:
    """What the commands of Flask-Migrate look for on the app."""
    flask_migrate.Migrate(app, database, directory=str(FOLDER))


def unknown_revision(connection: Connection) -> str:
    """Revision of another version that a database stands at; '' if it is one of ours, or empty."""
    heads = {*MigrationContext.configure(connection).get_current_heads()}
    tables = inspect(connection).get_table_names()
    if "partnership" in tables and not (heads and LAST_OF_BASELINE in tables):
        return ", ".join(sorted(heads)) or "none"
    return ", ".join(sorted(one for one in heads if not is_known(one)))


def not_applied(connection: Connection) -> str:
    """How a database stands to this version's migrations, in words; '' where all of them were applied."""
    at = ", ".join(sorted(MigrationContext.configure(connection).get_current_heads()))
    wanted = ", ".join(sorted(ScriptDirectory(str(FOLDER)).get_heads()))
    return "" if at == wanted else f"it stands at {at or 'nothing'}, {wanted} is needed"


def is_known(revision: str) -> bool:
    """Whether this version has that migration: what a newer one made it has not."""
    return any(script.revision == revision for script in ScriptDirectory(str(FOLDER)).walk_revisions())


def apply() -> None:
    """Bring the database at hand up to date, as `flask db upgrade` does. Raises what a migration raises."""
    command.upgrade(current_app.extensions["migrate"].migrate.get_config(str(FOLDER)), "head")


migrate: click.Group = db


@migrate.command("downgrade")
@click.argument("revision", default="-1")
@click.option(
    "--drop-data", is_flag=True, help="Lose what the newer tables and columns hold. Take a backup first."
)
@with_appcontext
def downgrade(revision: str, drop_data: bool) -> None:
    """Go back to an older schema; refused, in words, where that would drop rows."""
    flask_migrate.downgrade(revision=revision, x_arg=[] if drop_data else ["keep-data"])
