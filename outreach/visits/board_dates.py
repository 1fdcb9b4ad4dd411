"""Dates of reports to the board, as its members have them in their calendars.

Those calendars hold nothing else: no school, no show, no number.
"""

import uuid
from datetime import date, datetime, time, timedelta

from sqlalchemy import ForeignKey, Index, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.county import partnerships
from outreach.ground import history
from outreach.ground.db import Base, Instant, OfPartnership, db
from outreach.ground.errors import Refusal
from outreach.ground.school_year import year_name
from outreach.ground.timespans import day_of, wall
from outreach.ground.wording import day_short
from outreach.post.calendars import Appointment
from outreach.post.feeds import entries
from outreach.post.feeds.entries import BOARD, Entry
from outreach.tour.programmes import Programme


class BoardDate(Base, OfPartnership):
    """A day on which the board gets a report: of one programme, or of all the partnership does."""

    __tablename__ = "board_date"
    in_history = ("report date", "id")
    __table_args__ = (Index("ix_board_date_day", "partnership_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programme.id"))
    day: Mapped[date]
    title: Mapped[str] = mapped_column(Text)
    uid: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    programme: Mapped[Programme | None] = relationship()


class DayIsPast(Refusal):
    field = "day"

    def __init__(self) -> None:
        super().__init__("That day is past. Enter today or a day to come.")


class DayTooFarAhead(Refusal):
    field = "day"

    def __init__(self) -> None:
        super().__init__("That day is more than three years ahead. Check the year.")


class DateTwice(Refusal):
    field = "title"


class NoSuchDate(Refusal):
    """There is none, it was removed, or it is another partnership's."""


def add(
    partnership_id: int, title: str, day: date, *, programme: Programme | None, who: str, now: datetime
) -> BoardDate:
    """A report on that day, in the board's calendars. Raises DayIsPast, DayTooFarAhead, DateTwice."""
    if day < day_of(now):
        raise DayIsPast
    if day > day_of(now) + timedelta(days=3 * 366):
        raise DayTooFarAhead
    partnerships.lock(partnership_id)
    if any(d.day == day and d.title == title for d in coming(partnership_id, today=day_of(now))):
        raise DateTwice(f"‘{title}’ on {day_short(day)} is in the list already.")
    made = BoardDate(
        partnership_id=partnership_id,
        programme_id=programme.id if programme else None,
        day=day,
        title=title,
        uid=str(uuid.uuid4()),
        created_at=now,
    )
    db.session.add(made)
    db.session.flush()
    history.record("added", made, who=who, now=now, after=f"{day.isoformat()} {title}")
    show(made, now=now)
    return made


def end(of: BoardDate, *, who: str, now: datetime) -> None:
    """No report on that day after all; the calendars show it as cancelled. Removed already: nothing
    happens."""
    if of.ended_at is None:
        of.ended_at = now
        db.session.flush()
        history.record("removed", of, who=who, now=now, before=f"{of.day.isoformat()} {of.title}")
        show(of, now=now)


def show(of: BoardDate, *, now: datetime) -> int:
    """Put a date into the board's calendars as it stands; 0 when they say so already, else 1."""
    partnerships.lock(of.partnership_id)
    db.session.refresh(of)
    about = f"‘{of.programme.title}’, {year_name(of.programme.academic_year)}" if of.programme else ""
    appointment = Appointment(
        uid=of.uid,
        sequence=0 if of.ended_at is None else 1,
        dtstamp=now,
        created_at=of.created_at,
        starts_at=wall(of.day, time()),
        ends_at=wall(of.day + timedelta(days=1), time()),
        summary=of.title,
        description=about,
        location="",
        url="",
        organizer_name="",
        organizer_address="",
        attendees=(),
    )
    entry = Entry(
        kind=BOARD,
        subject=of.partnership_id,
        appointment=appointment,
        cancelled_at=of.ended_at,
        all_day=True,
    )
    return entries.put([entry], now=now)


def get(partnership_id: int, date_id: int) -> BoardDate:
    """Raises NoSuchDate."""
    found = db.session.get(BoardDate, date_id)
    if found is None or found.partnership_id != partnership_id or found.ended_at is not None:
        raise NoSuchDate("There is no such date here.")
    return found


def was_of(partnership_id: int, date_id: int) -> bool:
    """Whether a date is, or was before it was removed, a partnership's."""
    found = db.session.get(BoardDate, date_id) if date_id < 2**31 else None
    return found is not None and found.partnership_id == partnership_id


def coming(partnership_id: int, *, today: date) -> list[BoardDate]:
    """The dates from today on that stand, by day."""
    return list(
        db.session.scalars(
            select(BoardDate)
            .where(
                BoardDate.partnership_id == partnership_id,
                BoardDate.ended_at.is_(None),
                BoardDate.day >= today,
            )
            .order_by(BoardDate.day, BoardDate.id)
        )
    )


def every() -> list[int]:
    """The ids of all dates, removed ones too."""
    return list(db.session.scalars(select(BoardDate.id).order_by(BoardDate.id)))
