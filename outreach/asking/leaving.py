"""Leaving of a person, or of the rights that schools are looked after with: in the same deed their schools go to
others, district by district.

What they hold are the schools that they look after in programmes that are open, and those that they are to follow up;
notes and days to ring go with a school. What nobody takes has no owner any more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from outreach.asking import follow_ups, owners
from outreach.asking.follow_ups import FollowUp
from outreach.asking.owners import GapOwner
from outreach.county import coordinators, who_may
from outreach.county.coordinators import Coordinator
from outreach.county.roles import CompanyOfRole
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.tour.programmes import Programme

NO_DISTRICT = ""

_TABLES: tuple[type[GapOwner] | type[FollowUp], ...] = (GapOwner, FollowUp)


@dataclass(frozen=True, kw_only=True)
class Held:
    """What somebody holds of one district, NO_DISTRICT where a school is in none: of each programme, by its id, the
    schools that they look after and those that they follow up."""

    district: str
    owned: Mapping[int, Collection[int]]
    followed: Mapping[int, Collection[int]]

    @property
    def schools(self) -> int:
        return len(set().union(*self.owned.values(), *self.followed.values()))


@dataclass(frozen=True, kw_only=True)
class HandedOver:
    """How many schools went to somebody, and how many have nobody now."""

    given: int
    left: int


Takers = Mapping[str, Coordinator | None]
"""Who takes the schools of which district; None, or a district that is missing: nobody."""


def held(person: Coordinator) -> list[Held]:
    """What a person holds, by district, the nameless last. Two queries."""
    rows: dict[str, tuple[dict[int, set[int]], dict[int, set[int]]]] = {}
    for nth, table in enumerate(_TABLES):
        found = db.session.execute(
            select(Organisation.district_name, table.programme_id, table.organisation_id)
            .join(Organisation, Organisation.organisation_id == table.organisation_id)
            .join(Programme, Programme.id == table.programme_id)
            .where(table.person_id == person.id, table.ended_at.is_(None), Programme.closed_at.is_(None))
            .order_by(table.id)
        )
        for district, programme_id, organisation_id in found:
            of = rows.setdefault(district or NO_DISTRICT, ({}, {}))[nth]
            of.setdefault(programme_id, set()).add(organisation_id)
    named = sorted(rows, key=lambda district: (district == NO_DISTRICT, district))
    return [Held(district=name, owned=rows[name][0], followed=rows[name][1]) for name in named]


def schools_held(partnership_id: int) -> dict[int, int]:
    """How many schools each person of a partnership holds; who holds none is missing. Two queries."""
    found: dict[int, set[int]] = {}
    for table in _TABLES:
        rows = db.session.execute(
            select(table.person_id, table.organisation_id)
            .join(Programme, Programme.id == table.programme_id)
            .where(
                Programme.partnership_id == partnership_id,
                table.ended_at.is_(None),
                Programme.closed_at.is_(None),
            )
            .order_by(table.id)
        )
        for person_id, organisation_id in rows:
            found.setdefault(person_id, set()).add(organisation_id)
    return {person_id: len(schools) for person_id, schools in found.items()}


def can_take(person: Coordinator) -> list[Coordinator]:
    """To whom somebody's schools can go, by name: who stays."""
    return [
        one for one in owners.possible(person.partnership_id) if one.id != person.id and one.leaves_on is None
    ]


def leave(person: Coordinator, to: Takers, *, on: date | None, who: str, now: datetime) -> HandedOver:
    """They leave at the end of that day, or (None) now; their schools go to others at once.

    Raises LastLead, DayCannotBe, NoSuchCoordinator, CannotOwn.
    """
    if on is None:
        coordinators.end(person, who=who, now=now)
    else:
        coordinators.leave_on(person, on, who=who, now=now)
    return _hand_over(person, to, who=who, now=now)


def change_role(
    person: Coordinator,
    role: str,
    to: Takers,
    *,
    company: CompanyOfRole | None = None,
    who: str,
    now: datetime,
) -> HandedOver:
    """Another role from now on; where it is one that looks after no schools, theirs go to others.

    Raises LastLead, ItsCompany, NoSuchCoordinator, CannotOwn.
    """
    coordinators.change_role(person, role, company=company, who=who, now=now)
    if holds_schools(role):
        return HandedOver(given=0, left=0)
    return _hand_over(person, to, who=who, now=now)


def holds_schools(role: str) -> bool:
    """Whether one in that role looks after schools."""
    return role in who_may.roles_that(who_may.CHANGE, "gaps")


def _hand_over(person: Coordinator, to: Takers, *, who: str, now: datetime) -> HandedOver:
    """A follow-up that nobody takes stays theirs, so that its day is not lost."""
    given = left = 0
    # Whoever gives them a school at this moment was first, or finds that they have left.
    db.session.execute(
        select(Programme.id)
        .where(Programme.partnership_id == person.partnership_id, Programme.closed_at.is_(None))
        .order_by(Programme.id)
        .with_for_update(key_share=True)
    )
    theirs = held(person)
    for programme_id in sorted({n for one in theirs for n in (*one.owned, *one.followed)}):
        programme = db.session.get_one(Programme, programme_id)
        for taker, of in _by_taker(theirs, to):
            owned = [urn for one in of for urn in one.owned.get(programme_id, ())]
            followed = [urn for one in of for urn in one.followed.get(programme_id, ())]
            owners.pass_on(programme, owned, person, taker, who=who, now=now)
            if taker is not None:
                follow_ups.pass_on(programme, followed, person, taker, who=who, now=now)
    for one in theirs:
        if to.get(one.district) is None:
            left += one.schools
        else:
            given += one.schools
    return HandedOver(given=given, left=left)


def _by_taker(theirs: Sequence[Held], to: Takers) -> list[tuple[Coordinator | None, list[Held]]]:
    found: dict[int, tuple[Coordinator | None, list[Held]]] = {}
    for one in theirs:
        taker = to.get(one.district)
        found.setdefault(taker.id if taker else 0, (taker, []))[1].append(one)
    return [found[key] for key in sorted(found)]
