"""All that is held about one person at a partnership, gathered by the list of what is kept (kept.py): a column that is
named there is in it by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, LargeBinary, Table, Text, cast, func, or_, select

from outreach.ground.db import db, models, table_of
from outreach.ground.erasures import born_of
from outreach.privacy import comparing, kept, phone_numbers, stored_mails
from outreach.privacy.belonging import rows_of
from outreach.privacy.kept import Kept
from outreach.privacy.person import Person
from outreach.privacy.stored_mails import NONE_READ, Mails, Sought

WHO, TYPED, FAILED = "Who did what", "What people typed", "Failed tries"
NOBODYS = ("dead_address", "sign_in_failure")
"""Tables that are of no partnership, and know somebody by the address alone."""

DIGEST = "kept as a digest or sealed"
SECRETS = ("secret", "salt")
"""What lets somebody in is told to nobody."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one row says of them: `said` of the columns of one kind, `hits` those in which they are named themselves;
    `mine`: it is of who signs in, by its key."""

    kind: Kept
    table: str
    key: str
    at: datetime | None
    said: dict[str, Any]
    hits: tuple[str, ...]
    mine: bool


def about(person: Person) -> list[Row]:
    """Row by row, in the order of kept.py; mails come in `mails`."""
    found = [row for table in _tables() for row in _of_table(person, table)]
    order = {one.name: n for n, one in enumerate(kept.KEPT)}
    return sorted(
        found, key=lambda row: (order[row.kind.name], row.table, row.at is None, str(row.at), row.key)
    )


def mails(person: Person, before: Mails = NONE_READ) -> Mails:
    """The mails that are kept and are theirs or name them; as `stored_mails.find`."""
    sought = Sought(
        named=lambda told: person.is_in(comparing.on_one_line(told)),
        needles=person.needles,
        addresses=person.addresses,
    )
    return stored_mails.find(person.partnership_id, sought, before=before)


def _tables() -> list[Table]:
    there = models()
    named = {table for one in kept.KEPT for table, _ in kept.columns_in(one.columns)}
    return [table_of(there[name]) for name in sorted(named & there.keys())]


def _kinds_of(table: Table) -> list[tuple[Kept, list[str]]]:
    return [
        (one, columns)
        for one in kept.KEPT
        if (columns := [column for name, column in kept.columns_in(one.columns) if name == table.name])
    ]


def _of_table(person: Person, table: Table) -> Iterator[Row]:
    kinds = _kinds_of(table)
    ours = rows_of(table, person.partnership_id)
    if ours is None and table.name not in NOBODYS:
        return
    columns = [column for _, names in kinds for column in names if _is_text(table, column)]
    wanted = [*_named(person, table, columns)]
    if person.person_id is not None and "person_id" in table.c:
        wanted.append(table.c.person_id == person.person_id)
    if table.name == "person" and person.person_id is not None:
        wanted.append(table.c.id == person.person_id)
    if not wanted:
        return
    keys = list(table.primary_key.columns)
    born = born_of(table)
    rest = [c for c in table.c if c.name in columns or c.name in ("what", "subject", "person_id")]
    rows = db.session.execute(
        select(*keys, *born[:1], *(c for c in rest if c not in keys))
        .where(*([ours] if ours is not None else []), or_(*wanted))
        .order_by(*keys)
    ).mappings()
    for row in rows:
        hits = tuple(column for column in columns if person.is_in(row[column]))
        mine = person.person_id is not None and (
            row.get("person_id") == person.person_id
            or (table.name == "person" and row["id"] == person.person_id)
        )
        for kind, names in kinds:
            if told := _said(kind, names, hits, row, mine=mine):
                yield Row(
                    kind=kind,
                    table=table.name,
                    key=",".join(str(row[key.name]) for key in keys),
                    at=row[born[0].name] if born else None,
                    said=told,
                    hits=tuple(hit for hit in hits if hit in names),
                    mine=mine,
                )


def _said(kind: Kept, names: list[str], hits: tuple[str, ...], row: Any, *, mine: bool) -> dict[str, Any]:
    """What one kind has of a row, '' where the row is about them by another kind's columns alone."""
    own = [column for column in names if column in hits]
    if kind.name == WHO:
        told = {column: row[column] for column in own}
        if told and "what" in row:
            told = {"what": row["what"], "subject": row["subject"], **told}
        return told
    if not own and not mine and not (kind.name == TYPED and hits):
        return {}
    return {
        column: DIGEST if column.endswith("_hash") or column in SECRETS else row[column]
        for column in names
        if row.get(column) not in (None, "") and column not in ("found_by", "person_id")
    } or ({"row": row["person_id"]} if mine and "person_id" in row else {})


def _is_text(table: Table, column: str) -> bool:
    told = getattr(table.c[column].type, "impl", table.c[column].type)
    return isinstance(told, Text | JSON) and not isinstance(told, LargeBinary)


def _named(person: Person, table: Table, columns: list[str]) -> Iterator[ColumnElement[bool]]:
    """Columns in which the database finds them, or somebody like them."""
    if table.name in NOBODYS:
        (column,) = {"dead_address": ["address"], "sign_in_failure": ["email"]}[table.name]
        yield func.lower(table.c[column]).in_(person.addresses)
        return
    for name in columns:
        column_of = table.c[name]
        as_text = cast(column_of, Text) if isinstance(column_of.type, JSON) else column_of
        for phone in person.phones:
            yield as_text.like(phone_numbers.like(phone))
        if person.own_names:
            yield as_text.in_(person.own_names)
        for term in person.spelt():
            yield func.lower(as_text).contains(term.lower(), autoescape=True)
            if not term.isascii():
                yield as_text.contains(term, autoescape=True)
