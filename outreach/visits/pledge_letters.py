"""Letters that ask, with one page of ticks, what a school did besides its show: five school days after it and six
weeks after, each once, on a school day, while something is open."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, Index, Text, select, text
from sqlalchemy.orm import Mapped, contains_eager, mapped_column

from outreach.asking.chasing import settings
from outreach.booking import promises, told
from outreach.booking.promises import TOOK_PLACE, Booking, VisitContact
from outreach.county import partnerships, school_days
from outreach.county.school_days import SchoolCalendar
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.timespans import day_of
from outreach.post import letterbook, letters
from outreach.post.letterbook import LetterGone
from outreach.post.outbox import WAITING, Letter
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits import pledges, stopping
from outreach.visits.pledges import DONE, NOT_DONE, PLEDGES, POLICY, PledgeAnswer
from outreach.visits.reminding import THE_SERVICE, whom_to_ask

FIRST, LAST = "first", "last"
SCHOOL_DAYS, WEEKS = 5, timedelta(weeks=6)
"""How long after the show each letter goes: FIRST so many school days, LAST so long, on the next school day."""

LATE = timedelta(days=14)
"""A letter that could not go for longer goes no more: the round did not come, or nobody had switched it on."""

LINK_LIFE = timedelta(weeks=2)
"""A link in a letter that goes after a summer holiday lives longer than seven weeks after the show."""

LONGEST_HOLIDAY = timedelta(weeks=8)


class PledgeLetter(Base):
    """One letter that asked one person what was done besides the shows of one day, by the first booking of that day;
    `address` in small letters.

    `withdrawn_at`: it was taken back before it went, since nothing is open any more.
    """

    __tablename__ = "pledge_letter"
    __table_args__ = (
        Index(
            "uq_pledge_letter_once",
            "booking_id",
            "nth",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
            sqlite_where=text("withdrawn_at IS NULL"),
        ),
        CheckConstraint("nth IN ('first', 'last')", name="nth"),
        CheckConstraint("address = lower(address)", name="address"),
        key_within_partnership("booking_id", "booking"),
        key_within_partnership("letter_id", "letter"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(index=True)
    booking_id: Mapped[int]
    nth: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    letter_id: Mapped[int] = mapped_column(unique=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One letter that is due: about which visit, of whom, and what is still open of it."""

    booking: Booking
    organisation: Organisation
    person: VisitContact
    nth: str
    open: tuple[str, ...]


def due(programme: Programme, *, now: datetime, organisation_id: int | None = None) -> list[Asked]:
    """What the day's run would ask now, the oldest show first; a constant number of queries. `organisation_id`: of one
    school.

    Nothing while it is switched off, of shows that did not take place or that nobody reported, of catch-ups and adults,
    and of schools that want no more reminders.
    """
    plan = settings.schedule_of_programme(programme.id)
    if not plan.pledges_on or programme.for_adults:
        return []
    visits, of = visits_behind(
        programme, back=WEEKS + LONGEST_HOLIDAY + LATE, organisation_id=organisation_id, now=now
    )
    ids = [booking.id for together in visits.values() for booking in together]
    calendars, answers, asked = school_days.load(of), pledges.answers_of(ids), _asked(ids)
    people, today = whom_to_ask(ids), day_of(now)
    no_more = stopping.organisation_ids_stopped([programme.id])
    found = []
    for (of_organisation_id, day), together in visits.items():
        if (programme.id, of_organisation_id) in no_more:
            continue
        nth = _nth(
            calendars[of_organisation_id], day, today, {n for one in together for n in asked.get(one.id, ())}
        )
        left = still_open(together, answers, nth=nth) if nth else ()
        person = next((people[one.id] for one in together if one.id in people), None)
        if left and person is not None:
            found.append(
                Asked(
                    booking=together[0],
                    organisation=of[of_organisation_id],
                    person=person,
                    nth=nth,
                    open=left,
                )
            )
    return found


def visits_behind(
    programme: Programme, *, back: timedelta, organisation_id: int | None, now: datetime
) -> tuple[dict[tuple[int, date], list[Booking]], dict[int, Organisation]]:
    """The bookings that took place in the time `back` before `now`, by school and day, the oldest show first, and
    their schools, of those that are open; no catch-up, which is at a show that was its host's. `organisation_id`: of
    one school; one query."""
    query = (
        select(Booking, Organisation)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(Organisation, Organisation.organisation_id == Booking.organisation_id)
        .options(contains_eager(Booking.performance))
        .where(
            Booking.programme_id == programme.id,
            Booking.ended_at.is_(None),
            Booking.catch_up.is_(False),
            Booking.outcome == TOOK_PLACE,
            promises.of_somebody(),
            Performance.ends_at < now,
            Performance.ends_at > now - back,
        )
        .order_by(Performance.starts_at, Booking.id)
    )
    if organisation_id is not None:
        query = query.where(Booking.organisation_id == organisation_id)
    visits: dict[tuple[int, date], list[Booking]] = defaultdict(list)
    of: dict[int, Organisation] = {}
    for booking, organisation in db.session.execute(query):
        if organisation.is_open:
            visits[organisation.organisation_id, day_of(booking.performance.starts_at)].append(booking)
            of[organisation.organisation_id] = organisation
    return visits, of


def _nth(calendar: SchoolCalendar, show_day: date, today: date, asked: set[str]) -> str:
    """Which letter goes today, '' for none."""
    if calendar.why_closed(today):
        return ""
    days = {
        LAST: calendar.next_school_day(show_day + WEEKS),
        FIRST: calendar.nth_school_day_after(show_day, SCHOOL_DAYS),
    }
    nth = LAST if today >= days[LAST] else FIRST
    return nth if days[nth] <= today <= days[nth] + LATE and not asked & {nth, LAST} else ""


def still_open(
    together: list[Booking], answers: dict[int, list[PledgeAnswer]], *, nth: str = LAST
) -> tuple[str, ...]:
    """The pledges of a visit that are neither done nor said not to be, in order. After a week nobody is asked about
    the policy alone, nor about what is planned."""
    found = []
    for pledge in PLEDGES:
        for booking in together:
            words = pledges.words_on_what_was_done(
                answers.get(booking.id, ()), since=booking.performance.starts_at
            )
            said = words[pledge].said if pledge in words else ""
            if said not in (DONE, NOT_DONE) and not (said and nth == FIRST):
                found.append(pledge)
                break
    return () if nth == FIRST and found == [POLICY] else tuple(found)


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
        letter = letters.since_the_show(
            told.visit_of(booking),
            to,
            told.sender_of(partnerships.get(programme.partnership_id)),
            asks=[ASKS[pledge] for pledge in one.open],
            last=one.nth == LAST,
            now=now,
            expires_at=max(told.expiry(booking), now + LINK_LIFE),
        )
        db.session.add(
            PledgeLetter(
                partnership_id=booking.partnership_id,
                booking_id=booking.id,
                nth=one.nth,
                address=to.address.lower(),
                letter_id=letter.id,
                recorded_at=now,
            )
        )
        history.record(
            "asked what was done", booking, who=THE_SERVICE, now=now, after={"address": to.address}
        )
    db.session.flush()
    return bool(found)


ASKS = {
    pledges.LEAD_PRESENT: "whether your safeguarding lead was there",
    pledges.STAFF_BRIEFED: "whether staff had been briefed",
    pledges.LETTER_HOME: "whether a letter went home to families",
    pledges.LESSON: "whether a lesson followed",
    pledges.PASSED_ON: "whether every concern reached your safeguarding lead within a day",
    pledges.POLICY: "whether you have looked at your safeguarding policy since",
}


def withdraw_waiting(*, now: datetime) -> bool:
    """Take back what still waits though nothing is open any more, the school wants no more reminders, or nobody is in
    today; whether any was.

    Where something is open, it is asked for again on the next school day.
    """
    rows = db.session.execute(
        select(PledgeLetter, Letter, Booking)
        .join(Letter, Letter.id == PledgeLetter.letter_id)
        .join(Booking, Booking.id == PledgeLetter.booking_id)
        .where(Letter.status == WAITING, Letter.lease_until.is_(None), PledgeLetter.withdrawn_at.is_(None))
        .order_by(PledgeLetter.id)
    ).all()
    calendars, done = school_days.load({booking.organisation_id for _, _, booking in rows}), False
    no_more = stopping.organisation_ids_stopped({booking.programme_id for _, _, booking in rows})
    for asked, letter, booking in rows:
        together = [one for one in pledges.bookings_of_visit(booking) if one.outcome == TOOK_PLACE]
        answers = pledges.answers_of([one.id for one in together])
        closed = calendars[booking.organisation_id].why_closed(day_of(now))
        wanted = booking.ended_at is None and (booking.programme_id, booking.organisation_id) not in no_more
        if wanted and still_open(together, answers, nth=asked.nth) and not closed:
            continue
        try:
            letterbook.withdraw(letter, who=THE_SERVICE, now=now)
        except LetterGone:
            continue
        asked.withdrawn_at = now
        done = True
    db.session.flush()
    return done


def _asked(booking_ids: list[int]) -> dict[int, set[str]]:
    """Which letters went, or wait to go, about some bookings."""
    rows = db.session.execute(
        select(PledgeLetter.booking_id, PledgeLetter.nth)
        .where(PledgeLetter.booking_id.in_(booking_ids), PledgeLetter.withdrawn_at.is_(None))
        .order_by(PledgeLetter.id)
    )
    found: dict[int, set[str]] = defaultdict(set)
    for booking_id, nth in rows:
        found[booking_id].add(nth)
    return found
