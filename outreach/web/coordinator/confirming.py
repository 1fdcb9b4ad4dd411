"""Contacts confirmed by the schools themselves: who would be asked and with which letter, sending it, and
what came of it."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for

from outreach.asking.confirming import requests
from outreach.asking.confirming.requests import STATES, ConfirmationRecipient, Preview
from outreach.coverage import standings
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.wording import count
from outreach.tour.programmes import Programme
from outreach.web.coordinator.framing import framing, in_frame, shown_to_go
from outreach.web.gate import (
    coordinator,
    coordinators_only,
    our_organisation,
    the_programme,
    who,
)
from outreach.web.refusals import refused

"""The letter's own HTML runs nothing, loads nothing, sends nothing, and leads nowhere."""


@coordinator.get("/new-year/contacts", endpoint="confirmations")
@coordinators_only
def asked() -> Any:
    """Who was asked and what each said (`?only=` one of STATES), and who would be asked now."""
    programme = the_programme()
    return _page(programme)


@coordinator.post("/new-year/contacts/send", endpoint="confirmations_send")
@coordinators_only
def send() -> Any:
    """The list that was shown, judged again: nobody gets a letter whom the list did not name."""
    programme, now = the_programme(), clock.now()
    seen, target = shown_to_go(), standings.target_of(programme.id, now=now)
    if not seen:
        return _page(programme, "Nobody is on the list, so nothing was sent."), 422
    if (no := refused()) is not None:
        return _page(programme, no.message), 422
    with transaction():
        sent = requests.send(programme, seen, target, who=who(), now=now)
        written, left_out = len(sent.recipients), [o.organisation.name for o in sent.left_out]
    told = f"{count(written, 'letter')} waiting to go out."
    if left_out:
        told += f" Left out, since something changed meanwhile: {', '.join(left_out[:5])}"
        told += f" and {len(left_out) - 5} more." if len(left_out) > 5 else "."
    flash(told)
    return redirect(url_for("coordinator.confirmations", programme=programme.id), 303)


@coordinator.get("/new-year/contacts/letter/<int:organisation_id>", endpoint="confirmation_letter")
@coordinators_only
def letter(organisation_id: int) -> Any:
    """The exact letter to one school, as it would go now; its link is not made yet."""
    programme, organisation = the_programme(), our_organisation(organisation_id)
    recipient = _recipient(programme, organisation_id)
    words = requests.letter_to(programme, recipient, now=clock.now())
    page = render_template(
        "coordinator/confirmation_letter.html",
        programme=programme,
        school=organisation,
        recipient=recipient,
        letter=words,
    )
    return framing(page)


@coordinator.get("/new-year/contacts/letter/<int:organisation_id>/html", endpoint="confirmation_letter_html")
@coordinators_only
def letter_html(organisation_id: int) -> Any:
    """The same as mail readers show it, for the frame on its page."""
    programme, organisation = the_programme(), our_organisation(organisation_id)
    words = requests.letter_to(
        programme, _recipient(programme, organisation.organisation_id), now=clock.now()
    )
    return in_frame(words.html)


def _recipient(programme: Programme, organisation_id: int) -> ConfirmationRecipient:
    try:
        found = requests.preview(programme, {organisation_id}, now=clock.now())
    except Refusal:
        abort(404)
    return found.recipients[0] if found.recipients else abort(404)


def _page(programme: Programme, wrong: str = "") -> Any:
    now = clock.now()
    every = requests.of_year(programme.partnership_id, programme.academic_year)
    only = request.args.get("only", "")
    said = "" if only in (*STATES, "") else f"There is no answer ‘{only[:40]}’, so all are shown."
    only = only if only in STATES else ""
    try:
        found, why_not = requests.preview(programme, standings.target_of(programme.id, now=now), now=now), ""
    except Refusal as refusal:
        found, why_not = Preview(recipients=(), left_out=(), letter=None), refusal.message
    page = render_template(
        "coordinator/confirmations.html",
        programme=programme,
        every=every,
        rows=[a for a in every if only in ("", a.state)],
        only=only,
        states=STATES,
        counts={state: sum(a.state == state for a in every) for state in STATES},
        found=found,
        why_not=why_not,
        wrong=wrong,
        said=said,
    )
    return framing(page)
