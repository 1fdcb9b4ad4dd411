"""The base of every table, and `transaction()`: the only place that commits.

On SQLite a write transaction begins with BEGIN IMMEDIATE, so that two writers queue instead of
failing when a read snapshot is upgraded; reads outside use plain BEGIN.
"""

import select
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Engine, ForeignKey, MetaData, Text, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import Pool
from sqlalchemy.types import TypeDecorator

from outreach.ground.wording import words_of


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)


class Instant(TypeDecorator[datetime]):
    """An instant: aware UTC in Python; timestamptz on PostgreSQL, UTC text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must be aware")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class YearGroups(TypeDecorator[tuple[int, ...]]):
    """Year groups in order: (8, 9) in Python, '8,9' in the table; () is ''."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else ",".join(str(y) for y in sorted(set(value)))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[int, ...] | None:
        return None if value is None else tuple(int(y) for y in value.split(",") if y)


class OfPartnership:
    """Rows that belong to one partnership; the only foreign key that may point to a higher floor."""

    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"), index=True)


def _person_found_by(context: DefaultExecutionContext) -> str:
    given = context.get_current_parameters()
    return found_by(given.get("name") or "", given["address"])


def found_by(name: str, address: str) -> str:
    """The words by which a person is found."""
    return f" {words_of(name)} {words_of(address)} {address.lower()}"


class FoundByName:
    """Rows of people with a name and an address, found by the words of both: what a search looks through."""

    found_by: Mapped[str] = mapped_column(Text, default=_person_found_by, server_default="")


_writing: ContextVar[bool] = ContextVar("writing", default=False)

_one_writer = threading.Lock()
"""SQLite has one writer; its own way of waiting is to sleep and try again, so threads of one process queue here."""


_last_deeds: list[Callable[[], None]] = []


def before_commit(deed: Callable[[], None]) -> None:
    """Have `deed` done at the end of every transaction, inside it: for what must hold once all its verbs are done."""
    if deed not in _last_deeds:
        _last_deeds.append(deed)


@contextmanager
def transaction() -> Iterator[Session]:
    """One write transaction: commits when the block ends, rolls everything back when it raises.

    What was read before is let go first, so that what is read inside is what is decided on.
    Raises RuntimeError inside another transaction: verbs flush, doors commit.
    """
    if _writing.get():
        raise RuntimeError("transaction() inside transaction(): a verb must leave the commit to its door")
    session = db.session
    session.rollback()
    with _one_writer if db.engine.dialect.name == "sqlite" else nullcontext():
        token = _writing.set(True)
        try:
            session.connection()
            session.info.clear()
            yield session()
            for deed in _last_deeds:
                deed()
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            _writing.reset(token)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Pool, "checkout")
def _still_there(connection: Any, _record: Any, _proxy: Any) -> None:
    """A server that went away has said so on the wire, where nothing else is to be read from a connection at rest.

    So a look at the socket tells what a ping at each request would, without its round trip.
    """
    if not isinstance(connection, sqlite3.Connection):
        wire = select.poll()
        wire.register(connection.fileno(), select.POLLIN)
        if connection.closed or wire.poll(0):
            raise InvalidatePoolError("the database closed this connection")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")
