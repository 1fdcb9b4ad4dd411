"""Queue of the planner in figures: plans that wait, and those that are worked on."""

from datetime import datetime

from sqlalchemy import func, select

from outreach.ground import whose
from outreach.ground.db import db
from outreach.ground.figures import Figure, one
from outreach.planning.orders import WAITING, WORKING, TourPlan


def figures(now: datetime) -> list[Figure]:
    """Of the whole service, in one statement for each partnership."""
    found = [row for rows in whose.of_each(_unfinished) for row in rows]
    asked_at = [first for state, _, first in found if state == WAITING]
    waits = (now - min(asked_at)).total_seconds() if asked_at else 0
    return [
        Figure(
            "outreach_plans",
            "Plans of a tour that are not finished.",
            [
                ({"state": state}, sum(many for of, many, _ in found if of == state))
                for state in (WAITING, WORKING)
            ],
        ),
        Figure(
            "outreach_oldest_waiting_plan_seconds",
            "For how long the oldest that waits was asked for.",
            one(max(waits, 0)),
        ),
    ]


def _unfinished() -> list[tuple[str, int, datetime]]:
    rows = db.session.execute(
        select(TourPlan.state, func.count(), func.min(TourPlan.asked_at))
        .where(TourPlan.finished_at.is_(None))
        .group_by(TourPlan.state)
        .order_by(TourPlan.state)
    )
    return [(state, many, first) for state, many, first in rows]
