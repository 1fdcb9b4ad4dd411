"""A call to a school, kept from its page: what they said, a note; with what was kept last, and its undo."""

from typing import Any

from flask import abort, flash, g, redirect, url_for
from flask_login import current_user

from outreach.asking import follow_ups, notes, open_door, short_codes
from outreach.asking.follow_ups import RING
from outreach.asking.invitations import DECLINED, SOMEBODY_ELSE
from outreach.asking.notes import PHONE
from outreach.county.coordinators import Coordinator
from outreach.coverage.gaplist import follow_ups as of_gaps
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.wording import day_short
from outreach.web.coordinator import list_place, school_shown
from outreach.web.coordinator.school_shown import CHOSE, ELSE, NO, SAID, CallForm
from outreach.web.gate import coordinator, coordinators_only, our_organisation, the_programme, who
from outreach.web.refusals import back_to


@coordinator.post("/schools/<int:organisation_id>/call")
@coordinators_only
def school_call(organisation_id: int) -> Any:
    """Keep what a call came to. What needs more than a note is entered on the page for it."""
    organisation, programme, form, now = (
        our_organisation(organisation_id),
        the_programme(),
        CallForm(),
        clock.now(),
    )
    if not form.validate_on_submit():
        return school_shown.page_of(organisation, programme, call=form)
    along = list_place.along(programme)
    if form.said.data == CHOSE:
        return redirect(url_for("coordinator.school_book", organisation_id=organisation_id, **along), 303)
    if form.said.data in (ELSE, NO):
        kind = DECLINED if form.said.data == NO else SOMEBODY_ELSE
        answer = url_for(
            "coordinator.school_answer",
            organisation_id=organisation_id,
            kind=kind,
            reason=form.text.data[:500],
            **along,
        )
        return redirect(answer, 303)
    words = SAID[form.said.data] + (f".\n{form.text.data}" if form.text.data else ".")
    with transaction():
        note = notes.write(
            organisation_id, words, programme, partnership_id=g.partnership.id, kind=PHONE, who=who(), now=now
        )
        if form.again.data is not None:
            me = db.session.get_one(Coordinator, current_user.person_id)
            of_gaps.set_for(programme, organisation_id, form.again.data, RING, me, who=who(), now=now)
        kept = note.id
    return redirect(url_for("coordinator.school", organisation_id=organisation_id, done=kept, **along), 303)


@coordinator.post("/schools/<int:organisation_id>/call/<int:note_id>/undo")
@coordinators_only
def school_call_undo(organisation_id: int, note_id: int) -> Any:
    our_organisation(organisation_id)
    programme = the_programme()
    here = school_shown.address_of(organisation_id, programme)
    with back_to(here), transaction():
        note = notes.find(note_id, partnership_id=g.partnership.id)
        if note is None or note.organisation_id != organisation_id:
            abort(404)
        kept_at, before = note.recorded_at, None
        notes.withdraw(note, who=who(), now=clock.now())
        stands = follow_ups.follow_ups_of_programme(programme.id, [organisation_id]).get(organisation_id)
        if stands is not None and stands.set_at == kept_at:  # the day that was set with the call
            with_it = follow_ups.get(stands.follow_up_id, partnership_id=g.partnership.id)
            before = follow_ups.take_back(with_it, who=who(), now=clock.now())
        again = f" To be followed up on {day_short(before.day)} again: ring the school." if before else ""
    flash(f"Undone: the call is not kept.{again}")
    return redirect(here, 303)


@coordinator.post("/schools/<int:organisation_id>/link")
@coordinators_only
def school_link(organisation_id: int) -> Any:
    """A code to read out, shown this once in its place on the school's page; a personal link where no postcode goes
    with a code."""
    organisation, programme, now = our_organisation(organisation_id), the_programme(), clock.now()
    name = f"the office, on the phone with {who()}"
    code = token = ""
    with transaction():
        if organisation.postcode:
            code = short_codes.give_to_read_out(programme, organisation, name=name, who=who(), now=now)
        else:
            token = open_door.read_out(programme, organisation, name=name, address="", who=who(), now=now)
    return school_shown.page_of(organisation, programme, code=school_shown.code_shown(code, token, now=now))
