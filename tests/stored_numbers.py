"""What may be promised at most, held to its rule after each deed that any test does through a door.

Doors are requests and commands. What a deed has changed is looked at, and no more: most tests make a world without
stored numbers. On SQLite alone, where another connection still reads what stood before while a transaction is about
to commit; the doors are the same on PostgreSQL.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import Any

import click
from flask import Flask, current_app, has_request_context
from sqlalchemy import Table, event
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.sql import visitors

from outreach.booking import accounts, limits
from outreach.booking.limits import Difference
from outreach.booking.promises import Booking, BookingRevision, CameTo, PromisedPupils, PromiseLimit
from outreach.county import partnerships
from outreach.county.partnerships import CountedShare
from outreach.ground import clock
from outreach.ground.db import db, table_of
from outreach.tour.programmes import Programme

_PROMISED = (Booking, BookingRevision, CameTo, PromisedPupils, PromiseLimit, CountedShare)
"""What is promised, which the database holds to the number, and which part of it must be counted: not what a school has."""

TOLD_BY = {table for table in visitors.iterate(accounts._QUESTIONS) if isinstance(table, Table)} - {
    table_of(model) for model in _PROMISED
} | {table_of(Programme)}
"""Whatever is written here may be another number of pupils that a school has."""

Numbers = dict[tuple[int, int, int], Difference]


@contextmanager
def held_to_the_rule() -> Iterator[list[str]]:
    """A list that is empty in the end, unless a door changed what a school has and did not write it."""
    wrong: list[str] = []
    told, was = object(), object()  # what a session's notes are kept under

    def flushed(session: Session, _context: Any) -> None:
        for row in (*session.new, *session.dirty, *session.deleted):
            if table_of(type(row)) in TOLD_BY:
                session.info[told] = True

    def executed(state: ORMExecuteState) -> None:
        if not state.is_select and getattr(state.statement, "table", None) in TOLD_BY:
            state.session.info[told] = True

    def committing(session: Session) -> None:
        session.flush()
        session.info[was] = _differences() if session.info.pop(told, False) and _at_a_door() else None

    def committed(session: Session) -> None:
        before = session.info.pop(was, None)
        if before is not None:
            wrong.extend(
                f"{key}: stored {d.stored and tuple(d.stored)}, by the rule {tuple(d.right)}"
                for key, d in _differences().items()
                if d.matters and (key not in before or before[key].right != d.right)
            )

    listeners = (
        ("after_flush", flushed),
        ("do_orm_execute", executed),
        ("before_commit", committing),
        ("after_commit", committed),
    )
    for name, listener in listeners:
        event.listen(db.session, name, listener)
    try:
        yield wrong
    finally:
        for name, listener in listeners:
            event.remove(db.session, name, listener)


def _at_a_door() -> bool:
    inside = has_request_context() or click.get_current_context(silent=True) is not None
    return inside and db.engine.dialect.name == "sqlite"


def _differences() -> Numbers:
    """Read beside the deed: in no transaction that writes, and by a session of its own, whose statements nobody
    counts."""
    return Context().run(_read, current_app._get_current_object())  # type: ignore[attr-defined]


def _read(app: Flask) -> Numbers:
    with app.app_context():
        counted = db.engine
        db.engines[None] = counted.execution_options()
        try:
            return {
                (d.programme.id, d.organisation_id, d.year_group): d
                for one in partnerships.every()
                for d in limits.differences(one.id, now=clock.now())
            }
        finally:
            db.session.remove()
            db.engines[None] = counted
