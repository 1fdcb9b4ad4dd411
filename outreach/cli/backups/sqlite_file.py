"""A database of SQLite copied while others write, and a restored one put into its place."""

import fcntl
import gzip
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from sqlalchemy import URL

from outreach.cli.backups.account import Account
from outreach.cli.backups.archive import NoBackup, copied, flush_folder, suppress_missing
from outreach.cli.backups.sealing import Identity, plain_copy

COPY = "database.sqlite.gz"

PATIENCE_SECONDS = 10
"""How long whoever was just stopped may take to let go of the database."""

ServiceOn = Callable[[str], AbstractContextManager[None]]
"""The service put onto the database of a URL, for as long as the context is open."""


class SqliteFile:
    """The database in one file. Beside it, on the same disk, stands what is copied or restored for the moment."""

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:":
            raise NoBackup("The database is in memory alone: there is nothing to copy or to restore.")
        self.path = Path(url.database).absolute()

    @property
    def said(self) -> str:
        return str(self.path)

    @contextmanager
    def copied(
        self, account: Callable[[], Account], service_on: ServiceOn
    ) -> Iterator[tuple[Account, IO[bytes]]]:
        """A copy as of this moment, with its account, to be read packed. Nobody who writes meanwhile waits, and
        what was deleted is not in it."""
        if not self.path.exists():
            raise NoBackup(f"There is no database at {self.path}.")
        with self._aside() as copy:
            try:
                with closing(sqlite3.connect(self.path, isolation_level=None)) as here:
                    here.execute(f"PRAGMA busy_timeout={PATIENCE_SECONDS * 1000}")
                    here.execute("VACUUM INTO ?", [str(copy)])
            except sqlite3.Error as error:
                raise NoBackup(f"{self.path} cannot be copied: {error}.") from None
            with service_on(f"sqlite:///{copy}"):
                told = account()
            packed = copy.with_suffix(".gz")
            with copy.open("rb") as plain, gzip.open(packed, "wb", compresslevel=6) as into:
                copied(plain, into)
            with packed.open("rb") as file:
                yield told, file

    @contextmanager
    def restored(self, opened: IO[bytes], key: Identity | None) -> Iterator[str]:
        """The URL of a database made of a backup's copy, gone in the end unless it took the old one's place."""
        with self._aside() as copy:
            unpacked = copy.with_suffix(".gz")
            try:
                with unpacked.open("wb") as packed:
                    plain_copy(opened, packed, key)
                with gzip.open(unpacked) as packed, copy.open("wb") as plain:
                    copied(packed, plain)
                unpacked.unlink()
                with closing(sqlite3.connect(copy, isolation_level=None)) as here:
                    found = [row[0] for row in here.execute("PRAGMA integrity_check(1)")]
            except (OSError, EOFError) as error:
                raise NoBackup(f"The copy cannot be unpacked: {error}.") from None
            except sqlite3.Error as error:
                raise NoBackup(f"The copy is no whole database: {error}.") from None
            if found != ["ok"]:
                raise NoBackup(f"The copy is no whole database: {found[0]}.")
            yield f"sqlite:///{copy}"

    def replace(self, url: str, *, now: datetime, empty: bool) -> str:
        """Put a restored database in the place of this one, which must not be in use; where that one went, or
        '' where it was empty and is gone."""
        copy = Path(url.removeprefix("sqlite:///"))
        with closing(sqlite3.connect(copy, isolation_level=None)) as restored:
            restored.execute("PRAGMA journal_mode=DELETE")  # what stands in its log goes into the file
        self.check_unused()
        try:
            return self._replace(
                copy, "" if empty else f"{self.path}.before-{now.astimezone(UTC):%Y-%m-%dT%H%M%S.%fZ}"
            )
        except OSError as error:
            raise NoBackup(f"{self.path} cannot be replaced: {error.strerror}.") from None

    def _replace(self, copy: Path, aside: str) -> str:
        there = self.path.exists()
        if there:
            self._as_the_old(copy)
        with copy.open("rb+") as file:
            os.fsync(file.fileno())
        if there and aside:
            os.link(self.path, aside)
            # Left of a damaged database alone; it would be taken for the new one's.
            for log in ("-wal", "-shm"):
                if os.path.exists(f"{self.path}{log}"):
                    os.rename(f"{self.path}{log}", f"{aside}{log}")
        os.replace(copy, self.path)
        flush_folder(self.path.parent)
        return aside if there else ""

    def check_unused(self) -> None:
        """Raises NoBackup while another process has it open: it would go on with a file that nobody finds again."""
        if not self.path.exists():
            return
        try:
            with closing(sqlite3.connect(self.path, isolation_level=None)) as here:
                here.execute(f"PRAGMA busy_timeout={PATIENCE_SECONDS * 1000}")
                # Refused where anybody else is there; takes in the log of a process that was killed.
                here.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            raise NoBackup(
                f"{self.path} is in use ({error}). Stop the service first: the pages, and whatever sends, reads or "
                "plans."
            ) from None
        except sqlite3.DatabaseError:
            pass  # damaged, which is why somebody restores

    def _as_the_old(self, copy: Path) -> None:
        """Owner and rights of the file whose place it takes: root may have given the command."""
        old, new = self.path.stat(), copy.stat()
        copy.chmod(old.st_mode & 0o777)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.chown(copy, old.st_uid, old.st_gid)

    @contextmanager
    def _aside(self) -> Iterator[Path]:
        """A name for a database in a folder of its own, for its owner alone; those of killed processes go first."""
        for left in self.path.parent.glob(".backup-*"):
            with suppress_missing(), (left / "held").open("rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left)
        folder = self.path.parent / f".backup-{secrets.token_hex(4)}"
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise NoBackup(f"{self.path.parent} cannot be written: {error.strerror}.") from None
        try:
            with (folder / "held").open("wb") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                yield folder / "copy.sqlite"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
