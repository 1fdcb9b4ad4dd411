"""Changing what stands: move to another time, numbers and hall, cancel. Each says until when, and whom to
ring after."""

from datetime import datetime
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from markupsafe import Markup

from outreach.booking import bookings, guest_places, in_hall, promises
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.told import ACCESS_NEEDS
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.timespans import day_of
from outreach.ground.wording import clock as said_clock
from outreach.ground.wording import day as said_day
from outreach.tour import sessions, slots
from outreach.tour.performances import Slot, SlotTaken
from outreach.web.forms import choice, set_choices, tick, valid, words
from outreach.web.gate import by_personal_link, own_booking, own_coming_booking, school
from outreach.web.refusals import back_to, status
from outreach.web.school import forms
from outreach.web.school.forms import HallForm, PupilsForm, ReasonForm

REASONS = (
    ("hall", "Our hall is not free any more"),
    ("exams", "Exams or mocks are in the way"),
    ("staff", "Nobody can look after it that day"),
    ("closed", "We are closed that day"),
    ("other", "Another reason"),
)
NO_WAY = ("travel", "We have no way to get there")
DUTY = ("duty", "They are needed on duty then")
GUEST_REASONS, EVERY_REASON = (NO_WAY, *REASONS[1:]), (NO_WAY, DUTY, *REASONS)
PLACES_REASONS = (DUTY, NO_WAY, ("other", "Another reason"))


class CancelForm(ReasonForm):
    reason = choice("Why?", EVERY_REASON, required="Choose the reason that fits best.")
    more = words("More in your words (optional)", at_most=500)
    guests = tick("Our guests may read this reason too")


def _reasons(booking: Booking) -> tuple[tuple[str, str], ...]:
    if booking.role == promises.GUEST:
        return GUEST_REASONS
    return (("hall", f"Our {booking.programme.words.hall} is not free any more"), *REASONS[1:])


@school.route("/i/<token>/booked/<reference>/move/to", methods=["GET", "POST"])
@by_personal_link
def move_to(token: str, reference: str) -> Any:
    """From where to where, and who gets mail; POST moves it, or leaves everything as it was."""
    booking = own_coming_booking(reference)
    now = clock.now()
    if booking.role == promises.GUEST and booking.ended_at is None:
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    if not booking.can_move(now):
        return _too_late(token, booking, "move")
    key = request.values.get("slot", "")[:30]
    if request.method == "POST":
        return _move(token, reference, key, now=now)
    slot = _slot(booking, key, now=now)
    if slot is None:
        return redirect(url_for(".move", token=token, reference=reference, lost=key or "gone"))
    if slot.starts_at == booking.performance.starts_at:
        return redirect(url_for(".booked", token=token, reference=reference))
    return render_template(
        "school/move_to.html",
        token=token,
        booking=booking,
        slot=slot,
        work=in_hall.at_work_in(slot, booking.organisation_id, instead_of=booking.performance_id),
        people=promises.people_of(booking),
        guests=guest_places.guests_of(booking.performance_id),
        asking=guest_places.asked_of(booking.performance_id),
        fixed=promises.fixed_online(g.programme, g.organisation, slot.day, today=day_of(now)),
    )


@school.route("/i/<token>/booked/<reference>/numbers", methods=["GET", "POST"])
@by_personal_link
def numbers(token: str, reference: str) -> Any:
    """How many come, the hall, access needs; in one form, filled with what stands."""
    booking = own_coming_booking(reference)
    now = clock.now()
    if not booking.can_change(now):
        return _too_late(token, booking, "change")
    typed = request.form if request.method == "POST" else forms.change_typed(booking)
    asked, room = (
        forms.change_form(booking, typed),
        forms.hall_form(typed, shows=1, needs=ACCESS_NEEDS, words=booking.programme.words),
    )
    if request.method == "POST" and valid(asked, room):
        with transaction():
            _change(own_booking(reference), asked, room, now=now)
        flash("Changed. Whoever has it in the calendar gets the new numbers.", "done")
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    page = render_template(
        "school/numbers.html",
        token=token,
        booking=booking,
        form=asked,
        room=room,
        needs=ACCESS_NEEDS,
        guests=guest_places.guests_of(booking.performance_id) if booking.role == promises.HOST else [],
    )
    return page, 422 if asked.errors or room.errors else 200


@school.route("/i/<token>/booked/<reference>/cancel", methods=["GET", "POST"])
@by_personal_link
def cancel(token: str, reference: str) -> Any:
    """Asks for the reason and says who is told; POST ends the booking."""
    booking = own_coming_booking(reference)
    now = clock.now()
    if booking.ended_at is not None:
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    if not booking.can_cancel(now):
        return _too_late(token, booking, "cancel")
    as_places = g.programme.for_adults and sessions.of_performance(booking.performance_id) is not None
    form = CancelForm()
    set_choices(form.reason, PLACES_REASONS if as_places else _reasons(booking))
    if form.validate_on_submit():
        with transaction():
            bookings.cancel(
                own_booking(reference),
                reason=form.said(),
                by=promises.SCHOOL,
                who=g.who,
                now=now,
                guests_read_it=bool(form.guests.data),
            )
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    as_host = booking.role == promises.HOST
    page = render_template(
        "school/cancel.html",
        token=token,
        booking=booking,
        can_move=booking.can_move(now),
        session=as_places,
        form=form,
        people=promises.people_of(booking),
        guests=guest_places.guests_of(booking.performance_id) if as_host else [],
        asking=guest_places.asked_of(booking.performance_id) if as_host else [],
    )
    return page, 422 if form.errors else 200


def _move(token: str, reference: str, key: str, *, now: datetime) -> Any:
    back = url_for(".booked", token=token, reference=reference)
    others = url_for(".move", token=token, reference=reference, lost=key or "gone")
    with back_to(back, "stop"), back_to(others, "confirm", SlotTaken, said=""), transaction():
        booking = own_booking(reference)
        slot = _slot(booking, key, now=now)
        if slot is None:
            raise SlotTaken
        was = booking.performance.key
        if slot.starts_at != booking.performance.starts_at:
            bookings.move(booking, slot, who=g.who, now=now)
    if was != key:
        _say_moved(token, own_booking(reference), was, now=now)
    return redirect(back, 303)


def _say_moved(token: str, booking: Booking, was: str, *, now: datetime) -> None:
    """With the way back, where there is one: not into a time that was left within the notice, nor out of
    it."""
    starts = booking.performance.starts_at
    said = Markup("Moved to {}, {}. The same calendar entry moves with it.").format(
        said_day(starts), said_clock(starts)
    )
    # Else it is kept for a school that waits, or lies within the notice by now.
    if booking.can_move(now) and _slot(booking, was, now=now) is not None:
        back = url_for(".move_to", token=token, reference=booking.reference, slot=was)
        said += Markup(" <a href='{}'>Move it back</a>").format(back)
    flash(said, "done")


def _slot(booking: Booking, key: str, *, now: datetime) -> Slot | None:
    return slots.find(g.programme, g.organisation, key, now=now, instead_of=booking.performance_id)


def _too_late(token: str, booking: Booking, deed: str) -> Any:
    """Whom to ring. A POST that comes too late is refused with the same page."""
    page = render_template("school/too_late.html", token=token, booking=booking, deed=deed)
    return page, status()


def _change(booking: Booking, asked: PupilsForm, room: HallForm, *, now: datetime) -> None:
    promise = Promise(
        pupils=asked.entered()[0],
        **room.said(),
        access_needs=forms.access_of(room, 0, ACCESS_NEEDS),
        own_numbers=asked.confirmed(),
    )
    bookings.change(booking, promise, who=g.who, now=now)
