"""The whole post held up: refused by the mail server, out of its reach, or asked to use one line at a
time."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Text, and_, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import history
from outreach.ground.db import Base, Instant, db, transaction

REFUSED, UNREACHABLE, CROWDED = "refused", "unreachable", "crowded"

WAIT = {REFUSED: timedelta(minutes=15), UNREACHABLE: timedelta(minutes=1)}
"""How soon one letter is tried while the post is held up. A sign-in that is tried more often gets the account
locked."""
AT_MOST = timedelta(hours=2)
"""Each pause of a server that refuses us is as long as all before it together, up to this."""

SAID = {
    REFUSED: "The mail server takes none from us.",
    UNREACHABLE: "The mail server cannot be reached.",
    CROWDED: "The mail server has too many connections.",
}
"""What each is, for whoever cannot mend it."""

JITTER = (20.0, 60.0)
"""Seconds to step back when the server has too many connections, at random, so that not all come back at
once."""
ALONE = timedelta(minutes=5)
"""How long one postman keeps the only line to a crowded server, from each letter on."""
CALM = timedelta(minutes=10)
"""After so long without a complaint a crowded server gets several lines again."""


class Pause(Base):
    """Why letters do not go as they should. It stands until the server takes one again (ended_at).

    `again_at` is when the next try may be made (None: at once). Whoever begins it moves `again_at` on in the
    same statement, so that of several postmen one tries.
    """

    __tablename__ = "post_pause"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text, default=REFUSED, server_default=REFUSED)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)
    tried_at: Mapped[datetime] = mapped_column(Instant)
    again_at: Mapped[datetime | None] = mapped_column(Instant)
    holder: Mapped[str] = mapped_column(Text, default="", server_default="")
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def said(self) -> str:
        """What pages say; `reason`, the server's own words, is for whoever runs the service."""
        return SAID[self.kind]

    @property
    def nothing_goes(self) -> bool:
        """Whether letters stand still; a crowded server takes them, one line at a time."""
        return self.kind != CROWDED


@dataclass(frozen=True, kw_only=True)
class Leave:
    """Whether one postman may go now. `kind` is the pause he tries to end, '' when none stands; `why_not` is
    '' when he may."""

    kind: str = ""
    why_not: str = ""


def standing() -> Pause | None:
    """What holds the post up at present; None when it runs."""
    return db.session.scalar(select(Pause).where(Pause.ended_at.is_(None)).order_by(Pause.id.desc()).limit(1))


def resume(*, who: str, now: datetime) -> None:
    """End a pause: the postman goes on with everything that is due."""
    pause = standing()
    if pause is not None:
        pause.ended_at = now
        history.record(
            "resumed", history.Subject("post", pause.id, None), who=who, now=now, before=pause.reason
        )


def ask_leave(name: str, now: datetime) -> Leave:
    """Whether this postman may send: always while no pause stands, else when it is time for a try and no
    other has it."""
    pause = standing()
    if pause is None:
        db.session.rollback()
        return Leave()
    kind, reason, pause_id = pause.kind, pause.reason, pause.id
    next_try = now + (ALONE if kind == CROWDED else _wait(kind, since=pause.recorded_at, now=now))
    with transaction():
        mine = db.session.scalar(
            update(Pause)
            .where(
                Pause.id == pause_id,
                Pause.ended_at.is_(None),
                Pause.kind == kind,
                or_(
                    Pause.again_at.is_(None),
                    Pause.again_at <= now,
                    and_(Pause.kind == CROWDED, Pause.holder == name),
                ),
            )
            .values(tried_at=Pause.tried_at if kind == CROWDED else now, again_at=next_try, holder=name)
            .returning(Pause.id)
        )
    return Leave(kind=kind) if mine else Leave(kind=kind, why_not=reason)


def keep(name: str, now: datetime) -> None:
    """In the caller's transaction: the line to a crowded server stays with this postman."""
    db.session.execute(
        update(Pause)
        .where(Pause.ended_at.is_(None), Pause.kind == CROWDED, Pause.holder == name)
        .values(again_at=now + ALONE)
    )


def end(now: datetime) -> None:
    """The mail server took a letter again. A crowded one must have taken them for a while without a
    complaint."""
    with transaction():
        db.session.execute(
            update(Pause)
            .where(Pause.ended_at.is_(None), or_(Pause.kind != CROWDED, Pause.tried_at <= now - CALM))
            .values(ended_at=now)
        )


def give_back(name: str, now: datetime) -> None:
    """This postman's round is over: another may have the one line to a crowded server."""
    with transaction():
        db.session.execute(
            update(Pause)
            .where(Pause.ended_at.is_(None), Pause.kind == CROWDED, Pause.holder == name)
            .values(again_at=now, holder="")
        )


def hold_up(kind: str, reason: str, *, now: datetime) -> None:
    """The post is held up from now on, or still; in the caller's transaction."""
    pause = standing()
    if pause is None:
        pause = Pause(recorded_at=now)
        db.session.add(pause)
    elif pause.kind != kind:
        pause.recorded_at = now
    wait = _wait(kind, since=pause.recorded_at, now=now)
    pause.kind, pause.reason, pause.tried_at, pause.again_at, pause.holder = kind, reason, now, now + wait, ""
    db.session.flush()


def _wait(kind: str, *, since: datetime, now: datetime) -> timedelta:
    if kind == CROWDED:
        return timedelta(seconds=random.uniform(*JITTER))
    return min(max(WAIT[kind], now - since), AT_MOST) if kind == REFUSED else WAIT[kind]
