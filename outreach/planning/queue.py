"""Queue of the planner in figures: plans that wait, and those that are worked on."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from outreach.ground import whose
from outreach.ground.db import db
from outreach.ground.figures import Figure, one
from outreach.planning.orders import WAITING, WORKING, TourPlan


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """Plans of the whole service that are not finished. `first_asked_at`: when the oldest that waits was asked for;
    `last_beat_at`: when somebody who works on one last said so."""

    waiting: int
    working: int
    first_asked_at: datetime | None
    last_beat_at: datetime | None


def figures(now: datetime) -> list[Figure]:
    found = of_service(now)
    waits = (now - found.first_asked_at).total_seconds() if found.first_asked_at else 0
    return [
        Figure(
            "outreach_plans",
            "Plans of a tour that are not finished.",
            [({"state": WAITING}, found.waiting), ({"state": WORKING}, found.working)],
        ),
        Figure(
            "outreach_oldest_waiting_plan_seconds",
            "For how long the oldest that waits was asked for.",
            one(max(waits, 0)),
        ),
    ]


def of_service(now: datetime) -> Unfinished:
    """In one statement."""
    found = whose.counted("plans", now)
    if found is None:
        rows = db.session.execute(
            select(TourPlan.state, func.count(), func.min(TourPlan.asked_at), func.max(TourPlan.beat_at))
            .where(TourPlan.finished_at.is_(None))
            .group_by(TourPlan.state)
            .order_by(TourPlan.state)
        )
        found = {
            state: (many, asked_at if state == WAITING else beat_at)
            for state, many, asked_at, beat_at in rows
        }
    (waiting, asked), (working, beat) = (found.get(state, (0, None)) for state in (WAITING, WORKING))
    return Unfinished(waiting=waiting, working=working, first_asked_at=asked, last_beat_at=beat)
