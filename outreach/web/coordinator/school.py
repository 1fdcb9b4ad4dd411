"""All that is known of one school, in one place, with the one next step; and why it is not offered a day."""

from typing import Any

from flask import render_template, request

from outreach.ground import clock
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import NotADay, read_day
from outreach.tour import why_not
from outreach.web.coordinator import school_shown
from outreach.web.gate import (
    coordinator,
    coordinators_only,
    named_here,
    our_organisation,
    programme_in_hand,
    the_programme,
)


@coordinator.get("/schools/<int:organisation_id>")
@coordinators_only
def school(organisation_id: int) -> Any:
    found, is_ours = named_here(organisation_id)
    return (
        school_shown.page_of(found, programme_in_hand())
        if is_ours
        else school_shown.page_of_one_that_left(found)
    )


@coordinator.get("/schools/<int:organisation_id>/why-not")
@coordinators_only
def why_not_day(organisation_id: int) -> Any:
    """Why the school is not offered a day, every rule's word on it. `?day=2027-03-12`; without one only the
    question, with one that is no date a sentence."""
    organisation, programme = our_organisation(organisation_id), the_programme()
    typed = request.args.get("day", "").strip()[:40]
    day, wrong = None, ""
    if typed:
        try:
            day = read_day(typed, today=day_of(clock.now()))
        except NotADay as no:
            wrong = no.message
    return render_template(
        "coordinator/why_not.html",
        school=organisation,
        programme=programme,
        typed=typed,
        day=day,
        wrong=wrong,
        found=why_not.verdicts_on_day(programme, organisation, day, now=clock.now()) if day else [],
    ), 422 if wrong else 200
