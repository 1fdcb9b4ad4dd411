"""The lines that links draw, the register's and coordinators': who came before a school or a body and who after, at
any remove. One query each.

Of those before, `former_selves` are the ones that a school stands for: closed, in a line without a gap. A
school that stays open after something was split off keeps what is its own. A line ends where another
partnership of this service holds a school: nobody is led into another's county by a link.
"""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, not_, select, union
from sqlalchemy.orm import InstrumentedAttribute

from outreach.county import organisations
from outreach.county.partnerships import Authority, AuthorityCovered
from outreach.county.schools import OPEN_STATUSES, Organisation, OrganisationRecord, Succession, has_closed
from outreach.ground.db import db


def after(urns: Collection[int], partnership_id: int) -> dict[int, list[Organisation]]:
    """Who came after each of some schools, by URN, open ones first; a school that nothing follows is left
    out."""
    return _reached(urns, partnership_id, Succession.predecessor_id, Succession.successor_id)


def before(urns: Collection[int], partnership_id: int) -> dict[int, list[Organisation]]:
    """Who came before each of some schools; the same."""
    return _reached(urns, partnership_id, Succession.successor_id, Succession.predecessor_id)


def former_selves(
    urns: Collection[int], partnership_id: int, *, today: date
) -> dict[int, list[Organisation]]:
    """The closed schools that each of some came from; what is behind one that stays open is not the
    successor's."""
    closed = has_closed(Organisation, today)
    return _reached(urns, partnership_id, Succession.successor_id, Succession.predecessor_id, only=closed)


def heirs(urns: Collection[int], partnership_id: int) -> dict[int, list[Organisation]]:
    """The open schools of one's own among those that came after each: what was agreed goes to these alone."""
    found = after(urns, partnership_id)
    numbers = {s.organisation_id for line in found.values() for s in line if s.is_open}
    own = {s.organisation_id for s in organisations.of_ids(numbers, partnership_id)} if numbers else set()
    kept = {urn: [s for s in line if s.organisation_id in own] for urn, line in found.items()}
    return {urn: line for urn, line in kept.items() if line}


def ever_with(partnership_id: Any) -> Select[int]:
    """The URNs of every school that was ever with a partnership's authorities, as a part of other queries."""
    return select(OrganisationRecord.urn).where(OrganisationRecord.la_code.in_(la_codes_ever(partnership_id)))


def once_ours(urn: int, partnership_id: int) -> Organisation | None:
    """The school of that number if it ever was with a partnership's authorities. One query."""
    ever = ever_with(partnership_id).where(OrganisationRecord.urn == urn)
    return db.session.scalar(select(Organisation).where(Organisation.organisation_id.in_(ever)))


def la_codes_ever(partnership_id: Any) -> Any:
    """The codes of every authority that is, or ever was, the partnership's."""
    ever = AuthorityCovered
    return union(
        select(Authority.la_code).where(Authority.partnership_id == partnership_id),
        select(ever.la_code).where(ever.partnership_id == partnership_id),
    )


def _reached(
    urns: Collection[int],
    partnership_id: int,
    here: InstrumentedAttribute[int],
    there: InstrumentedAttribute[int],
    only: ColumnElement[bool] | None = None,
) -> dict[int, list[Organisation]]:
    roots = sorted(set(urns))
    if not roots:
        return {}
    # A school that is not known here leads on: only one that is known can be known to be open.
    passed = not_(organisations.anothers(there, partnership_id))
    if only is not None:
        passed = and_(
            passed,
            not_(exists().where(Organisation.organisation_id == there, not_(only)).correlate(Succession)),
        )
    first = select(here.label("root"), there.label("urn")).where(here.in_(roots), passed)
    reach = first.cte("reach", recursive=True)
    # UNION leaves out what was reached before, so that a circle comes to its end.
    reach = reach.union(select(reach.c.root, there).join(reach, reach.c.urn == here).where(passed))
    found: dict[int, list[Organisation]] = {}
    for root, school in db.session.execute(
        select(reach.c.root, Organisation)
        .join(Organisation, Organisation.organisation_id == reach.c.urn)
        .where(reach.c.urn != reach.c.root)
        .order_by(
            reach.c.root,
            Organisation.status.in_(OPEN_STATUSES).desc(),
            Organisation.name,
            Organisation.organisation_id,
        )
    ):
        found.setdefault(root, []).append(school)
    return found


def near(scope: Any) -> Select[Any]:
    """The links with an end among some schools, (predecessor, successor, date, recorded), as a part of other
    queries.

    Those that begin there and those that end there are looked up each by its own index.
    """
    s = Succession
    both = (s.id, s.predecessor_id, s.successor_id, s.link_date, s.recorded_at)
    found = union(
        select(*both).where(s.predecessor_id.in_(scope)), select(*both).where(s.successor_id.in_(scope))
    )
    return select(found.subquery())
