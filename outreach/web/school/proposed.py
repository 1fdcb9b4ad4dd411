"""The time that a coordinator keeps for a school: its yes, with all that is to be said on one page, or its
no."""

from collections.abc import Mapping
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.asking import invitations
from outreach.booking import accounts, holds, promises, proposals
from outreach.booking.desk import proposing
from outreach.booking.numbers import Promise
from outreach.booking.proposals import Proposal, ProposalEnded
from outreach.booking.told import ACCESS_NEEDS
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.timespans import day_of
from outreach.web.forms import Form, valid, words
from outreach.web.gate import by_personal_link, school
from outreach.web.refusals import status
from outreach.web.school import forms
from outreach.web.school.forms import HallForm, PeopleForm, PupilsForm


class NoForm(Form):
    reason = words(
        "Why does it not suit?",
        hint="For example: mock exams that week. No pupil’s name, please. You may leave it empty.",
        at_most=500,
    )


@school.route("/i/<token>/kept/<int:proposal_id>", methods=["GET", "POST"])
@by_personal_link
def kept_yes(token: str, proposal_id: int) -> Any:
    """Numbers, hall and people, filled with what is known; the POST books."""
    now = clock.now()
    proposal = _own(proposal_id)
    if not proposal.is_open(now):
        return _gone(token)
    asked, room, who = _forms(proposal, request.form if request.method == "POST" else None)
    if request.method == "POST" and valid(asked, room, who):
        try:
            with transaction():
                booking = proposing.accept(_own(proposal_id), _promise(asked, room, who), who=g.who, now=now)
                reference = booking.reference
        except ProposalEnded:
            return _gone(token)
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    page = render_template(
        "school/kept.html",
        token=token,
        proposal=proposal,
        form=asked,
        room=room,
        who=who,
        needs=ACCESS_NEEDS,
        fixed=promises.fixed_online(g.programme, day_of(proposal.starts_at), today=day_of(now)),
    )
    return page, status()


@school.route("/i/<token>/kept/<int:proposal_id>/no", methods=["GET", "POST"])
@by_personal_link
def kept_no(token: str, proposal_id: int) -> Any:
    """Asks why, if the school likes to say; the POST frees the time."""
    now = clock.now()
    proposal = _own(proposal_id)
    if not proposal.is_open(now):
        return _gone(token)
    form = NoForm()
    if form.validate_on_submit():
        try:
            with transaction():
                invitations.refuse_slot(_own(proposal_id), reason=form.reason.data or "", who=g.who, now=now)
        except ProposalEnded:
            return _gone(token)
        flash("Thank you for telling us. These are the other times that you could have.", "done")
        return redirect(url_for(".times", token=token), 303)
    page = render_template("school/kept_no.html", token=token, proposal=proposal, form=form)
    return page, 422 if form.errors else 200


def _own(proposal_id: int) -> Proposal:
    """The link's school's own in the link's programme; a 404 for any other."""
    return proposals.get(proposal_id, g.programme.id, g.school.urn)


def _gone(token: str) -> Any:
    """To the times that are left; or to the booking, when that is what became of it."""
    if not promises.live(g.programme.id, g.school.urn):
        flash(ProposalEnded().message, "confirm")
    return redirect(url_for(".start", token=token), 303)


def _forms(proposal: Proposal, posted: Mapping[str, str] | None) -> tuple[PupilsForm, HallForm, PeopleForm]:
    """As posted; else filled with what the school typed or booked before, and with whom the proposal went
    to."""
    account = accounts.account(g.programme, g.school, now=clock.now())
    before: dict[str, Any] = {}
    if posted is None:
        booking = promises.newest(g.programme.id, g.school.urn)
        before = dict(forms.typed_before(booking, promises.people_of(booking))) if booking else {}
        before = {"people": _people_asked(proposal)} | before | holds.draft(g.programme.id, g.school.urn)
    asked = forms.pupils_form(
        posted or before.get("pupils"),
        shows=1,
        counted=account.expected,
        promised=account.promised,
        year_groups=tuple(account.still_open),
        ceiling=g.programme.audience_ceiling,
    )
    return (
        asked,
        forms.hall_form(posted or before.get("hall"), shows=1, needs=ACCESS_NEEDS),
        PeopleForm(posted or before.get("people")),
    )


def _people_asked(proposal: Proposal) -> dict[str, str]:
    """Whom the proposal went to, as somebody would have typed them: a safeguarding lead as such, else as a
    colleague."""
    typed: dict[str, str] = {}
    for to in proposal.people:
        box = "lead" if "safeguarding" in to.role.lower() or to.role.upper() == "DSL" else "colleague"
        if f"{box}_address" not in typed:
            typed |= {f"{box}_name": to.name or to.role, f"{box}_address": to.address}
    return typed


def _promise(asked: PupilsForm, room: HallForm, who: PeopleForm) -> Promise:
    return Promise(
        pupils=asked.entered()[0] if asked.year_groups else {},
        hall=room.hall.data,
        step_free=room.step_free_known(),
        access_needs=forms.access_of(room, 0, ACCESS_NEEDS),
        arrival_note=room.arrival_note.data or "",
        people=forms.people_named(who),
        own_numbers=asked.confirmed() if asked.year_groups else {},
    )
