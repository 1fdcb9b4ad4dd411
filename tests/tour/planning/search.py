"""The very best plan of a small problem, by trying them all. Knows the rules of the trade only."""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations, permutations, product

from outreach.tour.planning.problem import KEPT_WITHIN, Problem, ProblemDay


@dataclass
class Best:
    """The least value; the most schools in full; and of every plan (worth lost and paid, driving)."""

    value: float
    schools: int
    plans: list[tuple[float, int]]

    def least_driving(self, lost: float) -> int:
        """The least driving of any plan that loses no more than this."""
        return min(driving for lost_there, driving in self.plans if lost_there <= lost + 1e-6)


def best(problem: Problem) -> Best:
    """Every combination of what each day can hold."""
    # Moving what cannot stay, from a full day or to a school nobody finds, is no choice and costs nothing.
    room = {day.number for day in problem.days if day.at_most > len(day.booked)}
    found = {gap.school for gap in problem.gaps if gap.place is not None}
    prices = sum(kept.price for kept in problem.kept if kept.day in room and kept.school in found)
    # Shows and guests of each school, who plays where on this date, driving, what is kept less what else
    # counts, days
    all_states: set[tuple[tuple[tuple[int, int], ...], frozenset, int, float, int]] = {
        ((), frozenset(), 0, 0.0, 0)
    }
    for day in sorted(problem.days, key=lambda day: day.day):
        options = day_options(problem, day)
        following = set()
        for shown, dated, driving, saved, used in all_states:
            counts = dict(shown)
            for schools, more, kept in options:
                days = used + bool(schools and not day.booked)
                if problem.days_at_most is not None and days > problem.days_at_most:
                    continue
                if any((school, day.day) in dated for school in schools):
                    continue
                after = dict(counts)
                for school in schools:
                    after[school] = after.get(school, 0) + 1
                if any(after[gap.school] > gap.shows for gap in problem.gaps if gap.school in after):
                    continue
                now = {d for d in dated if d[1] == day.day} | {(school, day.day) for school in schools}
                key = tuple(sorted(after.items())), frozenset(now), driving + more, saved + kept, days
                following.add(key)
        all_states = _no_worse(following)
    plans, least, most = [], float("inf"), 0
    for shown, _dated, driving, saved, _used in all_states:
        counts = dict(shown)
        missing = {gap.school: gap.shows - counts.get(gap.school, 0) for gap in problem.gaps}
        if problem.whole_schools and any(0 < missing[g.school] < g.shows for g in problem.gaps):
            continue
        lost = sum(gap.worth * missing[gap.school] / gap.shows for gap in problem.gaps) + prices - saved
        plans.append((lost, driving))
        least = min(least, lost + driving)
        most = max(most, sum(n == 0 for n in missing.values()))
    return Best(value=least, schools=most, plans=plans)


def _no_worse(states: set) -> set:
    """Of states with the same shows, those that nothing betters in driving and in what is kept at once."""
    alike: dict[tuple, list] = {}
    for shown, dated, driving, saved, used in states:
        alike.setdefault((shown, dated, used), []).append((driving, -saved))
    kept = set()
    for (shown, dated, used), pairs in alike.items():
        best_saved = float("inf")
        for driving, saved in sorted(pairs):
            if saved < best_saved - 1e-9:
                best_saved = saved
                kept.add((shown, dated, driving, -saved, used))
    return kept


def day_options(problem: Problem, day: ProblemDay) -> list[tuple[tuple[int, ...], int, float]]:
    """(schools shown or come as guests, extra driving, price of what is kept less what else counts) of each
    way to fill a day, nothing included."""
    found: dict[tuple[tuple[int, ...], float], int] = {((), 0.0): 0}
    standing = driven(problem, day, ()) or 0
    able = [gap for gap in problem.gaps if gap.place is not None and day.day in gap.dates]
    stood = {show.region for show in day.booked if show.region}
    for count in range(1, day.at_most - len(day.booked) + 1):
        for chosen in product(able, repeat=count):
            if any(chosen.count(gap) > gap.shows for gap in chosen):
                continue
            there = stood | {gap.region for gap in chosen if gap.region}
            apart = problem.apart * (max(len(there), 1) - max(len(stood), 1))
            for guests in product(*(_guest_lists(problem, able, host) for host in chosen)):
                coming = [guest for each in guests for guest in each]
                if len(set(coming)) < len(coming) or set(coming) & set(chosen):
                    continue
                hosts = tuple(_with(problem, host, each) for host, each in zip(chosen, guests, strict=True))
                kept = [k for k in problem.kept if k.day == day.number]
                for keeping in _keepings(chosen, kept):
                    minutes = driven(problem, day, tuple(zip(hosts, keeping, strict=True)))
                    if minutes is None:
                        continue
                    saved = sum(keeps.price for keeps in keeping if keeps) - apart
                    for host, each in zip(chosen, guests, strict=True):
                        for guest in each:
                            road = problem.road[guest.place][host.place]
                            saved -= problem.guests.price + 2 * int(road)
                    key = tuple(sorted(gap.school for gap in (*chosen, *coming))), saved
                    found[key] = min(found.get(key, 10**9), minutes - standing)
    return [
        (tuple(sorted((*schools, *seated))), driving, saved - counts)
        for (schools, saved), driving in found.items()
        for seated, counts in _at_standing_shows(problem, able, day)
        if not set(seated) & set(schools)
    ]


def _at_standing_shows(problem: Problem, able: list, day: ProblemDay) -> list[tuple[tuple[int, ...], float]]:
    """(who comes to the shows that stand on a day, what they count as) of each way to fill their seats."""
    ways: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    for show in day.booked if problem.guests is not None else ():
        sets = [((), 0.0)]
        for gap in able:
            road = int(problem.road[gap.place][show.place])
            suits = any(first + road <= show.starts <= last - road for first, last in gap.windows)
            if gap.shows == 1 and gap.pupils and suits and road <= problem.guests.reach:
                counts = problem.guests.price + 2 * road
                sets += [((*some, gap.school), more + counts) for some, more in sets]
        pupils = {gap.school: gap.pupils for gap in able}
        sets = [each for each in sets if sum(pupils[school] for school in each[0]) <= show.seats]
        ways = [
            ((*one, *other), counts + more)
            for one, counts in ways
            for other, more in sets
            if not set(one) & set(other)
        ]
    return ways


def _keepings(chosen: tuple, kept: list) -> list[tuple]:
    """All ways in which shows could each be one that is kept there, or none of them."""
    ways: list[tuple] = [()]
    for gap in chosen:
        ways = [
            (*way, each)
            for way in ways
            for each in (None, *(k for k in kept if k.school == gap.school and all(k is not w for w in way)))
        ]
    return ways


def _guest_lists(problem: Problem, able: list, host) -> list[tuple]:
    """All sets of guests that one show at `host` could have, nobody included."""
    if problem.guests is None or not host.seats:
        return [()]
    near = [
        gap
        for gap in able
        if gap.pupils
        and gap.shows == 1
        and gap is not host
        and problem.road[gap.place][host.place] <= problem.guests.reach
        and _with(problem, host, (gap,)).windows
    ]
    sets = [some for n in range(len(near) + 1) for some in combinations(near, n)]
    return [some for some in sets if sum(gap.pupils for gap in some) <= host.seats]


def _with(problem: Problem, host, guests: tuple):
    """The host with the starts at which these guests can be there, minute by minute."""
    if not guests:
        return host
    minutes = set()
    for minute in range(24 * 60 + 1):
        suits = any(first <= minute <= last for first, last in host.windows)
        for guest in guests:
            road = int(problem.road[guest.place][host.place])
            suits = suits and any(first + road <= minute <= last - road for first, last in guest.windows)
        if suits:
            minutes.add(minute)
    return replace(host, windows=tuple((minute, minute) for minute in sorted(minutes)))


def driven(problem: Problem, day: ProblemDay, new: tuple) -> int | None:
    """Minutes of driving of the day with new shows (gap, which kept show it is or None), in this order; None:
    cannot be.

    The booked shows stand where they stand, so that only the order of the new ones among them is tried.
    """
    booked = sorted(day.booked, key=lambda show: show.gets_in)
    best_driving = None
    slots = len(new) + len(booked)
    # On which leg lunch is had, or after it beside a set that stands; nobody asks for it on a day with one show, or
    # of a day that nothing is added to.
    asked = day.lunch and slots > 1 and new
    legs = (*range(slots + 1), *((leg, "stands") for leg in range(slots))) if asked else (None,)
    for where, eats in product(set(permutations([True] * len(new) + [False] * len(booked), slots)), legs):
        minutes = _walk(problem, day, list(new), list(booked), where, eats)
        if minutes is not None and (best_driving is None or minutes < best_driving):
            best_driving = minutes
    return best_driving


def _there(day: ProblemDay, clock: int, road: int, *, eats: bool, leaving: bool = False) -> int:
    """When the troupe is there at the earliest, with lunch on the way or without."""
    if not eats:
        return clock + road
    found = [24 * 60]
    for begins in range(11 * 60, 14 * 60 + 30 - day.lunch + 1):
        if leaving or begins >= clock:
            found.append(max(begins + day.lunch, clock) + road)
        if begins >= clock + road:
            found.append(begins + day.lunch)
    return min(found)


def _idle(day: ProblemDay, since: int, until: int) -> bool:
    """Whether lunch is had by whoever has nothing to do meanwhile."""
    return any(
        since <= begins and begins + day.lunch <= until
        for begins in range(11 * 60, 14 * 60 + 30 - day.lunch + 1)
    )


def _walk(
    problem: Problem,
    day: ProblemDay,
    new: list,
    booked: list,
    where: tuple[bool, ...],
    eats: int | tuple | None,
) -> int | None:
    minutes = problem.minutes
    clock, place, school, driving = day.leaves, day.leaves_from, None, 0
    over, stands, began = 0, False, 0
    new, booked = iter(new), iter(booked)
    for leg, is_new in enumerate(where):
        how = {"eats": leg == eats, "leaving": leg == 0}
        beside_set = (leg, "stands") == eats
        if is_new:
            gap, keeps = next(new)
            turned = gap.school == school and (leg != eats or gap.set_stays)
            if turned and beside_set:
                return None
            if turned:
                earliest = _there(day, over, minutes.turn, **how)
            else:
                road = 0 if place is None or gap.school == school else int(problem.road[place][gap.place])
                driving += road
                earliest = _there(day, clock, road, **how) + minutes.get_in
            # Where the set of the show before is there, it stands since that was set up, if that was before lunch.
            since = began if turned else earliest - minutes.get_in
            start = next(
                (
                    m
                    for m in range(earliest, 24 * 60)
                    if _may_start(problem, gap, m, keeps, since)
                    and (not beside_set or _idle(day, sets_up(problem, gap, m) + minutes.get_in, m))
                ),
                None,
            )
            if start is None:
                return None
            clock, place, school = start + minutes.play + minutes.get_out, gap.place, gap.school
            if not turned:
                began = sets_up(problem, gap, start)
            over, stands = start + minutes.play, False
        else:
            show = next(booked)
            again = show.school is not None and show.school == school
            road = 0 if place is None or again else int(problem.road[place][show.place])
            driving += road
            if again and (leg != eats or show.set_stays):
                if beside_set:
                    return None
                if _there(day, over, minutes.turn, **how) > show.starts and not (stands and leg != eats):
                    return None
            elif beside_set and not (show.stood and _idle(day, show.stood, show.starts)):
                return None
            elif _there(day, clock, road, **how) > show.gets_in:
                return None
            clock, place, school = show.away, show.place, show.school
            over, stands, began = show.ends, True, show.gets_in
    road = 0
    if place is not None and day.returns_to is not None and where:
        road = int(problem.road[place][day.returns_to])
        driving += road
    if eats == len(where) and max(clock + road, 11 * 60) + day.lunch > 14 * 60 + 30:
        # Too late for lunch once the troupe is back; so it is before that, or not at all.
        if max(clock, 11 * 60) + day.lunch > 14 * 60 + 30:
            return None
        clock = max(clock, 11 * 60) + day.lunch
    return driving if clock + road <= day.returns else None


def sets_up(problem: Problem, gap, minute: int) -> int:
    """When the troupe has to be in a hall for a start: where the tables of lunch leave no time for a set to be put
    up after them, and it may stay, before they are laid."""
    get_in, lunch = problem.minutes.get_in, gap.stays_over
    if lunch is not None and lunch.until <= minute < lunch.until + get_in:
        return lunch.since - get_in
    return minute - get_in


def _may_start(problem: Problem, gap, minute: int, keeps, since: int) -> bool:
    """`since`: from when on the troupe is there, or its set."""
    lunch = gap.stays_over
    if lunch and lunch.until <= minute < lunch.until + problem.minutes.get_in:
        if since > sets_up(problem, gap, minute):
            return False
    if minute % problem.minutes.step or minute not in _minutes(gap.windows):
        return False
    return keeps is None or abs(minute - keeps.starts) <= KEPT_WITHIN


@lru_cache(maxsize=4096)
def _minutes(windows: tuple[tuple[int, int], ...]) -> frozenset[int]:
    return frozenset(minute for first, last in windows for minute in range(first, last + 1))
