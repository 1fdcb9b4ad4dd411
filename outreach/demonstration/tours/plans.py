"""Two plans for the schools that are missing: with all the tour days there are, and with twenty, to be
compared."""

from contextlib import nullcontext
from datetime import datetime

from outreach.planning import ordering, planner_worker
from outreach.planning.rules import PlanRules
from outreach.tour.planning import planner
from outreach.tour.programmes import Programme

SECONDS = 10
"""More than they need: the planner proves them the best there are, so that they come out alike each time."""


def draw_up(programme: Programme, *, who: str, now: datetime) -> None:
    """Asked for and drawn up at once, in the caller's transaction."""
    for name, asked in (
        ("As set", PlanRules(seconds=SECONDS)),
        ("Twenty days", PlanRules(seconds=SECONDS, days_at_most=20)),
    ):
        ordering.order(programme, asked, name=name, who=who, now=now)
    while planner_worker.work_next(
        planner_worker.new_name(), clock=lambda: now, commits=lambda: nullcontext(), solver=planner.solve
    ):
        pass
