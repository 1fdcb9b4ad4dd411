"""Sessions to come, as whoever is asked sees them: when, where and how far, and the places that are left."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from outreach.booking import guest_hosts
from outreach.booking.guest_places import GuestPlace, Seats
from outreach.booking.promises import Booking
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.ground.wording import count
from outreach.tour import sessions
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.tour.sessions import TrainingSession


@dataclass(frozen=True, kw_only=True)
class SessionToCome:
    """One session for one of those asked. `minutes` on the road, None where it is online or nobody knows from where;
    `waiting`: how many places others wait for; `booking` and `place`: what it has there, or waits for."""

    performance: Performance
    session: TrainingSession
    seats: Seats
    minutes: int | None
    waiting: int
    booking: Booking | None
    place: GuestPlace | None

    @property
    def left(self) -> int:
        """Places that are there to be taken."""
        return self.seats.for_guests

    @property
    def where(self) -> str:
        """'online'; 'at Kestermere Town Hall'."""
        return sessions.where(self.performance)

    @property
    def words(self) -> str:
        """'at Kestermere Town Hall, 12 minutes away, 9 places left'."""
        away = f", {count(self.minutes, 'minute')} away" if self.minutes is not None else ""
        return f"{self.where}{away}, {count(self.left, 'place')} left"


def to_come(
    programme: Programme, organisation: Organisation, *, now: datetime, only: Collection[int] | None = None
) -> list[SessionToCome]:
    """The sessions of a programme from tomorrow on, the next first, full ones too; a constant number of queries.

    They may be joined from anywhere and on any day: neither how far guests travel nor school days leave one out.
    `only`: some performances' ids.
    """
    asked = _SESSIONS if only is None else _SESSIONS.where(Performance.id.in_(only))
    mine = {"programme_id": programme.id, "organisation_id": organisation.organisation_id}
    rows = [
        row
        for row in db.session.execute(asked, mine | {"now": now})
        if day_of(row[0].starts_at) > day_of(now)
    ]
    if not rows:
        return []
    bookings = {
        b.performance_id: b
        for b in db.session.scalars(
            select(Booking).filter_by(**mine).where(Booking.ended_at.is_(None)).order_by(Booking.id)
        )
    }
    places = {
        p.performance_id: p
        for p in db.session.scalars(
            select(GuestPlace).filter_by(**mine).where(GuestPlace.ended_at.is_(None)).order_by(GuestPlace.id)
        )
    }
    return [
        SessionToCome(
            performance=performance,
            session=session,
            seats=Seats(ceiling=session.places, taken=int(taken), by_guests=int(by_guests), consent=consent),
            minutes=_minutes(programme, organisation, performance),
            waiting=int(waiting),
            booking=bookings.get(performance.id),
            place=places.get(performance.id),
        )
        for performance, taken, by_guests, consent, _, session, waiting in rows
    ]


def find(
    programme: Programme, organisation: Organisation, performance_id: int, *, now: datetime
) -> SessionToCome | None:
    """One of them; None where it has gone, has begun or never was."""
    return next(iter(to_come(programme, organisation, now=now, only=[performance_id])), None)


def with_places(
    programme: Programme,
    organisation: Organisation,
    *,
    at_least: int,
    not_on: Collection[int] = (),
    now: datetime,
) -> list[tuple[datetime, str]]:
    """What whoever lost its places could have instead, the next three as (start, where and how far). For letters.
    `not_on`: the ids of tour days to leave out."""
    return [
        (one.performance.starts_at, one.words)
        for one in to_come(programme, organisation, now=now)
        if one.left >= max(1, at_least) and one.booking is None and one.performance.tour_day_id not in not_on
    ][:3]


def _minutes(programme: Programme, organisation: Organisation, performance: Performance) -> int | None:
    known = organisation.place_known and performance.easting is not None
    if not known or sessions.is_online(performance):
        return None
    return guest_hosts.minutes_between(programme, organisation, performance)


_WAITING = (
    select(func.coalesce(func.sum(GuestPlace.seats), 0))
    .where(GuestPlace.performance_id == Performance.id, GuestPlace.ended_at.is_(None))
    .correlate(Performance)
    .scalar_subquery()
)

# Made once: the page of sessions and each letter that offers others ask it.
_SESSIONS = guest_hosts.SHOWS.where(TrainingSession.performance_id.is_not(None)).add_columns(
    TrainingSession, _WAITING.label("waiting")
)
