"""Proof of how good a plan is, in plain words, and what that rests on. Pure."""

import math
from collections.abc import Iterable

from outreach.ground.wording import count, number
from outreach.tour.planning.plan import (
    GUESTS,
    KEPT,
    NO_DATE,
    NO_PLACE,
    NO_ROOM,
    NO_TIME,
    OUT_OF_TIME,
    PROVEN,
    REGIONS,
    STOPPED,
    TOO_FAR,
    UNREACHABLE,
    Plan,
)

WHY = {
    NO_PLACE: "neither its place nor its district is known",
    NO_DATE: "none of its dates is a tour day that still has room",
    TOO_FAR: "it is too far: there and back with one show is longer than a tour day",
    NO_TIME: "its hours leave no time for a show on any tour day",
    NO_ROOM: "there is no room left: other schools took the places",
}
"""Why a school is left out, to be read after its name."""


NO_MORE = {
    GUESTS: "lets guests travel no more",
    REGIONS: "has no more days in several districts",
    KEPT: "moves no more of what is proposed",
}
"""What else holds for the plans that a bound on driving speaks of."""


def schools_words(plan: Plan) -> str:
    """How many schools the plan reaches, and how many any plan could."""
    most, more = plan.bounds.schools, plan.bounds.schools - plan.reached
    if more <= 0:
        return f"No plan reaches more than {count(most, 'school')}; this one reaches {number(plan.reached)}."
    in_part = f", and {number(plan.in_part)} in part" if plan.in_part else ""
    return f"This plan reaches {count(plan.reached, 'school')}{in_part}. At most {number(more)} more could be reached."


def driving_words(plan: Plan) -> str:
    """How far the plan drives, and how much less any plan could that leaves out no more."""
    least, driving = plan.bounds.driving, plan.driving
    such = "that reaches as much" + _and(NO_MORE[what] for what in plan.beside)
    if driving <= least:
        return f"This plan drives {count(driving, 'minute')}. That cannot be bettered by any plan {such}."
    share = 100 * (driving - least) / max(1, driving)
    return (
        f"No plan {such} drives less than {count(least, 'minute')}; "
        f"this one drives {number(driving)}: within {_percent(share)} %."
    )


def ended_words(plan: Plan) -> str:
    """Why the planner stopped, and how near the plan is then to the best there could be."""
    if plan.ended == PROVEN:
        return "Proven best: there is no better plan."
    after = count(max(1, round(plan.seconds)), "second")
    within = f"within {_percent(100 * plan.gap)} % of the best there could be"
    if plan.ended == STOPPED:
        return f"It was stopped after {after}: {within}. This is the best that was found until then."
    if plan.ended == OUT_OF_TIME:
        given = f"{plan.given:g}"
        are = "second is" if given == "1" else "seconds are"
        return f"Your {given} {are} over: {within}. More time may bring it nearer."
    return f"The planner tried all it knows in {after}: {within}."


def guests_words(plan: Plan) -> str:
    """How many come to a neighbour's show; '' if nobody does."""
    if not plan.guests:
        return ""
    if plan.guests == 1:
        return "1 school comes as a guest to a neighbour’s show, if its host agrees."
    return f"{count(plan.guests, 'school')} come as guests to a neighbour’s show, if their hosts agree."


def rests_on(plan: Plan) -> str:
    """What the figures hold for."""
    words = "This holds for these roads, hours, dates and bookings."
    if not plan.complete:
        words += (
            " It covers plans that add at most three shows to a day, each at one of the schools nearest to the one"
            " before: there are too many others to try."
        )
    return words


def unreachable_words(plan: Plan) -> str:
    """How many schools no plan can reach at all; '' if there are none."""
    none = sum(out.cause in UNREACHABLE for out in plan.left_out)
    return f"{count(none, 'school')} cannot be reached by any plan." if none else ""


def _and(parts: Iterable[str]) -> str:
    """', moves no more and …' of some of them; '' of none."""
    *most, last = ["", *parts]
    return f"{', '.join(most)} and {last}" if last else ""


def _percent(share: float) -> str:
    """A tenth of a per cent, rounded up so that 'within' is true."""
    return f"{math.ceil(share * 10 - 1e-9) / 10:.1f}"
