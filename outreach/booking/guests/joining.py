"""A school's way into a neighbour's show: seats asked for, or an offer taken; changed, taken back, confirmed.

Seats are judged behind the lock of the tour day; the database refuses what is too much.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from outreach.booking import (
    accounts,
    bookings,
    colleagues,
    guest_hosts,
    guest_places,
    guest_questions,
    guests_told,
    named,
    numbers,
    promises,
    told,
)
from outreach.booking.colleagues import Colleague
from outreach.booking.guest_places import AGREED, FEWER, NONE, OPEN, WITHDRAWN, GuestPlace, Travel
from outreach.booking.guests.seating import (
    Answered,
    NotAnyMore,
    SeatsGone,
    behind_the_locks,
    check_stands,
    check_still,
    lock,
    seat,
    why_not,
)
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking, VisitContact
from outreach.county import partnerships, school_days
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import clock, count, day
from outreach.post.guests import notes
from outreach.tour import performances
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class JoiningWish:
    """What a school asks its host: why, how many of each year group, who gets the entry, how they come. `catch_up`:
    for pupils who missed its own show."""

    why: str
    promise: Promise
    travel: Travel = field(default_factory=Travel)
    message: str = ""
    catch_up: bool = False


class TooFar(Refusal):
    def __init__(self, minutes: int, at_most: int) -> None:
        super().__init__(
            f"That show is {count(minutes, 'minute')} away; guests travel {at_most} at most. Choose a nearer one."
        )


class NotASchoolDay(Refusal):
    def __init__(self, show: Performance, why: str) -> None:
        super().__init__(
            f"{day(show.starts_at)} is no school day at your school ({why}). Choose another show."
        )


class NoGuests(Refusal):
    def __init__(self) -> None:
        super().__init__("That host takes no guests at this show. Choose another one.")


class AskedAlready(Refusal):
    def __init__(self, place: GuestPlace) -> None:
        show = place.performance
        super().__init__(
            f"You have asked {show.host.name} for seats on {day(show.starts_at)} at {clock(show.starts_at)} already. "
            "Take that back first, or wait for the answer."
        )


class MoreThanGiven(Refusal):
    field = "pupils"

    def __init__(self, given: int) -> None:
        super().__init__(f"The host has {count(given, 'seat')} for you. Enter that many pupils or fewer.")


def ask(
    programme: Programme,
    organisation: Organisation,
    performance: Performance,
    wish: JoiningWish,
    *,
    who: str,
    now: datetime,
) -> GuestPlace:
    """Ask a host for seats; where it has offered them, they are taken at once (`place.booking`).

    Raises NotAnyMore, TooFar, NotASchoolDay, NoGuests, SeatsGone, AskedAlready, what seating.why_not says,
    and the refusals of bookings.book about pupils and people.
    """
    lock(organisation.organisation_id, performance)
    open_already = guest_places.open_of(programme.id, organisation.organisation_id)
    if open_already is not None:
        raise AskedAlready(open_already)
    account = accounts.account(programme, organisation, now=now)
    if (why := why_not(programme, organisation, account, catch_up=wish.catch_up)) is not None:
        raise why
    _check_show(programme, organisation, performance, now=now)
    seats = guest_places.seats_of(performance, programme.audience_ceiling)
    numbers.check(
        programme, organisation, wish.promise, who=who, now=now, account=account, ceiling=seats.ceiling
    )
    if not wish.promise.people:
        raise colleagues.NobodyNamed
    wanted = sum(wish.promise.pupils.values())
    if seats.how == NONE:
        raise NoGuests
    if wanted > seats.for_guests:
        raise SeatsGone(wanted, seats.for_guests, programme.words)
    place = put_down(programme, organisation, performance, wish, who=who, now=now)
    if seats.how == OPEN:
        place.answer, place.answered_at, place.said = AGREED, now, seats.terms
        seat(place, wish.promise, seats, who=who, now=now)
        guests_told.tell_host(place, notes.JOINED, now=now)
    else:
        let_wait(place, wish.promise.people, who=who, now=now)
        guests_told.tell_host(place, notes.ASKS, now=now)
    return place


def put_down(
    programme: Programme,
    organisation: Organisation,
    performance: Performance,
    wish: JoiningWish,
    *,
    who: str,
    now: datetime,
) -> GuestPlace:
    """The row of what is asked for; nobody has said anything to it yet."""
    place = _row(programme, organisation, performance, wish, who=who, now=now)
    db.session.add(place)
    db.session.flush()
    history.record(
        "asked to join",
        history.Subject("school", organisation.organisation_id, programme.partnership_id),
        who=who,
        now=now,
        after={
            "host": performance.host.name,
            "starts": performance.starts_at.isoformat(),
            "pupils": place.by_year,
        },
    )
    return place


def let_wait(place: GuestPlace, people: Sequence[Colleague], *, who: str, now: datetime) -> None:
    """Those named at an address that a coordinator has to look at first."""
    for person in people:
        if person.waits:
            named.wait(
                named.SEATS,
                place.organisation,
                place.programme,
                place_id=place.id,
                name=person.name,
                role=person.role,
                address=person.address,
                phone=person.phone,
                duty=person.duty,
                named_by=who,
                now=now,
            )


def named_instead(place: GuestPlace, people: Sequence[Colleague], *, who: str, now: datetime) -> None:
    """These hear what becomes of a question, instead of whom it named before."""
    people = _named_anew(place, people, who=who, now=now)
    for person in list(place.people):
        place.people.remove(person)
        db.session.delete(person)
    db.session.flush()
    place.people.extend(_rows(people, now=now))
    let_wait(place, people, who=who, now=now)


def take(place: GuestPlace, promise: Promise, *, who: str, now: datetime) -> Booking:
    """The guest takes the fewer seats that its host gave. Raises Answered, NotAnyMore, MoreThanGiven,
    SeatsGone, and what `ask` says of pupils and people."""
    behind_the_locks(place, now=now)
    if place.ended_at is not None or place.answer != FEWER:
        raise Answered
    programme, organisation = place.programme, place.organisation
    check_still(place, now=now)
    promise = replace(promise, people=_named_anew(place, promise.people, who=who, now=now))
    numbers.check(programme, organisation, promise, who=who, now=now)
    wanted, given = sum(promise.pupils.values()), place.seats_given or 0
    if wanted > given:
        raise MoreThanGiven(given)
    place.pupils, place.seats = {y: n for y, n in promise.pupils.items() if n}, wanted
    place.answer = AGREED
    booking = seat(
        place, promise, guest_places.seats_of(place.performance, programme.audience_ceiling), who=who, now=now
    )
    guests_told.tell_host(place, notes.JOINED, now=now)
    return booking


def _named_anew(
    place: GuestPlace, people: Sequence[Colleague], *, who: str, now: datetime
) -> tuple[Colleague, ...]:
    """The people of the booking, who stand for those named with the question: a coordinator who said yes to
    one of these is not asked again, and nobody waits for the question any more."""
    named.forget(place.id, who=who, now=now)
    db.session.refresh(place)
    vouched = {person.address.casefold() for person in place.people}
    return tuple(replace(p, waits=p.waits and p.address.casefold() not in vouched) for p in people)


def write_to_instead(
    place: GuestPlace, person: VisitContact, address: str, *, source: str, now: datetime
) -> bool:
    """Somebody named with the question hears at another address: at once what the host has said so far, if it
    has; False where that address hears of it already. In the caller's transaction, behind the school's lock."""
    if any(p.address.casefold() == address.casefold() for p in place.people if p is not person):
        place.people.remove(person)
        db.session.delete(person)
        db.session.flush()
        return False
    said = notes.FEWER if place.answer == FEWER else notes.HOST_MOVED
    heard = place.answer == FEWER or notes.was_told(
        said, place.id, organisation_id=place.organisation_id, programme_id=place.programme_id
    )
    person.now_at(address, source=source, now=now)
    db.session.flush()
    if heard:
        guests_told.tell_guest(place, said, to=[person], now=now)
    return True


def withdraw(place: GuestPlace, *, who: str, now: datetime) -> None:
    """The school takes its request back; ended already is no fault."""
    lock(place.organisation_id, place.performance)
    db.session.refresh(place)
    if place.ended_at is not None:
        return
    guest_questions.end(place, WITHDRAWN, who=who, now=now)
    history.record(
        "took back its request",
        history.Subject("school", place.organisation_id, place.programme.partnership_id),
        who=who,
        now=now,
    )
    guests_told.tell_host(place, notes.WITHDRAWN, now=now)


def come(booking: Booking, promise: Promise, travel: Travel, *, who: str, now: datetime) -> Booking:
    """A guest changes how many come, and how. Raises what bookings.change does."""
    place = guest_places.of_booking(booking)
    was = place.travel if place else Travel()
    sequence = booking.sequence
    if place is not None:
        lock(booking.organisation_id, booking.performance)
        place.travels_by, place.adults, place.arrives = travel.by, travel.adults, travel.arrives
        place.travel_note = travel.note.strip()
        db.session.flush()
    before = numbers.said(booking, promises.pupils_of(booking))
    bookings.change(booking, promise, who=who, now=now)
    same = before == numbers.said(booking, promises.pupils_of(booking))
    if place is not None and same and was != place.travel and booking.sequence == sequence:
        history.record(
            "changed how it comes", booking, who=who, now=now, before=was.words(), after=place.travel.words()
        )
        guests_told.guest_changed(booking, now=now)
        changes = [f"How {booking.organisation.name} comes: {place.travel.words()}."]
        told.troupe(booking.performance, booking.performance.troupe_id, "REQUEST", changes=changes, now=now)
    return booking


def still_come(booking: Booking, *, who: str, now: datetime) -> None:
    """A guest whose host has moved says that it still comes. Raises promises.BookingEnded."""
    performances.lock_organisation(booking.organisation_id)
    db.session.refresh(booking)
    booking.still_open()
    place = guest_places.of_booking(booking)
    if place is not None and place.asked_again:
        place.coming_at = now
        db.session.flush()
        history.record("still comes", booking, who=who, now=now)


def _check_show(
    programme: Programme, organisation: Organisation, performance: Performance, *, now: datetime
) -> None:
    if (
        performance.programme_id != programme.id
        or performance.organisation_id == organisation.organisation_id
    ):
        raise NotAnyMore
    check_stands(performance, now=now)
    minutes = guest_hosts.minutes_between(programme, organisation, performance)
    at_most = partnerships.get(programme.partnership_id).guest_minutes
    if minutes > at_most:
        raise TooFar(minutes, at_most)
    closed = school_days.load_one(organisation).why_closed(day_of(performance.starts_at))
    if closed:
        raise NotASchoolDay(performance, closed)


def _row(
    programme: Programme,
    organisation: Organisation,
    performance: Performance,
    wish: JoiningWish,
    *,
    who: str,
    now: datetime,
) -> GuestPlace:
    promise, travel = wish.promise, wish.travel
    return GuestPlace(
        programme=programme,
        organisation=organisation,
        performance=performance,
        why=wish.why,
        catch_up=wish.catch_up,
        pupils={y: n for y, n in promise.pupils.items() if n},
        seats=sum(promise.pupils.values()),
        access_needs={slug: n for slug, n in promise.access_needs.items() if n},
        people=_rows(promise.people, now=now),
        travels_by=travel.by,
        adults=travel.adults,
        arrives=travel.arrives,
        travel_note=travel.note.strip(),
        message=wish.message.strip(),
        recorded_at=now,
        who=who,
    )


def _rows(people: Sequence[Colleague], *, now: datetime) -> list[VisitContact]:
    """Those who may be written to at once."""
    return [
        person.row(source=guest_places.FROM_QUESTION, source_date=now.date(), now=now)
        for person in people
        if not person.waits
    ]
