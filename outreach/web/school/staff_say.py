"""Questions to staff who saw a show, by the school's own link; a colleague may answer too."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.outcomes import staff_answers
from outreach.outcomes.staff_answers import IMPACTS, LONGEST_WORDS, Said
from outreach.web import form_keys, forms
from outreach.web.gate import by_personal_link, own_booking, own_standing_booking, school
from outreach.web.refusals import status
from outreach.web.staff_words import HEADS, USED


class StaffForm(forms.Form):
    impact = forms.choice(
        "How much did pupils take from it?", [(str(value), words) for value, words in IMPACTS]
    )
    used = forms.ticks("Where did you come back to it?", USED.items())
    used_words = forms.words("What was used since, and what came of it?", at_most=LONGEST_WORDS)
    change_words = forms.words("What should change?", at_most=LONGEST_WORDS)

    def said(self) -> Said:
        return Said(
            impact=int(self.impact.data) if self.impact.data else None,
            used=self.used.data or (),
            used_words=self.used_words.data or "",
            change_words=self.change_words.data or "",
        )


@school.route("/i/<token>/booked/<reference>/staff-say", methods=["GET", "POST"])
@by_personal_link
def staff_say(token: str, reference: str) -> Any:
    """Four questions, each of which may be left out; nobody's name is kept with what is sent."""
    booking, now = own_standing_booking(reference), clock.now()
    if g.programme.for_adults:
        abort(404)
    if not staff_answers.is_asked(booking, now=now):
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    form = StaffForm()
    if form.validate_on_submit():
        with transaction():
            staff_answers.answer(own_booking(reference), form.said(), form_key=form_keys.key_of(), now=now)
        flash("Thank you. A colleague can answer too, by this page.", "done")
        return redirect(url_for(".staff_say", token=token, reference=reference), 303)
    page = render_template(
        "school/staff_say.html",
        token=token,
        booking=booking,
        form=form,
        key=form_keys.key_of(),
        head=HEADS[staff_answers.moment_of(booking, now)],
    )
    return page, status()
