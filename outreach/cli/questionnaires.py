"""flask questionnaires: who approved a draft, named by the operator where a coordinator is alone."""

import click
from flask.cli import AppGroup
from sqlalchemy import select

from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.outcomes import questionnaires as of_pupils
from outreach.outcomes.questionnaires import Questionnaire

questionnaires = AppGroup(
    "questionnaires", help="Questionnaires of pupils: approve one for a coordinator who is alone."
)


@questionnaires.command("approve")
@click.argument("number", type=int, required=False)
@click.option("--approver", default="", help="Who read and approved it: a name and an office.")
def approve(number: int | None, approver: str) -> None:
    """Approve draft NUMBER in the name of somebody who has read it; without, list the drafts."""
    if number is None or not approver.strip():
        _list()
        return
    with transaction():
        draft = db.session.get(Questionnaire, number)
        if draft is None:
            raise click.ClickException(f"There is no questionnaire {number}.")
        try:
            of_pupils.approve_by_another(draft, approver.strip(), who="the operator", now=clock.now())
        except Refusal as refusal:
            raise click.ClickException(refusal.message) from refusal
    click.echo(f"Approved by {approver.strip()}.")


def _list() -> None:
    drafts = db.session.scalars(
        select(Questionnaire)
        .where(Questionnaire.approved_at.is_(None), Questionnaire.ended_at.is_(None))
        .order_by(Questionnaire.id)
    ).all()
    for draft in drafts:
        click.echo(f"{draft.id}: drafted by {draft.drafted_by}")
        for item in of_pupils.items_of(draft.id):
            click.echo(f"   {item.words}")
    if not drafts:
        click.echo("No draft waits.")
