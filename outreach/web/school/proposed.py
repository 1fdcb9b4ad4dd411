"""The school's no to a time that a coordinator keeps for it."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for

from outreach.asking import invitations
from outreach.booking import promises, proposals
from outreach.booking.proposals import Proposal, ProposalEnded
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.web.forms import Form, words
from outreach.web.gate import by_personal_link, school


class NoForm(Form):
    reason = words(
        "Why does it not suit? (optional)",
        hint="For example: mock exams that week.",
        at_most=500,
    )


@school.route("/i/<token>/kept/<int:proposal_id>/no", methods=["GET", "POST"])
@by_personal_link
def kept_no(token: str, proposal_id: int) -> Any:
    """Asks why, if the school likes to say; the POST frees the time."""
    now = clock.now()
    proposal = _own(proposal_id)
    if not proposal.is_open(now):
        return _gone(token)
    form, day_id = NoForm(), proposal.performance.tour_day_id if proposal.performance is not None else None
    if form.validate_on_submit():
        try:
            with transaction():
                invitations.refuse_slot(_own(proposal_id), reason=form.reason.data or "", who=g.who, now=now)
        except ProposalEnded:
            return _gone(token)
        flash("Thank you for telling us. These are the other times that you could have.", "done")
        return redirect(url_for(".times", token=token, refused=day_id), 303)
    page = render_template("school/kept_no.html", token=token, proposal=proposal, form=form)
    return page, 422 if form.errors else 200


def _own(proposal_id: int) -> Proposal:
    """The link's school's own in the link's programme; a 404 for any other."""
    return proposals.get(proposal_id, g.programme.id, g.organisation.organisation_id)


def _gone(token: str) -> Any:
    """To the times that are left; or to the booking, when that is what became of it."""
    if not promises.live(g.programme.id, g.organisation.organisation_id):
        flash(ProposalEnded().message, "confirm")
    return redirect(url_for(".start", token=token), 303)
