"""Rows that many tests begin with, made once for a worker and a kind of database, and laid into the empty database
of each test that asks for them: a copy of its own, to change at will. What took long to make, the other workers of the
run take from a file.

    @pytest.fixture
    def story(client: FlaskClient, stopped: Clock, world: World) -> Story:
        return world(lay, "931")        # what lay("931") returns, and all that it committed
"""

import io
import os
import pickle
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from filecmp import cmp
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from flask import Flask
from sqlalchemy import inspect, select

from outreach.ground.db import Base, db
from postgres import Broom

T = TypeVar("T")

LONG = 1.0
"""Seconds of a maker whose rows are put down for the other workers."""

MADE_WITH = ("PUBLIC_URL", "SECRET_KEY", "MAIL_DOMAIN")
"""Settings that stand in letters and tokens: rows are for whoever has the same."""


class SqliteFile:
    """The database of a test on SQLite, that nobody has open meanwhile; `empty` is one without a row."""

    def __init__(self, file: Path, empty: Path) -> None:
        self._file, self._empty = file, empty

    def is_empty(self) -> bool:
        return not Path(f"{self._file}-wal").exists() and cmp(self._file, self._empty, shallow=False)

    def copied(self) -> bytes:
        with closing(sqlite3.connect(self._file)) as here:
            here.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self._file.read_bytes()

    def lay(self, rows: bytes) -> None:
        self._file.write_bytes(rows)


@dataclass
class Kept:
    """`told` is what the maker returned, with the keys of rows in place of rows; `named` are those keys."""

    told: bytes
    named: dict[type[Base], list[tuple[Any, ...]]]
    rows: Any


class World:
    """What `world` is in a test; `kept` is its worker's, or None: all is made anew each time. `folder`: what the workers
    of a run share."""

    def __init__(
        self,
        app: Flask,
        database: Callable[[], SqliteFile | Broom],
        kept: dict[str, Kept] | None,
        folder: Path | None = None,
    ) -> None:
        self._app, self._database, self._kept, self._folder = app, database, kept, folder

    def __call__(self, make: Callable[..., T], *given: Any, **named: Any) -> T:
        """What `make(*given, **named)` returns: rows, also inside of other things, but no client and no app."""
        assert "<" not in make.__qualname__, "only a function of a module is known again"
        if self._kept is None:
            return make(*given, **named)
        _let_go()
        try:
            database = self._database()
        except (
            psycopg.errors.InsufficientPrivilege
        ):  # on a server that was given: nothing can be copied into it
            return make(*given, **named)
        assert database.is_empty(), "only an empty database can be filled"
        settings = [self._app.config[name] for name in MADE_WITH]
        key = repr((make.__module__, make.__qualname__, given, named, type(database), settings))
        file = self._folder and self._folder / f"world-{sha256(key.encode()).hexdigest()}"
        if key not in self._kept and file is not None and file.exists():
            self._kept[key] = pickle.loads(file.read_bytes())
        if key in self._kept:
            database.lay(self._kept[key].rows)
        else:
            began = time.monotonic()
            told = _Writer(make(*given, **named))
            _let_go()
            self._kept[key] = kept = Kept(told.written, told.named, database.copied())
            if file is not None and time.monotonic() - began > LONG:
                _put_down(kept, file)
        # Whoever had them made reads them anew, too: all begin alike.
        return _read(self._kept[key])  # type: ignore[no-any-return]


def _put_down(kept: Kept, file: Path) -> None:
    """Whole or not at all, also where two workers made it at the same time."""
    part = file.with_name(f"{file.name}.{os.getpid()}")
    part.write_bytes(pickle.dumps(kept))
    part.replace(file)


def _let_go() -> None:
    db.session.remove()
    if db.engine.dialect.name == "sqlite":  # a session of PostgreSQL knows by now what a new one would learn
        db.engine.dispose()


class _Writer(pickle.Pickler):
    def __init__(self, told: Any) -> None:
        written = io.BytesIO()
        super().__init__(written)
        self.named: dict[type[Base], list[tuple[Any, ...]]] = defaultdict(list)
        self.dump(told)
        self.written = written.getvalue()

    def persistent_id(self, found: Any) -> Any:
        if not isinstance(found, Base):
            return None
        key = inspect(found).identity
        assert key is not None, f"{found!r} is in no table"
        self.named[type(found)].append(key)
        return type(found), key


class _Reader(pickle.Unpickler):
    def persistent_load(self, key: Any) -> Any:
        return db.session.get_one(*key)


def _read(kept: Kept) -> Any:
    """What the maker returned, with the rows of this test's session."""
    rows = []
    for model, keys in kept.named.items():
        [column, *more] = inspect(model).primary_key
        if not more:  # all at once; `get_one` finds them in the session
            rows += db.session.scalars(select(model).where(column.in_([key for (key,) in keys])))
    return _Reader(io.BytesIO(kept.told)).load()
