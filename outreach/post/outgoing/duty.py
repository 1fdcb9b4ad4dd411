"""Duty of postmen: one row for each at work, so that anybody can see whether there is one at all."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Text, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant, db, transaction

LOOKS_EVERY = timedelta(seconds=30)
"""How often a postman with nothing to do says that he is there."""
MISSED = timedelta(minutes=10)
"""A postman who was not heard of for so long is not there any more; no single delivery takes longer."""
KEPT = timedelta(days=7)


class Postman(Base):
    """One process that sends letters. `name` is host:process:random:mark of its SECRET_KEY and is unlike any other;
    `sent` since it began."""

    __tablename__ = "postman"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    began_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    sent: Mapped[int] = mapped_column(default=0, server_default="0")

    @property
    def host(self) -> str:
        return self.name.split(":")[0]

    @property
    def key_mark(self) -> str:
        """'' of one that an earlier release began."""
        return self.name.split(":")[3] if self.name.count(":") > 2 else ""


def begin(name: str, now: datetime) -> None:
    """A postman comes on duty; those long gone are forgotten."""
    with transaction():
        db.session.execute(delete(Postman).where(Postman.seen_at < now - KEPT))
        db.session.add(Postman(name=name, began_at=now, seen_at=now))


def note(name: str, now: datetime, *, sent: int = 0) -> None:
    """In the caller's transaction: this postman is at work, and has sent so many more."""
    db.session.execute(
        update(Postman)
        .where(Postman.name == name)
        .values(seen_at=now, sent=Postman.sent + sent, ended_at=None)
    )


def look_in(name: str, now: datetime) -> None:
    """A postman with nothing to do says that he is there, if he has not lately."""
    stale = select(Postman.id).where(Postman.name == name, Postman.seen_at <= now - LOOKS_EVERY)
    if db.session.scalar(stale) is not None:
        with transaction():
            note(name, now)
    else:
        db.session.rollback()


def end(name: str, now: datetime) -> None:
    """This postman goes home."""
    with transaction():
        db.session.execute(update(Postman).where(Postman.name == name).values(ended_at=now, seen_at=now))


def lately(now: datetime) -> Sequence[Postman]:
    """Those heard of lately, also those who went home, the longest at work first."""
    return db.session.scalars(
        select(Postman).where(Postman.seen_at > now - MISSED).order_by(Postman.began_at, Postman.id)
    ).all()


def on_duty(now: datetime) -> Sequence[Postman]:
    """The postmen at work, the longest first."""
    return [one for one in lately(now) if one.ended_at is None]


def come_by_timer(heard_of: Sequence[Postman], now: datetime) -> bool:
    """Whether a timer starts one every few minutes: of these two came and went."""
    return sum(one.ended_at is not None and one.began_at > now - MISSED for one in heard_of) > 1


def not_gone_home(host: str) -> Sequence[str]:
    """The names of this host's postmen who never said that they go; the caller knows which of them live."""
    return db.session.scalars(
        select(Postman.name)
        .where(Postman.ended_at.is_(None), Postman.name.startswith(f"{host}:", autoescape=True))
        .order_by(Postman.id)
    ).all()
