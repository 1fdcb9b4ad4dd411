"""The lines that the register's links draw: who came before a school and who after, at any remove. One query each.

Of those before, `former_selves` are the ones that a school stands for: closed, in a line without a gap. A school that
stays open after something was split off keeps what is its own.
"""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, case, literal, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from outreach.county.schools import OPEN_STATUSES, School, Succession, has_closed
from outreach.ground.db import db


def after(urns: Collection[int]) -> dict[int, list[School]]:
    """Who came after each of some schools, by URN, open ones first; a school that nothing follows is left out."""
    return _reached(urns, Succession.predecessor_urn, Succession.successor_urn)


def before(urns: Collection[int]) -> dict[int, list[School]]:
    """Who came before each of some schools; the same."""
    return _reached(urns, Succession.successor_urn, Succession.predecessor_urn)


def former_selves(urns: Collection[int], *, today: date) -> dict[int, list[School]]:
    """The closed schools that each of some came from; what is behind one that stays open is not the successor's."""
    return _reached(urns, Succession.successor_urn, Succession.predecessor_urn, only=has_closed(School, today))


def heirs(urns: Collection[int]) -> dict[int, list[School]]:
    """The open schools among those that came after each."""
    found = {urn: [s for s in schools if s.is_open] for urn, schools in after(urns).items()}
    return {urn: schools for urn, schools in found.items() if schools}


def _reached(
    urns: Collection[int],
    here: InstrumentedAttribute[int],
    there: InstrumentedAttribute[int],
    only: ColumnElement[bool] | None = None,
) -> dict[int, list[School]]:
    roots = sorted(set(urns))
    if not roots:
        return {}
    # A school that is not known here leads on: only one that is known can be known to be open.
    passed = true() if only is None else there.not_in(select(School.urn).where(not_(only)))
    first = select(here.label("root"), there.label("urn")).where(here.in_(roots), passed)
    reach = first.cte("reach", recursive=True)
    # UNION leaves out what was reached before, so that a circle comes to its end.
    reach = reach.union(select(reach.c.root, there).join(reach, reach.c.urn == here).where(passed))
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
