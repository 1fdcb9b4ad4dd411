"""Files that were sent in and wait for the daily job, in pieces, so that any host reads what another took in.

No page reads a large file: it puts the bytes down, and shows how far the job is with them. One reader at a time has a
file in hand, and says so every second; a file of a reader who was not heard of for a minute is begun again by the next,
once. What was sent in goes as soon as it was read or refused; what came of it stays for a day.
"""

import logging
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    and_,
    delete,
    insert,
    or_,
    select,
    text,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant, Names, OfPartnership, db
from outreach.ground.errors import NoSuch, Refusal

REGISTER, POSTCODES = "register", "postcodes"

FILE = "file"
"""The part of what was sent in that is asked for; others lie beside it."""

PIECE = 1_000_000
"""Bytes that go into the database at a time."""

KEPT = timedelta(hours=24)

BEATS = timedelta(seconds=1)
"""How often whoever reads says so."""

MISSED = timedelta(minutes=1)
"""Whoever was not heard of for so long does not read any more."""

MOST_BEGUN = 2

BROKE_OFF = "Reading this file ended the daily job twice, and it is not tried again. Nothing was changed."
OUR_FAULT = "Something went wrong here. Nothing was changed. The log of the daily job says what."

Commits = Callable[[], AbstractContextManager[Any]]
"""The door's transaction: what is done within it is committed at its end."""

log = logging.getLogger(__name__)


class FileToRead(Base, OfPartnership):
    """One file, with what was sent in beside it. `asked`: what was said of it; `begun`: how often somebody began to
    read it, and by now has read so many `lines`. At its end `told` says what came of it, or `why` it was refused, and
    `why_of` which part.
    """

    __tablename__ = "file_to_read"
    __table_args__ = (
        CheckConstraint("kind IN ('register', 'postcodes', 'roads')", name="kind"),
        CheckConstraint("(taken_by = '') = (beat_at IS NULL)", name="taken"),
        CheckConstraint("why = '' OR finished_at IS NOT NULL", name="refused"),
        Index(
            "ix_file_to_read_to_do",
            "id",
            postgresql_where=text("finished_at IS NULL"),
            sqlite_where=text("finished_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    asked: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime] = mapped_column(Instant)
    begun: Mapped[int] = mapped_column(default=0)
    taken_by: Mapped[str] = mapped_column(Text, default="")
    beat_at: Mapped[datetime | None] = mapped_column(Instant)
    lines: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    told: Mapped[str] = mapped_column(Text, default="")
    why: Mapped[tuple[str, ...]] = mapped_column(Names, default=())
    why_of: Mapped[str] = mapped_column(Text, default="")

    def nobody_reads(self, now: datetime) -> bool:
        """Whether for a minute nobody has begun to read it, or gone on."""
        return self.finished_at is None and (self.beat_at or self.sent_at) < now - MISSED


class FilePiece(Base):
    """A piece of a part of one, by its `number` in it."""

    __tablename__ = "file_piece"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("file_to_read.id"), index=True)
    part: Mapped[str] = mapped_column(Text)
    number: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class NoSuchFile(NoSuch):
    """It was discarded, another took its place, or it is another partnership's."""


# The door that takes it in


def put_down(
    kind: str,
    parts: Mapping[str, BinaryIO],
    *,
    file_name: str,
    asked: str = "",
    partnership_id: int,
    who: str,
    now: datetime,
) -> str:
    """Let a file wait to be read, in place of the partnership's last of that kind; its token cannot be guessed."""
    sweep(now=now)
    _remove(FileToRead.kind == kind, FileToRead.partnership_id == partnership_id)
    row = FileToRead(
        token=secrets.token_hex(16),
        kind=kind,
        file_name=(file_name or "file")[:200],
        asked=asked,
        partnership_id=partnership_id,
        who=who,
        sent_at=now,
    )
    db.session.add(row)
    db.session.flush()
    for part, stream in parts.items():
        number = 0
        while (content := stream.read(PIECE)) or not number:
            piece = {"file_id": row.id, "part": part, "number": number, "content": content}
            db.session.execute(insert(FilePiece), piece)
            number += 1
    return row.token


def find(token: str, *, partnership_id: int) -> FileToRead | None:
    """The file of that token, of this partnership alone."""
    return db.session.scalar(
        select(FileToRead).where(FileToRead.token == token, FileToRead.partnership_id == partnership_id)
    )


def get(token: str, *, partnership_id: int) -> FileToRead:
    """The same. Raises NoSuchFile."""
    row = find(token, partnership_id=partnership_id)
    if row is None:
        raise NoSuchFile("That file is not here any more.")
    return row


def discard(token: str, *, partnership_id: int) -> None:
    """Also one that somebody reads just now: what comes of it counts for nothing. One that is gone is no matter."""
    _remove(FileToRead.token == token, FileToRead.partnership_id == partnership_id)


def sweep(*, now: datetime) -> None:
    _remove(FileToRead.sent_at < now - KEPT)


def _remove(*which: ColumnElement[bool]) -> None:
    ids = list(
        db.session.scalars(select(FileToRead.id).where(*which).order_by(FileToRead.id).with_for_update())
    )
    if ids:
        _remove_pieces(ids)
        db.session.execute(delete(FileToRead).where(FileToRead.id.in_(ids)))


def _remove_pieces(ids: list[int]) -> None:
    db.session.execute(delete(FilePiece).where(FilePiece.file_id.in_(ids)))


# The job that reads it


class _GivenBack(Exception):
    """Somebody ends this process."""


class _Lost(Exception):
    """It was discarded meanwhile, or another reader has begun it again."""


@dataclass(kw_only=True)
class FileInHand:
    """A file while it is read. `progress` is to be called as often as it can be: it says how far the reading is, and
    ends it where nobody wants it any more."""

    id: int
    token: str
    kind: str
    file_name: str
    asked: str
    partnership_id: int
    who: str
    sent_at: datetime
    taken_by: str
    clock: Callable[[], datetime]
    commits: Commits
    told: Callable[[], bool]
    beat_at: datetime
    parts: dict[str, BinaryIO] = field(default_factory=dict)

    def progress(self, _read: int, lines: int) -> None:
        if self.told():
            raise _GivenBack
        now = self.clock()
        if now - self.beat_at < BEATS:
            return
        self.beat_at = now
        with self.commits():
            row = self.mine()
            row.beat_at, row.lines = now, lines

    def mine(self) -> FileToRead:
        """Its row, locked, while it is still in these hands. Raises _Lost."""
        row = db.session.scalar(
            select(FileToRead)
            .where(
                FileToRead.id == self.id,
                FileToRead.taken_by == self.taken_by,
                FileToRead.finished_at.is_(None),
            )
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if row is None:
            raise _Lost
        return row


Reader = Callable[[FileInHand], Callable[[], str]]
"""Reads a file with no transaction open; what it hands back keeps what was read, inside one, and says what came of it.
"""


def read_next(
    readers: Mapping[str, Reader],
    *,
    clock: Callable[[], datetime],
    commits: Commits,
    told: Callable[[], bool] = lambda: False,
) -> bool:
    """One file from beginning to end; False where none waits. `told`: somebody ends this process, give the file back.
    Whatever is wrong with a file is put down, and never raised."""
    if db.session.scalar(select(FileToRead.id).where(_due(clock())).limit(1)) is None:
        return False
    with commits():
        file = _taken(clock, commits, told)
    if file is None:
        return False
    try:
        with ExitStack() as opened:
            _open(file, opened)
            keep = readers[file.kind](file)
        with commits():
            row = file.mine()
            _end(row, clock(), told=keep())
    except _GivenBack:
        _put_down_of(file, _give_back)
    except _Lost:
        pass
    except Refusal as refusal:
        why, why_of = refusal.in_lines, refusal.field or ""
        _put_down_of(file, lambda row: _end(row, clock(), why=why, why_of=why_of))
    except OperationalError:
        raise
    except Exception:
        log.exception("a file of kind %s could not be read", file.kind)
        _put_down_of(file, lambda row: _end(row, clock(), why=(OUR_FAULT,)))
    return True


def claim(taken_by: str, now: datetime) -> FileToRead | None:
    """Take the file that waits longest, or one whose reader is gone. `taken_by` is unlike any other."""
    while True:
        row = db.session.scalar(
            select(FileToRead)
            .where(_due(now))
            .order_by(FileToRead.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return None
        if row.begun >= MOST_BEGUN:
            _end(row, now, why=(BROKE_OFF,))
            continue
        row.taken_by, row.beat_at, row.begun, row.lines = taken_by, now, row.begun + 1, 0
        db.session.flush()
        return row


def _due(now: datetime) -> ColumnElement[bool]:
    nobody = or_(FileToRead.beat_at.is_(None), FileToRead.beat_at < now - MISSED)
    return and_(FileToRead.finished_at.is_(None), nobody)


def _taken(clock: Callable[[], datetime], commits: Commits, told: Callable[[], bool]) -> FileInHand | None:
    now = clock()
    row = claim(secrets.token_hex(8), now)
    if row is None:
        return None
    return FileInHand(
        id=row.id,
        token=row.token,
        kind=row.kind,
        file_name=row.file_name,
        asked=row.asked,
        partnership_id=row.partnership_id,
        who=row.who,
        sent_at=row.sent_at,
        taken_by=row.taken_by,
        clock=clock,
        commits=commits,
        told=told,
        beat_at=now,
    )


def _open(file: FileInHand, opened: ExitStack) -> None:
    """Put its parts together again, in files without a name."""
    pieces = db.session.execute(
        select(FilePiece.id, FilePiece.part)
        .where(FilePiece.file_id == file.id)
        .order_by(FilePiece.part, FilePiece.number)
    ).all()
    for piece_id, part in pieces:
        if part not in file.parts:
            file.parts[part] = opened.enter_context(tempfile.TemporaryFile())
        content = db.session.scalar(select(FilePiece.content).where(FilePiece.id == piece_id))
        file.parts[part].write(content or b"")
    for each in file.parts.values():
        each.seek(0)


def _put_down_of(file: FileInHand, what: Callable[[FileToRead], None]) -> None:
    """Of a file that nobody wants any more, nothing."""
    try:
        with file.commits():
            what(file.mine())
    except _Lost:
        pass


def _give_back(row: FileToRead) -> None:
    """Nothing broke: that it was begun is forgotten."""
    row.taken_by, row.beat_at, row.begun = "", None, row.begun - 1


def _end(
    row: FileToRead, now: datetime, *, told: str = "", why: tuple[str, ...] = (), why_of: str = ""
) -> None:
    row.finished_at, row.told, row.why, row.why_of = now, told, why, why_of
    _remove_pieces([row.id])
    db.session.flush()
