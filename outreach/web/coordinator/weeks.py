"""A troupe's week as its tour manager sees it, for a coordinator: on one page, on paper and as a file."""

from typing import Any

from flask import g, render_template

from outreach.tour import companies
from outreach.web import troupe_week
from outreach.web.gate import coordinator, coordinators_only


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
