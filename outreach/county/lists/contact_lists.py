"""A list of contacts against what is on file: what it would do, and it done.

The comparison is made again inside the transaction that takes the list in, so that a page left open for an
hour, or a list taken in twice, adds nothing a second time. What a school itself gave is not overwritten, only
filled in where it was silent. A list that was taken in can be taken back whole: what it made counts no more,
what it changed is as it was before, and what somebody changed since stays as it is.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from outreach.county import contacts
from outreach.county.contacts import BadAddress, Contact, Details
from outreach.county.lists import cells, entries, list_layout
from outreach.county.lists.cells import PersonInCell
from outreach.county.lists.entries import CHANGED, LEFT, NEW, OUTSIDE, REPAIR, SAME, TWICE, Entry, ListPreview
from outreach.county.lists.list_layout import Record
from outreach.county.lists.uploads import Upload
from outreach.county.lists.which_school import Match, OurSchools, SchoolAsWritten
from outreach.county.partnerships import Authority
from outreach.county.schools import School
from outreach.ground import history
from outreach.ground.db import Base, Instant, OfPartnership, db
from outreach.ground.errors import Refusal
from outreach.ground.wording import day_short
from outreach.post.outbox import Letter


class ContactList(Base, OfPartnership):
    """A list of contacts that was taken in, and what its lines came to. `lines` of the list name `named`
    people, or schools without anybody; each was made, changed, unchanged, merged into another, left out, or
    of a school in no target."""

    __tablename__ = "contact_list"
    __table_args__ = (
        UniqueConstraint("id", "partnership_id"),
        CheckConstraint(
            "named = made + changed + unchanged + merged + left_out + not_in_target", name="adds_up"
        ),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    lines: Mapped[int]
    named: Mapped[int]
    made: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    merged: Mapped[int]
    left_out: Mapped[int]
    not_in_target: Mapped[int]
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[str | None] = mapped_column(Text)


class ContactListLine(Base):
    """One contact that such a list made, and the row that it replaced, None where it was new."""

    __tablename__ = "contact_list_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["list_id", "partnership_id"],
            ["contact_list.id", "contact_list.partnership_id"],
            name="fk_contact_list_line_list_id",
        ),
        CheckConstraint("replaced_id <> contact_id", name="replaced"),
        UniqueConstraint("contact_id"),
        UniqueConstraint("replaced_id"),
        Index("ix_contact_list_line_list_id", "list_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int]
    partnership_id: Mapped[int]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    replaced_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))


class NoSuchList(Refusal):
    """A list that was taken back already."""


@dataclass(frozen=True, kw_only=True)
class Back:
    """One contact of a list as taking the list back would leave it. `before`: what would stand again, None:
    nothing. `since`: what somebody did to it since, in words, so that it stays as it is; '' where nobody
    did."""

    school: School
    contact: Contact
    before: Contact | None
    since: str


@dataclass(frozen=True, kw_only=True)
class ContactEntry(Entry):
    """A person of a line. `details`: what would be kept; `on_file`: the row it meets; `into`: the line that
    it says again."""

    details: Details | None = None
    on_file: Contact | None = None
    into: str = ""


def look(
    upload: Upload, la_codes: Sequence[str], *, target: Collection[int] | None = None
) -> ListPreview[ContactEntry]:
    """What the list would do for the schools of these authorities; writes nothing, four queries.

    `target`: the URNs of the schools that some programme is for; what is new of others is left aside unless a
    coordinator says so; None: nobody knows yet. Raises TooMuch.
    """
    ours = OurSchools(la_codes)
    on_file, ended = _on_file(la_codes, upload.row.partnership_id)
    layouts = list_layout.laid_out(upload)
    known: dict[SchoolAsWritten, Match] = {}
    lines = 0

    def every() -> Iterator[ContactEntry]:
        nonlocal lines
        for record in list_layout.records(upload, layouts):
            lines += 1
            yield from _entries(upload, record, ours, known, ended)

    found = entries.bounded(every())
    met = _met(found, on_file)
    if target is not None and not upload.choices.outside:
        met = [_in_target(entry, target) for entry in met]
    return ListPreview(layouts=layouts, lines=lines, ours=ours, entries=met)


def take_in(
    upload: Upload,
    la_codes: Sequence[str],
    *,
    target: Collection[int] | None = None,
    source: str,
    source_date: date,
    who: str,
    now: datetime,
) -> tuple[ListPreview[ContactEntry], ContactList | None]:
    """Add what is new, replace what changed; what was done is returned, and the list as it is kept (None:
    nothing was done).

    Raises TooMuch, or SourceMissing when nobody says where the addresses came from.
    """
    _queue(la_codes)
    done = look(upload, la_codes, target=target)
    put = [
        (e.school.urn, e.on_file, e.details)
        for e in done.entries
        if e.fate in (NEW, CHANGED) and e.school is not None and e.details is not None
    ]
    rows = contacts.put_many(put, source=source, source_date=source_date, who=who, now=now)
    return done, _kept(upload, done, put, rows, who=who, now=now) if rows else None


def lists(partnership_id: int) -> list[ContactList]:
    """The lists that were taken in and not back, the newest first."""
    return list(
        db.session.scalars(
            select(ContactList)
            .where(ContactList.partnership_id == partnership_id, ContactList.withdrawn_at.is_(None))
            .order_by(ContactList.id.desc())
        )
    )


def find_list(partnership_id: int, list_id: int) -> ContactList | None:
    """A list of this partnership, taken back or not."""
    row = db.session.get(ContactList, list_id) if list_id < 2**31 else None
    return row if row is not None and row.partnership_id == partnership_id else None


def backing(row: ContactList) -> list[Back]:
    """What taking a list back would do to each of its contacts, by school; two queries."""
    before = aliased(Contact)
    found = db.session.execute(
        select(School, Contact, before)
        .select_from(ContactListLine)
        .join(Contact, Contact.id == ContactListLine.contact_id)
        .join(School, School.urn == Contact.organisation_id)
        .outerjoin(before, before.id == ContactListLine.replaced_id)
        .where(ContactListLine.list_id == row.id)
        .order_by(School.name, School.urn, Contact.id)
    ).all()
    later = _later(row)
    return [
        Back(school=school, contact=contact, before=was, since=_since(contact, later))
        for school, contact, was in found
    ]


def withdraw(
    list_id: int, la_codes: Sequence[str], *, partnership_id: int, who: str, now: datetime
) -> list[Back]:
    """End what the list made and put back what it changed; what somebody changed since stays. What was done
    is returned.

    Letters and links that went out stay as they are. Raises NoSuchList.
    """
    _queue(la_codes)
    row = db.session.scalar(
        select(ContactList)
        .where(
            ContactList.id == list_id,
            ContactList.partnership_id == partnership_id,
            ContactList.withdrawn_at.is_(None),
        )
        .with_for_update()
    )
    if row is None:
        raise NoSuchList("That list was taken back already.")
    # Behind the rows themselves: whoever ends or changes one of them at the same moment comes before or
    # after.
    of_list = select(ContactListLine.contact_id).where(ContactListLine.list_id == row.id)
    db.session.execute(
        select(Contact.id).where(Contact.id.in_(of_list)).order_by(Contact.id).with_for_update()
    )
    db.session.expire_all()
    done = backing(row)
    contacts.withdraw_many([(b.contact, b.before) for b in done if not b.since], who=who, now=now)
    row.withdrawn_at, row.withdrawn_by = now, who
    history.record(
        "contact list taken back",
        history.Subject("partnership", partnership_id, partnership_id),
        who=who,
        now=now,
        before={"file": row.file_name, "contacts": len(done)},
        after={"left as they are": sum(bool(b.since) for b in done)},
    )
    db.session.flush()
    return done


def written_to(row: ContactList, done: Sequence[Back]) -> int:
    """To how many of a list's addresses some letter was put down since the list came in; one query."""
    addresses = {b.contact.address.casefold() for b in done}
    written = db.session.scalars(
        select(func.lower(Letter.recipient))
        .where(Letter.partnership_id == row.partnership_id, Letter.created_at >= row.recorded_at)
        .distinct()
        .order_by(func.lower(Letter.recipient))
    )
    return len(addresses.intersection(written))


def _queue(la_codes: Sequence[str]) -> None:
    """Two lists at once, taken in or back, queue at the rows of their authorities."""
    db.session.execute(
        select(Authority.la_code)
        .where(Authority.la_code.in_(la_codes))
        .order_by(Authority.la_code)
        .with_for_update(key_share=True)
    )


def _kept(
    upload: Upload,
    done: ListPreview[ContactEntry],
    put: Sequence[tuple[int, Contact | None, Details]],
    rows: Sequence[Contact],
    *,
    who: str,
    now: datetime,
) -> ContactList:
    sums = done.sums
    kept = ContactList(
        partnership_id=upload.row.partnership_id,
        file_name=upload.row.file_name,
        recorded_at=now,
        who=who,
        lines=done.lines,
        named=len(done.entries),
        made=sums[NEW],
        changed=sums[CHANGED],
        unchanged=sums[SAME],
        merged=sums[TWICE],
        left_out=sums[LEFT] + sums[REPAIR],
        not_in_target=sums[OUTSIDE],
    )
    db.session.add(kept)
    db.session.flush()
    for (_, replaced, _), contact in zip(put, rows, strict=True):
        db.session.add(
            ContactListLine(
                list_id=kept.id,
                partnership_id=kept.partnership_id,
                contact_id=contact.id,
                replaced_id=None if replaced is None else replaced.id,
            )
        )
    said = {"file": kept.file_name, "made": kept.made, "changed": kept.changed}
    history.record(
        "contact list taken in",
        history.Subject("partnership", kept.partnership_id, kept.partnership_id),
        who=who,
        now=now,
        after=said,
    )
    db.session.flush()
    return kept


def _later(row: ContactList) -> dict[tuple[int, str], Contact]:
    """What stands now at the schools of a list, by (URN, address)."""
    urns = select(Contact.organisation_id).join(ContactListLine, ContactListLine.contact_id == Contact.id)
    urns = urns.where(ContactListLine.list_id == row.id)
    rows = db.session.scalars(
        select(Contact)
        .where(
            Contact.organisation_id.in_(urns),
            Contact.partnership_id == row.partnership_id,
            Contact.ended_at.is_(None),
        )
        .order_by(Contact.id)
    )
    return {(contact.organisation_id, contact.address.casefold()): contact for contact in rows}


def _since(contact: Contact, later: dict[tuple[int, str], Contact]) -> str:
    if contact.ended_at is None:
        return ""
    now_is = later.get((contact.organisation_id, contact.address.casefold()))
    if now_is is None:
        return f"taken off on {day_short(contact.ended_at)}"
    return f"changed on {day_short(now_is.created_at)}, from {now_is.source}"


def _in_target(entry: ContactEntry, target: Collection[int]) -> ContactEntry:
    """What is new, or to be put right, of a school that no programme is for is left aside."""
    if entry.fate not in (NEW, REPAIR) or entry.school is None or entry.school.urn in target:
        return entry
    return replace(entry, fate=OUTSIDE, reason="No programme is for this school", field="")


def suggested(entry: ContactEntry, domains: Sequence[str]) -> str:
    """What a broken address was probably meant to be, '' when nothing better is known. `domains`: those of
    the list."""
    meant = cells.mended(entry.fields["address"])
    local, _, domain = meant.partition("@")
    if local and domain and "." not in domain:
        whole = next((d for d in domains if d.startswith(f"{domain.casefold()}.")), "")
        meant = f"{local}@{whole}" if whole else meant
    try:
        kept = contacts.clean_address(meant)
    except BadAddress:
        return ""
    return "" if kept == entry.fields["address"] else kept


def _entries(
    upload: Upload,
    record: Record,
    ours: OurSchools,
    known: dict[SchoolAsWritten, Match],
    ended: dict[tuple[int, str], datetime],
) -> Iterator[ContactEntry]:
    """What one line comes to, before it is held against what is on file."""
    people = record.people or ((PersonInCell(address=""), ""),)
    for part, (person, phone) in enumerate(people):
        key, mark = f"{record.sheet}.{record.line}.{part}", record.mark(part)
        said = entries.put_right(upload.choices, key, mark)
        name, role = (person.name, person.role)
        if not record.people and record.without:
            name, role, phone = record.without[0]
        fields = {
            "school": said.get("school", ""),
            "address": said.get("address", person.address),
            "name": said.get("name", name),
            "role": said.get("role", role),
            "phone": said.get("phone", phone),
        }
        entry = ContactEntry(
            key=key,
            mark=mark,
            sheet=record.sheet,
            sheet_name=record.sheet_name,
            line=record.line,
            fate=NEW,
            fields=fields,
            shown=record.shown,
            said=record.said,
        )
        yield _judged(entry, record=record, person=person, said=said, ours=ours, known=known, ended=ended)


def _judged(
    entry: ContactEntry,
    *,
    record: Record,
    person: PersonInCell,
    said: object,
    ours: OurSchools,
    known: dict[SchoolAsWritten, Match],
    ended: dict[tuple[int, str], datetime],
) -> ContactEntry:
    assert hasattr(said, "get")
    if said.get("out"):
        return replace(entry, fate=LEFT, reason=entries.BY_YOU)
    if record.again:
        return replace(entry, fate=LEFT, reason=entries.SAID_AGAIN)
    match = entries.matched(record, said.get("school"), ours, known)
    if not record.people and not said.get("address"):
        if match.school is None and record.filled <= 2 and not record.without:
            return replace(entry, fate=LEFT, reason=entries.NO_LINE)
        if match.school is not None:
            return replace(
                entry, fate=REPAIR, field="address", reason="No email address", school=match.school
            )
    if match.school is None:
        return replace(entry, fate=REPAIR, field="school", reason=match.reason)
    entry = replace(entry, school=match.school)
    if person.doubt and not said.get("address"):
        return replace(entry, fate=REPAIR, field="address", reason=_doubt(person))
    try:
        kept = contacts.details(**{name: text for name, text in entry.fields.items() if name != "school"})
    except BadAddress as bad:
        return replace(entry, fate=REPAIR, field="address", reason=bad.message)
    except Refusal as bad:
        return replace(entry, fate=REPAIR, field=bad.field or "name", reason=bad.message)
    gone = ended.get((match.school.urn, kept.address.casefold()))
    if gone is not None and not said.get("again"):
        reason = f"{kept.address} was taken off this school on {day_short(gone)}"
        return replace(entry, fate=REPAIR, field="again", reason=reason, details=kept)
    return replace(entry, details=kept)


def _doubt(person: PersonInCell) -> str:
    if person.doubt == "space":
        return f"‘{person.address}’ has a blank in it"
    try:
        contacts.clean_address(person.address)
    except BadAddress as bad:
        return bad.message
    return f"‘{person.address}’ cannot be read beyond doubt"


def _met(found: Sequence[ContactEntry], on_file: dict[tuple[int, str], Contact]) -> list[ContactEntry]:
    """Each entry against what is on file; one that says an address again is merged into the first of it."""
    first: dict[tuple[int, str], int] = {}
    met: list[ContactEntry] = []
    for entry in found:
        if entry.fate != NEW or entry.school is None or entry.details is None:
            met.append(entry)
            continue
        key = (entry.school.urn, entry.details.address.casefold())
        if key not in first:
            first[key] = len(met)
            met.append(replace(entry, on_file=on_file.get(key)))
            continue
        earlier = met[first[key]]
        assert earlier.details is not None
        met[first[key]] = replace(earlier, details=earlier.details.filled_from(entry.details))
        into = f"line {earlier.line}" + (f" of {earlier.sheet_name}" if earlier.sheet != entry.sheet else "")
        met.append(replace(entry, fate=TWICE, into=into))
    return [_compared(entry) for entry in met]


def _compared(entry: ContactEntry) -> ContactEntry:
    """New, changed or the same, with what would be kept: the list's word, and what is on file where it is
    silent; where the school itself gave what is on file it is the other way round."""
    if entry.fate != NEW or entry.on_file is None or entry.details is None:
        return entry
    kept = contacts.details_of(entry.on_file)
    if contacts.given_by_organisation(entry.on_file):
        laid = kept.filled_from(entry.details)
        differs = entry.details.filled_from(kept)
        note = (
            "the school’s own word stands"
            if (differs.name, differs.role, differs.phone) != (laid.name, laid.role, laid.phone)
            else ""
        )
    else:
        laid, note = entry.details.filled_from(kept), ""
    more = (laid.name, laid.role, laid.phone) != (kept.name, kept.role, kept.phone)
    return replace(entry, details=laid, fate=CHANGED if more else SAME, note=note)


def _on_file(
    la_codes: Sequence[str], partnership_id: int
) -> tuple[dict[tuple[int, str], Contact], dict[tuple[int, str], datetime]]:
    """What the partnership has on file by (URN, address); and of what it had once and has not any more, when
    it was taken off."""
    of_ours = Contact.organisation_id.in_(select(School.urn).where(School.la_code.in_(la_codes)))
    mine = Contact.partnership_id == partnership_id
    rows = db.session.scalars(
        select(Contact).where(of_ours, mine, Contact.ended_at.is_(None)).order_by(Contact.id.desc())
    )
    on_file = {(row.organisation_id, row.address.casefold()): row for row in rows}
    ended: dict[tuple[int, str], datetime] = {}
    for urn, address, at in db.session.execute(
        select(Contact.organisation_id, Contact.address, func.max(Contact.ended_at))
        .where(of_ours, mine, Contact.ended_at.is_not(None))
        .group_by(Contact.organisation_id, Contact.address)
        .order_by(Contact.organisation_id, Contact.address)
    ):
        key = (urn, address.casefold())
        if key not in on_file and at is not None:
            ended[key] = at
    return on_file, ended
