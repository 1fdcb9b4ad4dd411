"""People that are searched for, by name or address: on file, once on file, or named with a booking; and the
letters to them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal, null, or_, select, union_all

from outreach.booking.promises import Booking, VisitContact
from outreach.county import organisations
from outreach.county.contacts import Contact
from outreach.county.schools import Organisation
from outreach.coverage.search.typed import PHONE_FROM, Wanted
from outreach.ground.db import db
from outreach.post.outbox import Letter
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class PersonHit:
    """Somebody with one address at one school; `on_file` False: not written to any more, or named with a
    booking alone."""

    organisation_id: int
    organisation_name: str
    name: str
    role: str
    address: str
    on_file: bool
    reference: str


def matching(partnership_id: int, want: Wanted) -> Select[Any]:
    """Each address at each school once: on file, no longer on file, or named with a booking."""
    on_file = (
        select(
            Contact.organisation_id,
            func.lower(Contact.address).label("address"),
            Contact.name,
            Contact.role,
            case((Contact.ended_at.is_(None), 1), else_=0).label("on_file"),
            null().label("reference"),
        )
        .join(Organisation, Organisation.organisation_id == Contact.organisation_id)
        .where(
            organisations.ours(partnership_id),
            Contact.partnership_id == partnership_id,
            _person(Contact, want),
        )
    )
    named = (
        select(
            Booking.organisation_id,
            func.lower(VisitContact.address),
            VisitContact.name,
            VisitContact.role,
            literal(0),
            Booking.reference,
        )
        .join(Booking, Booking.id == VisitContact.booking_id)
        .join(Programme, Programme.id == Booking.programme_id)
        .where(Programme.partnership_id == partnership_id, _person(VisitContact, want))
    )
    each = union_all(on_file, named).subquery()
    return select(
        each.c.organisation_id,
        each.c.address,
        func.max(each.c.name).label("name"),
        func.max(each.c.role).label("role"),
        func.max(each.c.on_file).label("on_file"),
        func.max(each.c.reference).label("reference"),
    ).group_by(each.c.organisation_id, each.c.address)


def listed(partnership_id: int, want: Wanted, first: int, most: int) -> tuple[int, tuple[PersonHit, ...]]:
    """How many there are, 0 past the end of the list too; and some of them, those on file first."""
    each = matching(partnership_id, want).subquery()
    rows = db.session.execute(
        select(each, Organisation.name.label("organisation_name"), func.count().over().label("total"))
        .join(Organisation, Organisation.organisation_id == each.c.organisation_id)
        .order_by(each.c.on_file.desc(), func.lower(each.c.name), each.c.address, each.c.organisation_id)
        .offset(first)
        .limit(most)
    ).all()
    return rows[0].total if rows else 0, tuple(
        PersonHit(
            organisation_id=row.organisation_id,
            organisation_name=row.organisation_name,
            name=row.name,
            role=row.role,
            address=row.address,
            on_file=bool(row.on_file),
            reference=row.reference or "",
        )
        for row in rows
    )


def letters_to(partnership_id: int, want: Wanted) -> list[ColumnElement[bool]]:
    """The address that it went to has every word in it, or the whole of what was typed."""
    ours = Letter.partnership_id == partnership_id
    if "@" in want.solid or "." in want.solid:
        return [ours, Letter.recipient.icontains(want.solid, autoescape=True)]
    if any(len(word) < 3 for word in want.words):
        return [false()]
    return [ours, *(Letter.recipient.icontains(word, autoescape=True) for word in want.words)]


def listed_letters(
    partnership_id: int, want: Wanted, first: int, most: int
) -> tuple[int, tuple[Letter, ...]]:
    """How many there are, 0 past the end of the list too; and some of them, the newest first, without their
    bytes."""
    rows = db.session.execute(
        select(Letter, func.count().over())
        .where(*letters_to(partnership_id, want))
        .order_by(Letter.created_at.desc(), Letter.id.desc())
        .offset(first)
        .limit(most)
    ).all()
    return rows[0][1] if rows else 0, tuple(letter for letter, _ in rows)


def _person(table: Any, want: Wanted) -> ColumnElement[bool]:
    named = and_(*(table.found_by.contains(f" {word}", autoescape=True) for word in want.words))
    if "@" in want.solid:
        named = or_(named, table.found_by.contains(want.solid, autoescape=True))
    if len(want.figures) < PHONE_FROM:
        return named
    return or_(named, func.replace(table.phone, " ", "").contains(want.figures, autoescape=True))
