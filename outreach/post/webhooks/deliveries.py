"""Deliveries to programs: put down in the transaction of what they tell, claimed, and marked with what was answered.

At least once, in no promised order: each bears a uid by which whoever reads knows it again. Tried for three days.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Index,
    Text,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import history, whose
from outreach.ground.db import Base, Instant, db, key_within_partnership, transaction
from outreach.ground.errors import NoSuch
from outreach.ground.figures import Figure, one
from outreach.ground.timespans import retry_after
from outreach.post.webhooks import subscriptions
from outreach.post.webhooks.subscriptions import Webhook

WAITING, TAKEN, DEAD, WITHDRAWN = "waiting", "taken", "dead", "withdrawn"
"""Still to go; the program took it; it never did in three days; the webhook was stopped before."""

LEASE = timedelta(minutes=10)
"""Longer than those that one process has in hand take together."""

_MINUTES = (1, 5, 30, 120, 300, 600, 840, 1200, 1224)
RETRIES = tuple(timedelta(minutes=m) for m in _MINUTES)
"""After 1, 5 and 30 minutes, 2, 5, 10, 14, 20 and 20 hours: the last try comes within three days."""

LASTS = sum(RETRIES, timedelta())
"""No Retry-After is kept longer, and nothing waits longer behind another that is not taken."""

GONE = 410
"""A program that answers so is told nothing any more."""

KEPT = timedelta(days=30)
"""How long one that has come to its end can be looked at."""

AT_A_TIME = 40
"""How many one process has in hand."""


class WebhookDelivery(Base):
    """One event told to one program. `uid`: the same at every try. `http_status`, `answer`: of the newest try, None
    and why where there was no answer."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'taken', 'dead', 'withdrawn')", name="status"),
        CheckConstraint("(status = 'waiting') = (ended_at IS NULL)", name="ended"),
        key_within_partnership("webhook_id", "webhook"),
        Index("ix_webhook_delivery_due", "partnership_id", "status", "not_before"),
        Index("ix_webhook_delivery_webhook_id", "webhook_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    webhook_id: Mapped[int]
    uid: Mapped[str] = mapped_column(Text, unique=True)
    event: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[str] = mapped_column(Text, default=WAITING)
    not_before: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    tried_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    http_status: Mapped[int | None]
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")

    @property
    def was_tried(self) -> bool:
        return self.attempts > 0


class NoSuchDelivery(NoSuch):
    """There is none, or it is another's."""


@dataclass(frozen=True, kw_only=True)
class ClaimedDelivery:
    """One in hand, with all that is needed to tell it."""

    id: int
    webhook_id: int
    uid: str
    address: str
    body: str
    secrets: tuple[str, ...]
    attempts: int
    held: bool


@dataclass(frozen=True, kw_only=True)
class Told:
    """What came of a try: `http_status` None where there was no answer; `retry_after`: as the program's header says."""

    http_status: int | None
    answer: str
    retry_after: str = ""

    @property
    def is_taken(self) -> bool:
        return self.http_status is not None and 200 <= self.http_status < 300


@dataclass(frozen=True, kw_only=True)
class Due:
    """How many could go this moment and have not, and since when the oldest of them could."""

    number: int
    oldest_at: datetime | None

    def age(self, now: datetime) -> timedelta:
        """How long the oldest has been due; zero when nothing is."""
        return max(now - self.oldest_at, timedelta()) if self.oldest_at else timedelta()


def claim(now: datetime, *, most: int = AT_A_TIME) -> list[ClaimedDelivery]:
    """Take the next that are due, of whoever is bound, for LEASE, what was tried before first; in one transaction."""
    with transaction():
        rows = db.session.execute(
            select(WebhookDelivery, Webhook.address, Webhook.held_until)
            .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
            .where(*_due(now), or_(Webhook.held_until.is_(None), Webhook.held_until <= now))
            .order_by(WebhookDelivery.attempts == 0, WebhookDelivery.not_before, WebhookDelivery.id)
            .limit(most)
            .with_for_update(skip_locked=True, of=WebhookDelivery)
        ).all()
        if not rows:
            return []
        known = subscriptions.secrets_of({row.webhook_id for row, *_ in rows}, now=now)
        for row, *_ in rows:
            row.lease_until = now + LEASE
        return [
            ClaimedDelivery(
                id=row.id,
                webhook_id=row.webhook_id,
                uid=row.uid,
                address=address,
                body=row.body,
                secrets=tuple(known.get(row.webhook_id, ())),
                attempts=row.attempts,
                held=held_until is not None,
            )
            for row, address, held_until in rows
        ]


def mark(one: ClaimedDelivery, told: Told, *, now: datetime) -> None:
    """In the caller's transaction: what came of a try. A program that did not take one is held with all that waits for
    it until that one is tried again; one that is gone (410) is told nothing any more."""
    # One at a time for each program, and beside whoever puts down what it is to be told.
    webhook = db.session.get_one(
        Webhook, one.webhook_id, populate_existing=True, with_for_update={"key_share": True}
    )
    wait = RETRIES[min(one.attempts, len(RETRIES) - 1)]
    wait = max(wait, min(retry_after(told.retry_after, now) or wait, LASTS))
    gone = told.http_status == GONE
    if told.is_taken:
        status = TAKEN
    else:
        status = DEAD if gone or one.attempts >= len(RETRIES) else WAITING
    db.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == one.id, WebhookDelivery.status == WAITING)
        .values(
            status=status,
            not_before=now + wait if status == WAITING else now,
            attempts=one.attempts + 1,
            lease_until=None,
            tried_at=now,
            ended_at=None if status == WAITING else now,
            http_status=told.http_status,
            answer=told.answer,
        )
    )
    if gone and webhook.withdrawn_at is None:
        subscriptions.stop(webhook, who=subscriptions.THE_PROGRAM, now=now)
        withdraw_waiting(webhook, now=now)
    elif not told.is_taken:
        _hold(webhook, now + wait, now=now)
    elif one.held:
        release(webhook, now=now)


def _hold(webhook: Webhook, until: datetime, *, now: datetime) -> None:
    """Nothing goes to a program before then; what has waited for LASTS never goes."""
    webhook.held_until = until
    waits = update(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.status == WAITING
    )
    untold = waits.where(WebhookDelivery.created_at <= now - LASTS, WebhookDelivery.attempts == 0)
    db.session.execute(
        untold.values(
            status=DEAD, ended_at=now, lease_until=None, answer="The program took nothing in three days."
        )
    )
    db.session.execute(
        waits.where(WebhookDelivery.not_before < until).values(not_before=until, lease_until=None)
    )


def release(webhook: Webhook, *, now: datetime) -> None:
    """All that waits for it may go."""
    webhook.held_until = None
    db.session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.webhook_id == webhook.id,
            WebhookDelivery.status == WAITING,
            WebhookDelivery.not_before > now,
        )
        .values(not_before=now)
    )


def withdraw_waiting(webhook: Webhook, *, now: datetime) -> None:
    """Of a webhook that is stopped nothing goes any more."""
    db.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.status == WAITING)
        .values(status=WITHDRAWN, ended_at=now, lease_until=None)
    )


def again(webhook: Webhook, delivery_id: int, *, who: str, now: datetime) -> WebhookDelivery:
    """It goes at once, with all its tries, whatever came of it. Raises NoSuchDelivery."""
    found = db.session.get(WebhookDelivery, delivery_id)
    if found is None or found.webhook_id != webhook.id or webhook.withdrawn_at is not None:
        raise NoSuchDelivery("There is no such delivery here.")
    found.status, found.ended_at, found.attempts, found.not_before = WAITING, None, 0, now
    db.session.flush()
    release(webhook, now=now)
    history.record("told again", webhook, who=who, now=now, after=found.event)
    return found


def newest(webhook_id: int, most: int = 50) -> Sequence[WebhookDelivery]:
    """The newest first."""
    return db.session.scalars(
        select(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id)
        .order_by(WebhookDelivery.id.desc())
        .limit(most)
    ).all()


def counts(partnership_id: int) -> dict[tuple[int, str], int]:
    """How many of each webhook stand how; one query."""
    rows = db.session.execute(
        select(WebhookDelivery.webhook_id, WebhookDelivery.status, func.count())
        .where(WebhookDelivery.partnership_id == partnership_id)
        .group_by(WebhookDelivery.webhook_id, WebhookDelivery.status)
    )
    return {(webhook_id, status): n for webhook_id, status, n in rows}


def due(now: datetime) -> Due:
    """Of the whole service, in one statement."""
    if (found := whose.counted("webhooks", now)) is not None:
        number, oldest = found["due"]
        return Due(number=number, oldest_at=oldest)
    return _due_here(now)


def figures(now: datetime) -> Iterator[Figure]:
    """The same as a monitor reads it."""
    found = due(now)
    yield Figure(
        "outreach_webhooks_due", "Deliveries that could go this moment and have not.", one(found.number)
    )
    yield Figure(
        "outreach_oldest_due_webhook_seconds",
        "For how long the oldest of these could have gone.",
        one(found.age(now).total_seconds()),
    )


def _due_here(now: datetime) -> Due:
    number, oldest = db.session.execute(
        select(func.count(), func.min(WebhookDelivery.not_before)).where(*_due(now))
    ).one()
    return Due(number=number, oldest_at=oldest)


def forget_old(*, now: datetime) -> int:
    """Those that came to their end long ago, of whoever is bound; how many."""
    gone = delete(WebhookDelivery).where(WebhookDelivery.ended_at < now - KEPT)
    return int(db.session.execute(gone).rowcount)  # type: ignore[attr-defined]  # of a DELETE it is there


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        WebhookDelivery.status == WAITING,
        WebhookDelivery.not_before <= now,
        or_(WebhookDelivery.lease_until.is_(None), WebhookDelivery.lease_until <= now),
    )
