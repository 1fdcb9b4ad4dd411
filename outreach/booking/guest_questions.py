"""End of a question for seats, or of a wait for places, however it ends short of a booking."""

from datetime import datetime

from outreach.booking import named
from outreach.booking.guest_places import GuestPlace
from outreach.ground.db import db


def end(place: GuestPlace, ended_as: str, *, who: str = "", now: datetime) -> None:
    """It is asked no more; whoever was named with it and is not known yet is not looked at any more."""
    place.ended_at, place.ended_as = now, ended_as
    db.session.flush()
    named.forget(place.id, who=who or place.who, now=now)
