"""Shows and holds on a tour day: claim and release.

One row is one stretch of a troupe's time from get-in to get-out. `held_until` set: a hold, which
counts for nothing once it is past and is removed by the claim that meets it. `released_at` set:
given back, kept for the record.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.county.schools import School
from outreach.ground.db import Base, Instant
from outreach.tour.days import TourDay


class Performance(Base):
    """One show at a host school. `easting`, `northing`: where the van goes, as known at the claim (metres).

    `uid`, `organizer_token`, `sequence`: the troupe's own calendar event for this show.
    """

    __tablename__ = "performance"
    __table_args__ = (
        CheckConstraint(
            "get_in_at <= starts_at AND starts_at < ends_at AND ends_at <= away_at", name="order"
        ),
        Index("ix_performance_programme", "programme_id"),
        Index("ix_performance_tour_day", "tour_day_id"),
        Index("ix_performance_urn", "urn"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    tour_day_id: Mapped[int] = mapped_column(ForeignKey("tour_day.id"))
    troupe_id: Mapped[int] = mapped_column(ForeignKey("troupe.id"))
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    easting: Mapped[int | None]
    northing: Mapped[int | None]
    get_in_at: Mapped[datetime] = mapped_column(Instant)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    away_at: Mapped[datetime] = mapped_column(Instant)
    held_until: Mapped[datetime | None] = mapped_column(Instant)
    released_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    uid: Mapped[str] = mapped_column(Text, unique=True)
    organizer_token: Mapped[str] = mapped_column(Text, unique=True)
    sequence: Mapped[int] = mapped_column(default=0)

    tour_day: Mapped[TourDay] = relationship()
    host: Mapped[School] = relationship()
