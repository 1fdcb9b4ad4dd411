"""The school's page for good: its booking, its calendar file, and who has it in the calendar."""

from typing import Any

from flask import Response, abort, flash, g, redirect, render_template, request, url_for
from markupsafe import Markup

from outreach.booking import accounts, answers, colleagues, promises, proposals, told
from outreach.booking.colleagues import Colleague
from outreach.booking.guests import hosting, places
from outreach.booking.promises import Booking, BookingContact
from outreach.booking.told import sender_of
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.wording import and_list, year_group_name
from outreach.post import calendars, letters, outbox
from outreach.post.feeds import addresses
from outreach.post.feeds.entries import SCHOOL
from outreach.web import forms, subscribing
from outreach.web.forms import Form
from outreach.web.gate import by_personal_link, own_booking, school
from outreach.web.wording import sent_again

DUTIES = (
    ("colleague", "A colleague who wants it in the calendar"),
    ("on the day", "Meets the company on the day"),
    ("safeguarding lead", "Safeguarding lead"),
)


class ColleagueForm(Form):
    name = forms.text("Name", required="Enter your colleague’s name.", at_most=120)
    address = forms.address("Work email address", required="Enter your colleague’s work address.")
    role = forms.text("Role", hint="For example: Head of Year 9. You may leave it empty.", at_most=120)
    phone = forms.text("Phone", hint="You may leave it empty.", at_most=40)
    duty = forms.choice("What are they there for?", DUTIES, required="Say what your colleague is there for.")


@school.get("/i/<token>/booked/<reference>")
@by_personal_link
def booked(token: str, reference: str) -> Any:
    """The booking as it stands; one that was cancelled says so and shows the way to a new one."""
    booking = own_booking(reference)
    if booking.ended_at is not None:
        return render_template(
            "school/cancelled.html",
            token=token,
            booking=booking,
            cancellation=promises.cancellation_of(booking),
        )
    now = clock.now()
    people = promises.people_of(booking)
    joinable = booking.role == promises.HOST and not g.programme.for_adults
    return render_template(
        "school/booked.html",
        place=places.of_booking(booking),
        host_of=hosting.at_a_glance(booking.performance_id) if joinable else None,
        token=token,
        booking=booking,
        others=[b for b in promises.live(g.programme.id, g.school.urn) if b.id != booking.id],
        said_pupils=and_list(
            f"{n:,} in {year_group_name(y)}" for y, n in promises.pupils_of(booking).items()
        ),
        people=people,
        letters=outbox.newest_of_stream(booking.uid),
        said=answers.by_person(booking, people),
        still_open=tuple(accounts.account(g.programme, g.school).still_open),
        proposed=proposals.all_open(g.programme.id, g.school.urn, now=now),
        access=told.access_words(booking.access_needs),
        subscription_offer=subscribing.offer(
            addresses.live(SCHOOL, booking.urn, partnership_id=g.partnership.id)
        ),
        now=now,
        taken_place=booking.performance.ends_at <= now,
    )


@school.get("/i/<token>/booked/<reference>/calendar.ics")
@by_personal_link
def calendar(token: str, reference: str) -> Any:
    """The same entry as a file, for a calendar that takes no invites."""
    booking = _standing(reference)
    visit = told.visit_of(booking)
    return Response(
        calendars.download(letters.appointment(visit, sender_of(g.partnership), now=clock.now())),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{booking.reference}.ics"'},
    )


@school.route("/i/<token>/booked/<reference>/colleague", methods=["GET", "POST"])
@by_personal_link
def colleague(token: str, reference: str) -> Any:
    """Give one more person the invite. `again` fills the form with somebody who was taken out."""
    booking = _standing(reference)
    form = ColleagueForm(obj=_removed(booking, request.args.get("again", "")))
    if form.validate_on_submit():
        named = Colleague(
            name=form.name.data,
            address=form.address.data,
            duty=form.duty.data,
            role=form.role.data or "",
            phone=form.phone.data or "",
        )
        try:
            with transaction():
                colleagues.add(own_booking(reference), named, who=g.who, now=clock.now())
        except Refusal as no:
            form.refuse(no)
        else:
            flash(f"{named.name} has it in the calendar as soon as our letter arrives.", "done")
            return redirect(url_for(".booked", token=token, reference=reference), 303)
    page = render_template("school/colleague.html", token=token, booking=booking, form=form)
    return page, 422 if form.errors else 200


@school.route("/i/<token>/booked/<reference>/remove/<int:contact_id>", methods=["GET", "POST"])
@by_personal_link
def remove(token: str, reference: str, contact_id: int) -> Any:
    """Take one person out; asks first, since it takes the entry out of a calendar."""
    booking = _standing(reference)
    person = next((p for p in promises.people_of(booking) if p.id == contact_id), None)
    if person is None:
        flash("That person is not in this booking any more.", "confirm")
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    if request.method == "GET":
        return render_template("school/remove.html", token=token, booking=booking, person=person)
    name = person.name
    try:
        with transaction():
            colleagues.remove(own_booking(reference), contact_id, who=g.who, now=clock.now())
    except Refusal as no:
        page = render_template(
            "school/remove.html", token=token, booking=booking, person=person, said=no.message
        )
        return page, 422
    back = url_for(".colleague", token=token, reference=reference, again=contact_id)
    flash(Markup("{} is out of this booking. <a href='{}'>Put them back</a>").format(name, back), "confirm")
    return redirect(url_for(".booked", token=token, reference=reference), 303)


@school.post("/i/<token>/booked/<reference>/again/<int:contact_id>")
@by_personal_link
def again(token: str, reference: str, contact_id: int) -> Any:
    """The newest letter to one person once more: lost mail, or an entry that somebody deleted."""
    _standing(reference)
    try:
        with transaction():
            letter = colleagues.send_again(own_booking(reference), contact_id, who=g.who, now=clock.now())
            said = sent_again(letter)
    except Refusal as no:
        flash(no.message, "stop")
    else:
        flash(said, "done" if letter is not None else "confirm")
    return redirect(url_for(".booked", token=token, reference=reference), 303)


def _standing(reference: str) -> Booking:
    """The link's own booking; a 404 once it was cancelled."""
    booking = own_booking(reference)
    if booking.ended_at is not None:
        abort(404)
    return booking


def _removed(booking: Booking, contact_id: str) -> BookingContact | None:
    """Somebody who was taken out of this booking, by the number in the address."""
    return (
        promises.removed_from(booking, int(contact_id))
        if contact_id.isascii() and contact_id.isdigit() and len(contact_id) < 10
        else None
    )
