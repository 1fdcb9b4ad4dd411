"""The host's guests: who comes, who asks, what it gives; by its own link, on its booking's page."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for

from outreach.booking import guest_places
from outreach.booking.guest_places import GuestPlace
from outreach.booking.guests import hosting, seating
from outreach.booking.promises import HOST, Booking
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.web.fields import given
from outreach.web.gate import by_personal_link, own_standing_booking, school
from outreach.web.refusals import back_to
from outreach.web.school.guest_forms import AnswerForm, SeatsForm, seats_typed


@school.route("/i/<token>/booked/<reference>/guests", methods=["GET", "POST"])
@by_personal_link
def guests(token: str, reference: str) -> Any:
    """Who comes, who asks, and what the host offers; the POST says what it offers."""
    booking = _hosted(reference)
    now = clock.now()
    seats = guest_places.seats_of(booking.performance, g.programme.audience_ceiling)
    form = SeatsForm(data=seats_typed(seats))
    if form.validate_on_submit():
        with transaction():
            hosting.offer(
                _hosted(reference),
                how=form.how.data,
                seats=form.seats.data or 0,
                terms=form.terms.data or "",
                who=g.who,
                now=now,
            )
        flash("Saved. Other schools see it at once.", "done")
        return redirect(url_for(".guests", token=token, reference=reference), 303)
    joined = guest_places.guests_of(booking.performance_id)
    page = render_template(
        "school/guests.html",
        token=token,
        booking=booking,
        seats=seats,
        joined=joined,
        how=guest_places.of_bookings(b.id for b in joined),
        asked=guest_places.asked_of(booking.performance_id),
        form=form,
        over=booking.performance.starts_at <= now,
    )
    return page, 422 if form.errors else 200


@school.route("/i/<token>/booked/<reference>/guests/<int:place_id>", methods=["GET", "POST"])
@by_personal_link
def answer_guest(token: str, reference: str, place_id: int) -> Any:
    """One school asks: yes with how many seats on which terms, or no."""
    booking = _hosted(reference)
    place = _asked(booking, place_id)
    back = url_for(".guests", token=token, reference=reference)
    if not place.waits_for_host:
        flash("That request has been answered or taken back meanwhile.", "confirm")
        return redirect(back, 303)
    seats = guest_places.seats_of(booking.performance, g.programme.audience_ceiling)
    form = AnswerForm(data={"seats": min(place.seats, seats.left) or None, "terms": seats.terms})
    if form.validate_on_submit():
        with back_to(back, "confirm", seating.Answered), transaction():
            said = _answer(_asked(_hosted(reference), place_id), form)
        flash(said, "done")
        return redirect(back, 303)
    page = render_template(
        "school/answer_guest.html", token=token, booking=booking, place=place, seats=seats, form=form
    )
    return page, 422 if form.errors else 200


def _answer(place: GuestPlace, form: AnswerForm) -> str:
    """Inside a transaction; what to say about it."""
    now, name = clock.now(), place.organisation.name
    if form.answer.data == "no":
        hosting.refuse(place, reason=form.terms.data or "", who=g.who, now=now)
        return f"{name} hears that you cannot take it in, and which other {place.programme.words.show}s are near it."
    booking = hosting.agree(
        place, seats=given(form.seats.data), terms=form.terms.data or "", who=g.who, now=now
    )
    if booking is None:
        return f"{name} is asked whether it comes with {form.seats.data}."
    show = place.programme.words.show
    return f"{name} comes to your {show}. It has its own booking and calendar entry; yours stays as it is."


def _hosted(reference: str) -> Booking:
    """The link's own booking as a host that stands; a 404 for a guest's."""
    booking = own_standing_booking(reference)
    if booking.role != HOST:
        abort(404)
    return booking


def _asked(booking: Booking, place_id: int) -> GuestPlace:
    """A request for seats of this very show; a 404 for any other."""
    place = guest_places.get(place_id)
    if place.performance_id != booking.performance_id:
        abort(404)
    return place
