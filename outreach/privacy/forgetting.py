"""One person erased at a partnership because somebody asked: addresses, names wherever they stand, mails that name
them, deeds; facts stay, without a person."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, exists, func, inspect, or_, select, update

from outreach.booking.guest_places import GuestPlace
from outreach.booking.promises import Booking, VisitContact
from outreach.booking.proposals import Proposal
from outreach.county import coordinators
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation
from outreach.county.sign_in_tries import SignInFailure
from outreach.ground import erasures, history
from outreach.ground.db import Base, db, models, table_of
from outreach.ground.errors import Refusal
from outreach.ground.history import History, Subject
from outreach.ground.timespans import day_of
from outreach.ground.wording import day
from outreach.post.outbox import WAITING, Letter, LetterMail
from outreach.privacy import erasing, held
from outreach.privacy.held import Row
from outreach.privacy.person import Person
from outreach.privacy.stored_mails import Mail, Mails
from outreach.tour import programmes
from outreach.tour.companies import Company, Troupe
from outreach.tour.performances import Performance

THEMSELVES, THEIR_SCHOOL, OURSELVES = "themselves", "school", "ourselves"

ASKED_BY = {
    THEMSELVES: "the person",
    THEIR_SCHOOL: "their school or service, for them",
    OURSELVES: "nobody: the partnership decided it",
}
"""Who asked, in words that name nobody: they stand in the history."""

OUT_OF_WORDS = "[erased]"
"""What stands for a name within words that stay."""


class StillNeeded(Refusal):
    """Something that is to come needs them."""


class NotYet(Refusal):
    """The day on which somebody asked lies ahead."""

    field = "asked_on"


@dataclass(frozen=True, kw_only=True)
class Need:
    """What needs somebody still, in a sentence, and what to do first. `booking`: its reference."""

    words: str
    booking: str = ""


def needs(person: Person, *, now: datetime) -> list[Need]:
    """Why they cannot be erased yet: coming visits, a company's or the partnership's own address, a role here."""
    return [*_visits(person, now=now), *_addresses(person), *_role(person, now=now)]


def _visits(person: Person, *, now: datetime) -> list[Need]:
    found: dict[tuple[Any, ...], Need] = {}
    visits: tuple[tuple[Any, Any], ...] = (
        (Booking, VisitContact.booking_id),
        (Proposal, VisitContact.proposal_id),
        (GuestPlace, VisitContact.place_id),
    )
    for about, of in visits:
        rows = db.session.execute(
            select(about, Organisation.name, Performance.starts_at)
            .join(VisitContact, of == about.id)
            .join(Performance, Performance.id == about.performance_id)
            .join(Organisation, Organisation.organisation_id == about.organisation_id)
            .where(
                about.programme_id.in_(programmes.ids_of(person.partnership_id)),
                func.lower(VisitContact.address).in_(person.addresses),
                VisitContact.ended_at.is_(None),
                Performance.ends_at > now,
                about.ended_at.is_(None),
            )
            .order_by(Performance.starts_at, about.id)
        )
        for row, school, starts_at in rows:
            reference = row.reference if isinstance(row, Booking) else ""
            found[(about, row.id)] = Need(
                words=f"The visit to {school} on {day(day_of(starts_at))} needs whoever is asked for there. Name "
                "somebody else for it and take this person off it, or wait until it is over.",
                booking=reference,
            )
    return list(found.values())


def _addresses(person: Person) -> list[Need]:
    ours = person.partnership_id
    found = []
    for company in db.session.scalars(
        select(Company)
        .where(
            Company.partnership_id == ours,
            or_(
                func.lower(Company.contact_email).in_(person.addresses),
                Company.id.in_(
                    select(Troupe.company_id).where(func.lower(Troupe.calendar_address).in_(person.addresses))
                ),
            ),
        )
        .order_by(Company.id)
    ):
        found.append(
            Need(words=f"{company.name} is written to at this address. Give the company another one first.")
        )
    if db.session.scalar(
        select(Partnership.id).where(
            Partnership.id == ours, func.lower(Partnership.contact_email).in_(person.addresses)
        )
    ):
        found.append(
            Need(
                words="Letters name this address as the partnership’s own. Name another in the set-up first."
            )
        )
    return found


def _role(person: Person, *, now: datetime) -> list[Need]:
    if person.person_id is None:
        return []
    of = coordinators.of_partnership(person.partnership_id, person.person_id)
    if of.has_left(day_of(now)):
        return []
    return [Need(words=f"{of.name} signs in here. Let them leave first, on the page of people.")]


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """How many rows and mails lost them."""

    rows: int
    mails: int


def forget(
    person: Person, mails: Mails, *, asked_by: str, asked_on: date, who: str, now: datetime
) -> Forgotten:
    """Erase them for good, in the caller's transaction. `mails`: those of theirs that were found before it. Raises
    StillNeeded, NotYet, erasures.NotWritten."""
    if asked_on > day_of(now):
        raise NotYet("Enter the day on which they asked: it cannot lie ahead.")
    if still := needs(person, now=now):
        raise StillNeeded(still[0].words)
    found = held.about(person)
    named = held.mails(person, before=mails).found
    if _one_waits([one.key for one in named if one.model is LetterMail and not one.theirs]):
        raise StillNeeded(
            "A letter to somebody else that names them waits to go. It goes within minutes, or can be withdrawn on "
            "the page of letters sent: then try again."
        )
    rows = erasing.erase(person.partnership_id, person.addresses, now=now)
    taken = _mails(named)
    rows += _failed_tries(person)
    rows += _named(person, found, who=who, now=now)
    history.record(
        "erased a person",
        Subject("partnership", person.partnership_id, person.partnership_id),
        who=who,
        now=now,
        after={
            "asked by": ASKED_BY[asked_by],
            "asked on": asked_on.isoformat(),
            "rows": rows,
            "mails": taken,
        },
    )
    db.session.flush()
    db.session.expire_all()
    return Forgotten(rows=rows, mails=taken)


def _one_waits(letters: Sequence[int]) -> bool:
    return bool(db.session.scalar(select(exists().where(Letter.id.in_(letters), Letter.status == WAITING))))


def _mails(named: Sequence[Mail]) -> int:
    """Those to others, or from others, that name them; their own went with their address."""
    for one in named:
        (key,) = inspect(one.model).primary_key
        erasures.remove(one.model, key == one.key)
    return len(named)


def _failed_tries(person: Person) -> int:
    return erasures.remove(SignInFailure, func.lower(SignInFailure.email).in_(person.addresses))


_STAYS_WITH_DEEDS = ("person", "person_role", "follow_up", "gap_owner")
"""Rows of who signs in that facts rest on; every other row of theirs goes."""


def _named(person: Person, found: Sequence[Row], *, who: str, now: datetime) -> int:
    """Rows in which they are named otherwise than by their address, which went before."""
    model_of = models()
    goes: dict[str, set[str]] = defaultdict(set)
    hits: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in found:
        if row.mine and row.table not in _STAYS_WITH_DEEDS:
            goes[row.table].add(row.key)
            continue
        for column in row.hits:
            hits[row.table, column].add(row.key)
    rows = 0
    deeds = {key for (table, _), keys in hits.items() if table == "history" for key in keys}
    if deeds:
        rows += _deeds(person, sorted(map(int, deeds)), who=who, now=now)
    for (table, column), keys in sorted(hits.items()):
        if table not in ("history", "person", "sign_in_failure", "dead_address"):
            rows += _column(person, model_of[table], column, sorted(keys), now=now)
    if person.person_id is not None:
        rows += _who_signed_in(person.person_id, now=now)
    for table, keys in sorted(goes.items(), reverse=True):
        rows += _removed(model_of[table], erasing.by_key(table_of(model_of[table]), sorted(keys)))
    return rows


def _removed(model: type[Base], rows: ColumnElement[bool]) -> int:
    """Some rows go, and before them those that belong to them."""
    table, removed = table_of(model), 0
    for one in models().values():
        for key in table_of(one).foreign_keys:
            if key.column.table is table and key.column.primary_key and key.parent.table is not table:
                removed += _removed(one, key.parent.in_(select(key.column).where(rows)))
    return removed + erasures.remove(model, rows)


def _deeds(person: Person, ids: Sequence[int], *, who: str, now: datetime) -> int:
    by, said = [], []
    for start in range(0, len(ids), 500):
        for key, name, before, after in db.session.execute(
            select(History.id, History.who, History.before, History.after)
            .where(History.id.in_(ids[start : start + 500]))
            .order_by(History.id)
        ):
            if person.is_in(name):
                by.append(key)
            if person.is_in(before) or person.is_in(after):
                said.append(key)
    whose = person.partnership_id
    return history.erase(by, part=history.WHO, whose=whose, who=who, now=now) + history.erase(
        said, part=history.TOLD, whose=whose, who=who, now=now
    )


def _column(person: Person, model: type[Base], column: str, keys: Sequence[str], *, now: datetime) -> int:
    """A name that must stand becomes nobody's, one within words is taken out of them."""
    table: Table = table_of(model)
    where = erasing.by_key(table, keys)
    rows = db.session.execute(select(*table.primary_key.columns, table.c[column]).where(where)).all()
    still = [row for row in rows if person.is_in(row[-1])]
    if not still:
        return 0
    there = [",".join(map(str, row[:-1])) for row in still]
    erasures.noted(model, erasing.by_key(table, there), column=column)
    for key, row in zip(there, still, strict=True):
        if erasing.is_name(table.name, column) or erasing.stands_for_ever(table.name, column):
            told = erasing.gone(table.c[column], now=now)[column]
        else:
            told = person.taken_out(row[-1], OUT_OF_WORDS)
        db.session.execute(
            update(model)
            .where(erasing.by_key(table, [key]))
            .values({column: told})
            .execution_options(synchronize_session=False)
        )
    return len(still)


def _who_signed_in(person_id: int, *, now: datetime) -> int:
    table = table_of(Coordinator)
    for column in ("email", "name"):
        erasures.noted(Coordinator, Coordinator.id == person_id, column=column)
        db.session.execute(
            update(Coordinator)
            .where(Coordinator.id == person_id)
            .values(erasing.gone(table.c[column], now=now))
            .execution_options(synchronize_session=False)
        )
    return 1
