"""Venues of sessions: their list, and one of them; added, changed and retired by hand."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from outreach.county import partnerships, venues
from outreach.county.venues import Venue, VenueFacts
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.geography import Place, grid_reference
from outreach.tour import companies, sessions
from outreach.tour.companies import BaseNotFound
from outreach.web import forms, opened
from outreach.web.coordinator import session_words
from outreach.web.forms import Form
from outreach.web.gate import coordinator, coordinators_only, our_venue, who
from outreach.web.refusals import back_to, status


class VenueForm(Form):
    name = forms.text("Name", required="Enter the name of the venue.", hint="For example: Mill Lane Hall")
    kind = forms.choice("What is it?", [(kind, kind) for kind in venues.KINDS], required="Choose what it is.")
    street = forms.text("Street")
    town = forms.text("Town")
    postcode = forms.text("Postcode", at_most=20)
    base = forms.text(
        "Grid reference",
        at_most=60,
        hint="Like SP 513 061. Empty: where its postcode is. The trainer’s road is reckoned to it.",
    )
    capacity = forms.number(
        "How many does it hold?", hint="Empty: not known.", at_least=1, at_most=venues.MOST_PLACES
    )

    def facts(self) -> VenueFacts:
        """Raises BaseNotFound of a grid reference that is none."""
        return VenueFacts(
            name=self.name.data,
            kind=self.kind.data,
            street=self.street.data or "",
            town=self.town.data or "",
            postcode=self.postcode.data or "",
            place=companies.find_base(self.base.data or "") or _where_is(self.postcode.data or ""),
            capacity=self.capacity.data,
        )


@coordinator.get("/venues", endpoint="venues")
@coordinators_only
def all_venues() -> Any:
    every = venues.of_partnership(g.partnership.id)
    to_come = sessions.to_come_at([venue.organisation_id for venue in every], now=clock.now())
    return render_template("coordinator/venues.html", venues=every, to_come=to_come, words=session_words)


@coordinator.route("/venues/new", methods=["GET", "POST"])
@coordinators_only
def new_venue() -> Any:
    form = VenueForm()
    if form.validate_on_submit():
        with transaction():
            made = venues.add(g.partnership.id, form.facts(), who=who(), now=clock.now())
        return _done(f"{made.name} is added. Sessions can be held there.")
    return _page(None, form, "Add a venue", "Add this venue")


@coordinator.route("/venues/<int:venue_id>", methods=["GET", "POST"])
@coordinators_only
def venue(venue_id: int) -> Any:
    here = _by_hand(venue_id)
    form = VenueForm(data=_typed(here))
    stands = opened.over(
        lambda: opened.words_of(VenueForm(formdata=None, data=_typed(here))), here, "changed"
    )
    if form.validate_on_submit():
        with transaction():
            stands.unchanged(_lock)
            venues.change(here, form.facts(), most_places=_most_places, who=who(), now=clock.now())
        return _done(f"{here.name} is saved.")
    return _page(here, form, here.name, "Save")


@coordinator.post("/venues/<int:venue_id>/retire")
@coordinators_only
def venue_retire(venue_id: int) -> Any:
    _by_hand(venue_id)
    with back_to(url_for("coordinator.venue", venue_id=venue_id)), transaction():
        here = _by_hand(venue_id)
        venues.retire(here, most_places=_most_places, who=who(), now=clock.now())
    return _done(f"{here.name} is retired. No session is held there any more.")


@coordinator.post("/venues/<int:venue_id>/open")
@coordinators_only
def venue_open(venue_id: int) -> Any:
    _by_hand(venue_id)
    with transaction():
        here = _by_hand(venue_id)
        venues.bring_back(here, who=who(), now=clock.now())
    return _done(f"{here.name} can be chosen again.")


def _by_hand(venue_id: int) -> Venue:
    """A venue that a coordinator put down; what came about by itself has no page."""
    here = our_venue(venue_id)
    if not here.is_kept_by_hand:
        raise venues.NoSuchVenue("That venue is not kept by hand.")
    return here


def _typed(here: Venue) -> dict[str, Any]:
    facts = venues.facts_of(here)
    typed = dict(vars(facts))
    place = typed.pop("place")
    told = place is not None and place != _where_is(facts.postcode)
    return typed | {"base": grid_reference(place) if told and place is not None else ""}


def _where_is(postcode: str) -> Place | None:
    try:
        return companies.find_base(postcode)
    except BaseNotFound:
        return None


def _most_places(venue_id: int) -> int:
    return sessions.most_places_to_come(venue_id, now=clock.now())


def _lock() -> None:
    partnerships.lock(g.partnership.id)


def _page(here: Venue | None, form: Form, title: str, does: str) -> Any:
    page = render_template("coordinator/venue.html", venue=here, form=form, title=title, does=does)
    return page, status()


def _done(said: str) -> Response:
    flash(said)
    return redirect(url_for("coordinator.venues"), 303)
