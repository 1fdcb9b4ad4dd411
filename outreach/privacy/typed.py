"""Words that people typed, wherever they stand; where they name a child, typed_erasing.py erases them.

Which columns these are kept.py says: a new one is here by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, or_, select

from outreach.ground.db import db, models, table_of
from outreach.ground.erasures import WORDS, born_of
from outreach.ground.errors import NoSuch
from outreach.privacy import erasing, held, kept
from outreach.privacy.belonging import rows_of

NOT_WORDS = {
    "body_list.file_name",
    "contact_list.file_name",
    "correction.value",
    "draft.typed",
    "earlier_list.file_name",
    "list_sheet.packed",
    "list_upload.file_name",
    "list_upload.said",
    "list_upload.told",
}
"""What was typed, and is no sentence: names of files, a fact of a school, a form that is not finished, a list."""

SHORTEST = 4
"""Characters of words that are looked for elsewhere: 'no' stands everywhere."""

LEFT_OUT = frozenset({"programme", "partnership", "company", "troupe", "plan", "list_upload", "letter"})
"""Rows that are of many schools."""


class NoSuchWords(NoSuch):
    """No words stand there, or they are another's."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands in one column of one row."""

    table: str
    column: str
    key: str
    at: datetime | None
    words: str


def columns() -> list[Column[Any]]:
    """Every column that holds words which people typed, by table and name."""
    model_of = models()
    return [
        table_of(model_of[table]).c[column]
        for one in kept.KEPT
        if one.name == held.TYPED
        for table, column in sorted(kept.columns_in(one.columns))
        if f"{table}.{column}" not in NOT_WORDS
    ]


def newest(
    partnership_id: int, *, organisation_id: int | None = None, find: str = "", most: int = 100
) -> list[Words]:
    """The words of a partnership, or those about one school, in which `find` stands; the newest first."""
    found: list[Words] = []
    for column in columns():
        if organisation_id is None:
            of_school: list[ColumnElement[bool]] = []
        elif (of := _of_school(column.table, organisation_id)) is not None:
            of_school = [of]
        else:
            continue
        found += _words(partnership_id, column, *of_school, *_has(column, find), most=most)
    return sorted(found, key=lambda one: (one.at is not None, str(one.at)), reverse=True)[:most]


def get(partnership_id: int, table: str, column: str, key: str) -> Words:
    """Raises NoSuchWords."""
    of = next((one for one in columns() if (one.table.name, one.name) == (table, column)), None)
    if of is None:
        raise NoSuchWords("There are no such words here.")
    try:
        row = erasing.by_key(of.table, [key])
    except ValueError:
        raise NoSuchWords("There are no such words here.") from None
    found = _words(partnership_id, of, row, most=1)
    if not found:
        raise NoSuchWords("There are no such words here.")
    return found[0]


def _words(partnership_id: int, column: Column[Any], *chosen: ColumnElement[bool], most: int) -> list[Words]:
    table, (born, *_) = column.table, [*born_of(column.table), None]
    keys = list(table.primary_key.columns)
    ours = rows_of(table, partnership_id)
    assert ours is not None
    latest = [born.desc()] if born is not None else []
    rows = db.session.execute(
        select(*keys, column.label("words"), *([born.label("at")] if born is not None else []))
        .where(ours, column.is_not(None), column != "", column != WORDS, *chosen)
        .order_by(*latest, *(key.desc() for key in keys))
        .limit(most)
    )
    return [
        Words(
            table=table.name,
            column=column.name,
            key=",".join(map(str, row[: len(keys)])),
            at=row.at if born is not None else None,
            words=row.words,
        )
        for row in rows
    ]


def _has(column: Column[Any], find: str) -> Iterator[ColumnElement[bool]]:
    if find:
        yield column.icontains(find, autoescape=True)


def _of_school(table: Table, organisation_id: int) -> ColumnElement[bool] | None:
    """Rows that are about one school; None of a table whose rows are of none."""
    if "organisation_id" in table.c:
        return table.c.organisation_id == organisation_id
    ways = []
    for key in sorted(table.foreign_keys, key=lambda one: one.parent.name):
        parent = key.column.table
        if parent.name == table.name or parent.name in LEFT_OUT:
            continue
        if parent.name == "organisation":
            ways.append(key.parent == organisation_id)
        elif (
            key.parent.name != "partnership_id" and (rows := _of_school(parent, organisation_id)) is not None
        ):
            ways.append(key.parent.in_(select(key.column).where(rows)))
    return or_(*ways) if ways else None
