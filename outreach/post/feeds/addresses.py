"""Addresses to subscribe at: each behind a token of its own, which can be renewed and revoked.

A token is made from a random number kept with the feed and from the service's key. So it can be shown again,
stands in no table, and whoever reads a copy of the database can open nothing with it.
"""

import hashlib
import hmac
import re
import secrets
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Index, Text, and_, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import history, whose
from outreach.ground.db import Base, Instant, db
from outreach.post.feeds.entries import OWN, FeedEntry, head

FEED_PAGE = "/calendar/{token}.ics"

UNSETTLED = timedelta(minutes=2)
"""How long after a change a transaction that began before it may still be open."""


class Feed(Base):
    """One address to subscribe to. `subject` is a URN, a troupe's id, or a partnership's id, by `kind`.

    Its token is made from `nonce` and the service's key, and stands nowhere. `holder` is the id of the one
    person whose address it is, and whose own entries stand in it too; 0: it is for all who share the subject.
    """

    __tablename__ = "feed"
    in_history = ("feed", "id")
    __table_args__ = (
        CheckConstraint("kind IN ('school', 'troupe', 'coordinator', 'board')", name="kind"),
        Index("ix_feed_subject", "kind", "subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[int]
    holder: Mapped[int] = mapped_column(default=0, server_default="0")
    label: Mapped[str] = mapped_column(Text, default="")
    nonce: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class FeedState:
    """A feed that somebody asked for, and the tag of what it says just now (for ETag, weak)."""

    feed: Feed
    etag: str


def make(
    kind: str, subject: int, *, partnership_id: int, label: str, holder: int = 0, who: str, now: datetime
) -> Feed:
    """An address to subscribe at; the one that stands, if there is one."""
    standing = live(kind, subject, partnership_id=partnership_id, holder=holder)
    if standing is not None:
        return standing
    feed = Feed(
        partnership_id=partnership_id,
        kind=kind,
        subject=subject,
        holder=holder,
        label=label,
        created_at=now,
        created_by=who,
        nonce=secrets.token_hex(_NONCE // 2),
    )
    db.session.add(feed)
    db.session.flush()
    history.record("made", feed, who=who, now=now, after=_called(feed))
    return feed


def withdraw(feed: Feed, *, who: str, now: datetime) -> None:
    """The address, and any other for the same, stops for everybody who subscribed to it."""
    for row in _live(
        Feed.kind == feed.kind,
        Feed.subject == feed.subject,
        Feed.partnership_id == feed.partnership_id,
        Feed.holder == feed.holder,
    ):
        row.withdrawn_at = now
        history.record("revoked", row, who=who, now=now, before=_called(row))
    db.session.flush()


def renew(feed: Feed, *, who: str, now: datetime) -> Feed:
    """Another address for the same; the old one stops."""
    withdraw(feed, who=who, now=now)
    return make(
        feed.kind,
        feed.subject,
        partnership_id=feed.partnership_id,
        label=feed.label,
        holder=feed.holder,
        who=who,
        now=now,
    )


def withdraw_all_of(holder: int, *, who: str, now: datetime) -> None:
    """Every address that is one person's own stops, as when that person leaves."""
    for feed in _live(Feed.holder == holder):
        withdraw(feed, who=who, now=now)


def live(kind: str, subject: int, *, partnership_id: int, holder: int = 0) -> Feed | None:
    """The address that works for this; None where there is none."""
    found = _live(
        Feed.kind == kind,
        Feed.subject == subject,
        Feed.partnership_id == partnership_id,
        Feed.holder == holder,
    )
    return found[-1] if found else None


def of_partnership(partnership_id: int, kinds: Iterable[str]) -> list[Feed]:
    """Every address of these kinds of a partnership that works, oldest first."""
    return _live(Feed.partnership_id == partnership_id, Feed.kind.in_(list(kinds)))


def token_of(feed: Feed, key: str) -> str:
    """The secret of a feed's address: 64 random bits to find it by, and 128 bits that only `key` can make."""
    return feed.nonce + _seal(feed.nonce, key)


def address(public_url: str, token: str) -> str:
    return public_url + FEED_PAGE.format(token=token)


def state(token: str, *, keys: Iterable[str], now: datetime) -> FeedState | None:
    """The feed of a token made with one of `keys` and what it says just now, in one query; None: there is
    none such.

    The tag is that of the newest change and of the last cancelled entry that went. While the newest change is
    fresh an older one may still be on its way, so that until then the tag is good for once.
    """
    nonce, seal = token[:_NONCE], token[_NONCE:]
    if not _TOKEN.fullmatch(token) or not any(hmac.compare_digest(seal, _seal(nonce, key)) for key in keys):
        return None
    whose.bind_to("feed", nonce)
    found = db.session.execute(_STATE, {"nonce": nonce, "now": now}).one_or_none()
    if found is None:
        return None
    feed, *shared_and_own = found
    # Ids only rise: the newest change is that of the highest, whether it is shared or the holder's own.
    changes = [shared_and_own[:2], shared_and_own[3:5]]
    newest, changed_at = max(changes, key=lambda change: change[0] or 0)
    gone_at = max((at for at in (shared_and_own[2], shared_and_own[5]) if at is not None), default=None)
    said = zlib.crc32(head(feed.label).encode())
    tag = f"{newest or 0}-{int(gone_at.timestamp()) if gone_at else 0}-{said:x}"
    if changed_at is not None and now - changed_at < UNSETTLED:
        tag += f"-{secrets.token_hex(4)}"
    return FeedState(feed=feed, etag=tag)


def _live(*these: ColumnElement[bool]) -> list[Feed]:
    return list(db.session.scalars(select(Feed).where(*these, Feed.withdrawn_at.is_(None)).order_by(Feed.id)))


def _called(feed: Feed) -> dict[str, object]:
    return {"kind": feed.kind, "subject": feed.subject, "label": feed.label}


def _seal(nonce: str, key: str) -> str:
    return hmac.new(key.encode(), f"calendar {nonce}".encode(), hashlib.sha256).hexdigest()[:32]


_NONCE = 16
_TOKEN = re.compile(r"[0-9a-f]{48}")


def _newest(of_whom: ColumnElement[bool]) -> tuple[Any, Any, Any]:
    """The id and the time of the newest change, and when the last that went has gone."""
    return (
        select(func.max(FeedEntry.id)).where(of_whom).correlate(Feed).scalar_subquery(),
        select(FeedEntry.changed_at)
        .where(of_whom)
        .order_by(FeedEntry.id.desc())
        .limit(1)
        .correlate(Feed)
        .scalar_subquery(),
        select(func.max(FeedEntry.gone_at))
        .where(of_whom, FeedEntry.gone_at <= bindparam("now", type_=Instant()))
        .correlate(Feed)
        .scalar_subquery(),
    )


_STATE = select(
    Feed,
    *_newest(and_(FeedEntry.kind == Feed.kind, FeedEntry.subject == Feed.subject)),
    *_newest(and_(FeedEntry.kind == OWN, FeedEntry.subject == Feed.holder)),
).where(Feed.nonce == bindparam("nonce"))
