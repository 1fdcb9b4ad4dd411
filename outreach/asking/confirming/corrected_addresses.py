"""Corrections of addresses from which mail came back: on file, in calendars, and lost letters sent anew."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select

from outreach.asking import invitations
from outreach.asking.confirming import requests
from outreach.asking.confirming.requests import ConfirmationRequest
from outreach.booking import colleagues, guest_places, guests_told
from outreach.booking.colleagues import AlreadyThere, Colleague
from outreach.booking.desk import proposing
from outreach.booking.guest_places import GuestPlace
from outreach.booking.guests import joining
from outreach.booking.promises import HOST, Booking, VisitContact
from outreach.booking.proposals import Proposal
from outreach.county import contacts
from outreach.county.contacts import Contact
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.post import letterbook, letters, links, outbox
from outreach.post.guests import notes
from outreach.post.incoming import contents
from outreach.post.outbox import Letter
from outreach.tour import performances, programmes
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


class UsedNoMore(Refusal):
    """Nothing hangs on the old address any more, as after it was put right once: a second word for it would change
    nothing, and nobody would be written to."""

    field = "address"

    def __init__(self, old: str, organisation: Organisation) -> None:
        super().__init__(
            f"Nothing was changed: {organisation.name} does not use {old} any more. Correct the address that stands "
            "there now, on its page."
        )


class WentToNobody(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "This letter went neither to a school nor to a body. Correct the address where it was entered."
        )


@dataclass(frozen=True, kw_only=True)
class Lost:
    """What hangs on an address at one school, all of which a new one would take over: its row on file; the coming
    bookings it has in the calendar; the times that are kept, and the questions for a neighbour's seats, which it
    hears of; and what the letter itself asked: to book `asked_to_book`, or who is right (`question`)."""

    organisation: Organisation
    contact: Contact | None
    bookings: tuple[tuple[Booking, VisitContact], ...]
    proposals: tuple[tuple[Proposal, VisitContact], ...]
    places: tuple[tuple[GuestPlace, VisitContact], ...]
    asked_to_book: Programme | None
    question: ConfirmationRequest | None

    @property
    def is_used(self) -> bool:
        """Whether a new address would take anything over."""
        return bool(self.contact or self.bookings or self.proposals or self.places)


@dataclass(frozen=True, kw_only=True)
class Righted:
    """What was done. `goes` names what is on its way to the new address; `not_asked` says why the invitation is
    not; '' when it is, or when there was none."""

    address: str
    bookings: int
    invited: bool
    goes: tuple[str, ...]
    not_asked: str


def lost_with(letter: Letter, *, now: datetime) -> Lost | None:
    """What a letter's address is used for at the school that it went to; None where that was no school."""
    organisation_id = _organisation_id(letter)
    organisation = db.session.get(Organisation, organisation_id) if organisation_id is not None else None
    if organisation is None:
        return None
    whose, address = letter.partnership_id, letter.recipient.lower()
    named = func.lower(VisitContact.address) == address, VisitContact.ended_at.is_(None)
    bookings = db.session.execute(
        select(Booking, VisitContact)
        .join(VisitContact, VisitContact.booking_id == Booking.id)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(Programme, Programme.id == Booking.programme_id)
        .where(
            Programme.partnership_id == whose,
            Booking.organisation_id == organisation.organisation_id,
            Booking.ended_at.is_(None),
            Performance.starts_at > now,
            *named,
        )
        .order_by(Performance.starts_at, Booking.id)
    ).all()
    kept = db.session.execute(
        select(Proposal, VisitContact)
        .join(VisitContact, VisitContact.proposal_id == Proposal.id)
        .join(Programme, Programme.id == Proposal.programme_id)
        .where(
            Programme.partnership_id == whose,
            Proposal.organisation_id == organisation.organisation_id,
            Proposal.ended_at.is_(None),
            Proposal.reply_by >= day_of(now),
            *named,
        )
        .order_by(Proposal.starts_at, Proposal.id)
    )
    places = db.session.execute(
        select(GuestPlace, VisitContact)
        .join(VisitContact, VisitContact.place_id == GuestPlace.id)
        .join(Programme, Programme.id == GuestPlace.programme_id)
        .where(
            Programme.partnership_id == whose,
            GuestPlace.organisation_id == organisation.organisation_id,
            GuestPlace.ended_at.is_(None),
            *named,
        )
        .order_by(GuestPlace.id)
    )
    return Lost(
        organisation=organisation,
        contact=_found(address, contacts.contacts_of_organisation(organisation.organisation_id, whose)),
        bookings=tuple((booking, person) for booking, person in bookings),
        proposals=tuple((proposal, person) for proposal, person in kept),
        places=tuple((place, person) for place, person in places),
        asked_to_book=_asked_to_book(letter),
        question=requests.unanswered(letter.id),
    )


def put_right(letter: Letter, typed: str, *, source: str, who: str, now: datetime) -> Righted:
    """The new address takes the old one's place everywhere at the school, and gets what the old one did not.

    What still waits for the old address, or failed there, is withdrawn. Raises BadAddress, SameAddress,
    AlsoDead, SourceMissing, UsedNoMore or WentToNobody.
    """
    address, old = contacts.clean_address(typed), letter.recipient
    if address.casefold() == old.casefold():
        raise SameAddress(old)
    if outbox.is_dead(address):
        raise AlsoDead(address)
    organisation_id = _organisation_id(letter)
    if organisation_id is not None:
        performances.lock_organisation(organisation_id)
    lost = lost_with(letter, now=now)
    if lost is None:
        raise WentToNobody
    if not lost.is_used and not _found(
        address, contacts.contacts_of_organisation(lost.organisation.organisation_id, letter.partnership_id)
    ):
        raise UsedNoMore(old, lost.organisation)
    contact = _on_file(lost, letter.partnership_id, address, source=source, who=who, now=now)
    goes = ["the invite"] if lost.bookings else []
    for booking, person in lost.bookings:
        _in_calendar(booking, person, address, who=who, now=now)
    kept = [
        proposing.write_to_instead(proposal, person, address, source=source, now=now)
        for proposal, person in lost.proposals
    ]
    if any(kept):
        goes.append("the time that is kept")
    for place, person in lost.places:
        joining.write_to_instead(place, person, address, source=source, now=now)
    history.record(
        "address put right",
        history.Subject("school", lost.organisation.organisation_id, letter.partnership_id),
        who=who,
        now=now,
        before=old,
        after=address,
    )
    links.withdraw(
        organisation_id=lost.organisation.organisation_id,
        address=old,
        programmes=programmes.ids_of(letter.partnership_id),
        now=now,
    )
    letterbook.withdraw_all(old, letter.partnership_id, who=who, now=now)
    contents.address_settled(old, letter.partnership_id, "put right", who=who, now=now)
    if lost.question is not None and contact is not None:
        if requests.ask_again(lost.question, lost.organisation, contact, who=who, now=now):
            goes.append("the question about contacts")
    invited, not_asked = False, ""
    if lost.asked_to_book is not None and contact is not None:
        try:
            invitations.invite(lost.asked_to_book, lost.organisation, contact, who=who, now=now)
            invited = True
            goes.append("the invitation")
        except Refusal as refusal:
            not_asked = refusal.message
    return Righted(
        address=address,
        bookings=len(lost.bookings),
        invited=invited,
        goes=tuple(goes),
        not_asked=not_asked,
    )


def say_it_works(letter: Letter, *, who: str, now: datetime) -> None:
    """Somebody says that the address is right after all: it is written to again."""
    outbox.end_dead(letter.recipient, now)
    contents.address_settled(letter.recipient, letter.partnership_id, "the address works", who=who, now=now)
    organisation_id = _organisation_id(letter)
    of = (
        history.Subject("school", organisation_id, letter.partnership_id)
        if organisation_id is not None
        else letter
    )
    history.record("address works again", of, who=who, now=now, after={"address": letter.recipient})


def _organisation_id(letter: Letter) -> int | None:
    for kept in (Booking, Proposal):
        organisation_id = db.session.scalar(select(kept.organisation_id).where(kept.uid == letter.stream))
        if organisation_id is not None:
            return organisation_id
    return letters.school_of(letter.stream)


ASKING = ("invitation", "reminder", "second reminder", "raised to head", "link")
"""Letters that ask a school to book: an invitation says the same to another address."""


def _asked_to_book(letter: Letter) -> Programme | None:
    """The programme that a letter asked its school to book."""
    kind, _, rest = letter.stream.partition("/")
    if kind not in ASKING:
        return None
    programme = db.session.get(Programme, int(rest.partition("/")[0]))
    return programme if programme is not None and programme.partnership_id == letter.partnership_id else None


def _found(address: str, people: Iterable[Contact]) -> Contact | None:
    return next((c for c in people if c.address.casefold() == address.casefold()), None)


def _on_file(
    lost: Lost, whose: int | None, address: str, *, source: str, who: str, now: datetime
) -> Contact | None:
    """The contact's row with the new address; the old row ends."""
    if lost.contact is None:
        return None
    there = _found(address, contacts.contacts_of_organisation(lost.organisation.organisation_id, whose))
    if there is not None:
        contacts.end(lost.contact, who=who, now=now, programmes=programmes.ids_of(whose))
        return there
    kept = replace(contacts.details_of(lost.contact), address=address)
    contacts.put_many(
        [(lost.organisation.organisation_id, lost.contact, kept)],
        source=source,
        source_date=now.date(),
        who=who,
        now=now,
        partnership_id=whose,
    )
    return _found(address, contacts.contacts_of_organisation(lost.organisation.organisation_id, whose))


def _in_calendar(booking: Booking, person: VisitContact, address: str, *, who: str, now: datetime) -> None:
    """The invite goes to the new address first, so that the booking is never without anybody; with it what a
    guest asks there and nobody has answered."""
    try:
        came = colleagues.add(booking, Colleague.like(person, address=address), who=who, now=now)
    except AlreadyThere:
        came = None
    colleagues.end(booking, person.id, who=who, now=now)
    if came is None or booking.role != HOST:
        return
    for place in guest_places.asked_of(booking.performance_id):
        if place.waits_for_host:
            guests_told.tell_host(place, notes.ASKS, to=[came], now=now)
