"""Contacts from a file: read by column names, compared with what is on file, shown, then applied.

The comparison is made again inside the transaction that applies it, so that a page left open for an
hour, or a file applied twice, adds nothing a second time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select

from outreach.county import contacts
from outreach.county.contacts import Contact, Details
from outreach.county.partnerships import Authority
from outreach.county.schools import School
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.tabular import NoSuchColumn, Row, Table


@dataclass(frozen=True, kw_only=True)
class Line:
    """One contact of the file: the line it stands on, its school, what it says; `on_file` is the row it meets."""

    line: int
    school: School
    details: Details
    on_file: Contact | None = None


@dataclass(frozen=True, kw_only=True)
class Merged:
    """A line that says the same address for the same school as an earlier line."""

    line: int
    into_line: int
    school: School
    address: str


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """A line that is left out, and why, in words; `said` is what it says."""

    line: int
    reason: str
    said: str


@dataclass(frozen=True, kw_only=True)
class Import:
    """What a file would do. Every line of it is in exactly one of the five."""

    new: tuple[Line, ...]
    changed: tuple[Line, ...]
    unchanged: tuple[Line, ...]
    merged: tuple[Merged, ...]
    wrong: tuple[Wrong, ...]


class _Wrong(Exception):
    """Why one line is left out."""


def preview_import(table: Table, la_codes: Sequence[str]) -> Import:
    """What the file would do for the schools of these authorities; writes nothing, three queries at most.

    Raises NoSuchColumn for a file without a URN or an address column.
    """
    read = _Reader(table)
    ours = {s.urn: s for s in db.session.scalars(select(School).where(School.la_code.in_(la_codes)))}
    elsewhere = _schools_elsewhere(read, ours)
    on_file = _on_file(la_codes)
    wrong, merged = [], []
    first: dict[tuple[int, str], Line] = {}
    for row in table.rows:
        try:
            school = _school(read.urn(row), ours, elsewhere)
            details = read.details(row)
        except (_Wrong, Refusal) as why:
            wrong.append(
                Wrong(line=row.line, reason=str(why), said=", ".join(c for c in row.cells if c)[:200])
            )
            continue
        key = (school.urn, details.address.casefold())
        earlier = first.get(key)
        if earlier is None:
            first[key] = Line(line=row.line, school=school, details=details, on_file=on_file.get(key))
        else:
            merged.append(
                Merged(line=row.line, into_line=earlier.line, school=school, address=earlier.details.address)
            )
            first[key] = replace(earlier, details=earlier.details.filled_from(details))
    lines = list(first.values())
    return Import(
        new=tuple(x for x in lines if x.on_file is None),
        changed=tuple(x for x in lines if x.on_file is not None and _says_more(x)),
        unchanged=tuple(x for x in lines if x.on_file is not None and not _says_more(x)),
        merged=tuple(merged),
        wrong=tuple(wrong),
    )


def apply_import(
    table: Table, la_codes: Sequence[str], *, source: str, source_date: date, who: str, now: datetime
) -> Import:
    """Add what is new, replace what changed; what was done is returned.

    Raises NoSuchColumn, or SourceMissing when nobody says where the addresses came from.
    """
    # Two imports at once queue at the rows of their authorities.
    db.session.execute(
        select(Authority.la_code)
        .where(Authority.la_code.in_(la_codes))
        .order_by(Authority.la_code)
        .with_for_update(key_share=True)
    )
    done = preview_import(table, la_codes)
    contacts.put_many(
        [(x.school.urn, x.on_file, _laid_over(x)) for x in (*done.new, *done.changed)],
        source=source,
        source_date=source_date,
        who=who,
        now=now,
    )
    return done


class _Reader:
    """Finds the columns by name, and reads one line at a time."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._urn = table.needed("URN", "School URN", "GIAS URN", "Unique reference number")
        address = table.column(
            "Email", "Email address", "E-mail", "Mail", "Contact email", "Work email", "Main email", "Address"
        )
        if address is None:
            raise NoSuchColumn(
                "This file has no column ‘Email’ or ‘Address’. Nothing was changed. Name the column with the email addresses so."
            )
        self._address = address
        self._name = table.column("Name", "Contact name", "Full name", "Contact", "Person")
        self._first = table.column("First name", "Forename", "Given name")
        self._last = table.column("Last name", "Surname", "Family name")
        self._role = table.column("Role", "Job title", "Position", "Post", "Job")
        self._phone = table.column("Phone", "Telephone", "Phone number", "Tel", "Telephone number", "Mobile")

    def urn(self, row: Row) -> int:
        said = row.cells[self._urn]
        if not said:
            raise _Wrong("no URN")
        if not (said.isascii() and said.isdigit() and len(said) <= 7):
            raise _Wrong("the URN is not a number of up to 7 figures")
        return int(said)

    def details(self, row: Row) -> Details:
        name = self._cell(row, self._name)
        if not name:
            name = f"{self._cell(row, self._first)} {self._cell(row, self._last)}"
        if not row.cells[self._address]:
            raise _Wrong("no email address")
        return contacts.details(
            name, self._cell(row, self._role), row.cells[self._address], self._cell(row, self._phone)
        )

    @staticmethod
    def _cell(row: Row, column: int | None) -> str:
        return "" if column is None else row.cells[column]


def _school(urn: int, ours: dict[int, School], elsewhere: set[int]) -> School:
    school = ours.get(urn)
    if school is None and urn in elsewhere:
        raise _Wrong(f"URN {urn} is a school of another authority")
    if school is None:
        raise _Wrong(f"URN {urn} is not in the register here")
    if not school.is_open:
        raise _Wrong(f"{school.name} is closed in the register")
    return school


def _schools_elsewhere(read: _Reader, ours: dict[int, School]) -> set[int]:
    """The URNs of the file that the register knows in other authorities."""
    asked = set()
    for row in read.table.rows:
        try:
            asked.add(read.urn(row))
        except _Wrong:
            continue
    asked -= ours.keys()
    if not asked:
        return set()
    return set(db.session.scalars(select(School.urn).where(School.urn.in_(asked))))


def _on_file(la_codes: Sequence[str]) -> dict[tuple[int, str], Contact]:
    rows = db.session.scalars(
        select(Contact)
        .join(School, School.urn == Contact.urn)
        .where(School.la_code.in_(la_codes), Contact.ended_at.is_(None))
        .order_by(Contact.id.desc())
    )
    return {(row.urn, row.address.casefold()): row for row in rows}


def _laid_over(line: Line) -> Details:
    """What the file says, and what is on file where it is silent."""
    if line.on_file is None:
        return line.details
    return line.details.filled_from(contacts.details_of(line.on_file))


def _says_more(line: Line) -> bool:
    assert line.on_file is not None
    kept, said = contacts.details_of(line.on_file), _laid_over(line)
    return (said.name, said.role, said.phone) != (kept.name, kept.role, kept.phone)
