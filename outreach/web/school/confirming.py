"""A school's answer, by one link on its phone, whether these are still the right people: all are right,
somebody else, one more, not any more."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from markupsafe import Markup

from outreach.asking.confirming import contact_answers, requests
from outreach.asking.confirming.requests import STILL_RIGHT, ConfirmationRequest
from outreach.booking import named
from outreach.county import contacts
from outreach.county.contacts import Contact, Details
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.row_numbers import row_number
from outreach.web import forms
from outreach.web.forms import Form
from outreach.web.gate import by_personal_link, reread, school, whom
from outreach.web.refusals import refused


class PersonForm(Form):
    name = forms.text("Name", hint="Of a shared mailbox you may leave it empty.", at_most=120)
    role = forms.text("Role", hint="For example: designated safeguarding lead", at_most=120)
    address = forms.address("Email address", required="Enter the email address.")
    phone = forms.text("Work phone number", hint="You may leave it empty.", at_most=40)

    def details(self) -> Details:
        """Raises BadAddress or BadText."""
        return contacts.details(
            self.name.data or "", self.role.data or "", self.address.data, self.phone.data or ""
        )


@school.get("/i/<token>/contacts", endpoint="contacts")
@by_personal_link
def still_right(token: str) -> Any:
    return _page(token, _asked())


@school.post("/i/<token>/contacts", endpoint="contacts_right")
@by_personal_link
def all_right(token: str) -> Any:
    """Everybody on the list is right."""
    asked = _asked()
    if (no := refused()) is not None:
        return _page(token, asked, no.message), 422
    with transaction():
        reread()
        contact_answers.confirm(_asked(), g.organisation, who=g.who, now=clock.now())
    return redirect(url_for(".contacts", token=token), 303)


@school.route("/i/<token>/contacts/add", methods=["GET", "POST"])
@by_personal_link
def contacts_add(token: str) -> Any:
    _asked()
    again = _taken_off(request.args.get("again", ""))
    form = PersonForm(data=vars(contacts.details_of(again)) if again is not None else None)
    if form.validate_on_submit():
        with transaction():
            reread()
            kept = form.details()
            known = contact_answers.add(
                _asked(), g.organisation, kept, waits=_waits(kept.address), who=g.who, now=clock.now()
            )
        flash(f"{form.name.data or form.address.data} is added." if known else _noted(form))
        return redirect(url_for(".contacts", token=token), 303)
    page = render_template("school/contact_person.html", token=token, form=form, person=None, own=False)
    return page, 422 if form.errors else 200


@school.route("/i/<token>/contacts/<int:contact_id>", methods=["GET", "POST"])
@by_personal_link
def contacts_change(token: str, contact_id: int) -> Any:
    """Other details, or somebody else in that one's place."""
    _asked()
    person = _person(contact_id)
    if person is None:
        return _gone(token)
    form = PersonForm(data=vars(contacts.details_of(person)))
    if form.validate_on_submit():
        was = person.address
        with transaction():
            reread()
            person = _person(contact_id)
            if person is None:
                raise contact_answers.PersonNotListed
            kept = form.details()
            done = contact_answers.change(
                _asked(), g.organisation, person, kept, waits=_waits(kept.address), who=g.who, now=clock.now()
            )
        if not done:
            return _after(token, was, f"{_noted(form)} Until then {was} stays on the list.")
        who = form.name.data or form.address.data
        another = form.address.data.strip().lower() != was.lower()
        return _after(
            token, was, f"{who} is on the list" + (", and gets a letter with a link." if another else ".")
        )
    page = render_template(
        "school/contact_person.html",
        token=token,
        form=form,
        person=(found := _person(contact_id)),
        own=found is not None and found.address.lower() == g.link.address.lower(),
    )
    return page, 422 if form.errors else 200


@school.post("/i/<token>/contacts/<int:contact_id>/end")
@by_personal_link
def contacts_end(token: str, contact_id: int) -> Any:
    """Not written to any more."""
    asked = _asked()
    if (no := refused()) is not None:
        return _page(token, asked, no.message), 422
    person = _person(contact_id)
    if person is None:
        return _gone(token)
    was, name = person.address, person.name or person.address
    with transaction():
        reread()
        person = _person(contact_id)
        if person is not None:
            contact_answers.end(_asked(), g.organisation, person, who=g.who, now=clock.now())
    back = url_for(".contacts_add", token=token, again=contact_id)
    return _after(
        token,
        was,
        f"{name} is not written to any more.",
        undo=Markup("<a href='{}'>Put them back</a>").format(back),
    )


def _waits(address: str) -> bool:
    return not named.known_at(g.organisation, g.partnership.id, holder=g.link.address)(address)


def _noted(form: PersonForm) -> str:
    who = form.name.data or form.address.data
    not_own = f"The address is not your {whom()}’s own"
    return f"{who} is noted. {not_own}, so a coordinator looks at it before we write to it."


def _asked() -> ConfirmationRequest:
    """What the link was sent to ask; only such a link opens these pages."""
    return requests.of_link(g.link.id) or abort(404)


def _person(contact_id: int) -> Contact | None:
    return next(
        (c for c in contact_answers.people_of(g.organisation, g.partnership.id) if c.id == contact_id), None
    )


def _gone(token: str) -> Any:
    flash(contact_answers.PersonNotListed().message, "confirm")
    return redirect(url_for(".contacts", token=token), 303)


def _taken_off(contact_id: str) -> Contact | None:
    """Somebody who was taken off the list, by the number in the address."""
    number = row_number(contact_id)
    if number is None:
        return None
    return contacts.ended(number, g.organisation.organisation_id, g.partnership.id)


def _after(token: str, was: str, said: str, undo: str = "") -> Any:
    """Back to the list; but whoever was taken off it has no link any more, and reads so here."""
    if not g.link.open_at(clock.now()):
        return render_template("school/contacts_closed.html", token=token, was=was, said=said)
    flash(Markup("{} {}").format(said, undo) if undo else said)
    return redirect(url_for(".contacts", token=token), 303)


def _page(token: str, asked: ConfirmationRequest, wrong: str = "") -> str:
    newest = contact_answers.newest(asked)
    return render_template(
        "school/contacts.html",
        token=token,
        people=contact_answers.people_of(g.organisation, g.partnership.id),
        wrong=wrong,
        newest=newest,
        asked=asked,
        waiting=named.waiting_at(named.CONTACTS, g.programme.id, g.organisation.organisation_id),
        confirmed=newest is not None and newest.kind == STILL_RIGHT,
    )
