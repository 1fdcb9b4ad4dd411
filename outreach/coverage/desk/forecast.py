"""The forecast: between which tour days the last school is reached, or how many are not, by pace, bookings
and free places. Pure.

It never looks past the last tour day that is given, nor past the free places on the tour days until then;
schools that said no or cannot be reached are left out, and so are those that wait for a report or a number
and need no place.

The pace is that of the last 30 school days, or of as many as there were since the first show: its first and
its last half (15 school days each), the slower and the faster of which give a range. Under ten school days
there is none, and nothing is said of a pace. Holidays are left out, of what was and of what is to come. On
each tour day at least what is booked by then counts, and where the pace gives more, the pace, but never more
than the free places until then allow. Places go to the schools that need the fewest first, so that the bound
is of the most schools that could be reached.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from outreach.coverage.desk.trend import Point, running, sundays
from outreach.coverage.who_asked import OF_SCHOOLS, Asked
from outreach.ground.wording import and_list, count, day

TOUR_DAY, SESSION = "tour day", "session"
"""What is added where places are missing."""

WINDOW, AT_LEAST = 30, 10
"""School days that the pace is made of, at most; and under which there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotForeseen:
    """Schools of the target of which nothing is foretold: they `said_no`, are `unreachable`, or wait to be
    `reported`."""

    said_no: int = 0
    unreachable: int = 0
    reported: int = 0

    @property
    def organisations(self) -> int:
        return self.said_no + self.unreachable + self.reported


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many schools a stretch of `half` school days reached: the `slower` and the `faster` half of `over`
    school days."""

    slower: int
    faster: int
    half: int
    over: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What becomes of `target` schools of which `seen` have seen it, until `tour_ends`, the last tour day
    given, if any, in the year that `ends`.

    `left` schools need `needed` places, of which `places` are free on the tour days to come; with all of them
    `unplaced` schools stay without. A place is a show of a tour day, or of adults one at a session (`adds`), which has
    `places_of_one`. `pace` None: too few school days.
    `with_booked`, `slower` and `faster` begin today; the first ends at the last show that is booked, the
    others at the tour's end. `slower_on` and `faster_on` are tour days, on which the last of the schools that
    can be reached is, None: on none that is given.
    """

    today: date
    ends: date
    tour_ends: date | None
    target: int
    seen: int
    left_out: NotForeseen
    left: int
    needed: int
    places: int
    unplaced: int
    places_of_one: int
    adds: str
    pace: Pace | None
    with_booked: tuple[Point, ...]
    slower: tuple[Point, ...]
    faster: tuple[Point, ...]
    slower_on: date | None
    faster_on: date | None

    @property
    def booked(self) -> int:
        """How many have seen it once all that is booked has taken place."""
        return self.with_booked[-1].organisations

    @property
    def aim(self) -> int:
        """The schools of the target that can be reached."""
        return self.target - self.left_out.organisations

    @property
    def missing(self) -> tuple[int, int]:
        """How many of these will not have seen it when the tour ends: by the faster pace, by the slower."""
        return self.aim - self.faster[-1].organisations, self.aim - self.slower[-1].organisations

    @property
    def to_add(self) -> int:
        """Tour days or sessions that are missing, so that each school that is left has its places."""
        return -(-max(0, self.needed - self.places) // self.places_of_one)

    @property
    def is_over(self) -> bool:
        return self.today >= self.ends

    @property
    def reached_by_booked(self) -> bool:
        """Whether what is booked is enough, whatever the pace."""
        return self.booked >= self.aim


def forecast_of_programme(
    *,
    today: date,
    school_days: Sequence[date],
    target: int,
    seen: Sequence[date],
    booked: Sequence[date],
    left: Sequence[int],
    left_out: NotForeseen,
    tour: Sequence[tuple[date, int]],
    places_of_one: int,
    adds: str = TOUR_DAY,
) -> Forecast:
    """`school_days` of the whole year in order; `seen` and `booked`: for each school the day that makes it
    whole, in order.

    `left`: for each other school that can be reached the places it needs. `tour`: every tour day that is
    given, past ones too, in order, each with its free places.
    """
    pace = _pace(today, school_days, seen)
    coming = [(d, free) for d, free in tour if d > today]
    last = max([today, *(d for d, _ in coming), *booked])
    enough_for = list(accumulate(sorted(left)))
    slower, slower_on = _course(
        today,
        school_days=school_days,
        seen=seen,
        booked=booked,
        enough_for=enough_for,
        coming=coming,
        recent=pace.slower if pace else None,
        pace=pace,
    )
    faster, faster_on = _course(
        today,
        school_days=school_days,
        seen=seen,
        booked=booked,
        enough_for=enough_for,
        coming=coming,
        recent=pace.faster if pace else None,
        pace=pace,
    )
    places = sum(free for _, free in coming)
    return Forecast(
        today=today,
        ends=max([*school_days[-1:], *booked[-1:], *(d for d, _ in coming)], default=today),
        tour_ends=max([*(d for d, _ in tour), *booked], default=None),
        target=target,
        seen=len(seen),
        left_out=left_out,
        left=len(left),
        needed=sum(left),
        places=places,
        unplaced=len(left) - bisect_right(enough_for, places),
        places_of_one=places_of_one,
        adds=adds,
        pace=pace,
        with_booked=tuple(
            running(list(booked), _weekly(today, booked[-1] if booked else today), base=len(seen))
        ),
        slower=tuple(_read_off(slower, _weekly(today, last), slower_on)),
        slower_on=slower_on,
        faster=tuple(_read_off(faster, _weekly(today, last), faster_on)),
        faster_on=faster_on,
    )


def _course(
    today: date,
    *,
    school_days: Sequence[date],
    seen: Sequence[date],
    booked: Sequence[date],
    enough_for: Sequence[int],
    coming: Sequence[tuple[date, int]],
    recent: int | None,
    pace: Pace | None,
) -> tuple[dict[date, int], date | None]:
    """(how many have seen it by each tour day to come, the one on which the last is reached) at one pace.

    `enough_for`: how many places the first of those that are left need, the first two, and so on: those that need
    the fewest come first.
    """
    aim = len(seen) + len(booked) + len(enough_for)
    by = {today: len(seen)}
    best, reached_on = len(seen), today if len(seen) >= aim else None
    free = dict.fromkeys(booked, 0)
    for d, n in coming:
        free[d] = free.get(d, 0) + n
    places = 0
    for d in sorted(free):
        places += free[d]
        certain = len(seen) + bisect_right(booked, d)
        passed = bisect_right(school_days, d) - bisect_right(school_days, today)
        hoped = len(seen) + passed * recent // pace.half if pace and recent is not None else 0
        best = max(best, min(certain + bisect_right(enough_for, places), max(certain, hoped)))
        by[d] = best
        if best >= aim and reached_on is None:
            reached_on = d
    return by, reached_on


def _pace(today: date, school_days: Sequence[date], seen: Sequence[date]) -> Pace | None:
    """The two halves of the stretch that the pace is taken from; of an odd one both have the day in the
    middle."""
    stretch = [d for d in school_days if d <= today and seen and d >= seen[0]][-WINDOW:]
    if len(stretch) < AT_LEAST:
        return None
    half = -(-len(stretch) // 2)
    first = sum(stretch[0] <= d < stretch[half] for d in seen)
    newest = sum(stretch[-half] <= d <= today for d in seen)
    return Pace(slower=min(first, newest), faster=max(first, newest), half=half, over=len(stretch))


def _weekly(first: date, last: date) -> list[date]:
    """Both, and the Sundays between them."""
    return [first, *sundays(first, last), last] if last > first else [first]


def _read_off(found: dict[date, int], at: list[date], also: date | None) -> list[Point]:
    """The newest number known by each of some days, and by one more."""
    points: list[Point] = []
    known = iter(sorted(found.items()))
    following = next(known, None)
    number = 0
    for d in sorted({*at, *([also] if also is not None and at[0] < also < at[-1] else [])}):
        while following is not None and following[0] <= d:
            number = following[1]
            following = next(known, None)
        points.append(Point(day=d, organisations=number))
    return points


def headline(found: Forecast, *, seen: str = "seen it", missed: str = "did not see it") -> str:
    """The finding, as a heading. `seen` and `missed`: 'been trained' and 'not trained' for adults."""
    if found.seen >= found.target:
        return (
            f"All {found.target:,} schools have {seen}" if found.target > 1 else f"The one school has {seen}"
        )
    if found.is_over:
        left = found.target - found.seen
        return f"The year is over: {left:,} of {count(found.target, 'school')} {missed}"
    if found.tour_ends is None or not found.aim:
        some = (
            f"{found.seen:,} of {count(found.target, 'school')} {'has' if found.seen == 1 else 'have'} {seen}"
        )
        return some if found.seen else f"No school has {seen} yet, and none is booked"
    if found.seen >= found.aim:
        have = "has" if found.seen == 1 else "have"
        return f"{found.seen:,} of {count(found.target, 'school')} {have} {seen}: no other waits for a show"
    if found.reached_by_booked:
        on = day(found.with_booked[-1].day, today=found.today)
        return f"With what is booked, the last school is reached on {on}"
    if found.to_add:
        return f"{_places(found)}: {found.unplaced:,} would miss it; add {count(found.to_add, found.adds)}"
    if found.pace is None or not found.pace.faster:
        return _places(found)
    if found.slower_on is not None and found.faster_on is not None:
        first, last = day(found.faster_on, today=found.today), day(found.slower_on, today=found.today)
        when = f"on {first}" if first == last else f"between {first} and {last}"
        return f"At this pace, the last school is reached {when}"
    fewest, most = found.missing
    if fewest == most:
        schools = count(most, "school")
    else:
        schools = f"{fewest:,} to {count(most, 'school')}" if fewest else f"up to {count(most, 'school')}"
    return f"At this pace, {schools} would miss it by the end of the tour"


def _places(found: Forecast) -> str:
    """'64 schools, 41 places left until 28 April'; where some need two, how many they need."""
    schools = count(found.left, "school")
    if found.tour_ends is None or found.tour_ends <= found.today:
        return f"{schools}, no {found.adds} left"
    until = f"until {found.tour_ends.day} {found.tour_ends:%B}"
    places = count(found.places, "place") if found.places else "no place"
    if found.needed == found.left:
        return f"{schools}, {places} left {until}"
    need = f"{schools} {'needs' if found.left == 1 else 'need'} {count(found.needed, 'place')}"
    return f"{need}, {found.places or 'none'} {'is' if found.places < 2 else 'are'} left {until}"


def reasons(found: Forecast, asked: Asked = OF_SCHOOLS) -> str:
    """What the finding rests on, in a few sentences; '' once the year is over."""
    if found.is_over or found.seen >= found.target:
        return ""
    said = []
    if found.left and found.tour_ends is None:
        schools = f"{asked.count(found.left)} {'needs' if found.left == 1 else 'need'}"
        one = "show" if found.adds == TOUR_DAY else "place"
        days = f"{count(found.to_add, found.adds)} at {count(found.places_of_one, one)} a {found.adds.split()[-1]}"
        said.append(f"No {found.adds} is given yet: {schools} {count(found.needed, 'place')}, {days}.")
    elif found.left and found.pace is None:
        if found.seen:
            said.append(f"Nothing is said of a pace before there were {AT_LEAST} school days of it.")
    elif found.left and found.pace is not None:
        said.append(_pace_said(found.pace, asked))
    if found.left_out.organisations:
        said.append(f"Left out: {_left_out(found.left_out)}.")
    return " ".join(said)


def _pace_said(pace: Pace, asked: Asked) -> str:
    """The days of a pace are those of the authorities' schools, whoever is asked."""
    if not pace.faster:
        return (
            f"No {asked.one} was reached in the last {pace.over} school days, so there is no pace to go by."
        )
    slower, faster = (_rate(5 * n / pace.half) for n in (pace.slower, pace.faster))
    rate = faster if slower == faster else f"{slower} to {faster}"
    schools = asked.count(1) if rate == "1" else f"{rate} {asked.many}"
    return f"The pace: {schools} a school week, by each half of the last {pace.over} school days."


def _rate(a_week: float) -> str:
    return f"{a_week:.0f}" if a_week >= 10 or a_week == int(a_week) else f"{a_week:.1f}"


def _left_out(left_out: NotForeseen) -> str:
    parts = (
        (left_out.said_no, "said no"),
        (left_out.unreachable, "cannot be reached"),
        (left_out.reported, "waits for a report" if left_out.reported == 1 else "wait for a report"),
    )
    return and_list([f"{n:,} {what}" for n, what in parts if n])
