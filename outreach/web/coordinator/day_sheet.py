"""A day's sheet, as the company has it, for a coordinator who is on the phone with them."""

from typing import Any

from flask import abort, g, render_template

from outreach.booking.sheets import day_sheet
from outreach.tour import days
from outreach.web.gate import coordinator, coordinators_only


@coordinator.get("/tour/days/<int:day_id>/sheet")
@coordinators_only
def day_sheet_page(day_id: int) -> Any:
    try:
        tour_day = days.get(g.partnership.id, day_id)
    except days.NoSuchTourDay:
        abort(404)
    return render_template("coordinator/day_sheet.html", sheet=day_sheet.of(tour_day))
