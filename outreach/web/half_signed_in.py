"""People half signed in: their password or link was right, and their second factor is still asked.

It stands in the signed cookie and is worth nothing by itself: the code is asked before a session is made. It lasts ten
minutes, and no longer than the password does.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import NamedTuple

from flask import session

from outreach.county.coordinators import Coordinator
from outreach.ground import whose
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.web.signed import CLOCKS_APART

LASTS = timedelta(minutes=10)
_NAME = "half"


class Half(NamedTuple):
    person_id: int
    began: int
    by_link: bool
    by: str
    """As `letting_in.begin` takes it."""
    proof: str
    """Of the password that they had then."""

    def holds(self, person: Coordinator, *, now: datetime) -> bool:
        """Whether what was proven then is still so, as the person's row stands now."""
        return not person.has_left(day_of(now)) and hmac.compare_digest(
            self.proof, _proof(person.password_hash)
        )


def begin(person_id: int, password_hash: str | None, *, by_link: bool, by: str = "", now: datetime) -> None:
    """Whoever was signed in in this browser stays so until the code is right."""
    session[_NAME] = Half(person_id, int(now.timestamp()), by_link, by, _proof(password_hash))


def find(*, now: datetime) -> tuple[Half, Coordinator] | None:
    """Who is half signed in in this browser; None where nobody is, or not any more."""
    try:
        half = Half(*session.get(_NAME, ()))
    except TypeError:
        return None
    age = timedelta(seconds=now.timestamp() - half.began)
    whose.bind_to("person", str(half.person_id))
    person = db.session.get(Coordinator, half.person_id)
    if person is None or not -CLOCKS_APART <= age <= LASTS or not half.holds(person, now=now):
        return None
    return half, person


def forget() -> None:
    session.pop(_NAME, None)


def _proof(password_hash: str | None) -> str:
    """A word that changes with the password; the hash itself, random salt and all, cannot be guessed from it."""
    return hashlib.sha256(f"half signed in {password_hash}".encode()).hexdigest()[:32]
