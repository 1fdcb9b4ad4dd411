"""Asking one school: whom to write to, writing to it, reading out a link, and what it said on the phone."""

from datetime import datetime
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.asking import invitations, open_door
from outreach.asking.invitations import DECLINED, OTHER_DATE, SOMEBODY_ELSE, WAITING_LIST
from outreach.booking import accounts, limits
from outreach.county import contacts
from outreach.county.contacts import Contact
from outreach.county.schools import Organisation
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.school_year import year_group_name
from outreach.ground.timespans import day_of
from outreach.post import outbox
from outreach.tour import programmes, slots, target_decisions
from outreach.tour.performances import Slot
from outreach.tour.programmes import Programme
from outreach.tour.target_decisions import EXCLUDE, INCLUDE, WITHDRAW
from outreach.web import forms
from outreach.web.coordinator import contact_forms, list_place
from outreach.web.coordinator.contact_forms import ContactForm
from outreach.web.coordinator.next_steps import books_by_phone
from outreach.web.forms import Form
from outreach.web.gate import (
    coordinator,
    coordinators_only,
    our_organisation,
    the_programme,
    who,
)
from outreach.web.refusals import status

BOOKS = "books"
"""A school that says yes on the phone: no answer that is kept, but the way to its times."""
ANSWERS = (
    (BOOKS, "Yes: they choose a time now"),
    (DECLINED, "Not this year"),
    (OTHER_DATE, "None of these dates: which would"),
    (WAITING_LIST, "Wants the waiting list"),
    (SOMEBODY_ELSE, "Somebody else is to be asked: who"),
)


class InviteForm(Form):
    contact = forms.choice("To whom?", required="Choose to whom the letter goes.")


class BookForm(Form):
    name = forms.text(
        "Who is on the phone?",
        required="Enter the name of whoever is on the phone.",
        hint="What is booked is kept under this name and yours.",
    )


class AnswerForm(Form):
    kind = forms.choice("What did they say?", ANSWERS, required="Choose what they said.")
    reason = forms.words("In its words", hint="For example: exams until July", at_most=500)
    name = forms.text("If somebody else: their name", at_most=120)
    address = forms.address(
        "Their work email address", hint="They are put on file, and you can write to them at once."
    )
    role = forms.text("Their role", at_most=120)

    def said(self) -> str:
        """The words as they are kept; of somebody who was named, at least who it is."""
        if self.kind.data != SOMEBODY_ELSE:
            return str(self.reason.data or "")
        return self.reason.data or ", ".join(f.data for f in (self.name, self.role, self.address) if f.data)


FOR_ADULTS = (
    (EXCLUDE, "No: take it out of the target"),
    (INCLUDE, "Yes: take it in"),
    (WITHDRAW, "Leave it to the programme’s choice of schools again"),
)


OF_BODIES = (*FOR_ADULTS[:2], (WITHDRAW, "Leave it to the programme’s choice of kinds again"))


class TargetForm(Form):
    kind = forms.choice(
        "Does it count?",
        (
            (EXCLUDE, "No: take it out of the target"),
            (INCLUDE, "Yes: take it in, with the year groups ticked below"),
            (WITHDRAW, "Leave it to the rule again: ages, phase and type decide"),
        ),
        required="Choose whether the school counts.",
    )
    year_groups = forms.ticks("Year groups, if it is taken in")
    reason = forms.remark("Why?", required="Give the reason; it stands beside the school from now on.")


@coordinator.route("/schools/<int:organisation_id>/contacts/add", methods=["GET", "POST"])
@coordinators_only
def school_contact_add(organisation_id: int) -> Any:
    organisation, form = our_organisation(organisation_id), ContactForm()
    if form.validate_on_submit():
        with transaction():
            contact_forms.put_on_file(organisation_id, form)
        return _done(organisation_id, f"{form.named} is on file.")
    return _page(
        organisation,
        form,
        "Add a contact",
        "Put on file",
        intro="Work details only."
        if organisation.is_body
        else "Work details only, never a pupil’s or a parent’s.",
    )


@coordinator.route("/schools/<int:organisation_id>/contacts/<int:contact_id>", methods=["GET", "POST"])
@coordinators_only
def school_contact(organisation_id: int, contact_id: int) -> Any:
    """What is known of one contact, to be put right: a new row in its place, with where it comes from."""
    organisation = our_organisation(organisation_id)
    form = contact_forms.filled_in(organisation_id, contact_id)
    stands = contact_forms.as_opened(organisation_id, contact_id)
    if form.validate_on_submit():
        with transaction():
            contact_forms.put_right(organisation_id, contact_id, form, stands)
        return _done(organisation_id, f"{form.named} is on file so from now on.")
    return _page(organisation, form, "Change a contact", "Keep this")


@coordinator.post("/schools/<int:organisation_id>/contacts/<int:contact_id>/end")
@coordinators_only
def school_contact_end(organisation_id: int, contact_id: int) -> Any:
    our_organisation(organisation_id)
    with transaction():
        told = contact_forms.end(organisation_id, contact_id)
    return _done(organisation_id, told)


@coordinator.post("/schools/<int:organisation_id>/contacts/<int:contact_id>/works")
@coordinators_only
def school_contact_works(organisation_id: int, contact_id: int) -> Any:
    """Somebody says that an address, from which mail came back, is right after all."""
    our_organisation(organisation_id)
    with transaction():
        told = contact_forms.works_again(organisation_id, contact_id)
    return _done(organisation_id, told)


@coordinator.route("/schools/<int:organisation_id>/invite", methods=["GET", "POST"])
@coordinators_only
def school_invite(organisation_id: int) -> Any:
    """One letter to one contact, asked before or not."""
    organisation, programme = our_organisation(organisation_id), the_programme()
    on_file = contacts.to_write_to([organisation_id]).get(organisation_id, [])
    form = InviteForm()
    forms.set_choices(form.contact, [(str(c.id), _named(c)) for c in on_file])
    if request.method != "POST":  # chosen already where the page before was about this very person
        form.contact.data = request.args.get("contact")
    if form.validate_on_submit():
        with transaction():
            chosen = next(c for c in on_file if str(c.id) == form.contact.data)
            invitations.invite(programme, organisation, chosen, who=who(), now=clock.now())
        return _done(organisation_id, "The invitation is waiting to go out.")
    earlier = invitations.of_organisation(programme.id, organisation_id)
    some_address_works = len(outbox.dead_addresses(c.address for c in on_file)) < len(on_file)
    return _page(
        organisation,
        form,
        f"Invite to ‘{programme.title}’",
        "Send the invitation",
        earlier=earlier,
        programme=programme,
        some_address_works=some_address_works,
        template="coordinator/school_invite.html",
    )


@coordinator.route("/schools/<int:organisation_id>/book", methods=["GET", "POST"])
@coordinators_only
def school_book(organisation_id: int) -> Any:
    """Book for a school that is on the phone: a fresh link under the name of who speaks, and straight on to
    its times."""
    organisation, programme, form, now = (
        our_organisation(organisation_id),
        the_programme(),
        BookForm(),
        clock.now(),
    )
    if organisation_id not in books_by_phone(programme, [organisation], now=now):
        flash(_why_nothing(programme, organisation, now=now), "confirm")
        return redirect(
            url_for("coordinator.school", organisation_id=organisation_id, programme=programme.id), 303
        )
    on_file, slot = (
        contacts.to_write_to([organisation_id]).get(organisation_id, []),
        request.values.get("slot", "")[:60],
    )
    chosen = _chosen(programme, organisation, slot, now=now)
    if request.method != "POST":
        form.name.data = next((c.name for c in on_file if c.name), "")
    if form.validate_on_submit():
        name = f"{form.name.data}, on the phone with {who()}"
        with transaction():
            token = open_door.read_out(programme, organisation, name=name, address="", who=who(), now=now)
        if slot:  # the same POST goes on to where the school itself would have chosen it
            return redirect(url_for("school.choose", token=token), 307)
        return redirect(url_for("school.times", token=token), 303)
    page = render_template(
        "coordinator/school_book.html",
        school=organisation,
        programme=programme,
        form=form,
        contacts=on_file,
        chosen=chosen,
        gone=bool(slot) and not chosen,
        along=list_place.along(programme),
    )
    return page, 422 if form.errors else 200


def _chosen(programme: Programme, organisation: Organisation, keys: str, *, now: datetime) -> list[Slot]:
    """The time, or the two of one day, that was chosen on the school's page; nothing where one is gone."""
    found = [slots.find(programme, organisation, key, now=now) for key in keys.split("+")[:2] if key]
    return [slot for slot in found if slot is not None] if None not in found else []


def _why_nothing(programme: Programme, organisation: Organisation, *, now: datetime) -> str:
    """Why nothing can be booked for a school now, as a coordinator reads it."""
    if programme.closed_at is not None:
        return "Booking for this programme has ended."
    if not organisation.is_open:
        closed = "closed" if organisation.is_body else "closed in the register"
        return f"{organisation.name} is {closed}, so nothing can be booked for it."
    if not accounts.account(programme, organisation, now=now).is_open:
        return f"Nothing is left to book for {organisation.name} in this programme."
    if organisation.is_body:
        return "No session has a place left. Hold another session first."
    return (
        "No place is left on the tour days that a school can still book. Add tour days, or propose a time "
        "at shorter notice."
    )


@coordinator.route("/schools/<int:organisation_id>/answer", methods=["GET", "POST"])
@coordinators_only
def school_answer(organisation_id: int) -> Any:
    organisation, programme, form = our_organisation(organisation_id), the_programme(), AnswerForm()
    if organisation_id not in books_by_phone(programme, [organisation], now=clock.now()):
        forms.set_choices(form.kind, [choice for choice in ANSWERS if choice[0] != BOOKS])
    if request.method != "POST":  # what was chosen and noted on the school's page stands there already
        form.kind.data, form.reason.data = request.args.get("kind"), request.args.get("reason", "")[:500]
    if form.validate_on_submit():
        if form.kind.data == BOOKS:
            return redirect(
                url_for(
                    "coordinator.school_book", organisation_id=organisation_id, **list_place.along(programme)
                ),
                303,
            )
        named = None
        with transaction():
            if form.kind.data == SOMEBODY_ELSE and form.address.data:
                named = _named_by_phone(organisation_id, form).id
            invitations.answer(
                programme, organisation, form.kind.data, form.said(), who=who(), now=clock.now()
            )
        if named is None:
            return _done(organisation_id, "The answer is kept.")
        flash(f"The answer is kept, and {form.name.data or form.address.data} is on file. Write to them?")
        where = url_for(
            "coordinator.school_invite",
            organisation_id=organisation_id,
            programme=programme.id,
            contact=named,
        )
        return redirect(where, 303)
    return _page(
        organisation,
        form,
        "Enter an answer",
        "Keep the answer",
        intro="What they said other than by their own page. A booking later ends an earlier no.",
    )


@coordinator.route("/schools/<int:organisation_id>/target", methods=["GET", "POST"])
@coordinators_only
def school_target(organisation_id: int) -> Any:
    organisation, programme, form = our_organisation(organisation_id), the_programme(), TargetForm()
    groups = programmes.target_year_groups(programme.id)
    forms.set_choices(form.year_groups, [(str(y), year_group_name(y)) for y in groups])
    if not groups:
        del form.year_groups
    if programme.for_adults:
        forms.set_choices(form.kind, OF_BODIES if organisation.is_body else FOR_ADULTS)
    if form.validate_on_submit():
        reason, by, now = form.reason.data, who(), clock.now()
        chosen = tuple(int(y) for y in form.year_groups.data or ()) if groups else ()
        with transaction():
            if form.kind.data == EXCLUDE:
                target_decisions.exclude(programme, organisation, reason=reason, who=by, now=now)
            elif form.kind.data == INCLUDE:
                target_decisions.include(programme, organisation, chosen, reason=reason, who=by, now=now)
            else:
                target_decisions.withdraw_decision(programme, organisation, reason=reason, who=by, now=now)
            limits.write(g.partnership.id, [organisation_id], now=now)
        return _done(
            organisation_id, "It counts so from now on. Figures as of earlier days stay as they were."
        )
    return _page(organisation, form, f"{organisation.name} in the target of ‘{programme.title}’", "Keep this")


def _named_by_phone(organisation_id: int, form: AnswerForm) -> Contact:
    """The colleague who was named, as a contact; one that is on file already stays as it is."""
    address = contacts.clean_address(form.address.data)
    known = next(
        (
            c
            for c in contacts.contacts_of_organisation(organisation_id)
            if c.address.lower() == address.lower()
        ),
        None,
    )
    return known or contacts.add(
        organisation_id,
        name=form.name.data or "",
        role=form.role.data or "",
        address=address,
        phone="",
        source=f"{contacts.given_by(organisation_id)}, on the phone",
        source_date=day_of(clock.now()),
        who=who(),
        now=clock.now(),
    )


def _named(contact: Contact) -> str:
    return ", ".join(part for part in (contact.name, contact.role, contact.address) if part)


def _page(
    organisation: Organisation,
    form: Form,
    title: str,
    does: str,
    *,
    template: str = "coordinator/school_form.html",
    **more: Any,
) -> Any:
    page = render_template(template, school=organisation, form=form, title=title, does=does, **more)
    return page, status()


def _done(organisation_id: int, said: str) -> Response:
    flash(said)
    return redirect(url_for("coordinator.school", organisation_id=organisation_id, **list_place.along()), 303)
