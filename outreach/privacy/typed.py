"""Words that people typed, wherever they stand, and their erasing where they name a child: there, in deeds, in mails
that carried them, in the same words elsewhere.

Which columns these are kept.py says: a new one is here by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Table, Text, cast, func, inspect, or_, select, update

from outreach.ground import erasures, history
from outreach.ground.db import db, models, table_of
from outreach.ground.erasures import WORDS, born_of
from outreach.ground.errors import NoSuch
from outreach.ground.history import History, Subject
from outreach.post.outbox import WAITING, WITHDRAWN, Letter, LetterMail
from outreach.privacy import erasing, held, kept
from outreach.privacy.belonging import rows_of
from outreach.privacy.held import NONE_READ, Mails
from outreach.privacy.person import in_json

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


def mails(of: Words, partnership_id: int, before: Mails = NONE_READ) -> Mails:
    """Those that carried the words."""
    if len(of.words) < SHORTEST:
        return before
    plain = " ".join(of.words.split())
    return held.mails_that_say(partnership_id, lambda told: plain in told, before=before)


def erase(of: Words, carried: Mails, *, partnership_id: int, who: str, now: datetime) -> None:
    """They go for good, in the caller's transaction: there, where the same words stand elsewhere, in deeds and in mails
    that carried them, which were found before it; a letter that waits is not sent. Raises erasures.NotWritten."""
    typed_at = _first_typed(of, partnership_id)
    for column in columns():
        _same(column, of, partnership_id)
    if len(of.words) >= SHORTEST:
        _deeds(of.words, typed_at, partnership_id, who=who, now=now)
    _take_out(mails(of, partnership_id, before=carried))
    history.record(
        "erased words",
        Subject("partnership", partnership_id, partnership_id),
        who=who,
        now=now,
        after={"where": f"{of.table}.{of.column}", "row": of.key},
    )
    db.session.flush()
    db.session.expire_all()


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


def _same(column: Column[Any], of: Words, partnership_id: int) -> None:
    """The row itself, and rows in which the very same words stand."""
    table = column.table
    chosen = []
    if (table.name, column.name) == (of.table, of.column):
        chosen.append(erasing.by_key(table, [of.key]))
    if len(of.words) >= SHORTEST:
        chosen.append(column == of.words)
    if not chosen:
        return
    ours = rows_of(table, partnership_id)
    model = models()[table.name]
    rows = [ours, column != "", or_(*chosen)]
    erasures.noted(model, *rows, column=column.name)
    db.session.execute(
        update(model)
        .where(*rows)  # type: ignore[arg-type]
        .values(erasing.gone(column, now=datetime.min))
        .execution_options(synchronize_session=False)
    )


def _first_typed(of: Words, partnership_id: int) -> datetime | None:
    """When these very words were typed for the first time, wherever; None where nobody can tell."""
    at = [of.at]
    for column in columns():
        born = next(iter(born_of(column.table)), None)
        if len(of.words) < SHORTEST or born is None:
            continue
        ours = rows_of(column.table, partnership_id)
        at += db.session.scalars(select(func.min(born)).where(ours, column == of.words))  # type: ignore[arg-type]
    return min((one for one in at if one is not None), default=None)


def _deeds(words: str, typed_at: datetime | None, partnership_id: int, *, who: str, now: datetime) -> None:
    """What deeds said, before and after, in which these words stand. None of before they were typed carried them: who
    types a word that many deeds say, and has it erased, takes nothing out of those."""
    table = table_of(History)
    spelt = in_json(words)
    said = [cast(column, Text) for column in (table.c.before, table.c.after) if isinstance(column.type, JSON)]
    ids = db.session.scalars(
        select(table.c.id)
        .where(
            rows_of(table, partnership_id),  # type: ignore[arg-type]
            or_(*(one.contains(told, autoescape=True) for one in said for told in {words, spelt})),
            *([] if typed_at is None else [table.c.recorded_at >= typed_at]),
        )
        .order_by(table.c.id)
    ).all()
    history.erase(ids, part=history.TOLD, whose=partnership_id, who=who, now=now)


def _take_out(carried: Mails) -> None:
    for one in carried.found:
        (key,) = inspect(one.model).primary_key
        erasures.remove(one.model, key == one.key)
        if one.model is LetterMail:
            db.session.execute(
                update(Letter)
                .where(Letter.id == one.key, Letter.status == WAITING)
                .values(status=WITHDRAWN, last_error="Words in it were erased.")
            )
