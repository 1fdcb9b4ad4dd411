"""Rows that a transaction may touch: PostgreSQL is told whose they are at the beginning of each, of reads too.

A request is bound by what it brings: a session, a link, a troupe's link, a token, a code (`bind_to`), before that to
nobody; what is bound stays so for every transaction that follows, until the next request. A job goes through the
partnerships one after the other (`bound`, `of_each`). An operator's command comes as the owner of the tables, whom no
wall holds. On SQLite nothing is sent; where the roles were not made (`flask database roles`) no wall stands, and a job
sees to all at once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from outreach.ground.db import db

SETTING = "outreach.partnership"
"""What the database is told, until the transaction ends: a partnership's number; nobody's where nothing is said."""

NOBODYS = 0
"""Bound so, one sees what nobody can tell whose it is, and nothing of anybody's."""

SEALING = -1
"""Bound so, the history can be read and its chain be added to, for all partnerships alike."""

MARK = "/* whose */"
"""What every statement that says so begins with: like BEGIN, it is none of those that a page asks."""

_TELL = f"{MARK} SELECT set_config('{SETTING}', %s, true)"
_TELL_FOUND = (
    f"{MARK} SELECT set_config('{SETTING}', coalesce(CAST(outreach_found(%s, %s) AS text), ''), true)"
)

_bound: ContextVar[str] = ContextVar("bound", default="")

T = TypeVar("T")


def bind(partnership_id: int) -> None:
    """From now on, in the transaction at hand and in all that follow, it is this partnership that asks."""
    _say(str(partnership_id))


def bind_to(what: str, brought: str) -> bool:
    """The same for whose `what` of that value is, as far as the database finds it; else for nobody. Whether it was
    found. The values of `what` stand in the migration that makes outreach_found."""
    if not _on_postgresql():
        return False
    told = db.session.connection().exec_driver_sql(_TELL_FOUND, (what, brought)).scalar_one()
    _bound.set(told)
    return bool(told)


def let_go() -> None:
    """From now on it is nobody who asks."""
    if _bound.get():
        _say("")


@contextmanager
def meanwhile(what: str, brought: str) -> Iterator[None]:
    """As `bind_to`; whoever was bound before is so again in the end."""
    before = _bound.get()
    bind_to(what, brought)
    yield
    if before and before != _bound.get():
        _say(before)


@contextmanager
def bound(partnership_id: int | None) -> Iterator[None]:
    """Within it, it is this partnership that asks, or NOBODYS, or SEALING; None changes nothing."""
    if partnership_id is None:
        yield
        return
    before = _bound.get()
    _say(str(partnership_id))
    try:
        yield
    finally:
        try:
            _say(before)
        except (
            DBAPIError,
            PendingRollbackError,
        ):  # what was at hand has failed, and is told so by what failed
            db.session.rollback()


def stands() -> bool:
    """Whether the database holds us to it."""
    return _on_postgresql() and _asked("SELECT row_security_active(to_regclass('programme'))") is True


def everybody() -> list[int | None]:
    """Whom a job has to be bound to, one after the other, to see to all: [None], to nobody, where no wall stands."""
    return list(_asked_for_each("SELECT id FROM partnership ORDER BY id")) if stands() else [None]


def having_due(what: str, now: datetime) -> list[int | None]:
    """Those of `everybody` for whom work waits: 'plans', 'roads'."""
    return list(_asked_for_each("SELECT outreach_due(%s, %s)", what, now)) if stands() else [None]


def having_letters(rank: int, now: datetime) -> list[int] | None:
    """The partnerships of which a letter of that rank could go now, whoever asks; None on SQLite, where one asks the
    table."""
    if not _on_postgresql():
        return None
    return list(_asked_for_each("SELECT outreach_letters_due(%s, %s)", rank, now))


def having_asked_for_links() -> list[int | None]:
    """Those of `everybody` of whom somebody asks for a school's link, and nobody has looked at it."""
    return list(_asked_for_each("SELECT outreach_links_asked()")) if stands() else [None]


def having_codes(postcode: str, now: datetime) -> list[int | None]:
    """Those of `everybody` of whom a school of that postcode, in capitals without blanks, holds a short code."""
    return list(_asked_for_each("SELECT outreach_codes_at(%s, %s)", postcode, now)) if stands() else [None]


def counted(what: str, now: datetime) -> dict[str, tuple[int, datetime | None]] | None:
    """{kind: how many, and a moment} of the whole service, whoever asks, in one statement; None on SQLite, where one
    asks the tables. The values of `what`, and which moment it is, stand in the migration of outreach_counted."""
    if not _on_postgresql():
        return None
    asked = "SELECT kind, many, moment FROM outreach_counted(%s, %s)"
    rows = db.session.connection().exec_driver_sql(asked, (what, now)).all()
    return {kind: (many, moment and moment.astimezone(UTC)) for kind, many, moment in rows}


def of_each(ask: Callable[[], T]) -> list[T]:
    """What is asked of each of `everybody`."""
    found = []
    for one in everybody():
        with bound(one):
            found.append(ask())
    return found


def is_known(what: str, brought: str) -> bool:
    """Whether the database knows such a value, whoever's it is. False on SQLite, where one asks the table."""
    if not _on_postgresql():
        return False
    return _asked("SELECT outreach_found(%s, %s) IS NOT NULL", what, brought) is True


def _on_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


def _asked(statement: str, *values: Any) -> Any:
    return db.session.connection().exec_driver_sql(f"{MARK} {statement}", values).scalar_one()


def _asked_for_each(statement: str, *values: Any) -> list[int]:
    return list(db.session.connection().exec_driver_sql(f"{MARK} {statement}", values).scalars())


def _say(told: str) -> None:
    _bound.set(told)
    if _on_postgresql() and db.session().in_transaction():
        db.session.connection().exec_driver_sql(_TELL, (told,))


@event.listens_for(Engine, "begin")
def _tell(connection: Connection) -> None:
    if (told := _bound.get()) and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_TELL, (told,))
