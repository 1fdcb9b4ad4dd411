"""Sessions of a programme as they stand: when and where, their places, and who comes to each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import contains_eager, joinedload

from outreach.booking.promises import GUEST, HOST, Booking
from outreach.ground.db import db
from outreach.tour.performances import Performance
from outreach.tour.sessions import TrainingSession


@dataclass(frozen=True, kw_only=True)
class SessionLine:
    """A session with who comes, in the order of taking places. `called_off_at`: it does not take place; then `coming`
    is who was to come."""

    session: TrainingSession
    performance: Performance
    coming: tuple[Booking, ...]

    @property
    def taken(self) -> int:
        return sum(b.seats for b in self.coming)

    @property
    def left(self) -> int:
        return max(0, self.session.places - self.taken)

    @property
    def is_called_off(self) -> bool:
        return self.performance.released_at is not None

    def is_over(self, now: datetime) -> bool:
        return self.performance.ends_at <= now


def of_programme(programme_id: int) -> list[SessionLine]:
    """The sessions of a programme by start, those that were called off too; two queries however many."""
    return _lines(Performance.programme_id == programme_id)


def of_performance(performance_id: int) -> SessionLine | None:
    """One session; None of a show."""
    return next(iter(_lines(Performance.id == performance_id)), None)


def host_of(line: SessionLine) -> Booking:
    """The venue's own booking, which has the history of the session; it stays when it was called off."""
    found = db.session.scalars(
        select(Booking)
        .where(Booking.performance_id == line.session.performance_id, Booking.role == HOST)
        .order_by(Booking.id)
    ).first()
    assert found is not None
    return found


def _lines(which: ColumnElement[bool]) -> list[SessionLine]:
    found = db.session.scalars(
        select(TrainingSession)
        .join(TrainingSession.performance)
        .where(which)
        .options(
            contains_eager(TrainingSession.performance).options(
                joinedload(Performance.host), joinedload(Performance.troupe)
            )
        )
        .order_by(Performance.starts_at, Performance.id)
    ).all()
    coming = _coming([row.performance for row in found])
    return [
        SessionLine(
            session=row, performance=row.performance, coming=tuple(coming.get(row.performance_id, ()))
        )
        for row in found
    ]


def _coming(shows: Sequence[Performance]) -> dict[int, list[Booking]]:
    """Guests of each; of one that was called off, those who were to come to its end."""
    rows = db.session.scalars(
        select(Booking)
        .where(Booking.performance_id.in_([show.id for show in shows]), Booking.role == GUEST)
        .options(joinedload(Booking.organisation))
        .order_by(Booking.id)
    )
    released = {show.id: show.released_at for show in shows}
    found: dict[int, list[Booking]] = {}
    for row in rows:
        if row.ended_at is None or row.ended_at == released[row.performance_id]:
            found.setdefault(row.performance_id, []).append(row)
    return found
