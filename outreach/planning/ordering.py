"""Requests for plans: a new one, another that moves little of one, stopping one early, putting one away."""

import re
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, or_, select

from outreach.county import partnerships
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.planning import orders, rules
from outreach.planning.drawing_up import draw
from outreach.planning.orders import FAILED, WAITING, PlanLine, TourPlan
from outreach.planning.rules import PlanRules, RulesMakeNoSense
from outreach.tour import companies
from outreach.tour.planning.day_wishes import Wishes
from outreach.tour.programmes import Programme, ProgrammeClosed

LONGEST_NAME = 60
MOST_WAITING = 12


class TooManyPlansWait(Refusal):
    """A queue so long that nobody would wait for its end."""


class NameTooLong(Refusal):
    field = "name"


class StillAtWork(Refusal):
    """A plan that is worked on cannot be put away, nor planned again from."""


class NothingStandsInIt(Refusal):
    """A plan that came to nothing has nothing to keep."""


def order(programme: Programme, asked: PlanRules, *, name: str = "", who: str, now: datetime) -> TourPlan:
    """A plan by these rules, waiting for the planner. The same asked again while it waits is one plan.

    Raises ProgrammeClosed, RulesMakeNoSense, NameTooLong, TooManyPlansWait, and CannotPlan where there is
    nothing to plan, or nothing to plan on.
    """
    rules.check(asked, academic_year=programme.academic_year, today=day_of(now))
    _check_troupes(programme, asked)
    draw(programme, asked, now=now)
    return _put_down(programme, asked, name=name, who=who, now=now)


def again(plan: TourPlan, *, seconds: int | None = None, who: str, now: datetime) -> TourPlan:
    """Another plan that keeps what this one proposes and whatever was proposed since, each at the price of
    moving it.

    What a coordinator struck is not offered again on its date; what was pinned stays. Raises StillAtWork,
    NothingStandsInIt, and as `order` does.
    """
    if plan.state not in orders.ENDED:
        raise StillAtWork("This plan is still being worked on. Wait for it, or stop it first.")
    if not plan.is_readable:
        raise NothingStandsInIt("This plan came to nothing, so there is nothing to keep. Ask for a new one.")
    before = rules.unpack(plan.rules)
    asked = replace(before, moves=True, seconds=seconds or before.seconds)
    rules.check(asked, academic_year=plan.programme.academic_year, today=day_of(now))
    draw(plan.programme, asked, before=lines_before(plan), now=now)
    return _put_down(plan.programme, asked, name=_name_again(plan.name), based_on=plan.id, who=who, now=now)


def _name_again(name: str) -> str:
    """'Plan B, again' of 'Plan B', and 'Plan B, again 2' of that one, so that a name stays short."""
    before = re.fullmatch(r"(.*), again(?: ([0-9]+))?", name)
    return f"{before[1]}, again {int(before[2] or 1) + 1}" if before else f"{name}, again"


def by_other_wishes(plan: TourPlan, wishes: Wishes, *, nights: str, who: str, now: datetime) -> TourPlan:
    """Another plan from the same ground and by the same rules, but for the wishes for its days; the plan itself stays,
    to be compared with.

    Raises StillAtWork, and as `order` does.
    """
    if plan.state not in orders.ENDED:
        raise StillAtWork("This plan is still being worked on. Wait for it, or stop it first.")
    asked = rules.unpack(plan.rules).by_wishes(wishes, nights=nights)
    rules.check(asked, academic_year=plan.programme.academic_year, today=day_of(now))
    before = db.session.get(TourPlan, plan.based_on) if plan.based_on is not None else None
    draw(plan.programme, asked, before=lines_before(before) if before else (), now=now)
    return _put_down(plan.programme, asked, based_on=plan.based_on, other_wishes_of=plan.id, who=who, now=now)


def stop(plan: TourPlan, *, who: str, now: datetime) -> None:
    """End it early: the best that was found is kept; one that was not begun comes to nothing. Twice is
    once."""
    row = _locked(plan)
    if row.state in orders.ENDED or row.stop_asked_at is not None:
        return
    row.stop_asked_at = now
    if row.state == WAITING:
        row.state, row.finished_at, row.failed_why = FAILED, now, "It was stopped before it was begun."
    db.session.flush()
    history.record("stopped a plan", row.programme, who=who, now=now, after=row.name)


def put_away(plan: TourPlan, *, who: str, now: datetime) -> None:
    """Take it off the list; what came of it stays. Raises StillAtWork."""
    row = _locked(plan)
    if row.state not in orders.ENDED:
        raise StillAtWork("This plan is still being worked on. Stop it first.")
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        db.session.flush()
        history.record("put away a plan", row.programme, who=who, now=now, after=row.name)


def lines_before(plan: TourPlan) -> list[PlanLine]:
    """The lines of a plan and of those it follows on, the newest plan's first: what a re-plan keeps and
    leaves out."""
    found: list[PlanLine] = []
    at: TourPlan | None = plan
    for _ in range(20):
        if at is None:
            break
        found += orders.lines(at)
        at = db.session.get(TourPlan, at.based_on) if at.based_on is not None else None
    return found


def _put_down(
    programme: Programme,
    asked: PlanRules,
    *,
    name: str = "",
    based_on: int | None = None,
    other_wishes_of: int | None = None,
    who: str,
    now: datetime,
) -> TourPlan:
    if programme.closed_at is not None:
        raise ProgrammeClosed("This programme is closed. Open it again before you plan it.")
    if len(name) > LONGEST_NAME:
        if based_on is None:
            raise NameTooLong(f"The name must be {LONGEST_NAME} characters or fewer.")
        name = name[:LONGEST_NAME]
    partnerships.lock(programme.partnership_id)
    packed = rules.pack(asked)
    waiting = db.session.scalars(
        select(TourPlan)
        .where(TourPlan.programme_id == programme.id, TourPlan.finished_at.is_(None))
        .order_by(TourPlan.id)
    ).all()
    for row in waiting:
        if row.rules == packed and row.based_on == based_on and (not name or row.name == name):
            return row
    if len(waiting) >= MOST_WAITING:
        raise TooManyPlansWait(
            f"{len(waiting)} plans wait already. Stop one, or wait until the planner has done some."
        )
    plan = TourPlan(
        programme_id=programme.id,
        name=name or _next_name(programme.id),
        asked_by=who,
        asked_at=now,
        rules=packed,
        based_on=based_on,
        other_wishes_of=other_wishes_of,
        state=WAITING,
    )
    db.session.add(plan)
    db.session.flush()
    history.record("asked for a plan", programme, who=who, now=now, after=plan.name)
    return plan


def _next_name(programme_id: int) -> str:
    """Plan A to Plan Z, then Plan 27; one planned again has the name of the one before it."""
    before = db.session.scalar(
        select(func.count(TourPlan.id)).where(
            TourPlan.programme_id == programme_id,
            or_(TourPlan.based_on.is_(None), TourPlan.other_wishes_of.is_not(None)),
        )
    )
    number = (before or 0) + 1
    return f"Plan {chr(64 + number)}" if number <= 26 else f"Plan {number}"


def _check_troupes(programme: Programme, asked: PlanRules) -> None:
    ours = {troupe.id for troupe in companies.troupes(programme.partnership_id)}
    if not ours.issuperset(asked.troupes):
        raise RulesMakeNoSense("Choose troupes that there are.", field="troupes")


def _locked(plan: TourPlan) -> TourPlan:
    return db.session.scalars(
        select(TourPlan)
        .where(TourPlan.id == plan.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
