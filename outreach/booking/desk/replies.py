"""A coordinator's deeds about mail that came in: an answer taken, a wish granted or refused, whoever declined
asked back.

Mail changes nothing by itself. Each verb here is one click of a person, and leaves the inbox with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest

from sqlalchemy import or_, select
from sqlalchemy.orm import contains_eager, joinedload

from outreach.booking import bookings, colleagues, in_hall, invite_answers, promises, told
from outreach.booking.colleagues import COLLEAGUE, Colleague
from outreach.booking.promises import COORDINATOR, Booking, VisitContact
from outreach.booking.proposals import Proposal
from outreach.county import school_days
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import clock, day
from outreach.post.incoming import answering, inbox, parsed_mail, receiving
from outreach.post.incoming.headers import bare
from outreach.post.incoming.inbox import NEWCOMER, CalendarAnswer, CounterProposal, Incoming
from outreach.tour import slots
from outreach.tour.performances import Performance, Slot, SlotTaken, TroupeEvent
from outreach.tour.programmes import Programme


class VisitUnknown(Refusal):
    def __init__(self) -> None:
        super().__init__("The visit that this mail is about cannot be found. Nothing was changed.")


class AnsweredSince(Refusal):
    def __init__(self) -> None:
        super().__init__("This is not their answer to the present time any more, so no letter was written.")


class CompanysAlone(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "The company’s entry goes to its own calendar address alone. Change that on the troupe’s page."
        )


class NotOnTheBooking(Refusal):
    """A letter with a link goes only to somebody who has the visit in the calendar."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} does not have this visit in the calendar, so no letter was written.")


@dataclass(frozen=True, kw_only=True)
class Matter:
    """What a mail is about: a school's visit, or (`of_troupe`) the company's own entry of the same show."""

    booking: Booking
    of_troupe: bool


@dataclass(frozen=True, kw_only=True)
class OtherTimeWish:
    """A wish for another time as the tour stands now. `starts_at` is the show's start, whoever wished it.

    `slot` is that time when it can be had, else `why_not` says why; `nearest` are the three starts closest to
    it. `overtaken`: the visit has moved since, so the wish was about a time that is no more.
    """

    starts_at: datetime
    slot: Slot | None
    why_not: str
    nearest: tuple[Slot, ...]
    overtaken: bool


def matters(uids: Iterable[str], partnership_id: int) -> dict[str, Matter]:
    """The visits that mail is about, by UID, with school, show and programme; what is not a visit of this
    partnership is left out. Two queries at most."""
    wanted = {uid for uid in uids if uid}
    own = _BOOKINGS.where(Programme.partnership_id == partnership_id, Booking.uid.in_(wanted))
    found = {b.uid: Matter(booking=b, of_troupe=False) for b in db.session.scalars(own)} if wanted else {}
    if left := wanted - found.keys():
        shows = (
            _BOOKINGS.add_columns(TroupeEvent.uid)
            .outerjoin(TroupeEvent, TroupeEvent.performance_id == Performance.id)
            .where(
                Programme.partnership_id == partnership_id,
                or_(Performance.uid.in_(left), TroupeEvent.uid.in_(left)),
            )
        )
        # The host before its guests, and what stands before what was cancelled.
        rows = db.session.execute(
            shows.order_by(Booking.ended_at.is_not(None), Booking.role.desc(), Booking.id)
        )
        for b, before in rows:
            for uid in {b.performance.uid, before} & left:
                found.setdefault(uid, Matter(booking=b, of_troupe=True))
    return found


def proposed(uids: Iterable[str], partnership_id: int) -> dict[str, Proposal]:
    """Of UIDs that are no booking's: the times that are or were kept for a school, with school; one query."""
    wanted = {uid for uid in uids if uid}
    if not wanted:
        return {}
    rows = db.session.scalars(
        select(Proposal)
        .join(Programme, Programme.id == Proposal.programme_id)
        .where(Programme.partnership_id == partnership_id, Proposal.uid.in_(wanted))
        .options(joinedload(Proposal.organisation))
        .order_by(Proposal.id)
    )
    return {row.uid: row for row in rows if row.uid}


_BOOKINGS = (
    select(Booking)
    .join(Performance, Performance.id == Booking.performance_id)
    .join(Programme, Programme.id == Booking.programme_id)
    .options(
        contains_eager(Booking.performance),
        contains_eager(Booking.programme),
        joinedload(Booking.organisation),
    )
)


def is_overtaken(matter: Matter, sequence: int) -> bool:
    """Whether what was said to this SEQUENCE was said to a time or place that is no more."""
    booking = matter.booking
    return sequence < (booking.performance.sequence if matter.of_troupe else booking.place_sequence)


def wish(matter: Matter, counter: CounterProposal, *, now: datetime) -> OtherTimeWish:
    """What can be done about a wish: the very time, else why not; and the nearest times that can be had."""
    booking, performance = matter.booking, matter.booking.performance
    starts_at = counter.starts_at
    if matter.of_troupe:  # the company's entry begins with the set-up
        starts_at += performance.starts_at - in_hall.of_show(performance).begins_at
    offers = slots.offers(
        booking.programme, performance.host, now=now, instead_of=performance.id, whatever_the_notice=True
    )
    coming = [slot for offer in offers.days for slot in offer.slots if slot.starts_at > now]
    exact = [slot for slot in coming if slot.starts_at == starts_at]
    by_start: dict[datetime, Slot] = {}
    for slot in sorted(coming, key=lambda s: (s.troupe_id != performance.troupe_id, s.extra_minutes)):
        by_start.setdefault(slot.starts_at, slot)
    others = [s for s in by_start.values() if s.starts_at not in (starts_at, performance.starts_at)]
    that_day = day_of(starts_at)
    nearest = nsmallest(3, others, key=lambda s: (abs((s.day - that_day).days), abs(s.starts_at - starts_at)))
    return OtherTimeWish(
        starts_at=starts_at,
        slot=by_start[starts_at] if exact else None,
        why_not="" if exact else _why_not(starts_at, offers, now=now),
        nearest=tuple(sorted(nearest, key=lambda s: s.starts_at)),
        overtaken=is_overtaken(matter, counter.sequence),
    )


def _why_not(starts_at: datetime, offers: slots.Offers, *, now: datetime) -> str:
    if starts_at <= now:
        return "That time is past."
    that_day = [offer for offer in offers.days if offer.day == day_of(starts_at)]
    if not that_day:
        return f"The company is not on tour on {day(starts_at)}."
    closed = [offer.why_not for offer in that_day]
    if all(closed):
        return f"{day(starts_at)}: {_OF_THE_SCHOOL.get(closed[0], closed[0])}."
    return (
        f"No show can start at {clock(starts_at)} that day: the other shows, the road or the school’s hours "
        f"are in the way."
    )


_OF_THE_SCHOOL = {
    school_days.INSET_DAY: "the school’s INSET day",
    school_days.RULED_OUT: "a day the school ruled out",
    "full": "no show is left on that tour day",
}
"""Reasons as they are said to the school, turned round for the coordinator."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What came of an answer that waited: the addresses that were added to a booking, and whether anybody
    said no."""

    added: tuple[str, ...]
    declined: bool


def take_answer(incoming: Incoming, partnership_id: int, *, who: str, now: datetime) -> Taken:
    """Take an answer that waited: it counts, and somebody unknown becomes a colleague who has the visit in
    the calendar.

    Raises inbox.Settled, VisitUnknown, BookingEnded, CompanysAlone.
    """
    names = {e.address: e.name for e in parsed_mail.read(incoming.raw).events if e.address}
    added = []
    taken = receiving.accept_person(incoming, who=who, now=now)
    about = matters({answer.uid for answer in taken}, partnership_id)
    if not about:
        raise VisitUnknown
    for answer in taken:
        matter = about.get(answer.uid)
        if matter is not None and matter.of_troupe and incoming.task == NEWCOMER:
            raise CompanysAlone
        if matter is None or matter.of_troupe:
            continue
        booking = matter.booking
        if _person(booking, answer.address) is not None:
            continue
        name = names.get(answer.address) or incoming.sender_name or answer.address
        colleagues.add(
            booking, Colleague(name=name[:120], address=answer.address, duty=COLLEAGUE), who=who, now=now
        )
        added.append(answer.address)
    return Taken(added=tuple(added), declined=any(a.partstat == invite_answers.DECLINED for a in taken))


def grant(incoming: Incoming, key: str, partnership_id: int, *, who: str, now: datetime) -> Booking:
    """Move the visit to the slot of `key`, as was wished or as near as can be; everybody's entry follows.

    Raises inbox.Settled, VisitUnknown, SlotTaken, and the refusals of bookings.move.
    """
    matter, counter = _wished(incoming, partnership_id)
    booking, performance = matter.booking, matter.booking.performance
    slot = slots.find(
        booking.programme, performance.host, key, now=now, instead_of=performance.id, whatever_the_notice=True
    )
    if slot is None:
        raise SlotTaken
    if (slot.starts_at, slot.troupe_id) != (performance.starts_at, performance.troupe_id):
        bookings.move(booking, slot, who=who, now=now, by=COORDINATOR)
    inbox.end_counter(counter, "accepted", who=who, now=now)
    return booking


def refuse(incoming: Incoming, words: str, partnership_id: int, *, who: str, now: datetime) -> bool:
    """The visit stays where it is. A plain letter says so, with `words` of the coordinator's, to whoever
    wished it.

    False where no letter could go: the company, and people who do not have the visit in the calendar, get
    none; nor does anybody of a visit that was cancelled. Raises inbox.Settled, VisitUnknown.
    """
    matter, counter = _wished(incoming, partnership_id)
    booking = matter.booking
    inbox.end_counter(counter, "refused", who=who, now=now)
    history.record("refused another time", booking, who=who, now=now, after=counter.starts_at.isoformat())
    person = None if matter.of_troupe or booking.ended_at else _person(booking, counter.address)
    if person is None:
        return False
    told.organisation(
        booking,
        [person],
        answering.time_stays,
        now=now,
        wish_starts_at=counter.starts_at,
        words=words,
        expires_at=told.expiry(booking),
    )
    return True


def ask_back(incoming: Incoming, partnership_id: int, *, who: str, now: datetime) -> list[VisitContact]:
    """Write to whoever declined: the visit stands; move it or cancel it? With a link of their own. Returns to
    whom.

    The booking is not touched. Raises inbox.Settled, VisitUnknown, BookingEnded, ShowIsOver, AnsweredSince,
    NotOnTheBooking.
    """
    inbox.settle(incoming, "asked whether to move or cancel", who=who, now=now)
    declined = [a for a in inbox.answers_in(incoming) if a.partstat == invite_answers.DECLINED]
    about = matters({answer.uid for answer in declined}, partnership_id)
    if not about:
        raise VisitUnknown
    newest = inbox.answers_of(about)
    written: list[VisitContact] = []
    for answer in declined:
        matter = about.get(answer.uid)
        if matter is None or matter.of_troupe:
            continue
        booking = matter.booking
        booking.still_open()
        if booking.performance.ends_at <= now:
            raise bookings.ShowIsOver
        if not _holds(answer, newest, matter):
            raise AnsweredSince
        person = _person(booking, answer.address)
        if person is None:
            raise NotOnTheBooking(answer.address)
        until = told.expiry(booking)
        told.organisation(
            booking, [person], answering.move_or_cancel, now=now, comment=answer.comment, expires_at=until
        )
        history.record("asked after a no", booking, who=who, now=now, after=person.address)
        written.append(person)
    if not written:
        raise VisitUnknown
    return written


def _holds(answer: CalendarAnswer, newest: dict[str, dict[str, CalendarAnswer]], matter: Matter) -> bool:
    """Whether this is what the person still says of the time that stands."""
    last = newest.get(answer.uid, {}).get(answer.address)
    return (
        last is not None
        and last.partstat == invite_answers.DECLINED
        and not is_overtaken(matter, last.sequence)
    )


def _wished(incoming: Incoming, partnership_id: int) -> tuple[Matter, CounterProposal]:
    counter = inbox.counter_of(incoming)
    if counter is None:
        raise VisitUnknown
    if counter.ended_at is not None:
        raise inbox.SettledAlready
    matter = matters([counter.uid], partnership_id).get(counter.uid)
    if matter is None:
        raise VisitUnknown
    return matter, counter


def _person(booking: Booking, address: str) -> VisitContact | None:
    return next((p for p in promises.people_of(booking) if bare(p.address) == bare(address)), None)
