"""One booking: everything of it, and moving, changing, cancelling it for the school, whatever the notice."""

from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.asking.chasing import settings
from outreach.booking import (
    bookings,
    colleagues,
    guest_places,
    handovers,
    in_hall,
    invite_answers,
    promises,
    told,
)
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import handing_on
from outreach.booking.numbers import Promise
from outreach.booking.promises import COMPANY, COORDINATOR, GUEST, HOST, SCHOOL, Booking
from outreach.booking.told import ACCESS_NEEDS, access_words
from outreach.county import organisations
from outreach.coverage import leavers
from outreach.ground import clock, history
from outreach.ground.db import transaction
from outreach.post import outbox
from outreach.post.incoming import inbox
from outreach.tour import performances, sessions, slots
from outreach.tour.performances import Slot, SlotTaken
from outreach.visits import stopping
from outreach.visits.before import reminding as visit_reminders
from outreach.web import forms, opened, reply_words
from outreach.web.coordinator import booking_words
from outreach.web.gate import coordinator, coordinators_only, our_booking, who
from outreach.web.refusals import back_to, status
from outreach.web.school import all_days
from outreach.web.school import forms as school_forms
from outreach.web.school.forms import HallForm, PupilsForm
from outreach.web.wording import sent_again

STANDS_THERE = "It stands there already. Nothing was changed and nobody is written to."
MOVED = "Moved. Everybody who has it in the calendar is told; the same entry moves."


class CancelForm(forms.Form):
    of_asked = True
    by = forms.choice(
        "Who calls it off?",
        (
            (SCHOOL, "The school"),
            (COMPANY, "The company, for illness or the road"),
            (COORDINATOR, "We do"),
        ),
        required="Say who calls it off.",
    )
    reason = forms.words(
        "Why?",
        required="Say why, in a few words.",
        hint="It stands in the letter to the school.",
        at_most=500,
    )


class ColleagueForm(forms.Form):
    name = forms.text("Name", required="Enter the colleague’s name.", at_most=120)
    address = forms.address("Work email address", required="Enter the colleague’s work address.")
    duty = forms.choice(
        "What are they there for?",
        (
            (colleagues.COLLEAGUE, "A colleague who wants it in the calendar"),
            (colleagues.ON_THE_DAY, "Meets the company on the day"),
            (colleagues.LEAD, "Safeguarding lead"),
        ),
        required="Say what the colleague is there for.",
    )
    role = forms.text("Role", hint="May be left empty", at_most=120)
    phone = forms.text("Phone", hint="May be left empty", at_most=40)


@coordinator.get("/bookings/<reference>")
@coordinators_only
def booking(reference: str) -> Any:
    found = our_booking(reference)
    people = promises.people_of(found)
    handed, now = handovers.newest(found.id), clock.now()
    cancellation = promises.cancellation_of(found)
    over = cancellation is not None or found.performance.ends_at <= now
    at_session = _at_session(found)
    return render_template(
        "coordinator/booking.html",
        left=next(
            (
                item
                for item in leavers.left(
                    found.programme.partnership_id, now=now, organisation_ids=[found.organisation_id]
                )
                if item.live.of is found
            ),
            None,
        ),
        handed=handed,
        handed_from=organisations.known([handed.from_organisation_id]) if handed else [],
        can_go_back=handing_on.can_be_handed_back(found, now=now) if handed else None,
        booking=found,
        facts=booking_words.facts(
            found,
            promises.pupils_of(found),
            access_words(found.access_needs),
            guest_places.of_booking(found),
            work=in_hall.of_show(found.performance),
            reminders=visit_reminders.days_to_come(
                found, settings.schedule_of_programme(found.programme_id), now=now
            ),
            reminded=visit_reminders.written_about(found),
            wants_none=not over and stopping.stopped(found.programme_id, found.organisation_id),
            over=over,
            at_session=at_session,
            now=now,
        ),
        head_deeds=booking_words.head_deeds(found, cancellation, at_session=at_session, now=now),
        over=over,
        words=booking_words,
        replies=reply_words,
        people=people,
        letters=outbox.newest_of_stream(found.uid),
        said=invite_answers.by_person(found, people),
        company_said=booking_words.calendar_of_company(invite_answers.of_troupe(found.performance)),
        came_in=inbox.of_stream(found.uid),
        cancellation=cancellation,
        at_session=at_session,
        together=[
            b
            for b in promises.of_performance(found.performance_id)
            if b.id != found.id and not (at_session and b.role == HOST)
        ],
        deeds=history.history_of("booking", found.reference),
        now=now,
    )


@coordinator.get("/bookings/<reference>/move")
@coordinators_only
def booking_move(reference: str) -> Any:
    """Every time the school could have, its notice set aside; or, with `?slot=`, from where to where."""
    found = _to_come(reference)
    key = request.args.get("slot", "")[:30]
    if key:
        with _else_others(reference):
            slot = _slot(found, key, now=clock.now())
        if _stands_at(found, slot):
            return _done(reference, STANDS_THERE)
        return render_template(
            "coordinator/booking_move_to.html",
            booking=found,
            slot=slot,
            work=in_hall.at_work_in(slot, found.organisation_id, instead_of=found.performance_id),
            people=promises.people_of(found),
            troupes=all_days.troupes_apart(found.programme_id),
        )
    offers = slots.offers(
        found.programme,
        found.performance.host,
        now=clock.now(),
        instead_of=found.performance_id,
        whatever_the_notice=True,
    )
    address = partial(url_for, ".booking_move", reference=reference)
    return render_template(
        "coordinator/booking_move.html",
        booking=found,
        first=[some for some in offers.first if some[0].starts_at != found.performance.starts_at],
        page=all_days.page(offers.days, address, troupes=all_days.troupes_apart(found.programme_id)),
    )


@coordinator.post("/bookings/<reference>/move")
@coordinators_only
def booking_move_to(reference: str) -> Any:
    _to_come(reference)
    now = clock.now()
    with _else_back(reference), _else_others(reference), transaction():
        found = our_booking(reference)
        slot = _slot(found, request.form.get("slot", "")[:30], now=now)
        stood = _stands_at(found, slot)
        if not stood:
            bookings.move(found, slot, who=who(), now=now, by=COORDINATOR)
    return _done(reference, STANDS_THERE if stood else MOVED)


@coordinator.route("/bookings/<reference>/change", methods=["GET", "POST"])
@coordinators_only
def booking_change(reference: str) -> Any:
    """How many come, the hall, access needs: the school's own form, filled with what stands."""
    found, now = _to_come(reference), clock.now()
    typed = request.form if request.method == "POST" else school_forms.change_typed(found)
    asked, room = (
        school_forms.change_form(found, typed),
        school_forms.hall_form(typed, shows=1, needs=ACCESS_NEEDS, words=found.programme.words),
    )
    stands = opened.over(lambda: _as_promised(reference), found, "changed", "moved")
    if request.method == "POST" and forms.valid(asked, room):
        with transaction():
            stands.unchanged(lambda: performances.lock_organisation(found.organisation_id))
            bookings.change(our_booking(reference), _promise(asked, room), who=who(), now=now, by=COORDINATOR)
        return _done(reference, "Changed. Whoever has it in the calendar gets the new numbers.")
    page = render_template(
        "coordinator/booking_change.html", booking=found, form=asked, room=room, needs=ACCESS_NEEDS, shows=1
    )
    return page, status()


@coordinator.route("/bookings/<reference>/cancel", methods=["GET", "POST"])
@coordinators_only
def booking_cancel(reference: str) -> Any:
    found, form = _to_come(reference), CancelForm()
    at_session = _at_session(found)
    if at_session:
        forms.set_choices(
            form.by, [(SCHOOL, f"{found.organisation.name} gives them up"), (COORDINATOR, "We do")]
        )
    if form.validate_on_submit():
        with transaction():
            bookings.cancel(
                our_booking(reference),
                reason=form.reason.data,
                by=form.by.data,
                who=who(),
                now=clock.now(),
                guests_read_it=True,
            )
        free = "whoever waits for places moves up" if at_session else "the time is free"
        return _done(reference, f"Cancelled. Everybody who had it in the calendar is told; {free}.")
    page = render_template(
        "coordinator/booking_cancel.html",
        booking=found,
        at_session=at_session,
        form=form,
        people=promises.people_of(found),
        guests=guest_places.guests_of(found.performance_id) if found.role == promises.HOST else [],
    )
    return page, status()


@coordinator.route("/bookings/<reference>/people", methods=["GET", "POST"])
@coordinators_only
def booking_colleague(reference: str) -> Any:
    """Somebody else at the school gets the calendar entry."""
    found, form = _open(reference), ColleagueForm()
    if form.validate_on_submit():
        colleague = Colleague(
            name=form.name.data,
            address=form.address.data,
            duty=form.duty.data,
            role=form.role.data or "",
            phone=form.phone.data or "",
        )
        with transaction():
            colleagues.add(our_booking(reference), colleague, who=who(), now=clock.now())
        return _done(reference, f"{colleague.name} gets the entry. Nobody else gets a mail.")
    return render_template("coordinator/booking_colleague.html", booking=found, form=form), status()


@coordinator.post("/bookings/<reference>/people/<int:contact_id>/remove")
@coordinators_only
def booking_colleague_remove(reference: str, contact_id: int) -> Any:
    if not colleagues.was_of(_open(reference), contact_id):
        abort(404)
    with _else_back(reference), transaction():
        colleagues.end(our_booking(reference), contact_id, who=who(), now=clock.now())
    return _done(reference, "The entry leaves that one calendar; the others keep theirs.")


@coordinator.post("/bookings/<reference>/people/<int:contact_id>/again")
@coordinators_only
def booking_again(reference: str, contact_id: int) -> Any:
    """The newest letter to one person once more."""
    if not colleagues.was_of(our_booking(reference), contact_id):
        abort(404)
    with _else_back(reference), transaction():
        letter = colleagues.send_again(our_booking(reference), contact_id, who=who(), now=clock.now())
        said = sent_again(letter)
    return _done(reference, said)


@coordinator.post("/bookings/<reference>/company-again")
@coordinators_only
def booking_company_again(reference: str) -> Any:
    our_booking(reference)
    with _else_back(reference), transaction():
        said = sent_again(told.troupe_again(our_booking(reference), who=who(), now=clock.now()))
    return _done(reference, said)


def _at_session(found: Booking) -> bool:
    """Whether it is places at a session, which move and change by pages of their own (booked_places.py)."""
    return (
        found.role == GUEST
        and found.programme.for_adults
        and sessions.of_performance(found.performance_id) is not None
    )


def _open(reference: str) -> Booking:
    """As `our_booking`; for one that was cancelled, its page, which says so."""
    found = our_booking(reference)
    if found.ended_at is not None:
        flash("This booking was cancelled already.", "confirm")
        abort(redirect(url_for("coordinator.booking", reference=found.reference), 303))
    return found


def _to_come(reference: str) -> Booking:
    """As `_open`; for a show that is over, the page of its reports: it is not moved, changed or cancelled any
    more."""
    found = _open(reference)
    if found.performance.ends_at <= clock.now():
        flash(bookings.ShowIsOver().message, "confirm")
        abort(redirect(url_for("coordinator.report", reference=found.reference), 303))
    return found


def _stands_at(found: Booking, slot: Slot) -> bool:
    """Whether that is where it stands: another troupe's place at the same time is another place."""
    show = found.performance
    return (slot.tour_day_id, slot.starts_at) == (show.tour_day_id, show.starts_at)


def _slot(found: Booking, key: str, *, now: datetime) -> Slot:
    """The time of that key as the booking could have it. Raises SlotTaken."""
    slot = slots.find(
        found.programme,
        found.performance.host,
        key,
        now=now,
        instead_of=found.performance_id,
        whatever_the_notice=True,
    )
    if slot is None:
        raise SlotTaken
    return slot


def _else_others(reference: str) -> AbstractContextManager[None]:
    """A time that is gone leads back to those that are left."""
    return back_to(
        url_for("coordinator.booking_move", reference=reference),
        "confirm",
        SlotTaken,
        said="That time is not free any more. These are left; the booking stands as it was.",
    )


def _else_back(reference: str) -> AbstractContextManager[None]:
    return back_to(url_for("coordinator.booking", reference=reference), "stop")


def _done(reference: str, said: str) -> Response:
    flash(said)
    return redirect(url_for("coordinator.booking", reference=reference), 303)


def _as_promised(reference: str) -> dict[str, str]:
    """The form of a change as it is filled from what stands."""
    found = our_booking(reference)
    typed = school_forms.change_typed(found)
    return opened.words_of(
        school_forms.change_form(found, typed),
        school_forms.hall_form(typed, shows=1, needs=ACCESS_NEEDS, words=found.programme.words),
    )


def _promise(asked: PupilsForm, room: HallForm) -> Promise:
    return Promise(
        pupils=asked.entered()[0],
        **room.said(),
        access_needs=school_forms.access_of(room, 0, ACCESS_NEEDS),
        own_numbers=asked.confirmed(),
    )
