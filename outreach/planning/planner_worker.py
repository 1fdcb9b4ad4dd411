"""Worker that draws up plans: takes one that waits, says how far it is, stores what came of it; each plan
ends once.

Nothing is open in the database while it thinks; the door hands in its transaction for each step. Whoever
works says so every few seconds; a plan nobody has spoken of for a while is taken up by another, and what the
first still brings of it counts for nothing.
"""

import logging
import os
import secrets
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select, update
from sqlalchemy.orm import aliased

from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.planning import fingerprint, ordering, queue, rules, writing_down
from outreach.planning.drawing_up import draw
from outreach.planning.orders import DONE, FAILED, STOPPED, WAITING, WORKING, PlanLine, TourPlan
from outreach.tour import slots
from outreach.tour.planning import plan as plans
from outreach.tour.planning.limit import Progress
from outreach.tour.planning.plan import Plan
from outreach.tour.planning.problem import Problem
from outreach.tour.programmes import Programme

BEATS = timedelta(seconds=1)
"""How often whoever works on a plan says so."""

HEARS = timedelta(seconds=0.15)
"""How often it looks whether to stop."""

MISSED = timedelta(seconds=30)
"""Somebody who was not heard of for so long is not there any more."""

UNTAKEN = timedelta(minutes=10)
"""A plan that waits for longer is one for whoever runs the service to see to."""

MOST_BEGUN = 3
"""A plan that was begun so often and never ended is not begun again: something about it breaks the
planner."""

FREE_SECONDS = 10
"""For the plan that keeps nothing, which a plan once more is compared with."""

log = logging.getLogger(__name__)


class Solver(Protocol):
    """planner.solve, here or in a process of its own."""

    def __call__(
        self,
        problem: Problem,
        seconds: float,
        seed: int = 1,
        progress: Callable[[Progress], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Plan: ...


Commits = Callable[[], AbstractContextManager[Any]]
"""The door's transaction: what is done within it is committed at its end."""


class BrokeOff(Exception):
    """The planner ended without a plan: killed, out of memory, a fault of ours."""


def new_name() -> str:
    """A name for this process as a planner: host, process and chance."""
    return f"{socket.gethostname().replace(':', '-')}:{os.getpid()}:{secrets.token_hex(4)}"


def work_next(
    name: str,
    *,
    clock: Callable[[], datetime],
    commits: Commits,
    solver: Solver,
    told: Callable[[], bool] = lambda: False,
) -> bool:
    """One plan from beginning to end; False when none waits. `told`: somebody ends this process, give the
    plan back."""
    token = f"{name}/{secrets.token_hex(4)}"
    with commits():
        take_over(name)
        plan_id = claim(token, clock())
    if plan_id is None:
        return False
    watch = _Watch(plan_id, token, clock, commits, told)
    try:
        _work(plan_id, watch, solver)
    except Refusal as refusal:
        _end(watch, failed_why=refusal.message)
    except BrokeOff as fault:
        if (
            watch.told()
        ):  # the signal that ended this process reached the planner's own before it could ignore it
            with watch.commits():
                give_back(watch.token)
            return True
        _end(watch, failed_why=str(fault))
    except Exception:
        log.exception("plan %s could not be drawn up", plan_id)
        _end(watch, failed_why="Something went wrong here. The log of the planner says what.")
    return True


def claim(token: str, now: datetime) -> int | None:
    """Take the plan that waits longest, or one whose planner is gone, of the partnership that no planner worked for, or
    the longest ago; its id, or None. `token` is unlike any other."""
    while True:
        gone = and_(TourPlan.state == WORKING, TourPlan.beat_at < now - MISSED)
        row = db.session.scalar(
            select(TourPlan)
            .where(TourPlan.finished_at.is_(None), or_(TourPlan.state == WAITING, gone))
            .order_by(_last_worked_for().asc().nulls_first(), TourPlan.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return None
        row.taken_by, row.beat_at, row.begun = token, now, row.begun + 1
        if row.begun <= MOST_BEGUN:
            row.state = WORKING
            _say_how_far(row, None)
            db.session.flush()
            return row.id
        row.state, row.finished_at = FAILED, now
        row.failed_why = f"The planner broke off {MOST_BEGUN} times, and was not begun again."
        db.session.flush()


def _last_worked_for() -> ScalarSelect[datetime | None]:
    """When a planner was last at work for the partnership of a plan."""
    other, theirs, own = aliased(TourPlan), aliased(Programme), aliased(Programme)
    whose_plan = (
        select(own.partnership_id)
        .where(own.id == TourPlan.programme_id)
        .correlate(TourPlan)
        .scalar_subquery()
    )
    return (
        select(func.max(other.beat_at))
        .join(theirs, theirs.id == other.programme_id)
        .where(theirs.partnership_id == whose_plan)
        .correlate(TourPlan)
        .scalar_subquery()
    )


def nobody_takes(now: datetime) -> bool:
    """Whether a plan has waited for longer than UNTAKEN while no planner is at work on another."""
    found = queue.of_service(now)
    waits = found.first_asked_at is not None and found.first_asked_at < now - UNTAKEN
    return waits and (found.last_beat_at is None or found.last_beat_at < now - MISSED)


def _in_hand() -> ColumnElement[bool]:
    """Of a plan that some planner works on; found among those that have no end, not among all that ever were."""
    return and_(TourPlan.finished_at.is_(None), TourPlan.state == WORKING)


def take_over(name: str) -> None:
    """Free the plans of this host's planners whose process is gone, instead of waiting until they are
    missed."""
    host = name.split(":")[0]
    rows = db.session.scalars(
        select(TourPlan)
        .where(_in_hand(), TourPlan.taken_by.startswith(f"{host}:", autoescape=True))
        .order_by(TourPlan.id)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        if not _lives(int(row.taken_by.split(":")[1]), ours=row.taken_by.startswith(name)):
            row.state, row.taken_by, row.beat_at = WAITING, "", None
    db.session.flush()


def _lives(process: int, *, ours: bool) -> bool:
    if process == os.getpid():  # else a number used again, as the first process of a container is
        return ours
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class _Watch:
    """Says how far the plan is, no more often than BEATS, and hears whether to stop, no more often than HEARS."""

    def __init__(
        self,
        plan_id: int,
        token: str,
        clock: Callable[[], datetime],
        commits: Commits,
        told: Callable[[], bool],
    ) -> None:
        self.plan_id, self.token, self.clock, self.commits, self.told = plan_id, token, clock, commits, told
        self.looked_at = self.heard_at = clock()
        self.progress: Progress | None = None
        self.lost = self.asked = False

    def heard(self, progress: Progress) -> None:
        self.progress = progress
        self.look()

    def stopped(self) -> bool:
        self.look()
        return self.lost or self.asked or self.told()

    def look(self) -> None:
        now = self.clock()
        if self.lost or now - self.heard_at < HEARS:
            return
        self.heard_at = now
        if now - self.looked_at < BEATS:
            with self.commits():
                asked_at = select(TourPlan.stop_asked_at).where(TourPlan.id == self.plan_id)
                self.asked = db.session.scalar(asked_at) is not None
            return
        self.looked_at = now
        with self.commits():
            row = _mine(self)
            if row is None:
                self.lost = True
                return
            row.beat_at = now
            _say_how_far(row, self.progress)
            self.asked = row.stop_asked_at is not None


def _say_how_far(row: TourPlan, far: Progress | None) -> None:
    row.so_far_schools = far.schools if far else None
    row.so_far_driving = far.driving if far else None
    row.so_far_bound = round(far.bound) if far and far.bound is not None else None
    row.so_far_seconds = round(far.seconds) if far else None


def _mine(watch: _Watch) -> TourPlan | None:
    """The plan while it is still this worker's, locked."""
    return db.session.scalar(
        select(TourPlan)
        .where(TourPlan.id == watch.plan_id, TourPlan.state == WORKING, TourPlan.taken_by == watch.token)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _work(plan_id: int, watch: _Watch, solver: Solver) -> None:
    with watch.commits():
        row = db.session.get_one(TourPlan, plan_id)
        asked, previous = rules.unpack(row.rules), row.based_on
        now = watch.clock()
        drawn = draw(row.programme, asked, before=_before(previous), now=now)
        stood = fingerprint.fingerprint_of_inputs(
            row.programme,
            asked,
            since=slots.first_bookable_day(row.programme, now),
            schools={*drawn.schools, *(organisation_id for organisation_id, _, _ in drawn.left_out)},
            leaving_out=[each.proposal_id for each in drawn.movable],
        )
    found = solver(drawn.problem, asked.seconds, progress=watch.heard, stop=watch.stopped)
    watch.look()
    if watch.told() and found.ended == plans.STOPPED and not watch.asked:
        with watch.commits():
            give_back(watch.token)
        return
    free = None
    if drawn.problem.kept and not watch.stopped():
        free = solver(replace(drawn.problem, kept=()), min(asked.seconds, FREE_SECONDS), stop=watch.stopped)
    with watch.commits():
        mine = _mine(watch)
        if mine is None:
            log.warning("plan %s was taken up by another planner; this one's is thrown away", plan_id)
            return
        writing_down.write(mine, drawn, found, before=_before(previous), free=free)
        mine.about, mine.finished_at = stood, watch.clock()
        mine.state = STOPPED if found.ended == plans.STOPPED else DONE


def _before(plan_id: int | None) -> list[PlanLine]:
    """The lines of the plan that this one follows on."""
    return ordering.lines_before(db.session.get_one(TourPlan, plan_id)) if plan_id is not None else []


def _end(watch: _Watch, *, failed_why: str) -> None:
    with watch.commits():
        mine = _mine(watch)
        if mine is not None:
            mine.state, mine.failed_why, mine.finished_at = FAILED, failed_why, watch.clock()


def give_back(token: str) -> None:
    """Somebody else may take the plan up at once; that it was begun is forgotten, since nothing broke."""
    db.session.execute(
        update(TourPlan)
        .where(_in_hand(), TourPlan.taken_by == token)
        .values(state=WAITING, taken_by="", beat_at=None, begun=0)
    )
