"""The relaxation: parts of patterns allowed, solved by adding columns until none of the whole pool would
help. Pure.

Minimise driving plus the worth of what is left out, over the columns and rows of program_rows.py.
"""

from dataclasses import dataclass

import numpy as np

from outreach.tour.planning import odd_sets
from outreach.tour.planning.kinds import PlanRoads
from outreach.tour.planning.limit import Limit
from outreach.tour.planning.pool import Pool
from outreach.tour.planning.program_rows import Rows
from outreach.tour.planning.solver import LinearProgram, Optimum, both

_A_ROUND = 600
"""Patterns added in one round at most, and of these for one school:"""

_A_SCHOOL = 8

_NOTHING = 1e-7


@dataclass(frozen=True, kw_only=True)
class Relaxed:
    """What the relaxation came to. `bound`: no plan's value is below it. `reduced`: what each pattern of the
    pool costs above its worth in this relaxation, so that a plan with it is worth at least `bound` plus that.
    `odd`: the odd sets whose rows it has.
    """

    bound: float
    value: float
    reduced: np.ndarray
    exact: bool
    odd: tuple[frozenset[int], ...] = ()


class Relaxation:
    """The linear program over the columns added so far: first the head, then patterns."""

    def __init__(self, figures: PlanRoads, pool: Pool, *, seed: int) -> None:
        self.figures, self.pool = figures, pool
        self.rows = Rows(figures, pool)
        self.program = LinearProgram(self.rows.lower, self.rows.upper, seed=seed)
        self.head_cost = self.rows.head_cost
        self.cost = pool.cost
        self.program.add(self.rows.head_columns())
        self.columns = np.zeros(0, np.int64)
        self._in = np.zeros(len(pool), bool)
        self.add(self._first())

    def add(self, which: np.ndarray) -> None:
        """These patterns of the pool as further columns."""
        which = which[~self._in[which]]
        if len(which):
            self._in[which] = True
            self.columns = np.concatenate([self.columns, which])
            self.program.add(self.rows.columns(which, cost=self.cost[which]))

    @property
    def unsolved(self) -> float:
        """The bound on every plan before anything is solved: none drives less than nothing."""
        return self.rows.bound_of(np.zeros(self.rows.count), self.cost, self.head_cost)

    def solve(self, limit: Limit, share: float = 1.0, *, odd: int = 0) -> tuple[Optimum | None, Relaxed]:
        """Adds columns until the whole pool has none that would help, or until that share of the time is over; then
        up to so many times the rows of `odd` sets that are short, and columns again."""
        optimum, best = self._with_columns(limit, share)
        for _ in range(odd):
            if optimum is None or limit.over(share) or not self._add_odd(optimum):
                break
            again, relaxed = self._with_columns(limit, share)
            if again is None:
                break
            optimum, best = again, max(best, relaxed, key=lambda each: each.bound)
        return optimum, best

    def _with_columns(self, limit: Limit, share: float) -> tuple[Optimum | None, Relaxed]:
        optimum: Optimum | None = None
        best = Relaxed(bound=self.unsolved, value=np.inf, reduced=self.cost, exact=False)
        while True:
            found = self.program.solve(limit.left(share), stop=limit.asked)
            if found is None:
                return optimum, best
            optimum = found
            reduced, bound = self.proven(optimum)
            exact = bound >= optimum.value - 1e-6 * max(1.0, abs(optimum.value))
            if bound > best.bound or exact:
                best = Relaxed(
                    bound=max(bound, best.bound),
                    value=optimum.value,
                    reduced=reduced,
                    exact=exact,
                    odd=tuple(self.rows.odd_sets),
                )
            chosen = self.helpful(reduced)
            if exact or not len(chosen) or limit.over(share):
                return optimum, best
            self.add(chosen)

    def _add_odd(self, optimum: Optimum) -> bool:
        """Rows of odd sets that this optimum is short of; whether there are any.

        Only where days take two new shows at most: what more shows a day miss are other sets.
        """
        if self.pool.members.shape[1] != 2 or self.pool.exact:
            return False
        rows, need = self.rows, self.figures.need
        x = optimum.x[rows.head :]
        there = x > _NOTHING
        members = self.pool.members[self.columns[: len(x)][there]]
        times = np.repeat(x[there], members.shape[1])
        shown = need * optimum.x[: len(need)]
        shown += np.bincount(members.ravel(), weights=times, minlength=len(need) + 1)[:-1]
        np.add.at(shown, rows.pairs.guest, optimum.x[rows.guests : rows.head])
        pairs = (members < len(need)).all(axis=1)
        found = odd_sets.violated(
            members[pairs],
            x[there][pairs],
            over=np.maximum(0.0, shown - need),
            need=need,
            known=rows.odd_sets,
        )
        if found:
            before = len(rows.odd)
            rows.add_odd(found)
            self._add_rows(before)
        return bool(found)

    def _add_rows(self, before: int) -> None:
        """The rows of odd sets from that one on, as they stand in the columns so far."""
        rows = self.rows
        columns = both(rows.head_columns(), rows.columns(self.columns, cost=self.cost[self.columns]))
        column = np.repeat(np.arange(len(columns)), np.diff(np.append(columns.start, len(columns.row))))
        first = rows.of_odd + before
        new = columns.row >= first
        row, column, value = columns.row[new] - first, column[new], columns.value[new]
        order = np.lexsort((column, row))
        start = np.searchsorted(row[order], np.arange(len(rows.odd) - before))
        self.program.add_rows(rows.days_of_odd[before:], start, column[order], value[order])

    def proven(self, optimum: Optimum) -> tuple[np.ndarray, float]:
        """(the reduced cost of every pattern of the pool, the bound that these duals prove)."""
        dual = self.rows.right(optimum.dual)
        reduced = self.rows.reduced(self.cost, dual)
        return reduced, self.rows.bound_of(dual, reduced, self.head_cost)

    def helpful(self, reduced: np.ndarray) -> np.ndarray:
        """A few hundred of the patterns that would help most, spread over the schools."""
        which = np.flatnonzero((reduced < -_NOTHING) & ~self._in)
        if len(which) > 12 * _A_ROUND:
            which = which[np.argpartition(reduced[which], 12 * _A_ROUND)[: 12 * _A_ROUND]]
        which = which[np.argsort(reduced[which], kind="stable")]
        return spread(self.pool.members, which, self.figures.count, a_school=_A_SCHOOL, most=_A_ROUND)

    def _first(self) -> np.ndarray:
        """To begin with: for each school the patterns that are cheapest by the show."""
        shows = (self.pool.members < self.figures.count).sum(axis=1)
        each = self.cost / np.maximum(shows, 1)
        which = np.argsort(each, kind="stable")
        return spread(self.pool.members, which, self.figures.count, a_school=6, most=4 * _A_ROUND)


def most_schools(relaxation: Relaxation, reached: int, limit: Limit) -> int:
    """How many schools any plan reaches at most: the relaxation once more, each school worth 1 and no
    driving.

    No lower than `reached`. The program is changed for good. Schools without a place are no part of it.
    It takes some hundredths of a second, which it is given even when time is over or the planner was stopped.
    """
    limit = Limit(max(0.5, limit.left()))
    figures, pool, rows = relaxation.figures, relaxation.pool, relaxation.rows
    possible = np.union1d(np.unique(pool.members), rows.pairs.guest)
    most = int((possible < figures.count).sum())
    relaxation.head_cost = np.concatenate([np.ones(figures.count), np.zeros(rows.head - figures.count)])
    relaxation.cost = np.zeros(len(pool))
    relaxation.program.change_costs(np.concatenate([relaxation.head_cost, np.zeros(len(relaxation.columns))]))
    while most > reached:
        optimum = relaxation.program.solve(limit.left())
        if optimum is None:
            break
        reduced, bound = relaxation.proven(optimum)
        most = min(most, int(np.floor(figures.count - bound + 1e-4)))
        chosen = relaxation.helpful(reduced)
        if not len(chosen) or limit.over():
            break
        relaxation.add(chosen)
    return max(most, reached)


def spread(members: np.ndarray, which: np.ndarray, count: int, *, a_school: int, most: int) -> np.ndarray:
    """Of patterns in their order of merit the first `a_school` that each school is in, `most` in all."""
    rank = np.empty(len(which) * members.shape[1], np.int64)
    flat = members[which].ravel()
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    first = np.searchsorted(ordered, ordered)
    rank[order] = np.arange(len(flat)) - first
    rank[flat == count] = a_school
    chosen = (rank.reshape(len(which), members.shape[1]) < a_school).any(axis=1)
    return which[chosen][:most]
