"""Availability: days off, half days, other hours and nights away of a troupe, many days at once; and its
rules."""

from typing import Any

from flask import abort, g, redirect, render_template, request, url_for

from outreach.ground.row_numbers import row_number
from outreach.tour import companies
from outreach.tour.availability import rules
from outreach.tour.companies import Troupe
from outreach.web import availability as pages
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import status


@coordinator.route("/tour/availability", methods=["GET", "POST"])
@coordinators_only
def availability() -> Any:
    """The troupe of `?troupe=`, else the first by company and name."""
    troupes, here = _troupes()
    if here is None:
        return render_template("coordinator/availability.html", troupe=None, troupes=troupes)
    return pages.page(here, _door(here), troupes=troupes)


@coordinator.route("/tour/availability/preview", methods=["GET", "POST"])
@coordinators_only
def preview_availability() -> Any:
    here = _troupes()[1] or abort(404)
    return pages.preview(here, _door(here), "coordinator/availability_preview.html")


@coordinator.post("/tour/availability/undo")
@coordinators_only
def undo_availability() -> Any:
    troupes, here = _troupes()
    return pages.undo(here or abort(404), _door(here), troupes=troupes)


@coordinator.route("/troupes/<int(max=2147483647):troupe_id>/rules", methods=["GET", "POST"])
@coordinators_only
def troupe_rules(troupe_id: int) -> Any:
    """Rest, lunch, the latest return, nights away."""
    here = companies.get_troupe(g.partnership.id, troupe_id)
    form = pages.RulesForm(obj=rules.rules_of_troupe(here))
    if pages.settle(here, form, who()):
        return redirect(url_for("coordinator.availability", troupe=here.id), 303)
    page = render_template("coordinator/troupe_rules.html", troupe=here, form=form)
    return page, status()


def _troupes() -> tuple[list[Troupe], Any]:
    """All troupes of the partnership, and the one that is asked for; None where there is none at all."""
    troupes = companies.troupes(g.partnership.id)
    wanted = request.args.get("troupe", "")
    if not wanted:
        return troupes, troupes[0] if troupes else None
    troupe_id = row_number(wanted)
    if troupe_id is None:
        abort(404)
    return troupes, companies.get_troupe(g.partnership.id, troupe_id)


def _door(troupe: Troupe) -> pages.Door:
    def to(endpoint: str) -> Any:
        return lambda **args: url_for(f"coordinator.{endpoint}", troupe=troupe.id, **args)

    return pages.Door(
        template="coordinator/availability.html",
        who=who(),
        page=to("availability"),
        preview=to("preview_availability"),
        undo=to("undo_availability"),
    )
