"""The planner's only clock: how much of its time is left, whether it was stopped, and whom it tells how far
it is."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

_EVERY = 0.05
"""Seconds between two looks at whether somebody stopped the planner: a look may cost a query."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a plan is: schools reached in full, minutes of driving in all, the bound on its value, seconds
    so far.

    Of a plan that can be played: whoever has no date yet, or turns out to be no guest, is left out.
    `schools` and `driving` are None before there is a plan, `bound` before anything is proven.
    """

    schools: int | None
    driving: int | None
    bound: float | None
    seconds: float


class Limit:
    """So many seconds from now, or until `stop` says so. `given`: as many as were asked for; `tell` hears of
    progress."""

    def __init__(
        self,
        seconds: float,
        *,
        tell: Callable[[Progress], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        self._began = monotonic()
        self.given = self.seconds = seconds
        self._tell = tell
        self._stop = stop
        self.stopped = False
        self._look_again = 0.0
        self._told = Progress(schools=None, driving=None, bound=None, seconds=0.0)

    @property
    def gone(self) -> float:
        """Seconds since the planner began."""
        return monotonic() - self._began

    def at_least(self, seconds: float) -> None:
        """Goes on for so many seconds from now at the least, unless somebody stops it."""
        self.seconds = max(self.seconds, self.gone + seconds)

    def of_its_own(self, at_least: float, *, share: float = 1.0) -> "Limit":
        """A limit for a part of the work: what is left, or a share of it, but so many seconds at the least,
        unless somebody stops it."""
        return Limit(max(at_least, share * self.left()), stop=self.asked)

    def asked(self) -> bool:
        """Whether somebody stopped the planner."""
        if self._stop is not None and not self.stopped and monotonic() >= self._look_again:
            self.stopped = self._stop()
            self._look_again = monotonic() + _EVERY
        return self.stopped

    def left(self, share: float = 1.0) -> float:
        """Seconds until the given share of the time is over; 0 when it is, or when somebody stopped the
        planner."""
        return 0.0 if self.asked() else max(0.0, self.seconds * share - self.gone)

    def over(self, share: float = 1.0) -> bool:
        """Whether nothing is left of that share."""
        return self.left(share) <= 0.0

    def tell(
        self, *, schools: int | None = None, driving: int | None = None, bound: float | None = None
    ) -> None:
        """Says what is new; what is not given stays as it was said last, and what was proven stays proven."""
        last = self._told
        if bound is not None and last.bound is not None:
            bound = max(bound, last.bound)
        self._told = Progress(
            schools=last.schools if schools is None else schools,
            driving=last.driving if driving is None else driving,
            bound=last.bound if bound is None else bound,
            seconds=self.gone,
        )
        if self._tell is not None:
            self._tell(self._told)
