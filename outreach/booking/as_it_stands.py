"""A visit as somebody's calendar is to show it now: for the post, which asks before it sends a letter
again."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from sqlalchemy import select

from outreach.booking import promises, proposals, told
from outreach.booking.promises import Booking, VisitContact
from outreach.booking.proposals import Proposal
from outreach.ground.db import db
from outreach.post import calendars, letters, proposing
from outreach.post.calendars import CANCEL, REQUEST
from outreach.post.incoming.headers import bare
from outreach.post.letters import CalendarStanding
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee
from outreach.tour import performances
from outreach.tour.performances import Performance, TroupeEvent


def visit_as_it_stands(uid: str, address: str, now: datetime) -> CalendarStanding | None:
    """What stands of the event `uid` for whoever has that address, read behind the school's lock.

    None for an event that is nobody's, and for an address that never had it in the calendar.
    """
    booking = db.session.scalar(select(Booking).where(Booking.uid == uid))
    if booking is not None:
        return _of_booking(booking, address, now)
    proposal = db.session.scalar(select(Proposal).where(Proposal.uid == uid))
    if proposal is not None:
        return _of_proposal(proposal, address, now)
    performance = db.session.scalar(select(Performance).where(Performance.uid == uid))
    if performance is not None:
        return _of_troupe(performance, address, now)
    left = db.session.get(TroupeEvent, uid)
    return _of_troupe_before(left, now) if left is not None else None


def _of_booking(booking: Booking, address: str, now: datetime) -> CalendarStanding | None:
    performances.lock_school(booking.urn)
    db.session.refresh(booking)
    db.session.refresh(booking.performance)
    person = _of_address(promises.people_of(booking), address)
    visit, sender = told.visit_of(booking), told.sender_of_programme(booking.programme)
    entry = letters.appointment(visit, sender, now=now)
    if person is None:
        gone = _had_it(booking, address)
        if gone is None:
            return None
        only = (calendars.Attendee(name=gone.name, address=gone.address),)
        write = partial(letters.colleague_removed, visit, gone.addressee(), sender, now=now)
        return CalendarStanding(calendar=calendars.cancel(entry, only), write=write)
    to = person.addressee()
    ended = promises.cancellation_of(booking) if booking.ended_at is not None else None
    if ended is not None:
        reason, by = ended.reason, ended.cancelled_by
        write = partial(letters.cancelled, visit, to, sender, reason=reason, by=by, now=now)
        return CalendarStanding(calendar=calendars.cancel(entry), write=write)
    write = partial(letters.as_it_stands, visit, to, sender, now=now, expires_at=told.expiry(booking))
    return CalendarStanding(calendar=calendars.request(entry), write=write)


def _had_it(booking: Booking, address: str) -> VisitContact | None:
    """Somebody who was taken out of a booking again, or had the proposal that it came of and was not named
    with it."""
    removed = db.session.scalars(
        select(VisitContact)
        .where(VisitContact.booking_id == booking.id, VisitContact.ended_at.is_not(None))
        .order_by(VisitContact.id.desc())
    )
    person = _of_address(removed, address)
    if person is not None:
        return person
    proposal = db.session.scalar(select(Proposal).where(Proposal.uid == booking.uid))
    return _of_address(proposal.people, address) if proposal is not None else None


def _of_proposal(proposal: Proposal, address: str, now: datetime) -> CalendarStanding | None:
    performances.lock_school(proposal.urn)
    db.session.refresh(proposal)
    person = _of_address(proposal.people, address)
    if person is None or proposal.performance is None:
        return None
    db.session.refresh(proposal.performance)
    visit, sender = proposals.visit_of(proposal), proposals.sender(proposal.programme)
    entry = letters.appointment(visit, sender, now=now)
    write: Callable[..., Letter] = proposing.as_it_stands
    says = calendars.request(entry)
    if proposal.ended_at is not None:
        write = partial(proposing.ended, how=proposal.ended_as, reason="")
        says = calendars.cancel(entry)
    until = proposals.link_until(proposal, now=now)
    return CalendarStanding(
        calendar=says, write=partial(write, visit, person.addressee(), sender, now=now, expires_at=until)
    )


def _of_troupe(performance: Performance, address: str, now: datetime) -> CalendarStanding | None:
    performances.lock_school(performance.urn)
    db.session.refresh(performance)
    entry = told.troupe_entry(performance, performance.troupe_id, now=now)
    if entry is None:
        return None
    here = bare(entry.to.address) == bare(address)
    method = REQUEST if here and performance.released_at is None else CANCEL

    def write() -> Letter:
        return letters.for_troupe(entry.visit, to, entry.sender, method=method, now=now)

    to = entry.to if here else Addressee(address=address, role=entry.to.role)
    says = letters.troupe_calendar(entry.visit, to, entry.sender, method=method, now=now)
    return CalendarStanding(calendar=says, write=write)


def _of_troupe_before(left: TroupeEvent, now: datetime) -> CalendarStanding | None:
    performances.lock_school(left.performance.urn)
    entry = told.troupe_left_entry(left, now=now)
    if entry is None:
        return None
    gone = (entry.visit, entry.to, entry.sender)
    return CalendarStanding(
        calendar=letters.troupe_calendar(*gone, method=CANCEL, now=now),
        write=partial(letters.for_troupe, *gone, method=CANCEL, now=now),
    )


def _of_address(people: Iterable[VisitContact], address: str) -> VisitContact | None:
    return next((p for p in people if bare(p.address) == bare(address)), None)
