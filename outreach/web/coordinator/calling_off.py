"""The company cannot play on a day: who would be written to, why, and the one click that ends every show of it."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.booking.desk import calling_off
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.wording import count
from outreach.tour import days
from outreach.tour.days import TourDay
from outreach.web import forms
from outreach.web.gate import coordinator, coordinators_only, who


class CallOffForm(forms.Form):
    reason = forms.words(
        "Why can the company not play?", required="Say why, in a few words.",
        hint="It stands in every letter. For example: illness in the cast. Nobody’s name, please.", at_most=300,
    )  # fmt: skip


@coordinator.route("/tour/days/<int:day_id>/call-off", methods=["GET", "POST"])
@coordinators_only
def call_off_day(day_id: int) -> Any:
    """The exact list first. The POST says again what was seen, so that nothing booked meanwhile ends unseen."""
    here, form = _tour_day(day_id), CallOffForm()
    programme_id, day = here.programme_id, here.day
    if form.validate_on_submit():
        try:
            with transaction():
                ended = calling_off.call_off(
                    _tour_day(day_id), reason=form.reason.data, seen=request.form.getlist("seen"), who=who(),
                    now=clock.now(),
                )  # fmt: skip
                shows = ended.shows
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(
                f"Called off: {count(shows, 'show')}. Everybody is written to, and the day is out of the offer."
            )
            return redirect(url_for("coordinator.tour", programme=programme_id, _anchor=str(day)), 303)
    page = render_template(
        "coordinator/call_off.html", tour_day=here, form=form, found=calling_off.look(here, now=clock.now())
    )
    return page, 422 if request.method == "POST" else 200


def _tour_day(day_id: int) -> TourDay:
    try:
        return days.get(g.partnership.id, day_id)
    except Refusal:
        abort(404)
