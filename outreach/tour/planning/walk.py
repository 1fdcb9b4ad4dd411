"""The patterns of one kind of day: every set of schools that fits it, with what is booked on it, in its
cheapest order.

A set is listed when its shows can be played one after the other, each as early as the school, the road and
lunch allow, and when there is a date on which all its schools can. numpy, in chunks of ways.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from outreach.tour.planning import eating
from outreach.tour.planning.kinds import LAST_MINUTE, NEVER, DayKind, PlanRoads
from outreach.tour.planning.lunch import FIRST, FROM_SHOWS, LAST, fits
from outreach.tour.planning.problem import BookedShow, in_one_hall, set_stands

NEAREST = 40
"""Neighbours of a school that follow it in a pattern of three, where all would be too many to list."""

MOST_CELLS = 40_000_000
"""Steps of the walk over all patterns of three, above which only neighbours are tried."""

_MOST_CELLS_TO_KEEP = 50_000
"""The same for a single day with something to keep: there are as many such walks as days."""

_CHUNK = 1_000_000


@dataclass(frozen=True, kw_only=True)
class _Ways:
    """Ways through a part of a day. `seq`: the schools so far; `last`: the one at which the troupe is, as
    figures.hall names it, else -1. `over`: when its show there has ended, `ready` when it is away.

    `eaten`: lunch has been had, or none is asked for.
    """

    seq: np.ndarray
    last: np.ndarray
    place: np.ndarray
    over: np.ndarray
    ready: np.ndarray
    driving: np.ndarray
    eaten: np.ndarray

    def pick(self, which: np.ndarray | slice) -> "_Ways":
        return _Ways(
            seq=self.seq[which],
            last=self.last[which],
            place=self.place[which],
            over=self.over[which],
            ready=self.ready[which],
            driving=self.driving[which],
            eaten=self.eaten[which],
        )

    def __len__(self) -> int:
        return len(self.ready)


class Walk:
    """The patterns of one kind of day, found by walking through the day: a new show, or the next that is
    booked.

    `among`: only these schools. `through`: only patterns with at least one of these. `nearest`: in patterns
    of three each school is one of so many nearest to the one before; of NEAREST, where all would take too
    long to try. `partners`: each second school is one of so many that make the shortest day with the first;
    None is all.
    """

    def __init__(
        self,
        figures: PlanRoads,
        kind: DayKind,
        *,
        among: np.ndarray | None = None,
        through: np.ndarray | None = None,
        nearest: int | None = None,
        partners: int | None = None,
    ) -> None:
        self.figures, self.kind = figures, kind
        self.bits = _date_bits(figures, kind)
        able = self.bits[:-1].any(axis=1)
        if among is not None:
            listed = np.zeros(figures.count, bool)
            listed[among] = True
            able &= listed
        self.schools = np.flatnonzero(able)
        self.through = None if through is None else np.intersect1d(through, self.schools)
        self.steps = np.flatnonzero((figures.next_turned[self.schools] < NEVER).any(axis=0))
        # With something to keep in each pattern there are as many as with a show less.
        cells = len(self.schools) ** (kind.room if through is None else kind.room - 1)
        most = MOST_CELLS if through is None else _MOST_CELLS_TO_KEEP
        near = kind.room > 2 and (nearest or cells > most)
        self.near = self._nearest(nearest or NEAREST) if near else None
        few = partners if kind.room > 1 and partners and partners < len(self.schools) else 0
        self.partners = self._partners(few) if few else None
        self.complete = self.near is None and self.partners is None

    def patterns(self) -> tuple[np.ndarray, np.ndarray]:
        """(members, extra minutes of driving), each set once, in its cheapest order."""
        width, booked = self.kind.room, self.kind.booked
        empty = (np.zeros((0, width), np.int16), np.zeros(0, np.int32))
        if not len(self.schools):
            return empty
        found = [empty]
        layers: dict[tuple[int, int], _Ways] = {(0, 0): self._leaving()}
        for passed in range(len(booked) + 1):
            for new in range(width + 1):
                chunks = []
                if new:
                    chunks.append(self._with_new(layers[new - 1, passed], passed, final=new == width))
                if passed:
                    chunks.append(iter([self._past(layers[new, passed - 1], booked[passed - 1])]))
                ways = [way for chunk in chunks for way in self._kept_ways(chunk, new, passed, found)]
                layers.setdefault((new, passed), _joined(ways, new))
        return _once(found, self.figures.count)

    def _kept_ways(
        self, chunk: Iterator[_Ways], new: int, passed: int, found: list[tuple[np.ndarray, np.ndarray]]
    ) -> Iterator[_Ways]:
        """The ways of a chunk that go on; what may end the day is added to `found`, chunk by chunk to save
        memory."""
        through_all = passed == len(self.kind.booked)
        for ways in chunk:
            if new and through_all:
                found.append(_once([self._home(ways)], self.figures.count))
            if not (through_all and new == self.kind.room):
                yield ways

    def _leaving(self) -> _Ways:
        kind = self.kind
        return _Ways(
            seq=np.zeros((1, 0), np.int16),
            last=np.full(1, -1, np.int32),
            place=np.full(1, kind.leaves_from, np.int32),
            over=np.full(1, kind.leaves, np.int32),
            ready=np.full(1, kind.leaves, np.int32),
            driving=np.zeros(1, np.int32),
            eaten=np.full(1, not kind.lunch),
        )

    def _with_new(self, ways: _Ways, passed: int, *, final: bool) -> Iterator[_Ways]:
        """Each way with one more new show, at every school, as early as can be."""
        if self.through is not None and final:
            has = np.any(np.isin(ways.seq, self.through), axis=1)
            yield from self._chunks(ways.pick(~has), self.through, passed)
            ways = ways.pick(has)
        if self.near is not None and ways.seq.shape[1] == 2:
            ways = ways.pick(np.any(self.near[ways.seq[:, 0]] == ways.seq[:, [1]], axis=1))
        yield from self._chunks(ways, self.schools, passed)

    def _chunks(self, ways: _Ways, schools: np.ndarray, passed: int) -> Iterator[_Ways]:
        minutes = self.figures.minutes
        latest = int(self.steps[-1]) if len(self.steps) else -1
        ways = ways.pick(np.minimum(ways.ready + minutes.get_in, ways.over + minutes.turn) <= latest)
        size = max(1, _CHUNK // max(1, len(schools)))
        for at in range(0, len(ways), size):
            yield from self._next(ways.pick(slice(at, at + size)), schools, passed)

    def _next(self, ways: _Ways, schools: np.ndarray, passed: int) -> Iterator[_Ways]:
        figures, minutes = self.figures, self.figures.minutes
        if self.near is not None and schools is self.schools and ways.seq.shape[1] == 2:
            candidates = self.near[ways.seq[:, -1]]
        elif self.partners is not None and schools is self.schools and ways.seq.shape[1] == 1:
            candidates = self.partners[ways.seq[:, -1]]
        else:
            candidates = np.broadcast_to(schools[None, :], (len(ways), len(schools)))
        road = figures.road[ways.place[:, None], figures.place[candidates]]
        again = figures.alias[candidates] == ways.last[:, None]
        road = np.where(again, 0, road)
        arrives = ways.ready[:, None] + road
        start = _starts(figures.next_start, candidates, arrives + minutes.get_in)
        if again.any():
            turned = np.broadcast_to((ways.over + minutes.turn)[:, None], start.shape)
            start = np.where(again, _starts(self._next_turned(passed), candidates, turned), start)
        may = self._may(ways, candidates)
        eaten = np.broadcast_to(ways.eaten[:, None], start.shape)
        if not ways.eaten.all():
            leaving = passed == 0 and ways.seq.shape[1] == 0
            with_lunch = eating.arrives(self.kind.lunch, ways.ready[:, None], road, leaving=leaving)
            later = _starts(figures.next_start, candidates, with_lunch + minutes.get_in)
            school = figures.alias[candidates]
            turns = again & figures.set_stays[school]
            if turns.any():
                fed = eating.arrives(
                    self.kind.lunch, ways.over[:, None], np.array(minutes.turn), leaving=False
                )
                fed = np.broadcast_to(fed, start.shape)
                later = np.where(turns, _starts(self._next_turned(passed), candidates, fed), later)
            # A set that was put up before the school's lunch stands by itself until the start.
            since, until = figures.over_since[school], figures.over_until[school]
            fed = np.maximum(since, FIRST) + self.kind.lunch
            beside = ~turns & (arrives + minutes.get_in <= since) & (fed <= LAST)
            if beside.any():
                soonest = _starts(figures.next_turned, candidates, np.maximum(until, fed))
                beside &= soonest < until + minutes.get_in
                later = np.where(beside, np.minimum(later, soonest), later)
            yield self._longer(
                ways,
                candidates,
                road=road,
                start=later,
                good=may & ~eaten & (later > start),
                eaten=np.ones_like(eaten),
                passed=passed,
            )
            # Whoever waits for a start anyhow has lunch meanwhile.
            eaten = eaten | (later == start)
        yield self._longer(ways, candidates, road=road, start=start, good=may, eaten=eaten, passed=passed)

    def _next_turned(self, passed: int) -> np.ndarray:
        """The next starts in a hall with a show before, once `passed` booked shows are over."""
        figures = self.figures
        if passed:
            show = self.kind.booked[passed - 1]
            hall = figures.hall(show)
            if hall >= 0 and not set_stands(show, figures.gaps[hall], figures.minutes.get_in):
                return figures.next_start
        return figures.next_turned

    def _may(self, ways: _Ways, candidates: np.ndarray) -> np.ndarray:
        """Whether each candidate still needs a show in each way."""
        figures = self.figures
        good = np.ones(candidates.shape, bool)
        for line, others in ((candidates, ways.seq), (figures.alias[candidates], figures.alias[ways.seq])):
            for at in range(others.shape[1]):
                times = (others == others[:, [at]]).sum(axis=1)
                full = times >= figures.need[others[:, at]]
                good &= ~((line == others[:, [at]]) & full[:, None])
        return good

    def _longer(
        self,
        ways: _Ways,
        candidates: np.ndarray,
        *,
        road: np.ndarray,
        start: np.ndarray,
        good: np.ndarray,
        eaten: np.ndarray,
        passed: int,
    ) -> _Ways:
        figures, minutes = self.figures, self.figures.minutes
        over = start + minutes.play
        ready = over + minutes.get_out
        way, which = np.nonzero(good & (ready <= self._until(passed, candidates)))
        school = candidates[way, which]
        longer = _Ways(
            seq=np.column_stack([ways.seq[way], school]).astype(np.int16),
            last=figures.alias[school].astype(np.int32),
            place=figures.place[school],
            over=over[way, which],
            ready=ready[way, which],
            driving=ways.driving[way] + road[way, which],
            eaten=eaten[way, which],
        )
        return longer.pick(self._common_date(longer.seq)) if longer.seq.shape[1] > 1 else longer

    def _until(self, passed: int, candidates: np.ndarray) -> np.ndarray | int:
        """When a new show's troupe has to be away: a show booked in the same hall leaves it to be turned round."""
        if passed == len(self.kind.booked):
            return self.kind.returns
        show, minutes = self.kind.booked[passed], self.figures.minutes
        same = self.figures.alias[candidates] == self.figures.hall(show)
        return np.where(same, show.starts - minutes.turn + minutes.get_out, show.gets_in)

    def _past(self, ways: _Ways, show: BookedShow) -> _Ways:
        """Each way that reaches a booked show in time, after it."""
        hall, over = self.figures.hall(show), show.ends
        again = (ways.last == hall) & (show.school is not None)
        road = np.where(again, 0, self.figures.road[ways.place, show.place])
        turned = ways.over + self.figures.minutes.turn <= show.starts
        good = np.where(again, turned, ways.ready + road <= show.gets_in)
        at = self.kind.booked.index(show) + 1
        if at < len(self.kind.booked) and in_one_hall(show, self.kind.booked[at]):
            # What is booked on both sides stands, whatever the turn-round was then.
            over = min(over, self.kind.booked[at].starts - self.figures.minutes.turn)
        eaten = ways.eaten
        if not eaten.all():
            lunch, turn = self.kind.lunch, self.figures.minutes.turn
            leaving = show == self.kind.booked[0] and ways.seq.shape[1] == 0
            fed = eating.before(lunch, ways.ready, road, show.gets_in, leaving=leaving)
            if show.stood and fits(lunch, show.stood, show.starts):
                fed = np.ones_like(fed)
            if show.set_stays and again.any():
                turned = eating.before(lunch, ways.over, np.full_like(road, turn), show.starts, leaving=False)
                fed = np.where(again, turned, fed)
            eaten = eaten | fed
        return _Ways(
            seq=ways.seq[good],
            last=np.full(int(good.sum()), hall, np.int32),
            place=np.full(int(good.sum()), show.place, np.int32),
            over=np.full(int(good.sum()), over, np.int32),
            ready=np.full(int(good.sum()), show.away, np.int32),
            driving=(ways.driving + road)[good],
            eaten=eaten[good],
        )

    def _home(self, ways: _Ways) -> tuple[np.ndarray, np.ndarray]:
        road = self.figures.road[ways.place, self.kind.returns_to]
        good = ways.ready + road <= self.kind.returns
        if ways.seq.shape[1] + len(self.kind.booked) >= FROM_SHOWS and not ways.eaten.all():
            good &= ways.eaten | eating.after_last(self.kind.lunch, ways.ready, road, self.kind.returns)
        if self.through is not None:
            good &= np.isin(ways.seq, self.through).any(axis=1)
        members = np.full((int(good.sum()), self.kind.room), self.figures.count, np.int16)
        members[:, : ways.seq.shape[1]] = np.sort(ways.seq[good], axis=1)
        return members, (ways.driving + road)[good] - self.kind.driving

    def _common_date(self, seq: np.ndarray) -> np.ndarray:
        both = self.bits[seq[:, 0]]
        for at in range(1, seq.shape[1]):
            both = both & self.bits[seq[:, at]]
        common: np.ndarray = both.any(axis=1)
        return common

    def _nearest(self, few: int) -> np.ndarray:
        """For each school the schools that may follow it; for one that is not in the walk, nonsense that is
        not used."""
        road = self.figures.road[self.figures.place[:, None], self.figures.place[self.schools][None, :]]
        road = np.where(np.arange(self.figures.count)[:, None] == self.schools[None, :], 0, road)
        return self.schools[np.argsort(road, axis=1, kind="stable")[:, : few + 1]]

    def _partners(self, few: int) -> np.ndarray:
        """For each school those that make the shortest day with it, itself where it can be shown twice."""
        figures, place = self.figures, self.figures.place[self.schools]
        out, home = figures.road[self.kind.leaves_from, place], figures.road[place, self.kind.returns_to]
        day = figures.road[place[:, None], place[None, :]] + out[:, None] + home[None, :]
        day = np.minimum(day, day.T)
        found = np.zeros((figures.count, few), np.int64)
        found[self.schools] = self.schools[np.argpartition(day, few - 1, axis=1)[:, :few]]
        return found


def _starts(next_start: np.ndarray, candidates: np.ndarray, earliest: np.ndarray) -> np.ndarray:
    start = next_start[candidates, np.clip(earliest, 0, LAST_MINUTE)].astype(np.int32)
    return np.where(earliest <= LAST_MINUTE, start, NEVER)


def _date_bits(figures: PlanRoads, kind: DayKind) -> np.ndarray:
    """One line a school, and a last one for none: on which of the kind's dates it can, eight to a byte."""
    columns = np.unique(figures.column[list(kind.days)])
    can = np.vstack([figures.can[:, columns], np.ones((1, len(columns)), bool)])
    packed = np.packbits(can, axis=1)
    return np.ascontiguousarray(np.pad(packed, ((0, 0), (0, -packed.shape[1] % 8)))).view(np.uint64)


def _joined(ways: list[_Ways], new: int) -> _Ways:
    if not ways:
        nothing = np.zeros(0, np.int32)
        return _Ways(
            seq=np.zeros((0, new), np.int16),
            last=nothing,
            place=nothing,
            over=nothing,
            ready=nothing,
            driving=nothing,
            eaten=nothing.astype(bool),
        )
    return _Ways(
        seq=np.concatenate([way.seq for way in ways]),
        last=np.concatenate([way.last for way in ways]),
        place=np.concatenate([way.place for way in ways]),
        over=np.concatenate([way.over for way in ways]),
        ready=np.concatenate([way.ready for way in ways]),
        driving=np.concatenate([way.driving for way in ways]),
        eaten=np.concatenate([way.eaten for way in ways]),
    )


def cheapest(members: np.ndarray, cost: np.ndarray, count: int) -> np.ndarray:
    """Which lines to keep so that each set stands once, with its least cost."""
    key = np.zeros(len(members), np.int64)
    for at in range(members.shape[1]):
        key = key * (count + 1) + members[:, at]
    order = np.lexsort((cost, key))
    first = np.ones(len(order), bool)
    first[1:] = key[order][1:] != key[order][:-1]
    return order[first]


def _once(parts: list[tuple[np.ndarray, np.ndarray]], count: int) -> tuple[np.ndarray, np.ndarray]:
    members = np.concatenate([part[0] for part in parts])
    driving = np.concatenate([part[1] for part in parts])
    best = cheapest(members, driving, count)
    return members[best], driving[best]
