"""A troupe's availability, said by the company by its link: days off, half days, other hours, nights away,
and its rules."""

from typing import Any

from flask import g, redirect, render_template, url_for

from outreach.tour.availability import rules
from outreach.web import availability as pages
from outreach.web.gate import company
from outreach.web.refusals import status
from outreach.web.troupe_door import by_troupe


@company.route("/t/<token>/availability", methods=["GET", "POST"])
@by_troupe
def availability(token: str) -> Any:
    return pages.page(g.troupe, _door(token), token=token)


@company.route("/t/<token>/availability/preview", methods=["GET", "POST"])
@by_troupe
def preview_availability(token: str) -> Any:
    return pages.preview(g.troupe, _door(token), "company/availability_preview.html", token=token)


@company.post("/t/<token>/availability/undo")
@by_troupe
def undo_availability(token: str) -> Any:
    return pages.undo(g.troupe, _door(token), token=token)


@company.route("/t/<token>/availability/rules", methods=["GET", "POST"])
@by_troupe
def rules_of_troupe(token: str) -> Any:
    """Rest, lunch, the latest return, nights away."""
    form = pages.RulesForm(obj=rules.rules_of_troupe(g.troupe))
    if pages.settle(g.troupe, form, g.who):
        return redirect(url_for("company.availability", token=token), 303)
    page = render_template("company/rules.html", token=token, form=form)
    return page, status()


def _door(token: str) -> pages.Door:
    def to(endpoint: str) -> Any:
        return lambda **args: url_for(f"company.{endpoint}", token=token, **args)

    return pages.Door(
        template="company/availability.html",
        who=g.who,
        page=to("availability"),
        preview=to("preview_availability"),
        undo=to("undo_availability"),
    )
