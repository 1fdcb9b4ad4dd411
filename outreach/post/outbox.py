"""Letters waiting: put down in the caller's transaction, claimed and marked by the postman.

At least once, in order for each stream (a booking's UID, or one invitation) and recipient. The
rendered bytes are kept, so that a retry is the same mail with the same Message-ID.
"""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant

WAITING, SENT, FAILED, SUPERSEDED, WITHDRAWN = "waiting", "sent", "failed", "superseded", "withdrawn"


class Letter(Base):
    """One mail to one address. `handed_at` is when the mail server took it."""

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("stream", "recipient", "kind", "method", "sequence", "dtstamp"),
        Index("ix_letter_status", "status", "not_before"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int | None] = mapped_column(index=True)
    stream: Mapped[str] = mapped_column(Text, index=True)
    recipient: Mapped[str] = mapped_column(Text, index=True)
    kind: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text, default="")
    sequence: Mapped[int] = mapped_column(default=0)
    dtstamp: Mapped[datetime] = mapped_column(Instant)
    subject: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str] = mapped_column(Text, unique=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[str] = mapped_column(Text, default=WAITING)
    not_before: Mapped[datetime] = mapped_column(Instant)
    give_up_at: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    leased_by: Mapped[str | None] = mapped_column(Text)
    handed_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)


class DeadAddress(Base):
    """An address that bounced for good; not written to again until it is corrected (lifted_at)."""

    __tablename__ = "dead_address"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(Text, index=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)
