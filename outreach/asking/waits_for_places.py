"""Answers of those who wait for places at a session: on the list, off it, and off it with its session."""

from datetime import datetime

from sqlalchemy import select

from outreach.asking import invitations
from outreach.asking.invitations import OTHER_DATE, WAITING_LIST
from outreach.booking import guest_places, guest_questions, promises
from outreach.booking.guest_places import SESSION_OVER, GuestPlace
from outreach.booking.guests import joining
from outreach.booking.promises import Booking
from outreach.booking.sessions import places
from outreach.ground.db import db
from outreach.ground.wording import count
from outreach.tour import performances, sessions
from outreach.tour.performances import Performance


def waits(place: GuestPlace, *, who: str, now: datetime) -> None:
    """It waits for so many places."""
    said = f"{count(place.seats, 'place')}, {sessions.which(place.performance)}"
    invitations.answer(place.programme, place.organisation, WAITING_LIST, said, who=who, now=now)


def leave(place: GuestPlace, *, who: str, now: datetime) -> None:
    """It waits for that session no more; what has become a booking stays one."""
    waited = place.ended_at is None
    joining.withdraw(place, who=who, now=now)
    if waited:
        _waits_no_more(place, who=who, now=now)


def move(booking: Booking, to: Performance, *, who: str, now: datetime, by: str = promises.SCHOOL) -> None:
    """Its places are at another session; where it waited for that one, it waits no more. Raises what places.move
    does."""
    waited = guest_places.open_of(booking.programme_id, booking.organisation_id)
    places.move(booking, to, who=who, now=now, by=by)
    if waited is not None and waited.ended_at is not None:
        _waits_no_more(waited, who=who, now=now)


def over(programme_id: int, *, now: datetime) -> list[int]:
    """The waits of a programme whose session is over, or begins on this day; one query."""
    return list(
        db.session.scalars(
            select(GuestPlace.id)
            .where(
                GuestPlace.programme_id == programme_id,
                GuestPlace.ended_at.is_(None),
                guest_places.session_is_over(now),
            )
            .order_by(GuestPlace.id)
        )
    )


def end(place_id: int, *, who: str, now: datetime) -> bool:
    """A wait ends with its session; False where it had ended already."""
    place = guest_places.get(place_id)
    performances.lock_organisation(place.organisation_id)
    db.session.refresh(place)
    if place.ended_at is not None:
        return False
    guest_questions.end(place, SESSION_OVER, who=who, now=now)
    said = f"waited for {sessions.which(place.performance)}, which is over"
    invitations.answer(place.programme, place.organisation, OTHER_DATE, said, who=who, now=now)
    return True


def _waits_no_more(place: GuestPlace, *, who: str, now: datetime) -> None:
    said = f"does not wait for {sessions.which(place.performance)} any more"
    invitations.answer(place.programme, place.organisation, OTHER_DATE, said, who=who, now=now)
