"""flask database: the accounts by which PostgreSQL is come to."""

import click
import psycopg
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import make_url

from outreach.cli import database_roles
from outreach.cli.database_roles import Roles
from outreach.ground.config import database_url

database = AppGroup("database", help="The database: the accounts that come to it.")


@database.command("roles")
@click.option(
    "--connect",
    default="",
    help="The address of the database for an account that may make roles: PostgreSQL’s own, if need be. Without it, "
    "OWNER_DATABASE_URL.",
)
def roles(connect: str) -> None:
    """Make the accounts of DATABASE_URL (the service) and OWNER_DATABASE_URL (who migrates and backs up), and say what
    each may do.

    Safe to repeat: it is to be given again after each new release that changed the tables.
    """
    service = make_url(str(current_app.config["SQLALCHEMY_DATABASE_URI"]))
    owner = make_url(str(current_app.config["OWNER_DATABASE_URL"] or "sqlite://"))
    if "postgresql" not in service.drivername or "postgresql" not in owner.drivername:
        raise click.ClickException("Set DATABASE_URL and OWNER_DATABASE_URL to addresses of PostgreSQL.")
    named = Roles.of(service, owner)
    if not named.service or not named.owner or named.service == named.owner:
        raise click.ClickException("DATABASE_URL and OWNER_DATABASE_URL must name two different accounts.")
    url = make_url(database_url(connect)) if connect else owner
    if url.username == named.service:
        raise click.ClickException(f"Connect as another than {named.service}, whose rights are to be less.")
    try:
        with psycopg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False)
        ) as connection:
            for step in (database_roles.make, database_roles.hand_over, database_roles.grant):
                for line in step(connection, named):
                    click.echo(line)
    except psycopg.Error as error:
        raise click.ClickException(
            f"{str(error).strip().splitlines()[0]}. Nothing was changed. An account that may make roles and let them "
            "past row-level security is needed: name it with --connect."
        ) from error
