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
from outreach.county.schools import School
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
    urns = _by_name(programme)
    for first in range(0, len(urns), size):
        mine = urns[first : first + size].tolist()
        family = set(mine)
        for urn in mine:
            _gather(urn, near, family)
        found = standings.standings_of_programme(
            programme_id, as_of=as_of, now=now, only=tuple(sorted(family))
        )
        place = {urn: n for n, urn in enumerate(mine)}
        yield Part(
            target=_in_order(found.target, place), excluded=_in_order(found.excluded, place), kin=found.kin
        )


def with_kin(among: Any, urns: Collection[int]) -> set[int]:
    """Some schools of a scope and all their kin, at any remove: what a part of these schools has to be
    reckoned with. One query."""
    near = _kin(among)
    family = set(urns)
    for urn in urns:
        _gather(urn, near, family)
    return family


def _in_order(found: list[Standing], place: dict[int, int]) -> list[Standing]:
    return sorted((s for s in found if s.urn in place), key=lambda s: place[s.urn])


def _by_name(programme: Programme) -> "array[int]":
    """The URNs in the order of the export: eight bytes a school is all that is kept of those still to
    come."""
    query = select(School.urn).where(School.urn.in_(scope(programme))).order_by(School.name, School.urn)
    rows = db.session.execute(query.execution_options(yield_per=1000))
    return array("q", (urn for (urn,) in rows))


def _kin(among: Any) -> dict[int, list[int]]:
    """Each school's predecessors and successors by every link, whenever it became known; most schools have
    none."""
    near: dict[int, list[int]] = defaultdict(list)
    known = lines.near(among).subquery()
    query = select(known.c.predecessor_urn, known.c.successor_urn).order_by(known.c.id)
    for a, b in db.session.execute(query):
        near[a].append(b)
        near[b].append(a)
    return near


def _gather(urn: int, near: dict[int, list[int]], family: set[int]) -> None:
    """Add all the kin of a school, at any remove."""
    waiting = list(near.get(urn, ()))
    while waiting:
        other = waiting.pop()
        if other not in family:
            family.add(other)
            waiting.extend(near.get(other, ()))
