"""Every day by itself: all that it can hold, guests and kept shows with it, and the best choice among that. Pure.

The programs before this one choose for days that are alike, and mean guests for hosts, whatever the date and the
start. What came of that is the best there is, or it is not quite: here nothing is left to find out later. Only
where so much can be listed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from outreach.tour.planning import hosting
from outreach.tour.planning.driven import Driven, driven_of
from outreach.tour.planning.hosting import Standing
from outreach.tour.planning.integer_program import improve
from outreach.tour.planning.kinds import LAST_MINUTE, PlanRoads
from outreach.tour.planning.limit import Limit
from outreach.tour.planning.plan import PlannedVisit
from outreach.tour.planning.pool import Pool, apart_of, kept_by_day, near_to
from outreach.tour.planning.read_out import ReadOut, read_out
from outreach.tour.planning.relaxation import Relaxation
from outreach.tour.planning.seating import Seated
from outreach.tour.planning.walk import Walk

_MOST_CELLS = 3_000_000
"""Steps of the walks over all days: some seconds."""

_MOST_LINES = 400
"""Of one day: schools, and each with its guests and with what is kept of it."""


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One show that a day could have: its school, the guests at it, what is saved or paid, and when it may
    start."""

    school: int
    guests: tuple[int, ...] = ()
    cost: float = 0.0
    may_start: np.ndarray


@dataclass(frozen=True, kw_only=True)
class _Held:
    """What one day can hold: lines of the walk, in one row each; the rows of its part of the pool follow it."""

    lines: tuple[_Line, ...]
    shows: np.ndarray
    members: np.ndarray
    cost: np.ndarray
    driving: np.ndarray


def best_of_each_day(
    figures: PlanRoads, pool: Pool, found: ReadOut, limit: Limit, *, share: float, seed: int
) -> tuple[ReadOut, float] | None:
    """(the best plan, no worse than the one found, a bound on every plan); None where there is too much to list.

    `pool`: of the kinds of day, by which causes are told.
    """
    apart = figures.by_date().without(figures.pairs.at_new_shows())
    days = [kind.days[0] for kind in apart.kinds]
    lines = _lines(figures, days, limit)
    if not lines:
        return None
    held: list[_Held] = []
    for number, on_day in enumerate(lines):
        holds = None if limit.over(share) else _held(apart, number, on_day)
        if holds is None:
            return None
        held.append(holds)
    each = _together(apart, held)
    relaxation = Relaxation(apart, each, seed=seed)
    _, relaxed = relaxation.solve(limit, share)
    start = driven_of(
        apart, each, _as_rows(figures, days, held, found), whole_schools=figures.problem.whole_schools
    )
    driven, bound = improve(
        apart, each, relaxed, start, limit, share=share, seed=seed, better=lambda _driven, _bound: None
    )
    guests = apart.pairs.seated(driven.guests)
    return min(found, _read(figures, pool, days, held, driven, guests), key=lambda one: one.value), bound


def _lines(figures: PlanRoads, days: Sequence[int], limit: Limit) -> list[tuple[_Line, ...]] | None:
    """The lines of each day, as many as there are schools first: one a school; None where they are too many."""
    kept = kept_by_day(figures, figures.problem.kept)
    free = tuple(_Line(school=school, may_start=figures.may_start[school]) for school in range(figures.count))
    found: list[tuple[_Line, ...]] = []
    cells = 0
    for day in days:
        lines = [*free]
        for school in np.flatnonzero(figures.can[:, figures.column[day]]).tolist():
            shows = [
                None,
                *(each for each in kept.get(day, ()) if each.school == figures.gaps[school].school),
            ]
            for guests, cost, times in _with_guests(figures, day, school):
                lines += [
                    _Line(
                        school=school,
                        guests=guests,
                        cost=cost - (each.price if each else 0.0),
                        may_start=near_to(times, each) if each else times,
                    )
                    for each in shows
                    if each or guests
                ]
                if len(lines) > figures.count + _MOST_LINES:
                    return None
        able = figures.can[:, figures.column[day]].sum() + len(lines) - figures.count
        cells += int(able) ** figures.kinds[figures.kind_of[day]].room
        if cells > _MOST_CELLS or limit.asked():
            return None
        found.append(tuple(lines))
    return found


def _with_guests(figures: PlanRoads, day: int, host: int) -> list[tuple[tuple[int, ...], float, np.ndarray]]:
    """(the guests, what they count as, when such a show may start) of each set that a show could have, and of
    nobody."""
    pairs, own = figures.pairs, figures.may_start[host]
    found: list[tuple[tuple[int, ...], float, np.ndarray]] = [((), 0.0, own)]
    here = [
        pair
        for pair in np.flatnonzero(np.append(pairs.hosts, -1)[pairs.host] == host).tolist()
        if figures.can[pairs.guest[pair], figures.column[day]]
    ]
    minutes = np.arange(LAST_MINUTE + 1)
    for few in range(1, len(here) + 1):
        before = len(found)
        for some in combinations(here, few):
            guests = tuple(int(pairs.guest[pair]) for pair in some)
            if sum(figures.gaps[guest].pupils for guest in guests) > figures.gaps[host].seats:
                continue
            good = own.copy()
            for guest in guests:
                road = int(figures.road[figures.place[guest], figures.place[host]])
                suits = hosting.starts(figures.gaps[guest], road)
                good &= np.any([(first <= minutes) & (minutes <= last) for first, last in suits], axis=0)
            if good.any():
                found.append((guests, float(pairs.cost[list(some)].sum()), good))
        if len(found) == before or len(found) > _MOST_LINES:
            break
    return found


def _held(apart: PlanRoads, number: int, lines: tuple[_Line, ...]) -> _Held | None:
    """All that a day can hold, each set of schools in its cheapest way; None where that is too much to list."""
    kind, more = apart.kinds[number], lines[apart.count :]
    figures = apart.with_lines(
        np.array([line.school for line in more], np.int64), [line.may_start for line in more]
    )
    walk = Walk(figures, kind)
    if not walk.complete:
        return None
    shows, driving = walk.patterns()
    widest = max((len(line.guests) for line in lines), default=0)
    guests = np.full((figures.count + 1, widest), apart.count, np.int64)
    for at, line in enumerate(lines):
        guests[at, : len(line.guests)] = line.guests
    hosts = np.append(figures.alias, apart.count)[shows]
    coming = guests[shows].reshape(len(shows), shows.shape[1] * widest)
    members = np.sort(np.concatenate([hosts, coming], axis=1), axis=1).astype(np.int16)
    twice = (members[:, 1:] == members[:, :-1]) & (members[:, 1:] < apart.count)
    need = np.append(apart.need, 0)
    good = ~(twice & (need[members[:, 1:]] == 1)).any(axis=1)
    shows, driving, members, hosts = shows[good], driving[good], members[good], hosts[good]
    counts = np.append([line.cost for line in lines], 0.0)[shows].sum(axis=1)
    cost = driving + counts + apart_of(apart, (np.sort(hosts, axis=1), driving, driving, number, -1))
    order = np.lexsort((cost, *members.T))
    first = np.ones(len(order), bool)
    first[1:] = (members[order][1:] != members[order][:-1]).any(axis=1)
    best = order[first]
    return _Held(
        lines=lines, shows=shows[best], members=members[best], cost=cost[best], driving=driving[best]
    )


def _together(apart: PlanRoads, held: Sequence[_Held]) -> Pool:
    """One pool of all days."""
    width = max(each.members.shape[1] for each in held)
    sizes = [len(each.cost) for each in held]
    return Pool(
        members=np.concatenate(
            [
                np.pad(
                    each.members, ((0, 0), (0, width - each.members.shape[1])), constant_values=apart.count
                )
                for each in held
            ]
        ),
        cost=np.concatenate([each.cost for each in held]).astype(float),
        driving=np.concatenate([each.driving for each in held]).astype(np.int32),
        kind=np.repeat(np.arange(len(held), dtype=np.int32), sizes),
        dated=np.full(sum(sizes), -1, np.int32),
        days=(),
        complete=True,
        exact=True,
    )


def _as_rows(
    figures: PlanRoads, days: Sequence[int], held: Sequence[_Held], found: ReadOut
) -> tuple[int, ...]:
    """The rows of a plan's days."""
    number = {gap.school: school for school, gap in enumerate(figures.gaps)}
    at_day: dict[int, list[PlannedVisit]] = {}
    for visit in found.visits:
        at_day.setdefault(visit.day, []).append(visit)
    rows, begin = [], 0
    for day, each in zip(days, held, strict=True):
        there = sorted(
            number[visit.school]
            for visit in at_day.get(figures.problem.days[day].number, ())
            if visit.standing is None
        )
        if there:
            wanted = np.full(each.members.shape[1], figures.count, np.int16)
            wanted[: len(there)] = there
            rows.append(begin + int(np.flatnonzero((each.members == wanted).all(axis=1))[0]))
        begin += len(each.cost)
    return tuple(rows)


def _read(
    figures: PlanRoads,
    pool: Pool,
    days: Sequence[int],
    held: Sequence[_Held],
    driven: Driven,
    guests: Mapping[int, tuple[Standing, float]],
) -> ReadOut:
    """The plan that these rows are."""
    begins = np.cumsum([0, *(len(each.cost) for each in held)])
    seated: dict[int, Seated] = {}
    for row in driven.patterns:
        number = int(np.searchsorted(begins, row, side="right")) - 1
        each = held[number]
        lines = [each.lines[line] for line in each.shows[row - begins[number]] if line < len(each.lines)]
        seated[days[number]] = tuple((line.school, line.guests) for line in lines)
    dated = {day: tuple(host for host, _ in shows) for day, shows in seated.items()}
    return read_out(figures, pool, dated, figures.problem.kept, seated, guests)
