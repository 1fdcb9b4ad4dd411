"""Joint choice of another time for several schools, so that no two of them collide on a tour day. Pure.

The fewest choices lost first: whoever loses most by not having its best day is placed first; who finds no
place then may push somebody to another day who has one. Never fewer are placed than when each takes its best,
one after the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from outreach.tour.fit import DayOffer, Judge, Stand
from outreach.tour.performances import Slot

MINUTES_A_DAY = 1
"""A day of waiting weighs as much as so many minutes of extra road."""

NO_OTHER = 10_000
"""What it costs not to have one's only day."""

PUSHES = 2
"""How many schools may move on so that one more finds a place."""


@dataclass(frozen=True, kw_only=True)
class NewTimeWanted:
    """One school that lost the time of `lost`, with the rules that it is judged by. It is never placed before
    that day."""

    judge: Judge
    lost: date


class _Place(NamedTuple):
    cost: int
    start: int


def one_after_another(
    wishes: Sequence[NewTimeWanted], days: Sequence[tuple[Any, list[Stand]]]
) -> list[Slot | None]:
    """Each takes the best that is left, in the order given: what a person would do at the telephone."""
    board = _Board(wishes, days)
    for n in range(len(wishes)):
        board.put_at_best(n)
    return board.slots()


def together(wishes: Sequence[NewTimeWanted], days: Sequence[tuple[Any, list[Stand]]]) -> list[Slot | None]:
    """One slot for each wish, or None where none is left; all of them hold beside each other and what stands.

    `days`: rows of tour days with the shows on each, as Judge.day takes them. As many as can be, then the
    least extra road and waiting that is found.
    """
    plain, board = _Board(wishes, days), _Board(wishes, days)
    for n in range(len(wishes)):
        plain.put_at_best(n)
    board.greatest_regret_first()
    for tried in (plain, board):
        for n in range(len(wishes)):
            if n not in tried.at:
                tried.push(n, PUSHES, frozenset())
        tried.improve()
    return min((plain, board), key=lambda b: (-len(b.at), b.cost())).slots()


class _Board:
    """The days, with who is placed where: `at` is {wish: (day, start)}."""

    def __init__(self, wishes: Sequence[NewTimeWanted], days: Sequence[tuple[Any, list[Stand]]]) -> None:
        self.wishes, self.days = wishes, days
        self.at: dict[int, tuple[int, int]] = {}
        self._on: list[dict[int, int]] = [{} for _ in days]
        self._known: dict[tuple[int, int], _Place | None] = {}

    def greatest_regret_first(self) -> None:
        waiting = set(range(len(self.wishes)))
        while waiting:
            worst: tuple[int, int, int] | None = None
            for n in sorted(waiting):
                costs = sorted(
                    place.cost for d in range(len(self.days)) if (place := self._best_on(n, d)) is not None
                )[:2]
                if not costs:
                    continue
                regret = (costs[1] if len(costs) > 1 else NO_OTHER) - costs[0]
                if worst is None or (regret, -costs[0]) > worst[:2]:
                    worst = (regret, -costs[0], n)
            if worst is None:
                return
            self.put_at_best(worst[2])
            waiting.discard(worst[2])

    def put_at_best(self, n: int, not_on: int | None = None) -> bool:
        """Place somebody on the best day that is left; False if there is none."""
        found = [
            (place, d)
            for d in range(len(self.days))
            if d != not_on and (place := self._best_on(n, d)) is not None
        ]
        if not found:
            return False
        place, d = min(found)
        self._put(n, d, place.start)
        return True

    def push(self, n: int, pushes: int, pushed: frozenset[int]) -> bool:
        """Place somebody where one other stands who has somewhere else to go; False and nothing changed if
        nobody has."""
        if self.put_at_best(n):
            return True
        if not pushes:
            return False
        for d in range(len(self.days)):
            here = sorted(self._on[d].items())
            groups = [[one] for one in here] + ([here] if len(here) > 1 else [])
            if any(self._instead_of(n, d, group, pushes, pushed) for group in groups):
                return True
        return False

    def _instead_of(
        self, n: int, d: int, group: Sequence[tuple[int, int]], pushes: int, pushed: frozenset[int]
    ) -> bool:
        """Somebody takes a day over from one or all of those placed on it, and each of them still has a
        place, be it there; False and nothing changed if one would not."""
        if any(other in pushed for other, _ in group):
            return False
        before = dict(self.at)
        for other, _ in group:
            self._take(other)
        place = self._best_on(n, d)
        if place is not None:
            self._put(n, d, place.start)
            if all(self.push(other, pushes - 1, pushed | {n}) for other, _ in group):
                return True
        for other in list(self.at):
            self._take(other)
        for other, (day, start) in before.items():
            self._put(other, day, start)
        return False

    def improve(self, rounds: int = 3) -> None:
        """Whoever has a better place now that all are placed goes there."""
        for _ in range(rounds):
            moved = False
            for n in sorted(self.at):
                was = self.at[n]
                self._take(n)
                self.put_at_best(n)
                moved = moved or self.at[n] != was
            if not moved:
                return

    def cost(self) -> int:
        """Minutes of extra road and waiting of all who are placed."""
        total = 0
        for n in sorted(self.at):
            slot = self._slot(n)
            total += NO_OTHER if slot is None else slot.extra_minutes + self._waiting(n, slot.day)
        return total

    def slots(self) -> list[Slot | None]:
        return [self._slot(n) if n in self.at else None for n in range(len(self.wishes))]

    def _slot(self, n: int) -> Slot | None:
        d, start = self.at[n]
        return next((s for s in self._offer(n, d).slots if s.start_minute == start), None)

    def _best_on(self, n: int, d: int) -> _Place | None:
        if (n, d) not in self._known:
            if self.days[d][0].day < self.wishes[n].lost:
                self._known[n, d] = None
                return None
            offer = self._offer(n, d)
            waiting = self._waiting(n, offer.day)
            self._known[n, d] = min(
                (
                    _Place(gap.extra_minutes + waiting, start)
                    for gap in offer.gaps
                    for start in _ends(gap.first, gap.last, offer.shape.step)
                ),
                default=None,
            )
        return self._known[n, d]

    def _offer(self, n: int, d: int) -> DayOffer:
        row, stands = self.days[d]
        others = [
            self.wishes[other].judge.stand_at(start) for other, start in self._on[d].items() if other != n
        ]
        if others:
            stands = sorted([*stands, *others], key=lambda s: s.get_in)
        return self.wishes[n].judge.day(row, stands)

    def _waiting(self, n: int, day: date) -> int:
        return MINUTES_A_DAY * abs((day - self.wishes[n].lost).days)

    def _put(self, n: int, d: int, start: int) -> None:
        self.at[n], self._on[d][n] = (d, start), start
        self._forget(d)

    def _take(self, n: int) -> None:
        d, _ = self.at.pop(n)
        del self._on[d][n]
        self._forget(d)

    def _forget(self, d: int) -> None:
        for n in range(len(self.wishes)):
            self._known.pop((n, d), None)


def _ends(first: int, last: int, step: int) -> Iterable[int]:
    """The first start of a gap and the last: between two shows either leaves the most room for a third."""
    latest = first + (last - first) // step * step
    return (first,) if latest == first else (first, latest)
