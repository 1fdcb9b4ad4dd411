"""What came in, kept whole: answers from calendars, wishes for another time, bounces, and mail from people."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant

ANSWER, COUNTER, REFRESH, BOUNCE, AUTO_REPLY, PERSON, INVITE, UNREADABLE = (
    "answer", "counter", "refresh", "bounce", "auto-reply", "person", "invite", "unreadable",
)  # fmt: skip
KINDS = (ANSWER, COUNTER, REFRESH, BOUNCE, AUTO_REPLY, PERSON, INVITE, UNREADABLE)


class Incoming(Base):
    """One mail that came in, raw as it came; `digest` drops repeats.

    `stream` is the UID it is about, '' when that is not known; `letter_id` the letter that bounced. `why` says in
    words why a person must look; '' when nobody must. It waits in the inbox while `why` is set and `settled_at` is not.
    `authenticated` is what our own mail server found: 'pass', 'fail', or 'none' when it said nothing.
    """

    __tablename__ = "incoming"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('answer', 'counter', 'refresh', 'bounce', 'auto-reply', 'person', 'invite', 'unreadable')",
            name="kind",
        ),
        CheckConstraint("authenticated IN ('pass', 'fail', 'none')", name="authenticated"),
        Index(
            "ix_incoming_waiting", "partnership_id", "received_at",
            postgresql_where=text("why <> '' AND settled_at IS NULL"), sqlite_where=text("why <> '' AND settled_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int | None]
    digest: Mapped[str] = mapped_column(Text, unique=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(Text)
    sender: Mapped[str] = mapped_column(Text, default="")
    sender_name: Mapped[str] = mapped_column(Text, default="")
    recipient: Mapped[str] = mapped_column(Text, default="")
    subject: Mapped[str] = mapped_column(Text, default="")
    stream: Mapped[str] = mapped_column(Text, default="", index=True)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), index=True)
    authenticated: Mapped[str] = mapped_column(Text, default="none")
    why: Mapped[str] = mapped_column(Text, default="")
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by: Mapped[str] = mapped_column(Text, default="")
    settled_as: Mapped[str] = mapped_column(Text, default="")


class CalendarAnswer(Base):
    """What one attendee answered to one revision of one event (RFC 5546 3.2.3); rows are only added.

    The newest by (sequence, dtstamp) holds. Whether it is an answer to the time that stands now is the booking's
    to say, by the SEQUENCE at which its time or place last changed.
    """

    __tablename__ = "calendar_answer"
    __table_args__ = (
        CheckConstraint("partstat IN ('ACCEPTED', 'TENTATIVE', 'DECLINED')", name="partstat"),
        Index("ix_calendar_answer_uid", "uid", "address"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    incoming_id: Mapped[int] = mapped_column(ForeignKey("incoming.id"), index=True)
    uid: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int]
    dtstamp: Mapped[datetime] = mapped_column(Instant)
    partstat: Mapped[str] = mapped_column(Text)
    comment: Mapped[str] = mapped_column(Text, default="")
    authenticated: Mapped[bool]
    recorded_at: Mapped[datetime] = mapped_column(Instant)


class CounterProposal(Base):
    """A wish for another time (METHOD:COUNTER). It does nothing by itself: a coordinator accepts or refuses it."""

    __tablename__ = "counter_proposal"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        CheckConstraint("(ended_at IS NULL) = (ended_as = '')", name="ended"),
        CheckConstraint("ended_as IN ('', 'accepted', 'refused', 'overtaken')", name="ended_as"),
        Index("ix_counter_proposal_uid", "uid"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    incoming_id: Mapped[int] = mapped_column(ForeignKey("incoming.id"), index=True)
    uid: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int]
    dtstamp: Mapped[datetime] = mapped_column(Instant)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    comment: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_as: Mapped[str] = mapped_column(Text, default="")
    ended_by: Mapped[str] = mapped_column(Text, default="")


class MailboxLook(Base):
    """When the mailbox was last looked into, and what hindered it; one row, written anew at each look."""

    __tablename__ = "mailbox_look"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    looked_at: Mapped[datetime] = mapped_column(Instant)
    succeeded_at: Mapped[datetime | None] = mapped_column(Instant)
    problem: Mapped[str] = mapped_column(Text, default="")
