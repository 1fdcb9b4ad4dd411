"""A plan that is there before anything is solved, for whoever stops the planner at once."""

from typing import Any

import pytest
import small
from checker import faults

from outreach.tour.planning import plan as plans
from outreach.tour.planning import planner
from outreach.tour.planning.plan import Plan
from outreach.tour.planning.relaxation import Relaxation


class Broke(Exception):
    """The solver, which has just begun."""


@pytest.mark.parametrize("guests", [False, True])
def test_a_plan_is_written_down_before_anything_is_solved(
    guests: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With many schools that takes seconds, in which somebody may stop it."""
    problem = small.problem(7, schools=30, days=12, booked=0.2, dates=2, guests=guests)
    written: list[Plan] = []

    def broken(*_: Any, **__: Any) -> Any:
        raise Broke

    monkeypatch.setattr(Relaxation, "solve", broken)
    with pytest.raises(Broke):
        planner.solve(problem, 20, so_far=written.append)
    (first,) = written
    assert first.ended == plans.STOPPED and first.reached > 10
    assert first.bounds.value <= first.value
    assert faults(problem, first) == []
