"""Questionnaires: five to eight items of a programme, which a second person approved before any pupil sees them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import partnerships
from outreach.county.coordinators import Coordinator
from outreach.ground import history
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import NoSuch, Refusal
from outreach.outcomes import items
from outreach.outcomes.items import OURS, QuestionItem
from outreach.tour.programmes import Programme

FEWEST, MOST = 5, 8
REPLACED, WITHDRAWN = "replaced", "withdrawn"


class Questionnaire(Base):
    """Items in an order, for one programme; a draft until it is approved, and then as it is.

    `drafted_by_id`: who put it together; `approver_id`: the coordinator who approved it, somebody else. None where a
    coordinator is alone and the operator named who approved it (`approved_by`).
    """

    __tablename__ = "questionnaire"
    __table_args__ = (
        CheckConstraint("(approved_at IS NULL) = (approved_by IS NULL)", name="approved"),
        CheckConstraint("approver_id <> drafted_by_id", name="second_person"),
        CheckConstraint("approver_id IS NULL OR approved_at IS NOT NULL", name="approver"),
        CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL) AND (ended_as IS NULL OR ended_as IN ('replaced', 'withdrawn'))",
            name="ended",
        ),
        UniqueConstraint("id", "partnership_id"),
        key_within_partnership("programme_id", "programme"),
        key_within_partnership("drafted_by_id", "person"),
        key_within_partnership("approver_id", "person"),
        Index(
            "uq_questionnaire_draft",
            "programme_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND approved_at IS NULL"),
            sqlite_where=text("ended_at IS NULL AND approved_at IS NULL"),
        ),
        Index(
            "uq_questionnaire_approved",
            "programme_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND approved_at IS NOT NULL"),
            sqlite_where=text("ended_at IS NULL AND approved_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    programme_id: Mapped[int] = mapped_column(index=True)
    drafted_by_id: Mapped[int]
    drafted_by: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    approver_id: Mapped[int | None]
    approved_by: Mapped[str | None] = mapped_column(Text)
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_as: Mapped[str | None] = mapped_column(Text)


class QuestionnaireItem(Base):
    """One item at its place in a questionnaire, from 1; answers are kept by these places. Nothing of it changes once
    the questionnaire is approved."""

    __tablename__ = "questionnaire_item"
    __table_args__ = (
        CheckConstraint("position BETWEEN 1 AND 8", name="position"),
        UniqueConstraint("questionnaire_id", "item_id"),
        ForeignKeyConstraint(
            ["questionnaire_id", "partnership_id"], ["questionnaire.id", "questionnaire.partnership_id"]
        ),
        key_within_partnership("item_id", "question_item"),
    )

    questionnaire_id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    partnership_id: Mapped[int]
    item_id: Mapped[int] = mapped_column(index=True)


class WrongNumberOfItems(Refusal):
    field = "items"

    def __init__(self, number: int) -> None:
        super().__init__(f"Choose {FEWEST} to {MOST} items; {number} are chosen.")


class NobodyToTell(Refusal):
    """Every questionnaire asks whether one would know whom to tell: it is what the county is judged by."""

    field = "items"

    def __init__(self) -> None:
        super().__init__("One item must ask whether a pupil would know whom to tell.")


class NotOnesOwn(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "You put this questionnaire together. A second coordinator must read and approve it."
        )


class NotAlone(Refusal):
    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"{' and '.join(names)} can approve it: ask there. Nobody was named as approver.")


class ApprovedAlready(Refusal):
    def __init__(self) -> None:
        super().__init__("It is approved. To change an item, draft a new questionnaire.")


class AdultsAreNotAsked(Refusal):
    def __init__(self) -> None:
        super().__init__("This programme is for adults. The questionnaire is for pupils.")


class NoSuchQuestionnaire(NoSuch):
    pass


def start_with_ours(programme: Programme, person: Coordinator, *, now: datetime) -> Questionnaire:
    """A draft of the items that come with the service; those that were taken before are the same items again."""
    known = {one.words: one for one in items.items_of_partnership(programme.partnership_id)}
    chosen = [
        known.get(ours.words) or items.add(programme.partnership_id, ours, who=person.name, now=now)
        for ours in OURS
    ]
    return draft(programme, [one.id for one in chosen], person, now=now)


def draft(
    programme: Programme, item_ids: Sequence[int], person: Coordinator, *, now: datetime
) -> Questionnaire:
    """The programme's draft, in the place of the one before. Raises WrongNumberOfItems, NobodyToTell,
    AdultsAreNotAsked, NoSuchItem."""
    if programme.for_adults:
        raise AdultsAreNotAsked
    if not FEWEST <= len(item_ids) <= MOST or len(set(item_ids)) != len(item_ids):
        raise WrongNumberOfItems(len(set(item_ids)))
    chosen = [items.get(one, partnership_id=programme.partnership_id) for one in item_ids]
    if not any(one.whom_to_tell for one in chosen):
        raise NobodyToTell
    partnerships.lock(programme.partnership_id)
    if (before := find_draft(programme.id)) is not None:
        before.ended_at, before.ended_as = now, REPLACED
        db.session.flush()
    row = Questionnaire(
        partnership_id=programme.partnership_id,
        programme_id=programme.id,
        drafted_by_id=person.id,
        drafted_by=person.name,
        recorded_at=now,
    )
    db.session.add(row)
    db.session.flush()
    db.session.add_all(
        QuestionnaireItem(
            questionnaire_id=row.id, position=n, partnership_id=row.partnership_id, item_id=item.id
        )
        for n, item in enumerate(chosen, start=1)
    )
    db.session.flush()
    history.record(
        "drafted the questionnaire", programme, who=person.name, now=now, after=[i.words for i in chosen]
    )
    return row


def approve(questionnaire: Questionnaire, person: Coordinator, *, now: datetime) -> None:
    """A second coordinator has read it: from now on new codes ask it. Raises NotOnesOwn, ApprovedAlready."""
    if person.id == questionnaire.drafted_by_id:
        raise NotOnesOwn
    _approved(questionnaire, person.name, approver_id=person.id, who=person.name, now=now)


def approve_by_another(questionnaire: Questionnaire, approver: str, *, who: str, now: datetime) -> None:
    """Somebody whom the operator names has read it, where the coordinator who drafted it is alone. Raises NotAlone,
    ApprovedAlready."""
    others = _others(questionnaire)
    if others:
        raise NotAlone(others)
    _approved(questionnaire, approver, approver_id=None, who=who, now=now)


def _approved(
    questionnaire: Questionnaire, approver: str, *, approver_id: int | None, who: str, now: datetime
) -> None:
    partnerships.lock(questionnaire.partnership_id)
    if questionnaire.approved_at is not None or questionnaire.ended_at is not None:
        raise ApprovedAlready
    if (before := find_approved(questionnaire.programme_id)) is not None:
        before.ended_at, before.ended_as = now, REPLACED
        db.session.flush()
    questionnaire.approved_by, questionnaire.approved_at = approver, now
    questionnaire.approver_id = approver_id
    db.session.flush()
    programme = db.session.get_one(Programme, questionnaire.programme_id)
    history.record("approved the questionnaire", programme, who=who, now=now, after={"approver": approver})


def withdraw(questionnaire: Questionnaire, *, who: str, now: datetime) -> None:
    """A draft that is not wanted, or one that no new code shall ask; codes that stand go on. Ended already, nothing
    happens."""
    if questionnaire.ended_at is None:
        questionnaire.ended_at, questionnaire.ended_as = now, WITHDRAWN
        db.session.flush()
        programme = db.session.get_one(Programme, questionnaire.programme_id)
        history.record("withdrew the questionnaire", programme, who=who, now=now)


def _others(questionnaire: Questionnaire) -> list[str]:
    """Coordinators who could approve it."""
    return list(
        db.session.scalars(
            select(Coordinator.name)
            .where(
                Coordinator.partnership_id == questionnaire.partnership_id,
                Coordinator.id != questionnaire.drafted_by_id,
                Coordinator.ended_at.is_(None),
            )
            .order_by(Coordinator.name)
        )
    )


def is_alone(questionnaire: Questionnaire) -> bool:
    """Whether there is no second coordinator who could approve it."""
    return not _others(questionnaire)


def find_draft(programme_id: int) -> Questionnaire | None:
    return _standing(programme_id, approved=False)


def find_approved(programme_id: int) -> Questionnaire | None:
    """What new codes of a programme ask; None while nothing is approved."""
    return _standing(programme_id, approved=True)


def _standing(programme_id: int, *, approved: bool) -> Questionnaire | None:
    is_so = Questionnaire.approved_at.is_not(None) if approved else Questionnaire.approved_at.is_(None)
    return db.session.scalar(
        select(Questionnaire).where(
            Questionnaire.programme_id == programme_id, Questionnaire.ended_at.is_(None), is_so
        )
    )


def get(questionnaire_id: int, *, partnership_id: int) -> Questionnaire:
    """Raises NoSuchQuestionnaire for another partnership's, or none."""
    found = db.session.get(Questionnaire, questionnaire_id) if questionnaire_id < 2**31 else None
    if found is None or found.partnership_id != partnership_id:
        raise NoSuchQuestionnaire("There is no such questionnaire here.")
    return found


def items_of(questionnaire_id: int) -> list[QuestionItem]:
    """Its items in their order: the first is answered at place 1."""
    return list(
        db.session.scalars(
            select(QuestionItem)
            .join(QuestionnaireItem, QuestionnaireItem.item_id == QuestionItem.id)
            .where(QuestionnaireItem.questionnaire_id == questionnaire_id)
            .order_by(QuestionnaireItem.position)
        )
    )


_KINDS = (
    select(QuestionnaireItem.position, QuestionItem.kind)
    .join(QuestionItem, QuestionItem.id == QuestionnaireItem.item_id)
    .where(QuestionnaireItem.questionnaire_id == bindparam("id"))
    .order_by(QuestionnaireItem.position)
)


def kinds_of(questionnaire_id: int) -> dict[int, str]:
    """The kind of its item at each place."""
    return {position: kind for position, kind in db.session.execute(_KINDS, {"id": questionnaire_id})}


def number_of_items(questionnaire_id: int) -> int:
    found = db.session.scalar(
        select(func.count())
        .select_from(QuestionnaireItem)
        .where(QuestionnaireItem.questionnaire_id == questionnaire_id)
    )
    return found or 0
