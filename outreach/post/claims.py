"""Whose letter it is just now: claimed, marked, put back; and the whole post held up.

Nothing here waits on the world; each function is one short transaction.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Text, and_, exists, or_, select, update
from sqlalchemy.orm import Mapped, aliased, mapped_column

from outreach.ground import history
from outreach.ground.db import Base, Instant, db, transaction
from outreach.post import copies, outbox
from outreach.post.outbox import DEAD, FAILED, SUPERSEDED, WAITING, Letter

LEASE = timedelta(minutes=10)
"""Longer than any one delivery can take."""

_MINUTES = (1, 5, 15, 60, 180, 360, 720, 720, 720)
RETRIES = tuple(timedelta(minutes=m) for m in _MINUTES)
"""After 1, 5, 15 minutes, 1, 3, 6, 12 hours, then every 12 hours: the last try comes within 48 hours."""


class Pause(Base):
    """The mail server refuses us, not a letter: nothing goes out until it takes one again (lifted_at)."""

    __tablename__ = "post_pause"

    id: Mapped[int] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)
    tried_at: Mapped[datetime] = mapped_column(Instant)
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A letter in this postman's hands; `perhaps_at` is what it was before."""

    id: int
    recipient: str
    raw: bytes
    kind: str
    method: str
    stream: str
    attempts: int
    perhaps_at: datetime | None
    give_up_at: datetime | None


class Later(Exception):
    """Not now. `certain` when the server certainly has not taken the letter; `unreachable` when no letter can go."""

    def __init__(
        self, why: str, *, certain: bool = True, unreachable: bool = False, crowded: bool = False
    ) -> None:
        super().__init__(why)
        self.certain, self.unreachable, self.crowded = certain, unreachable, crowded


def pause() -> Pause | None:
    """Why nothing goes out at present; None when the post runs."""
    return db.session.scalar(
        select(Pause).where(Pause.lifted_at.is_(None)).order_by(Pause.id.desc()).limit(1)
    )


def resume(*, who: str, now: datetime) -> None:
    """End a pause: the postman goes on with everything that is due."""
    standing = pause()
    if standing is not None:
        standing.lifted_at = now
        history.record("resumed", "post", standing.id, who=who, now=now, before=standing.reason)


def claim(name: str, now: datetime) -> Claimed | None:
    """Take the oldest letter that is due into one's hands for LEASE; None when there is none.

    Only the first waiting letter of a stream and recipient is ever due, whatever its next try. Two
    postmen never get the same: PostgreSQL skips a row another one has locked, SQLite lets one write.
    """
    earlier = aliased(Letter)
    due = (
        select(Letter)
        .where(
            Letter.status == WAITING,
            Letter.not_before <= now,
            or_(Letter.lease_until.is_(None), Letter.lease_until < now),
            ~exists().where(
                and_(
                    earlier.stream == Letter.stream, earlier.recipient == Letter.recipient,
                    earlier.status == WAITING, earlier.id < Letter.id,
                )
            ),
        )
        .order_by(Letter.not_before, Letter.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Letter)
    )  # fmt: skip
    with transaction():
        while (letter := db.session.scalar(due)) is not None:
            if hopeless := _hopeless(letter, now):
                letter.status, letter.last_error = FAILED, hopeless
                letter.lease_until = letter.leased_by = None
                db.session.flush()
                continue
            claimed = Claimed(
                id=letter.id, recipient=letter.recipient, raw=letter.raw, kind=letter.kind,
                method=letter.method, stream=letter.stream, attempts=letter.attempts + 1,
                perhaps_at=letter.perhaps_at, give_up_at=letter.give_up_at,
            )  # fmt: skip
            letter.attempts += 1
            letter.lease_until, letter.leased_by = now + LEASE, name
            letter.perhaps_at = letter.perhaps_at or now
            return claimed
    return None


def _hopeless(letter: Letter, now: datetime) -> str:
    if outbox.is_dead(letter.recipient):
        return DEAD
    if letter.give_up_at and letter.give_up_at <= now:
        return "The show began before this letter could go."
    return ""


def mark(letter: Claimed, name: str, **values: object) -> bool:
    """Write down what became of a letter, if it is still in this postman's hands."""
    with transaction():
        done = db.session.scalar(
            update(Letter)
            .where(Letter.id == letter.id, Letter.leased_by == name, Letter.status == WAITING)
            .values(lease_until=None, leased_by=None, **values)
            .returning(Letter.id)
        )
    return done is not None


def put_back(letter: Claimed, refusal: Later, *, name: str, now: datetime) -> bool:
    """Wait for the next try; failed when there is none. A newer letter about the same takes its place."""
    perhaps_at = letter.perhaps_at if refusal.certain else (letter.perhaps_at or now)
    if letter.attempts > len(RETRIES):
        mark(
            letter, name, status=FAILED, last_error=f"{refusal} We tried for two days.", perhaps_at=perhaps_at
        )
        return False
    again = now + RETRIES[letter.attempts - 1]
    if refusal.crowded:
        again += timedelta(seconds=random.uniform(0, 60))
    if letter.give_up_at and again >= letter.give_up_at:
        mark(
            letter, name, status=FAILED, last_error=f"{refusal} The show begins first.", perhaps_at=perhaps_at
        )
        return False
    mark(letter, name, not_before=again, last_error=str(refusal), perhaps_at=perhaps_at)
    if letter.method:
        _give_way(letter)
    return True


def _give_way(letter: Claimed) -> None:
    """A revision that was being tried while a newer one was put down is not tried again."""
    newer = aliased(Letter)
    with transaction():
        db.session.execute(
            update(Letter)
            .where(
                Letter.id == letter.id, Letter.status == WAITING, Letter.lease_until.is_(None),
                exists().where(
                    newer.stream == letter.stream, newer.recipient == letter.recipient,
                    newer.method != "", newer.status == WAITING, newer.id > letter.id,
                ),
            )
            .values(
                status=SUPERSEDED, raw=copies.masked(letter.raw),
                last_error="A newer letter took its place before it went.",
            )
            .execution_options(synchronize_session=False)
        )  # fmt: skip


def lift_pause(now: datetime) -> None:
    """The mail server took a letter again."""
    with transaction():
        db.session.execute(update(Pause).where(Pause.lifted_at.is_(None)).values(lifted_at=now))


def hold_up(letter: Claimed, reason: str, *, name: str, now: datetime) -> None:
    """Pause the post; the letter is not to blame and keeps its tries."""
    mark(letter, name, attempts=letter.attempts - 1, last_error=reason, perhaps_at=letter.perhaps_at)
    with transaction():
        standing = pause()
        if standing is None:
            db.session.add(Pause(recorded_at=now, reason=reason, tried_at=now))
        else:
            standing.reason, standing.tried_at = reason, now
