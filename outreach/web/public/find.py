"""The open door: a school finds itself, or a body by its whole name, and its link goes to an address on file. The
answer never tells which."""

import re
from typing import Any

from flask import abort, g, redirect, render_template, request, url_for

from outreach.asking import open_door
from outreach.booking import promises
from outreach.county import bodies, organisations, partnerships, schools
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation
from outreach.coverage.who_asked import of_halves
from outreach.ground import clock, whose
from outreach.ground.db import transaction
from outreach.tour.programmes import Programme
from outreach.web import forms
from outreach.web.gate import open_to_all, public
from outreach.web.refusals import status
from outreach.web.way_in import origin_of

AT_MOST = 20
SUGGESTED = 8


class AskForm(forms.Form):
    address = forms.address(
        "Your work email address",
        required="Enter your work email address.",
        hint="The link goes there if it is one that we hold, or its office’s.",
    )
    name = forms.text("Your name (optional)", at_most=100)


@public.get("/find")
@open_to_all
def find() -> Any:
    g.partnership = partnerships.only()
    typed = request.args.get("q", "").strip()[:100]
    found: list[Organisation] = []
    if typed:
        found = [*bodies.called(typed), *schools.find(typed, partnerships.every_la_code(), limit=AT_MOST + 1)]
    return render_template(
        "public/find.html",
        typed=typed,
        asked="q" in request.args,
        found=found[:AT_MOST],
        many=of_halves({one.is_body for one in found}).count(min(len(found), AT_MOST)),
        more=len(found) > AT_MOST,
        where=_where,
    )


@public.get("/find/suggest")
@open_to_all
def suggest() -> Any:
    """For find.js: [{name, where, url}], best first; nothing for fewer than two signs."""
    typed = request.args.get("q", "").strip()[:100]
    if len(typed) < 2:
        return []
    found = schools.find(typed, partnerships.every_la_code(), limit=SUGGESTED)
    return [
        {
            "name": school.name,
            "where": ", ".join(part for part in (school.town, school.postcode) if part),
            "url": url_for("public.ask_link", organisation_id=school.organisation_id),
        }
        for school in found
        if school.is_open
    ]


@public.route("/find/<int:organisation_id>", methods=["GET", "POST"])
@open_to_all
def ask_link(organisation_id: int) -> Any:
    """One school or body: asks for an address; whatever it is, the same page follows."""
    organisation, programme = _school_and_programme(organisation_id)
    form = AskForm()
    if programme is not None and form.validate_on_submit():
        _ask(form, programme, organisation)
        return redirect(url_for("public.asked", organisation_id=organisation_id), 303)
    page = render_template(
        "public/ask_link.html",
        school=organisation,
        where=_where(organisation),
        programme=programme,
        form=form,
    )
    return page, status()


@public.get("/find/<int:organisation_id>/asked")
@open_to_all
def asked(organisation_id: int) -> Any:
    organisation, _programme = _school_and_programme(organisation_id)
    return render_template("public/asked.html", school=organisation)


@public.route("/b/<reference>", methods=["GET", "POST"])
@open_to_all
def booking_reference(reference: str) -> Any:
    """The reference alone opens nothing, and the page does not say whether there is such a booking."""
    reference = _reference(reference)
    form = AskForm()
    if form.validate_on_submit():
        whose.bind_to("booking", reference)
        try:
            booking = promises.get(reference)
        except promises.NoSuchBooking:
            pass
        else:
            _ask(form, booking.programme, booking.organisation)
        return redirect(url_for("public.reference_asked", reference=reference), 303)
    return render_template("public/booking_reference.html", reference=reference, form=form), status()


@public.get("/b/<reference>/asked")
@open_to_all
def reference_asked(reference: str) -> Any:
    _reference(reference)
    return render_template("public/asked.html", school=None)


def _ask(form: AskForm, programme: Programme, organisation: Organisation) -> None:
    with transaction():
        open_door.ask_for_link(
            programme,
            organisation,
            form.address.data,
            name=form.name.data or "",
            now=clock.now(),
            origin=origin_of(request.remote_addr or ""),
        )


def _where(found: Organisation) -> str:
    """'2 Hall Lane, Redmere, RM1 2AB'; of a body, which has no address here, what it is."""
    if found.is_body:
        return found.type_of_establishment
    return ", ".join(part for part in (found.street, found.town, found.postcode) if part)


def _reference(typed: str) -> str:
    """A reference as it is written; whose it is tells its prefix alone. A 404 for what no reference looks
    like."""
    reference = typed.upper()
    if not re.fullmatch(r"[A-Z0-9]{1,12}-[A-Z0-9]{1,12}", reference):
        abort(404)
    g.partnership = partnerships.of_reference(reference) or partnerships.only()
    return reference


def _school_and_programme(organisation_id: int) -> tuple[Organisation, Programme | None]:
    """An open school of somebody's authority, or an open body, and what it could book now; 404 for any other."""
    if organisation_id >= schools.FIRST_OF_BODIES:
        whose.bind_to("body", str(organisation_id))
    asks = organisations.find(organisation_id) or abort(404)
    if asks.is_body and asks.partnership_id is not None:
        partnership: Partnership | None = partnerships.get(asks.partnership_id)
    else:
        partnership = partnerships.of_authority(asks.la_code)
    if partnership is None or not asks.is_open:
        abort(404)
    g.partnership, g.organisation = partnership, asks
    whose.bind(partnership.id)
    return asks, open_door.programme_for(asks, partnership.id, now=clock.now())
