"""Organisations of a partnership, whoever it may ask: its schools, through their authorities, and its own bodies."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, or_, select, union_all
from sqlalchemy.orm import aliased

from outreach.county.partnerships import Authority
from outreach.county.schools import BODY, Organisation, School
from outreach.ground.db import db
from outreach.ground.errors import NoSuch
from outreach.ground.row_numbers import row_number


class NoSuchOrganisation(NoSuch):
    """No school or body of that number is the partnership's."""


def ours(partnership_id: Any, of: Any = Organisation) -> ColumnElement[bool]:
    """Whether an organisation is held by a partnership now, as a condition; `of` may be an alias.

    Two lists put together, each read by its own index: either condition on one row would read those of all the others.
    """
    school, body = aliased(Organisation), aliased(Organisation)
    schools = (
        select(school.organisation_id)
        .join(Authority, Authority.la_code == school.la_code)
        .where(Authority.partnership_id == partnership_id)
    )
    bodies = select(body.organisation_id).where(body.kind == BODY, body.partnership_id == partnership_id)
    return of.organisation_id.in_(union_all(schools, bodies))  # type: ignore[no-any-return]


def anothers(organisation_id: Any, partnership_id: int) -> ColumnElement[bool]:
    """Whether the organisation of a column of numbers is held by another partnership than this."""
    held, of = aliased(Organisation), aliased(Authority)
    return (
        select(held.organisation_id)
        .outerjoin(of, of.la_code == held.la_code)
        .where(
            held.organisation_id == organisation_id,
            or_(of.partnership_id != partnership_id, held.partnership_id != partnership_id),
        )
        .exists()
    )


def get(organisation_id: int, partnership_id: int) -> Organisation:
    """A school or body of this partnership, open or closed. Raises NoSuchOrganisation."""
    found = db.session.scalar(
        select(Organisation).where(Organisation.organisation_id == organisation_id, ours(partnership_id))
    )
    if found is None:
        raise NoSuchOrganisation("Nobody here has that number.")
    return found


def of_ids(organisation_ids: Collection[int], partnership_id: int) -> list[Organisation]:
    """Those of some numbers that are this partnership's, by number."""
    return list(
        db.session.scalars(
            select(Organisation)
            .where(Organisation.organisation_id.in_(organisation_ids), ours(partnership_id))
            .order_by(Organisation.organisation_id)
        )
    )


def schools_behind(urn: int, partnership_id: int, *, at_most: int) -> list[School]:
    """The schools of this partnership, open or closed, by URN, from the one that follows this number."""
    return list(
        db.session.scalars(
            select(School)
            .join(Authority, Authority.la_code == School.la_code)
            .where(Authority.partnership_id == partnership_id, School.urn > urn)
            .order_by(School.urn)
            .limit(at_most)
        )
    )


def find(organisation_id: int) -> Organisation | None:
    """Whoever has that number, and whoever holds it."""
    return db.session.get(Organisation, organisation_id)


def known(organisation_ids: Collection[int]) -> list[Organisation]:
    """Those of some numbers, whoever holds them now, by number."""
    return list(
        db.session.scalars(
            select(Organisation)
            .where(Organisation.organisation_id.in_(organisation_ids))
            .order_by(Organisation.organisation_id)
        )
    )


def numbers_like(told: str, partnership_id: int) -> list[int]:
    """Of this partnership's, the one of that number, or those with these words in their names."""
    named = Organisation.name.icontains(told, autoescape=True)
    if (number := row_number(told)) is not None:
        named = or_(named, Organisation.organisation_id == number)
    return list(
        db.session.scalars(
            select(Organisation.organisation_id)
            .where(named, ours(partnership_id))
            .order_by(Organisation.organisation_id)
        )
    )


__all__ = [
    "NoSuchOrganisation",
    "anothers",
    "find",
    "get",
    "known",
    "numbers_like",
    "of_ids",
    "ours",
    "schools_behind",
]
