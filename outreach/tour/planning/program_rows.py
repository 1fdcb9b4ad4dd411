"""Rows and columns of the linear programs. Pure.

Columns: `head`, which is the part left out of each school, the shows of each host that take guests, and each
guest; then patterns. Rows: each school covered as often as it needs, less the part left out; each kind of day
driven as often as it has dates; each day with something to keep, at most one of its patterns; of the days
with nothing booked, at most so many; of an exact pool, on each date one troupe at a school; and for guests: a
host takes them at shows that it has, new ones or one that stands, within its seats, each at one of them. Last the
rows of odd sets (odd_sets.py), which whole days keep anyway and the relaxation alone does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outreach.tour.planning.kinds import PlanRoads
from outreach.tour.planning.pool import Pool
from outreach.tour.planning.solver import Columns


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What a solution of the relaxation says each thing is worth: a show at a school, a date of a kind, a
    kept day."""

    school: np.ndarray
    kind: np.ndarray
    dated: np.ndarray


class Rows:
    """The rows of one pool of patterns, and how its columns stand in them."""

    def __init__(self, figures: PlanRoads, pool: Pool) -> None:
        self.figures, self.pool, self.pairs = figures, pool, figures.pairs
        self.dates = np.array([len(kind.days) for kind in figures.kinds], float)
        self.fresh = np.array([not kind.booked for kind in figures.kinds], bool)
        most = figures.problem.days_at_most
        # A limit that cannot bind is no row.
        self.limited = most is not None and most < self.dates[self.fresh].sum()
        self.most = float(most or 0)
        self.of_kinds = figures.count
        self.of_kept = self.of_kinds + len(self.dates)
        self.of_fresh = self.of_kept + len(pool.days)
        self.of_dates = self.of_fresh + int(self.limited)
        self.date_row = self._date_rows()
        self.of_hosts = self.of_dates + int(self.date_row.max(initial=-1)) + 1
        self.of_seats = self.of_hosts + len(self.pairs.hosts)
        self.of_guests = self.of_seats + len(self.pairs.hosts)
        self.of_odd = self.of_guests + len(self.pairs)
        self.odd_sets: list[frozenset[int]] = []
        self.odd = np.zeros((0, figures.count + 1), bool)
        self.hosting = figures.count
        self.guests = self.hosting + len(self.pairs.hosts)
        self.head = self.guests + len(self.pairs)
        self.host_row = np.full(figures.count + 1, -1, np.int64)
        plays = self.pairs.plays
        self.host_row[self.pairs.hosts[plays]] = self.of_hosts + np.flatnonzero(plays)

    def _date_rows(self) -> np.ndarray:
        """By kind and school, which row of its date a pattern of an exact pool stands in; -1: in none."""
        figures = self.figures
        found = np.full((len(figures.kinds), figures.count + 1), -1, np.int64)
        if self.pool.exact:
            dates = np.array([figures.column[kind.days[0]] for kind in figures.kinds])
            rows = 0
            for date in np.flatnonzero(np.bincount(dates) > 1):
                twice = np.flatnonzero(figures.need > 1)
                found[np.ix_(dates == date, twice)] = rows + np.arange(len(twice))
                rows += len(twice)
        return found

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.of_odd + len(self.odd)

    @property
    def days_of_odd(self) -> np.ndarray:
        """Of each odd set, how many days it takes at the least, where nothing of it is left out."""
        shows: np.ndarray = self.odd[:, :-1] @ self.figures.need
        return np.asarray((shows + 1) // 2, float)

    def add_odd(self, sets: Sequence[frozenset[int]]) -> None:
        """Rows for more odd sets of schools."""
        more = np.zeros((len(sets), self.figures.count + 1), bool)
        for row, schools in enumerate(sets):
            more[row, sorted(schools)] = True
        self.odd_sets.extend(sets)
        self.odd = np.concatenate([self.odd, more])

    @property
    def lower(self) -> np.ndarray:
        """The rows' lower limits."""
        return np.concatenate(
            [
                self.figures.need.astype(float),
                np.full(self.of_hosts - self.of_kinds, -np.inf),
                np.where(self.pairs.plays, 0.0, -np.inf),
                np.zeros(self.of_odd - self.of_seats),
                self.days_of_odd,
            ]
        )

    @property
    def upper(self) -> np.ndarray:
        """The rows' upper limits."""
        return np.concatenate(
            [
                self.figures.need.astype(float) if self.pool.exact else np.full(self.figures.count, np.inf),
                self.dates,
                np.ones(len(self.pool.days)),
                np.full(int(self.limited), self.most),
                np.ones(self.of_hosts - self.of_dates),
                np.full(self.count - self.of_hosts, np.inf),
            ]
        )

    @property
    def head_cost(self) -> np.ndarray:
        """Minutes of the head's columns: the worth of what is left out, nothing for hosting, what each guest
        counts as."""
        return np.concatenate([self.figures.worth, np.zeros(len(self.pairs.hosts)), self.pairs.cost])

    @property
    def head_upper(self) -> np.ndarray:
        """At most the whole school is left out, a host hosts at all its shows, a guest comes once."""
        figures = self.figures
        return np.concatenate(
            [
                np.ones(figures.count),
                np.append(figures.need, 1)[self.pairs.hosts].astype(float),
                np.ones(len(self.pairs)),
            ]
        )

    def head_columns(self) -> Columns:
        """The head."""
        figures, pairs = self.figures, self.pairs
        hosts, lines = np.arange(len(pairs.hosts)), np.arange(len(pairs))
        of_school, odd = np.nonzero(self.odd[:, :-1].T)
        of_guest, odd_guest = np.nonzero(self.odd[:, pairs.guest].T)
        entries = [
            # column, row, value
            (np.arange(figures.count), np.arange(figures.count), figures.need.astype(float)),
            (self.hosting + hosts, self.of_hosts + hosts, np.full(len(hosts), -1.0)),
            (self.hosting + hosts, self.of_seats + hosts, pairs.seats.astype(float)),
            (self.hosting + pairs.host, self.of_guests + lines, np.ones(len(lines))),
            (self.guests + lines, pairs.guest, np.ones(len(lines))),
            (self.guests + lines, self.of_seats + pairs.host, -pairs.pupils.astype(float)),
            (self.guests + lines, self.of_guests + lines, np.full(len(lines), -1.0)),
            (of_school, self.of_odd + odd, figures.need[of_school].astype(float)),
            (self.guests + of_guest, self.of_odd + odd_guest, np.ones(len(of_guest))),
        ]
        column, row, value = (np.concatenate(part) for part in zip(*entries, strict=True))
        order = np.lexsort((row, column))
        start = np.searchsorted(column[order], np.arange(self.head))
        return Columns(
            cost=self.head_cost,
            upper=self.head_upper,
            start=start.astype(np.int32),
            row=row[order].astype(np.int32),
            value=value[order],
        )

    def columns(self, which: np.ndarray, *, cost: np.ndarray, whole: bool = False) -> Columns:
        """Patterns as columns; `whole`: with what a whole number of times is at most, for the integer
        program."""
        pool = self.pool
        members = pool.members[which].astype(np.int64)
        kind = pool.kind[which][:, None]
        times = np.zeros(members.shape, float)
        first = members < self.figures.count
        for at in range(members.shape[1]):
            times += members == members[:, [at]]
            if at:
                first[:, at] &= members[:, at] != members[:, at - 1]
        ones, always = np.ones((len(which), 1)), np.ones((len(which), 1), bool)
        rows, values, there = [members, self.of_kinds + kind], [times, ones], [first, always]
        if pool.days:
            dated = pool.dated[which][:, None]
            rows.append(self.of_kept + dated)
            values.append(ones)
            there.append(dated >= 0)
        if self.limited:
            rows.append(np.full((len(which), 1), self.of_fresh))
            values.append(ones)
            there.append(self.fresh[kind])
        if self.of_hosts > self.of_dates:
            dates = self.date_row[kind, members]
            rows.append(self.of_dates + dates)
            values.append(np.ones(dates.shape))
            there.append(first & (dates >= 0))
        if len(self.pairs):
            hosts = self.host_row[members]
            rows.append(hosts)
            values.append(times)
            there.append(first & (hosts >= 0))
        if len(self.odd):
            touched = self.odd[:, members].any(axis=2).T
            rows.append(np.broadcast_to(self.of_odd + np.arange(len(self.odd)), touched.shape))
            values.append(np.ones(touched.shape))
            there.append(touched)
        row, value, used = (np.concatenate(part, axis=1) for part in (rows, values, there))
        lengths = used.sum(axis=1)
        upper = np.full(len(which), np.inf)
        if whole:
            upper = np.where(pool.dated[which] >= 0, 1.0, self.dates[pool.kind[which]])
        return Columns(
            cost=np.asarray(cost, float),
            upper=upper,
            start=(np.cumsum(lengths) - lengths).astype(np.int32),
            row=row[used].astype(np.int32),
            value=value[used],
        )

    def prices(self, dual: np.ndarray) -> Prices:
        """What each thing is worth by these duals: a show that could take guests is worth that too."""
        school = np.append(dual[: self.figures.count], 0.0)
        plays = self.pairs.plays
        school[self.pairs.hosts[plays]] += dual[self.of_hosts : self.of_seats][plays]
        school += dual[self.of_odd :] @ self.odd
        kind = dual[self.of_kinds : self.of_kept].copy()
        if self.limited:
            kind[self.fresh] += dual[self.of_fresh]
        return Prices(school=school, kind=kind, dated=np.append(dual[self.of_kept : self.of_fresh], 0.0))

    def reduced(self, cost: np.ndarray, dual: np.ndarray) -> np.ndarray:
        """The reduced cost of every pattern of the pool."""
        prices = self.prices(dual)
        reduced: np.ndarray = cost - prices.kind[self.pool.kind]
        for at in range(self.pool.members.shape[1]):
            reduced -= prices.school[self.pool.members[:, at]]
        if self.pool.days:
            reduced -= prices.dated[self.pool.dated]
        if self.of_hosts > self.of_dates:
            members, of_date = self.pool.members, np.append(dual[self.of_dates : self.of_hosts], 0.0)
            for at in range(members.shape[1]):
                first = members[:, at] != members[:, at - 1] if at else True
                reduced -= np.where(first, of_date[self.date_row[self.pool.kind, members[:, at]]], 0.0)
        if len(self.odd):
            # A day with both its shows in an odd set touches it once.
            both = self.odd.T @ (dual[self.of_odd :, None] * self.odd)
            reduced += both[self.pool.members[:, 0], self.pool.members[:, 1]]
        return reduced

    def right(self, dual: np.ndarray) -> np.ndarray:
        """The duals with what the solver's tolerances left on the wrong side of nought put there: these prove
        something."""
        right = dual.copy()
        if not self.pool.exact:
            right[: self.of_kinds] = np.maximum(right[: self.of_kinds], 0.0)
        right[self.of_kinds : self.of_hosts] = np.minimum(right[self.of_kinds : self.of_hosts], 0.0)
        right[self.of_hosts :] = np.maximum(right[self.of_hosts :], 0.0)
        return right

    def bound_of(self, right: np.ndarray, reduced: np.ndarray, head_cost: np.ndarray) -> float:
        """What such duals prove by themselves (Lagrange), whether or not all columns that would help are in.

        `reduced`: of every pattern, by the same duals; `head_cost`: of the head's columns.
        """
        figures, pairs = self.figures, self.pairs
        least = np.zeros(len(self.dates))
        np.minimum.at(least, self.pool.kind, reduced)
        host, seat, guest = (
            right[a:b]
            for a, b in (
                (self.of_hosts, self.of_seats),
                (self.of_seats, self.of_guests),
                (self.of_guests, self.of_odd),
            )
        )
        odd = right[self.of_odd :] @ self.odd
        head = head_cost.copy()
        head[: figures.count] -= figures.need * (right[: figures.count] + odd[: figures.count])
        head[self.hosting : self.guests] += host - pairs.seats * seat
        np.subtract.at(head, self.hosting + pairs.host, guest)
        head[self.guests :] += pairs.pupils * seat[pairs.host] + guest - right[pairs.guest] - odd[pairs.guest]
        return float(
            right[: figures.count] @ figures.need
            + (np.minimum(0.0, head) * self.head_upper).sum()
            + right[self.of_kinds : self.of_kept] @ self.dates
            + least @ self.dates
            + right[self.of_kept : self.of_fresh].sum()
            + (right[self.of_fresh] * self.most if self.limited else 0.0)
            + right[self.of_dates : self.of_hosts].sum()
            + right[self.of_odd :] @ self.days_of_odd
        )
