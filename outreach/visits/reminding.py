"""Reminder of a report that is missing: once to a school, after the show, on a school day, and never of a
cancelled one."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, and_, select, text
from sqlalchemy.orm import Mapped, contains_eager, mapped_column

from outreach.asking.chasing import settings
from outreach.asking.chasing.settings import Schedule
from outreach.booking import promises, told
from outreach.booking.colleagues import LEAD
from outreach.booking.promises import Booking, VisitContact
from outreach.county import partnerships, school_days
from outreach.county.schools import School
from outreach.ground import history
from outreach.ground.db import Base, Instant, db
from outreach.ground.timespans import day_of, wall
from outreach.post import letterbook, letters, outbox, stationery
from outreach.post.letterbook import LetterGone
from outreach.post.outbox import WAITING, Letter
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits import unreported

THE_SERVICE = "the service itself"
LATEST = timedelta(weeks=6)
"""Of an older show nobody is reminded by itself: the link in the letter would end in a week."""


class ReportReminder(Base):
    """One letter that asked one person for one report; `address` in small letters.

    `withdrawn_at`: it was taken back before it went, since the report came or the booking ended.
    """

    __tablename__ = "report_reminder"
    __table_args__ = (
        Index(
            "uq_report_reminder_person",
            "booking_id",
            "address",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
            sqlite_where=text("withdrawn_at IS NULL"),
        ),
        CheckConstraint("address = lower(address)", name="address"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    address: Mapped[str] = mapped_column(Text)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), unique=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One report that is asked for, and of whom."""

    booking: Booking
    school: School
    person: VisitContact


def due(programme: Programme, *, now: datetime, booking_id: int | None = None) -> list[Missing]:
    """Whom the day's run would ask for a report now, the oldest show first; a constant number of queries.

    The safeguarding lead of the booking, else whoever was named first and can be reached. None while it is
    switched off.
    """
    plan, today = settings.schedule_of_programme(programme.id), day_of(now)
    if not plan.reports_on:
        return []
    since = wall(today - timedelta(days=plan.report_after_days - 1), time(0))
    asked = select(ReportReminder.booking_id).where(ReportReminder.withdrawn_at.is_(None))
    query = (
        select(Booking, School)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(School, School.urn == Booking.urn)
        .options(contains_eager(Booking.performance))
        .where(
            Booking.programme_id == programme.id,
            Booking.ended_at.is_(None),
            Booking.id.not_in(asked),
            Performance.ends_at < since,
            Performance.ends_at > now - LATEST,
            unreported.condition(),
        )
        .order_by(Performance.ends_at, Booking.id)
    )
    if booking_id is not None:
        query = query.where(Booking.id == booking_id)
    rows = [(booking, school) for booking, school in db.session.execute(query) if school.is_open]
    calendars = school_days.load({school.urn for _, school in rows})
    people = whom_to_ask([booking.id for booking, _ in rows])
    return [
        Missing(booking=booking, school=school, person=people[booking.id])
        for booking, school in rows
        if booking.id in people and not calendars[school.urn].why_closed(today)
    ]


def comes_on(booking: Booking, plan: Schedule, *, now: datetime) -> date | None:
    """The day on which the school is asked for its report if none has come: a school day; None while that is
    switched off. `plan`: what is settled for the programme."""
    if not plan.reports_on:
        return None
    since = day_of(booking.performance.ends_at) + timedelta(days=plan.report_after_days)
    return booking.school_days().next_school_day(max(since, day_of(now)))


def send_due(programme: Programme, booking_id: int, *, now: datetime) -> bool:
    """Ask for one report if that is due now; whether a letter was written. In the caller's transaction."""
    db.session.execute(select(Booking.id).where(Booking.id == booking_id).with_for_update(key_share=True))
    for missing in due(programme, now=now, booking_id=booking_id):
        booking, to = missing.booking, missing.person
        letter = letters.report_missing(
            told.visit_of(booking),
            stationery.Addressee(address=to.address, name=to.name, role=to.role),
            told.sender_of(partnerships.get(programme.partnership_id)),
            now=now,
            expires_at=told.expiry(booking),
        )
        db.session.add(
            ReportReminder(
                booking_id=booking.id, address=to.address.lower(), letter_id=letter.id, recorded_at=now
            )
        )
        history.record("asked for a report", booking, who=THE_SERVICE, now=now, after={"address": to.address})
        db.session.flush()
        return True
    return False


def withdraw_one(*, now: datetime) -> bool:
    """Take back what still waits though the report came, the booking ended or the school is not in today;
    whether any was.

    Where the report is still missing, it is asked for again on the next school day.
    """
    rows = db.session.execute(
        select(ReportReminder, Letter, Booking.urn, and_(Booking.ended_at.is_(None), unreported.condition()))
        .join(Letter, Letter.id == ReportReminder.letter_id)
        .join(Booking, Booking.id == ReportReminder.booking_id)
        .join(Performance, Performance.id == Booking.performance_id)
        .where(Letter.status == WAITING, Letter.lease_until.is_(None), ReportReminder.withdrawn_at.is_(None))
        .order_by(ReportReminder.id)
    ).all()
    calendars, done = school_days.load({urn for _, _, urn, _ in rows}), False
    for reminder, letter, urn, missing in rows:
        if missing and not calendars[urn].why_closed(day_of(now)):
            continue
        try:
            letterbook.withdraw(letter, who=THE_SERVICE, now=now)
        except LetterGone:
            continue
        reminder.withdrawn_at = now
        done = True
    db.session.flush()
    return done


def whom_to_ask(booking_ids: list[int]) -> dict[int, VisitContact]:
    """Whom to ask about each booking after its show, the safeguarding lead, else whoever was named first and can be
    reached; one query, and one for dead addresses."""
    named = promises.people_of_each(booking_ids)
    dead = {a.lower() for a in outbox.dead_addresses(p.address for people in named.values() for p in people)}
    found: dict[int, VisitContact] = {}
    for booking_id, people in named.items():
        alive = [person for person in people if person.address.lower() not in dead]
        if alive:
            found[booking_id] = next((person for person in alive if person.duty == LEAD), alive[0])
    return found
