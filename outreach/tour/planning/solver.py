"""The only use of HiGHS: a linear program that grows by columns, and the integer program over some of them.

HiGHS has one pool of threads for the process: an object that asks for another number than the first one did
cannot run. So it is one thread, always, and a run that HiGHS refuses raises SolverFailed: it is no empty
plan. Whether there is a solution is asked of it each time: an empty one looks like the value 0.
"""

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np

_ACCEPTED = (highspy.HighsModelStatus.kOptimal,)


class SolverFailed(Exception):
    """HiGHS did not run: not a limit that was reached, but an error of its own or of how it was called."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Columns of a program, packed one after the other: `start` of each in `row` and `value`."""

    cost: np.ndarray
    upper: np.ndarray
    start: np.ndarray
    row: np.ndarray
    value: np.ndarray

    def __len__(self) -> int:
        return len(self.cost)


def both(first: Columns, second: Columns) -> Columns:
    """The columns of the first, then those of the second."""
    return Columns(
        cost=np.concatenate([first.cost, second.cost]),
        upper=np.concatenate([first.upper, second.upper]),
        start=np.concatenate([first.start, second.start + len(first.row)]).astype(np.int32),
        row=np.concatenate([first.row, second.row]),
        value=np.concatenate([first.value, second.value]),
    )


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """A linear program's optimum: its value, each column's and each row's dual."""

    value: float
    x: np.ndarray
    dual: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Whole:
    """What came of an integer program: the best found (None: nothing), and that nothing is better than
    `bound`."""

    x: np.ndarray | None
    bound: float
    proven: bool


class LinearProgram:
    """Minimise cost, rows between their limits, columns from 0 up; columns are added and each solve goes on
    from the last."""

    def __init__(self, lower: np.ndarray, upper: np.ndarray, *, seed: int) -> None:
        self._highs = _highs(seed)
        # Presolve would throw away the basis from which the next solve goes on.
        self._highs.setOptionValue("presolve", "off")
        self._highs.setOptionValue("solver", "simplex")
        self._stop: Callable[[], bool] | None = None
        self._highs.cbSimplexInterrupt.subscribe(self._look)
        count = len(lower)
        nothing = np.zeros(0, np.int32)
        self._highs.addRows(count, lower, upper, 0, np.zeros(count, np.int32), nothing, nothing.astype(float))

    def _look(self, event: highspy.HighsCallbackEvent) -> None:
        if self._stop is not None and self._stop():
            event.interrupt()

    def add(self, columns: Columns) -> None:
        """Columns at the end, from nought to their upper limit."""
        count = len(columns)
        self._highs.addCols(
            count,
            columns.cost,
            np.zeros(count),
            columns.upper,
            len(columns.row),
            columns.start,
            columns.row,
            columns.value,
        )

    def add_rows(self, lower: np.ndarray, start: np.ndarray, column: np.ndarray, value: np.ndarray) -> None:
        """Rows at the end, each from a lower limit up, packed as columns are."""
        upper = np.full(len(lower), np.inf)
        self._highs.addRows(
            len(lower), lower, upper, len(column), start.astype(np.int32), column.astype(np.int32), value
        )

    def change_costs(self, cost: np.ndarray) -> None:
        """New costs for all columns."""
        self._highs.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)

    def change_bounds(self, which: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """New limits for some columns."""
        self._highs.changeColsBounds(len(which), which.astype(np.int32), lower, upper)

    def solve(self, seconds: float, stop: Callable[[], bool] | None = None) -> Optimum | None:
        """The optimum, or None when it was not found in time, or before `stop` said so."""
        self._stop = stop
        # HiGHS counts the time of all its solves together.
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + max(seconds, 0.01))
        _run(self._highs)
        if self._highs.getModelStatus() not in _ACCEPTED:
            return None
        solution = self._highs.getSolution()
        return Optimum(
            value=self._highs.getInfo().objective_function_value,
            x=np.array(solution.col_value),
            dual=np.array(solution.row_dual),
        )


def solve_whole(
    columns: Columns,
    lower: np.ndarray,
    upper: np.ndarray,
    *,
    whole: np.ndarray,
    start: np.ndarray,
    seconds: float,
    seed: int,
    better: Callable[[np.ndarray, float], None],
    stop: Callable[[], bool],
) -> Whole:
    """The integer program from a `start` that keeps its rows: columns marked `whole` take whole numbers.

    `better` hears of each better (x, bound). `stop` is asked every now and then, but not while HiGHS
    presolves. A start in a column that presolve leaves out for a better one is read by HiGHS 1.16 as cheaper than
    it is, and whatever is dearer than that is then cut off: so it is solved without one.
    """
    program = columns, lower, upper, whole
    came, spent = _from(program, start, seconds=seconds, seed=seed, better=better, stop=stop)
    if came is None:
        came, _ = _from(program, None, seconds=seconds - spent, seed=seed, better=better, stop=stop)
    assert came is not None
    return came


def _from(
    program: tuple[Columns, np.ndarray, np.ndarray, np.ndarray],
    start: np.ndarray | None,
    *,
    seconds: float,
    seed: int,
    better: Callable[[np.ndarray, float], None],
    stop: Callable[[], bool],
) -> tuple[Whole | None, float]:
    """(what came of it, None where HiGHS took the start for another; the seconds it took)."""
    columns, lower, upper, whole = program
    highs = _highs(seed)
    count = len(columns)
    misread = False
    highs.setOptionValue("time_limit", float(max(seconds, 0.1)))
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", 1e-3)
    nothing = np.zeros(0, np.int32)
    rows = len(lower)
    highs.addRows(rows, lower, upper, 0, np.zeros(rows, np.int32), nothing, nothing.astype(float))
    highs.addCols(
        count,
        columns.cost,
        np.zeros(count),
        columns.upper,
        len(columns.row),
        columns.start,
        columns.row,
        columns.value,
    )
    kinds = whole.astype(np.uint8)
    highs.changeColsIntegrality(count, np.arange(count, dtype=np.int32), kinds)
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        solution.value_valid = True
        highs.setSolution(solution)

    def improved(event: highspy.HighsCallbackEvent) -> None:
        nonlocal misread
        x, said = np.array(event.data_out.mip_solution), event.data_out.objective_function_value
        misread |= start is not None and abs(float(columns.cost @ x) - said) > 1e-6 * max(1e3, abs(said))
        if not misread:
            better(x, event.data_out.mip_dual_bound)

    def look(event: highspy.HighsCallbackEvent) -> None:
        if misread or stop():
            event.interrupt()

    highs.cbMipImprovingSolution.subscribe(improved)
    highs.cbMipInterrupt.subscribe(look)
    _run(highs)
    if misread:
        return None, highs.getRunTime()
    info = highs.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    proven = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    came = Whole(
        x=np.array(highs.getSolution().col_value) if found else None,
        bound=float(info.mip_dual_bound) if np.isfinite(info.mip_dual_bound) else -np.inf,
        proven=proven,
    )
    return came, highs.getRunTime()


class _Quiet(highspy.Highs):
    """HiGHS says its name to the terminal as soon as callbacks are enabled, unless it was told before not
    to."""

    def enableCallbacks(self) -> None:  # noqa: N802 (its own name)
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]  # highspy gives it no types


def _run(highs: highspy.Highs) -> None:
    if highs.run() == highspy.HighsStatus.kError:
        raise SolverFailed(f"HiGHS did not run: {highs.getModelStatus()}")


def _highs(seed: int) -> highspy.Highs:
    highs = _Quiet()  # type: ignore[no-untyped-call]  # highspy gives its constructor no types
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("random_seed", int(seed) % 2_147_483_647)
    return highs
