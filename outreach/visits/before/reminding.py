"""Reminders before a visit: a week and a school day before the show, once each, on school days of the school; never of
a show that was cancelled, has moved away or is past."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, contains_eager, mapped_column

from outreach.asking.chasing import settings
from outreach.asking.chasing.settings import Schedule
from outreach.booking import promises, told
from outreach.booking.promises import Booking, VisitContact
from outreach.county import partnerships, school_days
from outreach.county.school_days import SchoolCalendar
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground import whose as knows_whose
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.timespans import day_of
from outreach.post import before_visit, letterbook, outbox
from outreach.post.letterbook import LetterGone
from outreach.post.outbox import BOUNCED, FAILED, WAITING, Letter
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits import stopping
from outreach.visits.before import sheets, texts
from outreach.visits.before.texts import DAY, WEEK
from outreach.visits.reminding import THE_SERVICE

A_WEEK = timedelta(days=7)
FARTHEST = timedelta(days=7 + school_days.FARTHEST)
"""No reminder goes sooner than that before a show, whatever the holidays."""


class VisitReminder(Base):
    """One letter that reminded one person of one show; `address` in small letters.

    `kind`: a week or a school day before, or the wave (outcomes) that was open after it; `show_day`: the day of the
    show of which it told, and `starts_at` its time. `withdrawn_at`: it was taken back before it went. Its stop link
    opens by the hash of its token alone.
    """

    __tablename__ = "visit_reminder"
    __table_args__ = (
        Index(
            "uq_visit_reminder_once",
            "booking_id",
            "kind",
            "show_day",
            "address",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
            sqlite_where=text("withdrawn_at IS NULL"),
        ),
        UniqueConstraint("letter_id"),
        UniqueConstraint("stop_hash"),
        CheckConstraint("kind IN ('week', 'day', 'after', 'later')", name="kind"),
        CheckConstraint("address = lower(address)", name="address"),
        key_within_partnership("booking_id", "booking"),
        key_within_partnership("letter_id", "letter"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(index=True)
    booking_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    show_day: Mapped[date]
    starts_at: Mapped[datetime] = mapped_column(Instant)
    address: Mapped[str] = mapped_column(Text)
    letter_id: Mapped[int]
    stop_hash: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class ReminderDays:
    """From when on the first reminder of a show goes, and the day of the second; the same where no school day lies
    between, and then the second goes alone."""

    week: date
    day: date

    def due(self, today: date) -> str:
        """Which is due on a day before the show, WEEK or DAY; '' before either. What a round missed goes with the
        next, and who booked late gets the first the next morning: the letter for families comes with it."""
        if today >= self.day:
            return DAY
        return WEEK if today >= self.week else ""


@dataclass(frozen=True, kw_only=True)
class DueReminder:
    """One show of which a school is to be reminded now, and all who are named for it and can be reached."""

    booking: Booking
    organisation: Organisation
    kind: str
    calendar: SchoolCalendar
    people: list[VisitContact]


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written to a school about one show: on which days, and to which addresses it could not be delivered."""

    days: tuple[date, ...]
    not_reached: tuple[str, ...]


def days_before(show_day: date, calendar: SchoolCalendar) -> ReminderDays:
    """Both are school days of the school. Pure."""
    return ReminderDays(
        week=calendar.last_school_day(show_day - A_WEEK),
        day=calendar.last_school_day(show_day - timedelta(days=1)),
    )


def due(programme: Programme, *, now: datetime, booking_id: int | None = None) -> list[DueReminder]:
    """What the day's round would write now, the next show first; a constant number of queries. None while it is
    switched off."""
    if not settings.schedule_of_programme(programme.id).visits_on:
        return []
    today = day_of(now)
    query = (
        select(Booking, Organisation)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(Organisation, Organisation.organisation_id == Booking.organisation_id)
        .options(contains_eager(Booking.performance))
        .where(
            Booking.programme_id == programme.id,
            Booking.ended_at.is_(None),
            promises.of_somebody(),
            Performance.starts_at > now,
            Performance.starts_at < now + FARTHEST,
        )
        .order_by(Performance.starts_at, Booking.id)
        .execution_options(populate_existing=True)
    )
    if booking_id is not None:
        query = query.where(Booking.id == booking_id)
    no_more = stopping.organisation_ids_stopped([programme.id])
    rows = [
        (booking, organisation, day_of(booking.performance.starts_at))
        for booking, organisation in db.session.execute(query)
        if organisation.is_open and (programme.id, organisation.organisation_id) not in no_more
    ]
    rows = [row for row in rows if row[2] > today]
    calendars = school_days.load({organisation.organisation_id for _, organisation, _ in rows})
    kinds = {
        b.id: days_before(day, calendars[organisation.organisation_id]).due(today)
        for b, organisation, day in rows
    }
    rows = [
        row for row in rows if kinds[row[0].id] and not calendars[row[1].organisation_id].why_closed(today)
    ]
    written, people = (
        reminded_already([b.id for b, _, _ in rows]),
        who_can_be_reached([b.id for b, _, _ in rows]),
    )
    return [
        DueReminder(
            booking=booking,
            organisation=organisation,
            kind=kinds[booking.id],
            calendar=calendars[organisation.organisation_id],
            people=people[booking.id],
        )
        for booking, organisation, day in rows
        if booking.id in people and (booking.id, kinds[booking.id], day) not in written
    ]


def send_due(programme: Programme, booking_id: int, *, now: datetime) -> bool:
    """Remind of one show if that is due now, one letter to each who is named; whether any was written. In the caller's
    transaction."""
    db.session.execute(select(Booking.id).where(Booking.id == booking_id).with_for_update(key_share=True))
    for reminder in due(programme, now=now, booking_id=booking_id):
        booking = reminder.booking
        visit = told.visit_of(booking)
        words = sheets.before_visit(
            booking,
            reminder.kind,
            texts.of_programme(programme),
            reminder.calendar,
            promises.people_of(booking),
            now=now,
        )
        sender = told.sender_of(partnerships.get(programme.partnership_id))
        for person in reminder.people:
            token = secrets.token_urlsafe(24)
            letter = before_visit.before_visit(
                words,
                visit,
                person.addressee(),
                sender,
                stop_token=token,
                now=now,
                expires_at=told.expiry(booking),
            )
            note(booking, reminder.kind, person, letter, stop_token=token, now=now)
        history.record(
            "reminded of the visit", booking, who=THE_SERVICE, now=now, after=texts.NAMES[reminder.kind]
        )
        db.session.flush()
        return True
    return False


def note(
    booking: Booking, kind: str, person: VisitContact, letter: Letter, *, stop_token: str, now: datetime
) -> None:
    """That a letter of that kind goes to somebody, so that it goes once."""
    db.session.add(
        VisitReminder(
            partnership_id=booking.partnership_id,
            booking_id=booking.id,
            kind=kind,
            show_day=day_of(booking.performance.starts_at),
            starts_at=booking.performance.starts_at,
            address=person.address.lower(),
            letter_id=letter.id,
            stop_hash=_hash_of(stop_token),
            recorded_at=now,
        )
    )


def withdraw_one(*, now: datetime) -> bool:
    """Take back what still waits though the show was cancelled, has moved or begun, the school wants no reminders or
    is not in today; whether any was. Where there is still reason, it is written anew on the next school day."""
    rows = db.session.execute(
        select(VisitReminder, Letter, Booking, Performance.starts_at)
        .join(Letter, Letter.id == VisitReminder.letter_id)
        .join(Booking, Booking.id == VisitReminder.booking_id)
        .join(Performance, Performance.id == Booking.performance_id)
        .where(Letter.status == WAITING, Letter.lease_until.is_(None), VisitReminder.withdrawn_at.is_(None))
        .where(VisitReminder.kind.in_((WEEK, DAY)))
        .order_by(VisitReminder.id)
    ).all()
    if not rows:
        return False
    calendars, done = school_days.load({booking.organisation_id for _, _, booking, _ in rows}), False
    no_more = stopping.organisation_ids_stopped({booking.programme_id for _, _, booking, _ in rows})
    for reminder, letter, booking, starts_at in rows:
        stands = booking.ended_at is None and starts_at == reminder.starts_at and starts_at > now
        wanted = (booking.programme_id, booking.organisation_id) not in no_more
        if stands and wanted and not calendars[booking.organisation_id].why_closed(day_of(now)):
            continue
        try:
            letterbook.withdraw(letter, who=THE_SERVICE, now=now)
        except LetterGone:
            continue
        reminder.withdrawn_at = now
        done = True
    db.session.flush()
    return done


def days_to_come(booking: Booking, plan: Schedule, *, now: datetime) -> list[date]:
    """The days on which the school is still reminded of a show, as a round of six in the morning finds them; [] while
    that is switched off, or the school wants none. `plan`: what is settled for the programme."""
    show_day, today = day_of(booking.performance.starts_at), day_of(now)
    if booking.is_over(now) or booking.programme.closed_at is not None or not booking.organisation.is_open:
        return []
    if not plan.visits_on or stopping.stopped(booking.programme_id, booking.organisation_id):
        return []
    calendar = booking.school_days()
    days = days_before(show_day, calendar)
    written = {kind for _, kind, day in reminded_already([booking.id]) if day == show_day}
    tomorrow = today + timedelta(days=1)
    found = []
    week = calendar.next_school_day(max(days.week, tomorrow))
    if WEEK not in written and week < days.day:
        found.append(week)
    if DAY not in written and days.day >= tomorrow:
        found.append(days.day)
    return found


def written_about(booking: Booking) -> Written:
    """All reminders of a booking that were not taken back; one query."""
    rows = db.session.execute(
        select(VisitReminder.recorded_at, VisitReminder.address, Letter.status)
        .join(Letter, Letter.id == VisitReminder.letter_id)
        .where(VisitReminder.booking_id == booking.id, VisitReminder.withdrawn_at.is_(None))
        .order_by(VisitReminder.id)
    ).all()
    return Written(
        days=tuple(dict.fromkeys(day_of(at) for at, _, _ in rows)),
        not_reached=tuple(
            dict.fromkeys(address for _, address, status in rows if status in (FAILED, BOUNCED))
        ),
    )


def whose(stop_token: str) -> Booking | None:
    """The booking of a letter's stop link; None for a token that never was."""
    knows_whose.bind_to("visit reminder", _hash_of(stop_token))
    return db.session.scalar(
        select(Booking)
        .join(VisitReminder, VisitReminder.booking_id == Booking.id)
        .where(VisitReminder.stop_hash == _hash_of(stop_token))
    )


def reminded_already(booking_ids: Iterable[int]) -> set[tuple[int, str, date]]:
    """(booking, kind, day of the show) of each reminder that stands; one query."""
    rows = db.session.execute(
        select(VisitReminder.booking_id, VisitReminder.kind, VisitReminder.show_day)
        .where(VisitReminder.booking_id.in_(list(booking_ids)), VisitReminder.withdrawn_at.is_(None))
        .distinct()
    )
    return {(booking_id, kind, day) for booking_id, kind, day in rows}


def who_can_be_reached(booking_ids: list[int]) -> dict[int, list[VisitContact]]:
    """Who is named for each booking and can be reached: one query, and one for dead addresses."""
    named = promises.people_of_each(booking_ids)
    dead = {a.lower() for a in outbox.dead_addresses(p.address for people in named.values() for p in people)}
    alive = {
        booking_id: [person for person in people if person.address.lower() not in dead]
        for booking_id, people in named.items()
    }
    return {booking_id: people for booking_id, people in alive.items() if people}


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
