"""Whole days: a dive from the relaxation to a first plan, then the integer program over the patterns that
matter. Pure.

A plan with a pattern whose reduced cost is r is worth at least the relaxation plus r. So the integer program
takes the patterns of smallest reduced cost, and what it proves holds for all of them up to the relaxation
plus the smallest reduced cost that was left out.
"""

from collections.abc import Callable

import numpy as np

from outreach.tour.planning.driven import Driven, covered_by, driven_of, hosting_by, missing_of
from outreach.tour.planning.kinds import NEVER, PlanRoads
from outreach.tour.planning.limit import Limit
from outreach.tour.planning.pool import Pool
from outreach.tour.planning.program_rows import Rows
from outreach.tour.planning.relaxation import Relaxation, Relaxed
from outreach.tour.planning.solver import Whole, both, solve_whole

_AT_FIRST, _AT_MOST = 4_000, 20_000
"""Patterns in the first integer program, and in any. Few are quick to better a dive's plan, and the better it
is the fewer patterns can be in one that is better still; those are what the following programs take.
"""

_A_SECOND = 4_000
"""Patterns that a program may take for each second it is given: HiGHS does not look at the clock while it
presolves."""

_FIRST_SHARE = 0.65
"""Of the time that is left, what choosing parts of a plan anew may take, where all patterns that could still
matter are too many for the first program."""

_PLACES, _DAYS, _NEAREST = 2, 12, 8_000
"""Parts that are chosen anew: the days around so many schools, so many around each at first, from among the patterns of
smallest reduced cost. Who is left out is a choice over the whole county, hence two places at once."""

_LARGER = 1.15
"""So many times as many days are chosen anew after a part of which nothing better came."""

_A_PART = 1.0
"""Seconds for a part at most: most take a tenth of that."""

_LOOKED_AT = 200_000
"""Patterns looked at for a plan at once: some tenths of a second."""

_ODD = 3
"""How often rows of odd sets are added each time something more is taken to be driven."""

_NEARLY = 0.9
"""From this part on a pattern is taken to be driven in full when diving."""


def dive(relaxation: Relaxation, limit: Limit, share: float) -> Driven:
    """From the relaxation down: drive what is nearly whole, solve again, until nothing is in parts. Undone at
    the end."""
    figures, pool, program, head = (
        relaxation.figures,
        relaxation.pool,
        relaxation.program,
        relaxation.rows.head,
    )
    driven = np.zeros(len(pool), np.int64)
    touched: set[int] = set()
    while True:
        optimum, _ = relaxation.solve(limit, share, odd=_ODD)
        if optimum is None:
            break
        x = optimum.x[head:]
        there = relaxation.columns[
            : len(x)
        ]  # when time is over, columns may have come in that nobody solved for
        fixed = driven[there]
        part = x - fixed
        open_ = part > 1e-6
        if not open_.any():
            break
        more = _compatible(relaxation.rows, there, part, driven)
        if not len(more):
            break
        new = fixed[more] + np.maximum(1, np.floor(part[more] + 1e-6)).astype(np.int64)
        driven[there[more]] = new
        touched.update(int(column) for column in more)
        program.change_bounds(more + head, new, np.full(len(more), np.inf))
        if limit.over(share):
            break
    undo = np.array(sorted(touched), np.int64)
    program.change_bounds(undo + head, np.zeros(len(undo)), np.full(len(undo), np.inf))
    patterns = tuple(int(p) for p in np.repeat(np.arange(len(pool)), driven))
    return driven_of(figures, pool, patterns)


def at_once(rows: Rows) -> Driven:
    """A plan for when there was no time for a better one: patterns as they are worth most, each where it
    still fits."""
    figures, pool = rows.figures, rows.pool
    each = np.append(figures.worth / figures.need, 0.0)
    gain = pool.cost.copy()
    for at in range(pool.members.shape[1]):
        gain -= each[pool.members[:, at]]
    days = [len(kind.days) for kind in figures.kinds]
    need, dated = figures.need.tolist(), set()
    fresh = rows.most if rows.limited else np.inf
    chosen: list[int] = []
    for pattern in np.argsort(gain, kind="stable")[:_LOOKED_AT].tolist():
        schools = [s for s in pool.members[pattern].tolist() if s < figures.count]
        row, kind = int(pool.dated[pattern]), int(pool.kind[pattern])
        full = not days[kind] or (rows.fresh[kind] and fresh < 1)
        if not full and row not in dated and all(need[s] >= schools.count(s) for s in schools):
            chosen.append(pattern)
            days[kind] -= 1
            fresh -= rows.fresh[kind]
            if row >= 0:
                dated.add(row)
            for school in schools:
                need[school] -= 1
    return driven_of(figures, pool, tuple(chosen))


def _compatible(rows: Rows, columns_in: np.ndarray, part: np.ndarray, driven: np.ndarray) -> np.ndarray:
    """Which columns to drive (once) more: all that are nearly whole, else the fullest few; never more than
    there are days for, and none that shows a school more than it needs, unless there is no other.
    """
    figures, pool = rows.figures, rows.pool
    chosen = np.flatnonzero(driven)
    times = driven[chosen]
    days = np.array([len(kind.days) for kind in figures.kinds]) - np.bincount(
        pool.kind[chosen], weights=times, minlength=len(figures.kinds)
    )
    fresh = rows.most - times[rows.fresh[pool.kind[chosen]]].sum() if rows.limited else np.inf
    need = np.append(figures.need, 99).astype(float)
    np.subtract.at(need, pool.members[chosen].ravel(), np.repeat(times, pool.members.shape[1]))
    dated = set(pool.dated[chosen].tolist()) - {-1}
    few = max(1, int((part > 1e-6).sum()) // 12)
    found: list[int] = []
    spare: int | None = None
    for column in np.argsort(-part, kind="stable"):
        if part[column] < _NEARLY and (len(found) >= few or (found and part[column] < 0.5)):
            break
        if part[column] <= 1e-6:
            break
        pattern = columns_in[column]
        members = pool.members[pattern]
        members = members[members < figures.count]
        again = max(1, int(part[column] + 1e-6))
        new = again * bool(rows.fresh[pool.kind[pattern]])
        if days[pool.kind[pattern]] < again or fresh < new or int(pool.dated[pattern]) in dated:
            continue
        too_much = (np.bincount(members, minlength=len(need)) * again > need)[members].any()
        if too_much and (found or spare is not None):
            continue
        if too_much:
            spare = int(column)
            continue
        days[pool.kind[pattern]] -= again
        fresh -= new
        np.subtract.at(need, members, again)
        if pool.dated[pattern] >= 0:
            dated.add(int(pool.dated[pattern]))
        found.append(int(column))
    if not found and spare is not None:
        found = [spare]
    return np.array(found, np.int64)


def improve(
    figures: PlanRoads,
    pool: Pool,
    relaxed: Relaxed,
    driven: Driven,
    limit: Limit,
    *,
    share: float,
    seed: int,
    better: Callable[[Driven, float], None],
) -> tuple[Driven, float]:
    """(the best plan, a bound on every plan), by integer programs over more and more patterns until that
    share is over.

    Where whole schools are asked for, a second step makes whole those that came out in part, a few at a time.
    """
    program = IntegerProgram(figures, pool, relaxed, seed=seed)
    whole = np.zeros(figures.count, bool)
    begun, bound, most = driven, relaxed.bound, _AT_FIRST
    while not limit.over(share):
        if most == _AT_FIRST and program.enough_for(driven) > most:
            half_time = (limit.gone + _FIRST_SHARE * limit.left(share)) / limit.seconds
            driven = program.in_parts(driven, limit, share=half_time, better=better, whole=whole)
            in_time = int(_A_SECOND * limit.left(share))
            most = max(_AT_FIRST + 1, min(_AT_MOST, in_time))
        came, proven, closed = program.solve(
            driven, limit, share=share, better=better, whole=whole, most=most
        )
        bound = max(bound, proven)
        if came is not None and came.value < driven.value:
            driven = came
        half = _half_shown(figures, pool, driven) & ~whole
        if came is not None:
            half |= _half_shown(figures, pool, came) & ~whole
        if figures.problem.whole_schools and half.any():
            whole |= half
            # Of an exact pool nothing is dropped any more, so that only a plan of whole schools is one.
            driven = (
                begun
                if pool.exact
                else driven_of(figures, pool, driven.patterns, guests=driven.guests, whole_schools=True)
            )
            most = _AT_FIRST
        else:
            # What was solved to its end before time is over leaves time for more patterns.
            in_time = int(_A_SECOND * limit.left(share))
            if closed or in_time <= most:
                break
            most = min(2 * most, in_time)
    return driven, bound


def _half_shown(figures: PlanRoads, pool: Pool, driven: Driven) -> np.ndarray:
    covered = covered_by(figures, pool, driven.patterns)
    return (covered > 0) & (covered < figures.need)


class IntegerProgram:
    """The integer program over the patterns of smallest reduced cost, started from the best plan so far."""

    def __init__(self, figures: PlanRoads, pool: Pool, relaxed: Relaxed, *, seed: int) -> None:
        self.figures, self.pool, self.relaxed, self.seed = figures, pool, relaxed, seed
        self.rows = Rows(figures, pool)
        self.rows.add_odd(relaxed.odd)
        self.order = np.argsort(relaxed.reduced, kind="stable")

    def solve(
        self,
        start: Driven,
        limit: Limit,
        *,
        share: float,
        better: Callable[[Driven, float], None],
        whole: np.ndarray,
        most: int,
    ) -> tuple[Driven | None, float, bool]:
        """(the best found, a bound on every plan, whether the two meet). `whole`: schools that are all or
        nothing."""
        reduced = self.relaxed.reduced[self.order]
        count = min(most, self.enough_for(start))
        which = self.order[:count]
        which = np.union1d(which, np.array(start.patterns, np.int64))
        tau = float(reduced[count]) if count < len(reduced) else np.inf
        came, found = self._over(
            which,
            start,
            limit,
            seconds=limit.left(share),
            share=share,
            better=lambda driven, bound: better(
                driven, max(self.relaxed.bound, min(bound, self.relaxed.bound + tau))
            ),
            whole=whole,
        )
        bound = max(self.relaxed.bound, min(came.bound, self.relaxed.bound + tau))
        return found, bound, came.proven and bound == came.bound

    def in_parts(
        self,
        driven: Driven,
        limit: Limit,
        *,
        share: float,
        better: Callable[[Driven, float], None],
        whole: np.ndarray,
    ) -> Driven:
        """The plan with some of its days chosen anew, then others, until that share of the time is over: each
        time with whoever is left out."""
        figures, pool = self.figures, self.pool
        chance = np.random.default_rng(self.seed)
        road = np.append(figures.road[figures.place], np.full((1, figures.road.shape[1]), NEVER), axis=0)
        near = self.order[:_NEAREST]
        members = pool.members[near]
        around: float = _DAYS
        while not limit.over(share) and driven.value > self.relaxed.bound + 1e-3:
            there = np.zeros(figures.count + 1, bool)
            there[: figures.count] = missing_of(
                figures, covered_by(figures, pool, driven.patterns), driven.guests
            )
            there[figures.count] = True
            days = np.array(driven.patterns, np.int64)
            if not len(days):
                break
            loss = np.maximum(self.relaxed.reduced[days], 0.0) + 1e-6
            members_of = pool.members[chance.choice(days, p=loss / loss.sum())]
            dear = members_of[members_of < figures.count]
            for centre in (chance.choice(dear), *chance.integers(figures.count, size=_PLACES - 1)):
                far = road[:, figures.place[centre]][pool.members[days]].min(axis=1)
                there[pool.members[days[np.argsort(far, kind="stable")[: int(around)]]]] = True
            which = np.union1d(near[there[members].all(axis=1)], days)
            seconds = min(_A_PART, limit.left(share))
            _, found = self._over(
                which,
                driven,
                limit,
                seconds=seconds,
                share=share,
                better=lambda _driven, _bound: None,
                whole=whole,
            )
            if found is not None and found.value < driven.value:
                driven = found
                better(driven, self.relaxed.bound)
            else:
                around = min(around * _LARGER, len(days))
        return driven

    def _over(
        self,
        which: np.ndarray,
        start: Driven,
        limit: Limit,
        *,
        seconds: float,
        share: float,
        better: Callable[[Driven, float], None],
        whole: np.ndarray,
    ) -> tuple[Whole, Driven | None]:
        """What comes of the program over these patterns, from a plan of some of them."""
        figures, pool, rows = self.figures, self.pool, self.rows
        patterns = rows.columns(which, cost=pool.cost[which], whole=True)
        place = {int(pattern): at for at, pattern in enumerate(which)}

        def found(x: np.ndarray) -> Driven:
            times = np.round(x[rows.head :]).astype(int)
            chosen = tuple(int(p) for p in np.repeat(which, times))
            guests = tuple(int(pair) for pair in np.flatnonzero(x[rows.guests : rows.head] > 0.5))
            return driven_of(figures, pool, chosen, guests=guests, whole_schools=bool(whole.any()))

        came = solve_whole(
            both(rows.head_columns(), patterns),
            rows.lower,
            rows.upper,
            whole=np.concatenate(
                [
                    whole,
                    np.zeros(rows.guests - rows.hosting, bool),
                    np.ones(rows.head - rows.guests + len(which), bool),
                ]
            ),
            start=self._start(start, place, len(which), whole),
            seconds=seconds,
            seed=self.seed,
            better=lambda x, bound: better(found(x), bound),
            stop=lambda: limit.over(share),
        )
        return came, None if came.x is None else found(came.x)

    def enough_for(self, start: Driven) -> int:
        """How many patterns could be in a better plan: those no dearer above the relaxation than this one's
        value."""
        reduced = self.relaxed.reduced[self.order]
        return max(1, int(np.searchsorted(reduced, start.value - self.relaxed.bound + 1e-6, side="right")))

    def _start(self, start: Driven, place: dict[int, int], count: int, whole: np.ndarray) -> np.ndarray:
        figures, rows = self.figures, self.rows
        x = np.zeros(rows.head + count)
        for pattern in start.patterns:
            x[rows.head + place[pattern]] += 1
        covered = covered_by(figures, self.pool, start.patterns)
        missing = missing_of(figures, covered, start.guests)
        x[: figures.count] = np.where(whole, np.ceil(missing), missing)
        x[rows.hosting : rows.guests] = hosting_by(figures, covered)
        x[rows.guests + np.array(start.guests, np.int64)] = 1
        return x
