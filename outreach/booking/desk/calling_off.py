"""The company cannot play on a day: every show on it ends, everybody who has one in the calendar is told, once."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import contains_eager, joinedload

from outreach.booking import bookings, proposals
from outreach.booking.bookings import ReasonMissing
from outreach.booking.desk import proposing
from outreach.booking.promises import COMPANY, HOST, Booking, BookingContact
from outreach.booking.proposals import Proposal
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.tour import itinerary, performances
from outreach.tour.days import NoSuchTourDay, TourDay
from outreach.tour.performances import Performance


class DayIsOver(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "That day is over, so it cannot be called off any more. Say in a report what did not take place."
        )


class NotAsSeen(Refusal):
    """A school booked, moved or cancelled between the look and the click."""

    def __init__(self) -> None:
        super().__init__(
            "The shows of that day have changed since you looked. Look once more before you call it off."
        )


@dataclass(frozen=True, kw_only=True)
class ToCallOff:
    """What a day called off would end. `bookings`: each with whom it tells. `over`: shows that have begun, which stay.

    `holding` is how many schools have a slot of the day in hand while they fill in the form; theirs are lost too.
    """

    bookings: tuple[tuple[Booking, tuple[BookingContact, ...]], ...]
    proposals: tuple[Proposal, ...]
    troupe_address: str
    over: tuple[Performance, ...]
    holding: int

    @property
    def references(self) -> list[str]:
        """What was seen, to be said again with the click."""
        return sorted([b.reference for b, _ in self.bookings] + [f"kept-{p.id}" for p in self.proposals])

    @property
    def shows(self) -> int:
        return sum(1 for booking, _ in self.bookings if booking.role == HOST)


def look(tour_day: TourDay, *, now: datetime) -> ToCallOff:
    """Whom it concerns that a day is called off; four queries, however many shows. Writes nothing."""
    on_tour = itinerary.shows_on(tour_day, now=now)
    ahead = [show for show in on_tour.shows if show.starts_at > now]
    booked = _booked(show.id for show in ahead)
    people = _people(booking.id for booking in booked)
    kept = proposals.keeping(tour_day.programme_id)
    return ToCallOff(
        bookings=tuple((booking, tuple(people.get(booking.id, ()))) for booking in booked),
        proposals=tuple(kept[show.id] for show in ahead if show.id in kept),
        troupe_address=tour_day.troupe.calendar_address or "",
        over=tuple(show for show in on_tour.shows if show.starts_at <= now),
        holding=on_tour.held,
    )  # fmt: skip


def call_off(tour_day: TourDay, *, reason: str, seen: Collection[str], who: str, now: datetime) -> ToCallOff:
    """End every show of the day that has not begun, and take the day out of the offer. It cannot be undone.

    Each booking is cancelled by the company; a guest's too. A kept time ends; a slot in hand is lost. `seen` are the
    references that the person looked at. Raises ReasonMissing, DayIsOver, NotAsSeen, NoSuchTourDay.
    """
    if not reason.strip():
        raise ReasonMissing
    for urn in sorted(_schools(look(tour_day, now=now))):
        performances.lock_school(urn)
    performances.lock_days([tour_day.id])
    db.session.refresh(tour_day)
    if tour_day.ended_at is not None:
        raise NoSuchTourDay("That tour day was removed already.")
    found = look(tour_day, now=now)
    if found.references != sorted(seen):
        raise NotAsSeen
    if itinerary.is_over(tour_day, now=now):
        raise DayIsOver
    for booking, _ in found.bookings:
        bookings.cancel(booking, reason=reason, by=COMPANY, who=who, now=now)
    for proposal in found.proposals:
        proposing.call_off(proposal, reason=reason, who=who, now=now)
    db.session.execute(
        delete(Performance).where(Performance.tour_day_id == tour_day.id, Performance.held_until.is_not(None))
    )
    itinerary.close_day(tour_day, now=now)
    history.record(
        "called off a tour day", "programme", tour_day.programme_id, who=who, now=now,
        before={"troupe": tour_day.troupe.name, "day": str(tour_day.day), "ended": found.references}, after=reason.strip(),
    )  # fmt: skip
    return found


def _schools(found: ToCallOff) -> set[int]:
    return {b.urn for b, _ in found.bookings} | {p.urn for p in found.proposals}


def _booked(performance_ids: Iterable[int]) -> list[Booking]:
    """The live bookings of some shows with their schools, by start, each host before its guests."""
    return list(
        db.session.scalars(
            select(Booking)
            .join(Booking.performance)
            .where(Booking.performance_id.in_(list(performance_ids)), Booking.ended_at.is_(None))
            .options(contains_eager(Booking.performance), joinedload(Booking.school))
            .order_by(Performance.starts_at, Performance.id, Booking.role.desc(), Booking.id)
        )
    )


def _people(booking_ids: Iterable[int]) -> dict[int, list[BookingContact]]:
    found: dict[int, list[BookingContact]] = {}
    for row in db.session.scalars(
        select(BookingContact)
        .where(BookingContact.booking_id.in_(list(booking_ids)), BookingContact.removed_at.is_(None))
        .order_by(BookingContact.id)
    ):
        found.setdefault(row.booking_id, []).append(row)
    return found
