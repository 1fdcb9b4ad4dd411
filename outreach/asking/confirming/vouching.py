"""A coordinator says of somebody whom a school named from outside its own domain: yes, that is one of theirs;
or no.

The yes does what the school wanted to do, in the same transaction; the no does nothing, and nobody is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from outreach.asking import invitations
from outreach.asking.confirming import contact_answers
from outreach.asking.confirming.requests import ConfirmationRequest
from outreach.booking import colleagues, guest_places, named, promises
from outreach.booking.bookings import ShowIsOver
from outreach.booking.colleagues import AlreadyThere, Colleague
from outreach.booking.named import GRANTED, REFUSED, NamedPerson
from outreach.booking.promises import Booking
from outreach.county import contacts
from outreach.county.schools import Organisation
from outreach.ground.db import db, made_once, plain_rows
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.timespans import day_of
from outreach.post import outbox
from outreach.tour.programmes import Programme


class NoSuchPerson(NoSuch):
    def __init__(self) -> None:
        super().__init__("There is nobody of that kind here.")


class DecidedAlready(Refusal):
    def __init__(self, person: NamedPerson) -> None:
        super().__init__(f"{person.name or person.address} was decided on already: {person.decision}.")


class ComesBack(Refusal):
    def __init__(self, address: str) -> None:
        super().__init__(f"Mail to {address} comes back. Ring the school for another address.")


class NotAnyMore(Refusal):
    def __init__(self) -> None:
        super().__init__("What they were named for is over or was cancelled. Refuse, and nothing is sent.")


@dataclass(frozen=True, kw_only=True)
class WaitingPerson:
    """Somebody who waits for a coordinator's click; `booking` where they were named for one."""

    person: NamedPerson
    organisation: Organisation
    programme: Programme
    booking: Booking | None


def waiting(partnership_id: int) -> list[WaitingPerson]:
    """Who waits in this partnership, the longest wait first; one query."""
    rows = db.session.execute(
        select(NamedPerson, Organisation, Programme, Booking)
        .join(Organisation, Organisation.organisation_id == NamedPerson.organisation_id)
        .join(Programme, Programme.id == NamedPerson.programme_id)
        .outerjoin(Booking, Booking.id == NamedPerson.booking_id)
        .where(Programme.partnership_id == partnership_id, NamedPerson.decided_at.is_(None))
        .order_by(NamedPerson.id)
    )
    return [WaitingPerson(person=p, organisation=s, programme=g, booking=b) for p, s, g, b in rows]


def organisations_waiting(partnership_id: int) -> Sequence[int]:
    """The URN of each that waits in this partnership."""
    return [organisation_id for (organisation_id,) in plain_rows(*_organisations_waiting(partnership_id))]


@made_once
def _organisations_waiting(partnership_id: int) -> Select[int]:
    return (
        select(NamedPerson.organisation_id)
        .join(Programme, Programme.id == NamedPerson.programme_id)
        .where(Programme.partnership_id == partnership_id, NamedPerson.decided_at.is_(None))
        .order_by(NamedPerson.id)
    )


def decide(partnership_id: int, person_id: int, *, grant: bool, who: str, now: datetime) -> NamedPerson:
    """A coordinator's click. Raises NoSuchPerson for another partnership's or none, DecidedAlready,
    ComesBack, NotAnyMore."""
    person = db.session.scalar(
        select(NamedPerson)
        .join(Programme, Programme.id == NamedPerson.programme_id)
        .where(NamedPerson.id == person_id, Programme.partnership_id == partnership_id)
        .with_for_update(of=NamedPerson)
        .execution_options(populate_existing=True)
    )
    if person is None:
        raise NoSuchPerson
    if person.decided_at is not None:
        raise DecidedAlready(person)
    if not grant:
        named.decide(person, REFUSED, who=who, now=now)
        return person
    if outbox.is_dead(person.address):
        raise ComesBack(person.address)
    {
        named.BOOKING: _into_booking,
        named.SEATS: _into_seats,
        named.SOMEBODY_ELSE: _asked,
        named.CONTACTS: _on_file,
    }[person.door](person, who=who, now=now)
    named.decide(person, GRANTED, who=who, now=now)
    return person


def _into_booking(person: NamedPerson, *, who: str, now: datetime) -> None:
    _add(db.session.get_one(Booking, person.booking_id), person, who=who, now=now)


def _into_seats(person: NamedPerson, *, who: str, now: datetime) -> None:
    """Into the booking that came of the question, or among those who hear what the host answers."""
    place = guest_places.get(person.place_id or 0)
    if place.booking is not None:
        _add(place.booking, person, who=who, now=now)
    elif place.ended_at is not None:
        raise NotAnyMore
    else:
        there = Colleague.like(person)
        asked_on = place.recorded_at.date()
        place.people.append(there.row(source=guest_places.FROM_QUESTION, source_date=asked_on, now=now))


def _add(booking: Booking, person: NamedPerson, *, who: str, now: datetime) -> None:
    if booking.ended_at is not None:
        raise NotAnyMore
    if booking.performance.ends_at <= now:
        raise ShowIsOver
    try:
        colleagues.add(booking, Colleague.like(person), who=who, now=now)
    except AlreadyThere:
        pass
    leaving = person.instead_of.casefold()
    for other in promises.people_of(booking) if leaving else ():
        if other.address.casefold() == leaving:
            colleagues.end(booking, other.id, who=who, now=now)


def _asked(person: NamedPerson, *, who: str, now: datetime) -> None:
    """On file, and asked to book where the rules of asking allow it."""
    organisation = db.session.get_one(Organisation, person.organisation_id)
    programme = db.session.get_one(Programme, person.programme_id)
    whose = programme.partnership_id
    there = {
        c.address.casefold(): c for c in contacts.contacts_of_organisation(person.organisation_id, whose)
    }
    contact = there.get(person.address.casefold()) or contacts.add(
        person.organisation_id,
        name=person.name,
        role=person.role,
        address=person.address,
        phone=person.phone,
        source=contacts.named_there(person.organisation_id, person.named_by),
        source_date=day_of(person.recorded_at),
        who=who,
        now=now,
        partnership_id=whose,
    )
    try:
        with db.session.begin_nested():
            invitations.invite(programme, organisation, contact, who=who, now=now)
    except Refusal:
        pass  # it is on file, and written to with the next round


def _on_file(person: NamedPerson, *, who: str, now: datetime) -> None:
    request = db.session.get_one(ConfirmationRequest, person.about)
    organisation = db.session.get_one(Organisation, person.organisation_id)
    kept = contacts.details(person.name, person.role, person.address, person.phone)
    people = {
        c.address.casefold(): c for c in contact_answers.people_of(organisation, request.partnership_id)
    }
    if person.address.casefold() in people:
        return
    leaving = people.get(person.instead_of.casefold()) if person.instead_of else None
    if leaving is None:
        contact_answers.add(request, organisation, kept, who=who, now=now)
    else:
        contact_answers.change(request, organisation, leaving, kept, who=who, now=now)
