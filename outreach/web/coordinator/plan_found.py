"""A plan by its number: the partnership's own, and finished where its days and lines are looked at; else a
404."""

from flask import abort, g

from outreach.ground.errors import Refusal
from outreach.planning import orders
from outreach.planning.orders import TourPlan


def our_plan(plan_id: int, *, readable: bool = False) -> TourPlan:
    try:
        plan = orders.get(g.partnership.id, plan_id)
    except Refusal:
        abort(404)
    if readable and not plan.is_readable:
        abort(404)
    return plan
