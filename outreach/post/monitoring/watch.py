"""State of the post, for a person and for a monitor: what waits since when, who is on duty, what came in
last.

For a monitor figures of the whole service, without any letter's address or subject; for a coordinator those
of the partnership's own letters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from sqlalchemy import ColumnElement, func, select

from outreach.ground import whose
from outreach.ground.db import db
from outreach.ground.the_app import settings
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
class PostNow:
    """The post at one moment. `looked` None: never yet. `by_timer`: a timer starts one every few minutes who sends."""

    queue: Queue
    pause: Pause | None
    postmen: Sequence[Postman]
    by_timer: bool
    looked: MailboxLook | None

    @property
    def somebody_sends(self) -> bool:
        return self.by_timer or bool(self.postmen)


@dataclass(frozen=True, kw_only=True)
class PostState(PostNow):
    """`later` waits for its next try, or for a letter before it. `unread` mails wait for a person."""

    later: int
    next_try_at: datetime | None
    counts: Mapping[str, int]
    last_sent_at: datetime | None
    unread: int


@dataclass(frozen=True, kw_only=True)
class PostOfService(PostNow):
    """The post of the whole service at one moment, in what a monitor asks every few seconds: nothing that takes longer
    the more was ever sent. `counts`: of those that wait, failed or came back."""

    counts: Mapping[str, int]
    last_sent_at: datetime | None
    unread: int


NOBODY, LATE, MAILBOX, MAILBOX_LATE = "nobody sends", "late", "not read", "nobody reads"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is not as it should be, for a program and in one sentence. `kind`: one of the four above, or that of a
    pause."""

    kind: str
    words: str

    @property
    def is_of_mailbox(self) -> bool:
        return self.kind in (MAILBOX, MAILBOX_LATE)

    @property
    def is_wrong(self) -> bool:
        """A crowded server takes letters, one after the other."""
        return self.kind != pauses.CROWDED


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


def now_of(now: datetime, partnership_id: int | None = None) -> PostNow:
    """Of one partnership's letters, or of all; in four statements."""
    letters = queue(now) if partnership_id is None else _queue(now, partnership_id)
    return PostNow(queue=letters, **_at_work(now))


class _AtWork(TypedDict):
    pause: Pause | None
    postmen: Sequence[Postman]
    by_timer: bool
    looked: MailboxLook | None


def _at_work(now: datetime) -> _AtWork:
    heard_of = duty.lately(now)
    return {
        "pause": pauses.standing(),
        "postmen": [one for one in heard_of if one.ended_at is None],
        "by_timer": duty.come_by_timer(heard_of, now),
        "looked": inbox.last_look(),
    }


def of_service(now: datetime) -> PostOfService:
    """In six statements, however many partnerships there are."""
    letters, unread = _letters(now), _unread(now)
    return PostOfService(
        queue=queue(now),
        counts={status: letters[status][0] for status in TOLD_OF},
        last_sent_at=letters[SENT][1],
        unread=unread,
        **_at_work(now),
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
        unread=unread,
        **_at_work(now),
    )


def _of(what: type[Letter] | type[Incoming], partnership_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """Of one partnership, or of all."""
    return () if partnership_id is None else (what.partnership_id == partnership_id,)


def patience() -> timedelta:
    """For so long letters and the mailbox may wait."""
    return timedelta(minutes=settings()["QUEUE_MINUTES"])


def findings(post: PostNow, now: datetime) -> list[Finding]:
    """What is not as it should be, the worst first; [] when letters go out and the mailbox, if there is one, is
    read."""
    found = []
    pause, looked = post.pause, post.looked
    if not post.somebody_sends:
        found.append(Finding(kind=NOBODY, words="Nobody sends the letters."))
    elif pause is not None and pause.nothing_goes:
        found.append(Finding(kind=pause.kind, words=f"No letter goes out. {pause.said}"))
    elif post.queue.age(now) > patience():
        found.append(Finding(kind=LATE, words="Letters go out late."))
    if pause is not None and not pause.nothing_goes:
        found.append(Finding(kind=pause.kind, words="Letters go out slowly."))
    if looked is not None and looked.problem:
        found.append(Finding(kind=MAILBOX, words="The mailbox cannot be read."))
    elif settings()["IMAP_URL"] and (looked is None or now - looked.looked_at > patience()):
        found.append(Finding(kind=MAILBOX_LATE, words="Nobody looks into the mailbox."))
    return found
