"""flask draws: the lots that were drawn, and each done once more from its seed."""

import click
from flask.cli import AppGroup
from sqlalchemy import select

from outreach.asking import draws as lots
from outreach.asking.draws import AskingDraw, Drawn
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.wording import count, date_and_time

draws = AppGroup("draws", help="Draws by lot of whom a programme asks first: check one by its seed.")


@draws.command("check")
@click.argument("number", type=int, required=False)
def check(number: int | None) -> None:
    """Do draw NUMBER once more from its seed, and say whether its order is the one that is kept; without, list the
    draws. Status 1 where it is another.

    Within a tier a school's place goes by SHA-256 of the seed, a blank and its URN, the smallest first:
    `printf '%s' 'SEED URN' | sha256sum`.
    """
    if number is None:
        _list()
        return
    try:
        found = lots.get(number)
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    click.echo(f"Draw {number}: {_told(found.draw)}")
    click.echo(f"Seed {found.draw.seed}")
    if found.draw.why_again:
        click.echo(f"Some were drawn before. Why again: {found.draw.why_again}")
    for tier in found.tiers:
        by = "split by lot" if tier.is_split else "all first" if tier.first else "all later"
        click.echo(f"Tier {tier.tier}, {tier.due}: {count(tier.schools, 'school')}, {by}")
    _order(found)


def _order(found: Drawn) -> None:
    done, kept = lots.check(found), {one.organisation_id: one for one in found.places}
    for place, organisation_id in enumerate(done.order, start=1):
        one = kept[organisation_id]
        group = "first" if place <= found.draw.asked_first else "later"
        mark = "" if one.place == place else f"  kept at place {one.place}"
        sum_of = lots.digest(found.draw.seed, organisation_id)[:16]
        click.echo(f"{place:5} {group} tier {one.tier} {sum_of} {organisation_id} {one.name}{mark}")
    if not done.is_right:
        missing = f" {count(done.missing, 'school')} missing." if done.missing else ""
        raise click.ClickException(
            f"NOT the same: {count(len(done.otherwise), 'place')} kept otherwise than the seed gives.{missing}"
        )
    click.echo(f"The same: all {found.draw.schools} places are those that the seed gives.")


def _list() -> None:
    rows = db.session.scalars(select(AskingDraw).order_by(AskingDraw.id)).all()
    for row in rows:
        click.echo(f"{row.id}: {_told(row)}")
    if not rows:
        click.echo("Nothing was drawn yet.")


def _told(row: AskingDraw) -> str:
    return (
        f"{row.asked_first} of {count(row.schools, 'school')} asked first, drawn {date_and_time(row.recorded_at)} "
        f"by {row.who}"
    )
