"""A troupe's week as its tour manager sees it, for a coordinator: on one page, on paper and as a file."""

from typing import Any

from flask import g, redirect, render_template, url_for

from outreach.tour import companies, limits
from outreach.web import troupe_week
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.limits import LimitsForm, settle
from outreach.web.refusals import status


@coordinator.get("/troupes/<int:troupe_id>/week")
@coordinator.get("/troupes/<int:troupe_id>/weeks/<day>")
@coordinators_only
def week(troupe_id: int, day: str | None = None) -> Any:
    """The week in which a day lies, this one without."""
    troupe = companies.get_troupe(g.partnership.id, troupe_id)
    found = troupe_week.week(troupe, day)
    return render_template(
        "coordinator/week.html",
        troupes=companies.troupes(g.partnership.id),
        **troupe_week.shown(found),
    )


@coordinator.get("/troupes/<int:troupe_id>/weeks/<day>/week.csv")
@coordinators_only
def week_csv(troupe_id: int, day: str) -> Any:
    troupe = companies.get_troupe(g.partnership.id, troupe_id)
    return troupe_week.file(troupe_week.week(troupe, day))


@coordinator.route("/companies/<int:company_id>/limits", methods=["GET", "POST"])
@coordinators_only
def week_limits(company_id: int) -> Any:
    """The limits of a company's weeks."""
    whose = companies.get(g.partnership.id, company_id)
    form = LimitsForm(obj=limits.limits_of(whose))
    if settle(whose, form, who()):
        return redirect(url_for("coordinator.company", company_id=company_id), 303)
    return render_template("coordinator/week_limits.html", company=whose, form=form), status()
