"""The base of every table, and `transaction()`: the only place that commits.

On SQLite a write transaction begins with BEGIN IMMEDIATE, so that two writers queue instead of
failing when a read snapshot is upgraded; reads outside use plain BEGIN.
"""

import select
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache, wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    Boolean,
    DateTime,
    Engine,
    ForeignKey,
    ForeignKeyConstraint,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    event,
    text,
)
from sqlalchemy.engine import Connection, Dialect, ExceptionContext
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import Pool
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from outreach.ground import clock
from outreach.ground import statements as statements
from outreach.ground.config import STANDBY
from outreach.ground.the_app import FromAbove
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


elsewhere: ContextVar[bool] = ContextVar("elsewhere", default=False)
"""Whether the session reads from a standby (standby.py); never inside `transaction()`."""


class OurSession(FlaskSession):
    """A session whose server may go at any moment: what it had not committed then, nobody has to take back."""

    def get_bind(
        self, mapper: Any = None, clause: Any = None, bind: Any = None, **more: Any
    ) -> Engine | Connection:
        if bind is None and elsewhere.get() and not _writing.get():
            return db.engines[STANDBY]
        return super().get_bind(mapper, clause, bind, **more)

    def rollback(self) -> None:
        with self._or_thrown_away():
            super().rollback()

    def close(self) -> None:
        with self._or_thrown_away():
            super().close()

    @contextmanager
    def _or_thrown_away(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if not is_unavailable(error):
                raise
            self.invalidate()


db = SQLAlchemy(model_class=Base, session_options={"class_": OurSession})


def table_of(model: type[Base]) -> Table:
    """The table that a model stands for: what many rows at once are written to."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def models() -> dict[str, type[Base]]:
    """Every model, by the name of its table; of several of one table that from which they come, which has all rows."""
    return {
        table_of(mapper.class_).name: mapper.class_
        for mapper in Base.registry.mappers
        if mapper.inherits is None or mapper.inherits.local_table is not mapper.local_table
    }


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

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """In one go: pages read thousands."""
        return _from_text if dialect.name == "sqlite" else _in_utc


def _from_text(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(stored + "+00:00")


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


class YearGroups(TypeDecorator[tuple[int, ...]]):
    """Year groups in order: (8, 9) in Python, '8,9' in the table; () is ''."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else ",".join(str(y) for y in sorted(set(value)))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[int, ...] | None:
        return None if value is None else tuple(int(y) for y in value.split(",") if y)


class Names(TypeDecorator[tuple[str, ...]]):
    """Some names in order, a line each in the table; () is ''."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else "\n".join(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(value.split("\n")) if value else ()


class among(FunctionElement[bool]):  # noqa: N801 (SQLAlchemy names functions of SQL in lower case)
    """Whether a column's number is among those of a query, which is answered first: `among(column, query)`.

    For a query that PostgreSQL takes to give far more rows than it does, such as one WITH RECURSIVE: by IN it would
    rather read the column's table whole, whosever rows are in it, than look those numbers up.
    """

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Any, query: Select[Any]) -> None:
        super().__init__(column, query.scalar_subquery())


@compiles(among)
def _among(element: among, compiler: SQLCompiler, **named: Any) -> str:
    column, query = (compiler.process(part, **named) for part in element.clauses)
    return f"{column} IN {query}"


@compiles(among, "postgresql")
def _among_an_array(element: among, compiler: SQLCompiler, **named: Any) -> str:
    column, query = (compiler.process(part, **named) for part in element.clauses)
    return f"{column} = ANY (ARRAY{query})"


_Asked = ParamSpec("_Asked")
_Statement = TypeVar("_Statement")


def made_once(make: Callable[_Asked, _Statement]) -> Callable[_Asked, tuple[_Statement, dict[str, Any]]]:
    """A statement of which the values alone change: kept once it is made, since making it takes longer than running it.

    `make` is handed a place in it for each value, and None for each value that is None; what comes back is what
    `session.execute(*…)` takes.
    """
    names = tuple(signature(make).parameters)
    build: Callable[..., _Statement] = make

    @cache
    def made(there: tuple[bool, ...]) -> _Statement:
        return build(*(bindparam(name) if given else None for name, given in zip(names, there, strict=True)))

    @wraps(make)
    def asked(*given: _Asked.args, **named: _Asked.kwargs) -> tuple[_Statement, dict[str, Any]]:
        values = dict(zip(names, given, strict=False)) | named
        statement = made(tuple(values.get(name) is not None for name in names))
        # Several values are handed over as a list: SQLAlchemy looks at the first.
        several = {name: list(value) for name, value in values.items() if isinstance(value, Set | Mapping)}
        return statement, {name: value for name, value in values.items() if value is not None} | several

    return asked


def plain_rows(statement: Any, values: Mapping[str, Any]) -> Sequence[Any]:
    """The rows of a select of plain columns, as the session's connection hands them out: the session would go through
    each once more, looking for entities. What is still pending is put down first, as for a query of its own."""
    db.session.flush()
    return db.session.connection().execute(statement, values).fetchall()


class OfPartnership:
    """Rows that belong to one partnership; the only foreign key that may point to a higher floor."""

    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"), index=True)


def _person_found_by(context: DefaultExecutionContext) -> str:
    given = context.get_current_parameters()
    return found_by(given.get("name") or "", given["address"])


def found_by(name: str, address: str) -> str:
    """The words by which a person is found."""
    return f" {words_of(name)} {words_of(address)} {address.lower()}"


def key_within_partnership(column: str, parent: str) -> ForeignKeyConstraint:
    """Key from a row's `column` to a row of `parent`, and to none of another partnership's."""
    return ForeignKeyConstraint([column, "partnership_id"], [f"{parent}.id", f"{parent}.partnership_id"])


class FoundByName:
    """Rows of people with a name and an address, found by the words of both: what a search looks through."""

    found_by: Mapped[str] = mapped_column(Text, default=_person_found_by, server_default="")


_writing: ContextVar[float] = ContextVar("writing", default=0.0)
"""Inside `transaction()`: how many seconds it waits for other writers."""

_one_writer = threading.Lock()
"""SQLite has one writer; its own way of waiting is to sleep and try again, so threads of one process queue
here."""

PATIENCE_SECONDS = 20.0
"""How long a writer waits for another before it is told that the database is busy, on both engines."""


LAST_DEEDS = FromAbove[Mapping[str, Callable[[], None]]]("last deeds")
"""What is done at the end of every transaction that left a mark in the session's info, inside it, by mark: for what
must hold once all its verbs are done."""


@contextmanager
def transaction(*, patience: float | None = None) -> Iterator[Session]:
    """One write transaction: commits when the block ends, rolls everything back when it raises.

    What was read before is let go first, so that what is read inside is what is decided on. Raises
    RuntimeError inside another transaction: verbs flush, doors commit; and what `is_unavailable` knows where
    another writer did not end within `patience` seconds, or the database cannot be written.
    """
    if _writing.get():
        raise RuntimeError("transaction() inside transaction(): a verb must leave the commit to its door")
    session = db.session
    session.rollback()
    patience = PATIENCE_SECONDS if patience is None else patience
    with _alone(patience):
        token = _writing.set(patience)
        try:
            session.connection()
            session.info.clear()
            yield session()
            session.flush()  # what is not put down yet leaves its mark too
            for mark, deed in LAST_DEEDS.told().items():
                if mark in session.info:
                    deed()
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            _writing.reset(token)


@contextmanager
def aside(*, patience: float = PATIENCE_SECONDS) -> Iterator[Connection]:
    """A write transaction on a connection of its own, while the session goes on reading: for what is noted of a page
    that was looked at. Raises as `transaction` does; never to be used inside one.
    """
    if _writing.get():
        raise RuntimeError("aside() inside transaction(): SQLite has one writer")
    with _alone(patience):
        token = _writing.set(patience)
        try:
            with db.engine.begin() as connection:
                yield connection
        finally:
            _writing.reset(token)


@contextmanager
def _alone(patience: float) -> Iterator[None]:
    """The one writer among the threads of this process, where the database has but one."""
    if db.engine.dialect.name != "sqlite":
        yield
        return
    if not _one_writer.acquire(timeout=patience):
        raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))
    try:
        yield
    finally:
        _one_writer.release()


_SQLITE_UNAVAILABLE = (
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_FULL",
    "SQLITE_READONLY",
    "SQLITE_IOERR",
    "SQLITE_CANTOPEN",
)


def is_unavailable(error: BaseException) -> bool:
    """Whether this is the database's 'not now', and no fault of ours: it is locked, full, read-only, or
    gone."""
    if isinstance(error, PoolTimeout | InvalidatePoolError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        name = getattr(error.orig, "sqlite_errorname", None) or "SQLITE_BUSY"
        return isinstance(error, OperationalError) and name.startswith(_SQLITE_UNAVAILABLE)
    return isinstance(error, OperationalError)


def broken_guard(error: IntegrityError) -> str:
    """The name of the constraint or guard that refused a statement, as the migrations give it; '' where it has none.

    PostgreSQL tells a constraint's name beside the message; a trigger's refusal is its message, on both engines.
    """
    if isinstance(error.orig, sqlite3.Error):
        return str(error.orig).removeprefix("CHECK constraint failed: ")
    told = getattr(error.orig, "diag", None)
    return str(getattr(told, "constraint_name", None) or getattr(told, "message_primary", None) or "")


def why_no_writing(*, patience: float) -> str:
    """Why the database cannot be written just now, in words for an operator; '' when it can.

    Tried by making a table and a row of some size and taking both back, which locks, allocates and leaves
    nothing.
    """
    name = f"write_probe_{uuid4().hex}"
    try:
        with transaction(patience=patience) as session:
            kind = "TABLE"
            if session.connection().dialect.name != "sqlite":
                session.execute(text(f"SET LOCAL lock_timeout = {int(patience * 1000)}"))
                kind = "TEMPORARY TABLE"  # the service's role may make no other
            session.execute(text(f"CREATE {kind} {name} (filler text)"))
            session.execute(text(f"INSERT INTO {name} VALUES (:filler)"), {"filler": "x" * 20_000})
            session.flush()
            raise _TakenBack
    except _TakenBack:
        return ""
    except Exception as error:
        if not is_unavailable(error):
            raise
        return str(getattr(error, "orig", error)).splitlines()[0]


def write_file_anew(*, patience: float) -> bool:
    """Of what was dropped nothing can be read from the database's files any more; whether that is so.

    SQLite leaves the pages of a dropped table as they were, in its file and its log: the file is written anew and the
    log emptied, which fails while another reads on for longer than `patience` seconds; then False, and it is tried
    again later. PostgreSQL gives a dropped table's file back by itself.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    db.session.rollback()
    with _alone(patience):
        connection = db.engine.raw_connection()
        cursor = connection.cursor()
        try:
            cursor.execute(f"PRAGMA {_wait(patience)}")
            try:
                cursor.execute("VACUUM")
            except sqlite3.OperationalError:
                return False
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            return not busy
        finally:
            cursor.execute(f"PRAGMA {_wait(PATIENCE_SECONDS)}")
            connection.close()


class _TakenBack(Exception):
    pass


_SERVER_ENDS = ("57P01", "57P02", "57P03", "57P05", "25P03", "25006")
"""What a server says that stops, crashed, starts, has waited for us too long (also in the middle of a transaction), or
is none to write to any more."""


@event.listens_for(Engine, "handle_error")
def _server_passes(context: ExceptionContext) -> OperationalError | None:
    """A connection to a server that ends is of no use any more, nor is one to a server that is read-only (a standby,
    before it takes over; a primary that was): the next one leads to whoever is the primary by then.

    PostgreSQL's drivers call what passes operational, a full disk too, but file read-only (25006) and a transaction
    that stood still for too long (25P03) under internal errors: it is away for now, for pages and for processes at
    work.
    """
    code = getattr(context.original_exception, "sqlstate", None)
    if code in _SERVER_ENDS:
        context.is_disconnect = True
    if code not in ("25006", "25P03"):
        return None
    return OperationalError(context.statement, context.parameters, context.original_exception)


LINE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,  # milliseconds
}
"""What a line to PostgreSQL is given where DATABASE_URL says nothing else: one that leads nowhere any more is known as
such after ten seconds where something was asked, after twenty where an answer is waited for; nobody waits for ever."""


@event.listens_for(Engine, "do_connect")
def _with_patience(dialect: Dialect, _record: Any, _arguments: Any, named: dict[str, Any]) -> None:
    if dialect.name == "postgresql":
        for name, value in LINE.items():
            named.setdefault(name, value)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (_wait(PATIENCE_SECONDS), "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "connect")
def _prepare_postgresql(connection: Any, _record: Any) -> None:
    """Once a connection: whoever waits longer for somebody's lock is told so, as on SQLite."""
    if not isinstance(connection, sqlite3.Connection):
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {int(PATIENCE_SECONDS * 1000)}")
        connection.commit()


@event.listens_for(Engine, "connect")
def _same_time(connection: Any, _record: Any) -> None:
    """Now and then a connection that somebody takes is asked what time it is there; one to a standby is not."""
    theirs = clock.DATABASES.find()
    if theirs is None or not theirs.is_old or isinstance(connection, sqlite3.Connection):
        return
    if connection.info.parameter_status("in_hot_standby") != "on":
        with connection.cursor() as cursor:
            theirs.find(lambda: cursor.execute("SELECT clock_timestamp()").fetchone()[0])
        connection.rollback()


@event.listens_for(Pool, "checkout")
def _still_same_time(connection: Any, record: Any, _proxy: Any) -> None:
    """A connection at rest that breaks at this is one of those that a new one takes the place of."""
    try:
        _same_time(connection, record)
    except connection.OperationalError as error:
        raise InvalidatePoolError("the database closed this connection") from error


def agree_on_time() -> None:
    """Before a process does anything: it knows what time it is for the database. One that does not answer is told of by
    whatever is asked of it next."""
    theirs = clock.DATABASES.find()
    if theirs is None or theirs.is_found or db.engine.dialect.name == "sqlite":
        return
    try:
        db.session.connection()
    except (OperationalError, PoolTimeout, InvalidatePoolError):
        pass
    db.session.rollback()


@event.listens_for(Pool, "checkout")
def _still_there(connection: Any, _record: Any, _proxy: Any) -> None:
    """A server that went away has said so on the wire, where nothing else is to be read from a connection at
    rest.

    So a look at the socket tells what a ping at each request would, without its round trip.
    """
    if not isinstance(connection, sqlite3.Connection):
        wire = select.poll()
        wire.register(connection.fileno(), select.POLLIN)
        if connection.closed or wire.poll(0):
            raise InvalidatePoolError("the database closed this connection")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    if patience := _writing.get():
        raw: Any = connection.connection.dbapi_connection
        raw.execute(f"PRAGMA {_wait(patience)}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")


def _wait(patience: float) -> str:
    return f"busy_timeout={int(patience * 1000)}"
