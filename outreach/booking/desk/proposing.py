"""A time is kept for a school: proposed, moved, taken by it, refused, taken back, or nobody answered in
time."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import exists, select

from outreach.booking import (
    accounts,
    bookings,
    colleagues,
    holds,
    in_hall,
    numbers,
    promises,
    proposals,
    reply_days,
    subscribed,
    told,
)
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking, VisitContact
from outreach.booking.proposal_moves import ProposalMove
from outreach.booking.proposals import Proposal, ProposalEnded
from outreach.county import school_days
from outreach.county.contacts import Contact
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of, wall
from outreach.ground.wording import clock, day_short
from outreach.post import outbox, proposing, stationery
from outreach.post.proposing import CALLED_OFF, LAPSED, OVERTAKEN, REFUSED, WITHDRAWN
from outreach.post.stationery import Addressee, LostTime
from outreach.tour import performances, slots
from outreach.tour.performances import Slot, SlotTaken
from outreach.tour.programmes import Programme

ACCEPTED = "accepted"


class NothingToPropose(Refusal):
    """The school cannot book anything (more) of the programme."""


class AlreadyProposed(Refusal):
    def __init__(self, organisation: Organisation, kept: Proposal) -> None:
        super().__init__(
            f"{day_short(kept.starts_at)}, {clock(kept.starts_at)} is kept for {organisation.name} already. "
            "Take that back first, or wait for the answer."
        )


class ProposalToNobody(Refusal):
    field = "people"

    def __init__(self) -> None:
        super().__init__("Choose whom the proposal goes to.")


class ProposalAddressDead(Refusal):
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


MORNING = time(7)
"""When a letter goes that waits for a school day."""


@dataclass(frozen=True, kw_only=True)
class ProposalDraft:
    """A proposal before it is made: what its letter says. `lost`: the time that was called off, in whose
    place it comes. `waiting`: it comes from the waiting list. `letter_on`: the day from which its letter may
    go, where that is not today."""

    programme: Programme
    organisation: Organisation
    slot: Slot
    people: Sequence[Contact | Addressee]
    reply_by: date
    lost: LostTime | None = None
    waiting: bool = False
    letter_on: date | None = None


def propose(offer: ProposalDraft, *, who: str, now: datetime) -> Proposal:
    """Keep a slot for a school and write to each of `offer.people`, with the tentative entry (REQUEST,
    SEQUENCE 0).

    A school that is too big for one show may have as many kept as it needs shows, each with an entry of its
    own. Raises NothingToPropose, AlreadyProposed, NobodyToWriteTo, AddressDead, ReplyByWrong, SlotTaken.
    """
    programme, organisation, slot = offer.programme, offer.organisation, offer.slot
    performances.lock_organisation(organisation.organisation_id)
    performances.lock_days([slot.tour_day_id])
    may_be_offered(programme, organisation, now=now)
    if (
        offer.waiting
        and (last := proposals.offered_from_the_list(programme.id, organisation.organisation_id)) is not None
    ):
        raise AlreadyProposed(organisation, last)
    _check(offer, now=now)
    performances.clear_expired([slot.tour_day_id], now=now)
    found = slots.find(programme, organisation, slot.key, now=now, whatever_the_notice=True)
    if found is None or found.starts_at <= now:
        raise SlotTaken
    performance = performances.claim(found, organisation, programme_id=programme.id, held_until=None, now=now)
    proposal = _row(offer, who=who, now=now)
    proposal.performance = performance
    db.session.add(proposal)
    db.session.flush()
    history.record(
        "proposed",
        history.Subject("school", organisation.organisation_id, programme.partnership_id),
        who=who,
        now=now,
        after={
            "starts": proposal.starts_at.isoformat(),
            "reply_by": str(offer.reply_by),
            "to": [p.address for p in proposal.people],
        },
    )
    expires_at = proposals.link_until(proposal, now=now)
    proposals.tell(proposal, proposing.proposed, now=now, expires_at=expires_at, lost=offer.lost)
    if offer.letter_on is not None and offer.letter_on > day_of(now):
        outbox.not_before(str(proposal.uid), wall(offer.letter_on, MORNING))
    return proposal


def may_be_offered(programme: Programme, organisation: Organisation, *, now: datetime) -> None:
    """Whether one more time can be kept for a school. Raises NothingToPropose, AlreadyProposed."""
    account = accounts.account(programme, organisation, now=now)
    if (why := holds.why_nothing(programme, organisation, account)) is not None:
        raise NothingToPropose(f"Nothing can be proposed to {organisation.name}. {why.message}")
    kept = proposals.all_open(programme.id, organisation.organisation_id, now=now)
    if len(kept) >= accounts.shows_needed(programme, account.still_open):
        raise AlreadyProposed(organisation, kept[-1])


def preview(offer: ProposalDraft, *, who: str, now: datetime) -> stationery.Rendered:
    """The letter that the first of `offer.people` would get. Writes nothing. Raises what propose() says of
    the offer."""
    _check(offer, now=now)
    proposal, slot = _row(offer, who=who, now=now), offer.slot
    times = told.times_at(slot, offer.organisation.organisation_id)
    visit = proposals.visit(proposal, offer.programme, offer.organisation, times)
    to, sender = proposal.people[0].addressee(), proposals.sender(offer.programme)
    return proposing.preview(visit, to, sender, lost=offer.lost, now=now)


def move(
    proposal: Proposal,
    slot: Slot,
    *,
    note: str = "",
    tell: bool = True,
    reply_by: date | None = None,
    judged: bool = False,
    who: str,
    now: datetime,
) -> bool:
    """Keep another time instead, in place: refused, the old one stays kept. Same entry, still tentative,
    SEQUENCE + 1 where start, end or the day to reply by change.

    Everybody it was written to gets a letter with `note` in it; `tell` False: a short one, which brings the
    calendar up to date alone. `reply_by` None: the day to reply by stays, or falls to the day before the
    show. Where another troupe comes at the same times nobody is written to. `judged`: see bookings.move. False if it
    stands there already. Raises NotKeptAnyMore,
    SlotTaken, ReplyByWrong.
    """
    performance = behind_the_locks(proposal, more_days=[slot.tour_day_id])
    if performance is None or not proposal.is_open(now):
        raise NotKeptAnyMore(proposal)
    performances.clear_expired([slot.tour_day_id], now=now)
    there: Slot | None = slot
    if not judged:
        there = slots.find(
            proposal.programme,
            proposal.organisation,
            slot.key,
            now=now,
            instead_of=performance.id,
            whatever_the_notice=True,
            whatever_the_rest=True,
        )
    if there is None or there.starts_at <= now:
        raise SlotTaken
    if there.tour_day_id == performance.tour_day_id and told.times_of(there) == told.times_of(performance):
        return False
    until = kept_until(proposal, there, reply_by, now=now)
    _check_reply_by(until, there, now=now)
    was, was_reply_by = proposal.starts_at, proposal.reply_by
    before = proposals.visit_of(proposal)
    performances.shift(performance, there, now=now)
    after = replace(proposals.visit_of(proposal), reply_by=until)
    if after == before and not note.strip():
        return True  # another troupe comes, at the very same times: no letter says so
    if not _keeps_answers(before, after):
        proposal.sequence += 1
        proposal.starts_at, proposal.reply_by = there.starts_at, until
        db.session.add(
            ProposalMove(
                proposal_id=proposal.id,
                sequence=proposal.sequence,
                uid=str(proposal.uid),
                recorded_at=now,
                was_starts_at=was,
                was_reply_by=was_reply_by,
                who=who,
                told=tell,
                note=note.strip(),
            )
        )
        db.session.flush()
    history.record(
        "proposal moved",
        history.Subject("school", proposal.organisation_id, proposal.programme.partnership_id),
        who=who,
        now=now,
        before={"starts": was.isoformat(), "reply_by": str(was_reply_by)},
        after={"starts": there.starts_at.isoformat(), "reply_by": str(until), "told": tell},
    )
    end = proposals.link_until(proposal, now=now)
    if tell:
        proposals.tell(
            proposal, proposing.moved, now=now, expires_at=end, was_starts_at=was, note=note.strip()
        )
    else:
        proposals.tell(proposal, proposing.moved_in_short, now=now, expires_at=end)
    return True


def _keeps_answers(before: stationery.LetterVisit, after: stationery.LetterVisit) -> bool:
    """Whether only text of the entry changes, at the same SEQUENCE: neither start, end nor the day to reply by."""
    return (before.starts_at, before.ends_at, before.reply_by) == (
        after.starts_at,
        after.ends_at,
        after.reply_by,
    )


def write_to_instead(
    proposal: Proposal, person: VisitContact, address: str, *, source: str, now: datetime
) -> bool:
    """The proposal goes, as it stands, to another address of somebody it was written to; False where that one
    has it already.

    The old address hears nothing: mail to it comes back. In the caller's transaction, behind the school's lock.
    """
    if any(p.address.casefold() == address.casefold() for p in proposal.people if p is not person):
        proposal.people.remove(person)
        db.session.delete(person)
        db.session.flush()
        return False
    person.now_at(address, source=source, now=now)
    db.session.flush()
    until = proposals.link_until(proposal, now=now)
    visit, sender = proposals.visit_of(proposal), proposals.sender(proposal.programme)
    proposing.as_it_stands(visit, person.addressee(), sender, now=now, expires_at=until)
    return True


def preview_move(
    proposal: Proposal,
    slot: Slot,
    *,
    note: str = "",
    tell: bool = True,
    reply_by: date | None = None,
    now: datetime,
) -> stationery.Rendered | None:
    """The letter that move() would send to the first whom the proposal went to; None where nothing that it says
    changes. Writes nothing. Raises ReplyByWrong."""
    until = kept_until(proposal, slot, reply_by, now=now)
    _check_reply_by(until, slot, now=now)
    assert proposal.performance is not None
    times = told.times_at(slot, proposal.organisation.organisation_id, instead_of=proposal.performance.id)
    before = proposals.visit_of(proposal)
    visit = replace(
        proposals.visit(proposal, proposal.programme, proposal.organisation, times), reply_by=until
    )
    if visit == before and not note.strip():
        return None
    if not _keeps_answers(before, visit):
        visit = replace(visit, sequence=proposal.sequence + 1)
    to, sender = proposal.people[0].addressee(), proposals.sender(proposal.programme)
    return proposing.preview_moved(
        visit, to, sender, was_starts_at=proposal.starts_at, note=note.strip(), in_short=not tell, now=now
    )


def kept_until(proposal: Proposal, slot: Slot, reply_by: date | None = None, *, now: datetime) -> date:
    """Until when a proposal is kept once it is moved to `slot`: the day chosen, else as before where the
    programme's notice is left, else as booking/reply_days.py has it."""
    programme, before = proposal.programme, proposal.reply_by
    if reply_by is not None or before <= slot.day - timedelta(days=programme.notice_book_days):
        return reply_by or before
    closed = school_days.load_one(proposal.organisation).why_closed
    found = reply_days.usual(programme, slot.day, wanted=before, why_closed=closed, now=now)
    return found or min(before, slot.day - timedelta(days=1))


def accept(proposal: Proposal, promise: Promise, *, who: str, now: datetime) -> Booking:
    """The school says yes: a booking with the same event, SEQUENCE + 1, CONFIRMED.

    Who had the proposal and is not named with the booking loses the entry; the troupe hears of the show.
    Raises ProposalEnded, what holds.why_nothing says, OverLunchByNow, and the refusals of bookings.book about pupils
    and people.
    """
    programme, organisation, performance = (
        proposal.programme,
        proposal.organisation,
        behind_the_locks(proposal),
    )
    if performance is None or not proposal.is_open(now):
        raise ProposalEnded
    if (
        why := holds.why_nothing(programme, organisation, accounts.account(programme, organisation, now=now))
    ) is not None:
        raise why
    holds.keep_out_of_lunch(programme, [performance])
    numbers.check(programme, organisation, promise, who=who, now=now)
    booking = bookings.make(programme, organisation, performance, promise, who=who, now=now)
    proposals.hand_over(proposal, booking, ACCEPTED, now=now)
    history.record(
        "proposal accepted",
        history.Subject("school", organisation.organisation_id, programme.partnership_id),
        who=who,
        now=now,
        after=booking.reference,
    )
    holds.remove_draft(programme.id, organisation.organisation_id)
    told.lengthen_links(booking, now=now)
    people = colleagues.put(booking, promise.people, who=who, now=now)
    visit = told.visit_with(booking, people, promise.pupils)
    proposals.tell_who_left(proposal, visit, people, now=now)
    told.each(booking, people, visit, proposing.accepted, now=now, expires_at=told.expiry(booking))
    told.troupe(performance, performance.troupe_id, "REQUEST", now=now)
    subscribed.show(performance, just_made=(booking, visit), now=now)
    subscribed.beside([], [in_hall.stretch(performance)], now=now)
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
    """End one proposal that nobody answered in time, or whose school has booked all it can otherwise; False
    if none is.

    In the caller's transaction; called until it says False.
    """
    # Found by the programmes that one sees: those of all partnerships would be gone through for each.
    is_open = Proposal.programme_id.in_(select(Programme.id)), Proposal.ended_at.is_(None)
    lapsed = db.session.scalar(
        select(Proposal).where(*is_open, Proposal.reply_by < day_of(now)).order_by(Proposal.id).limit(1)
    )
    if lapsed is not None:
        return _end(lapsed, LAPSED, reason="", who=NOBODY, now=now)
    booked_since = exists().where(
        promises.Booking.programme_id == Proposal.programme_id,
        promises.Booking.organisation_id == Proposal.organisation_id,
        promises.Booking.ended_at.is_(None),
        promises.Booking.created_at >= Proposal.recorded_at,
    )
    for proposal in db.session.scalars(select(Proposal).where(*is_open, booked_since).order_by(Proposal.id)):
        if not accounts.account(proposal.programme, proposal.organisation, now=now).is_open:
            return _end(proposal, OVERTAKEN, reason="", who=NOBODY, now=now)
    return False


NOBODY = "the service itself"


def _end(proposal: Proposal, how: str, *, reason: str, who: str, now: datetime) -> bool:
    """Give the time back and take the entry out of the calendars (CANCEL, SEQUENCE + 1); False if it had
    ended."""
    performance = behind_the_locks(proposal)
    if proposal.ended_at is not None:
        return False
    proposal.sequence += 1
    proposal.ended_at, proposal.ended_as = now, how
    if performance is not None:
        performances.release(performance, now=now)
    history.record(
        f"proposal {how}",
        history.Subject("school", proposal.organisation_id, proposal.programme.partnership_id),
        who=who,
        now=now,
        before={"starts": proposal.starts_at.isoformat()},
        after=reason.strip() or None,
    )
    if performance is not None:
        end = proposals.link_until(proposal, now=now)
        proposals.tell(proposal, proposing.ended, now=now, expires_at=end, how=how, reason=reason.strip())
    return True


def behind_the_locks(
    proposal: Proposal, *besides: Organisation, more_days: Sequence[int] = ()
) -> performances.Performance | None:
    """The slot it keeps, once nobody else can be changing it or the proposal; None where none was ever kept.

    The school's lock comes first, and nothing moves a school's kept slot without it: so its day is read
    behind it.
    """
    for number in sorted({proposal.organisation_id, *(each.organisation_id for each in besides)}):
        performances.lock_organisation(number)
    db.session.refresh(proposal)
    if proposal.performance is not None:
        db.session.refresh(proposal.performance)
        performances.lock_days([proposal.performance.tour_day_id, *more_days])
    return proposal.performance


def _check(offer: ProposalDraft, *, now: datetime) -> None:
    if not offer.people:
        raise ProposalToNobody
    for address in outbox.dead_addresses(person.address for person in offer.people):
        raise ProposalAddressDead(address)
    _check_reply_by(offer.reply_by, offer.slot, now=now)


def _check_reply_by(reply_by: date, slot: Slot, *, now: datetime) -> None:
    if reply_by < day_of(now):
        raise ReplyByWrong("The day to reply by is past. Choose today or a later day.")
    if reply_by >= slot.day:
        raise ReplyByWrong(f"The day to reply by must lie before the show, {day_short(slot.day)}.")


def _row(offer: ProposalDraft, *, who: str, now: datetime) -> Proposal:
    people = {p.address.casefold(): p for p in offer.people}
    return Proposal(
        programme_id=offer.programme.id,
        organisation_id=offer.organisation.organisation_id,
        starts_at=offer.slot.starts_at,
        uid=str(uuid.uuid4()),
        organizer_token=secrets.token_hex(10),
        sequence=0,
        who=who,
        reply_by=offer.reply_by,
        recorded_at=now,
        waiting=offer.waiting,
        people=[
            VisitContact(
                name=p.name,
                role=p.role,
                address=p.address,
                source=p.source,
                source_date=p.source_date or day_of(now),
                added_at=now,
            )
            for p in people.values()
        ],
    )
