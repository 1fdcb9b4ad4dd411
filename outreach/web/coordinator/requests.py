"""Who asked for a school's link from an address that we do not know, and whom schools named at addresses that
are not theirs."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.asking import open_door
from outreach.asking.confirming import vouching
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.web.gate import coordinator, coordinators_only, who


@coordinator.get("/requests")
@coordinators_only
def requests() -> Any:
    return render_template(
        "coordinator/requests.html",
        waiting=open_door.waiting_requests(g.partnership.id),
        named=vouching.waiting(g.partnership.id),
    )


@coordinator.post("/requests/<int:request_id>")
@coordinators_only
def decide_request(request_id: int) -> Any:
    """The button's name says which: `decision` is 'grant' or 'refuse'."""
    decision = request.form.get("decision")
    if decision not in ("grant", "refuse"):
        abort(400)
    try:
        with transaction():
            decided = open_door.decide_request(
                g.partnership.id, request_id, decision == "grant", who=who(), now=clock.now()
            )
            said = (
                f"The link is on its way to {decided.address}."
                if decision == "grant"
                else (f"{decided.address} gets no link. They are not told.")
            )
    except open_door.NoSuchRequest:
        abort(404)
    except Refusal as refusal:
        flash(refusal.message, "stop")
    else:
        flash(said)
    return redirect(url_for("coordinator.requests"), 303)


@coordinator.post("/requests/named/<int:person_id>")
@coordinators_only
def decide_named(person_id: int) -> Any:
    """Of somebody whom a school named: `decision` is 'grant' or 'refuse'."""
    decision = request.form.get("decision")
    if decision not in ("grant", "refuse"):
        abort(400)
    try:
        with transaction():
            decided = vouching.decide(
                g.partnership.id, person_id, grant=decision == "grant", who=who(), now=clock.now()
            )
            said = (
                f"{decided.address} is taken in."
                if decision == "grant"
                else f"{decided.address} is not written to."
            )
    except vouching.NoSuchPerson:
        abort(404)
    except Refusal as refusal:
        flash(refusal.message, "stop")
    else:
        flash(said)
    return redirect(url_for("coordinator.requests"), 303)
