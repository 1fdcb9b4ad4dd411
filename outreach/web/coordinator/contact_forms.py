"""Form of a contact, of a school or a body, and what its pages do with it."""

from typing import Any

from flask import abort, g

from outreach.county import contacts
from outreach.county.contacts import Contact
from outreach.ground import clock, history
from outreach.ground.history import Subject
from outreach.ground.timespans import day_of
from outreach.post import outbox
from outreach.post.incoming import contents
from outreach.tour import performances, programmes
from outreach.web import forms, opened
from outreach.web.forms import Form
from outreach.web.gate import who
from outreach.web.opened import Opened


class ContactForm(Form):
    name = forms.text("Name", hint="May be empty for an office")
    role = forms.text("Role", hint="For example: Designated safeguarding lead, or Training lead")
    address = forms.text("Work email address", required="Enter an email address.", at_most=254)
    phone = forms.text("Phone", at_most=40)
    source = forms.text(
        "Where did the address come from?",
        required="Say where the address came from.",
        hint="Letters tell the person so. For example: their website, or a call from the office.",
    )

    @property
    def named(self) -> str:
        return str(self.name.data or self.address.data)


def standing(organisation_id: int, contact_id: int) -> Contact:
    """A contact as it stands, or what was put in its place since; else a 404."""
    return contacts.as_it_stands(contact_id, organisation_id) or abort(404)


def counting(organisation_id: int, contact_id: int) -> Contact:
    """A contact that counts now; else a 404."""
    return contacts.get(contact_id, organisation_id) or abort(404)


def filled_in(organisation_id: int, contact_id: int) -> ContactForm:
    return ContactForm(data=_typed(standing(organisation_id, contact_id)))


def as_opened(organisation_id: int, contact_id: int) -> Opened:
    """With what the form of a contact was opened."""
    return opened.over(
        lambda: opened.words_of(
            ContactForm(formdata=None, data=_typed(standing(organisation_id, contact_id)))
        ),
        Subject("school", organisation_id, g.partnership.id),
        "contact changed",
    )


def put_on_file(organisation_id: int, form: ContactForm) -> None:
    now = clock.now()
    contacts.add(
        organisation_id,
        name=form.name.data,
        role=form.role.data,
        address=form.address.data,
        phone=form.phone.data,
        source=form.source.data,
        source_date=day_of(now),
        who=who(),
        now=now,
    )


def put_right(organisation_id: int, contact_id: int, form: ContactForm, stands: Opened) -> None:
    now = clock.now()
    stands.unchanged(lambda: performances.lock_organisation(organisation_id))
    contacts.change(
        standing(organisation_id, contact_id),
        contacts.details(form.name.data, form.role.data, form.address.data, form.phone.data),
        source=form.source.data,
        source_date=day_of(now),
        who=who(),
        now=now,
    )


def end(organisation_id: int, contact_id: int) -> str:
    """Nobody is written to there any more; what is said of it."""
    contact = counting(organisation_id, contact_id)
    contacts.end(contact, who=who(), now=clock.now(), programmes=programmes.ids_of(g.partnership.id))
    return f"{contact.name or contact.address} is not written to any more."


def works_again(organisation_id: int, contact_id: int) -> str:
    """Somebody says that an address, from which mail came back, is right after all; what is said of it."""
    address, now = counting(organisation_id, contact_id).address, clock.now()
    outbox.end_dead(address, now)
    contents.address_settled(address, g.partnership.id, "the address works", who=who(), now=now)
    history.record(
        "address works again",
        history.Subject("school", organisation_id, g.partnership.id),
        who=who(),
        now=now,
        after={"address": address},
    )
    return f"{address} is written to again."


def _typed(contact: Contact) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in ("name", "role", "address", "phone", "source")}
