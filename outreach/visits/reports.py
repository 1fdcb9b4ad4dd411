"""What truly happened: each side's own report, and the coordinator's word where they differ. Numbers only."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant

SCHOOL, COMPANY, SETTLED = "school", "company", "settled"


class VisitReport(Base):
    """One side's word on a show; the newest row of a side holds.

    side 'school': about one booking. side 'company': about the whole performance (booking_id None),
    its head count is of the whole show. side 'settled': the coordinator's word on one booking,
    which stands over both. `pupils` is the total where no split by year group was given.
    `concerns` is the school's alone: how many were raised.
    """

    __tablename__ = "visit_report"
    __table_args__ = (
        Index("ix_visit_report_performance", "performance_id", "id"),
        Index("ix_visit_report_booking", "booking_id", "id"),
        CheckConstraint("side IN ('school', 'company', 'settled')", name="side"),
        CheckConstraint("(side = 'company') = (booking_id IS NULL)", name="about"),
        CheckConstraint("took_place OR why_not <> ''", name="why"),
        CheckConstraint("pupils IS NULL OR pupils >= 0", name="pupils"),
        CheckConstraint("concerns IS NULL OR side = 'school'", name="concerns"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    performance_id: Mapped[int] = mapped_column(ForeignKey("performance.id"))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"))
    side: Mapped[str] = mapped_column(Text)
    took_place: Mapped[bool]
    why_not: Mapped[str] = mapped_column(Text, default="")
    pupils: Mapped[int | None]
    staff: Mapped[int | None]
    safeguarding_lead_present: Mapped[bool | None]
    follow_up_lesson: Mapped[bool | None]
    concerns: Mapped[int | None]
    concerns_handed_on: Mapped[bool | None]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class ReportedPupils(Base):
    """How many of one year group a report counted."""

    __tablename__ = "reported_pupils"
    __table_args__ = (CheckConstraint("pupils >= 0", name="pupils"),)

    report_id: Mapped[int] = mapped_column(ForeignKey("visit_report.id"), primary_key=True)
    year_group: Mapped[int] = mapped_column(primary_key=True)
    pupils: Mapped[int]
