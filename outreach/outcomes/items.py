"""Items: the sentences that pupils answer to. One that is changed is a new item, so that years compare."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import partnerships
from outreach.ground.db import Base, Instant, OfPartnership, db
from outreach.ground.errors import NoSuch, Refusal
from outreach.outcomes.reading_age import too_hard

SCALE, TRUE_OR_FALSE = "scale", "true or false"

SCALE_ANSWERS = (
    (5, "Yes, definitely"),
    (4, "Yes, I think so"),
    (3, "Not sure"),
    (2, "No, I don’t think so"),
    (1, "No"),
)
TRUE_OR_FALSE_ANSWERS = ((1, "True"), (0, "False"))
ANSWERS = {SCALE: SCALE_ANSWERS, TRUE_OR_FALSE: TRUE_OR_FALSE_ANSWERS}
"""Kind -> what can be answered, (value, words), in the order on the page. To skip is no answer."""

OUR_SOURCE, OUR_LICENCE = "Outreach", "MIT, as Outreach"


class QuestionItem(Base, OfPartnership):
    """One sentence that pupils answer to; its words, kind and right answer never change.

    `whom_to_tell`: it asks whether one would know whom to tell. `right_answer`: of what is true or false. `validated`:
    whether its source says that it measures what it asks. `ended_at`: it is offered for no new questionnaire.
    """

    __tablename__ = "question_item"
    __table_args__ = (
        CheckConstraint("kind IN ('scale', 'true or false')", name="kind"),
        CheckConstraint(
            "(kind = 'true or false') = (right_answer IS NOT NULL) AND COALESCE(right_answer, 0) IN (0, 1)",
            name="right_answer",
        ),
        CheckConstraint("NOT whom_to_tell OR kind = 'scale'", name="whom_to_tell"),
        CheckConstraint("words <> '' AND source <> '' AND licence <> ''", name="said"),
        UniqueConstraint("id", "partnership_id"),
        Index(
            "uq_question_item_words",
            "partnership_id",
            "words",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    whom_to_tell: Mapped[bool]
    right_answer: Mapped[int | None]
    source: Mapped[str] = mapped_column(Text)
    licence: Mapped[str] = mapped_column(Text)
    validated: Mapped[bool]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def answers(self) -> tuple[tuple[int, str], ...]:
        return ANSWERS[self.kind]


@dataclass(frozen=True, kw_only=True)
class ItemWords:
    """What somebody writes of an item."""

    words: str
    kind: str = SCALE
    whom_to_tell: bool = False
    right_answer: int | None = None
    source: str = OUR_SOURCE
    licence: str = OUR_LICENCE
    validated: bool = False


class ItemTooHard(Refusal):
    """A child of nine would stumble over it."""

    field = "words"


class ItemTwice(Refusal):
    field = "words"

    def __init__(self) -> None:
        super().__init__("You have an item in these words already.")


class SourceMissing(Refusal):
    """Words of somebody else's say whose they are, and by what right they stand here."""

    field = "source"

    def __init__(self) -> None:
        super().__init__("Say where the item comes from, and its licence.")


class RightAnswerMissing(Refusal):
    field = "right_answer"

    def __init__(self) -> None:
        super().__init__("Say whether the sentence is true or false.")


class NoSuchItem(NoSuch):
    pass


def add(partnership_id: int, item: ItemWords, *, who: str, now: datetime) -> QuestionItem:
    """A new item. Raises ItemTooHard, ItemTwice, SourceMissing, RightAnswerMissing."""
    words = " ".join(item.words.split())
    if why := too_hard(words):
        raise ItemTooHard(f"A child of nine should read it at once. {why}")
    if not item.source.strip() or not item.licence.strip():
        raise SourceMissing
    if item.kind == TRUE_OR_FALSE and item.right_answer is None:
        raise RightAnswerMissing
    partnerships.lock(partnership_id)
    if any(one.words == words for one in items_of_partnership(partnership_id)):
        raise ItemTwice
    row = QuestionItem(
        partnership_id=partnership_id,
        words=words,
        kind=item.kind,
        whom_to_tell=item.whom_to_tell and item.kind == SCALE,
        right_answer=item.right_answer if item.kind == TRUE_OR_FALSE else None,
        source=item.source.strip(),
        licence=item.licence.strip(),
        validated=item.validated,
        recorded_at=now,
        who=who,
    )
    db.session.add(row)
    db.session.flush()
    return row


def end(item: QuestionItem, *, now: datetime) -> None:
    """It is offered no more; questionnaires that have it keep it. Ended already, nothing happens."""
    if item.ended_at is None:
        item.ended_at = now
        db.session.flush()


def offer_again(item: QuestionItem) -> None:
    """It can be ticked again, the same item as before, so that years compare. Raises ItemTwice where its words stand
    anew."""
    if item.ended_at is not None:
        partnerships.lock(item.partnership_id)
        if any(one.words == item.words for one in items_of_partnership(item.partnership_id)):
            raise ItemTwice
        item.ended_at = None
        db.session.flush()


def get(item_id: int, *, partnership_id: int) -> QuestionItem:
    """Raises NoSuchItem for another partnership's, or none."""
    found = db.session.get(QuestionItem, item_id) if item_id < 2**31 else None
    if found is None or found.partnership_id != partnership_id:
        raise NoSuchItem("There is no such item here.")
    return found


def ended_of_partnership(partnership_id: int) -> list[QuestionItem]:
    """Those that are offered no more, in the order in which they were written."""
    return list(
        db.session.scalars(
            select(QuestionItem)
            .where(QuestionItem.partnership_id == partnership_id, QuestionItem.ended_at.is_not(None))
            .order_by(QuestionItem.id)
        )
    )


def items_of_partnership(partnership_id: int) -> list[QuestionItem]:
    """What can be asked: the items that stand, in the order in which they were written."""
    return list(
        db.session.scalars(
            select(QuestionItem)
            .where(QuestionItem.partnership_id == partnership_id, QuestionItem.ended_at.is_(None))
            .order_by(QuestionItem.id)
        )
    )


OURS = (
    ItemWords(
        words="If someone made me feel scared or pushed me to do things, I would know who to tell.",
        whom_to_tell=True,
    ),
    ItemWords(words="If I was worried about a friend, I would tell an adult I trust."),
    ItemWords(words="I know some signs that a person may not be a safe friend."),
    ItemWords(words="I could say no to a friend or an adult who asks me for something that feels wrong."),
    ItemWords(
        words="If an older person gives gifts to a child, it is always just kind.",
        kind=TRUE_OR_FALSE,
        right_answer=0,
    ),
    ItemWords(
        words="If someone is hurt or used by another person, it is never their own fault.",
        kind=TRUE_OR_FALSE,
        right_answer=1,
    ),
)
"""The items that come with the service: our own, and not validated."""
