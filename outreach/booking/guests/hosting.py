"""A host's word on its seats: yes or no to a guest, how many on which terms; or seats offered beforehand."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from outreach.booking import guest_hosts, guest_places, guest_questions, guests_told, numbers
from outreach.booking.guest_places import AGREED, FEWER, OPEN, REFUSED, GuestPlace, GuestSeats
from outreach.booking.guests.seating import (
    Answered,
    BookedMeanwhile,
    NotAnyMore,
    behind_the_locks,
    check_still,
    consent_to,
    lock,
    promised,
    seat,
)
from outreach.booking.promises import GUEST, HOST, Booking
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.wording import count
from outreach.post.guests import notes
from outreach.tour import performances


class SeatsInFigures(Refusal):
    field = "seats"


class KeptForGuests(Refusal):
    field = "seats"

    def __init__(self, by_guests: int) -> None:
        super().__init__(f"Guests have {count(by_guests, 'seat')} already. Enter that many or more.")


class NotSoMany(Refusal):
    field = "seats"

    def __init__(self, left: int) -> None:
        super().__init__(
            f"Beside your own pupils the show has {count(left, 'seat')} for guests. Enter that many or fewer."
        )


def agree(place: GuestPlace, *, seats: int, terms: str, who: str, now: datetime) -> Booking | None:
    """The host gives so many seats on its terms: as many as were asked for, and the guest has its booking;
    fewer, and the guest is asked (None). Raises Answered, NotAnyMore, NotSoMany, SeatsInFigures, SeatsGone,
    BookedMeanwhile."""
    behind_the_locks(place, now=now)
    if not place.waits_for_host:
        raise Answered
    account = check_still(place, now=now)
    if seats <= 0:
        raise SeatsInFigures("Enter how many seats you give, in figures; or say no.")
    there = guest_places.seats_of(place.performance, place.programme.audience_ceiling)
    if min(seats, place.seats) > there.left:
        raise NotSoMany(there.left)
    place.said, place.answered_at, place.answered_by = terms.strip(), now, who
    if seats >= place.seats:
        try:
            numbers.check(
                place.programme, place.organisation, promised(place), who=who, now=now, account=account
            )
        except Refusal as no:
            raise BookedMeanwhile(place, no) from no
        place.answer = AGREED
        return seat(place, promised(place), there, who=who, now=now)
    place.answer, place.seats_given = FEWER, seats
    db.session.flush()
    whose = place.programme.partnership_id
    history.record(
        "offered seats",
        history.Subject("school", place.organisation_id, whose),
        who=who,
        now=now,
        after=seats,
    )
    guests_told.tell_guest(place, notes.FEWER, now=now)
    return None


def refuse(place: GuestPlace, *, reason: str, who: str, now: datetime) -> None:
    """The host says no; the school hears of it with what it could have instead. Raises Answered."""
    lock(place.organisation_id, place.performance)
    db.session.refresh(place)
    if place.ended_at is not None:
        raise Answered
    place.answer, place.answered_at, place.answered_by, place.said = REFUSED, now, who, reason.strip()
    guest_questions.end(place, REFUSED, who=who, now=now)
    history.record(
        "refused as guest",
        history.Subject("school", place.organisation_id, place.programme.partnership_id),
        who=who,
        now=now,
        after=reason.strip() or None,
    )
    near = guest_hosts.nearest(place.programme, place.organisation, pupils=place.seats, now=now)
    others = [(at, words) for at, words in near if place.performance.host.name not in words]
    guests_told.tell_guest(place, notes.REFUSED, nearest=others, now=now)


def offer(host: Booking, *, how: str, seats: int, terms: str, who: str, now: datetime) -> GuestSeats:
    """The host says whether guests may ask (ASK), take so many `seats` in all without asking (OPEN), or
    nobody more (NONE).

    Raises promises.BookingEnded, NotAnyMore, KeptForGuests, NotSoMany, SeatsInFigures.
    """
    performances.lock_days_of(host.performance)
    db.session.refresh(host)
    host.still_open()
    if host.role != HOST or host.performance.starts_at <= now:
        raise NotAnyMore
    there = guest_places.seats_of(host.performance, host.programme.audience_ceiling)
    if how == OPEN and seats <= 0:
        raise SeatsInFigures("Enter how many seats guests may have in all, in figures.")
    if how == OPEN and seats < there.by_guests:
        raise KeptForGuests(there.by_guests)
    if how == OPEN and seats > there.left + there.by_guests:
        raise NotSoMany(there.left + there.by_guests)
    row = consent_to(host.performance, there, seats=there.by_guests, who=who, now=now)
    row.how, row.seats, row.terms = how, seats if how == OPEN else there.by_guests, terms.strip()
    row.who, row.recorded_at = who, now
    db.session.flush()
    history.record(
        "offered seats" if how == OPEN else "said who may join",
        host,
        who=who,
        now=now,
        after={"how": how, "seats": row.seats, "terms": row.terms},
    )
    return row


@dataclass(frozen=True, kw_only=True)
class AtAGlance:
    """How many schools wait for a host's answer about one show, and how many come to it as guests."""

    waiting: int
    guests: int


_AT_A_GLANCE = select(
    select(func.count())
    .select_from(GuestPlace)
    .where(
        GuestPlace.performance_id == bindparam("performance_id"),
        GuestPlace.ended_at.is_(None),
        GuestPlace.answer == "",
    )
    .scalar_subquery(),
    select(func.count())
    .select_from(Booking)
    .where(
        Booking.performance_id == bindparam("performance_id"),
        Booking.ended_at.is_(None),
        Booking.role == GUEST,
    )
    .scalar_subquery(),
)


def at_a_glance(performance_id: int) -> AtAGlance:
    """One query, for the host's own page."""
    waiting, guests = db.session.execute(_AT_A_GLANCE, {"performance_id": performance_id}).one()
    return AtAGlance(waiting=waiting, guests=guests)
