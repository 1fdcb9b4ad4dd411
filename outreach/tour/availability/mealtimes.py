"""Which starts of one more show leave its troupe a lunch: before that show, after it, or elsewhere on the day. Pure.

The rule is planning/lunch.py's. Minutes of the wall clock from midnight.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from outreach.tour.planning import lunch


@dataclass(frozen=True, kw_only=True, slots=True)
class Meal:
    """A day with shows (gets in, away) in order, and one more show that may stand before number `at` of them.

    `to`, `on`: minutes of its own road from what stands before it and on to what stands after it. `road(n)`: minutes
    of the road to show number n as the day stands now; n is how many there are for the road back.
    """

    minutes: int
    leaves: int
    returns: int
    shows: Sequence[tuple[int, int]]
    at: int
    to: int
    on: int
    road: Callable[[int], int]

    def spans(
        self, first: int, last: int, *, get_in: int, taken: int, step: int
    ) -> Iterable[tuple[int, int]]:
        """The starts from `first` to `last` that leave a lunch, as spans of first and last; `first` is a multiple of `step`.

        `get_in`: minutes of set-up before a start; `taken`: from a start until the troupe is away.
        """
        soonest, latest = self._soonest(), self._latest()
        late = last + 1 if soonest is None else max(first, soonest + get_in)
        late += -late % step
        early = first - 1 if latest is None else min(last, latest - taken)
        if late <= first or early >= last or late <= early + step or self._elsewhere():
            yield first, last
            return
        if first <= early:
            yield first, early
        if late <= last:
            yield late, last

    def _soonest(self) -> int | None:
        """The earliest get-in with lunch before this show."""
        if self.at:
            return lunch.arrives(self.minutes, free=self.shows[self.at - 1][1], road=self.to)
        return lunch.sets_out(self.minutes, leaves=self.leaves, road=self.to)

    def _latest(self) -> int | None:
        """The latest away with lunch after this show."""
        if self.at < len(self.shows):
            return lunch.leaves_by(self.minutes, gets_in=self.shows[self.at][0], road=self.on)
        return lunch.over_by(self.minutes, returns=self.returns, road=self.on)

    def _elsewhere(self) -> bool:
        """Whether there is a lunch between what stands, but where this show comes."""
        minutes, shows = self.minutes, self.shows
        for n in range(len(shows) + 1):
            if n == self.at:
                continue
            road = self.road(n)
            if n == 0:
                eaten = lunch.before_first(minutes, leaves=self.leaves, road=road, gets_in=shows[0][0])
            elif n == len(shows):
                eaten = lunch.after_last(minutes, away=shows[-1][1], road=road, returns=self.returns)
            else:
                eaten = lunch.between(minutes, away=shows[n - 1][1], road=road, gets_in=shows[n][0])
            if eaten:
                return True
        return False
