"""Sessions of people who signed in: a row each, so that one that has ended is ended whatever a copied cookie says.

The cookie holds a random identifier and the row its hash. A session ends when it is signed out, when nothing was done
in it for a while (idle), and after some hours whatever is done in it (absolute): NIST SP 800-63B 4.2.3 and OWASP ASVS 5
7.3 ask for both.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Index,
    Text,
    and_,
    false,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import history, the_app
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import NoSuch

SEEN_EVERY = timedelta(minutes=5)
"""'Last seen' is written at most so often, so that reading pages seldom writes."""
CLOCK_MAY_BE_OFF = timedelta(minutes=5)
"""A session that began further in the future began by a clock that was wrong, and nobody knows when it ends."""
KEPT_FOR = timedelta(days=30)
"""How long a session that has ended is kept."""

SIGNED_OUT, SIGNED_IN_ANEW, ENDED = "signed out", "signed in anew", "ended by its person"
PASSWORD_CHANGED, RIGHTS_CHANGED, LEFT = "password changed", "rights changed", "left"
WHY = (SIGNED_OUT, SIGNED_IN_ANEW, ENDED, PASSWORD_CHANGED, RIGHTS_CHANGED, LEFT)
SIGNED_OUT_EVERYWHERE = "signed out everywhere"
IDLE, OVER = "idle", "over"
"""Why a session that nobody ended is over: these follow from its times and stand in no row."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class NoSuchSession(NoSuch):
    pass


@dataclass(frozen=True, kw_only=True)
class Lifetime:
    """How long a session lasts: `idle` while nothing is done in it, `absolute` in all."""

    idle: timedelta
    absolute: timedelta


def lifetime() -> Lifetime:
    """How long sessions last, by the settings."""
    here = the_app.settings()
    return Lifetime(
        idle=timedelta(seconds=here["SESSION_IDLE_SECONDS"]),
        absolute=timedelta(seconds=here["PERMANENT_SESSION_LIFETIME"]),
    )


class SignInSession(Base):
    """One browser in which a person is signed in. `device` is in words, of what the browser says of itself; no address
    is kept. `by_link`: let in by a one-time link, so that the old password need not be known to choose a new one.
    `factor_at_provider`: the council asked for a second factor before it, so that ours need not."""

    __tablename__ = "sign_in_session"
    __table_args__ = (
        key_within_partnership("person_id", "person"),
        CheckConstraint("length(token_hash) = 64", name="token_hash"),
        CheckConstraint("length(device) BETWEEN 1 AND 60", name="device"),
        CheckConstraint("(ended_at IS NULL) = (why_ended IS NULL)", name="ended"),
        CheckConstraint(f"why_ended IN {WHY}", name="why_ended"),
        Index("ix_sign_in_session_person_id", "person_id", "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(index=True)
    person_id: Mapped[int]
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    device: Mapped[str] = mapped_column(Text)
    by_link: Mapped[bool] = mapped_column(default=False, server_default=false())
    factor_at_provider: Mapped[bool] = mapped_column(default=False, server_default=false())
    began_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    why_ended: Mapped[str | None] = mapped_column(Text)

    def why_over(self, lasts: Lifetime, *, now: datetime) -> str:
        """Why it lets nobody in any more, a word of WHY, IDLE or OVER; '' while it does."""
        if self.why_ended is not None:
            return self.why_ended
        if self.began_at > now + CLOCK_MAY_BE_OFF or now >= self.began_at + lasts.absolute:
            return OVER
        return IDLE if now >= self.last_seen_at + lasts.idle else ""

    def seen_lately(self, *, now: datetime) -> bool:
        return now < self.last_seen_at + SEEN_EVERY


def begin(
    person_id: int,
    *,
    partnership_id: int,
    device: str,
    by_link: bool,
    factor_at_provider: bool = False,
    now: datetime,
) -> tuple[SignInSession, str]:
    """A new session and its token, for the cookie; the only copy."""
    token = secrets.token_urlsafe(32)
    row = SignInSession(
        person_id=person_id,
        partnership_id=partnership_id,
        token_hash=hash_of(token),
        device=device,
        by_link=by_link,
        factor_at_provider=factor_at_provider,
        began_at=now,
        last_seen_at=now,
    )
    db.session.add(row)
    db.session.flush()
    return row, token


def seen(session_id: int, *, now: datetime) -> None:
    """Put down that its person is here, unless that was done a moment ago or it has ended meanwhile."""
    db.session.execute(
        update(SignInSession)
        .where(
            SignInSession.id == session_id,
            SignInSession.ended_at.is_(None),
            SignInSession.last_seen_at <= now - SEEN_EVERY,
        )
        .values(last_seen_at=now)
    )


def open_of(person_id: int, lasts: Lifetime, *, now: datetime) -> Sequence[SignInSession]:
    """Where a person is signed in now, the last seen first."""
    return db.session.scalars(
        select(SignInSession)
        .where(SignInSession.person_id == person_id, ~_over(lasts, now))
        .order_by(SignInSession.last_seen_at.desc(), SignInSession.id.desc())
    ).all()


def last_seen(partnership_id: int) -> dict[int, datetime]:
    """When each person of a partnership was here last, of those whose sessions are kept. One query."""
    found = db.session.execute(
        select(SignInSession.person_id, func.max(SignInSession.last_seen_at))
        .where(SignInSession.partnership_id == partnership_id)
        .group_by(SignInSession.person_id)
        .order_by(SignInSession.person_id)
    )
    return {person_id: at for person_id, at in found}


def end(session_id: int, *, why: str, now: datetime) -> None:
    """It lets nobody in any more. One that has ended stays as it ended, whoever was first."""
    _end(SignInSession.id == session_id, why=why, now=now)


def end_own(session_id: int, *, person_id: int, who: str, now: datetime) -> None:
    """The same of a person's own. Raises NoSuchSession where it is somebody else's or nobody's."""
    found = db.session.get(SignInSession, session_id)
    if found is None or found.person_id != person_id:
        raise NoSuchSession("There is no such session.")
    end(session_id, why=ENDED, now=now)
    _told(
        "ended a session", person_id, found.partnership_id, who=who, now=now, after={"device": found.device}
    )


def end_all_own(
    person_id: int, *, partnership_id: int, who: str, why: str, now: datetime, but: int | None = None
) -> None:
    """All of a person's own, by their wish, `but` one."""
    end_all_of(person_id, why=why, now=now, but=but)
    _told(SIGNED_OUT_EVERYWHERE, person_id, partnership_id, who=who, now=now)


def sign_out(session_id: int, *, who: str, now: datetime) -> None:
    """Its person leaves."""
    session = db.session.get_one(SignInSession, session_id)
    end(session_id, why=SIGNED_OUT, now=now)
    _told("signed out", session.person_id, session.partnership_id, who=who, now=now)


def _told(
    what: str, person_id: int, partnership_id: int, *, who: str, now: datetime, after: Any = None
) -> None:
    of = history.Subject(history.SIGN_IN, person_id, partnership_id)
    history.record(what, of, who=who, now=now, after=after)


def end_all_of(person_id: int, *, why: str, now: datetime, but: int | None = None) -> None:
    """All sessions of a person end, `but` one."""
    of_person = SignInSession.person_id == person_id
    _end(of_person if but is None else and_(of_person, SignInSession.id != but), why=why, now=now)


def over_for_long(lasts: Lifetime, *, now: datetime) -> ColumnElement[bool]:
    """Those that have been over for KEPT_FOR, which are removed."""
    return _over(lasts, now - KEPT_FOR)


def is_token(said: str) -> bool:
    """Whether a cookie's word may be a token at all: what came before sessions were rows is none."""
    return _TOKEN.fullmatch(said) is not None


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _end(which: ColumnElement[bool], *, why: str, now: datetime) -> None:
    db.session.execute(
        update(SignInSession)
        .where(which, SignInSession.ended_at.is_(None))
        .values(ended_at=now, why_ended=why)
    )


def _over(lasts: Lifetime, now: datetime) -> ColumnElement[bool]:
    """As `why_over`; one that began in the future counts for nothing here, and is asked there."""
    return or_(
        and_(SignInSession.ended_at.is_not(None), SignInSession.ended_at <= now),
        SignInSession.began_at <= now - lasts.absolute,
        SignInSession.last_seen_at <= now - lasts.idle,
    )
