"""Inbox, kept whole: answers from calendars, wishes for another time, bounces, and mail from people."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    Text,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.ground import erasures, history
from outreach.ground.db import Base, Instant, db, key_within_partnership, made_once, plain_rows
from outreach.ground.errors import Refusal

ANSWER, COUNTER, REFRESH, BOUNCE, AUTO_REPLY, PERSON, INVITE, UNREADABLE = (
    "answer",
    "counter",
    "refresh",
    "bounce",
    "auto-reply",
    "person",
    "invite",
    "unreadable",
)
"""What a mail is."""

NEWCOMER, DOUBT, DECLINE, WISH, ADDRESS, MAIL, RAW = (
    "newcomer",
    "doubt",
    "decline",
    "wish",
    "address",
    "mail",
    "raw",
)
"""What a person has to do about it: somebody unknown answered; an answer that may not be whose it says;
somebody declined; somebody wishes another time; an address is dead; mail to read; mail that cannot be
read."""

ERASED = "erased"
GONE = "Its words were erased."


class Incoming(Base):
    """One mail that came in; `raw` is as it came, `digest` drops repeats.

    `stream` is what it is about (a visit's UID, or another letter's stream), '' when that is not known;
    `letter_id` the letter that bounced, or that was answered. `task` is what a person has to do and `why`
    says so in words; both are '' when nobody must. It waits in the inbox while `task` is set and `settled_at`
    is not. `partnership_id` None: nobody can tell whose it is, until a coordinator takes it. `authenticated`
    is what our own mail server found: 'pass', 'fail', or 'none' when it said nothing.
    """

    __tablename__ = "incoming"
    in_history = ("incoming", "id")
    __table_args__ = (
        CheckConstraint(
            "kind IN ('answer', 'counter', 'refresh', 'bounce', 'auto-reply', 'person', 'invite', 'unreadable')",
            name="kind",
        ),
        CheckConstraint("authenticated IN ('pass', 'fail', 'none')", name="authenticated"),
        CheckConstraint(
            "task IN ('', 'newcomer', 'doubt', 'decline', 'wish', 'address', 'mail', 'raw')", name="task"
        ),
        CheckConstraint("(task = '') = (why = '')", name="why"),
        Index(
            "ix_incoming_waiting",
            "partnership_id",
            "received_at",
            postgresql_where=text("task <> '' AND settled_at IS NULL"),
            sqlite_where=text("task <> '' AND settled_at IS NULL"),
        ),
        Index("ix_incoming_sender", "partnership_id", text("lower(sender)")),
        key_within_partnership("letter_id", "letter"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int | None] = mapped_column(ForeignKey("partnership.id"))
    digest: Mapped[str] = mapped_column(Text, unique=True)
    received_at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(Text)
    sender: Mapped[str] = mapped_column(Text, default="")
    sender_name: Mapped[str] = mapped_column(Text, default="")
    recipient: Mapped[str] = mapped_column(Text, default="")
    subject: Mapped[str] = mapped_column(Text, default="")
    stream: Mapped[str] = mapped_column(Text, default="", index=True)
    letter_id: Mapped[int | None] = mapped_column(index=True)
    authenticated: Mapped[str] = mapped_column(Text, default="none")
    task: Mapped[str] = mapped_column(Text, default="")
    why: Mapped[str] = mapped_column(Text, default="")
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by: Mapped[str] = mapped_column(Text, default="")
    settled_as: Mapped[str] = mapped_column(Text, default="")

    mail: Mapped["IncomingMail"] = relationship()
    raw: AssociationProxy[bytes] = association_proxy("mail", "raw", creator=lambda raw: IncomingMail(raw=raw))


class IncomingMail(Base):
    """A mail that came in, byte for byte; asked for by the row's `raw`, so that lists never load it."""

    __tablename__ = "incoming_mail"

    incoming_id: Mapped[int] = mapped_column(ForeignKey("incoming.id"), primary_key=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)


class CalendarAnswer(Base):
    """What one attendee answered to one revision of one event (RFC 5546 3.2.3); rows are only added.

    The newest by (sequence, dtstamp) holds. Whether it is an answer to the time that stands now is the
    booking's to say, by the SEQUENCE at which its time or place last changed.
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
    """A wish for another time (METHOD:COUNTER). It does nothing by itself: a coordinator accepts or refuses
    it."""

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


class SettledAlready(Refusal):
    """Somebody else was quicker."""

    def __init__(self) -> None:
        super().__init__("This has been dealt with already.")


def waiting(
    partnership_id: int, tasks: Iterable[str] = (), *, first: int = 0, most: int = 50
) -> Sequence[Incoming]:
    """What waits for a person, newest first, without its bytes: this partnership's, and what nobody can tell
    whose it is."""
    return _listed(*_waiting(partnership_id, tasks), first=first, most=most)


def count_waiting(partnership_id: int) -> dict[str, int]:
    """How many wait, by task; a task without any is left out. The sum is the number in the menu."""
    return {task: n for task, n in plain_rows(*_by_task(partnership_id))}


@made_once
def _by_task(partnership_id: int) -> Select[str, int]:
    query = select(Incoming.task, func.count()).where(*_waiting(partnership_id, ()))
    return query.group_by(Incoming.task).order_by(Incoming.task)


def waiting_streams(partnership_id: int) -> list[tuple[str, str]]:
    """(task, stream) of each that waits; '' where nobody can tell what it is about."""
    return [(task, stream) for task, stream in plain_rows(*_streams(partnership_id))]


@made_once
def _streams(partnership_id: int) -> Select[str, str]:
    return select(Incoming.task, Incoming.stream).where(*_waiting(partnership_id, ())).order_by(Incoming.id)


def settled(partnership_id: int, *, first: int = 0, most: int = 50) -> Sequence[Incoming]:
    """What was dealt with, or was taken in without a person, newest first, without its bytes."""
    done = or_(Incoming.task == "", Incoming.settled_at.is_not(None))
    return _listed(Incoming.partnership_id == partnership_id, done, first=first, most=most)


def of_stream(uid: str) -> Sequence[Incoming]:
    """All that came in about one visit, newest first, without its bytes."""
    return _listed(Incoming.stream == uid, first=0, most=500)


def get(incoming_id: int, partnership_id: int) -> Incoming | None:
    """One mail of a partnership, or one that is nobody's yet; None for another's."""
    found = db.session.get(Incoming, incoming_id)
    return found if found is not None and found.partnership_id in (partnership_id, None) else None


def take(incoming: Incoming, partnership_id: int, *, who: str, now: datetime) -> None:
    """Say that mail of which nobody could tell is this partnership's. Raises Settled when another was
    quicker."""
    taken = db.session.scalar(
        update(Incoming)
        .where(Incoming.id == incoming.id, Incoming.partnership_id.is_(None))
        .values(partnership_id=partnership_id)
        .returning(Incoming.id)
    )
    if taken is None:
        raise SettledAlready
    db.session.refresh(incoming)
    history.record("took", incoming, who=who, now=now, after=partnership_id)


def settle(incoming: Incoming, as_: str, *, who: str, now: datetime) -> None:
    """Done: it leaves the inbox. `as_` says in a word or two how it ended. Raises Settled."""
    done = db.session.scalar(
        update(Incoming)
        .where(Incoming.id == incoming.id, Incoming.settled_at.is_(None))
        .values(settled_at=now, settled_by=who, settled_as=as_)
        .returning(Incoming.id)
    )
    if done is None:
        raise SettledAlready
    db.session.refresh(incoming)
    history.record("settled", incoming, who=who, now=now, after=as_)


def reopen(incoming: Incoming, *, who: str, now: datetime) -> None:
    """Put it back into the inbox; one that waits there already stays."""
    if incoming.settled_at is not None:
        history.record("reopened", incoming, who=who, now=now, before=incoming.settled_as)
        incoming.settled_at, incoming.settled_by, incoming.settled_as = None, "", ""
        db.session.flush()


def answers_of(uids: Iterable[str]) -> dict[str, dict[str, CalendarAnswer]]:
    """The newest answer of each attendee to each of these events: UID -> address in lower case -> answer. One
    query.

    Newest by (SEQUENCE, DTSTAMP), then by arrival (RFC 5546 2.1.5).
    """
    found: dict[str, dict[str, CalendarAnswer]] = {}
    for row in db.session.scalars(*_answers(set(uids))):
        found.setdefault(row.uid, {})[row.address] = row
    return found


@made_once
def _answers(uids: Collection[str]) -> Select[CalendarAnswer]:
    in_order = CalendarAnswer.sequence, CalendarAnswer.dtstamp, CalendarAnswer.id
    return select(CalendarAnswer).where(CalendarAnswer.uid.in_(uids)).order_by(*in_order)


def answers_in(incoming: Incoming) -> Sequence[CalendarAnswer]:
    """The answers that were taken from one mail."""
    return db.session.scalars(
        select(CalendarAnswer).where(CalendarAnswer.incoming_id == incoming.id).order_by(CalendarAnswer.id)
    ).all()


def counter_of(incoming: Incoming) -> CounterProposal | None:
    """The wish for another time in one mail, ended or not."""
    return db.session.scalar(
        select(CounterProposal)
        .where(CounterProposal.incoming_id == incoming.id)
        .order_by(CounterProposal.id.desc())
        .limit(1)
    )


def open_counters(uids: Iterable[str]) -> dict[str, list[CounterProposal]]:
    """The wishes for another time that nobody has answered yet, by UID, oldest first; UIDs without any are
    left out."""
    found: dict[str, list[CounterProposal]] = {}
    for row in db.session.scalars(
        select(CounterProposal)
        .where(CounterProposal.uid.in_(set(uids)), CounterProposal.ended_at.is_(None))
        .order_by(CounterProposal.id)
    ):
        found.setdefault(row.uid, []).append(row)
    return found


def end_counter(counter: CounterProposal, as_: str, *, who: str, now: datetime) -> None:
    """The wish is 'accepted', 'refused' or 'overtaken'; its mail leaves the inbox with it. Raises Settled."""
    done = db.session.scalar(
        update(CounterProposal)
        .where(CounterProposal.id == counter.id, CounterProposal.ended_at.is_(None))
        .values(ended_at=now, ended_as=as_, ended_by=who)
        .returning(CounterProposal.id)
    )
    if done is None:
        raise SettledAlready
    db.session.refresh(counter)
    mail = db.session.get_one(Incoming, counter.incoming_id)
    if mail.settled_at is None:
        settle(mail, as_, who=who, now=now)


def last_look() -> MailboxLook | None:
    """When the mailbox was last looked into; None when it never was."""
    return db.session.get(MailboxLook, 1)


def looked(*, problem: str, now: datetime) -> None:
    """Note a look into the mailbox, and what hindered it; '' when nothing did."""
    last = db.session.get(MailboxLook, 1)
    if last is None:
        last = MailboxLook(id=1, looked_at=now)
        db.session.add(last)
    last.looked_at, last.problem = now, problem
    if not problem:
        last.succeeded_at = now
    db.session.flush()


def _waiting(partnership_id: int, tasks: Iterable[str]) -> list[ColumnElement[bool]]:
    chosen = [
        or_(Incoming.partnership_id == partnership_id, Incoming.partnership_id.is_(None)),
        Incoming.task != "",
        Incoming.settled_at.is_(None),
    ]
    return [*chosen, Incoming.task.in_(list(tasks))] if (tasks := list(tasks)) else chosen


def _listed(*chosen: ColumnElement[bool], first: int, most: int) -> Sequence[Incoming]:
    return db.session.scalars(
        select(Incoming)
        .where(*chosen)
        .order_by(Incoming.received_at.desc(), Incoming.id.desc())
        .offset(first)
        .limit(most)
    ).all()


def erase(incoming: Incoming, *, who: str, now: datetime) -> None:
    """Take the words of a mail out for good: no child is named here, and whoever writes to us may not know that.

    Its bytes, subject and comments go; who sent it, when, and which answer it was stay. Nothing brings
    them back.

    A no or a wish for another time, which stands in figures, still waits for its next action; all else is
    settled. The mailbox that it came from may hold it still.
    """
    erasures.noted(IncomingMail, IncomingMail.incoming_id == incoming.id)
    erasures.noted(Incoming, Incoming.id == incoming.id, column="subject")
    incoming.raw, incoming.subject = b"", ""
    if incoming.task:
        incoming.why = GONE
    for kept in (CalendarAnswer, CounterProposal):
        erasures.noted(kept, kept.incoming_id == incoming.id, column="comment")
        db.session.execute(update(kept).where(kept.incoming_id == incoming.id).values(comment=""))
    history.record("erased", incoming, who=who, now=now)
    if incoming.task and incoming.task not in (DECLINE, WISH) and incoming.settled_at is None:
        settle(incoming, ERASED, who=who, now=now)
    db.session.flush()
