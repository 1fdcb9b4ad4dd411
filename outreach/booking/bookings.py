"""The heart: a school books, moves, changes and cancels; each verb is one transaction of its door.

Locks are taken in one order: the school, then the tour days by id. The database's own guards stand
behind every rule of place, time and seats.
"""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from outreach.booking import holds, promises, told
from outreach.booking.holds import NothingHeld
from outreach.booking.promises import (
    COMPANY,
    COORDINATOR,
    GUEST,
    HOST,
    HOST_SCHOOL,
    SCHOOL,
    Booking,
    BookingContact,
    BookingRevision,
    Cancellation,
    PromisedPupils,
)
from outreach.booking.told import ACCESS_NEEDS
from outreach.county import contacts
from outreach.county.partnerships import Partnership
from outreach.county.schools import School, set_own_numbers
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.school_year import year_group_name
from outreach.post import letters
from outreach.post.links import PersonalLink
from outreach.tour import performances, slots
from outreach.tour.performances import Performance, Slot, SlotTaken
from outreach.tour.programmes import Programme

LEAD, ON_THE_DAY, COLLEAGUE = "safeguarding lead", "on the day", "colleague"


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody at the school who gets the calendar entry."""

    name: str
    address: str
    duty: str
    role: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What a school says will come. `own_numbers`: year group sizes it confirmed as its own."""

    pupils: Mapping[int, int]
    hall: str = ""
    step_free: bool | None = None
    access_needs: Mapping[str, int] = field(default_factory=dict)
    arrival_note: str = ""
    people: Sequence[Colleague] = ()
    own_numbers: Mapping[int, int] = field(default_factory=dict)


class NobodyComes(Refusal):
    field = "pupils"

    def __init__(self) -> None:
        super().__init__("Enter how many pupils will come, in figures.")


class NotForThatYear(Refusal):
    field = "pupils"

    def __init__(self, year_group: int) -> None:
        super().__init__(f"This programme is not for {year_group_name(year_group)} of your school.")


class MoreThanTheSchoolHas(Refusal):
    """Confirming it (Promise.own_numbers) makes the number the school's own."""

    field = "pupils"

    def __init__(self, year_group: int, known: int, entered: int) -> None:
        self.year_group, self.known, self.entered = year_group, known, entered
        super().__init__(
            f"Your school has {known:,} pupils in {year_group_name(year_group)} by our count; "
            f"you entered {entered:,}. Is that right?"
        )


class TooManyForOneShow(Refusal):
    field = "pupils"

    def __init__(self, ceiling: int, total: int) -> None:
        super().__init__(f"One performance takes {ceiling:,} pupils at most; you entered {total:,} in all.")


class NobodyNamed(Refusal):
    field = "people"

    def __init__(self) -> None:
        super().__init__("Name somebody at your school, with an email address, who gets the calendar entry.")


class LastPerson(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "This is the only person with this booking in the calendar. Add somebody else first."
        )


class AlreadyThere(Refusal):
    field = "address"

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} has this booking in the calendar already.")


class TooLateToMove(Refusal):
    def __init__(self, partnership: Partnership) -> None:
        super().__init__(f"It is too late to move this online. {whom_to_ring(partnership)}")


class TooLateToCancel(Refusal):
    def __init__(self, partnership: Partnership) -> None:
        super().__init__(f"It is too late to cancel this online. {whom_to_ring(partnership)}")


class TooLateToChange(Refusal):
    def __init__(self) -> None:
        super().__init__("The performance has begun, so this can no longer be changed here.")


class BookingEnded(Refusal):
    def __init__(self) -> None:
        super().__init__("This booking was cancelled.")


class ReasonMissing(Refusal):
    field = "reason"

    def __init__(self) -> None:
        super().__init__("Say why the booking is cancelled.")


def whom_to_ring(partnership: Partnership) -> str:
    """'Ring Priya Nandakumar on 01632 960 118.'"""
    if not partnership.contact_phone:
        return f"Write to {partnership.contact_email}." if partnership.contact_email else ""
    return f"Ring {partnership.contact_name or 'us'} on {partnership.contact_phone}."


def book(
    programme: Programme,
    school: School,
    shows: Sequence[tuple[int, Promise]],
    *,
    who: str,
    now: datetime,
    by: str = SCHOOL,
) -> list[Booking]:
    """Make the promise: one booking for each (performance id that the school holds, what comes).

    Sent twice it books once: a hold that this school has booked already gives that booking again. A hold just
    lapsed that nobody took still counts. Raises NothingHeld, NobodyComes, NotForThatYear, MoreThanTheSchoolHas,
    TooManyForOneShow, NobodyNamed.
    """
    ids = [performance_id for performance_id, _ in shows]
    performances.lock_school(school.urn)
    done = [b for b in promises.live(programme.id, school.urn) if b.performance_id in ids]
    if done:
        return done
    kept = {p.id: p for p in holds.kept(programme.id, school.urn) if p.id in ids}
    if len(kept) != len(shows) or not shows:
        raise NothingHeld
    performances.lock_days(p.tour_day_id for p in kept.values())
    made = []
    for performance_id, promise in shows:
        _check_pupils(programme, school, promise, who=who, now=now)
        made.append(_promise(programme, school, kept[performance_id], promise, who=who, now=now))
    holds.drop_draft(programme.id, school.urn)
    _lengthen_links(made[-1])
    for booking, (_, promise) in zip(made, shows, strict=True):
        told.school(
            booking,
            _name(booking, promise.people, who=who, now=now),
            _with_link(letters.booked, booking),
            now=now,
        )
        told.troupe(booking.performance, booking.performance.troupe_id, "REQUEST", now=now)
    return made


def move(booking: Booking, slot: Slot, *, who: str, now: datetime, by: str = SCHOOL) -> Booking:
    """Move the show to another slot, in place: refused, the old stands; UID kept, SEQUENCE + 1.

    Guests keep their places and are told. Raises BookingEnded, TooLateToMove, SlotTaken.
    """
    performance = booking.performance
    performances.lock_school(booking.urn)
    performances.lock_days([performance.tour_day_id, slot.tour_day_id])
    db.session.refresh(booking)
    db.session.refresh(performance)
    _still_open(booking)
    free = by != SCHOOL
    if not free and not booking.can_move(now):
        raise TooLateToMove(db.session.get_one(Partnership, booking.programme.partnership_id))
    performances.clear_expired([slot.tour_day_id], now=now)
    there = slots.find(
        booking.programme,
        performance.host,
        slot.key,
        now=now,
        instead_of=performance.id,
        whatever_the_notice=free,
    )
    if there is None:
        raise SlotTaken
    was_starts_at, was_troupe = performance.starts_at, performance.troupe_id
    performances.shift(performance, there)
    for promise in promises.of_performance(performance.id):
        promise.sequence += 1
        promise.place_sequence = promise.sequence
        _revise(promise, promises.pupils_of(promise), who=who, now=now)
        _lengthen_links(promise)
        history.record(
            "moved", "booking", promise.reference, who=who, now=now,
            before=was_starts_at.isoformat(), after=performance.starts_at.isoformat(),
        )  # fmt: skip
        write = partial(_with_link(letters.moved, promise), was_starts_at=was_starts_at)
        told.school(promise, promises.people_of(promise), write, now=now)
    if was_troupe != performance.troupe_id:
        told.troupe(performance, was_troupe, "CANCEL", now=now)
    told.troupe(performance, performance.troupe_id, "REQUEST", now=now)
    return booking


def change(booking: Booking, promise: Promise, *, who: str, now: datetime, by: str = SCHOOL) -> Booking:
    """Change numbers, hall, access needs or note (people have their own verbs). Nothing changed: nobody is written to.

    Raises BookingEnded, TooLateToChange and the refusals of `book` about pupils.
    """
    performances.lock_school(booking.urn)
    performances.lock_days([booking.performance.tour_day_id])
    db.session.refresh(booking)
    _still_open(booking)
    if by == SCHOOL and not booking.can_change(now):
        raise TooLateToChange
    _check_pupils(booking.programme, booking.school, promise, who=who, now=now, leaving_out=booking.id)
    pupils = {y: n for y, n in promise.pupils.items() if n}
    before, after = _said(booking, promises.pupils_of(booking)), None
    booking.hall, booking.step_free, booking.arrival_note = (
        promise.hall,
        promise.step_free,
        promise.arrival_note,
    )
    booking.access_needs = {slug: n for slug, n in promise.access_needs.items() if n}
    after = _said(booking, pupils)
    if before == after:
        return booking
    _seat(booking, sum(pupils.values()))
    if before["pupils"] != after["pupils"]:
        _revise(booking, pupils, who=who, now=now)
    history.record("changed", "booking", booking.reference, who=who, now=now, before=before, after=after)
    told.school(booking, promises.people_of(booking), _with_link(letters.changed, booking), now=now)
    told.troupe(booking.performance, booking.performance.troupe_id, "REQUEST", now=now)
    return booking


def cancel(booking: Booking, *, reason: str, by: str, who: str, now: datetime) -> None:
    """End the promise, with its reason; the host's ends those of its guests and gives the time back.

    Cancelled already: nothing happens. Raises ReasonMissing, TooLateToCancel (a coordinator or company always can).
    """
    if not reason.strip():
        raise ReasonMissing
    performance = booking.performance
    performances.lock_school(booking.urn)
    performances.lock_days([performance.tour_day_id])
    db.session.refresh(booking)
    if booking.ended_at is not None:
        return
    if by == SCHOOL and not booking.can_cancel(now):
        raise TooLateToCancel(db.session.get_one(Partnership, booking.programme.partnership_id))
    ended = promises.of_performance(performance.id) if booking.role == HOST else [booking]
    for promise in ended:
        cause = by if promise.id == booking.id else HOST_SCHOOL
        promise.ended_at = now
        promise.sequence += 1
        promise.place_sequence = promise.sequence
        db.session.add(
            Cancellation(
                booking_id=promise.id, recorded_at=now, cancelled_by=cause, who=who, reason=reason.strip()
            )
        )
        history.record("cancelled", "booking", promise.reference, who=who, now=now, after=reason.strip())
        db.session.flush()
        write = partial(letters.cancelled, reason=reason.strip(), by=cause)
        told.school(promise, promises.people_of(promise), write, now=now)
    if booking.role == HOST:
        performances.release(performance, now=now)
        told.troupe(performance, performance.troupe_id, "CANCEL", now=now)
    else:
        told.troupe(performance, performance.troupe_id, "REQUEST", now=now)


def add_colleague(booking: Booking, colleague: Colleague, *, who: str, now: datetime) -> BookingContact:
    """Give somebody else the calendar entry, at its present SEQUENCE; the others get no mail. Raises AlreadyThere."""
    performances.lock_school(booking.urn)
    db.session.refresh(booking)
    _still_open(booking)
    (added,) = _name(booking, [colleague], who=who, now=now)
    history.record("added", "booking", booking.reference, who=who, now=now, after=added.address)
    told.school(booking, [added], _with_link(letters.colleague_added, booking), now=now)
    return added


def remove_colleague(booking: Booking, contact_id: int, *, who: str, now: datetime) -> None:
    """Take the entry out of one person's calendar: CANCEL to that attendee alone, SEQUENCE + 1 (RFC 5546 3.2.5).

    Raises LastPerson; somebody who is not there any more is no fault.
    """
    performances.lock_school(booking.urn)
    db.session.refresh(booking)
    _still_open(booking)
    people = promises.people_of(booking)
    leaving = next((p for p in people if p.id == contact_id), None)
    if leaving is None:
        return
    if len(people) == 1:
        raise LastPerson
    booking.sequence += 1
    leaving.removed_at = now
    db.session.flush()
    history.record("removed", "booking", booking.reference, who=who, now=now, before=leaving.address)
    told.school(booking, [leaving], letters.colleague_removed, now=now)


def _still_open(booking: Booking) -> None:
    if booking.ended_at is not None:
        raise BookingEnded


def _check_pupils(
    programme: Programme,
    school: School,
    promise: Promise,
    *,
    who: str,
    now: datetime,
    leaving_out: int | None = None,
) -> None:
    total = sum(promise.pupils.values())
    if programme.for_adults and not total:
        return
    if total <= 0 or any(n < 0 for n in promise.pupils.values()):
        raise NobodyComes
    if total > programme.audience_ceiling:
        raise TooManyForOneShow(programme.audience_ceiling, total)
    if promise.own_numbers:
        set_own_numbers(school.urn, programme.academic_year, dict(promise.own_numbers), who=who, now=now)
    account = promises.account(programme, school, leaving_out=leaving_out)
    known, elsewhere = account.expected, account.promised
    for year_group, pupils in promise.pupils.items():
        if year_group not in known and pupils:
            raise NotForThatYear(year_group)
        at_most = known[year_group].at_most if year_group in known else None
        entered = pupils + elsewhere.get(year_group, 0)
        if pupils and at_most is not None and entered > at_most:
            raise MoreThanTheSchoolHas(year_group, known[year_group].pupils or 0, entered)


def _promise(
    programme: Programme,
    school: School,
    performance: Performance,
    promise: Promise,
    *,
    who: str,
    now: datetime,
) -> Booking:
    if not promise.people:
        raise NobodyNamed
    pupils = {y: n for y, n in promise.pupils.items() if n}
    performance.held_until = None
    prefix = db.session.get_one(Partnership, programme.partnership_id).reference_prefix
    booking = Booking(
        reference=_reference(prefix),
        programme_id=programme.id,
        urn=school.urn,
        performance_id=performance.id,
        role=HOST,
        seats=sum(pupils.values()),
        hall=promise.hall,
        step_free=promise.step_free,
        access_needs={slug: n for slug, n in promise.access_needs.items() if n},
        arrival_note=promise.arrival_note,
        booked_by=who,
        uid=str(uuid.uuid4()),
        organizer_token=secrets.token_hex(10),
        created_at=now,
    )
    db.session.add(booking)
    db.session.flush()
    _revise(booking, pupils, who=who, now=now)
    history.record(
        "booked", "booking", booking.reference, who=who, now=now,
        after={"urn": school.urn, "starts_at": performance.starts_at.isoformat(), "pupils": pupils},
    )  # fmt: skip
    return booking


def _revise(booking: Booking, pupils: Mapping[int, int], *, who: str, now: datetime) -> None:
    """A new dated row of what the promise says."""
    performance = booking.performance
    revision = BookingRevision(
        booking_id=booking.id,
        recorded_at=now,
        starts_at=performance.starts_at,
        ends_at=performance.ends_at,
        who=who,
    )
    db.session.add(revision)
    db.session.flush()
    db.session.add_all(
        PromisedPupils(revision_id=revision.id, year_group=y, pupils=n)
        for y, n in sorted(pupils.items())
        if n
    )
    db.session.flush()


def _seat(booking: Booking, seats: int) -> None:
    """Change the seats taken; the database refuses more than the show takes with its guests."""
    booking.seats = seats
    try:
        db.session.flush()
    except IntegrityError as error:
        if "booking_seats" not in str(error.orig):
            raise
        raise TooManyForOneShow(booking.programme.audience_ceiling, seats) from error


def _name(booking: Booking, people: Sequence[Colleague], *, who: str, now: datetime) -> list[BookingContact]:
    """Put people on the booking, one row an address, and on file at the school if they are not."""
    there = {p.address.casefold() for p in promises.people_of(booking)}
    on_file = {c.address.casefold() for c in contacts.of(booking.urn)}
    rows = []
    for person in people:
        address = contacts.clean_address(person.address)
        if address.casefold() in there:
            if len(people) == 1:
                raise AlreadyThere(address)
            continue
        there.add(address.casefold())
        row = BookingContact(
            booking_id=booking.id, name=person.name, duty=person.duty, role=person.role, address=address,
            phone=person.phone, added_at=now,
        )  # fmt: skip
        rows.append(row)
        if address.casefold() not in on_file:
            contacts.add(
                booking.urn, person.name, person.role or person.duty, address, person.phone,
                f"booking {booking.reference}", now.date(), who=who, now=now,
            )  # fmt: skip
    db.session.add_all(rows)
    db.session.flush()
    return rows


def _with_link(write, booking: Booking):
    return partial(write, expires_at=told.expiry(booking))


def _lengthen_links(booking: Booking) -> None:
    """Links of this school that are open live at least as long as the booking's do."""
    until = told.expiry(booking)
    db.session.execute(
        update(PersonalLink)
        .where(
            PersonalLink.urn == booking.urn,
            PersonalLink.programme_id == booking.programme_id,
            PersonalLink.withdrawn_at.is_(None),
            PersonalLink.expires_at < until,
        )
        .values(expires_at=until)
    )


def _said(booking: Booking, pupils: Mapping[int, int]) -> dict[str, object]:
    return {
        "pupils": {str(y): n for y, n in sorted(pupils.items())},
        "hall": booking.hall,
        "step_free": booking.step_free,
        "arrival_note": booking.arrival_note,
        "access_needs": dict(booking.access_needs),
    }


ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No letter or figure that is mistaken for another when read out."""


def _reference(prefix: str) -> str:
    """A reference to read out on the phone: 'MRL-7K4P'; longer once many are taken."""
    for length in (4, 4, 5, 5, 6, 8):
        reference = f"{prefix}-{''.join(secrets.choice(ALPHABET) for _ in range(length))}"
        if db.session.scalar(select(Booking.id).where(Booking.reference == reference)) is None:
            return reference
    raise RuntimeError("no reference is left")


__all__ = [
    "ACCESS_NEEDS", "COMPANY", "COORDINATOR", "GUEST", "HOST", "SCHOOL", "Booking", "Colleague", "Promise",
    "add_colleague", "book", "cancel", "change", "move", "remove_colleague", "whom_to_ring",
]  # fmt: skip
