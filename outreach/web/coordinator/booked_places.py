"""Places at a session, changed at the desk for whoever has them: another number, another session; and who waits."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.asking import waits_for_places
from outreach.booking import bookings, guest_places, promises, sessions_to_come
from outreach.booking.guest_places import GuestPlace
from outreach.booking.guests.seating import SeatsGone
from outreach.booking.numbers import Promise
from outreach.booking.promises import COORDINATOR, GUEST, Booking
from outreach.booking.sessions.places import NoSession, PlacesThere
from outreach.booking.sessions_to_come import SessionToCome
from outreach.booking.told import ACCESS_NEEDS
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.tour import performances, sessions
from outreach.web import forms, opened
from outreach.web.gate import coordinator, coordinators_only, our_booking, who
from outreach.web.refusals import back_to, status
from outreach.web.school import forms as school_forms
from outreach.web.school import session_words
from outreach.web.school.session_forms import needs_form


@coordinator.route("/bookings/<reference>/places", methods=["GET", "POST"])
@coordinators_only
def booking_places(reference: str) -> Any:
    """More or fewer of its staff, and what they need, whatever the notice."""
    found = _at_session(reference)
    typed = request.form if request.method == "POST" else school_forms.change_typed(found)
    asked = school_forms.change_form(found, typed)
    needs = needs_form(typed, asked)
    stands = opened.over(lambda: _as_promised(reference), found, "changed", "moved")
    if request.method == "POST" and forms.valid(asked, needs):
        with transaction():
            stands.unchanged(lambda: performances.lock_organisation(found.organisation_id))
            promise = Promise(
                pupils=asked.entered()[0],
                access_needs=school_forms.access_of(needs, 0, ACCESS_NEEDS),
                own_numbers=asked.confirmed(),
            )
            bookings.change(our_booking(reference), promise, who=who(), now=clock.now(), by=COORDINATOR)
        return _done(reference, "Changed. Whoever has it in the calendar gets the new number.")
    page = render_template(
        "coordinator/booking_places.html",
        booking=found,
        form=asked,
        how=needs,
        needs=ACCESS_NEEDS,
        words=session_words,
    )
    return page, status()


@coordinator.get("/bookings/<reference>/sessions")
@coordinators_only
def booking_sessions(reference: str) -> Any:
    """The sessions to which its places could move; with `?to=`, from where to where, before it is done."""
    found = _at_session(reference)
    others = [one for one in _others(found) if one.booking is None]
    to = next((one for one in others if str(one.performance.id) == request.args.get("to")), None)
    return render_template(
        "coordinator/booking_sessions.html",
        booking=found,
        found=others,
        to=to if to is not None and to.left >= found.seats else None,
        people=promises.people_of(found),
        words=session_words,
    )


@coordinator.post("/bookings/<reference>/sessions")
@coordinators_only
def booking_to_session(reference: str) -> Any:
    """Its places are at that session from now on."""
    found = _at_session(reference)
    wanted = request.form.get("to", "")
    others = url_for(".booking_sessions", reference=reference)
    with back_to(others, "confirm", NoSession, SeatsGone, PlacesThere), transaction():
        booking = our_booking(reference)
        to = next((one for one in _others(booking) if str(one.performance.id) == wanted), None)
        if to is None and wanted != str(found.performance_id):
            raise NoSession
        if to is not None:
            waits_for_places.move(booking, to.performance, who=who(), now=clock.now(), by=COORDINATOR)
    return _done(reference, "Moved. Whoever has it in the calendar is told; the same entry moves.")


@coordinator.post("/waiting/<int:place_id>/take-back")
@coordinators_only
def waiting_back(place_id: int) -> Any:
    """Somebody rang: they wait for that session no more."""
    place = _waits(place_id)
    with transaction():
        waits_for_places.leave(_waits(place_id), who=who(), now=clock.now())
    flash(f"{place.organisation.name} is off the waiting list.")
    return redirect(url_for(".session", performance_id=place.performance_id), 303)


def _at_session(reference: str) -> Booking:
    """A booking at a session that is still to end; what is cancelled or over leads to its page, another is a 404."""
    found = our_booking(reference)
    if found.role != GUEST or sessions.of_performance(found.performance_id) is None:
        abort(404)
    if found.is_over(clock.now()):
        said = "This booking was cancelled already." if found.ended_at else bookings.ShowIsOver().message
        flash(said, "confirm")
        abort(redirect(url_for(".booking", reference=found.reference), 303))
    return found


def _others(booking: Booking) -> list[SessionToCome]:
    return sessions_to_come.to_come(booking.programme, booking.organisation, now=clock.now())


def _waits(place_id: int) -> GuestPlace:
    """Somebody of this partnership who waits for a session, or did; a 404 for any other."""
    found = guest_places.get(place_id) if place_id < 2**31 else abort(404)
    if (
        found.programme.partnership_id != g.partnership.id
        or sessions.of_performance(found.performance_id) is None
    ):
        abort(404)
    return found


def _done(reference: str, said: str) -> Response:
    flash(said)
    return redirect(url_for(".booking", reference=reference), 303)


def _as_promised(reference: str) -> dict[str, str]:
    """The form as it is filled from what stands."""
    found = our_booking(reference)
    typed = school_forms.change_typed(found)
    asked = school_forms.change_form(found, typed)
    return opened.words_of(asked, needs_form(typed, asked))
