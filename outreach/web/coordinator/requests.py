"""Requests for a school's link from addresses that we do not know, and people named by schools at addresses
not theirs."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.asking import open_door
from outreach.asking.confirming import vouching
from outreach.coverage import who_asked
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.web import spoken
from outreach.web.gate import coordinator, coordinators_only, programme_in_hand, who
from outreach.web.refusals import back_to


@coordinator.get("/requests")
@coordinators_only
def requests() -> Any:
    waiting, named = open_door.waiting_requests(g.partnership.id), vouching.waiting(g.partnership.id)
    if there := {one.organisation.is_body for one in waiting} | {one.organisation.is_body for one in named}:
        spoken.of_asked(who_asked.of_halves(there))
    else:
        programme_in_hand()  # in the words of whom that asks
    return render_template("coordinator/requests.html", waiting=waiting, named=named)


@coordinator.post("/requests/<int:request_id>")
@coordinators_only
def decide_request(request_id: int) -> Any:
    grant, back = _is_granted(), url_for("coordinator.requests")
    with back_to(back, "stop"), transaction():
        asked = open_door.decide_request(g.partnership.id, request_id, grant, who=who(), now=clock.now())
        address = asked.address
    flash(f"The link is on its way to {address}." if grant else f"{address} gets no link. They are not told.")
    return redirect(back, 303)


@coordinator.post("/requests/named/<int:person_id>")
@coordinators_only
def decide_named(person_id: int) -> Any:
    """Of somebody whom a school named."""
    grant, back = _is_granted(), url_for("coordinator.requests")
    with back_to(back, "stop"), transaction():
        named = vouching.decide(g.partnership.id, person_id, grant=grant, who=who(), now=clock.now())
        address = named.address
    flash(f"{address} is taken in." if grant else f"{address} is not written to.")
    return redirect(back, 303)


def _is_granted() -> bool:
    """The button's name says which: `decision` is 'grant' or 'refuse'."""
    decision = request.form.get("decision")
    if decision not in ("grant", "refuse"):
        abort(400)
    return decision == "grant"
