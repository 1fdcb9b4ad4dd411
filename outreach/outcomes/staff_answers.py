"""Answers of staff who saw a show: what pupils took from it, what was used since, what to change."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from outreach.booking.promises import FAILED, Booking
from outreach.ground import erasures, history
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import NoSuch, Refusal
from outreach.tour.programmes import Programme

SOON, LATER = "soon", "later"
LATER_FROM = timedelta(weeks=10)
"""So long after the show an answer is one of the time three months later, for which staff are asked again."""

IMPACTS = (
    (5, "A great deal"),
    (4, "Quite a lot"),
    (3, "Something"),
    (2, "Little"),
    (1, "Nothing"),
)
"""How much pupils took from it, in the eyes of one member of staff; the first is the best."""

LESSON, TUTOR_TIME, ASSEMBLY, ALONE = "lesson", "tutor time", "assembly", "one to one"
USES = (LESSON, TUTOR_TIME, ASSEMBLY, ALONE)
"""Where staff came back to it since."""

LONGEST_WORDS = 1000
MOST_OF_A_VISIT = 300
"""Forms at each moment: the largest schools have some 250 staff; whoever sends more fills the pages of coordinators."""


class StaffAnswer(Base):
    """One form that one member of staff sent by the school's link; nobody's name is kept with it.

    `impact` of IMPACTS, None where it was left out. `used_words`, `change_words`: in their own words, for coordinators
    alone. `erased_at`: the words named a child and are gone. `form_key`: the form's own, so that it is kept once.
    """

    __tablename__ = "staff_answer"
    __table_args__ = (
        CheckConstraint("moment IN ('soon', 'later')", name="moment"),
        CheckConstraint("impact BETWEEN 1 AND 5", name="impact"),
        CheckConstraint("(erased_at IS NULL) = (erased_by IS NULL)", name="erased_by"),
        CheckConstraint("erased_at IS NULL OR (used_words = '' AND change_words = '')", name="erased"),
        CheckConstraint("length(form_key) BETWEEN 1 AND 64", name="form_key"),
        UniqueConstraint("booking_id", "form_key"),
        key_within_partnership("booking_id", "booking"),
        Index("ix_staff_answer_partnership", "partnership_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    booking_id: Mapped[int]
    form_key: Mapped[str] = mapped_column(Text)
    moment: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    impact: Mapped[int | None]
    used_lesson: Mapped[bool]
    used_tutor_time: Mapped[bool]
    used_assembly: Mapped[bool]
    used_one_to_one: Mapped[bool]
    used_words: Mapped[str] = mapped_column(Text)
    change_words: Mapped[str] = mapped_column(Text)
    erased_at: Mapped[datetime | None] = mapped_column(Instant)
    erased_by: Mapped[str | None] = mapped_column(Text)

    booking: Mapped[Booking] = relationship(primaryjoin="foreign(StaffAnswer.booking_id) == Booking.id")

    def used(self) -> list[str]:
        ticked = (self.used_lesson, self.used_tutor_time, self.used_assembly, self.used_one_to_one)
        return [use for use, was in zip(USES, ticked, strict=True) if was]


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one member of staff says; all of it may be left out but not everything."""

    impact: int | None = None
    used: Collection[str] = ()
    used_words: str = ""
    change_words: str = ""


class NothingSaid(Refusal):
    field = "impact"

    def __init__(self) -> None:
        super().__init__("Answer one of the questions.")


class NotAsked(Refusal):
    """The show has not begun, did not take place, or was cancelled."""

    def __init__(self) -> None:
        super().__init__("There is nothing to ask about this show.")


class EnoughOfStaff(Refusal):
    def __init__(self) -> None:
        super().__init__(f"Your school has sent {MOST_OF_A_VISIT} of these already. That is all we can take.")


class NoSuchAnswer(NoSuch):
    pass


def moment_of(booking: Booking, now: datetime) -> str:
    """Whether one is asked straight after the show, or three months later."""
    return LATER if now >= booking.performance.starts_at + LATER_FROM else SOON


def is_asked(booking: Booking, *, now: datetime) -> bool:
    """Whether staff may say something of this show."""
    over = now >= booking.performance.starts_at
    return over and booking.ended_at is None and booking.outcome != FAILED


def answer(booking: Booking, said: Said, *, form_key: str, now: datetime) -> None:
    """Keep one form; sent twice, it is kept once. Raises NothingSaid, NotAsked, EnoughOfStaff."""
    if not is_asked(booking, now=now):
        raise NotAsked
    used_words, change_words = said.used_words.strip(), said.change_words.strip()
    if said.impact is None and not said.used and not used_words and not change_words:
        raise NothingSaid
    moment = moment_of(booking, now)
    if _how_many(booking.id, moment) >= MOST_OF_A_VISIT and not _kept(booking.id, form_key):
        raise EnoughOfStaff
    row = StaffAnswer(
        partnership_id=booking.partnership_id,
        booking_id=booking.id,
        form_key=form_key,
        moment=moment,
        recorded_at=now,
        impact=said.impact,
        used_lesson=LESSON in said.used,
        used_tutor_time=TUTOR_TIME in said.used,
        used_assembly=ASSEMBLY in said.used,
        used_one_to_one=ALONE in said.used,
        used_words=used_words,
        change_words=change_words,
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        if not _kept(booking.id, form_key):
            raise


def _how_many(booking_id: int, moment: str) -> int:
    sent = select(func.count()).where(StaffAnswer.booking_id == booking_id, StaffAnswer.moment == moment)
    return db.session.scalar(sent) or 0


def _kept(booking_id: int, form_key: str) -> bool:
    found = select(StaffAnswer.id).where(
        StaffAnswer.booking_id == booking_id, StaffAnswer.form_key == form_key
    )
    return db.session.scalar(found) is not None


def get(answer_id: int, *, partnership_id: int) -> StaffAnswer:
    """Raises NoSuchAnswer for another partnership's, or none."""
    found = db.session.get(StaffAnswer, answer_id) if answer_id < 2**31 else None
    if found is None or found.partnership_id != partnership_id:
        raise NoSuchAnswer("There is no such answer here.")
    return found


def erase(answer_id: int, *, partnership_id: int, who: str, now: datetime) -> None:
    """Its words name a child: they go for good, and no history has them; what was chosen stays. Erased already,
    nothing happens. Raises NoSuchAnswer."""
    found = get(answer_id, partnership_id=partnership_id)
    if found.erased_at is None:
        erasures.noted(StaffAnswer, StaffAnswer.id == found.id, column="used_words")
        found.used_words = found.change_words = ""
        found.erased_at, found.erased_by = now, who
        db.session.flush()
        history.record("erased what a member of staff wrote", found.booking, who=who, now=now)


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Of one moment: how many forms came, from how many schools, how many chose each impact, and each use."""

    answers: int
    schools: int
    impacts: dict[int, int]
    uses: dict[str, int]


def of_programme(programme: Programme) -> list[StaffAnswer]:
    """All that staff said, the newest first, with booking, school and show; one query."""
    return list(
        db.session.scalars(
            select(StaffAnswer)
            .join(StaffAnswer.booking)
            .join(Booking.organisation)
            .join(Booking.performance)
            .where(Booking.programme_id == programme.id)
            .options(
                contains_eager(StaffAnswer.booking).options(
                    contains_eager(Booking.organisation), contains_eager(Booking.performance)
                )
            )
            .order_by(StaffAnswer.recorded_at.desc(), StaffAnswer.id.desc())
        )
    )


def sums(answers: Sequence[StaffAnswer], moment: str) -> Sums:
    theirs = [row for row in answers if row.moment == moment]
    return Sums(
        answers=len(theirs),
        schools=len({row.booking.organisation_id for row in theirs}),
        impacts=dict(Counter(row.impact for row in theirs if row.impact is not None)),
        uses=dict(Counter(use for row in theirs for use in row.used())),
    )
