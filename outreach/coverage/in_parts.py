"""Standings some hundred schools at a time, so that an export of a country needs no more memory than one of a
county.

Each part is reckoned with all its kin and all its shows, from what was recorded by the same moment, so that
the parts together are the whole. A part takes 21 queries; between two parts whoever reads may let go of its
transaction.
"""

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from outreach.county.register import lines
from outreach.county.schools import Organisation
from outreach.county.succession import Kin
from outreach.coverage import standings
from outreach.coverage.as_of import scope
from outreach.coverage.standings import Standing
from outreach.ground.db import db
from outreach.tour.programmes import Programme

SIZE = 500
"""Schools of one part: enough that the queries are few beside the rows."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """The schools of one part in the target, and those taken out of it; each by name as it is now, then
    URN."""

    target: list[Standing]
    excluded: list[Standing]
    kin: Kin


def standings_in_parts(programme_id: int, *, as_of: date, now: datetime, size: int = SIZE) -> Iterator[Part]:
    """Every school's standing, part after part, by name as it is now, then URN: the same as
    standings.standings_of_programme gives."""
    programme = db.session.execute(select(Programme).where(Programme.id == programme_id)).scalar_one()
    near = _kin(scope(programme))
    organisation_ids = _by_name(programme)
    for first in range(0, len(organisation_ids), size):
        mine = organisation_ids[first : first + size].tolist()
        family = set(mine)
        for organisation_id in mine:
            _gather(organisation_id, near, family)
        found = standings.standings_of_programme(
            programme_id, as_of=as_of, now=now, only=tuple(sorted(family))
        )
        place = {organisation_id: n for n, organisation_id in enumerate(mine)}
        yield Part(
            target=_in_order(found.target, place), excluded=_in_order(found.excluded, place), kin=found.kin
        )


def with_kin(among: Any, organisation_ids: Collection[int]) -> set[int]:
    """Some schools of a scope and all their kin, at any remove: what a part of these schools has to be
    reckoned with. One query."""
    near = _kin(among)
    family = set(organisation_ids)
    for organisation_id in organisation_ids:
        _gather(organisation_id, near, family)
    return family


def _in_order(found: list[Standing], place: dict[int, int]) -> list[Standing]:
    return sorted((s for s in found if s.organisation_id in place), key=lambda s: place[s.organisation_id])


def _by_name(programme: Programme) -> "array[int]":
    """The numbers in the order of the export: eight bytes a school is all that is kept of those still to
    come."""
    query = (
        select(Organisation.organisation_id)
        .where(Organisation.organisation_id.in_(scope(programme)))
        .order_by(Organisation.name, Organisation.organisation_id)
    )
    rows = db.session.execute(query.execution_options(yield_per=1000))
    return array("q", (organisation_id for (organisation_id,) in rows))


def _kin(among: Any) -> dict[int, list[int]]:
    """Each school's predecessors and successors by every link, whenever it became known; most schools have
    none."""
    near: dict[int, list[int]] = defaultdict(list)
    known = lines.near(among).subquery()
    query = select(known.c.predecessor_id, known.c.successor_id).order_by(known.c.id)
    for a, b in db.session.execute(query):
        near[a].append(b)
        near[b].append(a)
    return near


def _gather(organisation_id: int, near: dict[int, list[int]], family: set[int]) -> None:
    """Add all the kin of a school, at any remove."""
    waiting = list(near.get(organisation_id, ()))
    while waiting:
        other = waiting.pop()
        if other not in family:
            family.add(other)
            waiting.extend(near.get(other, ()))
