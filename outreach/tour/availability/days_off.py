"""Days on which a troupe does not play, whoever said so; and what was changed of its availability, so that it can be undone."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant


class DayOff(Base):
    """A date that a troupe does not give, with or without a tour day there before. `ended_at`: it does after all."""

    __tablename__ = "day_off"
    __table_args__ = (
        Index("uq_day_off_troupe_id_day", "troupe_id", "day", unique=True,
              postgresql_where=text("ended_at IS NULL"), sqlite_where=text("ended_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    troupe_id: Mapped[int] = mapped_column(ForeignKey("troupe.id"))
    day: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class AvailabilityChange(Base):
    """One change of many days at once. `days`: for each that was changed its tour day (None: a day off where there was
    none), date, and the facts before and after it; `what`: the change in words."""

    __tablename__ = "availability_change"
    __table_args__ = (Index("ix_availability_change_troupe_id", "troupe_id", "recorded_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    troupe_id: Mapped[int] = mapped_column(ForeignKey("troupe.id"))
    what: Mapped[str] = mapped_column(Text)
    days: Mapped[Any] = mapped_column(JSON)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by: Mapped[str] = mapped_column(Text, default="")
