"""A guest gets its seats: behind the locks of its school and of the tour day, within what its host agreed
to."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from outreach.booking import accounts, bookings, colleagues, holds, promises, subscribed, told
from outreach.booking.accounts import PromiseAccount
from outreach.booking.guest_places import ASK, JOINED, GuestPlace, GuestSeats, Seats
from outreach.booking.numbers import Promise
from outreach.booking.promises import GUEST, HOST, Booking
from outreach.county.schools import Organisation
from outreach.ground.audience import Words
from outreach.ground.db import broken_guard, db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import count
from outreach.post import letters
from outreach.tour import performances
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


class NotAnyMore(Refusal):
    """The show has gone, has begun, or has no host."""

    def __init__(self) -> None:
        super().__init__("That show is not there to be joined any more. These are the ones that are left.")


class SeatsGone(Refusal):
    """Somebody else took them meanwhile."""

    field = "pupils"

    def __init__(self, wanted: int, left: int, words: Words) -> None:
        are_left = f"only {count(left, words.seat)} {'is' if left == 1 else 'are'} left"
        there = are_left if left else f"no {words.seat} is left"
        super().__init__(
            f"You need {count(wanted, words.seat)} and {there} at that {words.show}. Nothing was booked."
        )


class Answered(Refusal):
    """The request has ended, or the host has answered it."""

    def __init__(self) -> None:
        super().__init__("That request has been answered or taken back meanwhile.")


class BookedMeanwhile(Refusal):
    def __init__(self, place: GuestPlace, why: Refusal) -> None:
        said = f"{place.organisation.name} has booked a show of its own meanwhile."
        super().__init__(
            said if isinstance(why, holds.AlreadyBooked) else f"{place.organisation.name}: {why.message}"
        )


def promised(place: GuestPlace) -> Promise:
    """What was asked for, as a promise; its people as they were named."""
    people = [colleagues.Colleague.like(person) for person in place.people]
    return Promise(pupils=place.by_year, access_needs=dict(place.access_needs), people=people)


def seat(
    place: GuestPlace, promise: Promise, there: Seats, *, note: str = "", who: str, now: datetime
) -> Booking:
    """The guest's booking, behind the locks. The host's consent grows with what it agreed to. `note` stands in its
    letter."""
    programme, organisation, performance = place.programme, place.organisation, place.performance
    wanted = sum(promise.pupils.values())
    if wanted > there.left:
        raise SeatsGone(wanted, there.left, programme.words)
    consent_to(performance, there, seats=there.by_guests + wanted, who=place.answered_by or who, now=now)
    try:
        booking = bookings.make(
            programme,
            organisation,
            performance,
            promise,
            who=place.who,
            now=now,
            role=GUEST,
            catch_up=place.catch_up,
        )
    except IntegrityError as error:
        if broken_guard(error) not in (promises.SEATS, promises.GUEST_CONSENT):
            raise
        raise SeatsGone(wanted, there.left, programme.words) from error
    place.booking_id, place.ended_at, place.ended_as = booking.id, now, JOINED
    db.session.flush()
    holds.remove_draft(programme.id, organisation.organisation_id)
    told.lengthen_links(booking, now=now)
    people = colleagues.put(booking, promise.people, who=who, now=now)
    visit = told.visit_with(booking, people, promise.pupils)
    told.each(booking, people, visit, letters.booked, note=note, now=now, expires_at=told.expiry(booking))
    comes = "comes" if programme.for_adults else "joins as a guest"
    changes = [f"{organisation.name} {comes}, with {programme.words.count(wanted)}."]
    told.troupe(performance, performance.troupe_id, "REQUEST", changes=changes, now=now)
    subscribed.show(performance, now=now)
    return booking


def consent_to(performance: Performance, there: Seats, *, seats: int, who: str, now: datetime) -> GuestSeats:
    """Keep that the host lets so many guests in at least; what it has said before stays."""
    row = there.consent
    if row is None:
        row = GuestSeats(
            performance_id=performance.id, how=ASK, seats=seats, terms="", who=who, recorded_at=now
        )
        db.session.add(row)
    else:
        row.seats = max(row.seats, seats)
    db.session.flush()
    return row


def lock(organisation_id: int, performance: Performance) -> None:
    performances.lock_organisation(organisation_id)
    performances.lock_days_of(performance)


def behind_the_locks(place: GuestPlace, *, now: datetime) -> None:
    """Raises NotAnyMore."""
    lock(place.organisation_id, place.performance)
    db.session.refresh(place)
    check_stands(place.performance, now=now)


def check_stands(performance: Performance, *, now: datetime) -> None:
    live = promises.of_performance(performance.id)
    hosted = bool(live) and live[0].role == HOST
    if performance.released_at is not None or performance.held_until is not None or not hosted:
        raise NotAnyMore
    if day_of(performance.starts_at) <= day_of(now):
        raise NotAnyMore


def why_not(
    programme: Programme, organisation: Organisation, account: PromiseAccount, *, catch_up: bool
) -> Refusal | None:
    """Why a school can have no seats at a neighbour's show; None if it can. For pupils who missed its own show it
    needs nothing that is still to be booked."""
    why = holds.why_nothing(programme, organisation, account)
    return None if catch_up and isinstance(why, holds.AlreadyBooked) else why


def check_still(place: GuestPlace, *, now: datetime) -> PromiseAccount:
    """The guest's account, if it can still book anything: it may have booked a show of its own meanwhile.

    Raises BookedMeanwhile.
    """
    account = accounts.account(place.programme, place.organisation, now=now)
    why = why_not(place.programme, place.organisation, account, catch_up=place.catch_up)
    if why is not None:
        raise BookedMeanwhile(place, why)
    return account
