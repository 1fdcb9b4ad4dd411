"""A list of bodies against those that are known: what it would do, it done, and it taken back whole.

As with contacts the comparison is made again inside the transaction that takes the list in. What the list made and
nobody touched since goes again when it is taken back; what it changed is as it was before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    delete,
    func,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import bodies, contacts, partnerships
from outreach.county.bodies import Body, BodyFacts, BodyMakesNoSense
from outreach.county.contacts import BadAddress, Contact, Details
from outreach.county.lists import cells, entries, list_layout
from outreach.county.lists.entries import CHANGED, LEFT, NEW, REPAIR, SAME, TWICE, Entry, ListPreview
from outreach.county.lists.list_layout import Record
from outreach.county.lists.uploads import Upload
from outreach.county.schools import OrganisationRecord
from outreach.ground import history
from outreach.ground.db import Base, Instant, OfPartnership, db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import day_with_year

FIELD_OF = {
    "name": "body",
    "kind": "body_kind",
    "district": "district",
    "front_line_staff": "staff",
    "staff_counted_on": "counted",
}
"""Which field of a line a fact of a body is read from."""


class BodyList(Base, OfPartnership):
    """A list of bodies that was taken in: how many it made and changed."""

    __tablename__ = "body_list"
    __table_args__ = (
        UniqueConstraint("id", "partnership_id"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
        CheckConstraint("made >= 0 AND changed >= 0 AND made + changed > 0", name="adds_up"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    made: Mapped[int]
    changed: Mapped[int]
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[str | None] = mapped_column(Text)


class BodyListLine(Base):
    """One body that such a list made or changed; `before`: its facts until then, None where it was new."""

    __tablename__ = "body_list_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["list_id", "partnership_id"],
            ["body_list.id", "body_list.partnership_id"],
            name="fk_body_list_line_list_id",
        ),
        UniqueConstraint("list_id", "organisation_id"),
        Index("ix_body_list_line_organisation_id", "organisation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int]
    partnership_id: Mapped[int]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    before: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))


class NoSuchBodyList(Refusal):
    """A list of bodies that was taken back already."""


@dataclass(frozen=True, kw_only=True)
class BodyEntry(Entry):
    """A body of a line. `facts`: what would be kept; `known`: the body it meets; `people`: its contacts that are not on
    file; `into`: the line that it says again."""

    facts: BodyFacts | None = None
    known: Body | None = None
    people: tuple[Details, ...] = ()
    into: str = ""


@dataclass(frozen=True, kw_only=True)
class Back:
    """What taking a list back came to: so many bodies gone, as before, and left as they are."""

    gone: int
    as_before: int
    left: int


def look(upload: Upload, *, today: date) -> ListPreview[BodyEntry]:
    """What the list would do; writes nothing, three queries. Raises TooMuch."""
    partnership_id = upload.row.partnership_id
    there = bodies.districts(partnership_id)
    every = bodies.of_partnership(partnership_id)
    known = {bodies.key_of(body.name, body.type_of_establishment): body for body in every}
    on_file = {
        (organisation_id, contact.address.casefold())
        for organisation_id, found in contacts.of_organisations(
            [body.organisation_id for body in every], partnership_id
        ).items()
        for contact in found
    }
    layouts = list_layout.laid_out(upload)
    lines = 0

    def each() -> Iterator[BodyEntry]:
        nonlocal lines
        for record in list_layout.records(upload, layouts):
            lines += 1
            yield _entry(upload, record, there, known, today=today)

    met = _met(entries.bounded(each()), on_file)
    return ListPreview(layouts=layouts, lines=lines, ours=None, entries=met)


def take_in(
    upload: Upload, *, source: str, source_date: date, who: str, now: datetime
) -> tuple[ListPreview[BodyEntry], BodyList | None]:
    """Add what is new and change what is known otherwise; what was done is returned, and the list as it is kept (None:
    nothing was done). Raises TooMuch, or SourceMissing when nobody says where the contacts come from."""
    partnership_id, today = upload.row.partnership_id, day_of(now)
    partnerships.lock(partnership_id)
    done = look(upload, today=today)
    new, changed = done.with_fate(NEW), done.with_fate(CHANGED)
    if not new and not changed:
        return done, None
    there = bodies.districts(partnership_id)
    counted_on = min(source_date, today)
    made = bodies.add_many(partnership_id, [_dated(e, counted_on) for e in new], there, who=who, now=now)
    row = BodyList(
        partnership_id=partnership_id,
        file_name=upload.row.file_name,
        recorded_at=now,
        who=who,
        made=len(new),
        changed=len(changed),
    )
    db.session.add(row)
    db.session.flush()
    touched: list[tuple[Body, BodyEntry, Any]] = [(body, e, None) for body, e in zip(made, new, strict=True)]
    for e in changed:
        assert e.known is not None
        before = bodies.said(bodies.facts_of(e.known))
        bodies.change(e.known, _dated(e, counted_on), who=who, now=now, today=today)
        touched.append((e.known, e, before))
    put = [(body.organisation_id, None, kept) for body, e, _ in touched for kept in e.people]
    if put:
        contacts.put_many(
            put, source=source, source_date=source_date, who=who, now=now, partnership_id=partnership_id
        )
    for body, _, was in touched:
        db.session.add(
            BodyListLine(
                list_id=row.id,
                partnership_id=partnership_id,
                organisation_id=body.organisation_id,
                before=was,
            )
        )
    history.record(
        "list of bodies taken in",
        history.Subject("partnership", partnership_id, partnership_id),
        who=who,
        now=now,
        after={"file": row.file_name, "made": row.made, "changed": row.changed},
    )
    db.session.flush()
    return done, row


def lists(partnership_id: int) -> list[BodyList]:
    """The lists that were taken in and not back, the newest first."""
    return list(
        db.session.scalars(
            select(BodyList)
            .where(BodyList.partnership_id == partnership_id, BodyList.withdrawn_at.is_(None))
            .order_by(BodyList.id.desc())
        )
    )


def was_of(partnership_id: int, list_id: int) -> bool:
    """Whether a list is a partnership's, taken back or not."""
    row = db.session.get(BodyList, list_id) if list_id < 2**31 else None
    return row is not None and row.partnership_id == partnership_id


def withdraw(list_id: int, *, partnership_id: int, who: str, now: datetime) -> tuple[BodyList, Back]:
    """What the list made goes again, what it changed is as before; what somebody did something about since stays.
    Raises NoSuchBodyList."""
    partnerships.lock(partnership_id)
    row = db.session.scalar(
        select(BodyList)
        .where(
            BodyList.id == list_id,
            BodyList.partnership_id == partnership_id,
            BodyList.withdrawn_at.is_(None),
        )
        .with_for_update()
    )
    if row is None:
        raise NoSuchBodyList("That list was taken back already.")
    lines = db.session.execute(
        select(Body, BodyListLine.before)
        .join(BodyListLine, BodyListLine.organisation_id == Body.organisation_id)
        .where(BodyListLine.list_id == row.id)
        .order_by(Body.organisation_id)
    ).all()
    touched = _touched_since(row)
    gone = as_before = 0
    for body, before in lines:
        if body.organisation_id in touched:
            continue
        if before is not None:
            _end_contacts(body, row, who=who, now=now)
            bodies.change(body, bodies.read_said(before), who=who, now=now, today=day_of(now))
            as_before += 1
        else:
            gone += _remove(body, row, who=who, now=now)
    row.withdrawn_at, row.withdrawn_by = now, who
    back = Back(gone=gone, as_before=as_before, left=len(lines) - gone - as_before)
    history.record(
        "list of bodies taken back",
        history.Subject("partnership", partnership_id, partnership_id),
        who=who,
        now=now,
        before={"file": row.file_name, "bodies": len(lines)},
        after={"left as they are": back.left},
    )
    db.session.flush()
    return row, back


def _touched_since(row: BodyList) -> set[int]:
    """The bodies of a list of which something else became known since it came in; two queries."""
    of_list = select(BodyListLine.organisation_id).where(BodyListLine.list_id == row.id)
    later = select(OrganisationRecord.organisation_id).where(
        OrganisationRecord.organisation_id.in_(of_list), OrganisationRecord.recorded_at > row.recorded_at
    )
    spoken = select(Contact.organisation_id).where(
        Contact.organisation_id.in_(of_list),
        func.coalesce(Contact.ended_at, Contact.created_at) > row.recorded_at,
    )
    return {*db.session.scalars(later), *db.session.scalars(spoken)}


def _end_contacts(body: Body, row: BodyList, *, who: str, now: datetime) -> None:
    for contact in _contacts_of(body, row):
        contacts.end(contact, who=who, now=now)


def _contacts_of(body: Body, row: BodyList) -> list[Contact]:
    return list(
        db.session.scalars(
            select(Contact)
            .where(
                Contact.organisation_id == body.organisation_id,
                Contact.partnership_id == row.partnership_id,
                Contact.created_at == row.recorded_at,
                Contact.ended_at.is_(None),
            )
            .order_by(Contact.id)
        )
    )


def _remove(body: Body, row: BodyList, *, who: str, now: datetime) -> bool:
    """Take a body away as though it had never been there; False where something was put down about it, so that it
    stays. The history of it stays in any case."""
    number = body.organisation_id
    facts = bodies.said(bodies.facts_of(body))
    try:
        with db.session.begin_nested():
            for table in (BodyListLine, Contact, OrganisationRecord):
                db.session.execute(
                    delete(table)
                    .where(table.organisation_id == number)
                    .execution_options(synchronize_session=False)
                )
            db.session.execute(
                delete(Body)
                .where(Body.organisation_id == number)
                .execution_options(synchronize_session=False)
            )
    except IntegrityError:
        return False
    db.session.expunge(body)
    history.record(
        "removed with its list",
        history.Subject("school", number, row.partnership_id),
        who=who,
        now=now,
        before=facts,
    )
    return True


def _dated(entry: BodyEntry, counted_on: date) -> BodyFacts:
    """With the list's own day where a line does not say when its staff were counted."""
    assert entry.facts is not None
    if entry.facts.front_line_staff is None or entry.facts.staff_counted_on is not None:
        return entry.facts
    return replace(entry.facts, staff_counted_on=counted_on)


def _entry(
    upload: Upload,
    record: Record,
    there: Mapping[str, str | None],
    known: Mapping[tuple[str, str], Body],
    *,
    today: date,
) -> BodyEntry:
    key, mark = f"{record.sheet}.{record.line}.0", record.mark(0)
    said = entries.put_right(upload.choices, key, mark)
    first = record.people[0][0].address if record.people else ""
    fields = {name: said.get(name, text) for name, text in {**record.body, "address": first}.items()}
    entry = BodyEntry(
        key=key,
        mark=mark,
        sheet=record.sheet,
        sheet_name=record.sheet_name,
        line=record.line,
        fate=NEW,
        fields=fields,
        shown=record.shown,
    )
    if said.get("out"):
        return replace(entry, fate=LEFT, reason=entries.BY_YOU)
    if record.again:
        return replace(entry, fate=LEFT, reason=entries.SAID_AGAIN)
    if record.filled <= 1 and not said:
        return replace(entry, fate=LEFT, reason=entries.NO_LINE)
    return _judged(entry, record, said, there, known, today=today)


def _judged(
    entry: BodyEntry,
    record: Record,
    said: Mapping[str, str],
    there: Mapping[str, str | None],
    known: Mapping[tuple[str, str], Body],
    *,
    today: date,
) -> BodyEntry:
    fields = entry.fields
    staff = counted = None
    if fields["staff"] and not cells.says_nothing(fields["staff"]):
        staff = cells.number(fields["staff"])
        if staff is None:
            return _wrong(entry, "staff", f"‘{fields['staff'][:60]}’ is not one number of staff")
    if fields["counted"] and not cells.says_nothing(fields["counted"]):
        counted = day_with_year(fields["counted"])
        if counted is None:
            reason = f"‘{fields['counted'][:60]}’ is not a day. Write it like 9/3/2024, or leave it empty"
            return _wrong(entry, "counted", reason)
    district = "" if cells.says_nothing(fields["district"]) else fields["district"]
    typed = BodyFacts(
        name=fields["body"],
        kind=fields["body_kind"],
        district=district,
        front_line_staff=staff,
        staff_counted_on=counted or today,
    )
    kind = bodies.kind_named(fields["body_kind"])
    meets = known.get(bodies.key_of(fields["body"], kind)) if kind else None
    try:
        facts = bodies.checked(typed, there, today=today, before=meets)
        people = _people(record, said)
    except BodyMakesNoSense as bad:
        return _wrong(entry, FIELD_OF[bad.field or "name"], bad.message.rstrip("."))
    except BadAddress as bad:
        return _wrong(entry, "address", bad.message)
    except Refusal as bad:
        return _wrong(entry, "address", bad.message)
    if meets is not None and not meets.is_open:
        return _wrong(entry, "body", bodies.twice(meets))
    if counted is None:
        facts = replace(facts, staff_counted_on=None)
    return replace(entry, facts=facts, known=meets, people=people)


def _wrong(entry: BodyEntry, field: str, reason: str) -> BodyEntry:
    return replace(entry, fate=REPAIR, field=field, reason=reason)


def _people(record: Record, said: Mapping[str, str]) -> tuple[Details, ...]:
    """The contacts of a line. Raises BadAddress or BadText."""
    found = []
    for n, (person, phone) in enumerate(record.people):
        address = said.get("address", person.address) if n == 0 else person.address
        if address:
            found.append(contacts.details(person.name, person.role, address, phone))
    if not record.people and said.get("address"):
        found.append(contacts.details("", "", said["address"], ""))
    return tuple(found)


def _met(found: Sequence[BodyEntry], on_file: set[tuple[int, str]]) -> list[BodyEntry]:
    """Each entry against what is known; one that says a body again is merged into the first of it."""
    first: dict[tuple[str, str], int] = {}
    met: list[BodyEntry] = []
    for entry in found:
        if entry.fate != NEW or entry.facts is None:
            met.append(entry)
            continue
        key = bodies.key_of(entry.facts.name, entry.facts.kind)
        if key not in first:
            first[key] = len(met)
            met.append(entry)
            continue
        earlier = met[first[key]]
        assert earlier.facts is not None
        into = f"line {earlier.line}" + (f" of {earlier.sheet_name}" if earlier.sheet != entry.sheet else "")
        if _differ(earlier.facts, entry.facts):
            reason = f"{into.capitalize()} says something else of {entry.facts.name}"
            met.append(_wrong(entry, "body", reason))
            continue
        met[first[key]] = replace(
            earlier, facts=_filled(earlier.facts, entry.facts), people=_once(earlier.people + entry.people)
        )
        met.append(replace(entry, fate=TWICE, into=into))
    return [_compared(entry, on_file) for entry in met]


def _differ(one: BodyFacts, other: BodyFacts) -> bool:
    """Whether two lines say different things of a body, where both say something."""
    return any(
        a not in ("", None) and b not in ("", None) and a != b
        for a, b in (
            (one.district, other.district),
            (one.front_line_staff, other.front_line_staff),
            (one.staff_counted_on, other.staff_counted_on),
        )
    )


def _filled(one: BodyFacts, other: BodyFacts) -> BodyFacts:
    """The first, and the second where it is silent."""
    if one.front_line_staff is None:
        one = replace(one, front_line_staff=other.front_line_staff, staff_counted_on=other.staff_counted_on)
    elif one.staff_counted_on is None:
        one = replace(one, staff_counted_on=other.staff_counted_on)
    return replace(one, district=one.district or other.district)


def _once(people: Sequence[Details]) -> tuple[Details, ...]:
    found: dict[str, Details] = {}
    for person in people:
        found.setdefault(person.address.casefold(), person)
    return tuple(found.values())


def _compared(entry: BodyEntry, on_file: set[tuple[int, str]]) -> BodyEntry:
    """New, changed or the same, with what would be kept: the list's word, and what is known where it is silent."""
    if entry.fate != NEW or entry.facts is None or entry.known is None:
        return replace(entry, people=_once(entry.people))
    known, number = bodies.facts_of(entry.known), entry.known.organisation_id
    people = tuple(p for p in _once(entry.people) if (number, p.address.casefold()) not in on_file)
    laid = replace(entry.facts, name=known.name, district=entry.facts.district or known.district)
    if laid.front_line_staff is None or (
        laid.front_line_staff == known.front_line_staff and laid.staff_counted_on is None
    ):
        laid = replace(laid, front_line_staff=known.front_line_staff, staff_counted_on=known.staff_counted_on)
    fate = SAME if laid == known and not people else CHANGED
    return replace(entry, facts=laid, people=people, fate=fate)
