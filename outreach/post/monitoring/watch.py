"""State of the post, for a person and for a monitor: what waits since when, who is on duty, what came in
last.

For a monitor figures of the whole service, without any letter's address or subject; for a coordinator those
of the partnership's own letters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

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


def queue(now: datetime, partnership_id: int | None = None) -> Queue:
    """In one query. What waits behind an earlier letter to the same person is not due."""
    if partnership_id is None:
        return _together(whose.of_each(lambda: _queue(now, None)))
    return _queue(now, partnership_id)


def _together(parts: Sequence[Queue]) -> Queue:
    oldest = [part.oldest_due_at for part in parts if part.oldest_due_at is not None]
    return Queue(due=sum(part.due for part in parts), oldest_due_at=min(oldest, default=None))


def _queue(now: datetime, partnership_id: int | None) -> Queue:
    due, oldest = db.session.execute(
        select(func.count(), func.min(Letter.not_before)).where(
            *claims.due(now), *_of(Letter, partnership_id)
        )
    ).one()
    return Queue(due=due, oldest_due_at=oldest)


def state(now: datetime, partnership_id: int | None = None) -> PostState:
    """Everything, in six queries; the letters and mails of a partnership, None: of all."""
    if partnership_id is not None:
        return _state(now, partnership_id)
    parts = whose.of_each(lambda: _state(now, None))
    first, next_tries, last_sent = (
        parts[0] if parts else _state(now, None),
        [part.next_try_at for part in parts if part.next_try_at is not None],
        [part.last_sent_at for part in parts if part.last_sent_at is not None],
    )
    return replace(
        first,
        queue=_together([part.queue for part in parts]),
        later=sum(part.later for part in parts),
        next_try_at=min(next_tries, default=None),
        counts={status: sum(part.counts[status] for part in parts) for status in EVERY},
        last_sent_at=max(last_sent, default=None),
        unread=_unread(parts),
    )


TOLD_OF = (WAITING, FAILED, BOUNCED)


def of_service(now: datetime) -> PostOfService:
    """In one statement for each partnership, and four."""
    parts = whose.of_each(lambda: db.session.execute(_figures(now)).one())
    queue = _together([Queue(due=part.due, oldest_due_at=part.oldest_due_at) for part in parts])
    return PostOfService(
        queue=queue,
        counts={status: sum(getattr(part, status) for part in parts) for status in TOLD_OF},
        last_sent_at=max((part.last_sent_at for part in parts if part.last_sent_at), default=None),
        pause=pauses.standing(),
        postmen=duty.on_duty(now),
        looked=inbox.last_look(),
        unread=sum(part.unread for part in parts) + _nobodys_unread_now(),
    )


def _figures(now: datetime) -> Select[*tuple[Any, ...]]:
    """What is nobody's each would see, and it is counted once, elsewhere."""
    due = claims.due(now)
    of = {status: select(func.count()).where(Letter.status == status) for status in TOLD_OF}
    return select(
        select(func.count()).select_from(Letter).where(*due).scalar_subquery().label("due"),
        select(func.min(Letter.not_before)).where(*due).scalar_subquery().label("oldest_due_at"),
        *(asked.select_from(Letter).scalar_subquery().label(status) for status, asked in of.items()),
        select(func.max(Letter.handed_at))
        .where(Letter.status == SENT)
        .scalar_subquery()
        .label("last_sent_at"),
        select(func.count())
        .select_from(Incoming)
        .where(Incoming.task != "", Incoming.settled_at.is_(None), Incoming.partnership_id.is_not(None))
        .scalar_subquery()
        .label("unread"),
    )


def _unread(parts: Sequence[PostState]) -> int:
    """What is nobody's is seen by each, and counts once."""
    nobodys = _nobodys_unread_now() if len(parts) > 1 else 0
    return sum(part.unread for part in parts) - nobodys * (len(parts) - 1)


def _nobodys_unread_now() -> int:
    waits = (Incoming.task != "", Incoming.settled_at.is_(None), Incoming.partnership_id.is_(None))
    with whose.bound(whose.NOBODYS):
        return db.session.scalar(select(func.count()).select_from(Incoming).where(*waits)) or 0


def _state(now: datetime, partnership_id: int | None) -> PostState:
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


def worries(state: PostState, now: datetime, *, patience: timedelta, polls: bool) -> list[str]:
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
    if polls and (state.looked is None or now - state.looked.looked_at > patience):
        found.append(MAILBOX_LATE)
    elif state.looked is not None and state.looked.problem:
        found.append(MAILBOX)
    return found
