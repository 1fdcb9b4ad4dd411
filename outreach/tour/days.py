"""Tour days: a date and hours that a troupe gives to a programme."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.ground.db import Base, Instant, db
from outreach.tour.companies import Company, Troupe
from outreach.tour.programmes import Programme


class TourDay(Base):
    """`leaves` the base and is back at it by `returns` (wall clock). Its row is the lock that claims queue at.

    `ended_at`: the troupe took the day back; the row stays for the shows that once stood on it.
    """

    __tablename__ = "tour_day"
    __table_args__ = (
        Index("uq_tour_day_troupe_id_day", "troupe_id", "day", unique=True,
              postgresql_where=text("ended_at IS NULL"), sqlite_where=text("ended_at IS NULL")),
        CheckConstraint("leaves < returns", name="hours"),
        CheckConstraint("shows_at_most > 0", name="shows"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    troupe_id: Mapped[int] = mapped_column(ForeignKey("troupe.id"))
    day: Mapped[date]
    leaves: Mapped[time]
    returns: Mapped[time]
    shows_at_most: Mapped[int]
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    troupe: Mapped[Troupe] = relationship()
    programme: Mapped[Programme] = relationship()


def company_names(programme_id: int) -> tuple[str, ...]:
    """The companies whose troupes give days to a programme, by name."""
    return tuple(
        db.session.scalars(
            select(Company.name)
            .join(Troupe, Troupe.company_id == Company.id)
            .join(TourDay, TourDay.troupe_id == Troupe.id)
            .where(TourDay.programme_id == programme_id, TourDay.ended_at.is_(None))
            .distinct()
            .order_by(Company.name)
        )
    )
