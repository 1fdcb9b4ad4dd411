"""Tour days: a date and hours that a troupe gives to a programme."""

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.ground.db import Base
from outreach.tour.companies import Troupe
from outreach.tour.programmes import Programme


class TourDay(Base):
    """`leaves` the base and is back at it by `returns` (wall clock). Its row is the lock that claims queue at."""

    __tablename__ = "tour_day"
    __table_args__ = (
        UniqueConstraint("troupe_id", "day"),
        CheckConstraint("leaves < returns", name="hours"),
        CheckConstraint("shows_at_most > 0", name="shows"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    troupe_id: Mapped[int] = mapped_column(ForeignKey("troupe.id"))
    day: Mapped[date]
    leaves: Mapped[time]
    returns: Mapped[time]
    shows_at_most: Mapped[int]

    troupe: Mapped[Troupe] = relationship()
    programme: Mapped[Programme] = relationship()
