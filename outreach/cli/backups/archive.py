"""One backup as a file: a zip with the copy of the database and, last, a manifest that says what is in it.

Written under another name, flushed to the disk and renamed, so that no half of one ever bears a backup's name. Without
this service `unzip -p FILE database.dump | pg_restore …` reads it, with `age --decrypt` between the two where it is
sealed.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from outreach.cli.backups.account import Account

FORMAT = 1
"""A file of a higher one was made by a newer release, and is not read."""

NAME = re.compile(r"outreach-\d{4}-\d\d-\d\dT\d{6}Z\.backup")
MANIFEST = "manifest.json"
READ_AT_ONCE = 1 << 20


class NoBackup(Exception):
    """A backup cannot be made or read; its text says why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup says of itself, in clear in a sealed one too; it names partnerships and no person.

    `kind`: of the database, as SQLAlchemy names it. `database`: where it stood, without a password. `copy`: the name of
    the copy in the file, of `size` bytes with this SHA-256 in hexadecimal, as it stands there. `sealed`: by age.
    """

    format: int
    made_at: datetime
    release: str
    kind: str
    database: str
    copy: str
    sealed: bool
    size: int
    sha256: str
    account: Account

    def written(self) -> str:
        return json.dumps(asdict(self) | {"made_at": self.made_at.isoformat()}, indent=1, ensure_ascii=False)

    @classmethod
    def read(cls, text: bytes) -> "Manifest":
        """Raises ValueError, KeyError or TypeError where it is none; what a later release adds is left out."""
        said = json.loads(text)
        if said["format"] > FORMAT:
            raise NoBackup(
                f"it was made by a newer release of Outreach ({said['release']}). Bring the service up to that first."
            )
        known = {name: said[name] for name in cls.__dataclass_fields__}
        known["made_at"] = datetime.fromisoformat(known["made_at"])
        return cls(**known | {"account": Account.read(known["account"])})


def name_of(made_at: datetime) -> str:
    """In UTC, in the order of the alphabet."""
    return f"outreach-{made_at.astimezone(UTC):%Y-%m-%dT%H%M%SZ}.backup"


class Measured:
    """A file to be written to that knows what went through, and its own first error: who seals hides it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._hash = file, hashlib.sha256()
        self.size = 0
        self.failed: OSError | None = None

    def write(self, some: bytes) -> int:
        try:
            self._file.write(some)
        except OSError as error:
            self.failed = self.failed or error
            raise
        self._hash.update(some)
        self.size += len(some)
        return len(some)

    def flush(self) -> None:
        """Whoever seals calls it; the whole file is flushed to the disk in the end."""

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def write(path: Path, copy: str, fill: Callable[[Measured], Manifest]) -> Manifest:
    """Make the file `path`, whose copy is what `fill` writes; whole or not at all.

    Raises what `fill` raises, and NoBackup where the folder cannot be written or the disk is full.
    """
    try:
        with partial(path.parent, path.name) as (unfinished, file):
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                with archive.open(copy, "w", force_zip64=True) as into:
                    manifest = fill(Measured(into))
                archive.writestr(MANIFEST, manifest.written())
            file.flush()
            os.fsync(file.fileno())
            os.rename(unfinished, path)
    except OSError as error:
        raise NoBackup(f"{path.parent} cannot be written: {error.strerror or error}.") from None
    flush_folder(path.parent)
    return manifest


@contextmanager
def partial(folder: Path, name: str) -> Iterator[tuple[Path, IO[bytes]]]:
    """A file without a name of its own yet, for its owner alone; gone in the end unless it was renamed. Those that a
    killed process left behind are taken away first: nobody holds them any more."""
    for left in folder.glob(".*.partial"):
        with suppress_missing(), left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()
    path = folder / f".{name}.{secrets.token_hex(4)}.partial"
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield path, file
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def suppress_missing() -> Iterator[None]:
    """Somebody else took it away, or has it in hand."""
    try:
        yield
    except (FileNotFoundError, BlockingIOError):
        pass


def flush_folder(folder: Path) -> None:
    """So that a new name in it outlives a power cut."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A backup that is there and whose manifest could be read: none of it says that its copy is undamaged."""

    path: Path
    manifest: Manifest

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Its copy, as it stands there: sealed where it is sealed."""
        with zipfile.ZipFile(self.path) as archive, archive.open(self.manifest.copy) as file:
            yield file

    def check(self) -> None:
        """Raises NoBackup where the copy is not, byte for byte, what was written once."""
        found, size = hashlib.sha256(), 0
        try:
            with self.opened() as file:
                while some := file.read(READ_AT_ONCE):
                    found.update(some)
                    size += len(some)
        except (OSError, zipfile.BadZipFile, EOFError, RuntimeError) as error:
            raise NoBackup(f"{self.path} is damaged: {error}. Take another one.") from None
        if (size, found.hexdigest()) != (self.manifest.size, self.manifest.sha256):
            raise NoBackup(f"{self.path} is damaged: its copy is not what was written. Take another one.")

    @property
    def _mark(self) -> Path:
        return self.path.with_name(f"{self.path.name}.verified")

    @property
    def verified_at(self) -> datetime | None:
        """When this very copy was last restored and compared; None where that is not written down beside it."""
        try:
            sha256, at = self._mark.read_text().split()
            return datetime.fromisoformat(at) if sha256 == self.manifest.sha256 else None
        except (OSError, ValueError):
            return None

    def note_verified(self, now: datetime) -> None:
        """Raises OSError where the folder cannot be written."""
        self._mark.write_text(f"{self.manifest.sha256} {now.isoformat()}\n")

    def delete(self) -> None:
        self.path.unlink()
        self._mark.unlink(missing_ok=True)


def read(path: Path) -> Backup:
    """Raises NoBackup, in words, where it is none, is cut, or is a newer release's."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = Manifest.read(archive.read(MANIFEST))
            archive.getinfo(manifest.copy)
    except OSError as error:
        raise NoBackup(f"{path} cannot be read: {error.strerror or error}.") from None
    except NoBackup as newer:
        raise NoBackup(f"{path} is not read: {newer}") from None
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError, EOFError, RuntimeError):
        raise NoBackup(f"{path} is no whole backup: it is cut, damaged, or another kind of file.") from None
    return Backup(path=path, manifest=manifest)


def of_folder(folder: Path) -> tuple[list[Backup], list[Path]]:
    """The backups of a folder, oldest first, and the files with a backup's name that are none. Raises OSError."""
    found, broken = [], []
    for path in sorted(folder.iterdir()):
        if NAME.fullmatch(path.name):
            try:
                found.append(read(path))
            except NoBackup:
                broken.append(path)
    return sorted(found, key=lambda one: one.manifest.made_at), broken


def copied(source: Any, into: Any) -> None:
    """All of a file that is read into one that is written."""
    while some := source.read(READ_AT_ONCE):
        into.write(some)
