"""The problem in figures: schools as arrays, and days of the same hours, roads and bookings as one kind.
Pure."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Self

import numpy as np

from outreach.tour.planning import set_up
from outreach.tour.planning.hosting import pairs
from outreach.tour.planning.lunch import FROM_SHOWS
from outreach.tour.planning.problem import BookedShow, Problem, ProblemDay, SchoolToPlan
from outreach.tour.planning.set_up import StaysOver

MOST_NEW = 3
"""Shows that are added to one day at most: patterns of four schools are too many to list."""

NEVER = 20_000
"""A start that no day reaches, in minutes."""

LAST_MINUTE = 24 * 60


@dataclass(frozen=True, kw_only=True)
class DayKind:
    """Days that are alike but for their date. `days`: positions in the problem's days; `driving`: of what is
    booked."""

    leaves: int
    returns: int
    leaves_from: int
    returns_to: int
    at_most: int
    booked: tuple[BookedShow, ...]
    days: tuple[int, ...]
    driving: int
    lunch: int = 0

    @property
    def room(self) -> int:
        """Shows that can be added to a day."""
        return min(MOST_NEW, self.at_most - len(self.booked))


class PlanRoads:
    """Schools that have a place, by number; the roads with one place more that is nowhere, next door to
    all."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.minutes = problem.minutes
        self.gaps: tuple[SchoolToPlan, ...] = tuple(gap for gap in problem.gaps if gap.place is not None)
        self.count = len(self.gaps)
        self._number = {gap.school: number for number, gap in enumerate(self.gaps)}
        self.nowhere = len(problem.places)
        self.road = np.zeros((self.nowhere + 1, self.nowhere + 1), np.int32)
        self.road[: self.nowhere, : self.nowhere] = np.asarray(problem.road)
        self.place = np.array([gap.place for gap in self.gaps], np.int32)
        over = [gap.stays_over or StaysOver(-1, NEVER) for gap in self.gaps]
        self.over_since = np.array([lunch.since for lunch in over], np.int32)
        self.over_until = np.array([lunch.until for lunch in over], np.int32)
        self.set_stays = np.array([gap.set_stays for gap in self.gaps], bool)
        self.alias = np.arange(
            self.count
        )  # which school a line is of; a line more is one to be kept in its time
        self.need = np.array([gap.shows for gap in self.gaps], np.int32)
        self.worth = np.array([gap.worth for gap in self.gaps], float)
        self.may_start = np.zeros((self.count, LAST_MINUTE + 1), bool)
        for school, gap in enumerate(self.gaps):
            self.may_start[school] = _may_start(gap, self.minutes.step)
        # The first start from a minute on: where the set stands in the hall already, and where it was put up by then.
        self.next_turned = _next_starts(self.may_start)
        self.next_start = self._set_up(self.alias, self.next_turned)
        self.dates = sorted({day.day for day in problem.days})
        column = {day: number for number, day in enumerate(self.dates)}
        self.column = np.array([column[day.day] for day in problem.days], np.int32)
        self.can = np.zeros((self.count, len(self.dates)), bool)
        for school, gap in enumerate(self.gaps):
            self.can[school, [column[day] for day in gap.dates if day in column]] = True
        self.pairs = pairs(problem, self.gaps, self.can, self.column, self.road, self.place)
        names = {gap.region for gap in self.gaps} | {
            show.region for day in problem.days for show in day.booked
        }
        self.regions = {name: number for number, name in enumerate(sorted(names - {""}))}
        self.region = np.array([self.regions.get(gap.region, -1) for gap in self.gaps] + [-1], np.int32)
        self.kinds = tuple(self._kinds())
        self.kind_of = np.full(len(problem.days), -1, np.int32)
        for number, kind in enumerate(self.kinds):
            self.kind_of[list(kind.days)] = number

    @cached_property
    def booked_driving(self) -> int:
        """Minutes of driving that stand whatever is planned, over all days."""
        return sum(self._driving(day) for day in self.problem.days)

    def hall(self, show: BookedShow) -> int:
        """The school in whose hall a booked show is, as `alias` numbers those of the problem; else below -1; -1 where
        it is in nobody's."""
        if show.school is None:
            return -1
        return self._number.get(show.school, -2 - show.school)

    def one_date(self, day: int) -> DayKind:
        """A day with room as a kind of its own."""
        kind: DayKind = self.kinds[self.kind_of[day]]
        return replace(kind, days=(day,))

    def by_date(self) -> Self:
        """The same figures with each day that has room as a kind of its own."""
        apart = copy(self)
        rooms = [day for kind in self.kinds for day in kind.days]
        apart.kinds = tuple(self.one_date(day) for day in sorted(rooms))
        apart.kind_of = np.full(len(self.problem.days), -1, np.int32)
        apart.kind_of[sorted(rooms)] = np.arange(len(rooms))
        return apart

    def without(self, pairs: np.ndarray) -> Self:
        """The same figures, but that some guests do not come to some hosts."""
        fewer = copy(self)
        fewer.pairs = self.pairs.without(pairs)
        return fewer

    def with_lines(self, schools: np.ndarray, may_start: Sequence[np.ndarray]) -> Self:
        """The same figures with lines more, each of one show at a school, that may begin at some of its times."""
        more = copy(self)
        more.count = self.count + len(schools)
        more.alias = np.concatenate([self.alias, schools])
        more.place = self.place[more.alias]
        more.can = self.can[more.alias]
        more.need = np.concatenate([self.need, np.ones(len(schools), self.need.dtype)])
        own = np.array(may_start, bool).reshape(-1, LAST_MINUTE + 1)
        turned = _next_starts(own)
        more.may_start = np.concatenate([self.may_start, own])
        more.next_turned = np.concatenate([self.next_turned, turned])
        more.next_start = np.concatenate([self.next_start, self._set_up(schools, turned)])
        return more

    def _set_up(self, schools: np.ndarray, turned: np.ndarray) -> np.ndarray:
        """The next starts where the set was put up by each minute, of lines at these schools; `turned`: where it
        stands already."""
        found = turned.copy()
        for line, school in enumerate(schools.tolist()):
            if self.gaps[school].stays_over is not None:
                found[line] = turned[line, _soonest(self.gaps[school].stays_over, self.minutes.get_in)]
        return found

    def _kinds(self) -> list[DayKind]:
        alike: dict[tuple[int, int, int, int, int, tuple[BookedShow, ...], int], list[int]] = {}
        for number, day in enumerate(self.problem.days):
            if day.at_most > len(day.booked):
                booked = tuple(sorted(day.booked, key=lambda show: show.gets_in))
                # With one show in all no lunch is asked for.
                lunch = day.lunch if day.at_most >= FROM_SHOWS else 0
                key = (day.leaves, day.returns, *self._ends(day), day.at_most, booked, lunch)
                alike.setdefault(key, []).append(number)
        return [
            DayKind(
                leaves=leaves,
                returns=returns,
                leaves_from=leaves_from,
                returns_to=returns_to,
                at_most=at_most,
                booked=booked,
                days=tuple(days),
                driving=self._driving(self.problem.days[days[0]]),
                lunch=lunch,
            )
            for (leaves, returns, leaves_from, returns_to, at_most, booked, lunch), days in alike.items()
        ]

    def _ends(self, day: ProblemDay) -> tuple[int, int]:
        return (
            self.nowhere if day.leaves_from is None else day.leaves_from,
            self.nowhere if day.returns_to is None else day.returns_to,
        )

    def _driving(self, day: ProblemDay) -> int:
        if not day.booked:
            return 0
        leaves_from, returns_to = self._ends(day)
        way = [leaves_from, *(s.place for s in sorted(day.booked, key=lambda s: s.gets_in)), returns_to]
        return int(sum(self.road[a, b] for a, b in zip(way, way[1:], strict=False)))


def _next_starts(may_start: np.ndarray) -> np.ndarray:
    """In each line, for each minute of a day, 0 to LAST_MINUTE, the first start that is not before it, else
    NEVER."""
    starts = np.where(may_start, np.arange(LAST_MINUTE + 1), NEVER).astype(np.int16)
    return np.ascontiguousarray(np.minimum.accumulate(starts[:, ::-1], axis=1)[:, ::-1])


@cache
def _soonest(lunch: StaysOver | None, get_in: int) -> np.ndarray:
    """For each minute of a day at which set-up is over, set_up.soonest."""
    minutes = (set_up.soonest(lunch, minute, get_in) for minute in range(LAST_MINUTE + 1))
    return np.minimum(list(minutes), LAST_MINUTE)


def _may_start(gap: SchoolToPlan, step: int) -> np.ndarray:
    """At which minutes of a day a show at a school may begin."""
    allowed = np.zeros(LAST_MINUTE + 1, bool)
    for first, last in gap.windows:
        allowed[max(first, 0) : max(last + 1, 0)] = True
    allowed[np.arange(LAST_MINUTE + 1) % step != 0] = False
    return allowed
