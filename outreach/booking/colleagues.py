"""People at the school who have a booking in the calendar: named with it, added, taken out again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from outreach.booking import named, promises, told
from outreach.booking.named import NamedPerson
from outreach.booking.promises import Booking, VisitContact
from outreach.county import contacts
from outreach.ground import history
from outreach.ground.db import db, found_by
from outreach.ground.errors import Refusal
from outreach.post import again, letters, outbox
from outreach.post.outbox import WAITING, Letter
from outreach.tour import performances

LEAD, ON_THE_DAY, COLLEAGUE = "safeguarding lead", "on the day", "colleague"


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody at the school who gets the calendar entry. `waits`: not before a coordinator has said yes (see
    named.py)."""

    name: str
    address: str
    duty: str
    role: str = ""
    phone: str = ""
    waits: bool = False

    @classmethod
    def like(cls, person: VisitContact | NamedPerson, *, address: str = "") -> "Colleague":
        """Somebody with the same details; `address`: another one."""
        return cls(
            name=person.name,
            address=address or person.address,
            duty=person.duty or COLLEAGUE,
            role=person.role,
            phone=person.phone,
        )

    def row(self, *, source: str, source_date: date, now: datetime) -> VisitContact:
        """The row of it, of nothing yet. Raises contacts.BadAddress."""
        return VisitContact(
            name=self.name,
            duty=self.duty,
            role=self.role,
            address=contacts.clean_address(self.address),
            phone=self.phone,
            source=source,
            source_date=source_date,
            added_at=now,
        )


class NobodyNamed(Refusal):
    field = "people"

    def __init__(self) -> None:
        super().__init__("Name somebody with an email address, who gets the calendar entry.")


class LastPerson(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "This is the only person with this booking in the calendar. Add somebody else first."
        )


class NobodyKnown(Refusal):
    """All who were named wait for a coordinator, so that nobody would hear of the booking."""

    field = "people"

    def __init__(self) -> None:
        super().__init__(
            "Name at least one person with an address of your own. We look at other addresses "
            "before we write to them."
        )


class NotThere(Refusal):
    def __init__(self) -> None:
        super().__init__("That person is not in this booking any more.")


class AlreadyThere(Refusal):
    field = "address"

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} has this booking in the calendar already.")


def was_of(booking: Booking, contact_id: int) -> bool:
    """Whether somebody is, or was, named with a booking; anybody else is another booking's."""
    person = db.session.get(VisitContact, contact_id) if contact_id < 2**31 else None
    return person is not None and person.booking_id == booking.id


def add(booking: Booking, colleague: Colleague, *, who: str, now: datetime) -> VisitContact | None:
    """Give somebody else the calendar entry, at its present SEQUENCE; the others get no mail. None for one
    who waits.

    Raises AlreadyThere.
    """
    performances.lock_organisation(booking.organisation_id)
    db.session.refresh(booking)
    booking.still_open()
    put_down = put(booking, [colleague], there=promises.people_of(booking), who=who, now=now)
    if not put_down:
        return None
    (added,) = put_down
    history.record("added", booking, who=who, now=now, after=added.address)
    told.organisation(booking, [added], letters.colleague_added, now=now, expires_at=told.expiry(booking))
    return added


def end(booking: Booking, contact_id: int, *, who: str, now: datetime) -> None:
    """Take the entry out of one person's calendar: CANCEL to that attendee alone, SEQUENCE + 1 (RFC 5546
    3.2.5).

    Raises LastPerson; somebody who is not there any more is no fault.
    """
    performances.lock_organisation(booking.organisation_id)
    db.session.refresh(booking)
    booking.still_open()
    people = promises.people_of(booking)
    leaving = next((p for p in people if p.id == contact_id), None)
    if leaving is None:
        return
    if len(people) == 1:
        raise LastPerson
    booking.sequence += 1
    leaving.ended_at = now
    db.session.flush()
    history.record("removed", booking, who=who, now=now, before=leaving.address)
    told.organisation(booking, [leaving], letters.colleague_removed, now=now)


def correct(
    booking: Booking, contact_id: int, now_is: Colleague, *, who: str, now: datetime
) -> VisitContact | None:
    """Other details of one person; or, with another address, somebody in that one's place, the last one's
    too.

    With the same address nobody is written to. Another address gets the entry first, then the old one loses
    it; None where the new one waits for a coordinator, and the old one has it until then. Raises NotThere,
    AlreadyThere.
    """
    performances.lock_organisation(booking.organisation_id)
    db.session.refresh(booking)
    booking.still_open()
    people = promises.people_of(booking)
    person = next((p for p in people if p.id == contact_id), None)
    if person is None:
        raise NotThere
    kept = contacts.details(now_is.name, now_is.role, now_is.address, now_is.phone)
    if kept.address.casefold() != person.address.casefold():
        if any(p.address.casefold() == kept.address.casefold() for p in people):
            raise AlreadyThere(kept.address)
        if now_is.waits:
            _let_wait(booking, now_is, instead_of=person.address, who=who, now=now)
            return None
        added = add(booking, now_is, who=who, now=now)
        end(booking, person.id, who=who, now=now)
        return added
    before = _said(person)
    person.name, person.role, person.phone, person.duty = kept.name, kept.role, kept.phone, now_is.duty
    if _said(person) == before:
        return person
    person.found_by = found_by(person.name, person.address)
    db.session.flush()
    history.record("corrected somebody", booking, who=who, now=now, before=before, after=_said(person))
    whose = booking.programme.partnership_id
    on_file = next(
        (
            c
            for c in contacts.contacts_of_organisation(booking.organisation_id, whose)
            if c.address.casefold() == kept.address.casefold()
        ),
        None,
    )
    if on_file is not None and contacts.details_of(on_file) != kept:
        changed = contacts.details(kept.name, kept.role or on_file.role, on_file.address, kept.phone)
        contacts.put_many(
            [(booking.organisation_id, on_file, changed)],
            source=f"booking {booking.reference}",
            source_date=now.date(),
            who=who,
            now=now,
            partnership_id=whose,
        )
    return person


def _said(person: VisitContact) -> dict[str, str]:
    return {"name": person.name, "role": person.role, "phone": person.phone, "duty": person.duty}


def _let_wait(
    booking: Booking, colleague: Colleague, *, instead_of: str = "", who: str, now: datetime
) -> None:
    named.wait(
        named.BOOKING,
        booking.organisation,
        booking.programme,
        booking_id=booking.id,
        name=colleague.name,
        role=colleague.role,
        address=colleague.address,
        phone=colleague.phone,
        duty=colleague.duty,
        instead_of=instead_of,
        named_by=who,
        now=now,
    )


def send_again(booking: Booking, contact_id: int, *, who: str, now: datetime) -> Letter | None:
    """The newest letter to one person once more, the end to one who was taken off; None where that one never had it.

    Whoever is on it and never had one, or gave its link back, gets the booking as it stands. Raises what again.resend()
    says, and BookingEnded where there is nothing to say any more.
    """
    performances.lock_organisation(booking.organisation_id)
    person = db.session.get_one(VisitContact, contact_id, populate_existing=True)
    letter = again.resend(booking.uid, person.address, now=now)
    if letter is None and person.ended_at is not None:
        return None
    if letter is None:
        booking.still_open()
        told.organisation(booking, [person], letters.as_it_stands, now=now, expires_at=told.expiry(booking))
        letter = outbox.newest_of_stream(booking.uid)[person.address.lower()]
    if letter.status == WAITING:
        history.record("sent again", booking, who=who, now=now, after=person.address)
    return letter


def put(
    booking: Booking,
    people: Sequence[Colleague],
    *,
    there: Iterable[VisitContact] = (),
    who: str,
    now: datetime,
) -> list[VisitContact]:
    """Put people on the booking beside those already `there`, one row an address, and on file at the school.
    Whoever waits for a coordinator is put down apart: neither on the booking nor on file, and not among those
    given back."""
    taken, source = {p.address.casefold() for p in there}, f"booking {booking.reference}"
    with db.session.no_autoflush:  # no contact waits to be written: each letter put down writes all before it
        on_file = {
            c.address.casefold()
            for c in contacts.contacts_of_organisation(
                booking.organisation_id, booking.programme.partnership_id
            )
        }
    rows, new = [], []
    for person in people:
        address = contacts.clean_address(person.address)
        if address.casefold() in taken:
            if len(people) == 1:
                raise AlreadyThere(address)
            continue
        taken.add(address.casefold())
        if person.waits:
            _let_wait(booking, person, who=who, now=now)
            continue
        row = person.row(source=source, source_date=now.date(), now=now)
        row.booking_id = booking.id
        rows.append(row)
        if address.casefold() not in on_file:
            new.append(contacts.details(person.name, person.role or person.duty, address, person.phone))
    contacts.put_many(
        [(booking.organisation_id, None, kept) for kept in new],
        source=source,
        source_date=now.date(),
        who=who,
        now=now,
        partnership_id=booking.programme.partnership_id,
    )
    db.session.add_all(rows)
    return rows
