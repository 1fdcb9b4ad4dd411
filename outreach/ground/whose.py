"""Rows that a transaction may touch: PostgreSQL is told whose they are at the beginning of each, of reads too.

A request of a person, of a link or of a token is bound once it is known whose it is (web/gate.py and troupe_door.py),
before that to nobody. What is bound stays so for every transaction that follows, until the next request. On SQLite
nothing is sent.
"""

from contextvars import ContextVar

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection

from outreach.ground.db import db

SETTING = "outreach.partnership"
"""What the database is told, until the transaction ends: a partnership's number; nobody's where nothing is said."""

MARK = "/* whose */"
"""What every statement that says so begins with: like BEGIN, it is none of those that a page asks."""

_TELL = f"{MARK} SELECT set_config('{SETTING}', %s, true)"

_bound: ContextVar[str] = ContextVar("bound", default="")


def bind(partnership_id: int) -> None:
    """From now on, in the transaction at hand and in all that follow, it is this partnership that asks."""
    _say(str(partnership_id))


def let_go() -> None:
    """From now on it is nobody who asks."""
    if _bound.get():
        _say("")


def _say(told: str) -> None:
    _bound.set(told)
    if db.engine.dialect.name == "postgresql" and db.session().in_transaction():
        db.session.connection().exec_driver_sql(_TELL, (told,))


@event.listens_for(Engine, "begin")
def _tell(connection: Connection) -> None:
    if (told := _bound.get()) and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_TELL, (told,))
