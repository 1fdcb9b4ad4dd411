"""Readiness of a process that serves pages: a database that answers within moments, and is as this version needs it.

Asked over a line of its own, so that a pool in which nothing is free says nothing of the database. A database that is
further on than this version is ready too: while a new version comes, it is migrated under the old one.
"""

from contextlib import closing
from pathlib import Path
from typing import Any

from outreach.ground.db import db

PATIENCE_SECONDS = 2

NO_ANSWER = "The database does not answer."
NOT_MIGRATED = "The database is not yet as this version needs it."

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"

NEEDED = max(path.stem for path in MIGRATIONS.glob("[0-9]*.py"))
"""The newest revision that this version brings: each stands in a file of its name, and they are numbered."""


def why_not() -> str:
    """In words for whoever looks after it; '' where the process may have traffic."""
    there = _revision()
    if there is None:
        return NO_ANSWER
    return NOT_MIGRATED if there < NEEDED else ""


def _revision() -> str | None:
    """Of the database; '' where it has none, None where it does not answer."""
    dialect = db.engine.dialect
    arguments, named = dialect.create_connect_args(db.engine.url)
    if dialect.name == "postgresql":
        named = {**named, "connect_timeout": PATIENCE_SECONDS, "tcp_user_timeout": PATIENCE_SECONDS * 1000}
    faults: Any = dialect.loaded_dbapi
    try:
        with closing(dialect.connect(*arguments, **named)) as line:
            cursor = line.cursor()
            if dialect.name == "postgresql":
                cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_SECONDS * 1000}")
            cursor.execute("SELECT version_num FROM alembic_version")
            row = cursor.fetchone()
            return row[0] if row else ""
    except faults.Error:
        return None
