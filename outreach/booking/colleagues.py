"""Who at the school has a booking in the calendar: named with it, added, taken out again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.booking import promises, told
from outreach.booking.promises import Booking, BookingContact
from outreach.county import contacts
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.post import letters, outbox
from outreach.post.outbox import WAITING, Letter
from outreach.tour import performances

LEAD, ON_THE_DAY, COLLEAGUE = "safeguarding lead", "on the day", "colleague"


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody at the school who gets the calendar entry."""

    name: str
    address: str
    duty: str
    role: str = ""
    phone: str = ""


class NobodyNamed(Refusal):
    field = "people"

    def __init__(self) -> None:
        super().__init__("Name somebody at your school, with an email address, who gets the calendar entry.")


class LastPerson(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "This is the only person with this booking in the calendar. Add somebody else first."
        )


class AlreadyThere(Refusal):
    field = "address"

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} has this booking in the calendar already.")


def add(booking: Booking, colleague: Colleague, *, who: str, now: datetime) -> BookingContact:
    """Give somebody else the calendar entry, at its present SEQUENCE; the others get no mail. Raises AlreadyThere."""
    performances.lock_school(booking.urn)
    db.session.refresh(booking)
    booking.still_open()
    (added,) = put(booking, [colleague], there=promises.people_of(booking), who=who, now=now)
    history.record("added", "booking", booking.reference, who=who, now=now, after=added.address)
    told.school(booking, [added], told.with_link(letters.colleague_added, booking), now=now)
    return added


def remove(booking: Booking, contact_id: int, *, who: str, now: datetime) -> None:
    """Take the entry out of one person's calendar: CANCEL to that attendee alone, SEQUENCE + 1 (RFC 5546 3.2.5).

    Raises LastPerson; somebody who is not there any more is no fault.
    """
    performances.lock_school(booking.urn)
    db.session.refresh(booking)
    booking.still_open()
    people = promises.people_of(booking)
    leaving = next((p for p in people if p.id == contact_id), None)
    if leaving is None:
        return
    if len(people) == 1:
        raise LastPerson
    booking.sequence += 1
    leaving.removed_at = now
    db.session.flush()
    history.record("removed", "booking", booking.reference, who=who, now=now, before=leaving.address)
    told.school(booking, [leaving], letters.colleague_removed, now=now)


def send_again(booking: Booking, contact_id: int, *, who: str, now: datetime) -> Letter | None:
    """The newest letter to one person once more; None for somebody who is not on the booking any more.

    Whoever never had one, or gave its link back, gets the booking as it stands. Raises what letters.resend() says, and
    BookingEnded where there is nothing to say any more.
    """
    performances.lock_school(booking.urn)
    person = next((p for p in promises.people_of(booking) if p.id == contact_id), None)
    if person is None:
        return None
    letter = letters.resend(booking.uid, person.address, now=now)
    if letter is None:
        booking.still_open()
        told.school(booking, [person], told.with_link(letters.as_it_stands, booking), now=now)
        letter = outbox.newest_of_stream(booking.uid)[person.address.lower()]
    if letter.status == WAITING:
        history.record("sent again", "booking", booking.reference, who=who, now=now, after=person.address)
    return letter


def put(
    booking: Booking,
    people: Sequence[Colleague],
    *,
    there: Iterable[BookingContact] = (),
    who: str,
    now: datetime,
) -> list[BookingContact]:
    """Put people on the booking beside those already `there`, one row an address, and on file at the school."""
    taken = {p.address.casefold() for p in there}
    with db.session.no_autoflush:  # no contact waits to be written: each letter put down writes all before it
        on_file = {c.address.casefold() for c in contacts.of(booking.urn)}
    rows, new = [], []
    for person in people:
        address = contacts.clean_address(person.address)
        if address.casefold() in taken:
            if len(people) == 1:
                raise AlreadyThere(address)
            continue
        taken.add(address.casefold())
        row = BookingContact(
            booking_id=booking.id, name=person.name, duty=person.duty, role=person.role, address=address,
            phone=person.phone, added_at=now,
        )  # fmt: skip
        rows.append(row)
        if address.casefold() not in on_file:
            new.append(contacts.details(person.name, person.role or person.duty, address, person.phone))
    contacts.put_many(
        [(booking.urn, None, kept) for kept in new],
        source=f"booking {booking.reference}", source_date=now.date(), who=who, now=now,
    )  # fmt: skip
    db.session.add_all(rows)
    return rows
