"""flask outcomes: published sums redone from a file for researchers."""

import io
import zipfile
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import select

from outreach.ground import clock, from_outside
from outreach.ground.db import db
from outreach.outcomes import findings, redone, releases
from outreach.outcomes.releases import OutcomeRelease
from outreach.tour.programmes import Programme

outcomes = AppGroup("outcomes", help="Outcomes: check a file for researchers against what is published.")


@outcomes.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(file: Path) -> None:
    """Redo what is published from FILE, a CSV or ZIP for researchers; list what cannot be redone."""
    try:
        rows = redone.read(_text_of(file).splitlines())
    except redone.NotOurs as fault:
        raise click.ClickException(str(fault)) from fault
    numbers = {row.number for theirs in rows.values() for row in theirs}
    programme = _programme_of(numbers)
    if programme is None:
        raise click.ClickException("No programme here has these performances.")
    done = redone.redone(rows, findings.of_programme(programme, now=clock.now()))
    for title, lines in (
        ("The same", done.same),
        ("Not the same", done.differs),
        ("Cannot be redone", done.open),
    ):
        if lines:
            click.echo(f"{title}:")
            for line in lines:
                click.echo(f"   {line}")
    if done.differs:
        raise click.ClickException(f"{len(done.differs)} published figures come out otherwise.")


def _text_of(file: Path) -> str:
    content = file.read_bytes()
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if name.endswith(".csv")]
            content = archive.read(names[0]) if names else b""
    return from_outside.text_of(content)


def _programme_of(numbers: set[int]) -> Programme | None:
    ids = db.session.scalars(
        select(OutcomeRelease.programme_id).distinct().order_by(OutcomeRelease.programme_id)
    )
    for programme_id in ids.all():
        programme = db.session.get_one(Programme, programme_id)
        if numbers and numbers <= set(releases.of_programme(programme).numbers.values()):
            return programme
    return None
