"""A standby of PostgreSQL that some pages read from (DATABASE_READ_URL): as of a moment that is known, never one before
what whoever asks has changed, and the primary instead wherever it cannot be had."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from outreach.ground import clock
from outreach.ground.config import STANDBY as BIND
from outreach.ground.db import db, elsewhere
from outreach.ground.the_app import FromAbove

OLDEST = timedelta(seconds=60)
"""Further behind, nothing is read from it. While nothing happens the jobs write twice a minute."""

A_MOMENT = timedelta(seconds=1)
"""Between a change and when it is noted in the browser: their clocks agree to less."""

RESTS = 30.0
"""Seconds for which one that could not be had is not asked again."""


class Standby:
    """Whether it can be had, as this process found last."""

    def __init__(self) -> None:
        self._rests_until = 0.0

    def rest(self) -> None:
        self._rests_until = monotonic() + RESTS

    @contextmanager
    def reading(self, *, not_before: datetime | None) -> Iterator[datetime | None]:
        """Within it the session reads from the standby, and all that was written until the moment that is handed out is
        there; None where that would leave out what was changed at `not_before`: then it reads as ever."""
        as_of = self._as_of()
        if as_of is None or (not_before is not None and as_of < not_before + A_MOMENT):
            yield None
            return
        db.session.rollback()
        before = elsewhere.set(True)
        try:
            yield as_of
        finally:
            elsewhere.reset(before)

    def _as_of(self) -> datetime | None:
        """Until when it has all that was written; None where it is no standby, too far behind, or not to be had."""
        if monotonic() < self._rests_until:
            return None
        try:
            with db.engines[BIND].connect() as line:
                asked = "SELECT pg_last_xact_replay_timestamp() WHERE pg_is_in_recovery()"
                as_of: datetime | None = line.exec_driver_sql(asked).scalar_one_or_none()
        except (DBAPIError, PoolTimeout, InvalidatePoolError):
            self.rest()
            return None
        return as_of if as_of is not None and clock.now() - as_of <= OLDEST else None


STANDBY = FromAbove[Standby]("the standby that pages read from")
"""None where there is none."""
