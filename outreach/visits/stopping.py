"""Schools that want no more reminders of their visits: said by the link of such a letter, and taken back there.

They are reminded neither of a visit or a questionnaire that is near, nor of what they promised besides. A change of the
visit is told all the same, and how it went is asked.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import history
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.tour.programmes import Programme


class NoVisitReminders(Base):
    """One school's no to reminders of its visits in one programme, until it is withdrawn."""

    __tablename__ = "no_visit_reminders"
    __table_args__ = (
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
        key_within_partnership("programme_id", "programme"),
        Index(
            "uq_no_visit_reminders_standing",
            "programme_id",
            "organisation_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
            sqlite_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    programme_id: Mapped[int]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[str | None] = mapped_column(Text)


def stop(programme: Programme, organisation_id: int, *, who: str, now: datetime) -> None:
    """No reminder goes to the school any more, nor one that waits. Twice is once."""
    _queue(programme)
    if _standing(programme.id, organisation_id) is None:
        db.session.add(
            NoVisitReminders(
                partnership_id=programme.partnership_id,
                programme_id=programme.id,
                organisation_id=organisation_id,
                recorded_at=now,
                who=who,
            )
        )
        db.session.flush()
        history.record(
            "wants no reminders of visits",
            programme,
            who=who,
            now=now,
            after={"organisation_id": organisation_id},
        )


def begin_again(programme: Programme, organisation_id: int, *, who: str, now: datetime) -> None:
    """It is reminded after all."""
    _queue(programme)
    if (row := _standing(programme.id, organisation_id)) is not None:
        row.withdrawn_at, row.withdrawn_by = now, who
        db.session.flush()
        history.record(
            "wants reminders after all",
            programme,
            who=who,
            now=now,
            after={"organisation_id": organisation_id},
        )


def stopped(programme_id: int, organisation_id: int) -> bool:
    return _standing(programme_id, organisation_id) is not None


def organisation_ids_stopped(programme_ids: Collection[int]) -> set[tuple[int, int]]:
    """(programme, school) wherever reminders are stopped; one query."""
    rows = db.session.execute(
        select(NoVisitReminders.programme_id, NoVisitReminders.organisation_id).where(
            NoVisitReminders.programme_id.in_(programme_ids), NoVisitReminders.withdrawn_at.is_(None)
        )
    )
    return {(programme_id, organisation_id) for programme_id, organisation_id in rows}


def _queue(programme: Programme) -> None:
    """Two who say it at once go one after the other."""
    db.session.execute(
        select(Programme.id).where(Programme.id == programme.id).with_for_update(key_share=True)
    )


def _standing(programme_id: int, organisation_id: int) -> NoVisitReminders | None:
    return db.session.scalar(
        select(NoVisitReminders).where(
            NoVisitReminders.programme_id == programme_id,
            NoVisitReminders.organisation_id == organisation_id,
            NoVisitReminders.withdrawn_at.is_(None),
        )
    )
