"""Answers that are known before a school types them: hall and people, from its last booking and our contacts. No page
of its own."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from outreach.booking import promises
from outreach.booking.colleagues import COLLEAGUE, LEAD, Colleague
from outreach.county import contacts, school_days
from outreach.county.addresses import is_office_form
from outreach.county.contacts import Contact
from outreach.county.schools import Organisation
from outreach.post.stationery import Addressee
from outreach.tour.programmes import Programme
from outreach.web.school import forms
from outreach.web.school.forms import Typed


class Known:
    """What stands in the boxes of a school until it types; read when a step asks for it. `written_to`: whom the
    letter went to."""

    def __init__(
        self, programme: Programme, organisation: Organisation, written_to: Sequence[Addressee]
    ) -> None:
        self._programme, self._organisation = programme, organisation
        self._written_to = [one for one in written_to if one.address]

    def hall(self) -> Typed | None:
        """Hall, way in and arrival of the school's last booking, also of another year; no access needs, which are
        its pupils' of that year. Its lunch as it said, else the usual one."""
        last = promises.last_hosted(self._organisation.organisation_id, self._programme.partnership_id)
        lunch = None if self._programme.for_adults else school_days.load_one(self._organisation).lunch
        known = (forms.hall_typed(last) if last is not None else {}) | forms.lunch_typed(lunch)
        return known or None

    def people(self) -> Typed | None:
        """Those of its booking for this programme; else its safeguarding lead and, ticked, whom we wrote to."""
        if self._before:
            return forms.people_typed(self._before)
        lead = self._lead()
        wrote_to = [one for one in self._those_written_to() if not _is(one, lead)]
        found = forms.people_typed([*([lead] if lead else []), *wrote_to])
        return found if lead or wrote_to else None

    def others(self) -> list[Colleague]:
        """Who may be ticked besides: whom we wrote to, the office, who had its booking in the calendar."""
        lead, there = self._lead(), set[str]()
        offices = [_colleague(contact) for contact in self._on_file if _is_office(contact)]
        had_it = [Colleague.like(p) for p in self._before if p.duty == COLLEAGUE]
        found = []
        for one in (*self._those_written_to(), *offices, *had_it):
            if one.address.casefold() not in there and not _is(one, lead):
                there.add(one.address.casefold())
                found.append(one)
        return found

    def is_its_own(self, phone: str | None) -> bool:
        """Whether a phone number is the one that the register has for the school."""
        return bool(phone) and phone == self._organisation.telephone

    @cached_property
    def _before(self) -> list[promises.VisitContact]:
        newest = promises.newest(self._programme.id, self._organisation.organisation_id)
        return promises.people_of(newest) if newest is not None else []

    @cached_property
    def _on_file(self) -> list[Contact]:
        organisation_id = self._organisation.organisation_id
        return contacts.to_write_to([organisation_id], self._programme.partnership_id).get(
            organisation_id, []
        )

    def _those_written_to(self) -> Iterator[Colleague]:
        for one in self._written_to:
            on_file = self._found(one.address)
            name, role = (on_file.name, on_file.role) if on_file is not None else ("", "")
            yield Colleague(name=one.name or name or one.role or role, address=one.address, duty=COLLEAGUE)

    def _lead(self) -> Colleague | None:
        """The safeguarding lead: of those we wrote to, else on file; else whoever was written to by name, where
        nobody knows as what."""
        for one in self._written_to:
            if contacts.is_lead(one.role or self._role(one.address)):
                return self._as_lead(one.name, one.address)
        for contact in self._on_file:
            if contacts.is_lead(contact.role):
                return self._as_lead(contact.name, contact.address)
        for one in self._written_to:
            if one.name and not (one.role or self._role(one.address) or _of_office(one.address)):
                return self._as_lead(one.name, one.address)
        return None

    def _as_lead(self, name: str, address: str) -> Colleague:
        on_file = self._found(address)
        return Colleague(
            name=name or (on_file.name if on_file is not None else ""),
            address=address,
            duty=LEAD,
            phone=(on_file.phone if on_file is not None else "") or self._organisation.telephone,
        )

    def _role(self, address: str) -> str:
        on_file = self._found(address)
        return on_file.role if on_file is not None else ""

    def _found(self, address: str) -> Contact | None:
        return next((c for c in self._on_file if c.address.casefold() == address.casefold()), None)


def _is(one: Colleague, other: Colleague | None) -> bool:
    return other is not None and one.address.casefold() == other.address.casefold()


def _is_office(contact: Contact) -> bool:
    return "office" in contact.role.casefold() or _of_office(contact.address)


def _of_office(address: str) -> bool:
    return is_office_form(address.partition("@")[0])


def _colleague(contact: Contact) -> Colleague:
    return Colleague(
        name=contact.name or contact.role or "School office", address=contact.address, duty=COLLEAGUE
    )
