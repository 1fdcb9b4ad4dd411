"""The law of a tour, read from the rules of the trade alone and written as slowly as they are said: a day with
its shows is looked at from the morning to the evening, and everything that is wrong with it is a sentence.

It knows nothing of how the service reckons: minutes of the wall clock, points in metres, plain loops.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise, product

Point = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Lunch:
    """A school's lunch. `hall`: it is eaten in the hall of the show. `stands`: the set may stay through it."""

    begins: int
    ends: int
    hall: bool = False
    stands: bool = False


@dataclass(frozen=True, kw_only=True)
class Hall:
    """A school: where it is, when it is open, on which days it cannot, and its lunch."""

    number: int
    at: Point
    opens: int
    closes: int
    shut: frozenset[date]
    lunch: Lunch | None


@dataclass(frozen=True, kw_only=True)
class Van:
    """A troupe: `rest` in minutes between two days, `lunch` in a row on a day of two shows or more."""

    number: int
    base: Point | None
    rest: int
    lunch: int
    latest: int


@dataclass(frozen=True, kw_only=True)
class Day:
    """A date that a troupe gives, by its own hours. `night`: where it sleeps after it, if not at its base."""

    number: int
    on: date
    van: int
    leaves: int
    returns: int
    most: int
    night: Point | None


@dataclass(frozen=True, kw_only=True)
class Show:
    """One show in a school's hall. `overruled`: a coordinator put up with lunch, with the school's consent."""

    hall: int
    day: int
    starts: int
    overruled: bool = False


@dataclass(frozen=True, kw_only=True)
class County:
    """All that the rules speak of. Minutes; `table`: the roads that were brought in, (lesser, greater): minutes,
    where a troupe's base is its number below nought."""

    step: int
    play: int
    get_in: int
    get_out: int
    turn: int
    earliest: int
    latest: int
    tables: int
    road_base: float
    road_per_km: float
    halls: dict[int, Hall]
    vans: dict[int, Van]
    days: dict[int, Day]
    table: dict[tuple[int, int], int] = field(default_factory=dict)

    def wrong(self, number: int, shows: list[Show]) -> list[str]:
        """Everything that is wrong with a day on which these shows are played; [] if nothing is."""
        day = self.days[number]
        shows = sorted(shows, key=lambda show: show.starts)
        found = list(self._schools(day, shows))
        if len(shows) > day.most:
            found.append(f"day {number}: {len(shows)} shows, {day.most} at most")
        if shows:
            ways = [list(self._troupe(day, way)) for way in self._ways(shows)]
            found += min(ways, key=len, default=[f"day {number}: no way to set up and to pack up"])
        return found

    def may(self, hall: int, number: int, starts: int, beside: list[Show]) -> bool:
        """Whether one more show may begin then."""
        return not self.wrong(number, [*beside, Show(hall=hall, day=number, starts=starts)])

    def guest_may(self, guest: int, show: Show, reach: int) -> bool:
        """Whether a school may come to a neighbour's show: near enough, and there and back in its own day."""
        hall, on = self.halls[guest], self.days[show.day].on
        road = self.road((guest, hall.at), (show.hall, self.halls[show.hall].at))
        return (
            road <= reach
            and on not in hall.shut
            and hall.opens + road <= show.starts
            and show.starts + self.play + road <= hall.closes
        )

    def road(self, one: tuple[int, Point] | None, other: tuple[int, Point] | None) -> int:
        """Whole minutes: 0 in one place or to where nobody knows; what the table says; else the straight line."""
        if one is None or other is None or one[0] == other[0]:
            return 0
        told = self.table.get((min(one[0], other[0]), max(one[0], other[0])))
        if told is not None:
            return told
        kilometres = math.dist(one[1], other[1]) / 1000
        return math.ceil(round(self.road_base + self.road_per_km * kilometres, 6))

    def _schools(self, day: Day, shows: list[Show]) -> Iterator[str]:
        for show in shows:
            hall, ends = self.halls[show.hall], show.starts + self.play
            if show.starts % self.step:
                yield f"{show} starts on no step"
            if day.on in hall.shut:
                yield f"{show}: the school cannot that day"
            if show.starts < max(self.earliest, hall.opens) or ends > min(self.latest, hall.closes):
                yield f"{show}: outside the hours"
            lunch = hall.lunch
            if lunch and not show.overruled and show.starts < lunch.ends and ends > lunch.begins:
                yield f"{show} lies across lunch"

    def _ways(self, shows: list[Show]) -> Iterator[list["Stay"]]:
        """Each way to be in the halls on a day: two shows one after the other in one hall may share a set-up, or
        each has its own."""
        for one, later in pairwise(shows):
            if one.hall == later.hall and later.starts - one.starts - self.play < self.turn:
                return
        cuts = [
            (True,)
            if one.hall != other.hall
            else (False,)
            if self._set_may_stay(other.hall)
            else (True, False)
            for one, other in pairwise(shows)
        ]
        for chosen in product(*cuts):
            runs = [[shows[0]]]
            for cut, show in zip(chosen, shows[1:], strict=True):
                if cut:
                    runs.append([show])
                else:
                    runs[-1].append(show)
            stays = [self._stay(run) for run in runs]
            if all(stays):
                yield [stay for stay in stays if stay]

    def _stay(self, run: list[Show]) -> "Stay | None":
        """The time in one hall with one set-up; None where the tables of lunch leave no way. Each show keeps out of
        them by itself, since the other may be cancelled."""
        for show in run:
            lunch = self.halls[show.hall].lunch
            if lunch and lunch.hall and not show.overruled:
                begins, away = self._alone(show)
                laid, cleared = lunch.begins - self.tables, lunch.ends + self.tables
                stood = lunch.stands and begins < laid and show.starts >= cleared
                if begins < cleared and away > laid and not stood:
                    return None
        begins, away = self._alone(run[0])[0], self._alone(run[-1])[1]
        return Stay(hall=run[0].hall, begins=begins, away=away, shows=tuple(run))

    def _troupe(self, day: Day, way: list["Stay"]) -> Iterator[str]:
        """What is wrong for the troupe if it is in the halls at those times."""
        van = self.vans[day.van]
        base = (-van.number, van.base) if van.base else None
        leaves, returns, out, home = day.leaves, min(day.returns, van.latest), base, base
        for eve in self.days.values():
            if eve.van == day.van and eve.on == day.on - timedelta(days=1):
                leaves = max(leaves, min(eve.returns, van.latest) + van.rest - 24 * 60)
                out = (-1_000_000_000, eve.night) if eve.night else base
        if day.night:
            home = (-2_000_000_000, day.night)
        stops = [out, *((stay.hall, self.halls[stay.hall].at) for stay in way), home]
        roads = [self.road(one, other) for one, other in pairwise(stops)]
        since = [leaves, *(stay.away for stay in way)]
        until = [*(stay.begins for stay in way), returns]
        for began, road, due in zip(since, roads, until, strict=True):
            if began + road > due:
                yield f"day {day.number}: {road} minutes of road from {began} to {due}"
        if van.lunch and sum(len(stay.shows) for stay in way) > 1:
            # At its ends the day has no work: whoever drives late has eaten at home, whoever is back eats there.
            legs = [*zip([0, *since[1:]], since, roads, [*until[:-1], 24 * 60], until, strict=True)]
            if not any(self._eats(van.lunch, *leg) for leg in legs) and not self._eats_between(
                van.lunch, way
            ):
                yield f"day {day.number}: the troupe has no lunch"

    def _eats(self, lunch: int, free: int, since: int, road: int, over: int, until: int) -> bool:
        """Whether there are so many minutes in a row around noon, the drive being before or after them."""
        for begins in range(EARLIEST_LUNCH, LATEST_LUNCH - lunch + 1):
            ends = begins + lunch
            if free <= begins and ends <= until - road:
                return True
            if since + road <= begins and ends <= over:
                return True
        return False

    def _eats_between(self, lunch: int, way: list["Stay"]) -> bool:
        """Whether a troupe that stays in one hall has them there: while its set stands, but for the turn-round, or else
        between pack-up and set-up."""
        for stay in way:
            for one, later in pairwise(stay.shows):
                packed, sets_up = self._alone(one)[1], self._alone(later)[0]
                if self._set_may_stay(stay.hall):
                    over = one.starts + self.play
                    if self._eats(lunch, over, over, self.turn, later.starts, later.starts):
                        return True
                elif self._eats(lunch, packed, packed, 0, sets_up, sets_up):
                    return True
            is_up = stay.begins + self.get_in
            if is_up < stay.shows[0].starts and self._eats(
                lunch, is_up, is_up, 0, stay.shows[0].starts, stay.shows[0].starts
            ):
                return True
        return False

    def _set_may_stay(self, hall: int) -> bool:
        """Whether a second show in a hall needs no new set-up: it is no dining hall, or the set may stand there."""
        lunch = self.halls[hall].lunch
        return lunch is None or not lunch.hall or lunch.stands

    def _alone(self, show: Show) -> tuple[int, int]:
        """When the troupe would come in and be away again for a show by itself."""
        begins, lunch = show.starts - self.get_in, self.halls[show.hall].lunch
        if lunch and lunch.hall and lunch.stands:
            laid, cleared = lunch.begins - self.tables, lunch.ends + self.tables
            if begins < cleared and show.starts >= cleared:
                begins = laid - self.get_in
        return begins, show.starts + self.play + self.get_out


@dataclass(frozen=True, kw_only=True)
class Stay:
    """One set-up in one hall with the shows played on it."""

    hall: int
    begins: int
    away: int
    shows: tuple[Show, ...]


EARLIEST_LUNCH, LATEST_LUNCH = 11 * 60, 14 * 60 + 30
"""A troupe's lunch lies between these."""
