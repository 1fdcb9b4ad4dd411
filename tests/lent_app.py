"""The service made once for a worker and a kind of database, and lent to one test after another as new.

Making it costs more processor time than most tests do, and compiling the same SQL and the same templates
again in each costs as much once more. What a test may change of it (settings) is put back; what it may not
(routes, guards, filters: everything that only an app of its own may have, see the mark `own_app`) is looked
at after each test.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask, g, request_started
from jinja2 import BytecodeCache, StrictUndefined, Undefined
from jinja2.utils import missing
from sqlalchemy import event, make_url
from sqlalchemy.pool import QueuePool
from werkzeug.utils import cached_property

from log_read import unread
from outreach import create_app
from outreach.cli import GROUPS
from outreach.ground.db import db
from read_pages import ReadingClient

SETTINGS = {
    "TESTING": True,
    "SECRET_KEY": "for tests",
    "PUBLIC_URL": "http://outreach.example",
    "MAIL_DOMAIN": "outreach.example",
    "SMTP_URL": "",
    "WTF_CSRF_ENABLED": False,
    # Tests let years go by while one is signed in; test_sign_in_sessions.py has the lifetimes of life.
    "PERMANENT_SESSION_LIFETIME": 200 * 365 * 86400,
    "SESSION_IDLE_SECONDS": 200 * 365 * 86400,
}

_AS_NEW = "CLOSE ALL; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES"
"""What a session of PostgreSQL forgets before the next test has it: all but what it compiled and planned."""

STATEMENTS_KEPT = 5000
"""How many compiled statements an engine keeps: all that the tests send; a service sends fewer and keeps
500."""


def settings_of(database_url: str, folder: Path) -> dict[str, Any]:
    """Where an app of a test keeps what it keeps."""
    return {
        "SQLALCHEMY_DATABASE_URI": database_url.replace("postgresql://", "postgresql+psycopg://"),
        "OUTREACH_FOLDER": str(folder),
        "MAIL_FOLDER": str(folder / "mail"),
    }


def new_app(settings: Mapping[str, Any], bytecode: BytecodeCache) -> Flask:
    """An app as create_app makes it, fit for the pushed context of a test."""
    app = create_app(settings)
    unread()
    app.jinja_env.bytecode_cache = bytecode
    app.jinja_env.undefined = _named  # type: ignore[assignment]
    app.test_client_class = ReadingClient
    # The pushed context would carry `g` from one request of a test into the next; in life each has its own.
    request_started.connect(_forget, app)
    return app


OF_COMPONENTS = ("undefined", "null")
"""Names that GOV.UK's components have as JavaScript does, and that nobody passes."""


class NobodyPassed(StrictUndefined):
    """A name of a template that nobody passed: it may be asked for, as what is shown on some pages alone is, and raises
    where anything else is done with it, since that would be left out in silence."""

    def __bool__(self) -> bool:
        return False


def _named(hint: str | None = None, obj: Any = missing, name: str | None = None, **more: Any) -> Undefined:
    """What is left out of a macro's call, or what something does not have, is nothing, as in life."""
    of_a_page = hint is None and obj is missing and name not in OF_COMPONENTS
    return (NobodyPassed if of_a_page else Undefined)(hint, obj, name, **more)


def _forget(_app: Flask, **_more: Any) -> None:
    g.__dict__.clear()


class LentApp:
    """An app whose engine goes to whichever database it was last lent with."""

    def __init__(self, settings: Mapping[str, Any], bytecode: BytecodeCache) -> None:
        options = {
            "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True, "query_cache_size": STATEMENTS_KEPT}
        }
        self.app = new_app({**settings, **options}, bytecode)
        with self.app.app_context():
            self._engine = db.engine
        self._pool = self._engine.pool
        event.listen(self._engine, "do_connect", self._connect)
        self._settings = deepcopy(dict(self.app.config))
        self._made = makeup(self.app)

        self._kept: psycopg.Connection | None = None

    def _connect(self, dialect: Any, _record: Any, _arguments: Any, _named: Any) -> Any:
        kept, self._kept = self._kept, None
        if kept is not None and kept.info.dbname == self._engine.url.database:
            with suppress(psycopg.OperationalError):  # ended by somebody
                kept.execute("SELECT")
                kept.rollback()
                return kept
        if kept is not None:
            kept.close()
        arguments, named = dialect.create_connect_args(self._engine.url)
        return dialect.connect(*arguments, **named)

    @property
    def kept_session(self) -> int | None:
        """The process of the one session of PostgreSQL that is kept for whoever has its database next: a new
        one would compile every trigger and plan every statement again."""
        return None if self._kept is None or self._kept.closed else self._kept.info.backend_pid

    def _keep_session(self) -> None:
        """Take the one connection that rests in the pool out of it; if others are open, none is kept."""
        pool = self._engine.pool
        if not isinstance(pool, QueuePool) or pool.checkedout() or pool.checkedin() != 1:
            return
        resting = pool.connect()
        session = resting.driver_connection
        if isinstance(session, psycopg.Connection) and not session.closed:
            resting.detach()
            session.autocommit = True
            session.execute(_AS_NEW)
            session.autocommit = False
            session.prepared_max = STATEMENTS_KEPT
            self._kept = session
        else:
            resting.close()

    @contextmanager
    def on(self, settings: Mapping[str, Any]) -> Iterator[Flask]:
        """The app with these settings laid over those that it was made with; the context is pushed."""
        self._set(settings)
        self._engine.url = make_url(settings["SQLALCHEMY_DATABASE_URI"])
        self._engine.pool = self._pool.recreate()
        with self.app.app_context():
            # What a test listens to is told to this engine alone; what was compiled stands in the one below
            # it.
            db.engines[None] = self._engine.execution_options()
            try:
                yield self.app
            finally:
                db.session.remove()
                self._keep_session()
                db.engine.dispose()
                self._set({})

    def _set(self, settings: Mapping[str, Any]) -> None:
        self.app.config.clear()
        self.app.config.update(deepcopy(self._settings))
        self.app.config.update(settings)

    def changed(self) -> list[str]:
        """Which parts of the app are not as create_app made them: then it is fit for nobody any more."""
        now = makeup(self.app)
        return [part for part in now | self._made if now.get(part) != self._made.get(part)]


def makeup(app: Flask) -> dict[str, Any]:
    """All of an app that create_app made and no test may change, each part to be compared."""
    registries = (
        "before_request_funcs",
        "after_request_funcs",
        "teardown_request_funcs",
        "url_value_preprocessors",
        "url_default_functions",
        "template_context_processors",
        "error_handler_spec",
    )
    environment = app.jinja_env
    return {
        "rules": [(rule.rule, rule.endpoint, rule.methods) for rule in app.url_map.iter_rules()],
        "views": dict(app.view_functions),
        "blueprints": dict(app.blueprints),
        # Commands, and the migrations behind some of them, come late: a test that asks for one changes nothing.
        "extensions": {name: value for name, value in app.extensions.items() if name != "migrate"},
        "commands": {name: command for name, command in app.cli.commands.items() if name not in GROUPS},
        "filters": dict(environment.filters),
        "globals": dict(environment.globals),
        "loader": (app.jinja_loader, environment.loader),
        "teardown": list(app.teardown_appcontext_funcs),
        **{name: _copied(getattr(app, name)) for name in registries},
        **{name: value for name, value in vars(app).items() if _is_set(app, name, value)},
    }


def _is_set(app: Flask, name: str, value: Any) -> bool:
    """Whether somebody set this attribute; what is looked up late and then kept, nobody sets."""
    kept = isinstance(getattr(type(app), name, None), cached_property)
    return not kept and name != "_got_first_request" and not isinstance(value, dict | list)


def _copied(registry: Any) -> Any:
    """A registry without the empty places that looking something up leaves in it."""
    if isinstance(registry, dict):
        return {key: copied for key, value in registry.items() if (copied := _copied(value))}
    return list(registry) if isinstance(registry, list) else registry
