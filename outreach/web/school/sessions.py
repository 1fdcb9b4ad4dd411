"""Sessions of a training by a personal link: which there are, places at one taken or waited for, moved to another."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.asking import waits_for_places
from outreach.booking import accounts, bookings, guest_places, promises, sessions_to_come
from outreach.booking.guest_places import GuestPlace
from outreach.booking.guests import seating
from outreach.booking.guests.seating import SeatsGone
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.sessions import places
from outreach.booking.sessions.places import NoSession, PlacesThere, WaitsThere
from outreach.booking.sessions_to_come import SessionToCome
from outreach.booking.told import ACCESS_NEEDS
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.post.stationery import Addressee
from outreach.tour import programmes, sessions
from outreach.tour.performances import Performance
from outreach.web.forms import valid
from outreach.web.gate import by_personal_link, own_booking, own_coming_booking, reread, school, whom
from outreach.web.refusals import back_to, status
from outreach.web.school import forms, session_words
from outreach.web.school.forms import PupilsForm
from outreach.web.school.known import Known
from outreach.web.school.session_forms import EntryForm, NeedsForm, entry_form, needs_form


@school.get("/i/<token>/sessions")
@by_personal_link
def sessions_page(token: str) -> Any:
    """The sessions to come, with the places that are left; what it has there, and what it waits for."""
    now = clock.now()
    if not g.programme.for_adults:
        return redirect(url_for(".start", token=token))
    if (closed := _closed(token, now)) is not None:
        return closed
    found = sessions_to_come.to_come(g.programme, g.organisation, now=now)
    waits = guest_places.open_of(g.programme.id, g.organisation.organisation_id)
    at = {one.performance.id: one for one in found}
    return render_template(
        "school/sessions.html",
        token=token,
        found=found,
        words=session_words,
        waits=waits,
        waits_said=session_words.waits(waits, at.get(waits.performance_id), now) if waits else "",
        booked=[
            b for b in promises.live(g.programme.id, g.organisation.organisation_id) if not b.is_over(now)
        ],
        staff=programmes.adult_target(g.programme.id).who_at(is_body=g.organisation.is_body),
        own_place=session_words.may_book_at_its_own(g.organisation),
        now=now,
    )


@school.route("/i/<token>/sessions/<int:performance_id>", methods=["GET", "POST"])
@by_personal_link
def take_places(token: str, performance_id: int) -> Any:
    """How many come and who gets the entry; then what that does, looked at before it is done; then the deed."""
    now = clock.now()
    _of_this_programme(performance_id)
    one = sessions_to_come.find(g.programme, g.organisation, performance_id, now=now)
    if one is None:
        flash(NoSession().message, "confirm")
        return redirect(_list(token), 303)
    if one.booking is not None:
        return redirect(url_for(".booked", token=token, reference=one.booking.reference), 303)
    if (closed := _closed(token, now)) is not None:
        return closed
    typed = request.form if request.method == "POST" else None
    asked, needs, entry = _forms(one, typed, now=now)
    go = request.form.get("go", "")
    if request.method != "POST" or go == "change" or not valid(asked, entry, needs):
        return _form_page(token, one, asked, needs, entry, 200 if go == "change" else status())
    wanted, waits = asked.totals()[STAFF], request.form.get("wait") == "1"
    # A full session's own form says that one waits; the check says it before anything is done.
    may = waits or go != "book" and not one.left
    if wanted > one.left and not may:
        asked.refuse(SeatsGone(wanted, one.left, g.programme.words))
        return _form_page(token, one, asked, needs, entry, 422, may_wait=True)
    promise = Promise(
        pupils={STAFF: wanted},
        people=entry.people(),
        access_needs=forms.access_of(needs, 0, ACCESS_NEEDS),
        own_numbers=asked.confirmed(),
    )
    if go != "book":
        with _told_elsewhere(token):
            places.foresee(g.programme, g.organisation, one.performance, promise, now=now)
        return _check_page(token, one, asked, needs, entry, waits=wanted > one.left, now=now)
    return _take(token, one, promise, waits=waits, now=now)


@school.post("/i/<token>/waiting/<int:place_id>/leave")
@by_personal_link
def leave_list(token: str, place_id: int) -> Any:
    """It waits for that session no more; what has become a booking stays one."""
    _own_wait(place_id)
    now = clock.now()
    with transaction():
        place = _own_wait(place_id)
        waits_for_places.leave(place, who=g.who, now=now)
    flash("You are off the waiting list of that session.", "confirm")
    return redirect(_list(token), 303)


@school.get("/i/<token>/booked/<reference>/sessions")
@by_personal_link
def other_sessions(token: str, reference: str) -> Any:
    """The sessions to which its places could move."""
    booking = own_coming_booking(reference)
    now = clock.now()
    if (no := _cannot_move(token, booking, now)) is not None:
        return no
    return render_template(
        "school/other_sessions.html",
        token=token,
        booking=booking,
        words=session_words,
        found=[
            one
            for one in sessions_to_come.to_come(g.programme, g.organisation, now=now)
            if one.booking is None
        ],
    )


@school.route("/i/<token>/booked/<reference>/sessions/<int:performance_id>", methods=["GET", "POST"])
@by_personal_link
def move_places(token: str, reference: str, performance_id: int) -> Any:
    """From where to where, and who gets mail; POST moves them, or leaves everything as it was."""
    now, to = clock.now(), _of_this_programme(performance_id)
    booking = own_coming_booking(reference)
    if (no := _cannot_move(token, booking, now)) is not None:
        return no
    others = url_for(".other_sessions", token=token, reference=reference)
    if request.method == "POST":
        back = url_for(".booked", token=token, reference=reference)
        with (
            back_to(others, "confirm", NoSession, SeatsGone),
            back_to(back, "confirm", PlacesThere),
            back_to(back, "stop"),
            transaction(),
        ):
            waits_for_places.move(
                own_booking(reference), _of_this_programme(performance_id), who=g.who, now=now
            )
        flash(f"Moved to {sessions.which(to)}. The same calendar entry moves with it.", "done")
        return redirect(back, 303)
    one = sessions_to_come.find(g.programme, g.organisation, performance_id, now=now)
    if one is None or one.booking is not None or one.left < booking.seats:
        return redirect(others, 303)
    return render_template(
        "school/move_places.html",
        token=token,
        booking=booking,
        one=one,
        words=session_words,
        waited=one.place is not None,
        people=promises.people_of(booking),
    )


@school.route("/i/<token>/booked/<reference>/places", methods=["GET", "POST"])
@by_personal_link
def change_places(token: str, reference: str) -> Any:
    """More or fewer of its staff, and what they need."""
    booking = own_coming_booking(reference)
    back = url_for(".booked", token=token, reference=reference)
    if not _is_at_session(booking) or not booking.can_change(clock.now()):
        return redirect(back, 303)
    if not g.organisation.is_open:
        return _only_given_up(token, reference)
    typed = request.form if request.method == "POST" else forms.change_typed(booking)
    asked = forms.change_form(booking, typed)
    needs = needs_form(typed, asked)
    if request.method == "POST" and valid(asked, needs):
        promise = Promise(
            pupils=asked.entered()[0],
            access_needs=forms.access_of(needs, 0, ACCESS_NEEDS),
            own_numbers=asked.confirmed(),
        )
        with transaction():
            bookings.change(own_booking(reference), promise, who=g.who, now=clock.now())
        flash("Changed. Whoever has it in the calendar gets the new number.", "done")
        return redirect(back, 303)
    page = render_template(
        "school/change_places.html",
        token=token,
        booking=booking,
        form=asked,
        how=needs,
        needs=ACCESS_NEEDS,
        words=session_words,
    )
    return page, status()


@contextmanager
def _told_elsewhere(token: str) -> Iterator[None]:
    """What is no fault of the form is told where the sessions are, or the places that it has."""
    with (
        back_to(_list(token), "confirm", NoSession, WaitsThere),
        back_to(url_for(".start", token=token), "confirm", PlacesThere),
    ):
        yield


def _take(token: str, one: SessionToCome, promise: Promise, *, waits: bool, now: datetime) -> Any:
    with _told_elsewhere(token), transaction():
        reread()
        place = places.take(
            g.programme, g.organisation, one.performance, promise, waits=waits, who=g.who, now=now
        )
        if place.booking is None:
            waits_for_places.waits(place, who=g.who, now=now)
        reference = place.booking.reference if place.booking is not None else ""
    if reference:
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    flash("You are on the waiting list. We write to you as soon as your places are free.", "done")
    return redirect(_list(token), 303)


def _forms(
    one: SessionToCome, typed: Mapping[str, str] | None, *, now: datetime
) -> tuple[PupilsForm, NeedsForm, EntryForm]:
    account = accounts.account(g.programme, g.organisation, now=now)
    is_school = session_words.may_book_at_its_own(g.organisation)
    asked = forms.pupils_form(
        typed,
        shows=1,
        # A body's number is ours to put right, so that no tick of its own asks for more.
        counted=account.expected if is_school else {},
        promised=account.promised,
        year_groups=(STAFF,),
        ceiling=one.session.places,
    )
    known = Known(g.programme, g.organisation, [Addressee(address=g.link.address, name=g.link.name)])
    return asked, needs_form(typed, asked), entry_form(typed, known)


def _form_page(
    token: str,
    one: SessionToCome,
    asked: PupilsForm,
    needs: NeedsForm,
    entry: EntryForm,
    code: int,
    *,
    may_wait: bool = False,
) -> Any:
    page = render_template(
        "school/take_places.html",
        token=token,
        one=one,
        words=session_words,
        form=asked,
        how=needs,
        entry=entry,
        needs=ACCESS_NEEDS,
        may_wait=may_wait,
        wait=request.form.get("wait") == "1",
    )
    return page, code


def _check_page(
    token: str,
    one: SessionToCome,
    asked: PupilsForm,
    needs: NeedsForm,
    entry: EntryForm,
    *,
    waits: bool,
    now: datetime,
) -> Any:
    wanted = asked.totals()[STAFF]
    return render_template(
        "school/check_places.html",
        token=token,
        one=one,
        words=session_words,
        wanted=wanted,
        waits=waits,
        rows=session_words.rows(one, wanted, forms.access_of(needs, 0, ACCESS_NEEDS), entry.people()),
        then=session_words.then(one, entry.people(), waits=waits, left=_left_by_it(one, now)),
        typed=[
            (name, value)
            for name, value in request.form.items(multi=True)
            if name not in ("csrf_token", "go", "wait")
        ],
    )


def _left_by_it(one: SessionToCome, now: datetime) -> Performance | None:
    """The session for which it waits no more once it has places at this one."""
    waits = guest_places.open_of(g.programme.id, g.organisation.organisation_id)
    if waits is None or waits.performance_id == one.performance.id or waits.is_over(now):
        return None
    return waits.performance


def _closed(token: str, now: datetime) -> Any:
    """The page that says why it can have no places; None where it can, also beside those that it has."""
    account = accounts.account(g.programme, g.organisation, now=now)
    why = seating.why_not(g.programme, g.organisation, account, catch_up=True)
    return None if why is None else (render_template("school/closed.html", token=token, why=why), status())


def _only_given_up(token: str, reference: str) -> Any:
    flash(places.OnlyGivenUp(whom()).message, "confirm")
    return redirect(url_for(".booked", token=token, reference=reference), 303)


def _cannot_move(token: str, booking: Booking, now: datetime) -> Any:
    """Where one that is moved no more, or is at no session, leads to; None where it can be moved."""
    if booking.ended_at is not None or not _is_at_session(booking):
        return redirect(url_for(".booked", token=token, reference=booking.reference), 303)
    if not g.organisation.is_open:
        return _only_given_up(token, booking.reference)
    if not booking.can_cancel(now):
        page = render_template("school/too_late.html", token=token, booking=booking, deed="move")
        return page, status()
    return None


def _is_at_session(booking: Booking) -> bool:
    return (
        booking.role == promises.GUEST
        and g.programme.for_adults
        and sessions.of_performance(booking.performance_id) is not None
    )


def _of_this_programme(performance_id: int) -> Performance:
    """A session of the link's programme; a 404 for any other."""
    found = db.session.get(Performance, performance_id) if performance_id < 2**31 else None
    if (
        found is None
        or found.programme_id != g.link.programme_id
        or sessions.of_performance(performance_id) is None
    ):
        abort(404)
    return found


def _own_wait(place_id: int) -> GuestPlace:
    """What the link's own organisation waits for in the link's programme; a 404 for any other."""
    found = guest_places.get(place_id) if place_id < 2**31 else abort(404)
    if (found.organisation_id, found.programme_id) != (g.link.organisation_id, g.link.programme_id):
        abort(404)
    return found


def _list(token: str) -> str:
    return url_for(".sessions_page", token=token)
