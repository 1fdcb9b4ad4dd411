"""`flask db downgrade` loses nothing that people put down, unless --drop-data says so."""

import click
import flask_migrate
from flask.cli import with_appcontext
from flask_migrate.cli import db

migrate: click.Group = db


@migrate.command("downgrade")
@click.argument("revision", default="-1")
@click.option("--drop-data", is_flag=True, help="Lose what the newer tables and columns hold. Take a backup first.")
@with_appcontext
def downgrade(revision: str, drop_data: bool) -> None:
    """Go back to an older schema; refused, in words, where that would drop rows."""
    flask_migrate.downgrade(revision=revision, x_arg=[] if drop_data else ["keep-data"])
