"""The service held by the walls of PostgreSQL: it comes to the database by a role of its own, as `flask database roles`
makes it, while a test goes on as the owner.

With `own_check_off` the application's own check is off besides: wherever it asks for the rows of a partnership by a
condition, that condition holds for all.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from flask import Flask, request_started, request_tearing_down
from sqlalchemy import event, make_url

from outreach.cli import database_roles
from outreach.cli.database_roles import Roles
from outreach.ground.db import db

SERVICE, OWNER = "outreach_service", "outreach_owner"

_inside: ContextVar[bool] = ContextVar("inside", default=False)

# As SQLAlchemy writes a condition: a column of a table, never the one that an UPDATE sets.
_OWN_CHECK = re.compile(r"\b\w+\.partnership_id = %\((\w+)\)s(?:::INTEGER)?")


def make_roles(url: str, *, owner: str | None = None) -> Roles:
    """The roles, in a database that was migrated; its tables stay whose they are unless an owner is named."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    roles = Roles(owner=owner or str(make_url(url).username), service=SERVICE)
    with psycopg.connect(plain) as connection:
        steps = [database_roles.make, database_roles.grant]
        if owner:
            steps.insert(1, database_roles.hand_over)
        for step in steps:
            list(step(connection, roles))
    return roles


def address_of_service(url: str) -> str:
    """The address by which the service comes to a database that was migrated, its roles made there; SQLite has none."""
    if not url.startswith("postgresql"):
        return url
    make_roles(url)
    return make_url(url).set(username=SERVICE, password=None).render_as_string(hide_password=False)


@contextmanager
def walled(app: Flask, *, own_check_off: bool = False, roles: bool = True) -> Iterator[None]:
    """Requests of this app, and what is done within `as_service`, come as the service; what a test does beside them
    comes as the owner. Without `roles` they are there already."""
    if db.engine.dialect.name != "postgresql":
        yield
        return
    if roles:
        make_roles(str(app.config["SQLALCHEMY_DATABASE_URI"]))

    def begin(connection: Any) -> None:
        if _inside.get():
            connection.connection.dbapi_connection.execute(f"SET LOCAL ROLE {SERVICE}")

    def rewrite(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> Any:
        if own_check_off and _inside.get():
            statement = _OWN_CHECK.sub(r"(true OR %(\1)s::integer IS NULL)", statement)
        return statement, values

    def enter(_app: Flask, **_more: Any) -> None:
        db.session.rollback()
        _inside.set(True)

    def leave(_app: Flask, **_more: Any) -> None:
        if _inside.get():  # none where a test asks for the sign-in of a client
            db.session.rollback()
            _inside.set(False)

    event.listen(db.engine, "begin", begin)
    event.listen(db.engine, "before_cursor_execute", rewrite, retval=True)
    request_started.connect(enter, app)
    request_tearing_down.connect(leave, app)
    try:
        yield
    finally:
        request_started.disconnect(enter, app)
        request_tearing_down.disconnect(leave, app)
        event.remove(db.engine, "begin", begin)
        event.remove(db.engine, "before_cursor_execute", rewrite)


@contextmanager
def as_service() -> Iterator[None]:
    """What is done within it comes as the service: a job's own calls."""
    db.session.rollback()
    inside = _inside.set(True)
    try:
        yield
    finally:
        db.session.rollback()
        _inside.reset(inside)
