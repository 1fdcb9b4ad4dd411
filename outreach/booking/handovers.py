"""Table of bookings handed from a school to the one that follows it: dated rows, so that the past stays as it
was."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.ground.db import Base, Instant, db


class HandedLink(Base):
    """A personal link that was open for the first school and opened the second's pages from then on."""

    __tablename__ = "handed_link"

    handover_id: Mapped[int] = mapped_column(ForeignKey("booking_handover.id"), primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("personal_link.id"), primary_key=True)


class Handover(Base):
    """One booking goes from one school to another, which follows it in the register; the newest row tells
    whose it is."""

    __tablename__ = "booking_handover"
    __table_args__ = (
        Index("ix_booking_handover_booking", "booking_id", "id"),
        Index("ix_booking_handover_from", "from_organisation_id"),
        Index("ix_booking_handover_to", "to_organisation_id"),
        CheckConstraint("from_organisation_id <> to_organisation_id", name="other"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    from_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    to_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)

    links: Mapped[list[HandedLink]] = relationship(order_by=HandedLink.link_id)


def of_bookings(booking_ids: Collection[int]) -> dict[int, list[Handover]]:
    """The handovers of some bookings, oldest first; one query."""
    rows = db.session.scalars(
        select(Handover).where(Handover.booking_id.in_(set(booking_ids))).order_by(Handover.id)
    )
    found: dict[int, list[Handover]] = {}
    for row in rows:
        found.setdefault(row.booking_id, []).append(row)
    return found


def newest(booking_id: int) -> Handover | None:
    return db.session.scalar(
        select(Handover).where(Handover.booking_id == booking_id).order_by(Handover.id.desc()).limit(1)
    )


def holders(rows: Collection[Handover], now_with: int) -> list[int]:
    """The schools that have held a booking up to the one it is with, in order; what was handed back is left
    out. Pure."""
    line = [row.from_organisation_id for row in rows]
    return [*line[: line.index(now_with)], now_with] if now_with in line else [*line, now_with]
