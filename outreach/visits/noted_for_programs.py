"""Reports that came in within the transaction under way, noted for programs that are told of them (post/webhooks)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from outreach.booking.noted_for_programs import booking_told
from outreach.booking.promises import Booking
from outreach.ground.db import db
from outreach.ground.timespans import local
from outreach.post.webhooks import events
from outreach.post.webhooks.events import Event
from outreach.post.webhooks.subscriptions import REPORTED
from outreach.tour.performances import Performance
from outreach.visits.reports import VisitReport


def report_told(report: VisitReport) -> Mapping[str, Any]:
    """By which side, of which show, and whether it took place; no number and no word of it. `booking`: whose it was, of
    a school's or body's report."""
    show = db.session.get_one(Performance, report.performance_id)
    booking = db.session.get(Booking, report.booking_id) if report.booking_id else None
    return {
        "side": report.side,
        "took_place": report.took_place,
        "show": show.uid,
        "programme": show.programme_id,
        "starts_at": local(show.starts_at).isoformat(),
        "time_zone": "Europe/London",
        "booking": booking_told(booking) if booking else None,
    }


def _flushed(session: Session, _context: Any) -> None:
    for row in session.new:
        if isinstance(row, VisitReport):
            _note(session, row)


def _note(session: Session, row: VisitReport) -> None:
    of = session.get_one(Performance, row.performance_id).partnership_id
    told = Event(kind=REPORTED, partnership_id=of, about=lambda: report_told(row))
    events.note(session, ("report", row.id), told)


event.listen(Session, "after_flush", _flushed)
