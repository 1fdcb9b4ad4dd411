"""The lines that the register's links draw: who came before a school and who after, at any remove. One query each."""

from collections.abc import Collection

from sqlalchemy import case, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from outreach.county.schools import OPEN_STATUSES, School, Succession
from outreach.ground.db import db


def after(urns: Collection[int]) -> dict[int, list[School]]:
    """Who came after each of some schools, by URN, open ones first; a school that nothing follows is left out."""
    return _reached(urns, Succession.predecessor_urn, Succession.successor_urn)


def before(urns: Collection[int]) -> dict[int, list[School]]:
    """Who came before each of some schools; the same."""
    return _reached(urns, Succession.successor_urn, Succession.predecessor_urn)


def heirs(urns: Collection[int]) -> dict[int, list[School]]:
    """The open schools among those that came after each."""
    found = {urn: [s for s in schools if s.is_open] for urn, schools in after(urns).items()}
    return {urn: schools for urn, schools in found.items() if schools}


def _reached(
    urns: Collection[int], here: InstrumentedAttribute[int], there: InstrumentedAttribute[int]
) -> dict[int, list[School]]:
    roots = sorted(set(urns))
    if not roots:
        return {}
    reach = select(here.label("root"), there.label("urn")).where(here.in_(roots)).cte("reach", recursive=True)
    # UNION leaves out what was reached before, so that a circle comes to its end.
    reach = reach.union(select(reach.c.root, there).join(reach, reach.c.urn == here))
    found: dict[int, list[School]] = {}
    for root, school in db.session.execute(
        select(reach.c.root, School).join(School, School.urn == reach.c.urn).where(reach.c.urn != reach.c.root)
        .order_by(reach.c.root, School.status.in_(OPEN_STATUSES).desc(), School.name, School.urn)
    ):  # fmt: skip
        found.setdefault(root, []).append(school)
    return found


def family(urn: int) -> set[int]:
    """A school with all that came before and after it, however far, known here or not; in both directions in turn, so
    that the other half of a split is kin too."""
    one, other = Succession.predecessor_urn, Succession.successor_urn
    kin = select(literal(urn).label("urn")).cte("kin", recursive=True)
    near = or_(one == kin.c.urn, other == kin.c.urn)
    kin = kin.union(select(case((one == kin.c.urn, other), else_=one)).join(kin, near))
    return set(db.session.scalars(select(kin.c.urn)))
