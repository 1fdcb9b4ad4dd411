"""The forecast: when the last school is reached at the present pace and with what is booked, or how many are not. Pure.

The pace is that of the last 30 school days (six school weeks), or of as many as there were since the first show but never
fewer than five; holidays are left out, of what was and of what is to come. On each coming day at least what is booked by
then counts, and where the pace gives more, the pace.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from outreach.coverage.desk.trend import Point, running, sundays
from outreach.ground.wording import count, day, day_short

WINDOW, AT_LEAST = 30, 5
"""School days that the pace is made of, at most and at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What becomes of `target` schools of which `seen` have seen it, until `ends`, the year's last school day.

    `recent` of them in the last `over` school days. `with_booked` and `expected` begin today; the first ends at the last
    show that is booked, the second at `ends`. `reached_on` is when the last school is, None: not this year.
    """

    today: date
    ends: date
    target: int
    seen: int
    recent: int
    over: int
    with_booked: tuple[Point, ...]
    expected: tuple[Point, ...]
    reached_on: date | None

    @property
    def booked(self) -> int:
        """How many have seen it once all that is booked has taken place."""
        return self.with_booked[-1].schools

    @property
    def missing(self) -> int:
        """How many will not have seen it when the year ends."""
        return self.target - self.expected[-1].schools

    @property
    def is_over(self) -> bool:
        return self.today >= self.ends

    @property
    def reached_by_booked(self) -> bool:
        """Whether what is booked is enough, whatever the pace."""
        return self.booked >= self.target


def of(
    *, today: date, school_days: Sequence[date], target: int, seen: Sequence[date], booked: Sequence[date]
) -> Forecast:
    """`school_days` of the whole year in order; `seen` and `booked`: for each school the day that makes it whole, in order."""
    ends = max([*school_days[-1:], *booked[-1:]], default=today)
    coming = [d for d in school_days if d > today]
    recent, over = _pace(today, school_days, seen)
    by_booked = dict.fromkeys(booked)
    reached = {d: len(seen) + n * recent // over for n, d in enumerate(coming, 1)}
    days = sorted({*coming, *by_booked})
    at_least = {p.day: p.schools for p in running(list(booked), days, base=len(seen))}
    best, expected, reached_on = len(seen), {today: len(seen)}, today if len(seen) >= target else None
    for d in days:
        best = min(target, max(best, at_least[d], reached.get(d, 0)))
        expected[d] = best
        if best >= target and reached_on is None:
            reached_on = d
    return Forecast(
        today=today, ends=ends, target=target, seen=len(seen), recent=recent, over=over,
        with_booked=tuple(running(list(booked), _weekly(today, booked[-1] if booked else today), base=len(seen))),
        expected=tuple(_read_off(expected, _weekly(today, ends), reached_on)), reached_on=reached_on,
    )  # fmt: skip


def _pace(today: date, school_days: Sequence[date], seen: Sequence[date]) -> tuple[int, int]:
    """(schools, school days) of the stretch that the pace is taken from."""
    since_the_first = [d for d in school_days if d <= today and (not seen or d >= seen[0])]
    stretch = since_the_first[-WINDOW:]
    if not stretch or not seen:
        return 0, WINDOW
    recent = sum(stretch[0] <= d <= today for d in seen)
    return recent, max(len(stretch), AT_LEAST)


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
        points.append(Point(day=d, schools=number))
    return points


def headline(found: Forecast, *, seen: str = "seen it", saw: str = "see it") -> str:
    """The finding, as a heading. `seen` and `saw`: 'attended' and 'attend' for adults."""
    if found.seen >= found.target:
        return (
            f"All {found.target:,} schools have {seen}" if found.target > 1 else f"The one school has {seen}"
        )
    if found.is_over:
        left = found.target - found.seen
        return f"The year is over: {left:,} of {count(found.target, 'school')} did not {saw}"
    if found.reached_on is not None:
        how = "With what is booked" if found.reached_by_booked else "At this pace"
        return f"{how}, the last school is reached on {day(found.reached_on, today=found.today)}"
    if found.recent:
        return f"At this pace, {count(found.missing, 'school')} would miss it this year"
    if found.booked > found.seen:
        return f"With what is booked, {count(found.missing, 'school')} would miss it this year"
    if found.seen:
        return f"Nothing is booked: {count(found.missing, 'school')} would miss it this year"
    return f"No school has {seen} yet, and none is booked"


def reasons(found: Forecast, *, seen: str = "seen it") -> str:
    """What the finding rests on, in a sentence or two; '' once the year is over."""
    if found.is_over or found.seen >= found.target:
        return ""
    said = []
    if found.recent:
        rate = 5 * found.recent / found.over
        often = f"{rate:.0f}" if rate >= 10 or rate == int(rate) else f"{rate:.1f}"
        schools = f"{count(found.recent, 'school')} in the last {found.over} school days"
        said.append(f"The pace is that of the {schools}, {often} a school week; holidays are left out.")
    elif found.seen:
        said.append(
            f"No school was reached in the last {found.over} school days, so there is no pace to go by."
        )
    if found.booked > found.seen:
        last = day_short(found.with_booked[-1].day)
        said.append(f"If all that is booked takes place, {found.booked:,} have {seen} by {last}.")
    return " ".join(said)
