"""Letters that ask staff what came of a show, by a link to one short page: the school day after it, and about three
months later."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.asking.chasing import settings
from outreach.booking import told
from outreach.booking.promises import TOOK_PLACE, Booking, VisitContact
from outreach.county import partnerships, school_days
from outreach.county.school_days import SchoolCalendar
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.timespans import day_of
from outreach.outcomes.staff_answers import LATER, SOON, StaffAnswer
from outreach.post import letterbook, letters
from outreach.post.letterbook import LetterGone
from outreach.post.outbox import WAITING, Letter
from outreach.tour.programmes import Programme
from outreach.visits.pledge_letters import LONGEST_HOLIDAY, visits_behind
from outreach.visits.reminding import THE_SERVICE, whom_to_ask

THREE_MONTHS = timedelta(days=91)
"""So long after the show staff are asked for the second time, on a school day."""

LATE = timedelta(days=21)
"""A letter that could not go for longer goes no more: nobody had reported the show, or had switched letters on."""

LINK_LIFE = timedelta(weeks=4)


class StaffLetter(Base):
    """One letter that asked one person at a school about the shows of one day, by the first booking of that day;
    `address` in small letters. `withdrawn_at`: it was taken back before it went, since it was answered."""

    __tablename__ = "staff_letter"
    __table_args__ = (
        Index(
            "uq_staff_letter_once",
            "booking_id",
            "moment",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
            sqlite_where=text("withdrawn_at IS NULL"),
        ),
        CheckConstraint("moment IN ('soon', 'later')", name="moment"),
        CheckConstraint("address = lower(address)", name="address"),
        key_within_partnership("booking_id", "booking"),
        key_within_partnership("letter_id", "letter"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(index=True)
    booking_id: Mapped[int]
    moment: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    letter_id: Mapped[int] = mapped_column(unique=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class ToAsk:
    """One letter that is due: about which visit, of whom, which of the two."""

    booking: Booking
    organisation: Organisation
    person: VisitContact
    moment: str


def due(programme: Programme, *, now: datetime, organisation_id: int | None = None) -> list[ToAsk]:
    """What the day's run would ask now, the oldest show first; a constant number of queries. `organisation_id`: of one
    school.

    Nothing while it is switched off, of shows that nobody reported, of a catch-up at a neighbour's, and of adults.
    """
    if not settings.schedule_of_programme(programme.id).staff_on or programme.for_adults:
        return []
    visits, of = visits_behind(
        programme, back=THREE_MONTHS + LONGEST_HOLIDAY + LATE, organisation_id=organisation_id, now=now
    )
    ids = [booking.id for together in visits.values() for booking in together]
    calendars, done, people = school_days.load(of), _asked_or_answered(ids), whom_to_ask(ids)
    found = []
    for (of_organisation_id, day), together in visits.items():
        moment = _moment(calendars[of_organisation_id], day, day_of(now))
        person = next((people[one.id] for one in together if one.id in people), None)
        if moment and person is not None and not any((one.id, moment) in done for one in together):
            found.append(
                ToAsk(booking=together[0], organisation=of[of_organisation_id], person=person, moment=moment)
            )
    return found


def _moment(calendar: SchoolCalendar, show_day: date, today: date) -> str:
    """Which letter goes today, '' for none."""
    if calendar.why_closed(today):
        return ""
    for moment, since in ((LATER, show_day + THREE_MONTHS), (SOON, show_day + timedelta(days=1))):
        if (first := calendar.next_school_day(since)) <= today:
            return moment if today <= first + LATE else ""
    return ""


def _asked_or_answered(booking_ids: list[int]) -> set[tuple[int, str]]:
    """(booking, moment) of letters that went or wait to go, and of what was answered; two queries."""
    asked = db.session.execute(
        select(StaffLetter.booking_id, StaffLetter.moment)
        .where(StaffLetter.booking_id.in_(booking_ids), StaffLetter.withdrawn_at.is_(None))
        .order_by(StaffLetter.id)
    )
    answered = db.session.execute(
        select(StaffAnswer.booking_id, StaffAnswer.moment)
        .where(StaffAnswer.booking_id.in_(booking_ids))
        .order_by(StaffAnswer.id)
    )
    return {(booking_id, moment) for rows in (asked, answered) for booking_id, moment in rows}


def _is_answered() -> Any:
    """Whether a colleague answered what a letter asks."""
    answers = select(StaffAnswer.id).where(
        StaffAnswer.booking_id == StaffLetter.booking_id, StaffAnswer.moment == StaffLetter.moment
    )
    return answers.exists()


def send_due(programme: Programme, organisation_id: int, *, now: datetime) -> bool:
    """Ask one school what is due now; whether a letter was written. In the caller's transaction."""
    db.session.execute(
        select(Booking.id)
        .where(Booking.programme_id == programme.id, Booking.organisation_id == organisation_id)
        .order_by(Booking.id)
        .with_for_update(key_share=True)
    )
    found = due(programme, now=now, organisation_id=organisation_id)
    for one in found:
        booking, to = one.booking, one.person.addressee()
        letter = letters.staff_questions(
            told.visit_of(booking),
            to,
            told.sender_of(partnerships.get(programme.partnership_id)),
            later=one.moment == LATER,
            now=now,
            expires_at=max(told.expiry(booking), now + LINK_LIFE),
        )
        db.session.add(
            StaffLetter(
                partnership_id=booking.partnership_id,
                booking_id=booking.id,
                moment=one.moment,
                address=to.address.lower(),
                letter_id=letter.id,
                recorded_at=now,
            )
        )
        history.record(
            "asked staff what came of it", booking, who=THE_SERVICE, now=now, after={"address": to.address}
        )
    db.session.flush()
    return bool(found)


def withdraw_waiting(*, now: datetime) -> bool:
    """Take back what still waits though it was answered, its show is none any more, or nobody is in today; whether any
    was. Where nobody is in, it is asked for again on the next school day."""
    rows = db.session.execute(
        select(StaffLetter, Letter, Booking, _is_answered())
        .join(Letter, Letter.id == StaffLetter.letter_id)
        .join(Booking, Booking.id == StaffLetter.booking_id)
        .where(Letter.status == WAITING, Letter.lease_until.is_(None), StaffLetter.withdrawn_at.is_(None))
        .order_by(StaffLetter.id)
    ).all()
    calendars, done = school_days.load({booking.organisation_id for _, _, booking, _ in rows}), False
    for asked, letter, booking, answered in rows:
        stands = not answered and booking.ended_at is None and booking.outcome == TOOK_PLACE
        if stands and not calendars[booking.organisation_id].why_closed(day_of(now)):
            continue
        try:
            letterbook.withdraw(letter, who=THE_SERVICE, now=now)
        except LetterGone:
            continue
        asked.withdrawn_at = now
        done = True
    db.session.flush()
    return done
