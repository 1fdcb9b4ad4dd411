"""Moving a show, or a time kept for a school, in the diary: where it could go, what that would do, doing it,
putting it back.

The roads of the days that it leaves and comes to are the measure: minutes saved are minutes not driven.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import select

from outreach.booking import bookings, promises, proposals, told
from outreach.booking.agenda import moves
from outreach.booking.agenda.moves import DiaryMove
from outreach.booking.agenda.places_on_day import Place, costs_now, of_day
from outreach.booking.desk import proposing
from outreach.booking.promises import COORDINATOR, HOST, Booking
from outreach.booking.proposal_moves import ProposalMove
from outreach.booking.proposals import Proposal
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import local
from outreach.post import letters, stationery
from outreach.post.writing import appointment
from outreach.tour import performances, slots
from outreach.tour.over_lunch import KeptOut
from outreach.tour.performances import Performance, Slot, SlotTaken
from outreach.tour.programmes import Programme

NOTE_AT_MOST = 500


class NotInTheDiary(Refusal):
    """It was cancelled or taken back, is only held, or is past."""


class PlaceGone(Refusal):
    def __init__(self) -> None:
        super().__init__("That place is not free any more, so nothing was moved. These are left.")


class StandsThere(Refusal):
    def __init__(self) -> None:
        super().__init__("It stands there already. Nothing was changed and nobody is written to.")


class NoteTooLong(Refusal):
    field = "note"

    def __init__(self) -> None:
        super().__init__(f"The note must be {NOTE_AT_MOST} characters or fewer.")


class NobodyAgreed(Refusal):
    field = "agreed"

    def __init__(self) -> None:
        super().__init__(
            "Say who at the school agreed that it lies across lunch, and how lunch goes that day."
        )


class AgreedTooLong(Refusal):
    field = "agreed"

    def __init__(self) -> None:
        super().__init__(f"What was agreed must be {NOTE_AT_MOST} characters or fewer.")


class CannotBeUndone(Refusal):
    """The day is over, or something else happened to the show since, or somebody else has the old place."""


@dataclass(frozen=True, kw_only=True)
class Moving:
    """A show with its host's booking and guests, or a time with the proposal that keeps it: one of the two is
    None."""

    performance: Performance
    programme: Programme
    organisation: Organisation
    booking: Booking | None
    guests: tuple[Booking, ...]
    proposal: Proposal | None

    @property
    def people(self) -> list[tuple[str, str]]:
        """(name, address) of each at its host who has it in the calendar."""
        if self.booking is not None:
            return [(p.name, p.address) for p in promises.people_of(self.booking)]
        return [(p.name, p.address) for p in self.proposal.people] if self.proposal else []


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a move would do. `saved`: minutes of road that it saves; `letter`: as the first of the people
    would get it, None where nobody is named; `beside`: the other starts of the same place. `over_lunch`: the lunch of
    the school that it would lie across, None where it keeps out of it."""

    slot: Slot
    saved: int
    letter: stationery.Rendered | None
    beside: tuple[Slot, ...]
    breaks: str
    over_lunch: KeptOut | None = None


def find(performance: Performance, *, now: datetime) -> Moving:
    """What stands there, to be moved. Raises NotInTheDiary."""
    if performance.released_at is not None:
        raise NotInTheDiary("That show is not in the diary any more. It was cancelled or taken back.")
    if performance.held_until is not None:
        raise NotInTheDiary("A school is just booking that time. It cannot be moved before it is booked.")
    if performance.starts_at <= now:
        raise NotInTheDiary("That show has begun or is over, so it cannot be moved any more.")
    if performance.host.is_venue:
        raise NotInTheDiary("A session is moved on its own page, where whoever comes is told.")
    programme = performance.tour_day.programme
    promised = promises.of_performance(performance.id)
    kept = None if promised else proposals.keeping(programme.id).get(performance.id)
    host = next((b for b in promised if b.role == HOST), None)
    if host is None and kept is None:
        raise NotInTheDiary("Nothing is booked or kept at that time any more.")
    if kept is not None and not kept.is_open(now):
        raise NotInTheDiary("The school’s day to answer is over: the time is about to be free again.")
    return Moving(
        performance=performance,
        programme=programme,
        organisation=performance.host,
        booking=host,
        guests=tuple(b for b in promised if b.role != HOST),
        proposal=kept,
    )


def places_to_move_to(
    moving: Moving,
    *,
    only_days: Iterable[int] | None = None,
    whatever_the_lunch: bool = False,
    now: datetime,
) -> list[Place]:
    """Where it could go and where not, for every tour day from today on or some of them; where it stands is
    no place. `whatever_the_lunch`: also across the school's lunch, to which it has to agree."""
    offers = partial(
        slots.offers,
        moving.programme,
        moving.organisation,
        now=now,
        instead_of=moving.performance.id,
        whatever_the_notice=True,
        whatever_the_lunch=whatever_the_lunch,
        only_days=None if only_days is None else list(only_days),
    )
    kept, loose = offers(), offers(whatever_the_rest=True)
    now_costs = costs_now(moving.performance, moving.programme, now=now)
    found: list[Place] = []
    for offer, without_rest in zip(kept.days, loose.days, strict=True):
        found += of_day(
            offer,
            without_rest,
            now_costs=now_costs,
            stands=moving.performance,
            organisation=moving.organisation,
            now=now,
        )
    return found


def look(moving: Moving, key: str, *, note: str = "", tell: bool = True, now: datetime) -> Look:
    """What moving it to a slot would do, with the letter that `note` and `tell` make; writes nothing. Raises
    PlaceGone, StandsThere, NoteTooLong, ReplyByWrong."""
    note = checked(note)
    slot, across = _slot_or_across(moving, key, now=now)
    there = places_to_move_to(
        moving, only_days=[slot.tour_day_id], whatever_the_lunch=across is not None, now=now
    )
    here = next((p for p in there if slot.start_minute in p.starts), None)
    if here is None:
        raise PlaceGone
    return Look(
        slot=slot,
        saved=here.saved,
        letter=letter(moving, slot, note, tell=tell, now=now),
        beside=tuple(here.slot_at(at, slot) for at in here.starts if at != slot.start_minute),
        breaks=here.breaks,
        over_lunch=across,
    )


def move(
    performance: Performance,
    key: str,
    *,
    note: str = "",
    tell: bool = True,
    agreed: str = "",
    who: str,
    now: datetime,
) -> DiaryMove:
    """Move it, whatever the notice: booked, everybody with it in the calendar is told; proposed, whom it was
    written to.

    `tell` False: see bookings.move and proposing.move. `agreed`: who at the school agreed that it lies across its
    lunch; asked only where it does. Raises NotInTheDiary, PlaceGone, StandsThere, NoteTooLong, NobodyAgreed,
    AgreedTooLong, proposing.ReplyByWrong, proposing.NotKeptAnyMore.
    """
    note = checked(note)
    performances.lock_organisation(performance.organisation_id)
    db.session.refresh(performance)
    moving = find(performance, now=now)
    slot, across = _slot_or_across(moving, key, now=now)
    if across is not None:
        performances.lock_days([performance.tour_day_id, slot.tour_day_id])
        slot, across = _slot_or_across(moving, key, now=now)
    if across is not None:
        slot = replace(slot, over_lunch=_agreed(agreed))
    saved = costs_now(performance, moving.programme, now=now) - slot.extra_minutes
    was = left(moving, now=now)
    put(moving, slot, note=note, tell=tell, who=who, now=now, judged=across is not None)
    if across is not None:
        history.record(
            "let a show lie across its lunch",
            history.Subject("school", moving.organisation.organisation_id, moving.programme.partnership_id),
            who=who,
            now=now,
            after=slot.over_lunch,
        )
    row = DiaryMove(
        programme_id=moving.programme.id,
        performance_id=performance.id,
        sequence=performance.sequence,
        recorded_at=now,
        who=who,
        starts_at=performance.starts_at,
        minutes_saved=saved,
        told=tell,
        **was,
    )
    db.session.add(row)
    db.session.flush()
    return row


def undo(made: DiaryMove, *, who: str, now: datetime) -> None:
    """Put it back exactly where it was, until the end of the day of the move; whoever was told is told again.

    Of a place that the rules offered they are asked once more. One that they would not have offered any more it
    gets back all the same, as long as nothing else stands there: whoever moves a show by mistake loses nothing.

    Raises CannotBeUndone, and what proposing.move says of a proposal that has ended.
    """
    deed = moves.of_deed(made)
    for organisation_id in sorted({each.performance.organisation_id for each in deed}):
        performances.lock_organisation(organisation_id)
    for each in deed:
        db.session.refresh(each)
        db.session.refresh(each.performance)
        _check_undoable(each, now=now)
    performances.lock_days({d for e in deed for d in (e.performance.tour_day_id, e.was_tour_day_id)})
    there = [_movable(each.performance, now=now) for each in deed]
    for moving in there[:-1]:  # of two that changed places the last goes back first
        performances.step_aside(moving.performance, now=now)
    for each, moving in reversed(list(zip(deed, there, strict=True))):
        _put_back(each, moving, who=who, now=now)


def _check_undoable(made: DiaryMove, *, now: datetime) -> None:
    if made.undone_at is not None:
        raise CannotBeUndone("That was undone already.")
    if not made.is_of_today(now):
        raise CannotBeUndone("A move can be undone on the same day only. Move it back instead.")
    if not made.stands():
        raise CannotBeUndone("The show was moved, changed or cancelled since, so that move cannot be undone.")


def _put_back(made: DiaryMove, moving: Moving, *, who: str, now: datetime) -> None:
    at, was = local(made.was_starts_at), made.was_place
    try:
        slot = was or _slot(moving, f"{made.was_tour_day_id}-{at:%H%M}", now=now)
        put(moving, slot, note="", tell=made.told, who=who, now=now, undoing=True, judged=was is not None)
    except (PlaceGone, StandsThere) as gone:
        raise CannotBeUndone(
            "The place where it was is not free any more, so the show stays where it is now."
        ) from gone
    made.undone_at, made.undone_by = now, who
    db.session.flush()
    history.record(
        "undid a move",
        history.Subject("school", moving.organisation.organisation_id, moving.programme.partnership_id),
        who=who,
        now=now,
        before=made.starts_at.isoformat(),
        after=made.was_starts_at.isoformat(),
    )


def _movable(performance: Performance, *, now: datetime) -> Moving:
    try:
        return find(performance, now=now)
    except NotInTheDiary as gone:
        raise CannotBeUndone(gone.message) from gone


def put(
    moving: Moving,
    slot: Slot,
    *,
    note: str,
    tell: bool,
    who: str,
    now: datetime,
    undoing: bool = False,
    judged: bool = False,
) -> None:
    """Put it on a slot and tell whom it concerns; `undoing`: kept as long as before. Raises PlaceGone, and what
    proposing.move says."""
    try:
        if moving.booking is not None:
            bookings.move(
                moving.booking,
                slot,
                who=who,
                now=now,
                by=COORDINATOR,
                note=note,
                tell=tell,
                judged=judged,
            )
        elif moving.proposal is not None:
            until = _was_kept_until(moving.proposal) if undoing else None
            proposing.move(
                moving.proposal,
                slot,
                note=note,
                tell=tell,
                reply_by=until,
                judged=judged,
                who=who,
                now=now,
            )
    except SlotTaken as taken:
        raise PlaceGone from taken


def _was_kept_until(proposal: Proposal) -> date | None:
    """The day to reply by before the newest move."""
    return db.session.scalar(
        select(ProposalMove.was_reply_by).where(
            ProposalMove.proposal_id == proposal.id, ProposalMove.sequence == proposal.sequence
        )
    )


def left(moving: Moving, *, now: datetime) -> dict[str, Any]:
    """The place in which a show stands, as the record of its move keeps it."""
    was = performances.place_of(moving.performance)
    return {
        "was_tour_day_id": was.tour_day_id,
        "was_starts_at": was.starts_at,
        "was_beyond": None if _is_offered(moving, now=now) else moves.beyond(was),
    }


def _is_offered(moving: Moving, *, now: datetime) -> bool:
    """Whether the rules would still give a show the place in which it stands."""
    show = moving.performance
    there = _found(moving, show.key, now=now)
    return there is not None and told.times_of(there) == told.times_of(show)


def _agreed(said: str) -> str:
    if not said.strip():
        raise NobodyAgreed
    if len(said) > NOTE_AT_MOST:
        raise AgreedTooLong
    return said.strip()


def _slot_or_across(moving: Moving, key: str, *, now: datetime) -> tuple[Slot, KeptOut | None]:
    """The slot of a key, and the lunch of the school that it lies across, None where the rules offer it."""
    try:
        return _slot(moving, key, now=now), None
    except PlaceGone:
        slot = _found(moving, key, whatever_the_lunch=True, now=now)
        if slot is None or slot.starts_at <= now or slot.lunch is None:
            raise
        _elsewhere(moving, slot)
        return slot, slot.lunch


def _found(moving: Moving, key: str, *, whatever_the_lunch: bool = False, now: datetime) -> Slot | None:
    return slots.find(
        moving.programme,
        moving.organisation,
        key,
        now=now,
        instead_of=moving.performance.id,
        whatever_the_notice=True,
        whatever_the_rest=True,
        whatever_the_lunch=whatever_the_lunch,
    )


def _slot(moving: Moving, key: str, *, now: datetime) -> Slot:
    slot = _found(moving, key, now=now)
    if slot is None or slot.starts_at <= now:
        raise PlaceGone
    _elsewhere(moving, slot)
    return slot


def _elsewhere(moving: Moving, slot: Slot) -> None:
    """Raises StandsThere."""
    show = moving.performance
    if slot.tour_day_id == show.tour_day_id and told.times_of(slot) == told.times_of(show):
        raise StandsThere


def letter(moving: Moving, slot: Slot, note: str, *, tell: bool, now: datetime) -> stationery.Rendered | None:
    """As the first of its people would get it; None where nobody is named, or nothing that it says changes. Raises
    ReplyByWrong."""
    if moving.proposal is not None:
        if not moving.people:
            return None
        return proposing.preview_move(moving.proposal, slot, note=note, tell=tell, now=now)
    booking = moving.booking
    people: Sequence[promises.VisitContact] = promises.people_of(booking) if booking else ()
    if booking is None or not people:
        return None
    programme = booking.programme
    last = promises.last_days(programme, booking.organisation, slot.day)
    before, sender = told.visit_of(booking), told.sender_of_programme(programme)
    visit = replace(
        before,
        **told.times_at(slot, moving.performance.organisation_id, instead_of=moving.performance.id),
        move_until=last.move,
        cancel_until=last.cancel,
    )
    if (visit.starts_at, visit.ends_at) != (before.starts_at, before.ends_at):
        visit = replace(visit, sequence=booking.sequence + 1)
    elif not note and appointment(visit, sender, now=now) == appointment(before, sender, now=now):
        return None
    return letters.preview_moved(
        visit,
        people[0].addressee(),
        sender,
        was_starts_at=moving.performance.starts_at,
        note=note,
        in_short=not tell,
        now=now,
    )


def checked(note: str) -> str:
    """Raises NoteTooLong."""
    if len(note) > NOTE_AT_MOST:
        raise NoteTooLong
    return note.strip()
