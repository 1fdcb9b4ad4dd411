"""List of erasures on other storage (ERASURES_FILE): what is erased stands there before that commits, so that a
restored backup, which holds it still, is erased again.

A line names a table, or a column of one, the row's key, a keyed hash of what of that row never changes, and the day. It
names nobody. docs/backup.md is what an operator reads.
"""

import fcntl
import hmac
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Table, delete, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import clock
from outreach.ground.db import Base, db, table_of
from outreach.ground.errors import Refusal
from outreach.ground.the_app import settings
from outreach.ground.timespans import day_of

NOTED = "erasures"
"""The mark of a transaction in which something is erased."""

QUIET = "erasures are done again"
"""The mark of one in which nothing new is: what stands in the list is not put there twice."""

WORDS = "These words were erased."
"""What stands in the place of words that were typed."""

SOMEBODY = "an erased person"
"""What stands in the place of a name that must stand: who did something."""

FIRST_LINE = (
    "# Outreach: what was erased, for a restore. Names nobody. Keep it apart from database and backups.\n"
)

_BORN = (
    "created_at recorded_at added_at received_at given_at signed_in_at failed_at began_at uploaded_at made_at "
    "published_at asked_at"
).split()
"""Instants of a row that never change."""


class NotWritten(Refusal):
    """The list cannot be written: nothing is erased of which a restore would not know."""


class BadList(Exception):
    """The list is not this database's, or no list; its text says why."""


class ErasuresMark(Base):
    """How much of the list this database knows: `size` bytes. A restored one knows less than the file has. One row."""

    __tablename__ = "erasures_mark"
    __table_args__ = (CheckConstraint("id = 1", name="one"), CheckConstraint("size >= 0", name="size"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One erasing: `what` is a table whose row goes, or 'table.column'; `key` its primary key, as text."""

    day: date
    what: str
    key: str
    hash: str

    @property
    def table(self) -> str:
        return self.what.partition(".")[0]

    @property
    def column(self) -> str:
        return self.what.partition(".")[2]

    def __str__(self) -> str:
        return f"{self.day}\t{self.what}\t{self.key}\t{self.hash}\n"

    @classmethod
    def read(cls, told: str) -> "Line":
        """Raises ValueError."""
        day, what, key, found = told.split("\t")
        if not what or not key or ":" not in found:
            raise ValueError(told)
        return cls(day=date.fromisoformat(day), what=what, key=key, hash=found)


def path() -> Path | None:
    named = settings()["ERASURES_FILE"]
    return Path(named) if named else None


def noted(model: type[Base], *rows: Any, column: str = "") -> None:
    """Some rows are about to go, or a column of them is about to be emptied, in the caller's transaction: called before
    that is done. Nothing where no list is kept."""
    if path() is None or QUIET in db.session.info:
        return
    table = table_of(model)
    lines = db.session.info.setdefault(NOTED, [])
    today = day_of(clock.now())
    what = f"{table.name}.{column}" if column else table.name
    for key, born in identities(table, *rows):
        lines.append(Line(day=today, what=what, key=key, hash=_hash(_key(), table.name, key, born)))


def remove(model: type[Base], *rows: Any) -> int:
    """Some rows go for good, and stand in the list first; how many they were."""
    noted(model, *rows)
    done = db.session.execute(delete(model).where(*rows).execution_options(synchronize_session=False))
    return int(getattr(done, "rowcount", 0))


def identities(table: Table, *rows: Any) -> list[tuple[str, str]]:
    """(key, what never changes) of some rows, each as text, in the order of their keys.

    What never changes are the row's own first instants, or those of the row whose key it bears.
    """
    keys = list(table.primary_key.columns)
    born = born_of(table)
    found = select(*keys, *born)
    if not born:
        for key in keys:
            for parent in (one.column for one in key.foreign_keys):
                found = found.join(parent.table, parent == key).add_columns(*born_of(parent.table))
    told = db.session.execute(found.where(*rows).order_by(*keys)).all()
    return [(",".join(map(str, row[: len(keys)])), "|".join(map(_plain, row[len(keys) :]))) for row in told]


def born_of(table: Table) -> list[Column[Any]]:
    """When a row began to be: what never changes of it."""
    return [table.c[name] for name in _BORN if name in table.c and not table.c[name].nullable]


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _hash(key: str, table: str, row: str, born: str) -> str:
    """'which key:HMAC-SHA256'."""
    told = f"{table}\n{row}\n{born}".encode()
    return f"{_id(key)}:{hmac.digest(_own(key), told, 'sha256').hex()}"


def _own(key: str) -> bytes:
    return hmac.digest(key.encode(), b"outreach: list of erasures", "sha256")


def _id(key: str) -> str:
    return hmac.digest(_own(key), b"id", "sha256").hex()[:8]


def _key() -> str:
    return str(settings()["SECRET_KEY"])


def _keys() -> dict[str, str]:
    return {_id(one): one for one in (_key(), *settings()["SECRET_KEY_FALLBACKS"])}


def write() -> None:
    """At the end of a transaction, before it commits: its lines are on the disk when this returns. Raises NotWritten,
    and nothing is erased."""
    lines: list[Line] = db.session.info.get(NOTED, [])
    file = path()
    if not lines or file is None:
        return
    known = marked()  # first: while this one waits for its turn the list may only grow
    try:
        size = _appended(file, "".join(map(str, lines)), known)
    except OSError as error:
        raise NotWritten(
            "Nothing was erased: the list of erasures, by which a restored backup is erased again, cannot be written "
            f"({error.strerror}). Tell whoever runs the service."
        ) from error
    _mark(size)


def begin() -> None:
    """The list is there, empty, before anything is erased: a restore asks for it. Raises OSError."""
    file = path()
    if file is not None and not file.exists():
        _appended(file, "", 0)


def begin_anew() -> None:
    """What stood in a list that is lost is known no more, in the caller's transaction: from now on one begins with the
    file as it is."""
    db.session.execute(update(ErasuresMark).values(size=0))


def is_anothers() -> bool:
    """Whether the file has less than this database knows: it is that of another host, was cut, or is lost."""
    file = path()
    if file is None:
        return False
    return (file.stat().st_size if file.exists() else 0) < marked()


def _appended(file: Path, lines: str, known: int) -> int:
    """The file's size once the lines are on the disk. One process at a time; what a killed one left of a line stays
    a line of its own. Raises NotWritten where it has less than was `known`."""
    new = not file.exists()
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        size = os.fstat(handle).st_size
        if size < known:
            raise NotWritten(
                "Nothing was erased: the list of erasures on this machine is not the one that stands for this "
                "database. Tell whoever runs the service."
            )
        if size == 0:
            lines = FIRST_LINE + lines
        elif os.pread(handle, 1, size - 1) != b"\n":
            lines = "\n" + lines
        told = lines.encode()
        while told:
            told = told[os.write(handle, told) :]
        os.fsync(handle)
        size = os.fstat(handle).st_size
    finally:
        os.close(handle)
    if new:
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return size


def _mark(size: int) -> None:
    db.session.execute(text("INSERT INTO erasures_mark (id, size) VALUES (1, 0) ON CONFLICT (id) DO NOTHING"))
    db.session.execute(update(ErasuresMark).where(ErasuresMark.size < size).values(size=size))


def marked() -> int:
    """How much of the list this database knows, in bytes."""
    return db.session.scalar(select(ErasuresMark.size)) or 0


def is_behind() -> bool:
    """Whether the list has lines that this database does not know of: it was restored by hand, or an erasing failed in
    its last moment."""
    file = path()
    if file is None or not file.exists():
        return False
    size = file.stat().st_size
    return size > marked() and any(True for _ in unknown())


def unknown() -> Iterator[tuple[Line, int]]:
    """(line, bytes up to its end) of what this database does not know yet. Raises BadList.

    What has no end of line was never committed.
    """
    file, start = path(), marked()
    assert file is not None
    with file.open("rb") as opened:
        if opened.seek(0, os.SEEK_END) < start:
            raise BadList(f"{file} is shorter than the database knows it: it was cut, or is another's.")
        opened.seek(start)
        at = start
        for told in opened:
            at += len(told)
            if not told.endswith(b"\n"):
                return
            words = told.decode(errors="replace").rstrip("\n")
            if not words or words.startswith("#"):
                continue
            try:
                yield Line.read(words), at
            except ValueError:
                if not _CUT.fullmatch(words):
                    raise BadList(f"{file} has a line that is none: '{words[:60]}'.") from None


_CUT = re.compile(r"[\d-]{1,10}(\t[^\t]*){0,3}")
"""What a killed process left of a line, which never committed."""


def still_there(table: Table, lines: Sequence[Line]) -> list[Line]:
    """Those whose row stands in the database and is the one that was meant: its number may have been given out anew
    after a restore. Raises BadList of a key that is not set any more."""
    keys = _keys()
    for line in lines:
        if line.hash.partition(":")[0] not in keys:
            raise BadList(
                f"The list of erasures was written with another SECRET_KEY ({line.day}). Set that one, or name it in "
                "SECRET_KEY_FALLBACKS."
            )
    (first, *others) = table.primary_key.columns
    wanted = {line.key for line in lines}
    firsts = {key.split(",")[0] for key in wanted}
    values = [int(one) for one in firsts] if first.type.python_type is int else sorted(firsts)
    here = {key: born for key, born in identities(table, first.in_(values)) if key in wanted}
    return [
        line
        for line in lines
        if line.key in here
        and hmac.compare_digest(
            line.hash, _hash(keys[line.hash.partition(":")[0]], table.name, line.key, here[line.key])
        )
    ]


def known_up_to(size: int) -> None:
    """The database knows of the list up to there, in the caller's transaction."""
    _mark(size)
