"""Belonging of rows: to the partnership that their own column names, else to that of the rows that they belong to."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, Text, and_, cast, or_, select, union_all
from sqlalchemy.sql.schema import Table

from outreach.county import organisations
from outreach.county.register.applying import EVERYWHERE
from outreach.county.schools import Organisation
from outreach.ground.db import Base, table_of
from outreach.ground.history import History

_REGISTER = ("organisation", "authority", "register_import", "partnership")


def of_partnership(model: type[Base], partnership_id: int) -> ColumnElement[bool]:
    """As `rows_of`, of a table that is somebody's."""
    rows = rows_of(table_of(model), partnership_id)
    assert rows is not None, f"{model.__tablename__} is nobody's"
    return rows


def rows_of(table: Table, partnership_id: int) -> ColumnElement[bool] | None:
    """Rows of a table that are a partnership's, and those of which nobody can tell whose they are; of what schools say
    of themselves, those of schools that it holds now. None of a table that is nobody's."""
    if table.name == "partnership":
        return table.c.id == partnership_id
    if table.name == "history":
        nobodys = and_(History.partnership_id.is_(None), History.subject != "school")
        own = table.c.partnership_id == partnership_id
        return _any_of(table, [own, nobodys, _said_of_schools(partnership_id)])
    if table.name == "register_import":
        return _of_authorities(table, partnership_id)
    if "partnership_id" in table.c:
        own = table.c.partnership_id == partnership_id
        return or_(own, table.c.partnership_id.is_(None)) if table.c.partnership_id.nullable else own
    ways: list[ColumnElement[bool]] = []
    always: list[tuple[bool, int, ColumnElement[bool]]] = []
    for key in sorted(table.foreign_keys, key=lambda one: one.parent.name):
        parent = key.column.table
        if parent.name in (table.name, *_REGISTER):
            continue
        rows = rows_of(parent, partnership_id)
        if rows is not None:
            ways.append(key.parent.in_(select(key.column).where(rows)))
            if not key.parent.nullable:
                always.append((parent.name != "programme", len(always), ways[-1]))
    if always:
        return min(always)[2]
    if ways:
        return ways[0] if len(ways) == 1 else _any_of(table, ways)
    if "person_id" in table.c:
        person = table.metadata.tables["person"]
        return table.c.person_id.in_(select(person.c.id).where(person.c.partnership_id == partnership_id))
    held = [
        key.parent.in_(_held(partnership_id))
        for key in table.foreign_keys
        if key.column.table.name == "organisation"
    ]
    return or_(*held) if held else None


def _of_authorities(table: Table, partnership_id: int) -> ColumnElement[bool]:
    """Files that were applied to an authority of the partnership's, or to all of England."""
    authority = table.metadata.tables["authority"]
    named = table.c.la_codes.contains(authority.c.la_code)
    own = select(authority.c.la_code).where(authority.c.partnership_id == partnership_id, named)
    return or_(table.c.la_codes == EVERYWHERE, own.exists())


def _held(partnership_id: int) -> Select[int]:
    return select(Organisation.organisation_id).where(organisations.ours(partnership_id))


def _any_of(table: Table, ways: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Rows for which one of these holds; each is looked up by itself, by its index, where all in one condition would be
    held against every row of every partnership."""
    [key] = table.primary_key
    return key.in_(union_all(*(select(key).where(way) for way in ways)).subquery().select())


def _said_of_schools(partnership_id: int) -> ColumnElement[bool]:
    """Deeds of no partnership: what schools say of themselves."""
    held = _held(partnership_id).subquery()
    # Made into words first: behind a wall PostgreSQL looks up nothing by what it has to turn into another type.
    words = select(cast(held.c.organisation_id, Text).label("word")).offset(0).subquery()
    return and_(
        History.partnership_id.is_(None),
        History.subject == "school",
        History.subject_id.in_(select(words.c.word)),
    )
