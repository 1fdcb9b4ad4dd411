"""One school's promise for one performance: book, move, change, cancel."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.county.schools import School
from outreach.ground.db import Base, Instant
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

HOST, GUEST = "host", "guest"


class Booking(Base):
    """A promise as it stands now. `seats` is the sum of the newest revision's pupils, guarded by a trigger.

    `uid` is the calendar event's for ever (RFC 5546 2.1.5); `sequence` its revision; `place_sequence`
    the sequence at which start, end or place last changed; `ended_at` mirrors the Cancellation row
    so that constraints can see it.
    """

    __tablename__ = "booking"
    __table_args__ = (
        Index("ix_booking_programme", "programme_id", "urn"),
        Index("ix_booking_performance", "performance_id"),
        Index("uq_booking_host", "performance_id", unique=True,
              postgresql_where=text("role = 'host' AND ended_at IS NULL"), sqlite_where=text("role = 'host' AND ended_at IS NULL")),
        CheckConstraint("role IN ('host', 'guest')", name="role"),
        CheckConstraint("seats >= 0", name="seats"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(Text, unique=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    performance_id: Mapped[int] = mapped_column(ForeignKey("performance.id"))
    role: Mapped[str] = mapped_column(Text)
    seats: Mapped[int]
    hall: Mapped[str] = mapped_column(Text, default="")
    step_free: Mapped[bool | None]
    access_needs: Mapped[Any] = mapped_column(JSON, default=dict)
    arrival_note: Mapped[str] = mapped_column(Text, default="")
    booked_by: Mapped[str] = mapped_column(Text, default="")
    uid: Mapped[str] = mapped_column(Text, unique=True)
    organizer_token: Mapped[str] = mapped_column(Text, unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    place_sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    programme: Mapped[Programme] = relationship()
    performance: Mapped[Performance] = relationship()
    school: Mapped[School] = relationship()


class BookingRevision(Base):
    """What the promise said from `recorded_at` on; the newest row holds. Standings read these, not Booking."""

    __tablename__ = "booking_revision"
    __table_args__ = (Index("ix_booking_revision_booking", "booking_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class PromisedPupils(Base):
    """How many of one year group a revision promises."""

    __tablename__ = "promised_pupils"
    __table_args__ = (CheckConstraint("pupils >= 0", name="pupils"),)

    revision_id: Mapped[int] = mapped_column(ForeignKey("booking_revision.id"), primary_key=True)
    year_group: Mapped[int] = mapped_column(primary_key=True)
    pupils: Mapped[int]


SCHOOL, COMPANY, COORDINATOR, HOST_SCHOOL = "school", "company", "coordinator", "host"


class Cancellation(Base):
    """Why, when and by whom a booking ended."""

    __tablename__ = "cancellation"
    __table_args__ = (
        CheckConstraint("cancelled_by IN ('school', 'company', 'coordinator', 'host')", name="by"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    cancelled_by: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)


class BookingContact(Base):
    """Somebody at the school who has this booking in the calendar; `duty` says what for."""

    __tablename__ = "booking_contact"
    __table_args__ = (
        Index("uq_booking_contact", "booking_id", "address", unique=True, postgresql_where=text("removed_at IS NULL"),
              sqlite_where=text("removed_at IS NULL")),
        CheckConstraint("duty IN ('safeguarding lead', 'on the day', 'colleague')", name="duty"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    name: Mapped[str] = mapped_column(Text)
    duty: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text, default="")
    added_at: Mapped[datetime] = mapped_column(Instant)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)


class Draft(Base):
    """What a school typed and has not booked yet, for one programme; nothing typed is lost with a slot."""

    __tablename__ = "draft"

    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"), primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), primary_key=True)
    typed: Mapped[Any] = mapped_column(JSON)
    saved_at: Mapped[datetime] = mapped_column(Instant)
