"""Problem of the planner, as plain numbers: gaps, tour days, what is booked, the roads; and what is refused
of it. Pure.

Minutes of a day count from midnight on the wall clock; no show crosses a change of the clocks. Places are
numbers into `places` and into both sides of `road`.
"""

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise, product

from outreach.ground.errors import Refusal
from outreach.ground.wording import count
from outreach.ground.wording import day as day_words
from outreach.tour.planning import lunch, set_up
from outreach.tour.planning.day_wishes import NO_WISHES, Wishes
from outreach.tour.planning.lunch import AtWork
from outreach.tour.planning.set_up import StaysOver

LONGEST_ROAD = 24 * 60
"""No road of a county takes a day; a longer one is a slip in a table of minutes."""


class CannotPlan(Refusal):
    """The question itself makes no sense, so that no plan can answer it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Minutes:
    """What all shows share, in minutes. `turn`: from the end of a show to the start of the next at the same
    school.

    `step`: starts lie on multiples of it after midnight.
    """

    get_in: int
    play: int
    get_out: int
    turn: int
    step: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class SchoolToPlan:
    """A school that still needs shows. `windows`: first and last possible start, both included, before and
    after lunch.

    `worth`: minutes of driving that covering the whole school is worth. `place` is None for a school
    that has no place and no district to take the middle of. `seats`: what a show there leaves for guests.
    `pupils`: how many would come as guests to a neighbour's show; 0: none ever do. `region`: '' is none.
    `urgency`: from 0 to 1, the most urgent. `stays_over`: the lunch in its hall over which the set may stay standing;
    starts right after it are among the windows then, and set-up for them is over before it. `set_stays`: as AtWork has
    it.
    """

    school: int
    place: int | None
    shows: int
    worth: float
    windows: tuple[tuple[int, int], ...]
    dates: frozenset[date]
    seats: int = 0
    pupils: int = 0
    region: str = ""
    urgency: float = 0.0
    stays_over: StaysOver | None = None
    set_stays: bool = True

    def sets_up_at(self, start: int, get_in: int) -> int:
        """When set-up begins for one of its starts, in a hall without a set."""
        return set_up.sets_up_at(self.stays_over, start, get_in)

    def soonest(self, start: int, get_in: int) -> int:
        """The soonest start once set-up could be over at `start`, in a hall without a set; by lunch alone."""
        return set_up.soonest(self.stays_over, start, get_in)

    def work(self, start: int, minutes: Minutes) -> AtWork:
        """A show of it by itself."""
        gets_in, ends = self.sets_up_at(start, minutes.get_in), start + minutes.play
        stood = gets_in + minutes.get_in if gets_in + minutes.get_in < start else 0
        return AtWork(gets_in, start, ends, ends + minutes.get_out, stood, self.school, self.set_stays)


@dataclass(frozen=True, kw_only=True, slots=True)
class BookedShow:
    """A show that stands and cannot move: where, and the minutes from its get-in until the troupe is away.

    `school`: in whose hall, which is turned round between it, from `starts` to `ends`, and another show there; None:
    in nobody's of the problem, so that it is packed up in any case. `seats`: those on offer to guests, at the show of
    this `number`. `stood`, `set_stays`: as AtWork has them.
    """

    place: int
    gets_in: int
    away: int
    region: str = ""
    seats: int = 0
    number: int = 0
    school: int | None = None
    starts: int = 0
    ends: int = 0
    stood: int = 0
    set_stays: bool = True

    @property
    def work(self) -> AtWork:
        return AtWork(
            self.gets_in, self.starts, self.ends, self.away, self.stood, self.school, self.set_stays
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemDay:
    """A tour day: a troupe's date and hours, from where it leaves and whereto it returns (None: not known, no
    road).

    `lunch`: minutes that are kept free around noon when the day has two shows or more (lunch.py); 0: none
    asked.
    """

    number: int
    troupe: int
    day: date
    leaves: int
    returns: int
    at_most: int
    leaves_from: int | None = None
    returns_to: int | None = None
    booked: tuple[BookedShow, ...] = ()
    lunch: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptShow:
    """A show that is proposed already, and what moving it costs in minutes of driving.

    Another day, or more than half an hour off on the same day, is a move.
    """

    school: int
    day: int
    starts: int
    price: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Guests:
    """That schools may come to a neighbour's show, new or standing: `reach` minutes away at most.

    Each costs twice its road, there and back, and `price`, in minutes of driving: its host has to agree.
    """

    reach: int
    price: float = 60.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """`road[a][b]`: whole minutes from place a to place b. `whole_schools`: a school's shows all, or none.

    A school's first show is otherwise worth its part of the school, as 'part seen' says. `apart`: minutes of
    driving that each further region on a day counts as. `days_at_most`: of the days with nothing booked, so
    many may be used. `wishes`: by which the days that were found are dealt.
    """

    places: tuple[str, ...]
    road: Sequence[Sequence[int]]
    gaps: tuple[SchoolToPlan, ...]
    days: tuple[ProblemDay, ...]
    minutes: Minutes
    kept: tuple[KeptShow, ...] = ()
    whole_schools: bool = False
    guests: Guests | None = None
    apart: float = 0.0
    days_at_most: int | None = None
    wishes: Wishes = NO_WISHES


def in_one_hall(one: SchoolToPlan | BookedShow, other: SchoolToPlan | BookedShow) -> bool:
    """Whether two shows one after the other are at one school, so that the hall is turned round and nobody drives."""
    return one.school is not None and one.school == other.school


def set_stands(before: SchoolToPlan | BookedShow, school: SchoolToPlan, get_in: int) -> bool:
    """Whether the set of the show right before one of a school, in its hall, stands through a lunch that it may."""
    # A new one is over before lunch or stood through it itself; or it begins so late that this does not matter.
    lunch = school.stays_over
    return isinstance(before, SchoolToPlan) or lunch is None or before.gets_in + get_in <= lunch.since


KEPT_WITHIN = 30
"""Minutes that a kept show may start earlier or later without having moved."""


def staying(kept: Iterable[KeptShow], shows: Sequence[tuple[int, int]]) -> dict[int, KeptShow]:
    """Which show of a day each of its kept ones is, by the show's position: the dearest that can be together.

    `shows`: (school, start). One show keeps one, and one is kept by one (a matching, the dearest placed first).
    """
    found: dict[int, KeptShow] = {}

    def place(each: KeptShow, tried: set[int]) -> bool:
        for at, (school, starts) in enumerate(shows):
            if at not in tried and school == each.school and abs(starts - each.starts) <= KEPT_WITHIN:
                tried.add(at)
                if at not in found or place(found[at], tried):
                    found[at] = each
                    return True
        return False

    for each in sorted(kept, key=lambda each: -each.price):
        place(each, set())
    return found


def check(problem: Problem) -> None:
    """Raises CannotPlan with the first thing that makes no sense."""
    if not problem.days:
        raise CannotPlan("There are no tour days to plan on. Add tour days first.")
    if not problem.gaps:
        raise CannotPlan("No school is missing a show, so there is nothing to plan.")
    _minutes(problem.minutes)
    _rules(problem)
    _roads(problem)
    for gap in problem.gaps:
        _gap(problem, gap)
    for day in problem.days:
        check_day(problem, day)
    _once("school", [gap.school for gap in problem.gaps])
    _once("tour day", [day.number for day in problem.days])
    _once("date of a troupe", [(day.troupe, day.day) for day in problem.days])
    _once("booked show", [show.number for day in problem.days for show in day.booked if show.seats])
    _kept(problem)


def _minutes(minutes: Minutes) -> None:
    if min(minutes.get_in, minutes.get_out, minutes.turn) < 0 or min(minutes.play, minutes.step) < 1:
        raise CannotPlan(
            "A show needs a running time above nought, and no other of its times can be below nought."
        )


def _rules(problem: Problem) -> None:
    guests, most = problem.guests, problem.days_at_most
    if guests is not None and not (guests.reach >= 0 and math.isfinite(guests.price) and guests.price >= 0):
        raise CannotPlan(
            "How far guests may travel, and what asking a host counts as, is nought or more minutes."
        )
    if not math.isfinite(problem.apart) or problem.apart < 0:
        raise CannotPlan("What a day in two districts counts as is nought or more minutes of driving.")
    if most is not None and most < 0:
        raise CannotPlan("The number of tour days to use is nought or more.")


def _roads(problem: Problem) -> None:
    road, names = problem.road, problem.places
    if {len(names)} != {len(road), *map(len, road)}:
        raise CannotPlan("The table of minutes does not have one line and one column for each place.")
    if all(0 <= minutes <= LONGEST_ROAD and not minutes % 1 for line in road for minutes in line):
        return
    for (a, start), (b, end) in product(enumerate(names), repeat=2):
        if not 0 <= road[a][b] <= LONGEST_ROAD:  # written so that 'not a number' is wrong too
            raise CannotPlan(
                f"The road from {start} to {end} is given as {road[a][b]} minutes. "
                f"Minutes on the road lie between 0 and {LONGEST_ROAD}."
            )
    raise CannotPlan("Minutes on the road are whole minutes, rounded up.")


def _gap(problem: Problem, gap: SchoolToPlan) -> None:
    name = said(problem, gap)
    if gap.place is not None and not 0 <= gap.place < len(problem.places):
        raise CannotPlan(f"{name} stands at a place that has no roads.")
    if gap.shows < 1:
        raise CannotPlan(f"{name} needs no show, and cannot be a gap.")
    if min(gap.seats, gap.pupils) < 0:
        raise CannotPlan(f"{name} has fewer than no seats or pupils.")
    if not math.isfinite(gap.worth) or gap.worth <= 0:
        raise CannotPlan(
            f"{name} has a weight of nought, so that it would never be worth the road. "
            "Give every school a weight above nought, or leave it out of the plan."
        )


def check_day(problem: Problem, day: ProblemDay) -> None:
    """Raises CannotPlan when one day of a problem, or what is booked on it, makes no sense."""
    words = f"The tour day of {day_words(day.day)}"
    if day.at_most < 1:
        raise CannotPlan(f"{words} takes no show at all.")
    if not 0 <= day.leaves < day.returns <= 24 * 60:
        raise CannotPlan(f"{words} ends before it begins.")
    if not 0 <= day.lunch <= lunch.LAST - lunch.FIRST:
        raise CannotPlan(
            f"{words}: lunch lies between 11:00 and 14:30, and cannot take {count(day.lunch, 'minute')}."
        )
    places = [day.leaves_from, day.returns_to, *(show.place for show in day.booked)]
    if any(place is not None and not 0 <= place < len(problem.places) for place in places):
        raise CannotPlan(f"{words} names a place that has no roads.")
    for show in day.booked:
        if show.away <= show.gets_in:
            raise CannotPlan(
                f"{words}: the show booked at {problem.places[show.place]} ends before it begins."
            )
        if show.seats < 0 or (show.seats and not show.gets_in <= show.starts < show.away):
            raise CannotPlan(
                f"{words}: the show booked at {problem.places[show.place]} cannot have guests as it is given."
            )
    _booked_in_time(problem, day, words)


def _booked_in_time(problem: Problem, day: ProblemDay, words: str) -> None:
    """Refuses shows that the troupe cannot play one after the other within the day's hours."""
    road, names = problem.road, problem.places
    for before, after in pairwise(sorted(day.booked, key=lambda show: show.gets_in)):
        if in_one_hall(before, after) and before.ends <= after.starts:
            continue
        short = before.away + int(road[before.place][after.place]) - after.gets_in
        if short > 0:
            raise CannotPlan(
                f"{words}: the shows booked at {names[before.place]} and {names[after.place]} "
                f"are {count(short, 'minute')} short on the road. Move one of them, or leave the day out."
            )
    if day.booked:
        first = min(day.booked, key=lambda show: show.gets_in)
        last = max(day.booked, key=lambda show: show.away)
        early = day.leaves + (int(road[day.leaves_from][first.place]) if day.leaves_from is not None else 0)
        late = last.away + (int(road[last.place][day.returns_to]) if day.returns_to is not None else 0)
        short = max(early - first.gets_in, late - day.returns)
        if short > 0:
            raise CannotPlan(
                f"{words}: the booked shows do not fit its hours by {count(short, 'minute')}. "
                "Lengthen the day, or leave it out."
            )


def _kept(problem: Problem) -> None:
    """Whatever is kept of a school or a day that is not here any more is only a move that nobody can
    spare."""
    if any(not math.isfinite(kept.price) or kept.price < 0 for kept in problem.kept):
        raise CannotPlan("The price of moving a proposal is nought or more minutes of driving.")


def _once(what: str, keys: list[Hashable]) -> None:
    if len(set(keys)) < len(keys):
        raise CannotPlan(f"The same {what} is given twice.")


def said(problem: Problem, gap: SchoolToPlan) -> str:
    """The name of a gap's school, for a sentence."""
    if gap.place is not None and 0 <= gap.place < len(problem.places):
        return problem.places[gap.place]
    return f"School {gap.school}"
