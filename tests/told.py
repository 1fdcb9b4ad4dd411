"""Whether every page that changed something told the history, held in each test that sends anything to a page.

Whoever sends a form to the desk, as a company or as a school, and changes a row by it, puts down a deed, whatever test
sends it: what the page wrote and kept is listened to.
`telling.UNTOLD` has the tables that are no change of anybody's, `gate.TELL_NOTHING` the page
that tells nothing on purpose.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, request, request_finished, request_started
from flask_login import current_user
from sqlalchemy import event
from sqlalchemy.engine import Engine

from outreach.ground import telling
from outreach.ground.history import History
from outreach.web.gate import TELL_NOTHING

DOORS = ("coordinator", "company", "school")

_WRITES = re.compile(
    r"\s*(?:INSERT|UPDATE|DELETE)\s+(?:/\*.*?\*/\s*)?(?:OR \w+\s+)?(?:INTO |FROM )?\"?(\w+)", re.I
)


@dataclass
class Kept:
    """What a connection wrote: tables, and the names in deeds."""

    tables: set[str] = field(default_factory=set)
    by: list[str] = field(default_factory=list)


@dataclass
class Request(Kept):
    """What a request wrote and kept; `waiting`: what a connection has not committed yet."""

    waiting: dict[int, Kept] = field(default_factory=dict)

    def of(self, connection: Any) -> Kept:
        return self.waiting.setdefault(id(connection.connection.dbapi_connection), Kept())


@dataclass
class Listened:
    """Pages that told nothing of what they changed, and those of the desk that told it as somebody else's deed alone;
    `changed`: all that changed something, by their endpoints."""

    wrong: list[str] = field(default_factory=list)
    anothers: list[str] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)


_now: ContextVar[Request | None] = ContextVar("told", default=None)


@contextmanager
def listened() -> Iterator[Listened]:
    found = Listened()

    def over(_app: Flask, **_more: Any) -> None:
        sent = _now.get()
        _now.set(None)
        door, endpoint = str(request.endpoint).partition(".")[0], str(request.endpoint)
        if sent is None or request.method in ("GET", "HEAD", "OPTIONS") or door not in DOORS:
            return
        changed = sent.tables - set(telling.UNTOLD) - {History.__tablename__}
        if not changed:
            return
        found.changed.add(endpoint)
        said = f"{request.method} {endpoint} changed {sorted(changed)}, told {sent.by}"
        if not sent.by and endpoint not in TELL_NOTHING:
            found.wrong.append(said)
        elif door == "coordinator" and not any(getattr(current_user, "name", "") in by for by in sent.by):
            found.anothers.append(said)

    listening = (
        (Engine, "after_cursor_execute", _wrote),
        (Engine, "commit", _kept),
        (Engine, "rollback", _dropped),
        (History, "after_insert", _told),
    )
    request_started.connect(_begun)
    request_finished.connect(over)
    for target, name, heard in listening:
        event.listen(target, name, heard)
    try:
        yield found
    finally:
        request_started.disconnect(_begun)
        request_finished.disconnect(over)
        for target, name, heard in listening:
            event.remove(target, name, heard)


def _begun(_app: Flask, **_more: Any) -> None:
    _now.set(Request())


def _wrote(connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
    sent, found = _now.get(), _WRITES.match(statement)
    if sent is not None and found and cursor.rowcount != 0:
        sent.of(connection).tables.add(found[1].lower())


def _told(_mapper: Any, connection: Any, deed: History) -> None:
    if (sent := _now.get()) is not None:
        sent.of(connection).by.append(deed.who)


def _kept(connection: Any) -> None:
    if (sent := _now.get()) is not None:
        kept = sent.waiting.pop(id(connection.connection.dbapi_connection), Kept())
        sent.tables |= kept.tables
        sent.by += kept.by


def _dropped(connection: Any) -> None:
    if (sent := _now.get()) is not None and not connection.invalidated:
        sent.waiting.pop(id(connection.connection.dbapi_connection), None)
