"""Calendars to subscribe to: the text of each entry is kept, so that a feed is handed out and not made anew."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant

SCHOOL, TROUPE, COORDINATOR, BOARD = "school", "troupe", "coordinator", "board"


class Feed(Base):
    """One address to subscribe to. `subject` is a URN, a troupe's id, or a partnership's id, by `kind`.

    Its token is made from `nonce` and the service's key, and stands nowhere.
    """

    __tablename__ = "feed"
    __table_args__ = (
        CheckConstraint("kind IN ('school', 'troupe', 'coordinator', 'board')", name="kind"),
        Index("ix_feed_subject", "kind", "subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[int]
    label: Mapped[str] = mapped_column(Text, default="")
    nonce: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(Text)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class FeedEntry(Base):
    """One event as it stands in all feeds of one kind and subject: a VEVENT, ready. A change is a new row in place of
    the old, so that the highest id tells the newest change. `gone_at`: cancelled, and shown until then."""

    __tablename__ = "feed_entry"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "uid"),
        Index("ix_feed_entry_newest", "kind", "subject", "id"),
        Index("ix_feed_entry_gone", "kind", "subject", "gone_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[int]
    uid: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    gone_at: Mapped[datetime | None] = mapped_column(Instant)
