"""State of the post, for a person and for a monitor: what waits since when, who is on duty, what came in
last.

For a monitor figures of the whole service, without any letter's address or subject; for a coordinator those
of the partnership's own letters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from outreach.ground import whose
from outreach.ground.db import db
from outreach.post.incoming import inbox
from outreach.post.incoming.inbox import Incoming, MailboxLook
from outreach.post.outbox import BOUNCED, FAILED, SENT, SUPERSEDED, WAITING, WITHDRAWN, Letter
from outreach.post.outgoing import claims, duty, pauses
from outreach.post.outgoing.duty import Postman
from outreach.post.outgoing.pauses import Pause

EVERY = (WAITING, SENT, FAILED, BOUNCED, SUPERSEDED, WITHDRAWN)


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What could go this moment and has not: how many letters, and since when the oldest of them could."""

    due: int
    oldest_due_at: datetime | None

    def age(self, now: datetime) -> timedelta:
        """How long the oldest has been due; zero when nothing is."""
        return max(now - self.oldest_due_at, timedelta()) if self.oldest_due_at else timedelta()


@dataclass(frozen=True, kw_only=True)
class PostState:
    """The post at one moment. `later` waits for its next try, or for a letter before it; `looked` None: never
    yet. `unread` mails wait for a person."""

    queue: Queue
    later: int
    next_try_at: datetime | None
    counts: Mapping[str, int]
    last_sent_at: datetime | None
    pause: Pause | None
    postmen: Sequence[Postman]
    looked: MailboxLook | None
    unread: int


@dataclass(frozen=True, kw_only=True)
class PostOfService:
    """The post of the whole service at one moment, in what a monitor asks every few seconds: nothing that takes longer
    the more was ever sent. `counts`: of those that wait, failed or came back."""

    queue: Queue
    counts: Mapping[str, int]
    last_sent_at: datetime | None
    pause: Pause | None
    postmen: Sequence[Postman]
    looked: MailboxLook | None
    unread: int


NOBODY, LATE, HELD_UP, CROWDED, MAILBOX, MAILBOX_LATE = (
    "nobody",
    "late",
    "held up",
    "crowded",
    "mailbox",
    "mailbox late",
)
"""What may be wrong: nobody sends; letters wait too long; nothing goes; one line at a time; the mailbox
cannot be read, or nobody reads it."""


def queue(now: datetime) -> Queue:
    """Of the whole service, in one statement. What waits behind an earlier letter to the same person is not due."""
    if (found := whose.counted("letters due", now)) is not None:
        due, oldest = found["due"]
        return Queue(due=due, oldest_due_at=oldest)
    return _queue(now, None)


def _queue(now: datetime, partnership_id: int | None) -> Queue:
    due, oldest = db.session.execute(
        select(func.count(), func.min(Letter.not_before)).where(
            *claims.due(now), *_of(Letter, partnership_id)
        )
    ).one()
    return Queue(due=due, oldest_due_at=oldest)


TOLD_OF = (WAITING, FAILED, BOUNCED)


def of_service(now: datetime) -> PostOfService:
    """In six statements, however many partnerships there are."""
    letters, unread = _letters(now), _unread(now)
    return PostOfService(
        queue=queue(now),
        counts={status: letters[status][0] for status in TOLD_OF},
        last_sent_at=letters[SENT][1],
        pause=pauses.standing(),
        postmen=duty.on_duty(now),
        looked=inbox.last_look(),
        unread=unread,
    )


def _letters(now: datetime) -> Mapping[str, tuple[int, datetime | None]]:
    """How many stand in each of TOLD_OF; by SENT, when the last went."""
    if (found := whose.counted("letters", now)) is not None:
        return found
    many = {status: select(func.count()).where(Letter.status == status) for status in TOLD_OF}
    told = db.session.execute(
        select(
            *(asked.select_from(Letter).scalar_subquery().label(status) for status, asked in many.items()),
            select(func.max(Letter.handed_at)).where(Letter.status == SENT).scalar_subquery().label(SENT),
        )
    ).one()
    return {status: (getattr(told, status), None) for status in TOLD_OF} | {SENT: (0, told.sent)}


def _unread(now: datetime) -> int:
    """Nobody's among them."""
    if (found := whose.counted("mails", now)) is not None:
        return found["waiting"][0]
    waits = (Incoming.task != "", Incoming.settled_at.is_(None))
    return db.session.scalar(select(func.count()).select_from(Incoming).where(*waits)) or 0


def state(now: datetime, partnership_id: int) -> PostState:
    """Everything of a partnership's letters and mails, in six queries."""
    here = _queue(now, partnership_id)
    rows = db.session.execute(
        select(Letter.status, func.count(), func.max(Letter.handed_at))
        .where(*_of(Letter, partnership_id))
        .group_by(Letter.status)
        .order_by(Letter.status)
    ).all()
    counts = dict.fromkeys(EVERY, 0) | {status: n for status, n, _ in rows}
    last_sent = max((handed_at for _, _, handed_at in rows if handed_at is not None), default=None)
    next_try, unread = db.session.execute(
        select(
            select(func.min(Letter.not_before))
            .where(Letter.status == WAITING, Letter.not_before > now, *_of(Letter, partnership_id))
            .scalar_subquery(),
            select(func.count())
            .where(Incoming.task != "", Incoming.settled_at.is_(None), *_of(Incoming, partnership_id))
            .scalar_subquery(),
        )
    ).one()
    return PostState(
        queue=here,
        later=counts[WAITING] - here.due,
        next_try_at=next_try,
        counts=counts,
        last_sent_at=last_sent,
        pause=pauses.standing(),
        postmen=duty.on_duty(now),
        looked=inbox.last_look(),
        unread=unread,
    )


def _of(what: type[Letter] | type[Incoming], partnership_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """Of one partnership, or of all."""
    return () if partnership_id is None else (what.partnership_id == partnership_id,)


def worries(
    state: PostState | PostOfService, now: datetime, *, patience: timedelta, polls: bool
) -> list[str]:
    """What is not as it should be, the worst first; [] when all is well. `polls`: a mailbox is set up to be
    looked into.

    Letters may wait for `patience` before that is a worry; so may the mailbox.
    """
    found = []
    late = state.queue.age(now) > patience
    if state.pause is not None and state.pause.nothing_goes:
        found.append(HELD_UP)
    elif late:
        found.append(LATE if state.postmen else NOBODY)
    if state.pause is not None and not state.pause.nothing_goes:
        found.append(CROWDED)
    if state.looked is not None and state.looked.problem:
        found.append(MAILBOX)
    elif polls and (state.looked is None or now - state.looked.looked_at > patience):
        found.append(MAILBOX_LATE)
    return found
