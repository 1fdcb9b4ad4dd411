"""The waiting list: who waits for a time, in which order, and a time that is offered for some days when one comes free.

An offer is a proposal with a short day to reply by. Nobody has two at once; when one lapses or is refused, the next
school in the list has its turn before the same one is offered another time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from outreach.asking import invitations
from outreach.asking.chasing import schedule, settings
from outreach.asking.invitations import REFUSED_SLOT, WAITING_LIST, Answer
from outreach.booking import accounts
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import Offer
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county import contacts, partnerships, school_days
from outreach.county.contacts import Contact
from outreach.county.school_days import SchoolCalendar
from outreach.county.schools import School, Succession
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.school_year import last_day
from outreach.ground.timespans import day_of
from outreach.ground.wording import clock, day_short
from outreach.post import outbox
from outreach.post.proposing import LAPSED
from outreach.tour import slots, targets
from outreach.tour.performances import Performance, Slot
from outreach.tour.programmes import Programme
from outreach.tour.targets import EXCLUDE

BY_ITSELF_AT_MOST = 2
"""Offers to one school of one wait; after as many without a booking a coordinator looks after it."""


@dataclass(frozen=True, kw_only=True)
class Waiter:
    """One school that waits. `never_had`: it has had no show in any year, nor has a school it came from.

    `offered` are the times offered since it waits, oldest first; `open_offer` the one that stands now, if any.
    `contact` is whom an offer goes to; None when nobody can be reached.
    """

    school: School
    since: datetime
    never_had: bool
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


def waiting_list(
    programme: Programme, *, now: datetime, target: Collection[int] | None = None
) -> list[Waiter]:
    """Who waits for a time: those offered least first, of these who never had a show, and then who waited longest.

    A school waits from its word until it books, or says something else; refusing an offered time is not leaving the
    list. In a constant number of queries.
    """
    since = _since(programme.id)
    ours = [a.la_code for a in partnerships.authorities(programme.partnership_id)]
    schools = [
        school
        for school in db.session.scalars(
            select(School).where(School.urn.in_(since), School.la_code.in_(ours)).order_by(School.urn)
        )
        if school.is_open and (target is None or school.urn in target)
    ]
    decisions = targets.decisions(programme.id)
    schools = [s for s in schools if s.urn not in decisions or decisions[s.urn].kind != EXCLUDE]
    owed = accounts.of_schools(programme, schools)
    schools = [s for s in schools if owed[s.urn].is_open]
    urns = [s.urn for s in schools]
    offered: dict[int, list[Proposal]] = {}
    for proposal in db.session.scalars(
        select(Proposal)
        .where(Proposal.programme_id == programme.id, Proposal.urn.in_(urns))
        .order_by(Proposal.id)
    ):
        if proposal.recorded_at >= since[proposal.urn]:
            offered.setdefault(proposal.urn, []).append(proposal)
    had, on_file, calendars = (
        _had_a_show(programme, urns, now),
        contacts.to_write_to(urns),
        school_days.load(urns),
    )
    addresses = [c.address for cs in on_file.values() for c in cs]
    dead = {address.lower() for address in outbox.dead_addresses(addresses)}
    rows = [
        Waiter(
            school=s, since=since[s.urn], never_had=s.urn not in had, offered=tuple(offered.get(s.urn, ())),
            open_offer=next((p for p in reversed(offered.get(s.urn, [])) if p.is_open(now)), None),
            contact=next((c for c in on_file.get(s.urn, []) if c.address.lower() not in dead), None),
            calendar=calendars[s.urn],
        )
        for s in schools
    ]  # fmt: skip
    return sorted(rows, key=lambda w: (len(w.offered), not w.never_had, w.since, w.school.urn))


def could_have(programme: Programme, waiter: Waiter, *, now: datetime) -> Slot | None:
    """The best time that a waiting school could have and was not offered yet; two queries."""
    before = {proposal.starts_at for proposal in waiter.offered}
    near = slots.offers(programme, waiter.school, now=now).near
    return next((slot for slot in near if slot.starts_at not in before), None)


def next_offer(
    programme: Programme,
    *,
    now: datetime,
    target: Collection[int] | None = None,
    passed_over: Collection[int] = (),
) -> Offer | None:
    """What would be offered now without a click, and to whom; None when nobody's turn has come. Writes nothing.

    A letter goes on a school day of that school alone, and `offer_days` (a setting) of its school days are given to
    answer, all before the show. `passed_over`: URNs to leave out.
    """
    plan, today = settings.of(programme.id), day_of(now)
    if not plan.offers_on or programme.closed_at is not None:
        return None
    for waiter in waiting_list(programme, now=now, target=target):
        if (
            waiter.open_offer is not None or waiter.contact is None or waiter.school.urn in passed_over
            or len(waiter.offered) >= BY_ITSELF_AT_MOST or waiter.calendar.why_closed(today)
        ):  # fmt: skip
            continue
        slot = could_have(programme, waiter, now=now)
        if slot is None:
            continue
        until = min(slot.day, last_day(programme.academic_year))
        reply_by = schedule.school_days_on(
            today, plan.offer_days, until=until, why_closed=waiter.calendar.why_closed
        )
        if reply_by is not None and reply_by < slot.day:
            return Offer(
                programme=programme,
                school=waiter.school,
                slot=slot,
                people=[waiter.contact],
                reply_by=reply_by,
            )
    return None


def offer_next(
    programme: Programme,
    *,
    who: str,
    now: datetime,
    target: Collection[int] | None = None,
    passed_over: set[int],
) -> Offer | None:
    """Offer one time to the school whose turn it is; None when there is nothing to offer. In the caller's transaction.

    A school whose time was taken meanwhile is put into `passed_over`, and the caller goes on.
    """
    invitations.queue(programme)
    offer = next_offer(programme, now=now, target=target, passed_over=passed_over)
    if offer is None:
        return None
    passed_over.add(offer.school.urn)
    try:
        with db.session.begin_nested():
            proposing.propose(offer, who=who, now=now)
    except Refusal:
        return offer_next(programme, who=who, now=now, target=target, passed_over=passed_over)
    return offer


def _since(programme_id: int) -> dict[int, datetime]:
    """Since when each school waits, by URN: its first word in a row of words that all leave it waiting.

    A booking after it ends the wait; what a school books only in part it says itself.
    """
    since: dict[int, datetime] = {}
    for urn, kind, recorded_at in db.session.execute(
        select(Answer.urn, Answer.kind, Answer.recorded_at)
        .where(Answer.programme_id == programme_id)
        .order_by(Answer.id)
    ):
        if kind == WAITING_LIST:
            since.setdefault(urn, recorded_at)
        elif kind != REFUSED_SLOT:
            since.pop(urn, None)
    booked = db.session.execute(
        select(Booking.urn, func.max(Booking.created_at))
        .where(Booking.programme_id == programme_id, Booking.urn.in_(since))
        .group_by(Booking.urn)
        .order_by(Booking.urn)
    )
    for urn, created_at in booked:
        if created_at >= since[urn]:
            del since[urn]
    return since


def _had_a_show(programme: Programme, urns: list[int], now: datetime) -> set[int]:
    """Which of these schools, or those they came from at one remove, had a show of any of the partnership's programmes."""
    before: dict[int, list[int]] = {urn: [urn] for urn in urns}
    for heir, urn in db.session.execute(
        select(Succession.successor_urn, Succession.predecessor_urn)
        .where(Succession.successor_urn.in_(urns))
        .order_by(Succession.id)
    ):
        before[heir].append(urn)
    family = {urn for line in before.values() for urn in line}
    had = set(
        db.session.scalars(
            select(Booking.urn)
            .join(Performance, Performance.id == Booking.performance_id)
            .join(Programme, Programme.id == Booking.programme_id)
            .where(
                Booking.urn.in_(family), Booking.ended_at.is_(None), Performance.ends_at < now,
                Programme.partnership_id == programme.partnership_id,
            )
            .distinct()
            .order_by(Booking.urn)
        )
    )  # fmt: skip
    return {heir for heir, line in before.items() if had.intersection(line)}
