"""What the planner does when HiGHS itself does not run, or takes a start for another: no empty plan, no worse one."""

import subprocess
import sys

import numpy as np
import pytest

from outreach.tour.planning.solver import Columns, solve_whole

_ANOTHER_FIRST = """
import highspy, numpy as np
from outreach.tour.planning import solver

first = highspy.Highs()
first.setOptionValue("threads", 2)
first.addVar(0, 1), first.addVar(0, 1)
first.changeColsIntegrality(2, [0, 1], [highspy.HighsVarType.kInteger] * 2)
first.addRow(0, 1, 2, [0, 1], [1, 1])
first.run()
program = solver.LinearProgram(np.zeros(1), np.ones(1), seed=1)
one = np.array([1.0])
program.add(solver.Columns(cost=-one, upper=one, start=np.zeros(1, np.int32), row=np.zeros(1, np.int32), value=one))
try:
    program.solve(5)
except solver.SolverFailed as failed:
    print("failed:", failed)
"""


def test_a_solver_that_does_not_run_is_an_error_and_no_empty_plan() -> None:
    """In a process of its own, since HiGHS keeps its pool of threads for good."""
    said = subprocess.run(
        [sys.executable, "-c", _ANOTHER_FIRST], capture_output=True, text=True, check=True, timeout=120
    )
    assert "failed: HiGHS did not run" in said.stdout


def test_a_start_that_the_solver_takes_for_a_cheaper_one_does_not_hide_what_is_best() -> None:
    """A column of the start is dearer by the show than another of the same price: presolve leaves it out."""
    cost = np.array([40.0, 600, 660, -405, -408, 33, 33, 128, 168])
    rows = np.array(
        [
            # parts left out of three schools, then patterns
            [2, 0, 0, 1, 1, 2, 1, 0, 0],
            [0, 2, 0, 1, 0, 0, 0, 2, 0],
            [0, 0, 2, 0, 1, 0, 0, 0, 2],
            [0, 0, 0, 1, 1, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 1, 1, 0, 0],
            [0, 0, 0, 0, 0, 0, 0, 1, 1],
        ],
        float,
    )
    column, row = np.nonzero(rows.T)
    columns = Columns(
        cost=cost,
        upper=np.ones(9),
        start=np.searchsorted(column, np.arange(9)).astype(np.int32),
        row=row.astype(np.int32),
        value=rows.T[column, row],
    )
    start = np.array([0, 0, 0.5, 0, 1, 0, 1, 1, 0])
    heard: list[float] = []
    came = solve_whole(
        columns,
        np.array([2.0, 2, 2, -np.inf, -np.inf, -np.inf]),
        np.array([2.0, 2, 2, 1, 1, 1]),
        whole=np.arange(9) > 2,
        start=start,
        seconds=20,
        seed=1,
        better=lambda x, _bound: heard.append(float(cost @ x)),
        stop=lambda: False,
    )
    assert cost @ start == 83 and came.x is not None and came.proven
    assert (cost @ came.x, came.bound, min(heard)) == (
        pytest.approx(70),
        pytest.approx(70),
        pytest.approx(70),
    )
