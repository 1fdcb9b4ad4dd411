"""Why a school is not offered a day: every rule's word on it, for a coordinator."""

from datetime import date
from typing import Any

from flask import abort, render_template, request

from outreach.ground import clock
from outreach.tour import why_not
from outreach.web.gate import coordinator, coordinators_only, our_school, programme_in_hand


@coordinator.get("/schools/<int:urn>/why-not")
@coordinators_only
def why_not_day(urn: int) -> Any:
    """`?day=2027-03-12`; without one only the question, with one that is no date a sentence."""
    school, programme = our_school(urn), programme_in_hand() or abort(404)
    typed = request.args.get("day", "").strip()[:20]
    day, wrong = None, ""
    if typed:
        try:
            day = date.fromisoformat(typed)
        except ValueError:
            wrong = "That is not a date. Enter it like 2027-03-12."
    return render_template(
        "coordinator/why_not.html",
        school=school,
        programme=programme,
        typed=typed,
        day=day,
        wrong=wrong,
        found=why_not.of(programme, school, day, now=clock.now()) if day else [],
    ), 422 if wrong else 200
