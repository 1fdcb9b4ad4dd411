"""One performance: its host and guests, who asks to join, and the road to it and on from it. And all requests
that wait."""

from datetime import datetime
from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from outreach.booking import guest_places, promises
from outreach.booking.guest_places import GuestPlace
from outreach.booking.guests import hosting, joining, seating
from outreach.booking.promises import HOST, Booking
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.tour import legs
from outreach.tour.performances import Performance
from outreach.web import spoken
from outreach.web.coordinator import show_words
from outreach.web.coordinator.show_words import LegWords
from outreach.web.fields import given
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import back_to, status
from outreach.web.school.guest_forms import AnswerForm, SeatsForm, seats_typed


@coordinator.get("/shows/<int:performance_id>")
@coordinators_only
def show(performance_id: int) -> Any:
    """A show that stands or stood; where it was given back, its page says so. A session has a page of its own."""
    found = _show(performance_id)
    if found.tour_day.programme.for_adults and found.host.is_venue:
        return redirect(url_for("coordinator.session", performance_id=performance_id), 303)
    return _page(found)


@coordinator.post("/shows/<int:performance_id>/seats")
@coordinators_only
def show_seats(performance_id: int) -> Any:
    """What the host offers guests, said for it on the phone."""
    performance, form = _show(performance_id), SeatsForm()
    if not form.validate_on_submit():
        return _page(performance, form), 422
    with transaction():
        hosting.offer(
            _host(_show(performance_id)),
            how=form.how.data,
            seats=form.seats.data or 0,
            terms=form.terms.data or "",
            who=who(),
            now=clock.now(),
        )
    return _done(performance_id, "Saved. Other schools see it at once.")


@coordinator.get("/guests")
@coordinators_only
def guest_requests() -> Any:
    """Every school that waits for a host's answer, and every guest whose host has moved and who has not said
    a word since."""
    waiting = guest_places.waiting(g.partnership.id)
    spoken.of_all(place.programme for place in waiting)
    return render_template(
        "coordinator/guests.html",
        waiting=waiting,
        uncertain=guest_places.uncertain(g.partnership.id, now=clock.now()),
    )


@coordinator.route("/guests/<int:place_id>", methods=["GET", "POST"])
@coordinators_only
def guest_request(place_id: int) -> Any:
    """One school's question, whole; the POST answers it for the host."""
    place = _place(place_id)
    if not place.waits_for_host:
        return _done(place.performance_id, "That request has been answered or taken back.", "confirm")
    seats = guest_places.seats_of(place.performance, place.programme.audience_ceiling)
    form = AnswerForm(data={"seats": min(place.seats, seats.left) or None, "terms": seats.terms})
    if form.validate_on_submit():
        with back_to(_at(place.performance_id), "confirm", seating.Answered), transaction():
            said = _answer(_place(place_id), form)
        return _done(place.performance_id, said)
    page = render_template("coordinator/guest.html", place=place, seats=seats, form=form)
    return page, status()


@coordinator.post("/guests/<int:place_id>/take-back")
@coordinators_only
def guest_request_back(place_id: int) -> Any:
    """The school rang: it asks no more."""
    place = _place(place_id)
    with transaction():
        joining.withdraw(_place(place_id), who=who(), now=clock.now())
    return _done(place.performance_id, "The question is taken back. The host hears of it.")


def _page(performance: Performance, form: SeatsForm | None = None) -> Any:
    guests = guest_places.guests_of(performance.id)
    hosts = [b for b in promises.of_performance(performance.id) if b.role == HOST]
    now = clock.now()
    seats = guest_places.seats_of(performance, performance.tour_day.programme.audience_ceiling)
    return render_template(
        "coordinator/show.html",
        show=performance,
        programme=performance.tour_day.programme,
        host=hosts[0] if hosts else None,
        guests=guests,
        how=guest_places.of_bookings(b.id for b in guests),
        asked=guest_places.asked_of(performance.id),
        seats=seats,
        road=_road(performance, now) if performance.released_at is None else None,
        form=form or SeatsForm(data=seats_typed(seats)),
        now=now,
    )


def _road(performance: Performance, now: datetime) -> list[LegWords]:
    road = legs.road_of_show(performance, now=now)
    return [show_words.to_it(road.before, performance), show_words.on_from_it(road.after, performance)]


def _answer(place: GuestPlace, form: AnswerForm) -> str:
    """Inside a transaction; what to say about it."""
    now, name = clock.now(), place.organisation.name
    if form.answer.data == "no":
        hosting.refuse(place, reason=form.terms.data or "", who=who(), now=now)
        return f"{name} hears that it cannot come, and which other shows are near it."
    booking = hosting.agree(
        place, seats=given(form.seats.data), terms=form.terms.data or "", who=who(), now=now
    )
    if booking is None:
        return f"{name} is asked whether it comes with {form.seats.data}."
    return f"{name} comes. It has its own booking and calendar entry."


def _show(performance_id: int) -> Performance:
    """This partnership's; a 404 for another's, none, or a slot that a school is just holding."""
    found = db.session.get(Performance, performance_id)
    if (
        found is None
        or found.tour_day.programme.partnership_id != g.partnership.id
        or found.held_until is not None
    ):
        abort(404)
    spoken.of(found.tour_day.programme)
    return found


def _host(performance: Performance) -> Booking:
    """Raises NotAnyMore where nobody hosts it."""
    host = next((b for b in promises.of_performance(performance.id) if b.role == HOST), None)
    if host is None:
        raise seating.NotAnyMore
    return host


def _place(place_id: int) -> GuestPlace:
    """This partnership's request; a 404 for another's or none."""
    found = guest_places.get(place_id)
    if spoken.of(found.programme).partnership_id != g.partnership.id:
        abort(404)
    return found


def _done(performance_id: int, said: str, category: str = "message") -> Response:
    flash(said, category)
    return redirect(_at(performance_id), 303)


def _at(performance_id: int) -> str:
    return url_for("coordinator.show", performance_id=performance_id)
