"""flask setup: a first partnership from the register of schools."""

import os
from typing import Any

import click
from flask.cli import with_appcontext

from outreach.county import partnerships
from outreach.county.register import postcodes
from outreach.county.register.founding import Founding, found
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.wording import count

FILE = click.File("rb")


@click.command("setup")
@click.option("--register", required=True, type=FILE, help="The register's download: .csv or .zip.")
@click.option("--authority", required=True, help="The authority's code in the register, for example 931.")
@click.option("--links", type=FILE, help="The register's links file.")
@click.option("--code-point", type=FILE, help="Code-Point Open, for places that the register lacks.")
@click.option("--districts", type=FILE, help="GeoJSON of the districts, for the map.")
@click.option("--name", default="Coordinator", show_default=True, help="Who signs in first.")
@click.option("--email", default="", help="That person's address.")
@with_appcontext
def setup(authority: str, register: Any, name: str, email: str, **files: Any) -> None:
    """Make a partnership of one authority from the register, with one coordinator and no programme yet.

    An authority that is set up here already is left as it is.
    """
    if partnerships.of_authority(authority) is not None:
        click.echo(f"Authority {authority} is set up here already: kept as it is.")
        return
    founding = Founding(
        register=register,
        file_name=os.path.basename(register.name),
        la_code=authority,
        coordinator=name,
        address=email,
        **files,
    )
    click.echo("Reading the register…")
    try:
        with transaction():
            founded = found(founding, who="set-up", now=clock.now())
            if founding.code_point is not None:
                founding.code_point.seek(0)
                click.echo(f"{count(postcodes.bring_in(founding.code_point), 'postcode')} kept.")
            click.echo(f"{founded.partnership.name}: {founded.changes.summary}")
            for line in founded.changes.unreadable:
                click.echo(f"  Line {line.number} was left out: {line.reason}.", err=True)
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
