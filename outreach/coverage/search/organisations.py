"""Schools and bodies that are searched for: by name, town, postcode, URN, telephone, a body by its kind and district
too; or by what one that they came from was called."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select
from sqlalchemy.orm import aliased

from outreach.county import organisations, partnerships, schools
from outreach.county.schools import OPEN_STATUSES, Organisation, School, Succession
from outreach.coverage.search.typed import PHONE_FROM, Wanted
from outreach.ground.db import db


@dataclass(frozen=True, kw_only=True)
class OrganisationHit:
    """A school or a body; `came_from`: predecessors by whose name it was found; `became`: what became of one that is
    closed, each with whether it is one of ours, too."""

    organisation: Organisation
    came_from: tuple[str, ...] = ()
    became: tuple[tuple[Organisation, bool], ...] = ()


def organisation_of_number(partnership_id: int, want: Wanted) -> int | None:
    """The URN that was typed, or that of the school whose LAESTAB was, if this partnership has it."""
    if re.fullmatch(r"[1-9]\d{4,6}", want.solid):
        query = select(School.organisation_id).where(
            School.organisation_id == int(want.solid), organisations.ours(partnership_id, School)
        )
        found = db.session.scalar(query)
        if found is not None:
            return found
    if schools.read_laestab(want.solid) is None:
        return None
    codes = partnerships.la_codes(partnership_id)
    school = schools.find_by_laestab(want.solid, codes)
    return None if school is None else school.organisation_id


def matching(partnership_id: int, want: Wanted) -> list[ColumnElement[bool]]:
    """The conditions on Organisation for all that is so named, or that came of one that was."""
    return [
        organisations.ours(partnership_id),
        or_(named(Organisation, want), Organisation.organisation_id.in_(_heirs(partnership_id, want))),
    ]


def listed(
    partnership_id: int, want: Wanted, first: int, most: int
) -> tuple[int, tuple[OrganisationHit, ...]]:
    """How many there are, 0 past the end of the list too; and some of them: open ones first, found by their
    own words first."""
    closed = case((Organisation.status.in_(OPEN_STATUSES), 0), else_=1)
    by_kin = case((named(Organisation, want), 0), else_=1)
    elsewhere = case(
        (Organisation.found_by.startswith(f" {' '.join(want.words)}", autoescape=True), 0), else_=1
    )
    rows = db.session.execute(
        select(Organisation, func.count().over())
        .where(*matching(partnership_id, want))
        .order_by(closed, by_kin, elsewhere, Organisation.found_by, Organisation.organisation_id)
        .offset(first)
        .limit(most)
    ).all()
    total = rows[0][1] if rows else 0
    return total, tuple(
        _with_kin(partnership_id, [organisation for organisation, _ in rows], want) if rows else ()
    )


def _with_kin(partnership_id: int, rows: Sequence[Organisation], want: Wanted) -> list[OrganisationHit]:
    """What each came from (where its own words would not have found it), and what a closed one became; one
    query."""
    organisation_ids = [organisation.organisation_id for organisation in rows]
    other = aliased(Organisation)
    kin = db.session.execute(
        select(
            Succession.predecessor_id,
            Succession.successor_id,
            other,
            organisations.ours(partnership_id, other),
        )
        .join(other, other.organisation_id.in_([Succession.predecessor_id, Succession.successor_id]))
        .where(
            or_(
                and_(
                    other.organisation_id == Succession.predecessor_id,
                    Succession.successor_id.in_(organisation_ids),
                ),
                and_(
                    other.organisation_id == Succession.successor_id,
                    Succession.predecessor_id.in_(organisation_ids),
                ),
            ),
            not_(organisations.anothers(other.organisation_id, partnership_id)),
        )
        .order_by(Succession.id, other.organisation_id)
    ).all()
    hits = []
    for organisation in rows:
        said = f" {organisation.found_by}"
        own = all(f" {word}" in said for word in want.words)
        came_from = [
            o.name
            for _, heir, o, _ in kin
            if heir == organisation.organisation_id and o.organisation_id != organisation.organisation_id
        ]
        became = [
            (o, is_ours)
            for old, _, o, is_ours in kin
            if old == organisation.organisation_id and o.organisation_id != organisation.organisation_id
        ]
        hits.append(
            OrganisationHit(
                organisation=organisation,
                came_from=() if own else tuple(came_from),
                became=() if organisation.is_open else tuple(became),
            )
        )
    return hits


COMMON = frozenset(
    (
        "academy and ce church college community cofe catholic england high infant junior of primary rc school"
        " st the"
    ).split()
)
"""Words that tell no school from another."""

NEAR_ENOUGH = 0.75


def near(partnership_id: int, want: Wanted, most: int = 5) -> tuple[Organisation, ...]:
    """Schools and bodies whose words are spelt much like those that were typed, the nearest first."""
    telling = [word for word in want.words if word not in COMMON and len(word) > 3 and not word.isdigit()]
    if not telling:
        return ()
    begun = or_(*(Organisation.found_by.contains(f" {word[:3]}", autoescape=True) for word in telling))
    rows = db.session.scalars(
        select(Organisation)
        .where(organisations.ours(partnership_id), begun)
        .order_by(Organisation.found_by, Organisation.organisation_id)
        .limit(500)
    )
    scored = [(_likeness(telling, organisation.found_by.split()), organisation) for organisation in rows]
    near = sorted(
        (s for s in scored if s[0] >= NEAR_ENOUGH), key=lambda s: (-s[0], s[1].name, s[1].organisation_id)
    )
    return tuple(organisation for _, organisation in near[:most])


def _likeness(telling: list[str], words: list[str]) -> float:
    """How much each word is like the nearest of the others, on the whole; from 0 to 1. Pure."""
    best = [max(SequenceMatcher(None, word, other).ratio() for other in words) for word in telling]
    return sum(best) / len(best)


def named(organisation: Any, want: Wanted) -> ColumnElement[bool]:
    """A word of its name, town, postcode or URN begins with each word; or it has that telephone number."""
    named = and_(*(organisation.found_by.contains(f" {word}", autoescape=True) for word in want.words))
    if len(want.figures) < PHONE_FROM:
        return named
    return or_(named, func.replace(organisation.telephone, " ", "").contains(want.figures, autoescape=True))


def _heirs(partnership_id: int, want: Wanted) -> Select[Any]:
    """The numbers of ours that came, over any number of steps, of a school that is so named."""
    mine, old = aliased(Organisation), aliased(Organisation)
    open_to_us = not_(organisations.anothers(Succession.predecessor_id, partnership_id))
    line = (
        select(Succession.successor_id.label("heir"), Succession.predecessor_id.label("organisation_id"))
        .join(mine, mine.organisation_id == Succession.successor_id)
        .where(organisations.ours(partnership_id, mine), open_to_us)
        .cte("line", recursive=True)
    )
    # UNION keeps each once, so that links in a cycle come to an end.
    line = line.union(
        select(line.c.heir, Succession.predecessor_id)
        .join(line, line.c.organisation_id == Succession.successor_id)
        .where(open_to_us)
    )
    return (
        select(line.c.heir).join(old, old.organisation_id == line.c.organisation_id).where(named(old, want))
    )
