"""A time is kept for a school: proposed, taken by it, refused, taken back, or nobody answered in time."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy import exists, select

from outreach.booking import (
    accounts,
    bookings,
    colleagues,
    holds,
    numbers,
    promises,
    proposals,
    subscribed,
    told,
)
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal, ProposalEnded
from outreach.county.contacts import Contact
from outreach.county.schools import School
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import clock, day_short
from outreach.post import letters, outbox, proposing
from outreach.post.proposing import CALLED_OFF, LAPSED, OVERTAKEN, REFUSED, WITHDRAWN
from outreach.tour import performances, slots
from outreach.tour.performances import Slot, SlotTaken
from outreach.tour.programmes import Programme


class NothingToPropose(Refusal):
    """The school cannot book anything (more) of the programme."""


class AlreadyProposed(Refusal):
    def __init__(self, school: School, kept: Proposal) -> None:
        super().__init__(
            f"{day_short(kept.starts_at)}, {clock(kept.starts_at)} is kept for {school.name} already. "
            "Take that back first, or wait for the answer."
        )


class NobodyToWriteTo(Refusal):
    field = "people"

    def __init__(self) -> None:
        super().__init__("Choose whom the proposal goes to.")


class AddressDead(Refusal):
    field = "people"

    def __init__(self, address: str) -> None:
        super().__init__(
            f"Mail to {address} came back for good. Choose somebody else, or correct the address."
        )


class NotKeptAnyMore(Refusal):
    def __init__(self, proposal: Proposal) -> None:
        said = {
            ACCEPTED: "The school has booked that time meanwhile.",
            REFUSED: "The school has said no meanwhile.",
        }
        super().__init__(said.get(proposal.ended_as, "That time is not kept any more."))


class ReplyByWrong(Refusal):
    field = "reply_by"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A proposal before it is made: what its letter says."""

    programme: Programme
    school: School
    slot: Slot
    people: Sequence[Contact]
    reply_by: date


def propose(offer: Offer, *, who: str, now: datetime) -> Proposal:
    """Keep a slot for a school and write to each of `offer.people`, with the tentative entry (REQUEST, SEQUENCE 0).

    Raises NothingToPropose, AlreadyProposed, NobodyToWriteTo, AddressDead, ReplyByWrong, SlotTaken.
    """
    programme, school, slot = offer.programme, offer.school, offer.slot
    performances.lock_school(school.urn)
    performances.lock_days([slot.tour_day_id])
    if (why := holds.why_nothing(programme, school, accounts.account(programme, school))) is not None:
        raise NothingToPropose(f"Nothing can be proposed to {school.name}. {why.message}")
    if (kept := proposals.open_of(programme.id, school.urn, now=now)) is not None:
        raise AlreadyProposed(school, kept)
    _check(offer, now=now)
    performances.clear_expired([slot.tour_day_id], now=now)
    found = slots.find(programme, school, slot.key, now=now, whatever_the_notice=True)
    if found is None or found.starts_at <= now:
        raise SlotTaken
    performance = performances.claim(found, school, programme_id=programme.id, held_until=None, now=now)
    proposal = _row(offer, who=who, now=now)
    proposal.performance = performance
    db.session.add(proposal)
    db.session.flush()
    history.record(
        "proposed", "school", school.urn, who=who, now=now,
        after={"starts": proposal.starts_at.isoformat(), "reply_by": str(offer.reply_by),
               "to": [p["address"] for p in proposal.people]},
    )  # fmt: skip
    proposals.tell(proposal, proposing.proposed, now=now)
    return proposal


def preview(offer: Offer, *, who: str, now: datetime) -> letters.Rendered:
    """The letter that the first of `offer.people` would get. Writes nothing. Raises what propose() says of the offer."""
    _check(offer, now=now)
    proposal, slot = _row(offer, who=who, now=now), offer.slot
    visit = proposals.visit(proposal, offer.programme, offer.school, told.times_of(slot))
    return proposing.preview(visit, proposals.named(proposal)[0], proposals.sender(offer.programme), now=now)


def accept(proposal: Proposal, promise: Promise, *, who: str, now: datetime) -> Booking:
    """The school says yes: a booking with the same event, SEQUENCE + 1, CONFIRMED.

    Who had the proposal and is not named with the booking loses the entry; the troupe hears of the show. Raises
    ProposalEnded, what holds.why_nothing says, and the refusals of bookings.book about pupils and people.
    """
    programme, school, performance = proposal.programme, proposal.school, _behind_the_locks(proposal)
    if performance is None or not proposal.is_open(now):
        raise ProposalEnded
    if (why := holds.why_nothing(programme, school, accounts.account(programme, school))) is not None:
        raise why
    numbers.check(programme, school, promise, who=who, now=now)
    booking = bookings.make(programme, school, performance, promise, who=who, now=now)
    proposal.sequence += 1
    proposal.ended_at, proposal.ended_as = now, ACCEPTED
    booking.uid, booking.organizer_token = str(proposal.uid), str(proposal.organizer_token)
    booking.sequence = booking.place_sequence = proposal.sequence
    db.session.flush()
    history.record("proposal accepted", "school", school.urn, who=who, now=now, after=booking.reference)
    holds.drop_draft(programme.id, school.urn)
    told.lengthen_links(booking, now=now)
    people = colleagues.put(booking, promise.people, who=who, now=now)
    visit = told.visit_with(booking, people, promise.pupils)
    still = {p.address.lower() for p in people}
    for left in proposals.named(proposal):
        if left.address.lower() not in still:
            letters.colleague_removed(visit, left, proposals.sender(programme), now=now)
    told.each(booking, people, visit, told.with_link(proposing.accepted, booking), now=now)
    told.troupe(performance, performance.troupe_id, "REQUEST", now=now)
    subscribed.show(performance, just_made=(booking, visit), now=now)
    return booking


def refuse(proposal: Proposal, *, reason: str, who: str, now: datetime) -> None:
    """The school says no. Raises ProposalEnded."""
    if not _end(proposal, REFUSED, reason=reason, who=who, now=now):
        raise ProposalEnded


def withdraw(proposal: Proposal, *, reason: str = "", who: str, now: datetime) -> None:
    """The coordinator takes it back. Raises NotKeptAnyMore."""
    if not _end(proposal, WITHDRAWN, reason=reason, who=who, now=now):
        raise NotKeptAnyMore(proposal)


def call_off(proposal: Proposal, *, reason: str, who: str, now: datetime) -> None:
    """The company cannot play that day; ended already is no fault."""
    _end(proposal, CALLED_OFF, reason=reason, who=who, now=now)


def end_next(*, now: datetime) -> bool:
    """End one proposal that nobody answered in time, or whose school has booked all it can otherwise; False if none is.

    In the caller's transaction; called until it says False.
    """
    lapsed = db.session.scalar(
        select(Proposal)
        .where(Proposal.ended_at.is_(None), Proposal.reply_by < day_of(now))
        .order_by(Proposal.id)
        .limit(1)
    )
    if lapsed is not None:
        return _end(lapsed, LAPSED, reason="", who=NOBODY, now=now)
    booked_since = exists().where(
        promises.Booking.programme_id == Proposal.programme_id,
        promises.Booking.urn == Proposal.urn,
        promises.Booking.ended_at.is_(None),
        promises.Booking.created_at >= Proposal.recorded_at,
    )
    for proposal in db.session.scalars(
        select(Proposal).where(Proposal.ended_at.is_(None), booked_since).order_by(Proposal.id)
    ):
        if not accounts.account(proposal.programme, proposal.school).is_open:
            return _end(proposal, OVERTAKEN, reason="", who=NOBODY, now=now)
    return False


ACCEPTED, NOBODY = "accepted", "the service itself"


def _end(proposal: Proposal, how: str, *, reason: str, who: str, now: datetime) -> bool:
    """Give the time back and take the entry out of the calendars (CANCEL, SEQUENCE + 1); False if it had ended."""
    performance = _behind_the_locks(proposal)
    if proposal.ended_at is not None:
        return False
    proposal.sequence += 1
    proposal.ended_at, proposal.ended_as = now, how
    if performance is not None:
        performances.release(performance, now=now)
    history.record(
        f"proposal {how}", "school", proposal.urn, who=who, now=now,
        before={"starts": proposal.starts_at.isoformat()}, after=reason.strip() or None,
    )  # fmt: skip
    if performance is not None:
        proposals.tell(proposal, partial(proposing.ended, how=how, reason=reason.strip()), now=now)
    return True


def _behind_the_locks(proposal: Proposal) -> performances.Performance | None:
    """The slot it keeps, once nobody else can be changing it or the proposal; None where none was ever kept."""
    performances.lock_school(proposal.urn)
    if proposal.performance is not None:
        performances.lock_days([proposal.performance.tour_day_id])
    db.session.refresh(proposal)
    return proposal.performance


def _check(offer: Offer, *, now: datetime) -> None:
    if not offer.people:
        raise NobodyToWriteTo
    for address in outbox.dead_addresses(person.address for person in offer.people):
        raise AddressDead(address)
    if offer.reply_by < day_of(now):
        raise ReplyByWrong("The day to reply by is past. Choose today or a later day.")
    if offer.reply_by >= offer.slot.day:
        raise ReplyByWrong(f"The day to reply by must lie before the show, {day_short(offer.slot.day)}.")


def _row(offer: Offer, *, who: str, now: datetime) -> Proposal:
    people = {p.address.casefold(): p for p in offer.people}
    return Proposal(
        programme_id=offer.programme.id, urn=offer.school.urn, starts_at=offer.slot.starts_at,
        uid=str(uuid.uuid4()), organizer_token=secrets.token_hex(10), sequence=0, who=who,
        reply_by=offer.reply_by, recorded_at=now,
        people=[
            {"name": p.name, "role": p.role, "address": p.address, "source": p.source,
             "source_date": p.source_date.isoformat()}
            for p in people.values()
        ],
    )  # fmt: skip
