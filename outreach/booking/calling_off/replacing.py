"""Times kept in place of those that were called off: with the call-off itself, or afterwards."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from outreach.booking import promises, reply_days
from outreach.booking.calling_off import call_offs
from outreach.booking.calling_off.call_offs import CallOff, CallOffLine
from outreach.booking.calling_off.scope import of_call_off
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft
from outreach.booking.proposals import Proposal
from outreach.county import partnerships, school_days
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.post import outbox
from outreach.post.stationery import Addressee, LostTime
from outreach.tour import slots
from outreach.tour.performances import Slot, SlotTaken

USUALLY_KEPT = timedelta(days=7)
"""How long another time is kept unless somebody says otherwise; see booking/reply_days.py."""


class NobodyToOffer(Refusal):
    def __init__(self, organisation: Organisation) -> None:
        super().__init__(f"Nobody at {organisation.name} can be written to. Ring the school.")


class CalledOffToo(Refusal):
    def __init__(self) -> None:
        super().__init__("That day is called off, too.")


class BeforeWhatWasLost(Refusal):
    def __init__(self) -> None:
        super().__init__("That time is before the one that was lost. The school is not ready so soon.")


class TooNearToAnswer(Refusal):
    def __init__(self) -> None:
        super().__init__("That time is too near to leave the school a day to answer. Ring the school.")


class ReplyByPast(Refusal):
    field = "reply_by"

    def __init__(self) -> None:
        super().__init__("The day to reply by is past. Choose today or a later day.")


def keep_times(
    done: CallOff, chosen: Mapping[int, str], *, reply_by: date | None = None, who: str, now: datetime
) -> dict[int, str]:
    """Keep another time for lines (by id: key of a slot) that have none yet: {line id: why it could not be
    done}.

    Raises ReplyByPast.
    """
    until = usually_kept(now) if reply_by is None else reply_by
    if until < day_of(now):
        raise ReplyByPast
    partnerships.lock(done.partnership_id)
    off = done.day_ids
    failed: dict[int, str] = {}
    for line in call_offs.lines(done):
        key = chosen.get(line.id, "")
        if not key or line.new_proposal_id is not None:
            continue
        try:
            with db.session.begin_nested():
                slot = slot_of(line, key, off, now=now)
                asked = offer(line, whom(line), slot, kept_until(line, slot, until, now=now), done)
                line.new_proposal_id = proposing.propose(asked, who=who, now=now).id
                line.why_none = ""
        except Refusal as no:
            failed[line.id] = no.message
    db.session.flush()
    return failed


def usually_kept(now: datetime) -> date:
    return day_of(now) + USUALLY_KEPT


def kept_until(line: CallOffLine, slot: Slot, wanted: date, *, now: datetime) -> date:
    """Until when another time is kept: a day on which the school can answer, up to `wanted`. Raises
    TooNearToAnswer."""
    programme = line.booking.programme if line.booking else _ended(line).programme
    closed = school_days.load_one(line.organisation).why_closed
    found = reply_days.usual(programme, slot.day, wanted=wanted, why_closed=closed, now=now)
    if found is None:
        raise TooNearToAnswer
    return found


def slot_of(
    line: CallOffLine, key: str, off: Collection[int], *, instead_of: int | None = None, now: datetime
) -> Slot:
    """Raises SlotTaken, CalledOffToo, BeforeWhatWasLost."""
    programme = line.booking.programme if line.booking else _ended(line).programme
    slot = slots.find(
        programme, line.organisation, key, now=now, instead_of=instead_of, whatever_the_notice=True
    )
    if slot is None or slot.day <= day_of(now):
        raise SlotTaken
    if slot.tour_day_id in off:
        raise CalledOffToo
    if slot.day < day_of(line.starts_at):
        raise BeforeWhatWasLost
    return slot


def whom(line: CallOffLine) -> list[Addressee]:
    """Who had the entry in the calendar and can still be written to. Raises NobodyToWriteTo."""
    if line.booking is not None:
        named = promises.people_of(line.booking)
    else:
        named = _ended(line).people
    people = [person.addressee() for person in named]
    dead = {address.casefold() for address in outbox.dead_addresses(p.address for p in people)}
    alive = [p for p in people if p.address.casefold() not in dead]
    if not alive:
        raise NobodyToOffer(line.organisation)
    return alive


def offer(
    line: CallOffLine, people: list[Addressee], slot: Slot, reply_by: date, done: CallOff
) -> ProposalDraft:
    programme = line.booking.programme if line.booking else _ended(line).programme
    by = of_call_off(done).by
    return ProposalDraft(
        programme=programme,
        organisation=line.organisation,
        slot=slot,
        people=people,
        reply_by=reply_by,
        lost=LostTime(starts_at=line.starts_at, by=by, reason=done.reason),
    )


def _ended(line: CallOffLine) -> Proposal:
    assert line.proposal is not None
    return line.proposal
