"""Days on which a troupe does not play, whoever said so; and what was changed of its availability, so that it
can be undone."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant, db


class DayOff(Base):
    """A date that a troupe does not give, with or without a tour day there before. `ended_at`: it does after
    all."""

    __tablename__ = "day_off"
    __table_args__ = (
        Index(
            "uq_day_off_troupe_id_day",
            "troupe_id",
            "day",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    troupe_id: Mapped[int] = mapped_column(ForeignKey("troupe.id"))
    day: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class AvailabilityChange(Base):
    """One change of many days at once. `days`: for each that was changed its tour day (None: a day off where
    there was none), date, and the facts before and after it; `what`: the change in words."""

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

    @property
    def dates(self) -> list[date]:
        return sorted(date.fromisoformat(entry["day"]) for entry in self.days)


def standing(troupe_ids: Collection[int], first: date, last: date) -> list[DayOff]:
    """The days off of these troupes from `first` to `last`, both included, by date and troupe."""
    return list(
        db.session.scalars(
            select(DayOff)
            .where(
                DayOff.troupe_id.in_(set(troupe_ids)),
                DayOff.day.between(first, last),
                DayOff.ended_at.is_(None),
            )
            .order_by(DayOff.day, DayOff.troupe_id)
        )
    )


def newest_changes(troupe_id: int, at_most: int = 10) -> list[AvailabilityChange]:
    """What was changed last of a troupe's availability, the newest first."""
    return list(
        db.session.scalars(
            select(AvailabilityChange)
            .where(AvailabilityChange.troupe_id == troupe_id)
            .order_by(AvailabilityChange.id.desc())
            .limit(at_most)
        )
    )
