"""Tables of call-offs, dated, with every promise that each ended; so that it is done once, and its days can
be given back."""

from collections.abc import Collection
from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, Text, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from outreach.booking.promises import COMPANY, Booking, Cancellation
from outreach.booking.proposals import Proposal
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation
from outreach.ground.db import Base, Instant, db, made_once, plain_rows
from outreach.ground.errors import NoSuch
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance

DAY, MORNING, AFTERNOON = "day", "morning", "afternoon"


class CallOffDay(Base):
    """A tour day that was changed, as it stood before."""

    __tablename__ = "call_off_day"

    call_off_id: Mapped[int] = mapped_column(ForeignKey("call_off.id"), primary_key=True)
    tour_day_id: Mapped[int] = mapped_column(ForeignKey("tour_day.id"), primary_key=True)
    leaves: Mapped[time]
    returns: Mapped[time]
    shows_at_most: Mapped[int]

    tour_day: Mapped[TourDay] = relationship()


class CallOffSchoolDay(Base):
    """A day that was put down as no school day of one school."""

    __tablename__ = "call_off_school_day"

    call_off_id: Mapped[int] = mapped_column(ForeignKey("call_off.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)

    organisation: Mapped[Organisation] = relationship()


class CallOff(Base):
    """Either a troupe that cannot play, or schools (`schools_of`: a district's code, '' for every school)
    that nobody can visit. `key` is the form's own, so that a form sent twice calls off once."""

    __tablename__ = "call_off"
    __table_args__ = (
        CheckConstraint("(troupe_id IS NULL) <> (schools_of IS NULL)", name="whom"),
        CheckConstraint("first <= last", name="span"),
        CheckConstraint("part IN ('day', 'morning', 'afternoon')", name="part"),
        CheckConstraint("reason <> ''", name="reason"),
        Index("ix_call_off_partnership", "partnership_id", "recorded_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"))
    troupe_id: Mapped[int | None] = mapped_column(ForeignKey("troupe.id"))
    schools_of: Mapped[str | None] = mapped_column(Text)
    first: Mapped[date]
    last: Mapped[date]
    part: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text, unique=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by: Mapped[str] = mapped_column(Text, default="")

    partnership: Mapped[Partnership] = relationship()
    troupe: Mapped[Troupe | None] = relationship()
    days: Mapped[list[CallOffDay]] = relationship()
    ruled_out: Mapped[list[CallOffSchoolDay]] = relationship(
        order_by=(CallOffSchoolDay.organisation_id, CallOffSchoolDay.day)
    )

    @property
    def day_ids(self) -> set[int]:
        """The tour days that were changed."""
        return {was.tour_day_id for was in self.days}


class CallOffLine(Base):
    """One booking, or one time that was kept, that ended with it: no other call-off can end it again.

    `new_proposal`: the time that is kept for the school instead; `why_none`: why there is none. `to_ring`:
    its show was less than a day away, so somebody must ring; `rung_at`: somebody has.
    """

    __tablename__ = "call_off_line"
    __table_args__ = (
        CheckConstraint("(booking_id IS NULL) <> (proposal_id IS NULL)", name="one"),
        Index("ix_call_off_line_call_off", "call_off_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_off_id: Mapped[int] = mapped_column(ForeignKey("call_off.id"))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), unique=True)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposal.id"), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    new_proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposal.id"), unique=True)
    why_none: Mapped[str] = mapped_column(Text, default="")
    to_ring: Mapped[bool] = mapped_column(default=False)
    rung_at: Mapped[datetime | None] = mapped_column(Instant)
    rung_by: Mapped[str] = mapped_column(Text, default="")

    call_off: Mapped[CallOff] = relationship()
    booking: Mapped[Booking | None] = relationship()
    proposal: Mapped[Proposal | None] = relationship(foreign_keys=[proposal_id])
    new_proposal: Mapped[Proposal | None] = relationship(foreign_keys=[new_proposal_id])
    organisation: Mapped[Organisation] = relationship()


class NoSuchCallOff(NoSuch):
    def __init__(self) -> None:
        super().__init__("Nothing of that kind was called off.")


def get(partnership_id: int, call_off_id: int) -> CallOff:
    """This partnership's. Raises NoSuchCallOff."""
    found = db.session.get(CallOff, call_off_id)
    if found is None or found.partnership_id != partnership_id:
        raise NoSuchCallOff
    return found


def of_key(partnership_id: int, key: str) -> CallOff | None:
    """What a form has called off already; None the first time."""
    return db.session.scalar(
        select(CallOff).where(CallOff.partnership_id == partnership_id, CallOff.key == key)
    )


def newest(partnership_id: int, at_most: int = 20, *, troupe_id: int | None = None) -> list[CallOff]:
    """What was called off lately, the newest first; `troupe_id`: of that troupe alone."""
    whose = [CallOff.troupe_id == troupe_id] if troupe_id is not None else []
    return list(
        db.session.scalars(
            select(CallOff)
            .where(CallOff.partnership_id == partnership_id, *whose)
            .order_by(CallOff.recorded_at.desc(), CallOff.id.desc())
            .limit(at_most)
        )
    )


def fallen_days(programme_id: int, organisation_id: int) -> set[int]:
    """The tour days on which the company called a show of this school off, so that none of them is offered in
    its place; those of a call-off that was undone are not among them. One query."""
    return fallen_days_of_organisations(programme_id, [organisation_id])[organisation_id]


def fallen_days_of_organisations(programme_id: int, organisation_ids: Collection[int]) -> dict[int, set[int]]:
    """The same of many schools, by URN; one query however many."""
    rows = db.session.execute(
        select(Booking.organisation_id, Performance.tour_day_id)
        .join(Booking, Booking.performance_id == Performance.id)
        .join(Cancellation, Cancellation.booking_id == Booking.id)
        .outerjoin(CallOffLine, CallOffLine.booking_id == Booking.id)
        .outerjoin(CallOff, CallOff.id == CallOffLine.call_off_id)
        .where(
            Booking.programme_id == programme_id,
            Booking.organisation_id.in_(organisation_ids),
            Cancellation.cancelled_by == COMPANY,
            CallOff.undone_at.is_(None),
        )
        .order_by(Booking.organisation_id, Performance.tour_day_id)
    )
    fallen: dict[int, set[int]] = {organisation_id: set() for organisation_id in organisation_ids}
    for organisation_id, tour_day_id in rows:
        fallen[organisation_id].add(tour_day_id)
    return fallen


def lines(call_off: CallOff) -> list[CallOffLine]:
    """All that it ended, by start, each with its school and what is kept instead; one query."""
    return list(
        db.session.scalars(
            select(CallOffLine)
            .where(CallOffLine.call_off_id == call_off.id)
            .options(
                joinedload(CallOffLine.organisation),
                joinedload(CallOffLine.booking).joinedload(Booking.performance),
                joinedload(CallOffLine.proposal),
                joinedload(CallOffLine.new_proposal),
            )
            .order_by(CallOffLine.starts_at, CallOffLine.id)
        )
    )


def rung(line: CallOffLine, *, done: bool, who: str, now: datetime) -> None:
    """Somebody has rung the school; or has not, after all."""
    line.rung_at, line.rung_by = (now, who) if done else (None, "")
    db.session.flush()


def shows_called_off(programme_id: int) -> list[tuple[datetime, str]]:
    """(when it would have begun, why it did not) of each booking that was called off, in order: what ended stays
    ended, though the days were given back."""
    return [(starts_at, reason) for starts_at, reason in plain_rows(*_called_off(programme_id))]


@made_once
def _called_off(programme_id: int) -> Select[datetime, str]:
    return (
        select(CallOffLine.starts_at, CallOff.reason)
        .join(CallOff, CallOff.id == CallOffLine.call_off_id)
        .join(Booking, Booking.id == CallOffLine.booking_id)
        .where(Booking.programme_id == programme_id)
        .order_by(CallOffLine.starts_at, CallOffLine.id)
    )
