"""flask promises: whether the numbers that the database holds promises to are those of the rule."""

import click
from flask.cli import AppGroup

from outreach.booking import limits
from outreach.booking.limits import Difference
from outreach.county import partnerships
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.school_year import year_group_name
from outreach.ground.wording import count

promises = AppGroup("promises", help="What schools promised.")


@promises.command("limits")
@click.option("--write", is_flag=True, help="Put down what the rule says now.")
def compare(write: bool) -> None:
    """Compare what each school may promise of a year group, as it is stored, with what the rule says now.

    Every difference is a line. Ends with 1 where one is left that matters: all but those that only still allow
    what was promised once. The round of the day (flask asking chase) writes them all, and so does whatever
    changes one.
    """
    now = clock.now()
    found = [d for p in partnerships.every() for d in limits.differences(p.id, now=now)]
    for difference in found:
        click.echo(_line(difference))
    matter = sum(d.matters for d in found)
    db.session.rollback()
    if write:
        for partnership in partnerships.every():
            with transaction():
                limits.write(partnership.id, now=now)
        click.echo(f"{count(len(found), 'number')} written.")
    elif found:
        click.echo(f"{count(len(found), 'difference')}, of which {matter:,} matter. --write puts them right.")
        raise SystemExit(1 if matter else 0)
    else:
        click.echo("Every number is what the rule says.")


def _line(d: Difference) -> str:
    stored = "no number" if d.stored is None else _number(d.stored.at_most)
    return (
        f"{d.organisation_id}, {year_group_name(d.year_group)}, {d.programme.title}: "
        f"{stored} is stored, {_number(d.right.at_most)} is right"
    )


def _number(at_most: int | None) -> str:
    return "any number" if at_most is None else f"{at_most:,}"
