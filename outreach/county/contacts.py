"""Contacts of a school or a body: work details, with where they came from; ended, not overwritten."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, Text, case, func, select, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, aliased, mapped_column

from outreach.county.partnerships import Authority
from outreach.county.schools import OPEN_STATUSES, Organisation, School, Succession
from outreach.ground import history
from outreach.ground.audience import FIRST_OF_BODIES, whom
from outreach.ground.db import Base, FoundByName, Instant, db, made_once
from outreach.ground.errors import Refusal
from outreach.post import links

LONGEST = 200


def given_by(organisation_id: int) -> str:
    """Where an address came from that whoever is asked gave itself, as the next letter says it: 'Your address came
    from the school'."""
    return f"the {whom(organisation_id)}"


def confirmed_by(organisation_id: int) -> str:
    return f"{given_by(organisation_id)}, which confirmed it"


_COLLEAGUE = "a colleague at the "


def _holder(context: DefaultExecutionContext) -> int | None:
    """Where nothing else is said, a contact is whose the school or the body is."""
    organisation_id = context.get_current_parameters()["organisation_id"]
    holder: int | None = context.connection.scalar(_holder_of(organisation_id))
    return holder


def _holder_of(organisation_id: Any) -> Select[int | None]:
    """The partnership that holds an organisation now: a school through its authority, a body by itself."""
    held, of = aliased(Organisation), aliased(Authority)
    return (
        select(func.coalesce(held.partnership_id, of.partnership_id))
        .select_from(held)
        .outerjoin(of, of.la_code == held.la_code)
        .where(held.organisation_id == organisation_id)
    )


class Contact(Base, FoundByName):
    """One person or office at one school or body. A dated row: it counts from created_at until ended_at.

    It is the partnership's that put it down, and stays so when the school goes to another.
    """

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_organisation_id", "organisation_id"),
        Index("ix_contact_address", "address"),
        Index(
            "uq_contact_organisation_id_address",
            "organisation_id",
            "partnership_id",
            "address",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    partnership_id: Mapped[int | None] = mapped_column(
        ForeignKey("partnership.id"), index=True, default=_holder
    )
    name: Mapped[str] = mapped_column(Text, default="")
    role: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(Text)
    source_date: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class BadAddress(Refusal):
    """That is no mail address."""

    field = "address"


class BadText(Refusal):
    """Text that cannot be kept: too long, or with control characters."""


class ContactOnFile(Refusal):
    """The school or body has that address already."""

    field = "address"


class SourceMissing(Refusal):
    """Every address says where it came from: the letters say so to the person."""

    field = "source"


@dataclass(frozen=True, kw_only=True)
class Details:
    """What is kept of a contact; '' is not known."""

    name: str
    role: str
    address: str
    phone: str

    def filled_from(self, other: "Details") -> "Details":
        """These, and `other`'s where these are silent."""
        return Details(
            name=self.name or other.name,
            role=self.role or other.role,
            address=self.address,
            phone=self.phone or other.phone,
        )


def details(name: str, role: str, address: str, phone: str) -> Details:
    """Typed text as it is kept. Raises BadAddress or BadText."""
    return Details(
        name=_clean(name, "Name"),
        role=_clean(role, "Role"),
        address=clean_address(address),
        phone=_clean(phone, "Phone"),
    )


def details_of(contact: Contact) -> Details:
    return Details(name=contact.name, role=contact.role, address=contact.address, phone=contact.phone)


def given_by_organisation(contact: Contact) -> bool:
    """Whether the school or body itself gave what is on file: said so at our question, named a colleague, or booked
    with it."""
    source, of = contact.source, contact.organisation_id
    named = f"{_COLLEAGUE}{whom(of)}"
    return (
        source in (given_by(of), confirmed_by(of))
        or re.fullmatch("booking [A-Z0-9-]+", source) is not None
        or source == named
        or source.startswith(f"{named}, ")
        or (
            source.startswith("named by ") and source.endswith(", at the school")
        )  # as it was put down before
    )


def named_there(organisation_id: int, who: str) -> str:
    """The source of an address that somebody at the school or body gave; `who`: as the history has that person."""
    at = f"at the {whom(organisation_id)}"
    named = f"{_COLLEAGUE}{whom(organisation_id)}"
    return named if not who or who.endswith(at) else f"{named}, {who}"


def contacts_of_organisation(organisation_id: int, partnership_id: int | None = None) -> list[Contact]:
    """A school's contacts that count now, the one to write to first.

    Those of a partnership; None: of whoever holds the school now.
    """
    return of_organisations([organisation_id], partnership_id).get(organisation_id, [])


def of_organisations(
    organisation_ids: Iterable[int], partnership_id: int | None = None
) -> dict[int, list[Contact]]:
    """The contacts that count now of many schools, by URN, the one to write to first; one query."""
    found: dict[int, list[Contact]] = {}
    for row in db.session.scalars(*_counting(set(organisation_ids), partnership_id)):
        found.setdefault(row.organisation_id, []).append(row)
    for contacts in found.values():
        contacts.sort(key=lambda contact: (_rank_of(contact), contact.id))
    return found


@made_once
def _counting(organisation_ids: Collection[int], partnership_id: int | None) -> Select[Contact]:
    return (
        select(Contact)
        .where(
            Contact.organisation_id.in_(organisation_ids),
            Contact.ended_at.is_(None),
            whose(partnership_id, Contact.organisation_id),
        )
        .order_by(Contact.id)
    )


def whose(partnership_id: int | None, organisation_id: Any) -> ColumnElement[bool]:
    """Contacts of a partnership; None: of the one that holds the school of a column of URNs now."""
    if partnership_id is not None:
        return Contact.partnership_id == partnership_id
    return Contact.partnership_id.is_not_distinct_from(_holder_of(organisation_id).scalar_subquery())


def to_write_to(
    organisation_ids: Iterable[int], partnership_id: int | None = None
) -> dict[int, list[Contact]]:
    """As `of_organisations`; a school with nobody on file of its own has the contacts of the closed schools it came
    from.

    Two queries. Contacts go to the successor; once it has its own, those stand for it alone.
    """
    wanted = set(organisation_ids)
    found = of_organisations(wanted, partnership_id)
    bare = wanted - found.keys()
    if not bare:
        return found
    for heir, contact in db.session.execute(*_left(bare, partnership_id)):
        found.setdefault(heir, []).append(contact)
    for heir in bare & found.keys():
        found[heir].sort(key=lambda contact: (_rank_of(contact), contact.id))
    return found


@made_once
def _left(organisation_ids: Collection[int], partnership_id: int | None) -> Select[int, Contact]:
    return (
        select(Succession.successor_id, Contact)
        .join(Contact, Contact.organisation_id == Succession.predecessor_id)
        .join(Organisation, Organisation.organisation_id == Succession.predecessor_id)
        .where(
            Succession.successor_id.in_(organisation_ids),
            Organisation.status.not_in(OPEN_STATUSES),
            Contact.ended_at.is_(None),
            whose(partnership_id, Succession.successor_id),
        )
        .order_by(Succession.successor_id, Contact.id)
    )


def get(contact_id: int, organisation_id: int) -> Contact | None:
    """A school's contact that counts now, or None."""
    return db.session.scalar(
        select(Contact).where(
            Contact.id == contact_id,
            Contact.organisation_id == organisation_id,
            Contact.ended_at.is_(None),
            whose(None, Contact.organisation_id),
        )
    )


def ended(contact_id: int, organisation_id: int, partnership_id: int) -> Contact | None:
    """A school's contact that does not count any more; None for any other."""
    found = db.session.get(Contact, contact_id)
    theirs = found is not None and (found.organisation_id, found.partnership_id) == (
        organisation_id,
        partnership_id,
    )
    return found if found is not None and theirs and found.ended_at is not None else None


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How many open schools there are, and how many of them have somebody on file."""

    schools: int
    with_contact: int


def reach(la_codes: Iterable[str]) -> Reach:
    """Of all open schools of these authorities."""
    on_file = _on_file(la_codes := list(la_codes))
    schools, reached = db.session.execute(
        select(func.count(), func.count(case((School.organisation_id.in_(on_file), 1)))).where(
            School.la_code.in_(la_codes), School.status.in_(OPEN_STATUSES)
        )
    ).one()
    return Reach(schools=schools, with_contact=reached)


def schools_without(la_codes: Iterable[str]) -> list[School]:
    """The open schools of these authorities with nobody on file, by name."""
    on_file = _on_file(la_codes := list(la_codes))
    return list(
        db.session.scalars(
            select(School)
            .where(
                School.la_code.in_(la_codes),
                School.status.in_(OPEN_STATUSES),
                School.organisation_id.not_in(on_file),
            )
            .order_by(School.name, School.organisation_id)
        )
    )


def _on_file(la_codes: list[str]) -> Select[int]:
    """The schools of some authorities with somebody on file of the partnership that holds them."""
    held, of = aliased(School), aliased(Authority)
    return (
        select(Contact.organisation_id)
        .join(held, held.organisation_id == Contact.organisation_id)
        .outerjoin(of, of.la_code == held.la_code)
        .where(
            Contact.ended_at.is_(None),
            held.la_code.in_(la_codes),
            Contact.partnership_id.is_not_distinct_from(of.partnership_id),
        )
    )


def clean_address(typed: str) -> str:
    """The address as it is kept: trimmed, its domain in small letters and in ASCII. Raises BadAddress in
    words.

    One form of it, so that whoever answers from there is known again: mail and calendars write
    ‘schule-müller’ as IDNA.
    """
    trimmed = typed.strip().removeprefix("mailto:").strip()
    if not trimmed:
        raise BadAddress("Enter an email address.")
    address = find_address(trimmed)
    if address is None:
        shown = "".join(c if c.isprintable() else "?" for c in trimmed)[:80]
        raise BadAddress(f"‘{shown}’ is not an email address. It should look like office@school.example.")
    return address


def find_address(text: str) -> str | None:
    """The mail address that a text is, its domain in small letters and in ASCII; None when it is none.

    Its shape alone is judged: no name server is asked inside a request.
    """
    from email_validator import EmailNotValidError, validate_email  # late: few requests bring an address

    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    return f"{found.local_part}@{found.ascii_domain}"


def add(
    organisation_id: int,
    *,
    name: str,
    role: str,
    address: str,
    phone: str,
    source: str,
    source_date: date,
    who: str,
    now: datetime,
    partnership_id: int | None = None,
) -> Contact:
    """A new contact of one school, of the partnership that holds it if none is named. Raises BadAddress,
    BadText, SourceMissing or ContactOnFile."""
    kept = details(name, role, address, phone)
    source = _source(source)
    # Two adds at once queue at the organisation's row.
    db.session.execute(
        select(Organisation.organisation_id)
        .where(Organisation.organisation_id == organisation_id)
        .with_for_update(key_share=True)
    )
    if any(
        c.address.casefold() == kept.address.casefold()
        for c in contacts_of_organisation(organisation_id, partnership_id)
    ):
        raise ContactOnFile(f"{kept.address} is already on file here.")
    whose_it_is = (
        partnership_id if partnership_id is not None else _holders([organisation_id]).get(organisation_id)
    )
    contact = _put(organisation_id, kept, source, source_date, whose_it_is, who=who, now=now)
    db.session.flush()
    return contact


def change(
    contact: Contact, kept: Details, *, source: str, source_date: date, who: str, now: datetime
) -> Contact:
    """The same person or office as known from now on: a new row in place of this one; the same again leaves it.
    Raises SourceMissing or ContactOnFile."""
    others = contacts_of_organisation(contact.organisation_id, contact.partnership_id)
    if any(c.address.casefold() == kept.address.casefold() for c in others if c.id != contact.id):
        raise ContactOnFile(f"{kept.address} is already on file here.")
    if details_of(contact) == kept and contact.source == source:
        return contact
    lines = [(contact.organisation_id, contact, kept)]
    return put_many(
        lines, source=source, source_date=source_date, who=who, now=now, partnership_id=contact.partnership_id
    )[0]


def as_it_stands(contact_id: int, organisation_id: int) -> Contact | None:
    """A school's contact of that number, or what was put in its place since; None where it ended, or is not told
    apart from others that were changed at that moment."""
    found = db.session.scalar(
        select(Contact).where(
            Contact.id == contact_id,
            Contact.organisation_id == organisation_id,
            whose(None, Contact.organisation_id),
        )
    )
    while found is not None and found.ended_at is not None:
        then = db.session.scalars(
            select(Contact)
            .where(
                Contact.organisation_id == organisation_id,
                Contact.partnership_id == found.partnership_id,
                Contact.created_at == found.ended_at,
                Contact.id > found.id,
            )
            .order_by(Contact.id)
        ).all()
        same = [c for c in then if c.address.casefold() == found.address.casefold()] or then
        found = same[0] if len(same) == 1 else None
    return found


def end(contact: Contact, *, who: str, now: datetime, programmes: Select[int] | None = None) -> None:
    """This person or office is not written to any more, and links it was sent into some programmes (None:
    any) are closed.

    Ending twice changes nothing.
    """
    if contact.ended_at is not None:
        return
    contact.ended_at = now
    links.withdraw(
        organisation_id=contact.organisation_id, address=contact.address, programmes=programmes, now=now
    )
    history.record(
        "contact ended",
        history.Subject("school", contact.organisation_id, contact.partnership_id),
        who=who,
        now=now,
        before=_said(contact),
    )
    db.session.flush()


def put_many(
    lines: Sequence[tuple[int, Contact | None, Details]],
    *,
    source: str,
    source_date: date,
    who: str,
    now: datetime,
    partnership_id: int | None = None,
) -> list[Contact]:
    """Many contacts at once: (URN, the row it replaces or None, what to keep); the new rows, in that order.
    Raises SourceMissing.

    They are the named partnership's, else of whoever holds each school.
    """
    source = _source(source)
    holders = (
        {} if partnership_id is not None else _holders([organisation_id for organisation_id, _, _ in lines])
    )
    for _organisation_id, replaced, _kept in lines:
        if replaced is not None:
            replaced.ended_at = now
    if any(replaced is not None for _organisation_id, replaced, _kept in lines):
        db.session.flush()
    made = []
    for organisation_id, replaced, kept in lines:
        whose_it_is = partnership_id if partnership_id is not None else holders.get(organisation_id)
        made.append(_put(organisation_id, kept, source, source_date, whose_it_is, replaced, who=who, now=now))
    db.session.flush()
    return made


def withdraw_many(rows: Sequence[tuple[Contact, Contact | None]], *, who: str, now: datetime) -> None:
    """Many contacts that count now do so no more: (the row, the row before it or None). What stood before it
    stands again, as a new row with its own source. What went to them stays as it is, their links, too."""
    for contact, _before in rows:
        contact.ended_at = now
    db.session.flush()
    for contact, before in rows:
        if before is not None:
            db.session.add(
                Contact(
                    organisation_id=contact.organisation_id,
                    name=before.name,
                    role=before.role,
                    address=before.address,
                    phone=before.phone,
                    source=before.source,
                    source_date=before.source_date,
                    created_at=now,
                    partnership_id=contact.partnership_id,
                )
            )
        history.record(
            "contact as before its list" if before else "contact ended with its list",
            history.Subject("school", contact.organisation_id, contact.partnership_id),
            who=who,
            now=now,
            before=_said(contact),
            after=_said(before) if before else None,
        )
    db.session.flush()


def _put(
    organisation_id: int,
    kept: Details,
    source: str,
    source_date: date,
    partnership_id: int | None,
    replaced: Contact | None = None,
    *,
    who: str,
    now: datetime,
) -> Contact:
    contact = Contact(
        organisation_id=organisation_id,
        name=kept.name,
        role=kept.role,
        address=kept.address,
        phone=kept.phone,
        source=source,
        source_date=source_date,
        created_at=now,
        partnership_id=partnership_id,
    )
    db.session.add(contact)
    history.record(
        "contact changed" if replaced else "contact added",
        history.Subject("school", organisation_id, partnership_id),
        who=who,
        now=now,
        before=_said(replaced) if replaced else None,
        after=_said(contact) | {"from": source},
    )
    return contact


def _holders(organisation_ids: Collection[int]) -> dict[int, int]:
    """{URN: the partnership that holds it now}."""
    found: dict[int, int] = {}
    wanted = sorted(set(organisation_ids))
    held = Organisation.organisation_id
    holder = func.coalesce(Organisation.partnership_id, Authority.partnership_id)
    query = (
        select(held, holder)
        .outerjoin(Authority, Authority.la_code == Organisation.la_code)
        .where(holder.is_not(None))
        .order_by(held)
    )
    for start in range(0, len(wanted), 5000):
        rows = db.session.execute(query.where(held.in_(wanted[start : start + 5000])))
        found |= {organisation_id: partnership_id for organisation_id, partnership_id in rows}
    return found


def _said(contact: Contact) -> dict[str, str]:
    return asdict(details_of(contact))


def _source(typed: str) -> str:
    source = _clean(typed, "Source")
    if not source:
        raise SourceMissing("Say where the address came from: letters tell the person so.")
    return source


def _clean(typed: str, what: str) -> str:
    """Trimmed, one line, spaces single. Raises BadText for control characters or too much."""
    if any(unicodedata.category(c) == "Cc" and c not in "\t\r\n" for c in typed):
        raise BadText(f"{what} holds characters that cannot be read.", field=what.lower())
    kept = " ".join(typed.split())
    if len(kept) > LONGEST:
        raise BadText(f"{what} must be {LONGEST} characters or fewer.", field=what.lower())
    return kept


def is_lead(role: str) -> bool:
    """Whether a role is that of the safeguarding lead, not of a deputy."""
    return _rank(role) == 0


def manages(role: str) -> bool:
    """Whether a role at a body is that of whoever it answers to: a gap there is raised to them."""
    said = role.casefold()
    heads = ("manager", "head", "chief", "director", "inspector", "superintendent")
    return any(word in said for word in heads) and not any(
        word in said for word in ("deputy", "assistant", "training", "secretary")
    )


def _rank_of(contact: Contact) -> int:
    """Of a body: whoever arranges training there first, whoever manages it last."""
    if contact.organisation_id < FIRST_OF_BODIES:
        return _rank(contact.role)
    if "training" in contact.role.casefold() or _rank(contact.role) == 0:
        return 0
    return 4 if manages(contact.role) else 3


def _rank(role: str) -> int:
    """Whom to write to first: the safeguarding lead, those who teach or tend, the office, the head last.

    The head comes last since a gap is raised to the head only with a coordinator's consent.
    """
    said = f" {role.casefold()} "
    if "deputy" in said and ("safeguard" in said or "dsl" in said):
        return 1
    if "safeguard" in said or "dsl" in said or "child protection" in said:
        return 0
    if any(word in said for word in ("pshe", "rshe", "pastoral", "welfare")):
        return 2
    if "head" in said and "head of" not in said or "principal" in said:
        return 4
    return 3
