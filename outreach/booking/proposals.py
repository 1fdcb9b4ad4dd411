"""A slot kept for one school until a reply-by date, and how that ended."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant


class Proposal(Base):
    __tablename__ = "proposal"
    __table_args__ = (Index("ix_proposal_programme", "programme_id", "urn"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    performance_id: Mapped[int | None] = mapped_column(ForeignKey("performance.id"))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    uid: Mapped[str | None] = mapped_column(Text, unique=True)
    organizer_token: Mapped[str | None] = mapped_column(Text, unique=True)
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    who: Mapped[str] = mapped_column(Text, default="", server_default="")
    people: Mapped[Any] = mapped_column(JSON, default=list, server_default="[]")
    reply_by: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_as: Mapped[str] = mapped_column(Text, default="")
