"""Wordings of letters: each version that a partnership wrote, which is in use, and who said so when."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import history
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import NoSuch
from outreach.ground.history import Subject
from outreach.post import worded
from outreach.post.letter_kinds import KINDS
from outreach.post.outbox import Letter
from outreach.post.worded import Worded


class LetterWording(Base):
    """One version of one kind of letter. `words` None: the original. `used_at` None: the draft, of which a kind has
    one; the newest that was used is in use. The database lets nobody change one that was used."""

    __tablename__ = "letter_wording"
    __table_args__ = (
        Index("ix_letter_wording_number", "partnership_id", "kind", "number", unique=True),
        Index(
            "ix_letter_wording_draft",
            "partnership_id",
            "kind",
            unique=True,
            sqlite_where=text("used_at IS NULL"),
            postgresql_where=text("used_at IS NULL"),
        ),
        CheckConstraint("(subject IS NULL) = (words IS NULL)", name="words"),
        CheckConstraint("(used_at IS NULL) = (used_by IS NULL)", name="used"),
        CheckConstraint("used_at IS NOT NULL OR words IS NOT NULL", name="draft"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"))
    kind: Mapped[str] = mapped_column(Text)
    number: Mapped[int]
    subject: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(Text)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    used_by: Mapped[str | None] = mapped_column(Text)

    @property
    def worded(self) -> Worded | None:
        """Its words; None for the original."""
        return (
            None
            if self.subject is None or self.words is None
            else Worded(subject=self.subject, words=self.words)
        )


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version that was used: `row` None is the original, before any; `until` None: it is in use; `letters`: how many
    were written in it."""

    row: LetterWording | None
    until: datetime | None
    letters: int


def in_use(partnership_id: int) -> Mapping[str, Worded]:
    """The partnership's own words by kind of letter; a kind in its original words is not named. One query."""
    newest: dict[str, Worded | None] = {}
    for row in db.session.scalars(
        select(LetterWording)
        .where(LetterWording.partnership_id == partnership_id, LetterWording.used_at.is_not(None))
        .order_by(LetterWording.used_at, LetterWording.id)
    ):
        newest[row.kind] = row.worded
    return {kind: words for kind, words in newest.items() if words is not None}


class InUse(Mapping[str, Worded]):
    """The same, read with the first letter that asks."""

    def __init__(self, partnership_id: int) -> None:
        self._partnership_id = partnership_id

    @cached_property
    def _words(self) -> Mapping[str, Worded]:
        return in_use(self._partnership_id)

    def __getitem__(self, kind: str) -> Worded:
        return self._words[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)


def draft(partnership_id: int, kind: str) -> LetterWording | None:
    return db.session.scalar(
        select(LetterWording).where(
            LetterWording.partnership_id == partnership_id,
            LetterWording.kind == kind,
            LetterWording.used_at.is_(None),
        )
    )


def keep_draft(partnership_id: int, kind: str, words: Worded, *, who: str, now: datetime) -> LetterWording:
    """The draft says this now; nothing that is sent changes. The caller holds the partnership's lock. Raises
    PlaceholderUnfit, WordsUnfit."""
    worded.check(kind, words)
    row = draft(partnership_id, kind)
    if row is None:
        row = LetterWording(
            partnership_id=partnership_id, kind=kind, number=_next_number(partnership_id, kind)
        )
        db.session.add(row)
    row.subject, row.words, row.recorded_at, row.recorded_by = words.subject, words.words, now, who
    db.session.flush()
    return row


def use_draft(partnership_id: int, kind: str, *, number: int, who: str, now: datetime) -> None:
    """Letters say from now on what the draft says that was looked at. Raises NoSuch where it is gone."""
    row = draft(partnership_id, kind)
    if row is None or row.number != number:
        raise NoSuch("This draft is used, or thrown away, already.")
    _used(row, who=who, now=now)


def use_again(partnership_id: int, kind: str, number: int | None, *, who: str, now: datetime) -> None:
    """Back to the words of an older version, as a new one; None: to the original. A draft stays one. Raises NoSuch."""
    words = None
    if number is not None:
        older = db.session.scalar(
            select(LetterWording).where(
                LetterWording.partnership_id == partnership_id,
                LetterWording.kind == kind,
                LetterWording.number == number,
                LetterWording.used_at.is_not(None),
            )
        )
        if older is None:
            raise NoSuch("There is no such version.")
        words = older.worded
    if in_use(partnership_id).get(kind) == words:
        return
    row = LetterWording(
        partnership_id=partnership_id,
        kind=kind,
        number=_next_number(partnership_id, kind),
        subject=words.subject if words else None,
        words=words.words if words else None,
        recorded_at=now,
        recorded_by=who,
    )
    _used(row, who=who, now=now)
    db.session.add(row)
    db.session.flush()


def throw_away_draft(partnership_id: int, kind: str) -> None:
    """Nothing is said of a draft that never was used; without one nothing happens."""
    row = draft(partnership_id, kind)
    if row is not None:
        db.session.delete(row)
        db.session.flush()


def versions(partnership_id: int, kind: str) -> list[Version]:
    """All that were ever used, newest first, the original last. Two queries."""
    rows = list(
        db.session.scalars(
            select(LetterWording)
            .where(
                LetterWording.partnership_id == partnership_id,
                LetterWording.kind == kind,
                LetterWording.used_at.is_not(None),
            )
            .order_by(LetterWording.used_at, LetterWording.id)
        )
    )
    written = db.session.scalars(
        select(Letter.created_at)
        .where(Letter.partnership_id == partnership_id, Letter.kind.in_(KINDS[kind].sent_as))
        .order_by(Letter.created_at)
    ).all()
    begins = [row.used_at for row in rows if row.used_at]
    cut = [0, *(bisect_left(written, at) for at in begins), len(written)]
    return [
        Version(row=row, until=until, letters=after - before)
        for row, until, before, after in zip([None, *rows], [*begins, None], cut[:-1], cut[1:], strict=True)
    ][::-1]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How one kind stands: the version in use (None: the original, from the beginning), and its draft."""

    used: LetterWording | None
    draft: LetterWording | None


def standings(partnership_id: int) -> Mapping[str, Standing]:
    """Of every kind that was ever written on. One query."""
    used: dict[str, LetterWording] = {}
    drafts: dict[str, LetterWording] = {}
    for row in db.session.scalars(
        select(LetterWording)
        .where(LetterWording.partnership_id == partnership_id)
        .order_by(LetterWording.used_at, LetterWording.id)
    ):
        (used if row.used_at else drafts)[row.kind] = row
    return {
        kind: Standing(used=used.get(kind), draft=drafts.get(kind)) for kind in used.keys() | drafts.keys()
    }


def _used(row: LetterWording, *, who: str, now: datetime) -> None:
    before = in_use(row.partnership_id).get(row.kind)
    row.used_at, row.used_by = now, who
    history.record(
        "changed the wording",
        Subject("partnership", row.partnership_id, row.partnership_id),
        who=who,
        now=now,
        before={"letter": row.kind, "subject": before.subject if before else "the original"},
        after={"letter": row.kind, "version": row.number, "subject": row.subject or "the original"},
    )


def _next_number(partnership_id: int, kind: str) -> int:
    """Version 1 is the original, which has no row."""
    newest = db.session.scalar(
        select(func.max(LetterWording.number)).where(
            LetterWording.partnership_id == partnership_id, LetterWording.kind == kind
        )
    )
    return (newest or 1) + 1
