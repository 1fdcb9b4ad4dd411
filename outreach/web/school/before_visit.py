"""A booking's letter for families and note for staff, one page each, to print or to keep as PDF."""

from typing import Any

from flask import abort, render_template

from outreach.ground import clock
from outreach.visits.before import sheets
from outreach.visits.before.texts import FAMILIES, NAMES, STAFF
from outreach.web.gate import by_personal_link, own_standing_booking, school


@school.get("/i/<token>/booked/<reference>/families")
@by_personal_link
def families(token: str, reference: str) -> Any:
    """The school's own letter to parents and carers."""
    return _page(token, reference, FAMILIES)


@school.get("/i/<token>/booked/<reference>/staff")
@by_personal_link
def staff(token: str, reference: str) -> Any:
    return _page(token, reference, STAFF)


def _page(token: str, reference: str, kind: str) -> str:
    booking = own_standing_booking(reference)
    sheet = sheets.of_booking(booking, kind, now=clock.now())
    if sheet is None:
        abort(404)
    return render_template(
        "school/before_visit.html", token=token, booking=booking, sheet=sheet, name=NAMES[kind]
    )
