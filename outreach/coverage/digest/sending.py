"""Sending of the digest: one for each coordinator and chosen day, by whichever postman comes first.

The row says that the day is done, also where there was nothing to say and no letter went. It is written with the
letter in one transaction, and the database takes one a day for each person.
"""

import hashlib
import secrets
from datetime import date, datetime, time, timedelta

from sqlalchemy import CheckConstraint, Text, UniqueConstraint, exists, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.booking import told
from outreach.county import partnerships
from outreach.county.coordinators import Coordinator
from outreach.county.who_may import SEE, roles_that
from outreach.coverage.digest import days, said
from outreach.coverage.digest.days import DigestDays
from outreach.ground import whose as knows_whose
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.timespans import day_of, wall
from outreach.post import digest as letter
from outreach.post import outbox
from outreach.post.stationery import Addressee

FROM, UNTIL = time(7), time(12)
"""It goes from seven in the morning, after the day's round; a service that stood still all morning sends none for a
day half over."""

LATELY = timedelta(days=7)
"""How far back the news of somebody's first digest goes."""
LONGEST = timedelta(days=14)
"""How far back the news of any goes."""


class Digest(Base):
    """One coordinator's digest of one day; `letter_id` None: there was nothing to say. Its stop link opens by the
    hash of its token alone."""

    __tablename__ = "digest"
    __table_args__ = (
        UniqueConstraint("person_id", "day"),
        UniqueConstraint("stop_hash"),
        key_within_partnership("person_id", "person"),
        key_within_partnership("letter_id", "letter"),
        CheckConstraint("(letter_id IS NULL) = (stop_hash IS NULL)", name="stop"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    person_id: Mapped[int]
    day: Mapped[date]
    made_at: Mapped[datetime] = mapped_column(Instant)
    letter_id: Mapped[int | None]
    stop_hash: Mapped[str | None] = mapped_column(Text)


def due(*, now: datetime) -> list[int]:
    """Who is to get one this morning and has not, by id; no query but in the morning, and one then."""
    today = day_of(now)
    begins = wall(today, FROM)
    if not begins <= now < wall(today, UNTIL):
        return []
    done = exists().where(Digest.person_id == Coordinator.id, Digest.day == today)
    return list(
        db.session.scalars(
            select(Coordinator.id)
            .join(DigestDays, DigestDays.person_id == Coordinator.id)
            .where(
                Coordinator.ended_at.is_(None),
                Coordinator.role.in_(roles_that(SEE, "desk")),
                DigestDays.ended_at.is_(None),
                DigestDays.days.bitwise_and(1 << today.weekday()) != 0,
                DigestDays.recorded_at < begins,
                ~done,
            )
            .order_by(Coordinator.id)
        )
    )


def send(person_id: int, *, now: datetime) -> bool:
    """Put one person's digest of today into the post; whether a letter was written. False where another postman has it
    in hand, or was quicker. In the caller's transaction."""
    today = day_of(now)
    wish = db.session.scalar(
        select(DigestDays)
        .where(DigestDays.person_id == person_id, DigestDays.ended_at.is_(None))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    done = select(Digest.id).where(Digest.person_id == person_id, Digest.day == today)
    if wish is None or db.session.scalar(done) is not None:
        return False
    # To the second, as the page of news has it: what comes later in this second is the next one's.
    now = now.replace(microsecond=0)
    person = db.session.get_one(Coordinator, person_id)
    since = max(_last(person_id) or now - LATELY, now - LONGEST)
    row = Digest(partnership_id=person.partnership_id, person_id=person_id, day=today, made_at=now)
    words = None if outbox.is_dead(person.email) else said.digest_of(person, since=since, now=now)
    if words is not None:
        token = secrets.token_urlsafe(24)
        partnership = partnerships.get(person.partnership_id)
        put = letter.digest(
            words,
            Addressee(address=person.email, name=person.name),
            told.sender_of(partnership),
            person_id=person_id,
            days=days.named(wish.weekdays),
            token=token,
            now=now,
        )
        row.letter_id, row.stop_hash = put.id, _hash_of(token)
    db.session.add(row)
    db.session.flush()
    return words is not None


def whose(token: str) -> Coordinator | None:
    """Whose digest a stop link is of; None for a token that never was."""
    knows_whose.bind_to("digest", _hash_of(token))
    return db.session.scalar(
        select(Coordinator)
        .join(Digest, Digest.person_id == Coordinator.id)
        .where(Digest.stop_hash == _hash_of(token))
    )


def _last(person_id: int) -> datetime | None:
    return db.session.scalar(select(func.max(Digest.made_at)).where(Digest.person_id == person_id))


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
