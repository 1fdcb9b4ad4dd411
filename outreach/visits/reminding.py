"""Requests for a school's report: on the evening of the show, and once more on a later school day while it is missing;
never of a cancelled one."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Text, and_, case, select, text
from sqlalchemy.orm import Mapped, contains_eager, mapped_column

from outreach.asking.chasing import settings
from outreach.asking.chasing.settings import Schedule
from outreach.booking import promises, told
from outreach.booking.colleagues import LEAD, ON_THE_DAY
from outreach.booking.promises import Booking, VisitContact
from outreach.county import partnerships, school_days
from outreach.county.schools import Organisation
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
EVENING, MISSING = "evening", "missing"
FROM = time(17)
"""When the evening begins on which a school is asked how it went."""

LATE = timedelta(days=1)
"""An evening's request that could not go for longer goes no more: the one that a report is missing comes instead."""

LATEST = timedelta(weeks=6)
"""Of an older show nobody is reminded by itself: the link in the letter would end in a week."""


class ReportReminder(Base):
    """One letter that asked one person for one report; `address` in small letters. `nth`: EVENING of the show, or
    later, as it was MISSING.

    `withdrawn_at`: it was taken back before it went, since the report came or the booking ended.
    """

    __tablename__ = "report_reminder"
    __table_args__ = (
        Index(
            "uq_report_reminder_person",
            "booking_id",
            "address",
            "nth",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
            sqlite_where=text("withdrawn_at IS NULL"),
        ),
        CheckConstraint("address = lower(address)", name="address"),
        CheckConstraint("nth IN ('evening', 'missing')", name="nth"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    address: Mapped[str] = mapped_column(Text)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), unique=True)
    nth: Mapped[str] = mapped_column(Text, default=MISSING, server_default=MISSING)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One report that is asked for, and of whom."""

    booking: Booking
    organisation: Organisation
    person: VisitContact
    nth: str = MISSING


def due(programme: Programme, *, now: datetime, booking_id: int | None = None) -> list[Missing]:
    """Whom the day's run would ask for a missing report now, the oldest show first; a constant number of queries.

    The safeguarding lead of the booking, else whoever was named first and can be reached. None while it is
    switched off.
    """
    plan, today = settings.schedule_of_programme(programme.id), day_of(now)
    if not plan.reports_on:
        return []
    since = wall(today - timedelta(days=plan.report_after_days - 1), time(0))
    ended = and_(Performance.ends_at < since, Performance.ends_at > now - LATEST, unreported.condition())
    rows = _not_asked(programme, MISSING, ended, booking_id)
    calendars = school_days.load({organisation.organisation_id for _, organisation in rows})
    people = whom_to_ask([booking.id for booking, _ in rows])
    return [
        Missing(booking=booking, organisation=organisation, person=people[booking.id])
        for booking, organisation in rows
        if booking.id in people and not calendars[organisation.organisation_id].why_closed(today)
    ]


def due_this_evening(programme: Programme, *, now: datetime, booking_id: int | None = None) -> list[Missing]:
    """Whom to ask now how the show of the day went, from FROM o'clock and once it is over, unless the school has said
    already; until LATE, so that a round that was late still asks. A constant number of queries.

    Whoever met the company on the day, else as `due` has it. None while it is switched off.
    """
    if not settings.schedule_of_programme(programme.id).reports_on:
        return []
    ended = and_(
        Performance.ends_at <= now, Performance.ends_at > now - LATE, unreported.condition(by_school=True)
    )
    rows = [
        (booking, organisation)
        for booking, organisation in _not_asked(programme, EVENING, ended, booking_id)
        if now >= wall(day_of(booking.performance.ends_at), FROM)
    ]
    people = whom_to_ask([booking.id for booking, _ in rows], first=ON_THE_DAY)
    return [
        Missing(booking=booking, organisation=organisation, person=people[booking.id], nth=EVENING)
        for booking, organisation in rows
        if booking.id in people
    ]


def _not_asked(
    programme: Programme, nth: str, of: ColumnElement[bool], booking_id: int | None
) -> list[tuple[Booking, Organisation]]:
    """The live bookings of open schools that were not asked for the `nth` time, the oldest show first."""
    asked = select(ReportReminder.booking_id).where(
        ReportReminder.withdrawn_at.is_(None), ReportReminder.nth == nth
    )
    query = (
        select(Booking, Organisation)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(Organisation, Organisation.organisation_id == Booking.organisation_id)
        .options(contains_eager(Booking.performance))
        .where(
            Booking.programme_id == programme.id,
            Booking.ended_at.is_(None),
            Booking.id.not_in(asked),
            promises.of_somebody(),
            of,
        )
        .order_by(Performance.ends_at, Booking.id)
    )
    if booking_id is not None:
        query = query.where(Booking.id == booking_id)
    return [
        (booking, organisation) for booking, organisation in db.session.execute(query) if organisation.is_open
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
    found = due(programme, now=now, booking_id=booking_id) or due_this_evening(
        programme, now=now, booking_id=booking_id
    )
    for missing in found:
        booking, to = missing.booking, missing.person
        write = letters.how_did_it_go if missing.nth == EVENING else letters.report_missing
        letter = write(
            told.visit_of(booking),
            stationery.Addressee(address=to.address, name=to.name, role=to.role),
            told.sender_of(partnerships.get(programme.partnership_id)),
            now=now,
            expires_at=told.expiry(booking),
        )
        db.session.add(
            ReportReminder(
                booking_id=booking.id,
                address=to.address.lower(),
                letter_id=letter.id,
                nth=missing.nth,
                recorded_at=now,
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
        select(
            ReportReminder,
            Letter,
            Booking.organisation_id,
            Booking.ended_at.is_(None)
            & case(
                (ReportReminder.nth == EVENING, unreported.condition(by_school=True)),
                else_=unreported.condition(),
            ),
            Performance.ends_at,
        )
        .join(Letter, Letter.id == ReportReminder.letter_id)
        .join(Booking, Booking.id == ReportReminder.booking_id)
        .join(Performance, Performance.id == Booking.performance_id)
        .where(Letter.status == WAITING, Letter.lease_until.is_(None), ReportReminder.withdrawn_at.is_(None))
        .order_by(ReportReminder.id)
    ).all()
    calendars, done = school_days.load({organisation_id for _, _, organisation_id, _, _ in rows}), False
    for reminder, letter, organisation_id, missing, ended_at in rows:
        of_the_day = reminder.nth == EVENING and day_of(now) == day_of(ended_at)
        if missing and (of_the_day or not calendars[organisation_id].why_closed(day_of(now))):
            continue
        try:
            letterbook.withdraw(letter, who=THE_SERVICE, now=now)
        except LetterGone:
            continue
        reminder.withdrawn_at = now
        done = True
    db.session.flush()
    return done


def whom_to_ask(booking_ids: list[int], *, first: str = LEAD) -> dict[int, VisitContact]:
    """Whom to ask about each booking after its show, the one named for the duty `first`, then the safeguarding lead,
    else whoever was named first and can be reached; one query, and one for dead addresses."""
    named = promises.people_of_each(booking_ids)
    dead = {a.lower() for a in outbox.dead_addresses(p.address for people in named.values() for p in people)}
    found: dict[int, VisitContact] = {}
    for booking_id, people in named.items():
        alive = [person for person in people if person.address.lower() not in dead]
        if alive:
            found[booking_id] = min(alive, key=lambda person: (person.duty != first, person.duty != LEAD))
    return found
