"""Answers of waves that are closed: one row a pupil under a random key, with the day alone, in an order that tells
nothing; and how many answered what, by wave and item, those on paper with them."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, db, key_within_partnership
from outreach.outcomes.open_answers import PLACES
from outreach.outcomes.questionnaires import QuestionnaireItem
from outreach.outcomes.tallies import counts_of_waves
from outreach.outcomes.waves import AnswerWave


class ClosedAnswer(Base):
    """What one pupil answered, by the places of the wave's questionnaire; None was skipped. `set_aside`: its code's
    answers are in no sum. It never changes."""

    __tablename__ = "closed_answer"
    __table_args__ = (
        CheckConstraint(
            " AND ".join(f"COALESCE({place}, 0) BETWEEN 0 AND 5" for place in PLACES), name="values"
        ),
        key_within_partnership("wave_id", "answer_wave"),
        Index("ix_closed_answer_wave", "wave_id"),
    )

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    partnership_id: Mapped[int]
    wave_id: Mapped[int]
    answered_on: Mapped[date]
    set_aside: Mapped[bool]
    a1: Mapped[int | None] = mapped_column(SmallInteger)
    a2: Mapped[int | None] = mapped_column(SmallInteger)
    a3: Mapped[int | None] = mapped_column(SmallInteger)
    a4: Mapped[int | None] = mapped_column(SmallInteger)
    a5: Mapped[int | None] = mapped_column(SmallInteger)
    a6: Mapped[int | None] = mapped_column(SmallInteger)
    a7: Mapped[int | None] = mapped_column(SmallInteger)
    a8: Mapped[int | None] = mapped_column(SmallInteger)


Counts = dict[tuple[int, int], dict[int, int]]
"""{(wave, item): {answer: how many gave it}}; who skipped it stands in none."""


def counts_by_item(wave_ids: Collection[int], *, with_tallies: bool = True) -> Counts:
    """How many gave each answer, of waves that are closed, without what was set aside; `with_tallies`: with those
    counted from paper. At most four queries."""
    places: dict[int, dict[int, int]] = defaultdict(dict)
    for questionnaire_id, position, item_id in db.session.execute(
        select(QuestionnaireItem.questionnaire_id, QuestionnaireItem.position, QuestionnaireItem.item_id)
        .join(AnswerWave, AnswerWave.questionnaire_id == QuestionnaireItem.questionnaire_id)
        .where(AnswerWave.id.in_(wave_ids))
        .distinct()
        .order_by(QuestionnaireItem.questionnaire_id, QuestionnaireItem.position)
    ):
        places[questionnaire_id][position - 1] = item_id
    asked = {
        wave_id: questionnaire_id
        for wave_id, questionnaire_id in db.session.execute(
            select(AnswerWave.id, AnswerWave.questionnaire_id)
            .where(AnswerWave.id.in_(wave_ids), AnswerWave.closed_at.is_not(None))
            .order_by(AnswerWave.id)
        )
    }
    found: Counts = defaultdict(lambda: defaultdict(int))
    columns = [getattr(ClosedAnswer, place) for place in PLACES]
    for wave_id, number, *values in db.session.execute(
        select(ClosedAnswer.wave_id, func.count(), *columns)
        .where(ClosedAnswer.wave_id.in_(asked), ~ClosedAnswer.set_aside)
        .group_by(ClosedAnswer.wave_id, *columns)
        .order_by(ClosedAnswer.wave_id)
    ):
        for place, item_id in places[asked[wave_id]].items():
            if (value := values[place]) is not None:
                found[wave_id, item_id][value] += number
    if with_tallies:
        for wave_id, item_id, value, number in counts_of_waves(list(asked)):
            found[wave_id, item_id][value] += number
    return {at: dict(values) for at, values in found.items()}


def numbers_of_pupils(wave_ids: Collection[int]) -> dict[int, int]:
    """How many pupils answered online in each of some closed waves, what was set aside left out; one query."""
    rows = db.session.execute(
        select(ClosedAnswer.wave_id, func.count())
        .where(ClosedAnswer.wave_id.in_(wave_ids), ~ClosedAnswer.set_aside)
        .group_by(ClosedAnswer.wave_id)
        .order_by(ClosedAnswer.wave_id)
    )
    return {wave_id: number for wave_id, number in rows}
