"""A database of PostgreSQL copied by pg_dump while others write, and a restored one put into its place."""

import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import conninfo, sql
from sqlalchemy import URL, text

from outreach.cli.backups.account import Account
from outreach.cli.backups.archive import Measured, NoBackup
from outreach.cli.backups.sealing import Identity, plain_copy
from outreach.cli.backups.sqlite_file import PATIENCE_SECONDS, ServiceOn
from outreach.ground.db import db
from outreach.ground.walls import NOT_FOR_EVERYBODY

COPY = "database.dump"

LONGEST_NAME = 63
"""Bytes of a database's name (PostgreSQL's NAMEDATALEN, less one)."""

DEBIAN = "/usr/lib/postgresql"

LOCK_WAIT = "60s"
"""How long pg_dump waits for a table that somebody changes: a migration."""


class PostgresDatabase:
    """One database on a server, and others beside it for the moment where our account may make them.

    `programs`: the folder of pg_dump and pg_restore; '' looks in Debian's folders and on the PATH.
    """

    def __init__(self, url: URL, programs: str) -> None:
        self._url, self._programs = url, programs
        self.name = url.database or ""
        self._held: psycopg.Connection[Any] | None = None

    @property
    def said(self) -> str:
        return f"{self.name} at {self._url.host or 'this machine'}"

    @contextmanager
    def copied(
        self, account: Callable[[], Account], service_on: ServiceOn
    ) -> Iterator[tuple[Account, IO[bytes]]]:
        """A copy as of this moment, with its account out of the same snapshot. Nobody who writes meanwhile waits."""
        session = db.session
        session.rollback()
        session.connection(
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        try:
            snapshot = session.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            wanted = ("--format=custom", f"--lock-wait-timeout={LOCK_WAIT}", f"--snapshot={snapshot}")
            with self._running("pg_dump", *wanted) as process:
                assert isinstance(process.stdout, BufferedReader)
                told = account()
                process.stdout.peek(1)  # by its first byte it has the snapshot
                session.rollback()
                yield told, process.stdout
        finally:
            session.rollback()

    @contextmanager
    def restored(self, opened: IO[bytes], key: Identity | None) -> Iterator[str]:
        """The URL of a new database beside this one, made of a backup's copy; gone in the end unless it took the old
        one's place."""
        with self._desk() as desk:
            self._drop_left_over(desk)
            name = self._beside("scratch", secrets.token_hex(4))
            desk.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 {}").format(
                    sql.Identifier(name), self._as_this_one(desk)
                )
            )
            try:
                with self._connected(name) as self._held:  # so that nobody takes it for left over
                    self._fill(name, opened, key)
                    yield self._url_of(name)
            finally:
                desk.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def restore_here(self, opened: IO[bytes], key: Identity | None) -> None:
        """Into this very database, in which nobody put anything down: all of it or nothing."""
        self.clear()
        self._fill(self.name, opened, key)

    def clear(self) -> None:
        """Take away the tables, which are empty, and what hangs on them."""
        with self._connected(self.name) as here:
            here.execute(_CLEARED)

    def replace(self, url: str, *, now: datetime, empty: bool) -> str:
        """Put a restored database in the place of this one, which must not be in use; the name that this one got, or
        '' where it was empty and is gone."""
        name = re.sub(r".*/([^/?]+).*", r"\1", url)
        aside = self._beside("before", f"{now.astimezone(UTC):%Y%m%dT%H%M%S_%fZ}")
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}").format
        with self._desk() as desk:
            self.check_unused()
            if self._held is not None:
                self._held.close()
            try:
                with desk.transaction():
                    desk.execute(rename(sql.Identifier(self.name), sql.Identifier(aside)))
                    desk.execute(rename(sql.Identifier(name), sql.Identifier(self.name)))
            except psycopg.Error as error:
                raise NoBackup(f"{self.said} cannot be replaced: {_first_line(error)}.") from None
            if empty:
                desk.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(aside)))
        return "" if empty else aside

    def check_unused(self) -> None:
        """Raises NoBackup while anybody else is connected."""
        db.session.rollback()
        db.engine.dispose()
        until = time.monotonic() + PATIENCE_SECONDS
        with self._desk() as desk:
            while others := self._sessions(desk):
                if time.monotonic() > until:
                    break
                time.sleep(0.2)
        if others:
            raise NoBackup(
                f"{self.said} is in use ({others} sessions). Stop the service first: the pages, and whatever "
                "sends, reads or plans."
            )

    def _sessions(self, desk: psycopg.Connection[Any]) -> int:
        # Of another account's sessions one is told little more than whose they are; nobody's are the server's own.
        ((others,),) = desk.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usesysid IS NOT NULL", [self.name]
        ).fetchall()
        return int(others)

    def may_make_others(self) -> bool:
        """Whether our account may make databases."""
        with self._connected(self.name) as here:
            ((may,),) = here.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchall()
        return bool(may)

    def check_ours(self) -> None:
        """Raises NoBackup where no other can take this one's place, since it is another account's."""
        with self._connected(self.name) as here:
            ((owner, ours),) = here.execute(
                "SELECT pg_get_userbyid(datdba), pg_has_role(datdba, 'USAGE') FROM pg_database "
                "WHERE datname = current_database()"
            ).fetchall()
        if not ours:
            raise NoBackup(
                f"{self.said} belongs to {owner}, so our account can put no backup into its place. Give flask database "
                f"roles --connect … once, as {owner} (docs/operating.md)."
            )

    def _beside(self, word: str, mark: str) -> str:
        end = f"_{word}_{mark}"
        return self.name[: LONGEST_NAME - len(end)] + end

    def _url_of(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _drop_left_over(self, desk: psycopg.Connection[Any]) -> None:
        """What a killed process left behind: nobody is connected to it."""
        pattern = f"^{re.escape(self._beside('scratch', ''))}[0-9a-f]{{8}}$"
        for (name,) in desk.execute(
            "SELECT datname FROM pg_database WHERE datname ~ %s", [pattern]
        ).fetchall():
            try:
                desk.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
            except psycopg.errors.ObjectInUse:
                pass

    def _as_this_one(self, desk: psycopg.Connection[Any]) -> sql.Composed:
        """Encoding and order of letters of this database, as CREATE DATABASE takes them."""
        ((encoding, facts),) = desk.execute(
            "SELECT pg_encoding_to_char(encoding), to_jsonb(d) FROM pg_database d WHERE datname = %s",
            [self.name],
        ).fetchall()
        said = sql.SQL("ENCODING {} LC_COLLATE {} LC_CTYPE {}").format(
            encoding, facts["datcollate"], facts["datctype"]
        )
        if facts.get("datlocprovider") == "i":
            locale = facts.get("datlocale") or facts["daticulocale"]
            said += sql.SQL(" LOCALE_PROVIDER icu ICU_LOCALE {}").format(locale)
        return said

    def _fill(self, name: str, opened: IO[bytes], key: Identity | None) -> None:
        # Who may do what is said anew (cli/restore.py): another server has other accounts.
        wanted = ("--no-owner", "--no-acl", "--single-transaction", "--exit-on-error")
        with self._running("pg_restore", *wanted, database=name) as process:
            assert process.stdin is not None
            into = Measured(process.stdin)
            try:
                plain_copy(opened, into, key)
                process.stdin.close()
            except BrokenPipeError:
                pass  # it has ended, and says why by itself
            except NoBackup:
                if not isinstance(into.failed, BrokenPipeError):
                    raise
        with self._connected(name) as here:
            here.execute(NOT_FOR_EVERYBODY)

    @contextmanager
    def _running(
        self, program: str, *wanted: str, database: str | None = None
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """One of PostgreSQL's programs on a database. Raises NoBackup, in its own words, where it fails; it is ended
        where the context is left by an error."""
        path = self._program(program)
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as complaints:
            process = subprocess.Popen(
                [
                    path,
                    *wanted,
                    "--no-password",
                    f"--dbname={self._told_to_programs(database, Path(folder))}",
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
            try:
                yield process
                process.wait()
            except BaseException:
                process.kill()
                raise
            finally:
                for pipe in (process.stdin, process.stdout):
                    try:
                        if pipe is not None:
                            pipe.close()
                    except BrokenPipeError:
                        pass
                process.wait()
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip().splitlines()
        if process.returncode:
            raise NoBackup(f"{program} failed: {(said or [f'status {process.returncode}'])[0]}")

    def _told_to_programs(self, database: str | None, folder: Path) -> str:
        """How they connect; the password in a file for our eyes alone, since everybody sees a program's arguments."""
        told = self._connection(database or self.name)
        password = told.pop("password", None)
        if password:
            secret = folder / "password"
            secret.touch(mode=0o600)
            secret.write_text("*:*:*:*:" + str(password).replace("\\", "\\\\").replace(":", "\\:") + "\n")
            told["passfile"] = str(secret)
        return conninfo.make_conninfo("", **told)

    def _connection(self, name: str) -> dict[str, Any]:
        _, told = db.engine.dialect.create_connect_args(self._url.set(database=name))
        return {key: value for key, value in told.items() if key != "context"}

    @contextmanager
    def _connected(self, name: str) -> Iterator[psycopg.Connection[Any]]:
        try:
            connection = psycopg.connect(**self._connection(name), autocommit=True)
        except psycopg.Error as error:
            raise NoBackup(f"Database {name} does not answer: {_first_line(error)}.") from None
        with connection:
            yield connection

    @contextmanager
    def _desk(self) -> Iterator[psycopg.Connection[Any]]:
        """Where databases are made and renamed: in none of ours."""
        with self._connected("postgres") as desk:
            yield desk

    def _program(self, name: str) -> str:
        """The oldest that is not older than the server: a newer one writes what an older server does not know."""
        with self._connected(self.name) as here:
            server = here.info.server_version // 10000
        paths = [Path(self._programs) / name] if self._programs else [*Path(DEBIAN).glob(f"*/bin/{name}")]
        if not self._programs and (found := shutil.which(name)):
            paths.append(Path(found))
        versions = {version: path for path in paths if (version := _version(path))}
        fit = [version for version in sorted(versions) if version >= server]
        if not fit:
            there = f"has {', '.join(map(str, sorted(versions)))}" if versions else "has none"
            raise NoBackup(
                f"{name} of PostgreSQL {server} or newer is needed, and this machine {there}: install "
                f"postgresql-client-{server}, or name its folder in POSTGRES_PROGRAMS."
            )
        return str(versions[fit[0]])


def _version(path: Path) -> int:
    """Of PostgreSQL's program; 0 where there is none."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


_CLEARED = """
DO $$ DECLARE one record; BEGIN
FOR one IN SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') LOOP
  EXECUTE 'DROP TABLE IF EXISTS ' || one.name || ' CASCADE';
END LOOP;
FOR one IN SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'S' AND n.nspname NOT IN ('pg_catalog', 'information_schema') LOOP
  EXECUTE 'DROP SEQUENCE IF EXISTS ' || one.name || ' CASCADE';
END LOOP;
FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
  EXECUTE 'DROP ROUTINE IF EXISTS ' || one.name || ' CASCADE';
END LOOP;
END $$"""
"""Tables, sequences and functions that belong to no extension."""
