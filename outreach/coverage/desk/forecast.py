"""The forecast: how many schools what is booked reaches, how many have no place on the tour, and what the last 30
school days would lead to. Pure.

It never looks past the last tour day that is given, nor past the free places on the tour days until then;
schools that said no or cannot be reached are left out, and so are those that wait for a report or a number
and need no place. Places go to the schools that need the fewest first, so that the bound is of the most schools
that could be reached.

What the last 30 school days would lead to is a guide in one sentence: a tour speeds up and slows down, so that no
range made of them holds what comes. They are as many as there were since the first show, where these are ten at least.
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
class Guide:
    """`recent` schools were reached in the last `over` school days; at that pace `by_the_end` have seen it when the
    tour ends."""

    recent: int
    over: int
    by_the_end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What becomes of `target` schools of which `seen` have seen it, until `tour_ends`, the last tour day
    given, if any, in the year that `ends`.

    `left` schools need `needed` places, of which `places` are free on the tour days to come; with all of them
    `unplaced` schools stay without. A place is a show of a tour day, or of adults one at a session (`adds`), which has
    `places_of_one`. `with_booked` begins today and ends at the last show that is booked. `guide` None: too few
    school days, or no tour day to come.
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
    with_booked: tuple[Point, ...]
    guide: Guide | None

    @property
    def booked(self) -> int:
        """How many have seen it once all that is booked has taken place."""
        return self.with_booked[-1].organisations

    @property
    def aim(self) -> int:
        """The schools of the target that can be reached."""
        return self.target - self.left_out.organisations

    @property
    def to_add(self) -> int:
        """Tour days or sessions that are missing, so that each school that is left has its places."""
        return -(-max(0, self.needed - self.places) // self.places_of_one)

    @property
    def is_over(self) -> bool:
        return self.today >= self.ends

    @property
    def reached_by_booked(self) -> bool:
        """Whether what is booked is enough."""
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
    coming = [(d, free) for d, free in tour if d > today]
    tour_ends = max([*(d for d, _ in tour), *booked], default=None)
    enough_for = list(accumulate(sorted(left)))
    places = sum(free for _, free in coming)
    placed = bisect_right(enough_for, places)
    return Forecast(
        today=today,
        ends=max([*school_days[-1:], *booked[-1:], *(d for d, _ in coming)], default=today),
        tour_ends=tour_ends,
        target=target,
        seen=len(seen),
        left_out=left_out,
        left=len(left),
        needed=sum(left),
        places=places,
        unplaced=len(left) - placed,
        places_of_one=places_of_one,
        adds=adds,
        with_booked=tuple(
            running(list(booked), _weekly(today, booked[-1] if booked else today), base=len(seen))
        ),
        guide=_guide(today, school_days, seen, booked=len(booked), placed=placed, tour_ends=tour_ends),
    )


def _guide(
    today: date,
    school_days: Sequence[date],
    seen: Sequence[date],
    *,
    booked: int,
    placed: int,
    tour_ends: date | None,
) -> Guide | None:
    """`placed`: how many of those that are left the free places are enough for."""
    stretch = [d for d in school_days if seen and seen[0] <= d <= today][-WINDOW:]
    if len(stretch) < AT_LEAST or tour_ends is None or tour_ends <= today:
        return None
    recent = sum(stretch[0] <= d <= today for d in seen)
    to_come = sum(today < d <= tour_ends for d in school_days)
    more = min(booked + placed, max(booked, to_come * recent // len(stretch)))
    return Guide(recent=recent, over=len(stretch), by_the_end=len(seen) + more)


def _weekly(first: date, last: date) -> list[date]:
    """Both, and the Sundays between them."""
    return [first, *sundays(first, last), last] if last > first else [first]


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
    return _places(found)


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
    elif found.left and found.guide is not None:
        said.append(_guide_said(found, found.guide, asked))
    if found.left_out.organisations:
        said.append(f"Left out: {_left_out(found.left_out)}.")
    return " ".join(said)


def _guide_said(found: Forecast, guide: Guide, asked: Asked) -> str:
    """The days are school days of the authorities, whoever is asked."""
    if not guide.recent:
        return f"No {asked.one} was reached in the last {guide.over} school days."
    pace = f"A guide: the pace of the last {guide.over} school days ({asked.count(guide.recent)}) would"
    if guide.by_the_end <= found.booked or found.tour_ends is None:
        return f"{pace} reach no more than what is booked."
    by = f"{found.tour_ends.day} {found.tour_ends:%B}"
    return f"{pace} lead to {guide.by_the_end:,} of {found.target:,} by {by}."


def _left_out(left_out: NotForeseen) -> str:
    parts = (
        (left_out.said_no, "said no"),
        (left_out.unreachable, "cannot be reached"),
        (left_out.reported, "waits for a report" if left_out.reported == 1 else "wait for a report"),
    )
    return and_list([f"{n:,} {what}" for n, what in parts if n])
