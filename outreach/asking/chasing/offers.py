"""The waiting list: who waits for a time, in which order, and a time that is offered for some days when one
comes free.

An offer is a proposal with a short day to reply by. A time that comes free is kept for the first of the list
in the very transaction that frees it; the day's run offers what was free before. Nobody has two at once; when
one lapses or is refused, the next school in the list has its turn before the same one is offered another
time.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.asking import invitations, seen_before
from outreach.asking.chasing import schedule, settings
from outreach.asking.chasing.settings import Schedule
from outreach.asking.invitations import REFUSED_SLOT, WAITING_LIST, Answer
from outreach.asking.seen_before import ORDER, Before
from outreach.booking import accounts, guest_places
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county import contacts, organisations, school_days
from outreach.county.contacts import Contact
from outreach.county.register import lines
from outreach.county.school_days import SchoolCalendar
from outreach.county.schools import BODY, Organisation
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.school_year import last_day
from outreach.ground.timespans import day_of
from outreach.ground.wording import clock, day_short
from outreach.post import outbox
from outreach.post.proposing import LAPSED
from outreach.tour import freed_places, itinerary, performances, slots, target_decisions
from outreach.tour.days import TourDay
from outreach.tour.performances import Slot, SlotTaken
from outreach.tour.programmes import Programme
from outreach.tour.target_decisions import EXCLUDE

BY_ITSELF_AT_MOST = 2
"""Offers to one school of one wait; after as many without a booking a coordinator looks after it."""


TRIES = 3
"""For one school in one turn, where a time is taken between the look and the lock."""


@dataclass(frozen=True, kw_only=True)
class Waiter:
    """One school that waits. `before`: whether it, or a school it came from, has seen it in whatever year.

    `offered` are the times offered since it waits, oldest first; `open_offer` the one that stands now, if
    any. `contact` is whom an offer goes to; None when nobody can be reached.
    """

    organisation: Organisation
    since: datetime
    before: Before
    offered: tuple[Proposal, ...]
    open_offer: Proposal | None
    contact: Contact | None
    calendar: SchoolCalendar

    def so_far(self) -> str:
        """What became of the last offer, in words; '' before the first."""
        if not self.offered:
            return ""
        last = self.offered[-1]
        slot = f"{day_short(last.starts_at)} at {clock(last.starts_at)}"
        if last is self.open_offer:
            return f"{slot} is kept for it until {day_short(last.reply_by)}"
        return f"did not answer about {slot}" if last.ended_as in ("", LAPSED) else f"{last.ended_as}: {slot}"


def waiting_list(programme: Programme, *, now: datetime) -> list[Waiter]:
    """Who waits for a time: those offered least first, of these who never saw it, then those of whom it is
    not known, and then who waited longest.

    A school waits from its word until it books, or says something else; refusing an offered time is not
    leaving the list. In a constant number of queries.
    """
    since = _since(programme.id)
    found = [
        organisation
        for organisation in db.session.scalars(
            select(Organisation)
            .where(Organisation.organisation_id.in_(since), organisations.ours(programme.partnership_id))
            .order_by(Organisation.organisation_id)
        )
        if organisation.is_open
    ]
    decisions = target_decisions.decisions(programme.id)
    found = [
        s for s in found if s.organisation_id not in decisions or decisions[s.organisation_id].kind != EXCLUDE
    ]
    owed = accounts.of_organisations(programme, found, now=now)
    found = [s for s in found if owed[s.organisation_id].is_open]
    organisation_ids = [s.organisation_id for s in found]
    offered: dict[int, list[Proposal]] = {}
    for proposal in db.session.scalars(
        select(Proposal)
        .where(Proposal.programme_id == programme.id, Proposal.organisation_id.in_(organisation_ids))
        .order_by(Proposal.id)
    ):
        if proposal.recorded_at >= since[proposal.organisation_id]:
            offered.setdefault(proposal.organisation_id, []).append(proposal)
    before, on_file, calendars = (
        _seen_before(programme, organisation_ids, now),
        contacts.to_write_to(organisation_ids),
        school_days.load(organisation_ids),
    )
    addresses = [c.address for cs in on_file.values() for c in cs]
    dead = {address.lower() for address in outbox.dead_addresses(addresses)}
    rows = [
        Waiter(
            organisation=s,
            since=since[s.organisation_id],
            before=before[s.organisation_id],
            offered=tuple(offered.get(s.organisation_id, ())),
            open_offer=next(
                (p for p in reversed(offered.get(s.organisation_id, [])) if p.is_open(now)), None
            ),
            contact=next(
                (c for c in on_file.get(s.organisation_id, []) if c.address.lower() not in dead), None
            ),
            calendar=calendars[s.organisation_id],
        )
        for s in found
    ]
    return sorted(
        rows,
        key=lambda w: (len(w.offered), ORDER.index(w.before.word), w.since, w.organisation.organisation_id),
    )


def keep_what_came_free() -> None:
    """Keep each time that came free in this transaction for the first of the waiting list who could have it.

    Done at the end of each transaction that freed one, before it commits, so that nobody else ever sees such
    a time as free.
    """
    noted = freed_places.take()
    db.session.flush()
    by_programme: dict[int, list[int]] = {}
    for programme_id, day_id in db.session.execute(
        select(TourDay.programme_id, TourDay.id)
        .where(TourDay.id.in_(noted), TourDay.ended_at.is_(None))
        .order_by(TourDay.id)
    ):
        by_programme.setdefault(programme_id, []).append(day_id)
    for programme_id, day_ids in by_programme.items():
        if not _anybody_waits(programme_id):
            continue
        programme, tried = db.session.get_one(Programme, programme_id), set[int]()
        now = max(noted[day_id] for day_id in day_ids)
        while itinerary.room_left(programme_id, now=now, only_days=day_ids) and (
            offer_next(programme, who=proposing.NOBODY, now=now, passed_over=tried, only_days=day_ids)
        ):
            pass


def offer_next(
    programme: Programme,
    *,
    who: str,
    now: datetime,
    passed_over: set[int],
    only_days: Collection[int] | None = None,
) -> ProposalDraft | None:
    """Keep one time for the school whose turn it is and write to it; None when there is nobody, or nothing to
    offer.

    In the caller's transaction; whoever had a turn is put into `passed_over`. `only_days`: some tour days'
    ids. A school that somebody else has in hand this moment keeps its place in the list and is passed over.
    """
    if only_days is None:
        invitations.queue(programme)  # before any school's lock; what came free has the days' locks already
    plan = settings.schedule_of_programme(programme.id)
    if not plan.offers_on or programme.closed_at is not None:
        return None
    for_places = guest_places.organisations_that_ask(programme.id, now=now) if programme.for_adults else set()
    for waiter in waiting_list(programme, now=now):
        organisation_id = waiter.organisation.organisation_id
        if organisation_id in passed_over:
            continue
        if organisation_id in for_places or waiter.organisation.kind == BODY:
            continue  # it waits for places at a session, and is seated there (booking/sessions/places.py)
        passed_over.add(organisation_id)
        for _ in range(TRIES):
            offer = _offer(programme, waiter, plan, now=now, only_days=only_days)
            if offer is None or not performances.lock_organisation_unless_busy(organisation_id):
                break
            if organisation_id not in _since(
                programme.id, organisation_id
            ):  # it has said something else meanwhile
                break
            try:
                with db.session.begin_nested():
                    proposing.propose(offer, who=who, now=now)
            except SlotTaken:
                continue
            except Refusal:
                break
            return offer
    return None


def _offer(
    programme: Programme,
    waiter: Waiter,
    plan: Schedule,
    *,
    now: datetime,
    only_days: Collection[int] | None,
) -> ProposalDraft | None:
    """What a waiting school is offered without a click, if it can be; writes nothing.

    Its letter goes on the first school day from today on; `offer_days` (a setting) of its school days from
    that one on are given to answer, or as many as there are while the programme's notice for booking is kept.
    """
    if (
        waiter.open_offer is not None
        or waiter.contact is None
        or len(waiter.offered) >= BY_ITSELF_AT_MOST
        or (slot := _could_have(programme, waiter, now=now, only_days=only_days)) is None
    ):
        return None
    last = min(
        slot.day - timedelta(days=max(1, programme.notice_book_days)), last_day(programme.academic_year)
    )
    closed = waiter.calendar.why_closed
    letter_on = schedule.school_day_from(day_of(now), until=last, why_closed=closed)
    if letter_on is None:
        return None
    until = (
        schedule.school_days_on(letter_on, days, until=last, why_closed=closed)
        for days in range(plan.offer_days, 0, -1)
    )
    reply_by = next((day for day in until if day is not None), None)
    if reply_by is None:
        return None
    return ProposalDraft(
        programme=programme,
        organisation=waiter.organisation,
        slot=slot,
        people=[waiter.contact],
        reply_by=reply_by,
        waiting=True,
        letter_on=letter_on,
    )


def _could_have(
    programme: Programme, waiter: Waiter, *, now: datetime, only_days: Collection[int] | None
) -> Slot | None:
    """The best time that a waiting school could have, on a day of which it was not offered any yet; two
    queries."""
    before = {day_of(proposal.starts_at) for proposal in waiter.offered}
    near = slots.offers(programme, waiter.organisation, now=now, only_days=only_days).near
    return next((slot for slot in near if slot.day not in before), None)


def _anybody_waits(programme_id: int) -> bool:
    """Whether any school has ever asked for the waiting list; one query, for every time that comes free."""
    asked = select(Answer.id).where(Answer.programme_id == programme_id, Answer.kind == WAITING_LIST)
    return db.session.scalar(asked.limit(1)) is not None


def _since(programme_id: int, organisation_id: int | None = None) -> dict[int, datetime]:
    """Since when each school waits, by URN, or the one asked for: its first word in a row that all leave it
    waiting.

    A booking after it ends the wait; what a school books only in part it says itself.
    """
    since: dict[int, datetime] = {}
    said = select(Answer.organisation_id, Answer.kind, Answer.recorded_at).where(
        Answer.programme_id == programme_id
    )
    if organisation_id is not None:
        said = said.where(Answer.organisation_id == organisation_id)
    for whose, kind, recorded_at in db.session.execute(said.order_by(Answer.id)):
        if kind == WAITING_LIST:
            since.setdefault(whose, recorded_at)
        elif kind != REFUSED_SLOT:
            since.pop(whose, None)
    booked = db.session.execute(
        select(Booking.organisation_id, func.max(Booking.created_at))
        .where(Booking.programme_id == programme_id, Booking.organisation_id.in_(since))
        .group_by(Booking.organisation_id)
        .order_by(Booking.organisation_id)
    )
    for whose, created_at in booked:
        if created_at >= since[whose]:
            del since[whose]
    return since


def _seen_before(programme: Programme, organisation_ids: list[int], now: datetime) -> Mapping[int, Before]:
    """Whether each of these schools, or a closed one that it came from, has seen it."""
    former = lines.former_selves(organisation_ids, programme.partnership_id, today=day_of(now))
    families = {
        organisation_id: (organisation_id, *(s.organisation_id for s in former.get(organisation_id, ())))
        for organisation_id in organisation_ids
    }
    return seen_before.seen_before_by_organisations(programme, families, now=now)
