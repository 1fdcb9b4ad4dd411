"""Seats of shows freed by the transaction under way, for whoever waits for some, before it commits.

Every verb that gives seats back, or adds some to a session, notes it here; who waits is known on a higher floor, which
looks when the verbs are done (`db.LAST_DEEDS`), as with times that come free (freed_places).
"""

from collections.abc import Iterable
from datetime import datetime

from outreach.ground.db import db

NOTED = "seats came free"


def note(performance_ids: Iterable[int], *, now: datetime) -> None:
    """Some seats of these shows may be had from now on; whoever looks takes the locks of their days, or leaves a busy
    one to the day's run."""
    noted: dict[int, datetime] = db.session.info.setdefault(NOTED, {})
    noted.update(dict.fromkeys(performance_ids, now))


def take() -> dict[int, datetime]:
    """What was noted since the transaction began, by the show's id, and when it came free; {} from then on."""
    noted: dict[int, datetime] = db.session.info.pop(NOTED, {})
    return noted
