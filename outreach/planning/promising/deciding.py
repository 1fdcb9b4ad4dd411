"""A coordinator looks through a plan: strikes lines and puts them back, pins them, moves them to another time
that fits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import clock, day_short
from outreach.planning import orders
from outreach.planning.orders import ACCEPTED, DRAWN, MOVED, NEW, REFUSED, STRUCK, PlanLine, TourPlan
from outreach.planning.promising import room as room_of
from outreach.planning.promising.room import Room
from outreach.tour import days
from outreach.tour.fit import DayOffer
from outreach.tour.performances import Slot


class NoSuchLine(NoSuch):
    """There is none, or it is another plan's or another partnership's."""


class AlreadyProposed(Refusal):
    """What was accepted is changed where proposals are."""


class IsStruck(Refusal):
    """A struck line cannot be pinned; and a guest has no show without its host's."""


class DoesNotFit(Refusal):
    field = "slot"


class GoesWithItsHost(Refusal):
    """A guest is where its host is."""


def get(partnership_id: int, plan_id: int, line_id: int) -> PlanLine:
    """A line of a plan that can be read, with its school and plan. Raises NoSuchLine."""
    found = db.session.scalar(
        select(PlanLine)
        .join(PlanLine.plan)
        .where(PlanLine.id == line_id, PlanLine.plan_id == plan_id, TourPlan.state.in_(orders.READABLE))
        .options(joinedload(PlanLine.plan).joinedload(TourPlan.programme), joinedload(PlanLine.organisation))
    )
    if found is None or found.plan.programme.partnership_id != partnership_id:
        raise NoSuchLine("There is no such line in this plan.")
    return found


def strike(line: PlanLine, *, who: str, now: datetime) -> None:
    """Take a line out, and its guests with it; it is not drawn up again on that date. Twice is once. Raises
    AlreadyProposed."""
    locked(line.plan)
    db.session.refresh(line)
    if line.state == STRUCK:
        return
    _not_proposed(line)
    for each in (line, *_guests_of(line)):
        if each.state in (DRAWN, REFUSED):
            each.state, each.pinned, each.refused_why = STRUCK, False, ""
    _record("struck from a plan", line, who=who, now=now)


def put_back(line: PlanLine, *, who: str, now: datetime) -> None:
    """Take a struck line in again, its guests not. Twice is once. Raises IsStruck."""
    locked(line.plan)
    db.session.refresh(line)
    if line.state != STRUCK:
        return
    host = db.session.get(PlanLine, line.guest_of) if line.guest_of is not None else None
    if host is not None and host.state == STRUCK:
        raise IsStruck(f"Put {host.organisation.name} back first: {line.organisation.name} is its guest.")
    line.state = DRAWN
    _record("put back into a plan", line, who=who, now=now)


def pin(line: PlanLine, *, pinned: bool, who: str, now: datetime) -> None:
    """Planned again, a pinned line stays where it is. Twice is once. Raises IsStruck."""
    locked(line.plan)
    db.session.refresh(line)
    if line.state == STRUCK and pinned:
        raise IsStruck("A struck line cannot be pinned. Put it back first.")
    if line.pinned == pinned:
        return
    line.pinned = pinned
    _record("pinned in a plan" if pinned else "unpinned in a plan", line, who=who, now=now)


def elsewhere(line: PlanLine, *, now: datetime) -> list[DayOffer]:
    """What every coming tour day offers a line's school beside what stands and what else the plan draws, by
    date.

    A constant number of queries. Its own place is left out of account, as is the kept time that it would
    move.
    """
    room = _room(line, now=now)
    return room.offers(line.organisation_id)


def move(line: PlanLine, key: str, *, who: str, now: datetime) -> PlanLine:
    """Draw a line elsewhere, on paper alone; its guests go with it. Raises AlreadyProposed, GoesWithItsHost,
    DoesNotFit."""
    locked(line.plan)
    db.session.refresh(line)
    _not_proposed(line)
    if line.is_guest:
        raise GoesWithItsHost(
            f"{line.organisation.name} is a guest: move its host’s show, and it goes along."
        )
    slot = next((s for offer in elsewhere(line, now=now) for s in offer.slots if s.key == key), None)
    if slot is None or slot.starts_at <= now or _has_another_then(line, slot):
        raise DoesNotFit(
            "That time does not fit beside what stands and what else the plan draws. Choose another."
        )
    _put(line, slot)
    for guest in _guests_of(line):
        _put(guest, slot)
    _record("moved in a plan", line, who=who, now=now)
    return line


def _put(line: PlanLine, slot: Slot) -> None:
    row = db.session.get_one(days.TourDay, slot.tour_day_id)
    was = line.proposal.starts_at if line.proposal is not None else None
    line.tour_day_id, line.troupe_id, line.troupe_name = row.id, row.troupe_id, row.troupe.name
    line.day, line.starts_at = slot.day, slot.starts_at
    line.get_in_at, line.away_at = slot.get_in_at, slot.away_at
    if not line.is_guest:
        line.road_minutes = slot.extra_minutes
    line.state, line.refused_why = DRAWN, ""
    line.was, line.was_starts_at = (MOVED, was) if was is not None else (NEW, None)
    db.session.flush()


def _room(line: PlanLine, *, now: datetime) -> Room:
    plan = line.plan
    others = [
        each
        for each in orders.lines(plan)
        if each.id != line.id and each.state == DRAWN and not each.is_guest and each.tour_day_id is not None
    ]
    coming = [day.id for day in days.of_programme(plan.programme_id) if day.day > day_of(now)]
    room = Room(plan.programme, coming, [line.organisation, *(each.organisation for each in others)], now=now)
    kept = room_of.proposals(each.proposal_id for each in (line, *others) if each.proposal_id is not None)
    for proposal in kept.values():
        room.lift(proposal)
    for each in others:
        room.lay(each)
    return room


def _has_another_then(line: PlanLine, slot: Slot) -> bool:
    """Whether another troupe is at the school for a show of the plan while this one would be there. Two of one
    troupe the room keeps apart: the hall is turned round between them."""
    return any(
        each.id != line.id
        and each.organisation_id == line.organisation_id
        and each.state != STRUCK
        and each.tour_day_id != slot.tour_day_id
        and each.get_in_at < slot.away_at
        and slot.get_in_at < each.away_at
        for each in orders.lines(line.plan)
    )


def _guests_of(line: PlanLine) -> list[PlanLine]:
    return list(
        db.session.scalars(select(PlanLine).where(PlanLine.guest_of == line.id).order_by(PlanLine.id))
    )


def _not_proposed(line: PlanLine) -> None:
    if line.state == ACCEPTED:
        raise AlreadyProposed(
            f"{line.organisation.name} has been asked about {day_short(line.starts_at)} at {clock(line.starts_at)}. "
            "Take the proposal back on the school’s page, or plan again."
        )


def locked(plan: TourPlan) -> TourPlan:
    """Queue at a plan's row, so that two who decide about one plan do so one after the other."""
    return db.session.scalars(
        select(TourPlan)
        .where(TourPlan.id == plan.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _record(what: str, line: PlanLine, *, who: str, now: datetime) -> None:
    db.session.flush()
    history.record(
        what,
        line.plan.programme,
        who=who,
        now=now,
        after={
            "plan": line.plan.name,
            "organisation_id": line.organisation_id,
            "starts": line.starts_at.isoformat(),
        },
    )
