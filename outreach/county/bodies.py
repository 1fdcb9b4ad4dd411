"""Bodies beside schools: police, social work, health and others whose staff must know; kept by coordinators by date.

No register stands behind a body: what is known of it is what a coordinator put down, each time as a dated row beside
the one before. A body that closes may be followed by another, as a school is (succession.py).
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any

from sqlalchemy import delete, func, select

from outreach.county import partnerships
from outreach.county.partnerships import Authority
from outreach.county.schools import (
    BODY,
    CLOSED,
    FIRST_OF_BODIES,
    OPEN_STATUSES,
    Organisation,
    OrganisationRecord,
    School,
    SchoolFacts,
    Succession,
)
from outreach.ground import history, whose
from outreach.ground.db import db
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.wording import day_short, words_of

KINDS = (
    "Police",
    "Social work",
    "Health",
    "District council",
    "Transport",
    "Hotels and licensing",
    "Voluntary organisation",
)
MOST_STAFF = 100_000
BEYOND_BODIES = 1_000_000_000
"""Numbers are of nine figures at most, as addresses and forms take them."""
LONGEST_NAME = 200
OPEN = OPEN_STATUSES[0]
JOINED = "Joined"
"""What the link to a successor is called; a coordinator says it, and no register."""


class Body(Organisation):
    """A body as it is now; `type_of_establishment` is what it is, one of KINDS."""

    __mapper_args__ = {"polymorphic_identity": BODY}
    in_history = ("school", "organisation_id")
    """The history knows whoever is asked by one word."""


@dataclass(frozen=True, kw_only=True)
class BodyFacts:
    """What a coordinator says of a body. `district`: its name, '' for all of the partnership's area; nobody at the
    front line (0) is a count, unknown is None."""

    name: str
    kind: str
    district: str = ""
    front_line_staff: int | None = None
    staff_counted_on: date | None = None


class NoSuchBody(NoSuch):
    """No body of that number is this partnership's."""


class BodyMakesNoSense(Refusal):
    """A body without a name, of no kind or in a district that is not there, or with a count that cannot be."""


class BodyTwice(Refusal):
    """A partnership knows a body of that name and kind already."""

    field = "name"


class CannotClose(Refusal):
    """A body that is closed already, on a day that has not come, or followed by one that cannot follow it."""


def get(organisation_id: int, partnership_id: int) -> Body:
    """A body of this partnership, open or closed. Raises NoSuchBody."""
    body = db.session.get(Body, organisation_id) if organisation_id < 2**31 else None
    if body is None or body.partnership_id != partnership_id:
        raise NoSuchBody("No body here has that number. Look for it in the list of bodies.")
    return body


def of_partnership(partnership_id: int) -> list[Body]:
    """All bodies of a partnership, open and closed, by name."""
    return list(
        db.session.scalars(
            select(Body)
            .where(Body.partnership_id == partnership_id)
            .order_by(func.lower(Body.name), Body.type_of_establishment, Body.organisation_id)
        )
    )


def are_kept(partnership_id: int) -> bool:
    """Whether a partnership keeps any body, open or closed."""
    return (
        db.session.scalar(select(Body.organisation_id).where(Body.partnership_id == partnership_id).limit(1))
        is not None
    )


def called(name: str) -> list[Body]:
    """The open bodies of that whole name, of whatever partnership, by kind: nobody reads a list of them who does not
    know their names."""
    wanted = words_of(name)
    if not wanted:
        return []
    begins = Body.found_by.startswith(f" {wanted} ", autoescape=True)
    query = select(Body).where(begins, Body.status.in_(OPEN_STATUSES))
    found = chain(*whose.of_each(lambda: db.session.scalars(query).all()))
    return sorted(
        (body for body in found if words_of(body.name) == wanted),
        key=lambda body: (body.type_of_establishment, body.organisation_id),
    )


def districts(partnership_id: int) -> dict[str, str | None]:
    """{name: code} of the districts that the partnership's schools lie in, by name; one query."""
    rows = db.session.execute(
        select(School.district_name, func.max(School.district_code))
        .join(Authority, Authority.la_code == School.la_code)
        .where(Authority.partnership_id == partnership_id, School.district_name.is_not(None))
        .group_by(School.district_name)
        .order_by(School.district_name)
    )
    return {name: code for name, code in rows if name}


def kind_named(typed: str) -> str | None:
    """The kind that a word means, without regard to case and punctuation; None for a word that is none."""
    wanted = words_of(typed)
    return next((kind for kind in KINDS if words_of(kind) == wanted), None)


def key_of(name: str, kind: str) -> tuple[str, str]:
    """By which a body is known in its partnership: case, accents and punctuation do not tell two apart."""
    return words_of(name), kind


def checked(
    typed: BodyFacts, districts_there: Mapping[str, str | None], *, today: date, before: Body | None = None
) -> BodyFacts:
    """The facts as they are kept. A body's district stays what it is though no school is left in it. Raises
    BodyMakesNoSense."""
    name = " ".join(typed.name.split())
    if not words_of(name) or not name.isprintable():
        raise BodyMakesNoSense("Enter the name of the body.", field="name")
    if len(name) > LONGEST_NAME:
        raise BodyMakesNoSense(f"The name must be {LONGEST_NAME} characters or fewer.", field="name")
    kind = kind_named(typed.kind)
    if kind is None:
        told = f"‘{typed.kind.strip()[:60]}’ is no kind of body. " if typed.kind.strip() else ""
        raise BodyMakesNoSense(f"{told}Choose one of: {', '.join(KINDS)}.", field="kind")
    there = [*districts_there, *([before.district_name] if before and before.district_name else [])]
    wanted = words_of(typed.district)
    district = next((d for d in there if words_of(d) == wanted), None) if wanted else ""
    if district is None:
        raise BodyMakesNoSense(
            f"No school here lies in a district ‘{typed.district.strip()[:60]}’. "
            "Choose one that is listed, or none for the whole area.",
            field="district",
        )
    staff, counted_on = typed.front_line_staff, typed.staff_counted_on
    if staff is not None and not 0 <= staff <= MOST_STAFF:
        raise BodyMakesNoSense(
            f"Enter how many front-line staff there are, between 0 and {MOST_STAFF:,}, or leave it empty if "
            "that is not known.",
            field="front_line_staff",
        )
    if staff is not None and counted_on is None:
        raise BodyMakesNoSense("Enter the day on which the staff were counted.", field="staff_counted_on")
    if staff is not None and counted_on is not None and counted_on > today:
        raise BodyMakesNoSense(
            "The staff cannot have been counted on a day to come.", field="staff_counted_on"
        )
    return BodyFacts(
        name=name,
        kind=kind,
        district=district,
        front_line_staff=staff,
        staff_counted_on=None if staff is None else counted_on,
    )


def add(partnership_id: int, facts: BodyFacts, *, who: str, now: datetime, today: date) -> Body:
    """A new body of a partnership. Raises BodyMakesNoSense or BodyTwice."""
    partnerships.lock(partnership_id)
    there = districts(partnership_id)
    kept = checked(facts, there, today=today)
    _once(kept, partnership_id)
    return add_many(partnership_id, [kept], there, who=who, now=now)[0]


def add_many(
    partnership_id: int,
    kept: Sequence[BodyFacts],
    districts_there: Mapping[str, str | None],
    *,
    who: str,
    now: datetime,
) -> list[Body]:
    """New bodies, in the order of their facts, which were checked behind the partnership's lock; a constant number of
    queries besides a row for each."""
    numbers = free_numbers(len(kept))
    made = []
    for organisation_id, facts in zip(numbers, kept, strict=True):
        body = Body(
            organisation_id=organisation_id,
            partnership_id=partnership_id,
            status=OPEN,
            la_code="",
            **dict.fromkeys(("street", "locality", "town", "postcode", "website", "telephone"), ""),
        )
        _write(body, facts, districts_there)
        db.session.add(body)
        made.append(body)
    db.session.flush()
    for body, facts in zip(made, kept, strict=True):
        _as_known(body, now=now)
        history.record("added", body, who=who, now=now, after=said(facts))
    db.session.flush()
    return made


def change(body: Body, facts: BodyFacts, *, who: str, now: datetime, today: date) -> Body:
    """What is known of a body from now on; what was known before stays as it was. The same again leaves no trace.
    Raises BodyMakesNoSense or BodyTwice."""
    assert body.partnership_id is not None
    partnerships.lock(body.partnership_id)
    there = districts(body.partnership_id)
    before, kept = facts_of(body), checked(facts, there, today=today, before=body)
    if kept == before:
        return body
    _once(kept, body.partnership_id, instead_of=body.organisation_id)
    _write(body, kept, there)
    db.session.flush()
    _as_known(body, now=now)
    told = history.differences(said(before), said(kept))
    history.record("changed", body, who=who, now=now, before=told[0], after=told[1])
    db.session.flush()
    return body


def facts_of(body: Body) -> BodyFacts:
    return BodyFacts(
        name=body.name,
        kind=body.type_of_establishment,
        district=body.district_name or "",
        front_line_staff=body.front_line_staff,
        staff_counted_on=body.staff_counted_on,
    )


def close(
    body: Body, day: date, *, successor: Body | None = None, who: str, now: datetime, today: date
) -> None:
    """A body is there no more from a day on, and another takes its place, or none. Raises CannotClose."""
    if body.partnership_id is None:
        raise CannotClose("Only a body can be closed here.")
    partnerships.lock(body.partnership_id)
    db.session.refresh(body)
    if not body.is_open:
        closed = f" on {day_short(body.close_date)}" if body.close_date else ""
        raise CannotClose(f"{body.name} was closed{closed} already.")
    if day > today:
        raise CannotClose("That day has not come. Close a body once it is there no more.", field="day")
    if successor is not None:
        _can_follow(successor, body)
    body.status, body.close_date = CLOSED, day
    if successor is not None:
        db.session.add(
            Succession(
                predecessor_id=body.organisation_id,
                successor_id=successor.organisation_id,
                link_date=day,
                kind=JOINED,
                recorded_at=now,
            )
        )
    db.session.flush()
    _as_known(body, now=now)
    after = {"closed": day.isoformat()} | ({"followed by": successor.name} if successor else {})
    history.record("closed", body, who=who, now=now, after=after)
    db.session.flush()


def merge(joining: Sequence[Body], into: Body, day: date, *, who: str, now: datetime, today: date) -> None:
    """Several bodies close on a day, and one takes the place of all. Raises CannotClose."""
    if not joining:
        raise CannotClose("Choose at least one body that joins it.", field="joining")
    for body in sorted(joining, key=lambda b: b.organisation_id):
        close(body, day, successor=into, who=who, now=now, today=today)


def reopen(body: Body, *, who: str, now: datetime) -> None:
    """A body that was closed by mistake is there again, and nobody follows it. Raises CannotClose."""
    assert body.partnership_id is not None
    partnerships.lock(body.partnership_id)
    db.session.refresh(body)
    if body.is_open:
        raise CannotClose(f"{body.name} is open.")
    before = {"closed": body.close_date.isoformat() if body.close_date else ""}
    body.status, body.close_date = OPEN, None
    db.session.execute(delete(Succession).where(Succession.predecessor_id == body.organisation_id))
    db.session.flush()
    _as_known(body, now=now)
    history.record("open again", body, who=who, now=now, before=before)
    db.session.flush()


def became(body: Body) -> list[Body]:
    """What took the place of a body: one, or none."""
    return _linked(Succession.predecessor_id, Succession.successor_id, body)


def came_from(body: Body) -> list[Body]:
    """The bodies whose place it took, by name."""
    return _linked(Succession.successor_id, Succession.predecessor_id, body)


def _linked(of: Any, other: Any, body: Body) -> list[Body]:
    return list(
        db.session.scalars(
            select(Body)
            .join(Succession, other == Body.organisation_id)
            .where(of == body.organisation_id, Body.partnership_id == body.partnership_id)
            .order_by(Body.name, Body.organisation_id)
        )
    )


def _can_follow(successor: Body, body: Body) -> None:
    if successor.organisation_id == body.organisation_id:
        raise CannotClose("A body cannot take its own place. Choose another.", field="successor")
    db.session.refresh(successor)
    if successor.partnership_id != body.partnership_id:
        raise NoSuchBody("No body here has that number. Look for it in the list of bodies.")
    if not successor.is_open:
        raise CannotClose(
            f"{successor.name} is closed itself. Choose a body that is open.", field="successor"
        )


def _once(kept: BodyFacts, partnership_id: int, *, instead_of: int | None = None) -> None:
    for other in of_partnership(partnership_id):
        if other.organisation_id != instead_of and key_of(other.name, other.type_of_establishment) == key_of(
            kept.name, kept.kind
        ):
            raise BodyTwice(twice(other))


def twice(other: Body) -> str:
    """Why a body cannot be put down again."""
    if other.is_open:
        return f"{other.name} ({other.type_of_establishment}) is in the list already."
    return f"{other.name} ({other.type_of_establishment}) is in the list already, as closed. Open it again on its page."


def free_numbers(wanted: int, *, first: int = FIRST_OF_BODIES, last: int = BEYOND_BODIES) -> list[int]:
    """Numbers that no organisation has, from `first` on and below `last`: by chance, so that none tells how many there
    are, or whose is next."""
    found: set[int] = set()
    while len(found) < wanted:
        drawn = {first + secrets.randbelow(last - first) for _ in range(wanted - len(found))}
        taken = select(Organisation.organisation_id).where(Organisation.organisation_id.in_(drawn))
        found |= drawn - set(db.session.scalars(taken))
    return list(found)


def _write(body: Body, facts: BodyFacts, districts_there: Mapping[str, str | None]) -> None:
    if facts.district != (body.district_name or ""):
        body.district_name = facts.district or None
        body.district_code = districts_there.get(facts.district)
    body.name, body.type_of_establishment = facts.name, facts.kind
    body.front_line_staff, body.staff_counted_on = facts.front_line_staff, facts.staff_counted_on
    body.found_by = f" {words_of(f'{facts.name} {facts.kind} {facts.district}')}"


def _as_known(body: Body, *, now: datetime) -> None:
    names: Collection[str] = (*SchoolFacts.__annotations__, "front_line_staff", "staff_counted_on")
    known = {name: getattr(body, name) for name in names}
    db.session.add(OrganisationRecord(organisation_id=body.organisation_id, recorded_at=now, **known))


def said(facts: BodyFacts) -> dict[str, Any]:
    """The facts as the history and lists keep them."""
    counted_on = facts.staff_counted_on
    return asdict(facts) | {"staff_counted_on": counted_on.isoformat() if counted_on else None}


def read_said(kept: Mapping[str, Any]) -> BodyFacts:
    """The facts again of what `said` made of them."""
    counted_on = kept["staff_counted_on"]
    return BodyFacts(**{**kept, "staff_counted_on": date.fromisoformat(counted_on) if counted_on else None})
