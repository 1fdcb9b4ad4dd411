"""Notes about one school: what we know, and what was said on the phone; taken back, their words are gone for
good."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from outreach.asking import notes
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.web import forms
from outreach.web.coordinator import list_place
from outreach.web.forms import Form
from outreach.web.gate import coordinator, coordinators_only, our_organisation, programme_in_hand, who
from outreach.web.refusals import back_to, status

KINDS = ((notes.NOTE, "A note for us"), (notes.PHONE, "We talked with the school"))
PLAIN = "note"


class NoteForm(Form):
    kind = forms.choice("What is it?", KINDS, required="Say what it is.", default=notes.NOTE)
    text = forms.words("Note", required="Write the note first.", at_most=notes.LONGEST)


@coordinator.route("/schools/<int:organisation_id>/notes", methods=["GET", "POST"])
@coordinators_only
def school_note(organisation_id: int) -> Any:
    """A note, or what was said on the phone; of the programme in hand where there is one."""
    organisation, form = our_organisation(organisation_id), NoteForm()
    if form.validate_on_submit():
        with transaction():
            notes.write(
                organisation_id,
                form.text.data,
                programme_in_hand(),
                partnership_id=g.partnership.id,
                kind=form.kind.data,
                who=who(),
                now=clock.now(),
            )
        return _done(
            organisation_id, "The note is kept. Coordinators of your partnership read it, and nobody else."
        )
    page = render_template(
        "coordinator/school_form.html",
        school=organisation,
        form=form,
        title="A note about the school",
        does="Keep this note",
    )
    return page, status()


@coordinator.post("/schools/<int:organisation_id>/notes/<int:note_id>/take-back")
@coordinators_only
def school_note_back(organisation_id: int, note_id: int) -> Any:
    our_organisation(organisation_id)
    with back_to(_at(organisation_id)), transaction():
        note = notes.find(note_id, partnership_id=g.partnership.id)
        if note is None:
            abort(404)
        notes.withdraw(note, who=who(), now=clock.now())
    return _done(organisation_id, "The note is taken back; its words are gone.")


def _done(organisation_id: int, said: str) -> Response:
    flash(said)
    return redirect(_at(organisation_id), 303)


def _at(organisation_id: int) -> str:
    return url_for("coordinator.school", organisation_id=organisation_id, _anchor="log", **list_place.along())
