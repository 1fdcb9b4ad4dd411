"""A list of contacts against what is on file: what it would do, and it done.

The comparison is made again inside the transaction that takes the list in, so that a page left open for an hour, or a list
taken in twice, adds nothing a second time. What a school itself gave is not overwritten, only filled in where it was silent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select

from outreach.county import contacts
from outreach.county.contacts import BadAddress, Contact, Details
from outreach.county.lists import cells, entries, reading
from outreach.county.lists.cells import Person
from outreach.county.lists.entries import CHANGED, LEFT, NEW, REPAIR, SAME, TWICE, Entry, Looked
from outreach.county.lists.reading import Record
from outreach.county.lists.uploads import Upload
from outreach.county.lists.which_school import Match, OurSchools, Said
from outreach.county.partnerships import Authority
from outreach.county.schools import School
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.wording import day_short


@dataclass(frozen=True, kw_only=True)
class ContactEntry(Entry):
    """A person of a line. `details`: what would be kept; `on_file`: the row it meets; `into`: the line that it says again."""

    details: Details | None = None
    on_file: Contact | None = None
    into: str = ""


def look(upload: Upload, la_codes: Sequence[str]) -> Looked[ContactEntry]:
    """What the list would do for the schools of these authorities; writes nothing, four queries.

    Raises TooMuch.
    """
    ours = OurSchools(la_codes)
    on_file, ended = _on_file(la_codes, upload.row.partnership_id)
    layouts = reading.laid_out(upload)
    known: dict[Said, Match] = {}
    lines = 0

    def every() -> Iterator[ContactEntry]:
        nonlocal lines
        for record in reading.records(upload, layouts):
            lines += 1
            yield from _entries(upload, record, ours, known, ended)

    found = entries.bounded(every())
    return Looked(layouts=layouts, lines=lines, ours=ours, entries=_met(found, on_file))


def take_in(
    upload: Upload, la_codes: Sequence[str], *, source: str, source_date: date, who: str, now: datetime
) -> Looked[ContactEntry]:
    """Add what is new, replace what changed; what was done is returned.

    Raises TooMuch, or SourceMissing when nobody says where the addresses came from.
    """
    # Two lists at once queue at the rows of their authorities.
    db.session.execute(
        select(Authority.la_code)
        .where(Authority.la_code.in_(la_codes))
        .order_by(Authority.la_code)
        .with_for_update(key_share=True)
    )
    done = look(upload, la_codes)
    contacts.put_many(
        [(e.school.urn, e.on_file, e.details) for e in done.entries
         if e.fate in (NEW, CHANGED) and e.school is not None and e.details is not None],
        source=source, source_date=source_date, who=who, now=now,
    )  # fmt: skip
    return done


def suggested(entry: ContactEntry, domains: Sequence[str]) -> str:
    """What a broken address was probably meant to be, '' when nothing better is known. `domains`: those of the list."""
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
    upload: Upload, record: Record, ours: OurSchools, known: dict[Said, Match],
    ended: dict[tuple[int, str], datetime],
) -> Iterator[ContactEntry]:  # fmt: skip
    """What one line comes to, before it is held against what is on file."""
    people = record.people or ((Person(address=""), ""),)
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
            key=key, mark=mark, sheet=record.sheet, sheet_name=record.sheet_name, line=record.line, fate=NEW,
            fields=fields, shown=record.shown, said=record.said,
        )  # fmt: skip
        yield _judged(entry, record, person, said, ours, known, ended)


def _judged(
    entry: ContactEntry, record: Record, person: Person, said: object, ours: OurSchools, known: dict[Said, Match],
    ended: dict[tuple[int, str], datetime],
) -> ContactEntry:  # fmt: skip
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


def _doubt(person: Person) -> str:
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
    """New, changed or the same, with what would be kept: the list's word, and what is on file where it is silent; where the
    school itself gave what is on file it is the other way round."""
    if entry.fate != NEW or entry.on_file is None or entry.details is None:
        return entry
    kept = contacts.details_of(entry.on_file)
    if contacts.given_by_school(entry.on_file):
        laid = kept.filled_from(entry.details)
        differs = entry.details.filled_from(kept)
        note = "the school’s own word stands" if (differs.name, differs.role, differs.phone) != (
            laid.name, laid.role, laid.phone) else ""  # fmt: skip
    else:
        laid, note = entry.details.filled_from(kept), ""
    more = (laid.name, laid.role, laid.phone) != (kept.name, kept.role, kept.phone)
    return replace(entry, details=laid, fate=CHANGED if more else SAME, note=note)


def _on_file(
    la_codes: Sequence[str], partnership_id: int
) -> tuple[dict[tuple[int, str], Contact], dict[tuple[int, str], datetime]]:
    """What the partnership has on file by (URN, address); and of what it had once and has not any more, when it was taken off."""
    of_ours = Contact.urn.in_(select(School.urn).where(School.la_code.in_(la_codes)))
    mine = Contact.partnership_id == partnership_id
    rows = db.session.scalars(
        select(Contact).where(of_ours, mine, Contact.ended_at.is_(None)).order_by(Contact.id.desc())
    )
    on_file = {(row.urn, row.address.casefold()): row for row in rows}
    ended: dict[tuple[int, str], datetime] = {}
    for urn, address, at in db.session.execute(
        select(Contact.urn, Contact.address, func.max(Contact.ended_at))
        .where(of_ours, mine, Contact.ended_at.is_not(None))
        .group_by(Contact.urn, Contact.address)
        .order_by(Contact.urn, Contact.address)
    ):
        key = (urn, address.casefold())
        if key not in on_file and at is not None:
            ended[key] = at
    return on_file, ended
