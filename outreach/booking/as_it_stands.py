"""A visit as somebody's calendar is to show it now: for the post, which asks before it sends a letter
again."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from outreach.booking import promises, proposals, told
from outreach.booking.promises import Booking, VisitContact
from outreach.booking.proposals import Proposal
from outreach.ground.db import db
from outreach.post.again import (
    CalendarStanding,
    Stands,
    StandsCancelled,
    StandsForTroupe,
    StandsNotKept,
    StandsWithoutThem,
)
from outreach.post.calendars import CANCEL, REQUEST
from outreach.post.incoming.headers import bare
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
    performances.lock_organisation(booking.organisation_id)
    db.session.refresh(booking)
    db.session.refresh(booking.performance)
    person = _of_address(promises.people_of(booking), address)
    gone = _had_it(booking, address) if person is None else None
    of = person or gone
    if of is None:
        return None
    ended = promises.cancellation_of(booking) if booking.ended_at is not None else None
    says: Stands | StandsCancelled | StandsWithoutThem = Stands(told.expiry(booking))
    if gone is not None:
        says = StandsWithoutThem()
    elif ended is not None:
        says = StandsCancelled(ended.reason, ended.cancelled_by)
    visit, sender = told.visit_of(booking), told.sender_of_programme(booking.programme)
    return CalendarStanding(visit=visit, to=of.addressee(), sender=sender, says=says)


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
    performances.lock_organisation(proposal.organisation_id)
    db.session.refresh(proposal)
    person = _of_address(proposal.people, address)
    if person is None or proposal.performance is None:
        return None
    db.session.refresh(proposal.performance)
    until = proposals.link_until(proposal, now=now)
    ended = proposal.ended_at is not None
    return CalendarStanding(
        visit=proposals.visit_of(proposal),
        to=person.addressee(),
        sender=proposals.sender(proposal.programme),
        says=StandsNotKept(proposal.ended_as or "", until) if ended else Stands(until),
    )


def _of_troupe(performance: Performance, address: str, now: datetime) -> CalendarStanding | None:
    performances.lock_organisation(performance.organisation_id)
    db.session.refresh(performance)
    entry = told.troupe_entry(performance, performance.troupe_id, now=now)
    if entry is None:
        return None
    here = bare(entry.to.address) == bare(address)
    stands = here and performance.released_at is None
    says = StandsForTroupe(REQUEST) if stands else StandsForTroupe(CANCEL, told.goes_ahead(performance))
    to = entry.to if here else Addressee(address=address, role=entry.to.role)
    return CalendarStanding(visit=entry.visit, to=to, sender=entry.sender, says=says)


def _of_troupe_before(left: TroupeEvent, now: datetime) -> CalendarStanding | None:
    performances.lock_organisation(left.performance.organisation_id)
    entry = told.troupe_left_entry(left, now=now)
    if entry is None:
        return None
    says = StandsForTroupe(CANCEL, told.goes_ahead(left.performance))
    return CalendarStanding(visit=entry.visit, to=entry.to, sender=entry.sender, says=says)


def _of_address(people: Iterable[VisitContact], address: str) -> VisitContact | None:
    return next((p for p in people if bare(p.address) == bare(address)), None)
