"""Sendings of a report: by the key of the form that was filled in, so that one that is sent twice is put down once."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.booking.promises import Booking
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import SentAlready
from outreach.ground.wording import date_and_time
from outreach.visits import reports
from outreach.visits.reports import VisitReport


class ReportSending(Base):
    """A form that came in, and the report that stands for it: the one that it made, or an older one that said the
    same. `key` is the form's own; `said` is a digest of all that stood in it.

    A report has several where two phones said the same. Rows are only added.
    """

    __tablename__ = "report_sending"
    __table_args__ = (
        CheckConstraint("length(key) BETWEEN 1 AND 64", name="key"),
        CheckConstraint("length(said) = 64", name="said"),
    )

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("visit_report.id"), index=True)
    said: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)

    report: Mapped[VisitReport] = relationship()


class SentBefore(SentAlready):
    """The form was sent already, and said something else, or was about another show."""

    def __init__(self, sent_at: datetime | None = None) -> None:
        at = f", on {date_and_time(sent_at)}" if sent_at else ""
        super().__init__(
            f"This form was sent already{at}, with other answers. Nothing is changed: press again to put these "
            "in their place."
        )


def sent_already(booking: Booking, key: str, said: str) -> ReportSending | None:
    """What this form has put down already, None the first time. Whoever sends another of the same show waits until
    this transaction ends. Raises SentBefore."""
    reports.one_at_a_time(booking)
    found = db.session.get(ReportSending, key)
    if found is None:
        return None
    if found.said != said or found.report.performance_id != booking.performance_id:
        raise SentBefore(found.recorded_at)
    return found


def note(report: VisitReport, key: str, said: str, *, now: datetime) -> ReportSending:
    """This form was sent, and the report stands for it. Raises SentBefore where it came in for another show at the
    same moment."""
    row = ReportSending(key=key, report_id=report.id, said=said, recorded_at=now)
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        raise SentBefore from None
    return row
