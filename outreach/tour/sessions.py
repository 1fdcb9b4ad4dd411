"""Training sessions: performances with places of their own, at a venue or by a link."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.county.schools import FIRST_OF_ONLINE
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.wording import clock, day
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


class TrainingSession(Base):
    """What a session has beside its performance, whose host is a venue. `places`: how many may come in all, instead of
    the programme's audience ceiling; `link`: of the meeting, '' where one goes there; `joining`: what whoever comes is
    told besides. The database lets no more in than the places, and takes none away that is taken."""

    __tablename__ = "training_session"
    __table_args__ = (
        CheckConstraint("places > 0", name="places"),
        CheckConstraint("link = '' OR substr(link, 1, 8) = 'https://'", name="link"),
        key_within_partnership("performance_id", "performance"),
        Index("ix_training_session_partnership", "partnership_id"),
    )

    performance_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    partnership_id: Mapped[int]
    places: Mapped[int]
    link: Mapped[str] = mapped_column(Text, default="")
    joining: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(Text)

    performance: Mapped[Performance] = relationship(
        primaryjoin="foreign(TrainingSession.performance_id) == Performance.id"
    )


def of_performance(performance_id: int) -> TrainingSession | None:
    """The session that a performance is; None of a show."""
    return db.session.get(TrainingSession, performance_id)


def of_performances(performance_ids: Collection[int]) -> dict[int, TrainingSession]:
    """The sessions among some performances, by performance; one query."""
    rows = db.session.scalars(
        select(TrainingSession)
        .where(TrainingSession.performance_id.in_(performance_ids))
        .order_by(TrainingSession.performance_id)
    )
    return {row.performance_id: row for row in rows}


def to_come_at(organisation_ids: Collection[int], *, now: datetime) -> dict[int, int]:
    """How many sessions are still to come at each of some venues; those without are not in it. One query."""
    rows = db.session.execute(
        select(Performance.organisation_id, func.count())
        .join(TrainingSession, TrainingSession.performance_id == Performance.id)
        .where(
            Performance.organisation_id.in_(organisation_ids),
            Performance.released_at.is_(None),
            Performance.ends_at > now,
        )
        .group_by(Performance.organisation_id)
        .order_by(Performance.organisation_id)
    )
    return {organisation_id: number for organisation_id, number in rows}


def ceiling(performance: Performance, programme: Programme) -> int:
    """How many may come in all: a session has places of its own."""
    session = of_performance(performance.id) if programme.for_adults else None
    return programme.audience_ceiling if session is None else session.places


def is_online(performance: Performance) -> bool:
    """Whether nobody travels to it, by the number of its venue."""
    return performance.organisation_id >= FIRST_OF_ONLINE


def where(performance: Performance) -> str:
    """'online'; 'at Kestermere Town Hall'."""
    return where_is(performance.organisation_id, performance.host.name)


def where_is(host_id: int, host_name: str) -> str:
    return "online" if host_id >= FIRST_OF_ONLINE else f"at {host_name}"


def whose(host_id: int, host_name: str, *, for_adults: bool) -> str:
    """'guest of Mill Lane High School', of whoever comes to another's show; of staff, where they go."""
    return where_is(host_id, host_name) if for_adults else f"guest of {host_name}"


def which(performance: Performance) -> str:
    """'Tuesday 9 March at 9:30am, at Kestermere Town Hall'."""
    starts = performance.starts_at
    return f"{day(starts)} at {clock(starts)}, {where(performance)}"


def most_places_to_come(organisation_id: int, *, now: datetime) -> int:
    """The places of the largest session at a venue that is not over; 0 where none is to come."""
    return int(
        db.session.scalar(
            select(func.max(TrainingSession.places))
            .join(Performance, Performance.id == TrainingSession.performance_id)
            .where(
                Performance.organisation_id == organisation_id,
                Performance.released_at.is_(None),
                Performance.ends_at > now,
            )
        )
        or 0
    )
