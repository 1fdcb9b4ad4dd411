"""Pledges of a school by its own link: promised before its show and answered after it, on one page of ticks."""

from datetime import datetime
from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for

from outreach.booking.promises import FAILED, Booking
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.visits import pledge_letters, pledges
from outreach.web.gate import by_personal_link, own_booking, own_standing_booking, school
from outreach.web.pledge_form import WasDoneForm, WillDoForm
from outreach.web.pledge_words import FIELDS
from outreach.web.refusals import status


@school.route("/i/<token>/booked/<reference>/promised", methods=["GET", "POST"])
@by_personal_link
def promised(token: str, reference: str) -> Any:
    """One answer for all the shows of a day. Of a show that did not take place nothing is asked."""
    booking, now = own_standing_booking(reference), clock.now()
    if g.programme.for_adults:
        abort(404)
    if booking.outcome == FAILED:
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    if now < booking.performance.starts_at:
        return _will_do(token, booking, now)
    return _was_done(token, booking, now)


def _will_do(token: str, booking: Booking, now: datetime) -> Any:
    stands = pledges.promised(pledges.answers_of([booking.id]).get(booking.id, []))
    form = WillDoForm(data={"will": [FIELDS[pledge] for pledge in stands]})
    if form.validate_on_submit():
        with transaction():
            for one in pledges.bookings_of_visit(own_booking(booking.reference)):
                pledges.promise(one, form.ticked(), who=g.who, now=now)
        flash("Thank you. It is put down, and you can change it until the show.", "done")
        return redirect(url_for(".promised", token=token, reference=booking.reference), 303)
    page = render_template("school/will_do.html", token=token, booking=booking, form=form, promised=stands)
    return page, status()


def _was_done(token: str, booking: Booking, now: datetime) -> Any:
    """What is open stands first; what was answered is folded, and can be answered anew."""
    form = WasDoneForm()
    together = [one for one in pledges.bookings_of_visit(booking) if one.performance.starts_at <= now]
    answers = pledges.answers_of([one.id for one in together])
    still_open = pledge_letters.still_open(together, answers)
    if still_open:
        form.first = FIELDS[still_open[0]]
    if form.validate_on_submit():
        with transaction():
            for one in pledges.bookings_of_visit(own_booking(booking.reference)):
                if one.performance.starts_at <= now:
                    pledges.answer(one, form.answers(), who=g.who, now=now)
        flash("Thank you. What you said is put down, and you can correct it here.", "done")
        return redirect(url_for(".promised", token=token, reference=booking.reference), 303)
    said = pledges.words_on_what_was_done(answers.get(booking.id, ()), since=booking.performance.starts_at)
    form.say(said)
    page = render_template(
        "school/was_done.html",
        token=token,
        booking=booking,
        form=form,
        still_open=[form[FIELDS[pledge]] for pledge in still_open],
        answered=[form[FIELDS[pledge]] for pledge in pledges.PLEDGES if pledge not in still_open],
    )
    return page, status()
