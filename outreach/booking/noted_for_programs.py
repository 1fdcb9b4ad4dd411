"""Bookings that came about in the transaction under way, noted for programs that are told of them (post/webhooks).

Seen by their rows, whichever verb wrote them: a booking is made (or stands again after all), gets another time or
place, is cancelled. Of one transaction a booking is told of once, by what came of it.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from outreach.booking.promises import Booking
from outreach.ground.timespans import local
from outreach.post.webhooks import events
from outreach.post.webhooks.events import Event
from outreach.post.webhooks.subscriptions import CANCELLED, MADE, MOVED


def booking_told(booking: Booking) -> Mapping[str, Any] | None:
    """Which, whose, when and where; nobody. None: a venue's own, which promises nobody."""
    if booking.organisation.is_venue:
        return None
    show = booking.performance
    return {
        "reference": booking.reference,
        "uid": booking.uid,
        "sequence": booking.sequence,
        "role": booking.role,
        "programme": booking.programme_id,
        "organisation": booking.organisation_id,
        "urn": None if booking.organisation.is_body else booking.organisation_id,
        "show": show.uid,
        "starts_at": local(show.starts_at).isoformat(),
        "ends_at": local(show.ends_at).isoformat(),
        "time_zone": "Europe/London",
    }


def _flushed(session: Session, _context: Any) -> None:
    for row in session.new:
        if isinstance(row, Booking):
            _note(session, row, MADE)
    for row in session.dirty:
        if isinstance(row, Booking):
            _changed(session, row)


def _changed(session: Session, row: Booking) -> None:
    before = events.noted(session, ("booking", row.id))
    was = before.kind if before else ""
    if inspect(row).attrs.ended_at.history.has_changes():
        if row.ended_at is None:
            _note(session, row, MADE)
        elif was == MADE:
            events.forget(session, ("booking", row.id))
        else:
            _note(session, row, CANCELLED)
    elif inspect(row).attrs.place_sequence.history.has_changes() and row.ended_at is None and was != MADE:
        _note(session, row, MOVED)


def _note(session: Session, row: Booking, kind: str) -> None:
    told = Event(kind=kind, partnership_id=row.partnership_id, about=lambda: booking_told(row))
    events.note(session, ("booking", row.id), told)


event.listen(Session, "after_flush", _flushed)
