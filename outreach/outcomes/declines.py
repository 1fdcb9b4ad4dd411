"""Schools that do not want the questionnaire: a school may say so at any time, and needs no reason."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, bindparam, literal, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import history
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.tour.programmes import Programme


class QuestionnaireDecline(Base):
    """One school's no to the questionnaire of one programme, until it is withdrawn."""

    __tablename__ = "questionnaire_decline"
    __table_args__ = (
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
        key_within_partnership("programme_id", "programme"),
        Index(
            "uq_questionnaire_decline_standing",
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


def decline(programme: Programme, organisation_id: int, *, who: str, now: datetime) -> None:
    """The school's pupils are not asked; its codes take no answer. Declined already, nothing happens."""
    _queue(programme)
    if _standing(programme.id, organisation_id) is None:
        db.session.add(
            QuestionnaireDecline(
                partnership_id=programme.partnership_id,
                programme_id=programme.id,
                organisation_id=organisation_id,
                recorded_at=now,
                who=who,
            )
        )
        db.session.flush()
        history.record(
            "declined the questionnaire",
            programme,
            who=who,
            now=now,
            after={"organisation_id": organisation_id},
        )


def withdraw(programme: Programme, organisation_id: int, *, who: str, now: datetime) -> None:
    """It takes part after all."""
    _queue(programme)
    if (row := _standing(programme.id, organisation_id)) is not None:
        row.withdrawn_at, row.withdrawn_by = now, who
        db.session.flush()
        history.record(
            "takes the questionnaire after all",
            programme,
            who=who,
            now=now,
            after={"organisation_id": organisation_id},
        )


def organisation_ids_of_programme(programme_id: int) -> set[int]:
    """The schools that do not want it; one query."""
    return set(
        db.session.scalars(
            select(QuestionnaireDecline.organisation_id).where(
                QuestionnaireDecline.programme_id == programme_id, QuestionnaireDecline.withdrawn_at.is_(None)
            )
        )
    )


_HAS_DECLINED = (
    select(literal(1))
    .select_from(QuestionnaireDecline)
    .where(
        QuestionnaireDecline.programme_id == bindparam("programme_id"),
        QuestionnaireDecline.organisation_id == bindparam("organisation_id"),
        QuestionnaireDecline.withdrawn_at.is_(None),
    )
)


def has_declined(programme_id: int, organisation_id: int) -> bool:
    """The same of one school."""
    return (
        db.session.scalar(_HAS_DECLINED, {"programme_id": programme_id, "organisation_id": organisation_id})
        is not None
    )


def _queue(programme: Programme) -> None:
    """Two who say it at once go one after the other."""
    db.session.execute(
        select(Programme.id).where(Programme.id == programme.id).with_for_update(key_share=True)
    )


def _standing(programme_id: int, organisation_id: int) -> QuestionnaireDecline | None:
    return db.session.scalar(
        select(QuestionnaireDecline).where(
            QuestionnaireDecline.programme_id == programme_id,
            QuestionnaireDecline.organisation_id == organisation_id,
            QuestionnaireDecline.withdrawn_at.is_(None),
        )
    )
