"""Erasures done again in a restored database: what stands in the list and is there still, or there again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import and_, delete, func, select, update

from outreach.county.partnerships import Partnership
from outreach.ground import erasures, history, whose
from outreach.ground.db import Base, db, models, table_of
from outreach.ground.erasures import Line
from outreach.ground.history import History
from outreach.privacy import erasing
from outreach.privacy.runs import THE_SERVICE

AT_ONCE = 1000
"""Lines in one transaction."""


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """How many lines were read, and how many rows they found that held something still."""

    lines: int
    erased: int


Door = Callable[[], AbstractContextManager[Any]]
"""A transaction, which is its door's to open."""


def before_work(door: Door, *, now: datetime) -> None:
    """Whoever serves, sends or plans begins when the database knows of every erasing: one that was restored by hand is
    brought up to the list first. Raises BadList."""
    if erasures.is_behind():
        db.session.rollback()
        replay(door, now=now)
    db.session.rollback()


def replay(door: Door, *, now: datetime) -> Replayed:
    """All that the database at hand does not know of yet, in transactions of its own: behind the walls, of one
    partnership after the other within each. Raises BadList."""
    lines = erased = 0
    instead: dict[str, str] = {}
    places = {table.name: -n for n, table in enumerate(db.metadata.sorted_tables)}

    def order(line: Line) -> tuple[int, str]:
        """What belongs to a row before the row."""
        return places.get(line.table, 1), line.what

    for part in _in_parts():
        with door():
            db.session.info[erasures.QUIET] = True
            lines_in_order = sorted((line for line, _ in part), key=order)
            for one in whose.everybody() or [None]:
                with whose.bound(one):
                    for what, found in groupby(lines_in_order, key=attrgetter("what")):
                        erased += _again(what, list(found), instead, bound_to=one, now=now)
            erasures.known_up_to(part[-1][1])
        lines += len(part)
    return Replayed(lines=lines, erased=erased)


def _in_parts() -> Iterator[list[tuple[Line, int]]]:
    """Read to the end before anything is erased: a list that is none changes nothing."""
    every = list(erasures.unknown())
    db.session.rollback()
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]


def _again(
    what: str, lines: list[Line], instead: dict[str, str], *, bound_to: int | None, now: datetime
) -> int:
    """Erase the same again; how many rows that was. What this release has no table or column for is gone anyway."""
    model = models().get(lines[0].table)
    if model is None:
        return 0
    table = table_of(model)
    there = erasures.still_there(table, lines)
    keys = sorted({line.key for line in there})
    column = lines[0].column
    if not keys or (column and model is not History and column not in table.c):
        return 0
    rows = erasing.by_key(table, keys)
    if not column:
        done = db.session.execute(delete(model).where(rows).execution_options(synchronize_session=False))
    elif model is History:
        return _deeds([int(key) for key in keys], column, bound_to=bound_to, now=now)
    elif (written := _written(model, column, now)) is not None:
        return erasing.again(written, [int(key) for key in keys], instead)
    else:
        if "erased_at" in table.c:  # what was erased stands for ever
            rows = and_(rows, table.c.erased_at.is_(None))
        done = db.session.execute(
            update(model)
            .where(rows)
            .values(erasing.gone(table.c[column], now=now))
            .execution_options(synchronize_session=False)
        )
    return int(getattr(done, "rowcount", 0))


def _written(model: type[Base], column: str, now: datetime) -> erasing.Written | None:
    found = [one for one in erasing.written(now) if one.model is model and one.address.key == column]
    return found[0] if found else None


def _deeds(ids: Sequence[int], part: str, *, bound_to: int | None, now: datetime) -> int:
    """A deed's names go where a deed of their own says so, and the chain still holds."""
    nobodys = bound_to or db.session.scalar(select(func.min(Partnership.id)))
    parts = [
        (key, of or nobodys)
        for key, of in db.session.execute(
            select(History.id, History.partnership_id).where(History.id.in_(ids)).order_by(History.id)
        )
    ]
    return sum(
        history.erase([key for key, of in parts if of == one], part=part, whose=one, who=THE_SERVICE, now=now)
        for one in sorted({of for _, of in parts if of is not None})
    )
