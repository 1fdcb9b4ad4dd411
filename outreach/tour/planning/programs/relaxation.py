"""The relaxation: parts of patterns allowed, solved by adding columns until none of the whole pool would help. Pure.

Minimise driving plus the worth of what is left out, u: each school covered as often as it needs, less the part left
out; each kind of day driven as often as it has dates; each day with something to keep, at most one of its patterns.
"""

from dataclasses import dataclass

import numpy as np

from outreach.tour.planning.limit import Limit
from outreach.tour.planning.patterns.kinds import Figures
from outreach.tour.planning.patterns.pool import Pool
from outreach.tour.planning.programs.solver import Columns, LinearProgram, Optimum

_A_ROUND = 600
"""Patterns added in one round at most, and of these for one school:"""

_A_SCHOOL = 8

_NOTHING = 1e-7


@dataclass(frozen=True, kw_only=True)
class Relaxed:
    """What the relaxation came to. `bound`: no plan's value is below it. `reduced`: what each pattern of the pool
    costs above its worth in this relaxation, so that a plan with it is worth at least `bound` plus that.
    """

    bound: float
    value: float
    reduced: np.ndarray
    exact: bool


class Relaxation:
    """The linear program over the columns added so far: first the parts left out, one a school, then patterns."""

    def __init__(self, figures: Figures, pool: Pool, *, seed: int) -> None:
        self.figures, self.pool = figures, pool
        self.dates = np.array([len(kind.days) for kind in figures.kinds], float)
        self.lower, self.upper = limits(figures, pool)
        self.program = LinearProgram(self.lower, self.upper, seed=seed)
        self.worth = figures.worth.copy()
        self.cost = pool.cost
        self.program.add(left_out(figures))
        self.columns = np.zeros(0, np.int64)
        self._in = np.zeros(len(pool), bool)
        self.add(self._first())

    def add(self, which: np.ndarray) -> None:
        """These patterns of the pool as further columns."""
        which = which[~self._in[which]]
        if len(which):
            self._in[which] = True
            self.columns = np.concatenate([self.columns, which])
            self.program.add(columns(self.figures, self.pool, which, cost=self.cost[which]))

    def solve(self, limit: Limit, share: float = 1.0) -> tuple[Optimum | None, Relaxed]:
        """Adds columns until the whole pool has none that would help, or until that share of the time is over."""
        optimum: Optimum | None = None
        # Before anything is solved: no plan drives less than nothing.
        nothing = self.bound_of(np.zeros(len(self.lower)), self.cost)
        best = Relaxed(bound=nothing, value=np.inf, reduced=self.cost, exact=False)
        while True:
            found = self.program.solve(limit.left(share))
            if found is None:
                return optimum, best
            optimum = found
            reduced = self.reduced(optimum.dual)
            bound = self.bound_of(optimum.dual, reduced)
            exact = bound >= optimum.value - 1e-6 * max(1.0, abs(optimum.value))
            if bound > best.bound or exact:
                best = Relaxed(
                    bound=max(bound, best.bound), value=optimum.value, reduced=reduced, exact=exact
                )
            chosen = self.helpful(reduced)
            if exact or not len(chosen) or limit.over(share):
                return optimum, best
            self.add(chosen)

    def reduced(self, dual: np.ndarray) -> np.ndarray:
        """The reduced cost of every pattern of the pool."""
        count, kinds = self.figures.count, len(self.dates)
        of_school = np.append(dual[:count], 0.0)
        reduced = self.cost - dual[count : count + kinds][self.pool.kind]
        for at in range(self.pool.members.shape[1]):
            reduced -= of_school[self.pool.members[:, at]]
        if self.pool.days:
            reduced -= np.append(dual[count + kinds :], 0.0)[self.pool.dated]
        return reduced

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

    def bound_of(self, dual: np.ndarray, reduced: np.ndarray) -> float:
        """What these duals prove by themselves (Lagrange), whether or not all columns that would help are in."""
        figures, count, kinds = self.figures, self.figures.count, len(self.dates)
        of_school = np.maximum(dual[:count], 0.0)
        of_kind = np.minimum(dual[count : count + kinds], 0.0)
        least = np.zeros(kinds)
        np.minimum.at(least, self.pool.kind, reduced)
        out = np.minimum(0.0, self.worth - figures.need * of_school)
        return float(
            of_school @ figures.need
            + out.sum()
            + (of_kind + least) @ self.dates
            + np.minimum(dual[count + kinds :], 0.0).sum()
        )


def most_schools(relaxation: Relaxation, reached: int, limit: Limit) -> int:
    """How many schools any plan reaches at most: the relaxation once more, each school worth 1 and no driving.

    No lower than `reached`. The program is changed for good. Schools without a place are no part of it.
    It takes some hundredths of a second, which it is given even when time is over or the planner was stopped.
    """
    limit = Limit(max(0.5, limit.left()))
    figures, pool = relaxation.figures, relaxation.pool
    possible = np.unique(pool.members)
    most = int((possible < figures.count).sum())
    relaxation.worth = np.ones(figures.count)
    relaxation.cost = np.zeros(len(pool))
    relaxation.program.change_costs(np.concatenate([relaxation.worth, np.zeros(len(relaxation.columns))]))
    while most > reached:
        optimum = relaxation.program.solve(limit.left())
        if optimum is None:
            break
        reduced = relaxation.reduced(optimum.dual)
        most = min(most, int(np.floor(figures.count - relaxation.bound_of(optimum.dual, reduced) + 1e-4)))
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


def limits(figures: Figures, pool: Pool) -> tuple[np.ndarray, np.ndarray]:
    """The rows' lower and upper limits: schools, kinds of day, days with something to keep."""
    kinds, kept = len(figures.kinds), len(pool.days)
    lower = np.concatenate([figures.need.astype(float), np.full(kinds + kept, -np.inf)])
    dates = [float(len(kind.days)) for kind in figures.kinds]
    upper = np.concatenate([np.full(figures.count, np.inf), dates, np.ones(kept)])
    return lower, upper


def left_out(figures: Figures) -> Columns:
    """The parts left out, one column a school."""
    numbers = np.arange(figures.count, dtype=np.int32)
    return Columns(
        cost=figures.worth, upper=np.ones(figures.count), start=numbers, row=numbers, value=figures.need.astype(float)
    )  # fmt: skip


def columns(
    figures: Figures, pool: Pool, which: np.ndarray, *, cost: np.ndarray, whole: bool = False
) -> Columns:
    """Patterns as columns; `whole`: with what a whole number of times is at most, for the integer program."""
    members = pool.members[which]
    width = members.shape[1]
    times = np.zeros(members.shape, float)
    first = members < figures.count
    for at in range(width):
        times += members == members[:, [at]]
        if at:
            first[:, at] &= members[:, at] != members[:, at - 1]
    rows = [members.astype(np.int32), figures.count + pool.kind[which][:, None]]
    values = [times, np.ones((len(which), 1))]
    there = [first, np.ones((len(which), 1), bool)]
    if pool.days:
        dated = pool.dated[which][:, None]
        rows.append(figures.count + len(figures.kinds) + dated)
        values.append(np.ones((len(which), 1)))
        there.append(dated >= 0)
    row, value, used = (np.concatenate(part, axis=1) for part in (rows, values, there))
    lengths = used.sum(axis=1)
    upper = np.full(len(which), np.inf)
    if whole:
        dates = np.array([len(kind.days) for kind in figures.kinds], float)
        upper = np.where(pool.dated[which] >= 0, 1.0, dates[pool.kind[which]])
    return Columns(
        cost=np.asarray(cost, float),
        upper=upper,
        start=(np.cumsum(lengths) - lengths).astype(np.int32),
        row=row[used].astype(np.int32),
        value=value[used],
    )
