"""Answers of a school about its contacts: all still right, somebody else, one more, not any more."""

from datetime import datetime

from sqlalchemy import select

from outreach.asking.confirming.requests import (
    ADDED,
    CHANGED,
    ENDED,
    STILL_RIGHT,
    Confirmation,
    ConfirmationRecipient,
    ConfirmationRequest,
    write_to,
)
from outreach.asking.invitations import InvitationAddressDead
from outreach.booking import named
from outreach.county import contacts
from outreach.county.contacts import Contact, ContactOnFile, Details
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.post import outbox
from outreach.tour import programmes
from outreach.tour.programmes import Programme

PEOPLE_AT_MOST = 12


class NobodyLeft(Refusal):
    """The last one cannot be taken away, and nobody is no right person."""

    def __init__(self) -> None:
        super().__init__("Name somebody else first: without anybody we cannot write to you.")


class TooManyPeople(Refusal):
    field = "address"

    def __init__(self) -> None:
        super().__init__(f"{PEOPLE_AT_MOST} people are enough. Take somebody away first.")


class PersonNotListed(Refusal):
    def __init__(self) -> None:
        super().__init__("That person is not on the list any more.")


def people_of(organisation: Organisation, partnership_id: int) -> list[Contact]:
    """Whom we hold for a school, the one to write to first; of one that is new, those of the schools it came
    from."""
    return contacts.to_write_to([organisation.organisation_id], partnership_id).get(
        organisation.organisation_id, []
    )


def newest(request: ConfirmationRequest) -> Confirmation | None:
    """What was said last at this link."""
    return db.session.scalar(
        select(Confirmation)
        .where(Confirmation.request_id == request.id)
        .order_by(Confirmation.id.desc())
        .limit(1)
    )


def confirm(
    request: ConfirmationRequest, organisation: Organisation, *, who: str, now: datetime
) -> Confirmation:
    """All on the list are right; their addresses come from the school from now on. Said twice is said once.

    Raises NobodyLeft.
    """
    people = _own(request, organisation, who=who, now=now)
    if not people:
        raise NobodyLeft
    said = newest(request)
    if said is not None and said.kind == STILL_RIGHT:
        return said
    lines = [(organisation.organisation_id, contact, contacts.details_of(contact)) for contact in people]
    contacts.put_many(
        lines,
        source=contacts.confirmed_by(organisation.organisation_id),
        source_date=day_of(now),
        who=who,
        now=now,
        partnership_id=request.partnership_id,
    )
    return _keep(request, STILL_RIGHT, "", who=who, now=now)


def change(
    request: ConfirmationRequest,
    organisation: Organisation,
    contact: Contact,
    kept: Details,
    *,
    waits: bool = False,
    who: str,
    now: datetime,
) -> bool:
    """Somebody else, or other details, in the place of one. The same again changes nothing.

    Another address is another person: links that went to the old one are closed, and the new one gets its
    letter and its link at once. `waits`: the new address is looked at by a coordinator first (False is given
    back), and the old one stays until then. Raises NoSuchPerson, ContactOnFile, AddressDead.
    """
    mine = _mine(request, organisation, contact, who=who, now=now)
    if kept == contacts.details_of(mine):
        return True
    _check_address(request, organisation, kept.address, instead_of=mine)
    was = mine.name or mine.address
    if mine.address.lower() != kept.address.lower():
        if waits:
            _let_wait(request, organisation, kept, instead_of=mine.address, who=who, now=now)
            return False
        replace(request, organisation, mine, kept, who=who, now=now)
    else:
        _put(request, organisation, mine, kept, who=who, now=now)
    _keep(request, CHANGED, f"{kept.name or kept.address} for {was}", who=who, now=now)
    return True


def _put(
    request: ConfirmationRequest,
    organisation: Organisation,
    at: Contact | None,
    kept: Details,
    *,
    who: str,
    now: datetime,
) -> None:
    """What the school says of one of its contacts, or of a new one."""
    contacts.put_many(
        [(organisation.organisation_id, at, kept)],
        source=contacts.given_by(organisation.organisation_id),
        source_date=day_of(now),
        who=who,
        now=now,
        partnership_id=request.partnership_id,
    )


def replace(
    request: ConfirmationRequest,
    organisation: Organisation,
    mine: Contact,
    kept: Details,
    *,
    who: str,
    now: datetime,
) -> None:
    """One contact goes, another comes, and is written to with a link of its own."""
    _put(request, organisation, None, kept, who=who, now=now)
    contacts.end(mine, who=who, now=now, programmes=programmes.ids_of(request.partnership_id))
    db.session.flush()
    people = contacts.contacts_of_organisation(organisation.organisation_id, request.partnership_id)
    new = next(c for c in people if c.address.lower() == kept.address.lower())
    programme = db.session.get_one(Programme, request.programme_id)
    write_to(
        programme,
        ConfirmationRecipient(organisation=organisation, contact=new, people=tuple(people)),
        who=who,
        now=now,
    )


def add(
    request: ConfirmationRequest,
    organisation: Organisation,
    kept: Details,
    *,
    waits: bool = False,
    who: str,
    now: datetime,
) -> bool:
    """One more; `waits` as in change(). Raises TooManyPeople, ContactOnFile, AddressDead."""
    people = _own(request, organisation, who=who, now=now)
    if len(people) >= PEOPLE_AT_MOST:
        raise TooManyPeople
    _check_address(request, organisation, kept.address)
    if waits:
        _let_wait(request, organisation, kept, who=who, now=now)
        return False
    _put(request, organisation, None, kept, who=who, now=now)
    _keep(request, ADDED, kept.name or kept.address, who=who, now=now)
    return True


def end(
    request: ConfirmationRequest, organisation: Organisation, contact: Contact, *, who: str, now: datetime
) -> None:
    """Not written to any more; links that went there are closed. Raises NoSuchPerson, NobodyLeft."""
    mine = _mine(request, organisation, contact, who=who, now=now)
    if len(contacts.contacts_of_organisation(organisation.organisation_id, request.partnership_id)) == 1:
        raise NobodyLeft
    contacts.end(mine, who=who, now=now, programmes=programmes.ids_of(request.partnership_id))
    _keep(request, ENDED, mine.name or mine.address, who=who, now=now)


def _let_wait(
    request: ConfirmationRequest,
    organisation: Organisation,
    kept: Details,
    *,
    instead_of: str = "",
    who: str,
    now: datetime,
) -> None:
    named.wait(
        named.CONTACTS,
        organisation,
        db.session.get_one(Programme, request.programme_id),
        about=request.id,
        instead_of=instead_of,
        name=kept.name,
        role=kept.role,
        address=kept.address,
        phone=kept.phone,
        named_by=who,
        now=now,
    )


def _own(
    request: ConfirmationRequest, organisation: Organisation, *, who: str, now: datetime
) -> list[Contact]:
    """The school's own contacts, behind its lock; those of the schools it came from become its own, as they
    are."""
    db.session.execute(
        select(Organisation.organisation_id)
        .where(Organisation.organisation_id == organisation.organisation_id)
        .with_for_update(key_share=True)
    )
    for contact in people_of(organisation, request.partnership_id):
        if (
            contact.organisation_id != organisation.organisation_id
            and contact.address.lower() not in _addresses(request, organisation)
        ):
            contacts.put_many(
                [(organisation.organisation_id, None, contacts.details_of(contact))],
                source=contact.source,
                source_date=contact.source_date,
                who=who,
                now=now,
                partnership_id=request.partnership_id,
            )
            db.session.flush()
    return contacts.contacts_of_organisation(organisation.organisation_id, request.partnership_id)


def _addresses(request: ConfirmationRequest, organisation: Organisation) -> set[str]:
    return {
        c.address.lower()
        for c in contacts.contacts_of_organisation(organisation.organisation_id, request.partnership_id)
    }


def _mine(
    request: ConfirmationRequest, organisation: Organisation, contact: Contact, *, who: str, now: datetime
) -> Contact:
    """That person among the school's own, behind its lock. Raises NoSuchPerson."""
    wanted = contact.address.lower()
    for own in _own(request, organisation, who=who, now=now):
        if own.address.lower() == wanted:
            return own
    raise PersonNotListed


def _check_address(
    request: ConfirmationRequest,
    organisation: Organisation,
    address: str,
    *,
    instead_of: Contact | None = None,
) -> None:
    others = [
        c
        for c in contacts.contacts_of_organisation(organisation.organisation_id, request.partnership_id)
        if instead_of is None or c.id != instead_of.id
    ]
    if any(c.address.lower() == address.lower() for c in others):
        raise ContactOnFile(f"{address} is on the list already.")
    if outbox.is_dead(address):
        raise InvitationAddressDead(address)


def _keep(request: ConfirmationRequest, kind: str, said: str, *, who: str, now: datetime) -> Confirmation:
    row = Confirmation(request_id=request.id, kind=kind, said=said, recorded_at=now, who=who)
    db.session.add(row)
    db.session.flush()
    return row
