"""The only reader of the time. Everything else is handed `now` as an aware UTC instant.

Where several hosts share a database the time is the database's, by which each corrects its own clock: nothing that one
of them wrote down lies in the future of another.
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


class DatabaseClock:
    """How far the database's clock is ahead of this machine's, as it was found last."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._found_at: float | None = None

    @property
    def is_found(self) -> bool:
        return self._found_at is not None

    @property
    def is_old(self) -> bool:
        return self._found_at is None or time.monotonic() - self._found_at > LASTS

    def find(self, ask: Callable[[], datetime]) -> None:
        """`ask` the database what time it is."""
        told = []
        for _ in range(TRIES):
            before, here = time.perf_counter(), of_this_machine()
            theirs = ask()
            took = time.perf_counter() - before
            told.append((took, theirs - here - timedelta(seconds=took / 2)))
        _, ahead = min(told)
        self.ahead = ahead if abs(ahead) <= FURTHEST else timedelta()
        self._found_at = time.monotonic()


DATABASES = FromAbove[DatabaseClock]("the database's clock")


def now() -> datetime:
    """The present instant, aware, in UTC."""
    theirs = DATABASES.find()
    return of_this_machine() if theirs is None else of_this_machine() + theirs.ahead


def of_this_machine() -> datetime:
    """The same as this machine has it, whatever the others say."""
    return datetime.now(UTC)


def processor_seconds() -> float:
    """Seconds of processor that this thread has used: what work costs, however busy the machine is."""
    return time.thread_time()
