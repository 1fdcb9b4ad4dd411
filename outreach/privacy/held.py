"""All that is held about one person at a partnership, gathered by the list of what is kept (kept.py): a column that is
named there is in it by itself."""

import email
import email.policy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, LargeBinary, Table, Text, cast, func, or_, select

from outreach.ground.db import Base, db, models, table_of
from outreach.ground.erasures import born_of
from outreach.post.copies import masked
from outreach.post.incoming.inbox import Incoming, IncomingMail
from outreach.post.outbox import Letter, LetterMail
from outreach.privacy import kept
from outreach.privacy.belonging import rows_of
from outreach.privacy.kept import Kept
from outreach.privacy.person import Person

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


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail that was written to them or by them (`theirs`), or to another and names them."""

    model: type[Base]
    key: int
    at: datetime
    theirs: bool
    subject: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Mails:
    """Those that were found, oldest first of each kind, and up to which number all of a kind were read."""

    found: tuple[Mail, ...] = ()
    read: Mapping[type[Base], int] = field(default_factory=dict)


NONE_READ = Mails()


def mails(person: Person, before: Mails = NONE_READ) -> Mails:
    """The mails that are kept and are theirs or name them."""
    return mails_that_say(person.partnership_id, person.is_in, person.addresses, before=before)


def mails_that_say(
    partnership_id: int,
    named: Callable[[str], bool],
    addresses: Sequence[str] = (),
    *,
    before: Mails = NONE_READ,
) -> Mails:
    """The mails to or from some addresses, or whose words, on one line, are asked for.

    Reads every mail of the partnership, which takes long: call it with no transaction open, and once more within it
    with what was found `before`, which reads what has come since alone.
    """
    found, read = list(before.found), dict(before.read)
    for model, mail, of, whose, at in (
        (Letter, LetterMail, LetterMail.letter_id, Letter.recipient, Letter.created_at),
        (Incoming, IncomingMail, IncomingMail.incoming_id, Incoming.sender, Incoming.received_at),
    ):
        head: Any = model
        while rows := db.session.execute(
            select(head.id, whose, at, head.subject, mail.raw)
            .join(mail, of == head.id)
            .where(head.partnership_id == partnership_id, head.id > read.get(model, 0))
            .order_by(head.id)
            .limit(200)
        ).all():
            for row in rows:
                theirs = row[1].lower() in addresses
                words = words_of(bytes(row.raw)) if row.raw else ""
                if theirs or named(" ".join(f"{row.subject} {words}".split())):
                    found.append(
                        Mail(
                            model=mail, key=row.id, at=row[2], theirs=theirs, subject=row.subject, words=words
                        )
                    )
            read[model] = rows[-1].id
    return Mails(found=tuple(found), read=read)


def words_of(raw: bytes) -> str:
    """What a mail says: its heads, its text and what its invites say, without a link that still opens something."""
    mail = email.message_from_bytes(masked(raw), policy=email.policy.compat32)
    said = [
        f"{name}: {value}" for name, value in mail.items() if name.lower() in ("from", "to", "cc", "subject")
    ]
    for part in mail.walk():
        if part.get_content_type() in ("text/plain", "text/calendar"):
            body = part.get_payload(decode=True)
            if isinstance(body, bytes):
                said.append(
                    body.decode(part.get_content_charset() or "utf-8", "replace").replace("\r\n ", "")
                )
    if not mail.is_multipart() and len(said) and mail.get_content_type() == "text/html":
        body = mail.get_payload(decode=True)
        said.append(body.decode("utf-8", "replace") if isinstance(body, bytes) else "")
    return "\n\n".join(said)


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
        if person.own_names:
            yield as_text.in_(person.own_names)
        for term in person.spelt():
            yield func.lower(as_text).contains(term.lower(), autoescape=True)
            if not term.isascii():
                yield as_text.contains(term, autoescape=True)
