"""Places at sessions: taken by whoever is asked for a number of its staff, waited for, moved to another session.

A place is a guest's promise, as at a neighbour's show (booking/guests): the same rows, the same guard of seats. But
nobody is asked first, it may be joined from anywhere, and where too few are left one may wait for them.
"""

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from outreach.booking import (
    accounts,
    bookings,
    colleagues,
    guest_places,
    guest_questions,
    numbers,
    promises,
    subscribed,
    told,
)
from outreach.booking.accounts import PromiseAccount
from outreach.booking.guest_places import AGREED, BOOKED, OTHER, WITHDRAWN, GuestPlace, Seats
from outreach.booking.guests import joining, seating
from outreach.booking.guests.joining import JoiningWish
from outreach.booking.guests.seating import NotAnyMore, SeatsGone
from outreach.booking.numbers import Promise
from outreach.booking.promises import GUEST, GUEST_CONSENT, SCHOOL, SEATS, Booking
from outreach.county import partnerships
from outreach.county.register import lines
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import broken_guard, db
from outreach.ground.errors import Refusal
from outreach.ground.wording import clock, day
from outreach.post import letters
from outreach.tour import freed_seats, performances, sessions
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.tour.sessions import TrainingSession

MOVED_UP = "Places have come free, and you were next on the waiting list."
THE_LIST = "the waiting list"
"""Who is said to have booked where somebody moved up."""


class PlacesThere(Refusal):
    """Whoever is asked comes to a session once; more of its staff are a change of the number."""

    def __init__(self, booking: Booking) -> None:
        self.reference = booking.reference
        super().__init__(
            f"You have {booking.programme.words.count(booking.seats)} booked at that session already. "
            "Change the number there."
        )


class WaitsThere(Refusal):
    """It is on the waiting list of that session."""

    def __init__(self) -> None:
        super().__init__("You are on the waiting list of that session already.")


class OnlyGivenUp(Refusal):
    """Whoever is asked is there no more: it neither moves its places nor changes their number."""

    def __init__(self, whom: str) -> None:
        super().__init__(f"Your {whom} is closed, as far as we know, so its places can only be given up.")


class NoSession(Refusal):
    """What is left, moved or waited for is no session, or none any more."""

    def __init__(self) -> None:
        super().__init__("That session is not open for places any more. These are the ones that are.")


def take(
    programme: Programme,
    organisation: Organisation,
    performance: Performance,
    promise: Promise,
    *,
    waits: bool = False,
    who: str,
    now: datetime,
) -> GuestPlace:
    """Places at a session for so many of its staff, booked at once (`place.booking`); where too few are left, and it
    `waits`, its turn on the waiting list. Whatever it waited for before, it waits for no more.

    Where it waits there already for another number, it keeps its turn with this one.

    Raises NoSession, PlacesThere, WaitsThere, SeatsGone, colleagues.NobodyNamed, what seating.why_not says, and the
    refusals of bookings.book about numbers.
    """
    seating.lock(organisation.organisation_id, performance)
    session = _open_session(programme, performance, now=now)
    account = _may_come(programme, organisation, performance, now=now)
    numbers.check(programme, organisation, promise, ceiling=session.places, account=account, who=who, now=now)
    if not promise.people:
        raise colleagues.NobodyNamed
    wanted, there = sum(promise.pupils.values()), guest_places.seats_of(performance, session.places)
    if wanted > there.for_guests and not waits:
        raise SeatsGone(wanted, there.for_guests, programme.words)
    waited = guest_places.open_of(programme.id, organisation.organisation_id)
    if waited is not None:
        _waits_once(waited, performance, wanted, there)
        if waited.performance_id == performance.id and wanted > there.for_guests:
            return _wait_for(waited, promise, who=who, now=now)
        ended_as = BOOKED if wanted <= there.for_guests else WITHDRAWN
        guest_questions.end(waited, ended_as, who=who, now=now)
    wish = JoiningWish(why=OTHER, promise=promise)
    place = joining.put_down(programme, organisation, performance, wish, who=who, now=now)
    if wanted > there.for_guests:
        joining.let_wait(place, promise.people, who=who, now=now)
    else:
        place.answer, place.answered_at = AGREED, now
        seating.seat(place, promise, there, who=who, now=now)
    return place


def foresee(
    programme: Programme,
    organisation: Organisation,
    performance: Performance,
    promise: Promise,
    *,
    now: datetime,
) -> None:
    """Before anybody is asked whether to take these places: what `take` refuses. Nothing is written or waited for."""
    session = _open_session(programme, performance, now=now)
    account = _may_come(programme, organisation, performance, now=now)
    if not promise.own_numbers:
        numbers.compare(programme, organisation, promise, account)
    waited = guest_places.open_of(programme.id, organisation.organisation_id)
    if waited is not None:
        there = guest_places.seats_of(performance, session.places)
        _waits_once(waited, performance, sum(promise.pupils.values()), there)


def seat_who_waits() -> None:
    """Give the places that came free in this transaction to those who wait for them, before it commits: nobody else
    ever sees them as free."""
    noted = freed_seats.take()
    db.session.flush()
    for performance in db.session.scalars(
        select(Performance).where(Performance.id.in_(noted)).order_by(Performance.id)
    ).all():
        if performances.lock_day_unless_busy(performance.tour_day_id):
            move_up(performance, now=noted[performance.id])


def waited_for(programme_id: int, *, now: datetime) -> list[int]:
    """The sessions to come of a programme for which somebody waits, the next first; one query."""
    return list(
        db.session.scalars(
            select(Performance.id)
            .where(
                Performance.programme_id == programme_id,
                Performance.starts_at > now,
                Performance.released_at.is_(None),
                exists().where(GuestPlace.performance_id == Performance.id, GuestPlace.ended_at.is_(None)),
                exists().where(TrainingSession.performance_id == Performance.id),
            )
            .order_by(Performance.starts_at, Performance.id)
        )
    )


def give_out(performance_id: int, *, now: datetime) -> int:
    """Places of a session that are free to who waits for them, as the day's run does for whom it passed over when they
    came free; how many moved up."""
    performance = db.session.get_one(Performance, performance_id)
    performances.lock_days_of(performance)
    return len(move_up(performance, now=now))


def move_up(performance: Performance, *, now: datetime) -> list[Booking]:
    """Who waits for a session has the places that came free: the first of the list whose number fits, then the next.

    The caller holds the lock of its tour day. Whoever somebody else has in hand this moment, or who could not book it
    any more, keeps its place in the list and is passed over.
    """
    moved: list[Booking] = []
    session = sessions.of_performance(performance.id)
    if session is None:
        return moved
    for place in guest_places.asked_of(performance.id):
        there = guest_places.seats_of(performance, session.places)
        if place.seats > there.for_guests:
            continue
        if not performances.lock_organisation_unless_busy(place.organisation_id):
            continue
        db.session.refresh(place)
        if place.ended_at is not None or place.performance_id != performance.id:
            continue
        try:
            with db.session.begin_nested():
                # A second later each: the trainer's entry has a revision for every one of them.
                moved.append(_moved_up(place, session, now=now + timedelta(seconds=1 + len(moved))))
        except Refusal:
            continue
    return moved


def move(booking: Booking, to: Performance, *, who: str, now: datetime, by: str = SCHOOL) -> Booking:
    """The same places at another session, in one deed: refused, the old stand; UID kept, SEQUENCE + 1, since it is one
    entry at another time and place.

    Raises BookingEnded, ShowIsOver, TooLateToMove, NoSession, PlacesThere, SeatsGone.
    """
    left = booking.performance
    performances.lock_organisation(booking.organisation_id)
    performances.lock_days_of(left, to)
    db.session.refresh(booking)
    booking.still_open()
    if left.ends_at <= now:
        raise bookings.ShowIsOver
    if by == SCHOOL and not booking.can_cancel(now):
        raise bookings.TooLateToMove(partnerships.get(booking.partnership_id))
    if to.id == left.id:
        raise PlacesThere(booking)
    if booking.role != GUEST or sessions.of_performance(left.id) is None:
        raise NoSession
    programme, session = booking.programme, _open_session(booking.programme, to, now=now)
    for who_has in (booking.organisation, *_takers(booking)):
        _once(programme, who_has, to)
    there = guest_places.seats_of(to, session.places)
    if booking.seats > there.for_guests:
        raise SeatsGone(booking.seats, there.for_guests, programme.words)
    _put_at(booking, to, left_for=there.for_guests)
    was = told.times_of(left)["starts_at"]
    waited = guest_places.open_of(programme.id, booking.organisation_id)
    if waited is not None and waited.performance_id == to.id:
        guest_questions.end(waited, BOOKED, who=who, now=now)
    numbers.revise(booking, promises.pupils_of(booking), who=who, now=now)
    told.lengthen_links(booking, now=now)
    history.record("moved", booking, who=who, now=now, before=was.isoformat(), after=to.starts_at.isoformat())
    people = promises.people_of(booking)
    was_at = f"{day(was)} at {clock(was)}, {sessions.where(left)}"
    told.organisation(
        booking,
        people,
        letters.moved_places,
        was_at=was_at,
        now=now,
        expires_at=told.expiry(booking),
    )
    name, comes = booking.organisation.name, programme.words.count(booking.seats)
    for show, said in ((left, f"{name} does not come any more."), (to, f"{name} comes, with {comes}.")):
        told.troupe(show, show.troupe_id, "REQUEST", changes=[said], now=now)
        subscribed.show(show, now=now)
    freed_seats.note([left.id], now=now)
    return booking


def _open_session(programme: Programme, performance: Performance, *, now: datetime) -> TrainingSession:
    session = sessions.of_performance(performance.id)
    if session is None or performance.programme_id != programme.id:
        raise NoSession
    try:
        seating.check_stands(performance, now=now)
    except NotAnyMore as gone:
        raise NoSession from gone
    return session


def _takers(booking: Booking) -> list[Organisation]:
    """The open ones that follow whoever has the places: two promises at one session would both be theirs."""
    found = lines.heirs([booking.organisation_id], booking.partnership_id)
    return found.get(booking.organisation_id, [])


def _once(programme: Programme, organisation: Organisation, performance: Performance) -> None:
    for booking in promises.live(programme.id, organisation.organisation_id):
        if booking.performance_id == performance.id:
            raise PlacesThere(booking)


def _may_come(
    programme: Programme, organisation: Organisation, performance: Performance, *, now: datetime
) -> PromiseAccount:
    """What it has and has promised. Raises PlacesThere, and what seating.why_not says."""
    _once(programme, organisation, performance)
    account = accounts.account(programme, organisation, now=now)
    if (why := seating.why_not(programme, organisation, account, catch_up=True)) is not None:
        raise why
    return account


def _waits_once(waited: GuestPlace, performance: Performance, wanted: int, there: Seats) -> None:
    """For another number it can wait instead. Raises WaitsThere."""
    if waited.performance_id == performance.id and wanted > there.for_guests and waited.seats == wanted:
        raise WaitsThere


def _wait_for(place: GuestPlace, promise: Promise, *, who: str, now: datetime) -> GuestPlace:
    """It waits for so many from now on, and for whom it names now, in its turn."""
    was = place.seats
    joining.named_instead(place, promise.people, who=who, now=now)
    place.pupils = {y: n for y, n in promise.pupils.items() if n}
    place.seats = sum(promise.pupils.values())
    place.access_needs = {slug: n for slug, n in promise.access_needs.items() if n}
    db.session.flush()
    subject = history.Subject("school", place.organisation_id, place.programme.partnership_id)
    history.record("waits for another number", subject, who=who, now=now, before=was, after=place.seats)
    return place


def _moved_up(place: GuestPlace, session: TrainingSession, *, now: datetime) -> Booking:
    programme, promise = place.programme, seating.promised(place)
    seating.check_stands(place.performance, now=now)
    account = _may_come(programme, place.organisation, place.performance, now=now)
    numbers.check(
        programme,
        place.organisation,
        promise,
        ceiling=session.places,
        account=account,
        who=THE_LIST,
        now=now,
    )
    place.answer, place.answered_at = AGREED, now
    there = guest_places.seats_of(place.performance, session.places)
    return seating.seat(place, promise, there, note=MOVED_UP, who=THE_LIST, now=now)


def _put_at(booking: Booking, to: Performance, *, left_for: int) -> None:
    """The promise and how it came about, at the other session; the database's guards have the last word."""
    place = guest_places.of_booking(booking)
    booking.performance_id = to.id
    booking.sequence += 1
    booking.place_sequence = booking.sequence
    if place is not None:
        place.performance_id, place.moved_at, place.coming_at, place.said = to.id, None, None, ""
    try:
        db.session.flush()
    except IntegrityError as error:
        if broken_guard(error) not in (SEATS, GUEST_CONSENT):
            raise
        raise SeatsGone(booking.seats, left_for, booking.programme.words) from error
    db.session.refresh(booking)
