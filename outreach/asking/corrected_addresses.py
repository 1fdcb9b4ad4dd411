"""Corrections of addresses from which mail came back: on file, in calendars, and lost letters sent anew."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select

from outreach.asking import invitations
from outreach.asking.invitations import Invitation
from outreach.booking import colleagues
from outreach.booking.colleagues import AlreadyThere, Colleague
from outreach.booking.promises import Booking, VisitContact
from outreach.booking.proposals import Proposal
from outreach.county import contacts
from outreach.county.contacts import Contact
from outreach.county.schools import School
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.post import letterbook, letters, links, outbox
from outreach.post.incoming import contents
from outreach.post.outbox import Letter
from outreach.tour import programmes
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


class SameAddress(Refusal):
    field = "address"

    def __init__(self, address: str) -> None:
        super().__init__(
            f"Mail to {address} came back. Enter the address that is right, or say that this one works."
        )


class AlsoDead(Refusal):
    field = "address"

    def __init__(self, address: str) -> None:
        super().__init__(f"Mail to {address} came back too. Enter another address.")


class NoSchool(Refusal):
    def __init__(self) -> None:
        super().__init__("This letter did not go to a school. Correct the address where it was entered.")


@dataclass(frozen=True, kw_only=True)
class Lost:
    """What hangs on an address at one school: its row on file, the coming bookings it has in the calendar,
    and the programme's invitation if the letter was one. All are what the new address would take over."""

    school: School
    contact: Contact | None
    bookings: tuple[tuple[Booking, VisitContact], ...]
    invitation: Invitation | None


@dataclass(frozen=True, kw_only=True)
class Righted:
    """What was done. `not_asked` says why the invitation was not written anew; '' when it was, or when there
    was none."""

    address: str
    bookings: int
    invited: bool
    not_asked: str


def lost_with(letter: Letter, *, now: datetime) -> Lost | None:
    """What a letter's address is used for at the school that it went to; None where that was no school."""
    urn = _urn(letter)
    school = db.session.get(School, urn) if urn is not None else None
    if school is None:
        return None
    address = letter.recipient.lower()
    rows = db.session.execute(
        select(Booking, VisitContact)
        .join(VisitContact, VisitContact.booking_id == Booking.id)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(Programme, Programme.id == Booking.programme_id)
        .where(
            Programme.partnership_id == letter.partnership_id,
            Booking.urn == school.urn,
            Booking.ended_at.is_(None),
            Performance.starts_at > now,
            func.lower(VisitContact.address) == address,
            VisitContact.ended_at.is_(None),
        )
        .order_by(Performance.starts_at, Booking.id)
    )
    return Lost(
        school=school,
        contact=next(
            (
                c
                for c in contacts.contacts_of_school(school.urn, letter.partnership_id)
                if c.address.lower() == address
            ),
            None,
        ),
        bookings=tuple((booking, person) for booking, person in rows),
        invitation=db.session.scalar(
            select(Invitation).where(Invitation.letter_id == letter.id, Invitation.urn == school.urn)
        ),
    )


def put_right(letter: Letter, typed: str, *, source: str, who: str, now: datetime) -> Righted:
    """The new address takes the old one's place everywhere at the school, and gets what the old one did not.

    What still waits for the old address, or failed there, is withdrawn. Raises BadAddress, SameAddress,
    AlsoDead, SourceMissing or NoSchool.
    """
    address, old = contacts.clean_address(typed), letter.recipient
    if address.casefold() == old.casefold():
        raise SameAddress(old)
    if outbox.is_dead(address):
        raise AlsoDead(address)
    lost = lost_with(letter, now=now)
    if lost is None:
        raise NoSchool
    contact = _on_file(lost, letter.partnership_id, address, source=source, who=who, now=now)
    for booking, person in lost.bookings:
        _in_calendar(booking, person, address, who=who, now=now)
    history.record(
        "address put right",
        history.Subject("school", lost.school.urn, letter.partnership_id),
        who=who,
        now=now,
        before=old,
        after=address,
    )
    links.withdraw(
        urn=lost.school.urn, address=old, programmes=programmes.ids_of(letter.partnership_id), now=now
    )
    letterbook.withdraw_all(old, letter.partnership_id, who=who, now=now)
    contents.address_settled(old, letter.partnership_id, "put right", who=who, now=now)
    invited, not_asked = False, ""
    if lost.invitation is not None and contact is not None:
        try:
            programme = db.session.get_one(Programme, lost.invitation.programme_id)
            invitations.invite(programme, lost.school, contact, who=who, now=now)
            invited = True
        except Refusal as refusal:
            not_asked = refusal.message
    return Righted(address=address, bookings=len(lost.bookings), invited=invited, not_asked=not_asked)


def say_it_works(letter: Letter, *, who: str, now: datetime) -> None:
    """Somebody says that the address is right after all: it is written to again."""
    outbox.end_dead(letter.recipient, now)
    contents.address_settled(letter.recipient, letter.partnership_id, "the address works", who=who, now=now)
    urn = _urn(letter)
    of = history.Subject("school", urn, letter.partnership_id) if urn is not None else letter
    history.record("address works again", of, who=who, now=now, after={"address": letter.recipient})


def _urn(letter: Letter) -> int | None:
    for kept in (Booking, Proposal):
        urn = db.session.scalar(select(kept.urn).where(kept.uid == letter.stream))
        if urn is not None:
            return urn
    return letters.school_of(letter.stream)


def _on_file(
    lost: Lost, whose: int | None, address: str, *, source: str, who: str, now: datetime
) -> Contact | None:
    """The contact's row with the new address; the old row ends."""
    if lost.contact is None:
        return None
    there = next(
        (
            c
            for c in contacts.contacts_of_school(lost.school.urn, whose)
            if c.address.casefold() == address.casefold()
        ),
        None,
    )
    if there is not None:
        contacts.end(lost.contact, who=who, now=now, programmes=programmes.ids_of(whose))
        return there
    kept = replace(contacts.details_of(lost.contact), address=address)
    contacts.put_many(
        [(lost.school.urn, lost.contact, kept)],
        source=source,
        source_date=now.date(),
        who=who,
        now=now,
        partnership_id=whose,
    )
    return next(
        c
        for c in contacts.contacts_of_school(lost.school.urn, whose)
        if c.address.casefold() == address.casefold()
    )


def _in_calendar(booking: Booking, person: VisitContact, address: str, *, who: str, now: datetime) -> None:
    """The invite goes to the new address first, so that the booking is never without anybody."""
    try:
        colleagues.add(booking, Colleague.like(person, address=address), who=who, now=now)
    except AlreadyThere:
        pass
    colleagues.end(booking, person.id, who=who, now=now)
