"""Letters waiting: put down in the caller's transaction, claimed and marked by the postman.

At least once, in order for each stream (a booking's UID, or one invitation) and recipient. The
rendered bytes are kept, so that a retry is the same mail with the same Message-ID.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    Text,
    UniqueConstraint,
    and_,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.ground import errands
from outreach.ground.db import Base, Instant, db, made_once, plain_rows
from outreach.post import copies
from outreach.post.calendars import CANCEL, REQUEST
from outreach.post.ranks import AT_ONCE, rank_of

WAITING, SENT, FAILED, SUPERSEDED, WITHDRAWN = "waiting", "sent", "failed", "superseded", "withdrawn"
BOUNCED = "bounced"
"""It was sent, and a mail server further on gave it back for good."""

STILL: ColumnElement[str] = literal_column("'waiting'")
"""WAITING as it stands in a statement: an index of what waits alone is used where the word is no value."""

NO_METHOD: ColumnElement[str] = literal_column("''")
"""The method of a letter without a calendar, as it stands in a statement; see STILL."""


def _rank_by_kind(context: DefaultExecutionContext) -> int:
    return rank_of(context.get_current_parameters()["kind"])


class Letter(Base):
    """One mail to one address. `handed_at` is when the mail server took it; `rank` says what it goes before (ranks.py);
    `errand`: the request, or the round of a job, that put it down, as the log knows it.

    `attempts` counts tries that came to an end; `perhaps_at` is since when it may have arrived without our
    knowing (in a postman's hands, or lost with the line); `lease_until` is until when one postman has it in
    hand.
    """

    __tablename__ = "letter"
    in_history = ("letter", "id")
    __table_args__ = (
        UniqueConstraint("stream", "recipient", "kind", "method", "sequence", "dtstamp"),
        UniqueConstraint("id", "partnership_id"),
        Index("ix_letter_status", "status", "not_before"),
        Index("ix_letter_written_to", "partnership_id", "recipient"),
        Index("ix_letter_counted", "partnership_id", "status", "handed_at"),
        Index(
            "ix_letter_in_turn",
            "partnership_id",
            "rank",
            "not_before",
            "id",
            sqlite_where=text("status = 'waiting'"),
            postgresql_where=text("status = 'waiting'"),
        ),
        Index(
            "ix_letter_invited_from",
            "partnership_id",
            "sender_address",
            "id",
            sqlite_where=text("method <> ''"),
            postgresql_where=text("method <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"))
    stream: Mapped[str] = mapped_column(Text, index=True)
    recipient: Mapped[str] = mapped_column(Text, index=True)
    sender_address: Mapped[str] = mapped_column(Text, default="", server_default="", index=True)
    kind: Mapped[str] = mapped_column(Text)
    rank: Mapped[int] = mapped_column(default=_rank_by_kind, server_default="0")
    method: Mapped[str] = mapped_column(Text, default="")
    sequence: Mapped[int] = mapped_column(default=0)
    dtstamp: Mapped[datetime] = mapped_column(Instant)
    subject: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[str] = mapped_column(Text, default=WAITING)
    not_before: Mapped[datetime] = mapped_column(Instant)
    give_up_at: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    leased_by: Mapped[str | None] = mapped_column(Text)
    perhaps_at: Mapped[datetime | None] = mapped_column(Instant)
    handed_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)
    errand: Mapped[str | None] = mapped_column(Text)

    mail: Mapped["LetterMail"] = relationship()
    raw: AssociationProxy[bytes] = association_proxy("mail", "raw", creator=lambda raw: LetterMail(raw=raw))


class LetterMail(Base):
    """The rendered mail of a letter, byte for byte; asked for by the letter's `raw`, so that lists never load it."""

    __tablename__ = "letter_mail"

    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), primary_key=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)


class DeadAddress(Base):
    """An address that bounced for good; not written to again until it is corrected (ended_at)."""

    __tablename__ = "dead_address"
    __table_args__ = (Index("ix_dead_address_lower", text("lower(address)")),)

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(Text, index=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class Thread:
    """What one person may have had about one thing so far, as (METHOD, SEQUENCE), in the order of their revisions;
    and the first invite's Message-ID."""

    first_invite: str | None = None
    had: tuple[tuple[str, int], ...] = ()

    @property
    def holds_entry(self) -> bool:
        """Whether an entry of it stands in the calendar, as far as can be known."""
        return bool(self.had) and self.had[-1][0] == REQUEST

    @property
    def comes_back(self) -> bool:
        """The entry was taken out of this person's calendar before: that asks before it takes it in again."""
        return self.first_invite is not None and not self.holds_entry

    def needs_cancel(self, sequence: int) -> bool:
        """Whether a CANCEL of that SEQUENCE has anything to end: a REQUEST may have arrived since the last CANCEL of an
        earlier revision. One of the same SEQUENCE is the one that it repeats, which may have been lost."""
        since = (method for method, told in reversed(self.had) if method == REQUEST or told < sequence)
        return next(since, CANCEL) == REQUEST


NEW_THREAD = Thread()  # of a booking that is just being made


def open_thread(stream: str, recipient: str) -> Thread:
    """Take every unsent older revision back, and say what this person has had. What waits before the next one besides
    goes as soon as that.

    The update comes first: it waits for a postman who is just claiming one of them, so that what is
    read afterwards is final. What is in a postman's hands counts as had.
    """
    older = Letter.method != ""
    waited = db.session.execute(
        update(Letter)
        .where(
            Letter.stream == stream,
            Letter.recipient == recipient,
            Letter.status == WAITING,
            Letter.lease_until.is_(None),
        )
        .values(
            rank=AT_ONCE,
            status=case((older, SUPERSEDED), else_=Letter.status),
            last_error=case(
                (older, "A newer letter took its place before it went."), else_=Letter.last_error
            ),
        )
        .returning(Letter.id, Letter.method)
    ).all()
    for letter_id in [letter_id for letter_id, method in waited if method]:
        letter = db.session.get_one(Letter, letter_id)
        letter.raw = copies.masked(letter.raw)
    return _thread(stream, recipient)


def holds_entry(stream: str, recipient: str) -> bool:
    """Whether an entry stands in somebody's calendar, as far as can be known. Writes nothing."""
    return _thread(stream, recipient).holds_entry


def _thread(stream: str, recipient: str) -> Thread:
    return threads([stream], Letter.recipient == recipient).get((stream, recipient), NEW_THREAD)


def threads(streams: Collection[str], *of: ColumnElement[bool]) -> dict[tuple[str, str], Thread]:
    """The threads of some streams, by stream and recipient; one query."""
    rows = db.session.execute(
        select(Letter.stream, Letter.recipient, Letter.message_id, Letter.method, Letter.sequence)
        .where(Letter.stream.in_(streams), *of, Letter.method != "", may_have_arrived())
        .order_by(Letter.sequence, Letter.dtstamp, Letter.id)
    )
    found: dict[tuple[str, str], Thread] = {}
    for row in rows:
        thread = found.get((row.stream, row.recipient), NEW_THREAD)
        first = thread.first_invite or (row.message_id if row.method == REQUEST else None)
        had = (*thread.had, (row.method, row.sequence))
        found[row.stream, row.recipient] = Thread(first_invite=first, had=had)
    return found


def waited_for(stream: str) -> set[str]:
    """To whom (lower case) a letter with an invite of this stream has still to go."""
    rows = db.session.scalars(
        select(func.lower(Letter.recipient)).where(
            Letter.stream == stream, Letter.method != "", Letter.status == WAITING
        )
    )
    return set(rows)


def may_have_arrived() -> ColumnElement[bool]:
    """The mail server took it and it did not come back; or it was in a postman's hands and nobody knows."""
    return or_(Letter.status == SENT, and_(Letter.perhaps_at.is_not(None), Letter.status != BOUNCED))


def put(
    *,
    partnership_id: int,
    stream: str,
    recipient: str,
    kind: str,
    subject: str,
    message_id: str,
    raw: bytes,
    now: datetime,
    sender_address: str = "",
    method: str = "",
    sequence: int = 0,
    thread: Thread | None = None,
    give_up_at: datetime | None = None,
    not_before: datetime | None = None,
    flushed: bool = True,
) -> Letter:
    """Put one letter down, to go with the caller's transaction or not at all; at `not_before`, or at once. Not
    `flushed`, it is written with many others by the caller.

    A CANCEL to somebody who never had the invite is kept as superseded and goes nowhere. A letter to a dead
    address fails when the postman comes to it. The same revision to the same person twice is an
    IntegrityError.
    """
    letter = Letter(
        partnership_id=partnership_id,
        stream=stream,
        recipient=recipient,
        sender_address=sender_address,
        kind=kind,
        method=method,
        sequence=sequence,
        dtstamp=now,
        subject=subject,
        message_id=message_id,
        raw=raw,
        created_at=now,
        status=WAITING,
        not_before=not_before or now,
        give_up_at=give_up_at if give_up_at and give_up_at > now else None,
        errand=errands.id_at_hand(),
    )
    if method == CANCEL and not (thread or NEW_THREAD).needs_cancel(sequence):
        letter.status = SUPERSEDED
        letter.last_error = "The invite had not gone out yet, so there was nothing to cancel."
        letter.raw = copies.masked(raw)
    db.session.add(letter)
    if flushed:
        db.session.flush()
    return letter


def not_before(stream: str, at: datetime) -> None:
    """What waits of a stream goes no sooner than that."""
    db.session.execute(
        update(Letter)
        .where(
            Letter.stream == stream,
            Letter.status == WAITING,
            Letter.lease_until.is_(None),
            Letter.not_before < at,
        )
        .values(not_before=at)
    )


DEAD = "Mail to this address bounced for good. Correct the address, then write again."


def is_dead(address: str) -> bool:
    """Whether mail to this address bounced for good and nobody has corrected that since."""
    return bool(dead_addresses([address]))


def dead_addresses(addresses: Iterable[str]) -> set[str]:
    """Which of these are dead, spelt as they were given; capitals make no difference."""
    given = list(addresses)
    found = {address for (address,) in plain_rows(*_dead({a.lower() for a in given}))}
    return {a for a in given if a.lower() in found}


@made_once
def _dead(addresses: Collection[str]) -> Select[str]:
    spelt = func.lower(DeadAddress.address)
    return select(spelt).where(spelt.in_(addresses), DeadAddress.ended_at.is_(None))


def died_since(address: str, since: datetime) -> bool:
    """Whether mail to this address bounced for good since then, be it corrected or not."""
    its = (func.lower(DeadAddress.address) == address.lower(), DeadAddress.recorded_at >= since)
    return db.session.scalar(select(exists().where(*its))) or False


def mark_dead(address: str, reason: str, now: datetime) -> None:
    """Mail to it bounced for good. What still waits for it fails when the postman comes to it."""
    if not is_dead(address):
        db.session.add(DeadAddress(address=address, recorded_at=now, reason=reason))


def end_dead(address: str, now: datetime) -> None:
    """Somebody says that the address works again."""
    db.session.execute(
        update(DeadAddress)
        .where(func.lower(DeadAddress.address) == address.lower(), DeadAddress.ended_at.is_(None))
        .values(ended_at=now)
    )


def newest_of_stream(stream: str) -> dict[str, Letter]:
    """The newest letter with an invite to each recipient (lower case) of one stream."""
    rows = db.session.scalars(
        select(Letter).where(Letter.stream == stream, Letter.method != "").order_by(Letter.id)
    )
    return {row.recipient.lower(): row for row in rows}
