"""Follow-up of one gap: set for a day, done, taken back; from the school's page or from the list, to which it leads
back."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.asking import follow_ups
from outreach.asking.follow_ups import FollowUp
from outreach.county.coordinators import Coordinator
from outreach.coverage.gaplist import follow_ups as of_gaps
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.wording import day
from outreach.web.coordinator import follow_up_shown
from outreach.web.fields import given
from outreach.web.gate import coordinator, coordinators_only, our_organisation, the_programme, who
from outreach.web.refusals import back_to, status


@coordinator.route("/schools/<int:organisation_id>/follow-up", methods=["GET", "POST"])
@coordinators_only
def follow_up(organisation_id: int) -> Any:
    """Set for a day, or moved to it."""
    organisation, programme, now = our_organisation(organisation_id), the_programme(), clock.now()
    stands = follow_ups.follow_ups_of_programme(programme.id, [organisation_id]).get(organisation_id)
    form = follow_up_shown.form_for(stands)
    if form.validate_on_submit():
        on = given(form.day.data)
        with transaction():
            person = db.session.get_one(Coordinator, int(form.whose.data))
            of_gaps.set_for(programme, organisation_id, on, form.what.data, person, who=who(), now=now)
            name = person.name
        flash(f"Kept: on the desk of {name} on {day(on)}, and in that calendar.", "done")
        return _back(organisation_id)
    page = render_template(
        "coordinator/school_form.html",
        school=organisation,
        form=form,
        title=f"Follow up {organisation.name}",
        does="Keep this day",
    )
    return page, status()


@coordinator.post("/schools/<int:organisation_id>/follow-up/<int:follow_up_id>/done")
@coordinators_only
def follow_up_done(organisation_id: int, follow_up_id: int) -> Any:
    our_organisation(organisation_id)
    with back_to(_at(organisation_id)), transaction():
        follow_ups.finish(_ours(follow_up_id), who=who(), now=clock.now())
    flash("Done. It stands in what was said and done.", "done")
    return _back(organisation_id)


@coordinator.post("/schools/<int:organisation_id>/follow-up/<int:follow_up_id>/undo")
@coordinators_only
def follow_up_undo(organisation_id: int, follow_up_id: int) -> Any:
    """It was not done after all."""
    our_organisation(organisation_id)
    with back_to(_at(organisation_id)), transaction():
        follow_ups.undo_done(_ours(follow_up_id), who=who(), now=clock.now())
    flash("It stands again.", "done")
    return _back(organisation_id)


@coordinator.post("/schools/<int:organisation_id>/follow-up/<int:follow_up_id>/withdraw")
@coordinators_only
def follow_up_withdraw(organisation_id: int, follow_up_id: int) -> Any:
    our_organisation(organisation_id)
    with back_to(_at(organisation_id)), transaction():
        follow_ups.withdraw(_ours(follow_up_id), who=who(), now=clock.now())
    flash("Taken back: nothing is set for this school, and its words are gone.", "done")
    return _back(organisation_id)


def _ours(follow_up_id: int) -> FollowUp:
    return follow_ups.get(follow_up_id, partnership_id=g.partnership.id)


def _back(organisation_id: int) -> Response:
    """To the list from which somebody came, as it was filtered; else to the school."""
    if at := parse_qsl(request.args.get("at", "")[:4000]):
        return redirect(f"{url_for('coordinator.gaps')}?{urlencode(at)}", 303)
    return redirect(_at(organisation_id), 303)


def _at(organisation_id: int) -> str:
    return url_for("coordinator.school", organisation_id=organisation_id, _anchor="follow-up")
