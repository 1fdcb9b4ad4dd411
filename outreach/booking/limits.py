"""The number that the database holds promises to: the most of a year group that a school may promise.

The rule is accounts.py's; its outcome is written here, for every school of a partnership and each of its programmes
that is not over, by whatever changes it. A trigger compares what is promised with it by plain arithmetic. It is never
written below what is promised already: what is promised beyond what a school has is its `excess`, for a coordinator
to look at.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, union
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from outreach.booking import accounts
from outreach.booking.accounts import Limit, PromiseAccount
from outreach.booking.promises import Booking, PromiseLimit
from outreach.county import organisations
from outreach.county.schools import OPEN_STATUSES, VENUE, Organisation, Succession
from outreach.ground import school_year
from outreach.ground.db import db, made_once
from outreach.ground.timespans import day_of
from outreach.tour.programmes import Programme

PART, MANY = 500, 5000
"""Schools in one go; and from how many on all are gone through instead of those that are named."""

NOTHING = Limit(0, 0)
"""Of a year group that a school does not have any more."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A stored number that is not what the rule says now; None: no row."""

    programme: Programme
    organisation_id: int
    year_group: int
    stored: Limit | None
    right: Limit

    @property
    def matters(self) -> bool:
        """Not where it only still allows what was promised once: that is taken back by the next writing."""
        if self.stored is None:
            return True
        return self.stored.has != self.right.has or (self.stored.at_most or 0) < (self.right.at_most or 0)


def write(partnership_id: int, organisation_ids: Collection[int] | None = None, *, now: datetime) -> int:
    """Write what has changed, for some schools and whoever follows them (None: all); how many numbers did."""
    changed = 0
    for programme in _not_over(partnership_id, now=now):
        for part in _parts(programme, organisation_ids):
            _lock(programme, part)
            found = list(_differences(programme, part, now=now))
            _upsert([_row(programme.id, d.organisation_id, d.year_group, d.right) for d in found])
            changed += len(found)
    return changed


def write_everywhere(organisation_ids: Collection[int] | None = None, *, now: datetime) -> int:
    """The same in every partnership of which one sees programmes: behind a wall, in the one that asks."""
    partnerships = db.session.scalars(select(Programme.partnership_id).distinct()).all()
    return sum(write(partnership_id, organisation_ids, now=now) for partnership_id in sorted(partnerships))


def differences(partnership_id: int, *, now: datetime) -> Iterator[Difference]:
    """Every stored number that is not what the rule says now."""
    for programme in _not_over(partnership_id, now=now):
        for part in _parts(programme, None):
            yield from _differences(programme, part, now=now)


@dataclass(frozen=True, kw_only=True)
class Beyond:
    """A school that has promised more than it has by now; `excess`: how many, by year group."""

    programme: Programme
    organisation: Organisation
    excess: Mapping[int, int]


def beyond(partnership_id: int, *, now: datetime) -> list[Beyond]:
    """The schools to ask for fewer, or for their own numbers, by name; one query where there is none."""
    rows = db.session.execute(*_more_than_they_have(partnership_id, school_year.year_of(day_of(now))))
    organisations: dict[int, list[Organisation]] = {}
    for programme_id, school in rows:
        if school not in organisations.setdefault(programme_id, []):
            organisations[programme_id].append(school)
    found = []
    for programme_id, some in organisations.items():
        programme = db.session.get_one(Programme, programme_id)
        account_of = accounts.of_organisations(programme, some, now=now)
        found += [
            Beyond(programme=programme, organisation=s, excess=account_of[s.organisation_id].excess)
            for s in some
            if account_of[s.organisation_id].excess
        ]
    return found


@made_once
def _more_than_they_have(partnership_id: int, year: int) -> Select[int, Organisation]:
    return (
        select(PromiseLimit.programme_id, Organisation)
        .join(Organisation, Organisation.organisation_id == PromiseLimit.organisation_id)
        .join(Programme, Programme.id == PromiseLimit.programme_id)
        .where(*_is_not_over(partnership_id, year), PromiseLimit.at_most > PromiseLimit.has)
        .order_by(PromiseLimit.programme_id, Organisation.name, Organisation.organisation_id)
    )


def allow(
    programme: Programme, organisation: Organisation, account: PromiseAccount, year_groups: Collection[int]
) -> None:
    """Before a promise: what the school has by now, where the stored number is less, or missing."""
    rows = []
    for y in year_groups:
        has, stored = account.expected[y].at_most, account.limits.get(y)
        if stored is None or stored.at_most is not None and (has is None or has > stored.at_most):
            rows.append(_row(programme.id, organisation.organisation_id, y, Limit(has, has)))
    _upsert(rows)


def right(account: PromiseAccount) -> dict[int, Limit]:
    """By year group what should be stored; a year group that is promised and not offered any more has 0. Pure."""
    found = {}
    for y in sorted({*account.expected, *account.promised}):
        has, promised = (
            account.expected[y].at_most if y in account.expected else 0,
            account.promised.get(y, 0),
        )
        if has is not None and (y in account.expected or promised):
            found[y] = Limit(has, max(has, promised))
        elif y in account.expected:
            found[y] = Limit(None, None)
    return found


def _not_over(partnership_id: int, *, now: datetime) -> list[Programme]:
    this_year = school_year.year_of(day_of(now))
    query = select(Programme).where(*_is_not_over(partnership_id, this_year)).order_by(Programme.id)
    return list(db.session.scalars(query))


def _is_not_over(partnership_id: int, year: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Programme.partnership_id == partnership_id,
        Programme.academic_year >= year,
    )


def _parts(programme: Programme, organisation_ids: Collection[int] | None) -> Iterator[list[Organisation]]:
    """The schools whose numbers are stored: the open ones, and whoever has promised or has a number already. A venue
    promises nobody. Three lists put together, each read by its own index."""
    of = aliased(Organisation)
    still_open = select(of.organisation_id).where(
        organisations.ours(programme.partnership_id, of), of.status.in_(OPEN_STATUSES)
    )
    promised = select(Booking.organisation_id).where(
        Booking.programme_id == programme.id, Booking.ended_at.is_(None)
    )
    stored = select(PromiseLimit.organisation_id).where(PromiseLimit.programme_id == programme.id)
    query = select(Organisation).where(
        Organisation.kind != VENUE, Organisation.organisation_id.in_(union(still_open, promised, stored))
    )
    if organisation_ids is not None and len(organisation_ids) < MANY:
        query = query.where(Organisation.organisation_id.in_(_with_followers(organisation_ids)))
    found = db.session.scalars(query.order_by(Organisation.organisation_id)).all()
    for start in range(0, len(found), PART):
        yield list(found[start : start + PART])


def _with_followers(organisation_ids: Collection[int]) -> Any:
    """The schools and all that came after them: what they told is inherited."""
    found = (
        select(Organisation.organisation_id)
        .where(Organisation.organisation_id.in_(organisation_ids))
        .cte("found", recursive=True)
    )
    found = found.union(
        select(Succession.successor_id).join(found, found.c.organisation_id == Succession.predecessor_id)
    )
    return select(found.c.organisation_id)


def _lock(programme: Programme, organisations: Collection[Organisation]) -> None:
    """What is being promised now is waited for, so that no number is written below it."""
    db.session.execute(
        select(PromiseLimit.organisation_id)
        .where(
            PromiseLimit.programme_id == programme.id,
            PromiseLimit.organisation_id.in_([s.organisation_id for s in organisations]),
        )
        .order_by(PromiseLimit.organisation_id, PromiseLimit.year_group)
        .with_for_update()
    )


def _differences(
    programme: Programme, organisations: list[Organisation], *, now: datetime
) -> Iterator[Difference]:
    for organisation_id, account in accounts.of_organisations(programme, organisations, now=now).items():
        should_be = right(account)
        for y in sorted({*should_be, *account.limits}):
            stored, wanted = account.limits.get(y), should_be.get(y, NOTHING)
            if stored != wanted:
                yield Difference(
                    programme=programme,
                    organisation_id=organisation_id,
                    year_group=y,
                    stored=stored,
                    right=wanted,
                )


def _row(programme_id: int, organisation_id: int, year_group: int, limit: Limit) -> Mapping[str, int | None]:
    return {
        "programme_id": programme_id,
        "organisation_id": organisation_id,
        "year_group": year_group,
        **limit._asdict(),
    }


def _upsert(rows: list[Mapping[str, int | None]]) -> None:
    if not rows:
        return
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    put: Any = dialect.insert(PromiseLimit)
    put = put.on_conflict_do_update(
        index_elements=["organisation_id", "programme_id", "year_group"],
        set_={"has": put.excluded.has, "at_most": put.excluded.at_most},
    )
    db.session.execute(put, rows)
