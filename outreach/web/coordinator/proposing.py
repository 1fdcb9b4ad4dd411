"""Keeping a time for a school: which time, for whom to read, until when; and taking it back."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.asking import invitations
from outreach.booking import in_hall, proposals, reply_days
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft
from outreach.county import contacts, school_days
from outreach.county.contacts import Contact
from outreach.county.schools import Organisation
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.post.stationery import Rendered
from outreach.tour import slots
from outreach.tour.performances import Slot, SlotTaken
from outreach.tour.programmes import Programme
from outreach.web import forms, spoken
from outreach.web.fields import given
from outreach.web.gate import (
    coordinator,
    coordinators_only,
    named_here,
    our_organisation,
    the_programme,
    who,
)
from outreach.web.refusals import back_to, status
from outreach.web.school import all_days

USUALLY = timedelta(days=10)
"""How long a time is kept unless the coordinator says otherwise."""


KEPT = "Kept. The proposal is waiting to go out, with a tentative calendar entry."


class ProposeForm(forms.Form):
    of_asked = True
    people = forms.ticks("To whom?", required="Choose whom the proposal goes to.")
    reply_by = forms.day(
        "Kept until the end of",
        required="Enter until which day the time is kept.",
        hint="The school can say yes or no until then; after it the time is free again.",
    )


class WithdrawForm(forms.Form):
    of_asked = True
    reason = forms.words(
        "Why?", hint="It stands in the letter to the school. You may leave it empty.", at_most=300
    )


@coordinator.get("/schools/<int:organisation_id>/propose")
@coordinators_only
def propose(organisation_id: int) -> Any:
    """Every time that the school could have, its notice set aside; or, with `?slot=`, the proposal of one."""
    organisation, programme, now = our_organisation(organisation_id), the_programme(), clock.now()
    on_file = contacts.to_write_to([organisation_id]).get(organisation_id, [])
    if not on_file:
        nobody = spoken.asked_on_page().said("Nobody is on file at this school. Add a contact first.")
        return _done(organisation_id, programme, nobody, "confirm")
    key = request.args.get("slot", "")[:30]
    if key:
        slot = slots.find(programme, organisation, key, now=now, whatever_the_notice=True)
        if slot is None:
            return _gone(organisation_id, programme)
        form = _form(
            on_file,
            ProposeForm(formdata=None, data={"reply_by": _usually(programme, organisation, slot, now)}),
        )
        if len(on_file) == 1:
            form.people.data = [str(on_file[0].id)]
        return _page(organisation, programme, slot, form, on_file, now=now)
    offers = slots.offers(programme, organisation, now=now, whatever_the_notice=True)
    address = partial(url_for, ".propose", organisation_id=organisation_id, programme=programme.id)
    return render_template(
        "coordinator/propose_time.html",
        school=organisation,
        programme=programme,
        first=offers.first,
        page=all_days.page(offers.days, address, troupes=all_days.troupes_apart(programme.id)),
        answer=invitations.newest_answer(programme.id, organisation_id),
    )


@coordinator.post("/schools/<int:organisation_id>/propose")
@coordinators_only
def propose_send(organisation_id: int) -> Any:
    organisation, programme, now = our_organisation(organisation_id), the_programme(), clock.now()
    on_file = contacts.to_write_to([organisation_id]).get(organisation_id, [])
    key = request.form.get("slot", "")[:30]
    slot = slots.find(programme, organisation, key, now=now, whatever_the_notice=True)
    if slot is None or not on_file:
        return _else_kept(organisation_id, programme, key, now=now)
    form = _form(on_file, ProposeForm())
    if form.validate_on_submit():
        try:
            with transaction():
                proposing.propose(_offer(organisation, programme, slot, form, on_file), who=who(), now=now)
        except SlotTaken:
            return _else_kept(organisation_id, programme, key, now=now)
        return _done(organisation_id, programme, KEPT)
    return _page(organisation, programme, slot, form, on_file, now=now), 422


@coordinator.route(
    "/schools/<int:organisation_id>/proposals/<int:proposal_id>/withdraw", methods=["GET", "POST"]
)
@coordinators_only
def propose_withdraw(organisation_id: int, proposal_id: int) -> Any:
    """Asks first, since it takes the entry out of calendars."""
    (organisation, _), programme = named_here(organisation_id), the_programme()
    proposal, form = _proposal(proposal_id, programme, organisation_id), WithdrawForm()
    if proposal.ended_at is not None:
        return _done(organisation_id, programme, proposing.NotKeptAnyMore(proposal).message, "confirm")
    if form.validate_on_submit():
        with back_to(_own_page(organisation_id, programme), "stop"), transaction():
            proposing.withdraw(
                _proposal(proposal_id, programme, organisation_id),
                reason=form.reason.data or "",
                who=who(),
                now=clock.now(),
            )
        return _done(
            organisation_id, programme, "Taken back. The entry leaves the calendars, and the time is free."
        )
    page = render_template(
        "coordinator/propose_withdraw.html",
        school=organisation,
        programme=programme,
        proposal=proposal,
        form=form,
        people=proposal.people,
    )
    return page, status()


def _page(
    organisation: Organisation,
    programme: Programme,
    slot: Slot,
    form: ProposeForm,
    on_file: list[Contact],
    *,
    now: datetime,
) -> str:
    return render_template(
        "coordinator/propose.html",
        school=organisation,
        programme=programme,
        slot=slot,
        work=in_hall.at_work_in(slot, organisation.organisation_id),
        form=form,
        letter=_preview(organisation, programme, slot, form, on_file, now=now),
    )


def _preview(
    organisation: Organisation,
    programme: Programme,
    slot: Slot,
    form: ProposeForm,
    on_file: list[Contact],
    *,
    now: datetime,
) -> Rendered | None:
    """The letter as it would go to the first of those ticked, or on file; None while the day makes no
    sense."""
    if form.reply_by.data is None:
        return None
    offer = _offer(organisation, programme, slot, form, on_file)
    people = offer.people or on_file[:1]
    try:
        return proposing.preview(
            ProposalDraft(
                programme=programme,
                organisation=organisation,
                slot=slot,
                people=people,
                reply_by=offer.reply_by,
            ),
            who=who(),
            now=now,
        )
    except Refusal:
        return None


def _offer(
    organisation: Organisation, programme: Programme, slot: Slot, form: ProposeForm, on_file: list[Contact]
) -> ProposalDraft:
    ticked = set(form.people.data or ())
    return ProposalDraft(
        programme=programme,
        organisation=organisation,
        slot=slot,
        reply_by=given(form.reply_by.data),
        people=[contact for contact in on_file if str(contact.id) in ticked],
    )


def _form(on_file: list[Contact], form: ProposeForm) -> ProposeForm:
    forms.set_choices(
        form.people,
        [(str(c.id), ", ".join(part for part in (c.name, c.role, c.address) if part)) for c in on_file],
    )
    return form


def _usually(programme: Programme, organisation: Organisation, slot: Slot, now: datetime) -> date | None:
    """Ten days from today, no later than the programme's own day to reply by; see booking/reply_days.py.
    None: say it."""
    today = day_of(now)
    wanted = today + USUALLY
    if today <= programme.reply_by < wanted:
        wanted = programme.reply_by
    closed = school_days.load_one(organisation).why_closed
    return reply_days.usual(programme, slot.day, wanted=wanted, why_closed=closed, now=now)


def _proposal(proposal_id: int, programme: Programme, organisation_id: int) -> proposals.Proposal:
    return proposals.get(proposal_id, programme.id, organisation_id)


def _else_kept(organisation_id: int, programme: Programme, key: str, *, now: datetime) -> Response:
    """A time that is gone because it is kept for this very school was proposed by the same button, pressed twice."""
    for proposal in proposals.all_open(programme.id, organisation_id, now=now):
        show = proposal.performance
        if show is not None and key == show.key:
            return _done(organisation_id, programme, KEPT)
    return _gone(organisation_id, programme)


def _gone(organisation_id: int, programme: Programme) -> Response:
    flash("That time is not free any more. These are left.", "confirm")
    return redirect(
        url_for("coordinator.propose", organisation_id=organisation_id, programme=programme.id), 303
    )


def _done(organisation_id: int, programme: Programme, said: str, category: str = "message") -> Response:
    flash(said, category)
    return redirect(_own_page(organisation_id, programme), 303)


def _own_page(organisation_id: int, programme: Programme) -> str:
    return url_for("coordinator.school", organisation_id=organisation_id, programme=programme.id)
