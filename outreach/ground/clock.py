"""The only reader of the time. Everything else is handed `now` as an aware UTC instant.

Where several hosts share a database the time is the database's, by which each corrects its own clock: nothing that one
of them wrote down lies in the future of another, though somebody sets the clock of one under way.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from outreach.ground.the_app import FromAbove

LASTS = 60.0
"""Seconds after which the database is asked again how late it is: clocks drift, and are put right."""
FURTHEST = timedelta(hours=1)
"""Of two clocks further apart one is wrong, and nobody can tell which: each goes by its own; flask check says so."""
TRIES = 3
"""Of so many questions the quickest counts: what it was told is the least late."""
DRIFTS = timedelta(seconds=0.5)
"""Further than this no clock runs wrong within a minute: somebody set it."""


class DatabaseClock:
    """How far the database's clock is ahead of this machine's, as it was found last."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._found_at: float | None = None
        self._here = of_this_machine()

    @property
    def is_found(self) -> bool:
        return self._found_at is not None

    @property
    def is_old(self) -> bool:
        return (
            self._found_at is None
            or steady_seconds() - self._found_at > LASTS
            or self._was_set(of_this_machine()) != timedelta()
        )

    def ahead_of(self, here: datetime) -> timedelta:
        """Of this machine's clock that shows `here` just now, though somebody set it since it was compared."""
        return self._ahead - self._was_set(here)

    def _was_set(self, here: datetime) -> timedelta:
        """How far this machine's clock was put forward since, beyond the time that went by; more than FURTHEST is
        nothing to go by: nobody knows then which of two is right."""
        if self._found_at is None:
            return timedelta()
        by = here - self._here - timedelta(seconds=steady_seconds() - self._found_at)
        return by if DRIFTS < abs(by) <= FURTHEST else timedelta()

    def find(self, ask: Callable[[], datetime]) -> None:
        """`ask` the database what time it is."""
        told = []
        for _ in range(TRIES):
            before, here = time.perf_counter(), of_this_machine()
            theirs = ask()
            took = time.perf_counter() - before
            told.append((took, theirs - here - timedelta(seconds=took / 2)))
        _, ahead = min(told)
        self._ahead = ahead if abs(ahead) <= FURTHEST else timedelta()
        self._here, self._found_at = of_this_machine(), steady_seconds()


DATABASES = FromAbove[DatabaseClock]("the database's clock")


def now() -> datetime:
    """The present instant, aware, in UTC."""
    here, theirs = of_this_machine(), DATABASES.find()
    return here if theirs is None else here + theirs.ahead_of(here)


def of_this_machine() -> datetime:
    """The same as this machine has it, whatever the others say."""
    return datetime.now(UTC)


def steady_seconds() -> float:
    """Seconds of a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def processor_seconds() -> float:
    """Seconds of processor that this thread has used: what work costs, however busy the machine is."""
    return time.thread_time()
