"""The school's page for good: its booking, its calendar file, and who has it in the calendar."""

from datetime import datetime
from typing import Any

from flask import Response, abort, flash, g, redirect, render_template, request, url_for
from markupsafe import Markup

from outreach.asking.chasing import settings
from outreach.booking import (
    accounts,
    colleagues,
    guest_hosts,
    guest_places,
    holds,
    in_hall,
    invite_answers,
    named,
    promises,
    proposals,
    told,
)
from outreach.booking.calling_off import call_offs
from outreach.booking.colleagues import Colleague
from outreach.booking.guests import hosting
from outreach.booking.named import NamedPerson
from outreach.booking.promises import Booking, VisitContact
from outreach.booking.told import sender_of
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.row_numbers import row_number
from outreach.ground.timespans import day_of
from outreach.outcomes import families
from outreach.post import calendars, letters, outbox
from outreach.post.feeds import addresses
from outreach.post.feeds.entries import SCHOOL
from outreach.tour import companies, sessions, slots
from outreach.tour import days as tour_days
from outreach.tour.performances import Slot
from outreach.visits import absences, pledge_letters, pledges, reminding, reports
from outreach.visits.before import reminding as visit_reminders
from outreach.web import absent_words, forms, reply_words, sign_in, subscribing
from outreach.web.forms import Form
from outreach.web.gate import by_personal_link, own_booking, own_standing_booking, school, whom
from outreach.web.refusals import back_to, refused
from outreach.web.school import booked_words, shared_words
from outreach.web.school.booked_words import Besides
from outreach.web.school.forms import marked
from outreach.web.wording import sent_again

DUTIES = (
    ("colleague", "A colleague who wants it in the calendar"),
    ("on the day", "Meets the company on the day"),
    ("safeguarding lead", "Safeguarding lead"),
)


class ColleagueForm(Form):
    """One person of a booking."""

    name = forms.text("Name", required="Enter your colleague’s name.", at_most=120)
    address = forms.address("Email address", required="Enter your colleague’s email address.")
    role = forms.text("Role (optional)", hint="For example: deputy head", at_most=120)
    phone = forms.text("Phone (optional)", at_most=40)
    duty = forms.choice("What are they there for?", DUTIES, required="Say what your colleague is there for.")

    def colleague(self) -> Colleague:
        """As the booking names them; whoever's address is not the school's waits."""
        (named,) = marked(
            [
                Colleague(
                    name=self.name.data,
                    address=self.address.data,
                    duty=self.duty.data,
                    role=self.role.data or "",
                    phone=self.phone.data or "",
                )
            ]
        )
        return named


@school.get("/i/<token>/booked/<reference>")
@by_personal_link
def booked(token: str, reference: str) -> Any:
    """The booking as it stands; one that was cancelled says so and shows the way to a new one."""
    booking = own_booking(reference)
    now = clock.now()
    if booking.ended_at is not None:
        return _cancelled(token, booking, now)
    state = booking.has_come_to(now)
    people, plan = promises.people_of(booking), settings.schedule_of_programme(booking.programme_id)
    joinable = booking.role == promises.HOST and not g.programme.for_adults
    place = guest_places.of_booking(booking)
    session = sessions.of_performance(booking.performance_id) if g.programme.for_adults else None
    host_of = hosting.at_a_glance(booking.performance_id) if joinable else None
    if host_of is not None and not (host_of.waiting or host_of.guests):
        near = guest_hosts.has_neighbours(g.programme, booking.performance, now=now)
        host_of = host_of if near else None
    work = in_hall.of_show(booking.performance)
    others = [b for b in promises.live(g.programme.id, g.organisation.organisation_id) if b.id != booking.id]
    absent = (
        absences.of_organisation(g.programme, g.organisation, now=now)
        if booking.performance.ends_at <= now
        else {}
    )
    return render_template(
        "school/booked.html",
        work=work,
        replies=reply_words,
        place=place,
        host_of=host_of,
        session=session,
        online=session is not None and sessions.is_online(booking.performance),
        ways=booked_words.ways_at_session(booking, place, is_open=g.organisation.is_open, now=now)
        if session
        else booked_words.ways_to_change(
            booking, place, first_is_elsewhere=host_of is not None and bool(host_of.waiting), now=now
        ),
        until_when=booked_words.until_when(
            booking, at_session=session is not None, is_open=g.organisation.is_open, now=now
        ),
        steps=booked_words.what_happens_next(
            booking,
            work,
            state=state,
            besides=None if g.programme.for_adults else _besides(booking),
            reminded_on=reminding.comes_on(booking, plan, now=now),
            reminders=visit_reminders.days_to_come(booking, plan, now=now),
            asked=None if g.programme.for_adults else families.asked_about(booking, now=now),
            now=now,
        ),
        leave_by=guest_hosts.leaves(
            booking.performance, guest_hosts.minutes_between(g.programme, g.organisation, booking.performance)
        )
        if booking.role == promises.GUEST and session is None
        else None,
        directions=shared_words.directions(booking) if booking.role == promises.GUEST else "",
        for_colleagues=shared_words.words_for_colleagues(booking, work),
        mail_to=shared_words.mail_to_colleagues(booking, work),
        for_desk=sign_in.words(
            booking, companies.troupe_of(booking.performance.troupe_id), g.partnership, besides=others
        )
        if booking.role == promises.HOST and session is None
        else "",
        token=token,
        booking=booking,
        others=others,
        said_pupils=shared_words.pupils_said(booking),
        people=people,
        waiting=named.waiting_for_bookings([booking.id]).get(booking.id, []),
        letters=outbox.newest_of_stream(booking.uid),
        said=invite_answers.by_person(booking, people),
        still_open=tuple(accounts.account(g.programme, g.organisation, now=now).still_open),
        proposed=proposals.all_open(g.programme.id, g.organisation.organisation_id, now=now),
        access=told.access_words(booking.access_needs),
        subscription_offer=subscribing.offer(
            addresses.live(SCHOOL, booking.organisation_id, partnership_id=g.partnership.id)
        ),
        now=now,
        state=state,
        over=state != promises.BOOKED,
        why_not=reports.why_not(booking),
        missed=absent_words.title(absent),
        how_missed=absent_words.how_known(absent),
    )


def _besides(booking: Booking) -> Besides:
    answers = pledges.answers_of([booking.id])
    return Besides(
        promised=len(pledges.promised(answers.get(booking.id, []))),
        still_open=len(pledge_letters.still_open([booking], answers)),
    )


def _cancelled(token: str, booking: Booking, now: datetime) -> str:
    """Who called it off and why; and unless the school itself did, what there is instead: never the day that
    fell."""
    cancellation = promises.cancellation_of(booking)
    others = [
        b
        for b in promises.live(g.programme.id, g.organisation.organisation_id)
        if b.has_come_to(now) == promises.BOOKED
    ]
    open_still = (
        holds.why_nothing(g.programme, g.organisation, accounts.account(g.programme, g.organisation, now=now))
        is None
    )
    theirs = cancellation is not None and cancellation.cancelled_by != promises.SCHOOL
    first: tuple[tuple[Slot, ...], ...] = ()
    if theirs and open_still and booking.role == promises.HOST:
        lost = day_of(booking.performance.starts_at)
        before = {d.id for d in tour_days.of_programme(g.programme.id) if d.day < lost}
        fell = call_offs.fallen_days(g.programme.id, g.organisation.organisation_id) | {
            booking.performance.tour_day_id
        }
        first = slots.offers(g.programme, g.organisation, now=now, not_on=fell | before).first
    return render_template(
        "school/cancelled.html",
        token=token,
        booking=booking,
        cancellation=cancellation,
        theirs=theirs,
        others=others,
        open_still=open_still,
        session=sessions.of_performance(booking.performance_id) if g.programme.for_adults else None,
        proposed=proposals.all_open(g.programme.id, g.organisation.organisation_id, now=now),
        first=first,
    )


@school.get("/i/<token>/booked/<reference>/calendar.ics")
@by_personal_link
def calendar(token: str, reference: str) -> Any:
    """The same entry as a file, for a calendar that takes no invites."""
    booking = own_booking(reference)
    if booking.ended_at is not None:
        abort(404)
    visit = told.visit_of(booking)
    return Response(
        calendars.download(letters.appointment(visit, sender_of(g.partnership), now=clock.now())),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{booking.reference}.ics"'},
    )


@school.route("/i/<token>/booked/<reference>/colleague", methods=["GET", "POST"])
@by_personal_link
def colleague(token: str, reference: str) -> Any:
    """Give one more person the invite. `again` fills the form with somebody who was taken out, `named` with
    somebody who waited for a coordinator and is not named any more."""
    booking = own_standing_booking(reference)
    form = ColleagueForm(
        obj=_removed(booking, request.args.get("again", ""))
        or _taken_back(booking, request.args.get("named", ""))
    )
    if form.validate_on_submit():
        with transaction():
            added = colleagues.add(own_booking(reference), form.colleague(), who=g.who, now=clock.now())
        if added is None:
            flash(WAITS.format(form.name.data, whom()), "confirm")
        else:
            flash(f"{form.name.data} has it in the calendar as soon as our letter arrives.", "done")
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    page = render_template("school/colleague.html", token=token, booking=booking, form=form)
    return page, 422 if form.errors else 200


WAITS = "{} is noted. The address is not your {}’s own, so a coordinator looks at it before we write to it."


@school.route("/i/<token>/booked/<reference>/person/<int:contact_id>", methods=["GET", "POST"])
@by_personal_link
def person(token: str, reference: str, contact_id: int) -> Any:
    """Put one person's details right, or hand that one's place on to somebody else."""
    booking = own_standing_booking(reference)
    if not colleagues.was_of(booking, contact_id):
        abort(404)
    found = next((p for p in promises.people_of(booking) if p.id == contact_id), None)
    back = redirect(url_for(".booked", token=token, reference=reference), 303)
    if found is None:
        flash(colleagues.NotThere().message, "confirm")
        return back
    form = ColleagueForm(obj=found)
    was = found.address
    if form.validate_on_submit():
        with transaction():
            now_is = colleagues.correct(
                own_booking(reference), contact_id, form.colleague(), who=g.who, now=clock.now()
            )
        if now_is is None:
            flash(WAITS.format(form.name.data, whom()) + f" Until then {was} keeps the entry.", "confirm")
        elif now_is.address.casefold() != was.casefold():
            flash(f"{form.name.data} gets the entry, and it leaves the calendar of {was}.", "done")
        else:
            flash("Saved.", "done")
        return back
    page = render_template("school/person.html", token=token, booking=booking, form=form, was=was)
    return page, 422 if form.errors else 200


@school.post("/i/<token>/booked/<reference>/named/<int:named_id>/take-back")
@by_personal_link
def take_named_back(token: str, reference: str, named_id: int) -> Any:
    """Somebody who waits for a coordinator is not named any more."""
    booking = own_standing_booking(reference)
    if not named.was_of(booking.id, named_id):
        abort(404)
    with transaction():
        for one in named.waiting_for_bookings([booking.id]).get(booking.id, []):
            if one.id == named_id:
                named.decide(one, named.TAKEN_BACK, who=g.who, now=clock.now())
                back = url_for(".colleague", token=token, reference=reference, named=one.id)
                words = Markup("{} is not named any more. <a href='{}'>Name them again</a>")
                flash(words.format(one.name, back), "confirm")
    return redirect(url_for(".booked", token=token, reference=reference), 303)


@school.route("/i/<token>/booked/<reference>/remove/<int:contact_id>", methods=["GET", "POST"])
@by_personal_link
def remove(token: str, reference: str, contact_id: int) -> Any:
    """Take one person out; asks first, since it takes the entry out of a calendar."""
    booking = own_standing_booking(reference)
    person = next((p for p in promises.people_of(booking) if p.id == contact_id), None)
    if not colleagues.was_of(booking, contact_id):
        abort(404)
    if person is None:
        flash("That person is not in this booking any more.", "confirm")
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    no = refused()
    if request.method != "POST" or no is not None:
        said = no.message if no is not None else ""
        page = render_template("school/remove.html", token=token, booking=booking, person=person, said=said)
        return page, 422 if said else 200
    name = person.name
    with transaction():
        colleagues.end(own_booking(reference), contact_id, who=g.who, now=clock.now())
    back = url_for(".colleague", token=token, reference=reference, again=contact_id)
    flash(Markup("{} is out of this booking. <a href='{}'>Put them back</a>").format(name, back), "confirm")
    return redirect(url_for(".booked", token=token, reference=reference), 303)


@school.post("/i/<token>/booked/<reference>/again/<int:contact_id>")
@by_personal_link
def again(token: str, reference: str, contact_id: int) -> Any:
    """The newest letter to one person once more: lost mail, or an entry that somebody deleted."""
    if not colleagues.was_of(own_standing_booking(reference), contact_id):
        abort(404)
    back = url_for(".booked", token=token, reference=reference)
    with back_to(back, "stop"), transaction():
        letter = colleagues.send_again(own_booking(reference), contact_id, who=g.who, now=clock.now())
        said = sent_again(letter)
    flash(said, "done" if letter is not None else "confirm")
    return redirect(back, 303)


def _removed(booking: Booking, contact_id: str) -> VisitContact | None:
    """Somebody who was taken out of this booking, by the number in the address."""
    number = row_number(contact_id)
    return None if number is None else promises.removed_from(booking, number)


def _taken_back(booking: Booking, named_id: str) -> NamedPerson | None:
    """Somebody whom the school took back before a coordinator had looked."""
    number = row_number(named_id)
    return None if number is None else named.taken_back(booking.id, number)
