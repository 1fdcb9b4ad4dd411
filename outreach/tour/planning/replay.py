"""A day replayed on the plain clock: when each show is, in the cheapest order, or that it cannot be. Pure.

Knows nothing of pools and programs: what they propose is held to this before anybody sees it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, permutations

from outreach.tour.planning import lunch
from outreach.tour.planning.problem import (
    KEPT_WITHIN,
    BookedShow,
    KeptShow,
    Problem,
    ProblemDay,
    SchoolToPlan,
    in_one_hall,
    set_stands,
    staying,
)

Stop = SchoolToPlan | BookedShow


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayedShow:
    """One new show of a day, in minutes: when the troupe gets in, when it starts, when the troupe is away.

    Between two shows at one school the hall is turned round: the first is over, and 'away', when the next
    gets in.
    """

    school: int
    gets_in: int
    starts: int
    away: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayedDay:
    """A day with its new shows in order; `driving`: all of the day's minutes on the road, the booked shows'
    too."""

    shows: tuple[ReplayedShow, ...]
    driving: int

    def stays(self, kept: Iterable[KeptShow]) -> dict[int, KeptShow]:
        """What the day keeps of its kept shows, by the position of the show that it is."""
        return staying(kept, [(show.school, show.starts) for show in self.shows])

    def minutes(self, kept: Iterable[KeptShow]) -> float:
        """Minutes of driving, less what is saved by what the day keeps."""
        return self.driving - sum(each.price for each in self.stays(kept).values())


def replay(
    problem: Problem, day: ProblemDay, gaps: Sequence[SchoolToPlan], kept: Sequence[KeptShow] = ()
) -> ReplayedDay | None:
    """The day with one new show at each of `gaps` (a school twice: two shows), or None when it cannot be.

    `kept`: what was proposed for that day; a show within half an hour of it is worth its price of driving, and
    keeps no other. Else each show starts as early as it can. Least driving less what is kept first, then most
    kept, then the earliest end.
    """
    schools = {gap.school for gap in gaps}
    mine = [each for each in kept if each.school in schools]
    best: tuple[tuple[float, int], ReplayedDay] | None = None
    for few in range(min(len(mine), len(gaps)), -1, -1):
        tried: set[tuple[SchoolToPlan, ...]] = set()
        for some in permutations(mine, few):
            near = _near(gaps, some)
            if near is None or near[0] in tried:
                continue
            tried.add(near[0])
            told = _cheapest(problem, day, *near)
            if told is not None:
                rank = told.driving - sum(each.price for each in some), -few
                best = min(best, (rank, told), key=lambda one: one[0]) if best else (rank, told)
    return best[1] if best else None


def _near(
    gaps: Sequence[SchoolToPlan], some: Sequence[KeptShow]
) -> tuple[tuple[SchoolToPlan, ...], dict[SchoolToPlan, int]] | None:
    """(the shows, each kept one narrowed to half an hour around its start; that start of each narrowed one).

    None where a school has fewer shows than are kept of it.
    """
    waiting = list(some)
    found: list[SchoolToPlan] = []
    wishes: dict[SchoolToPlan, int] = {}
    for gap in gaps:
        each = next((each for each in waiting if each.school == gap.school), None)
        if each is not None:
            waiting.remove(each)
            both = (
                (max(first, each.starts - KEPT_WITHIN), min(last, each.starts + KEPT_WITHIN))
                for first, last in gap.windows
            )
            gap = replace(gap, windows=tuple(w for w in both if w[0] <= w[1]))
            wishes[gap] = each.starts
        found.append(gap)
    return None if waiting else (tuple(found), wishes)


def _cheapest(
    problem: Problem, day: ProblemDay, gaps: Sequence[SchoolToPlan], wishes: Mapping[SchoolToPlan, int]
) -> ReplayedDay | None:
    best: tuple[tuple[int, int], ReplayedDay] | None = None
    for stops in _orders(day, gaps):
        begins = _with_lunch(problem, day, stops, wishes)
        if begins is None:
            continue
        driving = _driving(problem, day, stops)
        if best is None or (driving, begins[-1]) < best[0]:
            best = (driving, begins[-1]), ReplayedDay(shows=_shows(problem, stops, begins), driving=driving)
    return best[1] if best else None


def _orders(day: ProblemDay, gaps: Sequence[SchoolToPlan]) -> Iterator[tuple[Stop, ...]]:
    """Every way to put the new shows between the booked ones."""
    booked = tuple(sorted(day.booked, key=lambda show: show.gets_in))
    seen = set()
    for order in permutations(gaps):
        names = tuple((gap.school, gap.windows) for gap in order)
        if names not in seen:
            seen.add(names)
            yield from _merged(order, booked)


def _merged(new: tuple[Stop, ...], booked: tuple[Stop, ...]) -> Iterator[tuple[Stop, ...]]:
    if not new or not booked:
        yield new + booked
        return
    for rest in _merged(new[1:], booked):
        yield new[:1] + rest
    for rest in _merged(new, booked[1:]):
        yield booked[:1] + rest


def _with_lunch(
    problem: Problem, day: ProblemDay, stops: tuple[Stop, ...], wishes: Mapping[SchoolToPlan, int]
) -> list[int] | None:
    """When each stop begins, with lunch where the day has to have it: on the leg that lets the day end
    first."""
    begins = _begins(problem, day, stops, wishes)
    if begins is None or not day.lunch or len(stops) < lunch.FROM_SHOWS:
        return begins
    if _has_lunch(problem, day, stops, begins):
        return begins
    ways = [_begins(problem, day, stops, wishes, eats=leg) for leg in range(len(stops) + 1)]
    for at, stop in enumerate(stops):
        if isinstance(stop, BookedShow) or at and in_one_hall(stops[at - 1], stop):
            continue
        beside = _eats_beside_set(problem, day, stop)
        if beside is not None:
            wished = {**wishes, beside: wishes[stop]} if stop in wishes else wishes
            ways.append(_begins(problem, day, (*stops[:at], beside, *stops[at + 1 :]), wished))
    return min((found for found in ways if found is not None), key=lambda found: found[::-1], default=None)


def _eats_beside_set(problem: Problem, day: ProblemDay, stop: SchoolToPlan) -> SchoolToPlan | None:
    """A new show narrowed to starts for which the troupe has lunch while its set stands through the school's."""
    if stop.stays_over is None:
        return None
    since, until = stop.stays_over
    eaten = max(since, lunch.FIRST) + day.lunch
    if eaten > lunch.LAST:
        return None
    last = until + problem.minutes.get_in - 1
    windows = ((max(first, until, eaten), min(end, last)) for first, end in stop.windows)
    return replace(stop, windows=tuple(each for each in windows if each[0] <= each[1]))


def _has_lunch(problem: Problem, day: ProblemDay, stops: tuple[Stop, ...], begins: list[int]) -> bool:
    return lunch.kept(
        day.lunch,
        leaves=day.leaves,
        returns=day.returns,
        shows=[
            stop.work if isinstance(stop, BookedShow) else stop.work(begin, problem.minutes)
            for stop, begin in zip(stops, begins, strict=True)
        ],
        roads=_legs(problem, day, stops),
        turn=problem.minutes.turn,
    )


def _begins(
    problem: Problem,
    day: ProblemDay,
    stops: tuple[Stop, ...],
    wishes: Mapping[SchoolToPlan, int],
    eats: int | None = None,
) -> list[int] | None:
    """When each stop begins: a new show's start, a booked show's get-in. None when the order cannot be.

    `eats`: the leg on which lunch is had, 0 the first. First, from the end, how late each may begin; then,
    from the front, as early as it can or as is wished.
    """
    latest: list[int] = []
    for at in reversed(range(len(stops))):
        until = _until(problem, day, stops, at, latest[-1] if latest else 0, eats=eats == at + 1)
        last = _last(problem, stops[at], until)
        if last is None:
            return None
        latest.append(last)
    latest.reverse()
    begins: list[int] = []
    for at, stop in enumerate(stops):
        earliest = _arrives(problem, day, stops, at, begins[-1] if begins else 0, eats=eats == at)
        begin = _first(problem, stop, earliest)
        if begin is None or begin > latest[at]:
            return None
        wish = wishes.get(stop) if isinstance(stop, SchoolToPlan) else None
        if wish is not None:
            late = _first(problem, stop, max(begin, wish))
            soon = _last(problem, stop, min(latest[at], wish))
            can = [b for b in (late, soon) if b is not None and begin <= b <= latest[at]]
            begin = min(can, key=lambda b: abs(b - wish), default=begin)
        begins.append(begin)
    return begins


def _until(
    problem: Problem, day: ProblemDay, stops: tuple[Stop, ...], at: int, following: int, *, eats: bool
) -> int:
    """The latest that stop `at` may begin so that the next can begin at `following`, or the troupe is back in
    time.

    `eats`: with lunch in between. -1 where it never may.
    """
    minutes, stop = problem.minutes, stops[at]
    away: int | None
    if at + 1 == len(stops):
        road = _road(problem, stop.place, day.returns_to)
        away = day.returns - road
        if eats:
            away = lunch.over_by(day.lunch, road=road, returns=day.returns)
    else:
        after = stops[at + 1]
        stays = in_one_hall(stop, after)
        if stays and not eats:
            over = (after.starts if isinstance(after, BookedShow) else following) - minutes.turn
            if isinstance(stop, SchoolToPlan):
                return over - minutes.play
            # What is booked on both sides stands, whatever the turn-round was then.
            return stop.gets_in if stop.ends <= over or isinstance(after, BookedShow) else -1
        if stays and after.set_stays:
            starts = after.starts if isinstance(after, BookedShow) else following
            ends = lunch.leaves_by(day.lunch, road=minutes.turn, gets_in=starts)
            if ends is None:
                return -1
            if isinstance(stop, SchoolToPlan):
                return ends - minutes.play
            return stop.gets_in if stop.ends <= ends else -1
        gets_in = (
            after.gets_in if isinstance(after, BookedShow) else after.sets_up_at(following, minutes.get_in)
        )
        road = 0 if stays else _road(problem, stop.place, after.place)
        away = lunch.leaves_by(day.lunch, road=road, gets_in=gets_in) if eats else gets_in - road
    if away is None:
        return -1
    if isinstance(stop, BookedShow):
        return stop.gets_in if stop.away <= away else -1
    return away - minutes.get_out - minutes.play


def _arrives(
    problem: Problem, day: ProblemDay, stops: tuple[Stop, ...], at: int, began: int, *, eats: bool
) -> int:
    """The earliest that stop `at` can begin, when the stop before it began at `began`; `eats`: with lunch in
    between."""
    minutes, stop = problem.minutes, stops[at]
    here: int | None
    if at == 0:
        road = _road(problem, day.leaves_from, stop.place)
        here = lunch.sets_out(day.lunch, leaves=day.leaves, road=road) if eats else day.leaves + road
    else:
        before = stops[at - 1]
        stays = in_one_hall(before, stop)
        if stays and not eats:
            free = (before.ends if isinstance(before, BookedShow) else began + minutes.play) + minutes.turn
            if isinstance(stop, SchoolToPlan):
                stands = set_stands(before, stop, minutes.get_in)
                return free if stands else stop.soonest(free, minutes.get_in)
            return stop.gets_in if free <= stop.starts or isinstance(before, BookedShow) else 24 * 60
        if stays and stop.set_stays:
            ended = before.ends if isinstance(before, BookedShow) else began + minutes.play
            fed = lunch.arrives(day.lunch, free=ended, road=minutes.turn)
            if fed is None:
                return 24 * 60
            if isinstance(stop, BookedShow):
                return stop.gets_in if fed <= stop.starts else 24 * 60
            return fed if set_stands(before, stop, minutes.get_in) else stop.soonest(fed, minutes.get_in)
        away = before.away if isinstance(before, BookedShow) else began + minutes.play + minutes.get_out
        road = 0 if stays else _road(problem, before.place, stop.place)
        here = lunch.arrives(day.lunch, free=away, road=road) if eats else away + road
    if here is None:
        return 24 * 60
    return here if isinstance(stop, BookedShow) else stop.soonest(here + minutes.get_in, minutes.get_in)


def _first(problem: Problem, stop: Stop, earliest: int) -> int | None:
    """The first possible begin from `earliest` on."""
    if isinstance(stop, BookedShow):
        return stop.gets_in if earliest <= stop.gets_in else None
    step = problem.minutes.step
    starts = (max(first, earliest) + -max(first, earliest) % step for first, _ in stop.windows)
    can = [start for start, (_, last) in zip(starts, stop.windows, strict=True) if start <= last]
    return min(can, default=None)


def _last(problem: Problem, stop: Stop, until: int) -> int | None:
    """The last possible begin up to `until`."""
    if isinstance(stop, BookedShow):
        return stop.gets_in if stop.gets_in <= until else None
    step = problem.minutes.step
    starts = (min(last, until) - min(last, until) % step for _, last in stop.windows)
    can = [start for start, (first, _) in zip(starts, stop.windows, strict=True) if start >= first]
    return max(can, default=None)


def _driving(problem: Problem, day: ProblemDay, stops: tuple[Stop, ...]) -> int:
    return sum(_legs(problem, day, stops))


def _legs(problem: Problem, day: ProblemDay, stops: tuple[Stop, ...]) -> list[int]:
    """Minutes on the road: to the first stop, between them, and back."""
    way = [day.leaves_from, *(stop.place for stop in stops), day.returns_to]
    same = [in_one_hall(a, b) for a, b in pairwise(stops)]
    return [
        0 if stays else _road(problem, a, b)
        for (a, b), stays in zip(pairwise(way), [False, *same, False], strict=True)
    ]


def _road(problem: Problem, a: int | None, b: int | None) -> int:
    return 0 if a is None or b is None else int(problem.road[a][b])


def _shows(problem: Problem, stops: tuple[Stop, ...], begins: list[int]) -> tuple[ReplayedShow, ...]:
    minutes = problem.minutes
    found: list[ReplayedShow] = []
    for at, (stop, begin) in enumerate(zip(stops, begins, strict=True)):
        if isinstance(stop, BookedShow):
            continue
        gets_in, away = stop.sets_up_at(begin, minutes.get_in), begin + minutes.play + minutes.get_out
        before = stops[at - 1] if at else None
        after = stops[at + 1] if at + 1 < len(stops) else None
        if isinstance(before, SchoolToPlan) and in_one_hall(before, stop):
            gets_in = max(gets_in, begins[at - 1] + minutes.play)
            found[-1] = replace(found[-1], away=min(found[-1].away, gets_in))
        elif isinstance(before, BookedShow) and in_one_hall(before, stop):
            gets_in = max(gets_in, before.ends)
        if isinstance(after, BookedShow) and in_one_hall(stop, after):
            away = min(away, max(after.gets_in, begin + minutes.play))
        found.append(ReplayedShow(school=stop.school, gets_in=gets_in, starts=begin, away=away))
    return tuple(found)
