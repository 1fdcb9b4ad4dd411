"""The planner's seconds counted by the processor's clock: on a shared machine a plan gets as much work done in them as
on a machine of its own.

HiGHS itself knows the clock on the wall alone; it is asked, every now and then, whether its seconds are over.
"""

from collections.abc import Callable
from time import process_time
from typing import Any

from outreach.tour.planning import integer_program, limit, solver

_NO_WALL = 1000.0
"""So many times as long HiGHS may take on the wall."""


def by_processor() -> None:
    """From here on in this process."""
    linear, whole = solver.LinearProgram.solve, solver.solve_whole

    def solve(
        program: solver.LinearProgram, seconds: float, stop: Callable[[], bool] | None = None
    ) -> solver.Optimum | None:
        until = process_time() + max(seconds, 0.01)
        return linear(
            program, _NO_WALL * seconds, lambda: process_time() >= until or (stop is not None and stop())
        )

    def solve_whole(*program: Any, seconds: float, stop: Callable[[], bool], **rest: Any) -> solver.Whole:
        until = process_time() + max(seconds, 0.1)
        return whole(
            *program, seconds=_NO_WALL * seconds, stop=lambda: process_time() >= until or stop(), **rest
        )

    limit.monotonic = process_time  # type: ignore[assignment]
    solver.LinearProgram.solve = solve  # type: ignore[method-assign]
    integer_program.solve_whole = solve_whole  # type: ignore[assignment]
