"""Sign-ins that have gone to a provider and are not back yet: each is of one browser and comes back once.

State, nonce and the proof of PKCE stay here; the browser that goes holds a name of its own, and the address that it
comes back by the state. Whoever has one of the two alone is let in by neither.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Index, Text, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import Refusal

LASTS = timedelta(minutes=10)
FROM_ONE_NETWORK = 200
"""On their way at once, at most: a whole council signs in at nine behind one address."""


class TooManyBegun(Refusal):
    """That network's are on their way and do not come back."""

    def __init__(self) -> None:
        super().__init__(
            "Too many sign-ins were begun from your network and not finished. Try again in ten minutes, or have a "
            "one-time link sent to you."
        )


class AttemptOver(Refusal):
    """It came back once already, too late, to another browser, or never went."""


class ProviderAttempt(Base):
    """One sign-in on its way. `onward` is where it was going, a path of ours or ''; `kept` what was typed when a
    session ended, signed, to be sent after it, or ''; `origin` a keyed hash of the network that it is from."""

    __tablename__ = "provider_attempt"
    __table_args__ = (
        CheckConstraint("length(state_hash) = 64", name="state_hash"),
        Index("ix_provider_attempt_origin", "origin"),
    )

    state_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    browser_hash: Mapped[str] = mapped_column(Text)
    provider: Mapped[str] = mapped_column(Text)
    nonce: Mapped[str] = mapped_column(Text)
    verifier: Mapped[str] = mapped_column(Text)
    onward: Mapped[str] = mapped_column(Text)
    kept: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(Text, server_default="")
    began_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class Back:
    """What is needed of one that came back."""

    nonce: str
    verifier: str
    onward: str
    kept: str


def begin(
    provider: str, *, browser: str, onward: str, kept: str, origin: str, now: datetime
) -> tuple[str, str, str]:
    """State, nonce and proof of one that goes now: 256 random bits each. Those that will not come back any more are
    removed. Raises TooManyBegun."""
    sweep(now=now)
    on_their_way = select(func.count()).where(ProviderAttempt.origin == origin)
    if (db.session.scalar(on_their_way) or 0) >= FROM_ONE_NETWORK:
        raise TooManyBegun
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    db.session.add(
        ProviderAttempt(
            state_hash=_hash_of(state),
            browser_hash=_hash_of(browser),
            provider=provider,
            nonce=nonce,
            verifier=verifier,
            onward=onward,
            kept=kept,
            origin=origin,
            began_at=now,
        )
    )
    db.session.flush()
    return state, nonce, verifier


def take_back(provider: str, state: str, *, browser: str, now: datetime) -> Back:
    """The one that comes back, which is used up by that, whoever else sends the same at this moment. Raises
    AttemptOver; another browser's stays."""
    row = db.session.execute(
        delete(ProviderAttempt)
        .where(
            ProviderAttempt.state_hash == _hash_of(state),
            ProviderAttempt.browser_hash == _hash_of(browser),
            ProviderAttempt.provider == provider,
            ProviderAttempt.began_at > now - LASTS,
        )
        .returning(
            ProviderAttempt.nonce, ProviderAttempt.verifier, ProviderAttempt.onward, ProviderAttempt.kept
        )
    ).one_or_none()
    if row is None:
        raise AttemptOver(
            "That sign-in is over: it was used already, was begun in another browser, or took longer than ten minutes. "
            "Sign in once more."
        )
    return Back(nonce=row.nonce, verifier=row.verifier, onward=row.onward, kept=row.kept)


def sweep(*, now: datetime) -> None:
    """Those that will not come back are removed, with what was typed."""
    db.session.execute(delete(ProviderAttempt).where(ProviderAttempt.began_at <= now - LASTS))


def _hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
