"""Places on the tour freed by the transaction under way, for whoever waits for a time, before it commits.

Every verb that gives a time back, or a day to the tour, notes it here; who waits is known on a higher floor,
which looks when the verbs are done (`db.LAST_DEEDS`) and keeps the time for the first of the queue.
"""

from collections.abc import Iterable
from datetime import datetime

from outreach.ground.db import db

NOTED = "came free"


def note(tour_day_ids: Iterable[int], *, now: datetime) -> None:
    """Some time of these tour days is free from now on; the caller holds the days' locks.

    A hold given back is none: its time was everybody's before, so that the queue has had its turn.
    """
    noted: dict[int, datetime] = db.session.info.setdefault(NOTED, {})
    noted.update(dict.fromkeys(tour_day_ids, now))


def take() -> dict[int, datetime]:
    """What was noted since the transaction began, by the tour day's id, and when it came free; {} from then
    on."""
    noted: dict[int, datetime] = db.session.info.pop(NOTED, {})
    return noted
