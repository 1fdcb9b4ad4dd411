"""Handing a booking of a school that closes on to the one that follows it: to whom, who is told, one click;
and back again."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.booking import promises
from outreach.booking.desk import handing_on
from outreach.booking.promises import Booking
from outreach.county.register import lines
from outreach.county.schools import Organisation
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.wording import and_list
from outreach.ground.wording import clock as clock_words
from outreach.web import forms
from outreach.web.gate import coordinator, coordinators_only, our_booking, who
from outreach.web.refusals import back_to, status


class HandOnForm(forms.Form):
    of_asked = True
    to = forms.choice("To which school?", required="Choose the school that takes the booking over.")


@coordinator.route("/bookings/<reference>/hand-on", methods=["GET", "POST"])
@coordinators_only
def booking_hand_on(reference: str) -> Any:
    found, form = our_booking(reference), HandOnForm()
    if found.ended_at is not None:
        return _done(reference, "This booking was cancelled already.", "confirm")
    after = lines.after([found.organisation_id], found.programme.partnership_id).get(
        found.organisation_id, []
    )
    heirs = lines.heirs([found.organisation_id], found.programme.partnership_id).get(
        found.organisation_id, []
    )
    forms.set_choices(form.to, [(str(s.organisation_id), _named(s)) for s in heirs])
    if request.method != "POST" and len(heirs) == 1:
        form.to.data = str(heirs[0].organisation_id)
    if form.validate_on_submit():
        with transaction():
            taker = db.session.get_one(Organisation, int(form.to.data))
            went = handing_on.hand_on(our_booking(reference), taker, who=who(), now=clock.now())
            said = f"{_stand(went)} under {taker.name} now."
        return _done(reference, f"{said} Everybody who has it in the calendar is told.")
    page = render_template(
        "coordinator/booking_hand_on.html",
        booking=found,
        form=form,
        heirs=heirs,
        not_open=[s for s in after if not s.is_open and "propos" in s.status.casefold()],
        together=[b for b in promises.of_performance(found.performance_id) if b.id != found.id],
        with_it=handing_on.one_hall(found)[1:],
        people=promises.people_of(found),
    )
    return page, status()


@coordinator.post("/bookings/<reference>/hand-back")
@coordinators_only
def booking_hand_back(reference: str) -> Any:
    our_booking(reference)
    with back_to(_at(reference), "stop"), transaction():
        went = handing_on.hand_back(our_booking(reference), who=who(), now=clock.now())
        said = f"{_stand(went)} under {went[0].organisation.name} again."
    return _done(reference, f"{said} Everybody who has it in the calendar is told.")


def _stand(went: Sequence[Booking]) -> str:
    """'It stands', or 'It and the one at 10:45am stand' where the hall is turned round between them."""
    others = [clock_words(each.performance.starts_at) for each in went[1:]]
    return (
        f"It and the {'ones' if len(others) > 1 else 'one'} at {and_list(others)} stand"
        if others
        else "It stands"
    )


def _named(organisation: Organisation) -> str:
    return ", ".join(
        part
        for part in (
            organisation.name,
            organisation.town,
            "" if organisation.is_body else f"URN {organisation.organisation_id}",
        )
        if part
    )


def _done(reference: str, said: str, category: str = "message") -> Response:
    flash(said, category)
    return redirect(_at(reference), 303)


def _at(reference: str) -> str:
    return url_for("coordinator.booking", reference=reference.upper())
