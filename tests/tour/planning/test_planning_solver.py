"""What the planner does when HiGHS itself does not run: it says so, and hands out no empty plan."""

import subprocess
import sys

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
