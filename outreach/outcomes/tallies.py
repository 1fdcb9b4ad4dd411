"""Tallies: answers given on paper and counted by item. They join the sums of items, and no pupil's joint answers."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import history
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.timespans import day_of
from outreach.outcomes import expected, questionnaires, waves
from outreach.outcomes.waves import NOT_YET, AnswerWave
from outreach.tour.programmes import Programme

PAPER_COMES_IN = timedelta(days=14)
"""After a wave's last day: until then sheets that come back may be counted. Then its sums may be released, and stay."""


class AnswerTally(Base):
    """One pile of sheets that somebody counted; it may be withdrawn, and counted anew."""

    __tablename__ = "answer_tally"
    __table_args__ = (
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
        UniqueConstraint("id", "partnership_id"),
        key_within_partnership("wave_id", "answer_wave"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    wave_id: Mapped[int] = mapped_column(index=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[str | None] = mapped_column(Text)


class AnswerTallyCount(Base):
    """How many of a pile gave one answer to one item."""

    __tablename__ = "answer_tally_count"
    __table_args__ = (
        CheckConstraint("value BETWEEN 0 AND 5", name="value"),
        CheckConstraint("number > 0", name="number"),
        key_within_partnership("tally_id", "answer_tally"),
        key_within_partnership("item_id", "question_item"),
    )

    tally_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    partnership_id: Mapped[int]
    number: Mapped[int]


class NothingCounted(Refusal):
    def __init__(self) -> None:
        super().__init__("Enter how many gave each answer.")


class MoreThanCame(Refusal):
    """More sheets than pupils: one of them was counted twice, or belongs to another show."""


class NotNow(Refusal):
    """The wave has not begun, or ended too long ago."""


class NoSuchTally(NoSuch):
    pass


def count(
    wave: AnswerWave, numbers: Mapping[tuple[int, int], int], *, who: str, now: datetime
) -> AnswerTally:
    """Keep a pile of sheets: {(item, answer): how many}. Raises NothingCounted, MoreThanCame, NotNow."""
    waves.lock(wave)
    if wave.state(now) == NOT_YET:
        raise NotNow("This wave has not begun: there can be no sheets yet.")
    _not_too_late(wave, now)
    asked = {item.id: item for item in questionnaires.items_of(wave.questionnaire_id)}
    kept = {
        (item_id, value): number
        for (item_id, value), number in numbers.items()
        if number > 0 and item_id in asked and value in dict(asked[item_id].answers)
    }
    if not kept:
        raise NothingCounted
    most = expected.at_most(wave.performance, now=now) - expected.came(wave).kept
    before = dict(_sums(wave.id))
    for item_id in asked:
        pile = sum(number for (of, _), number in kept.items() if of == item_id)
        if pile + before.get(item_id, 0) > max(most, 0):
            raise MoreThanCame(
                f"‘{asked[item_id].words}’ would have more answers than pupils who came. Count that line again."
            )
    row = AnswerTally(partnership_id=wave.partnership_id, wave_id=wave.id, recorded_at=now, who=who)
    db.session.add(row)
    db.session.flush()
    db.session.add_all(
        AnswerTallyCount(
            tally_id=row.id, partnership_id=row.partnership_id, item_id=item_id, value=value, number=number
        )
        for (item_id, value), number in sorted(kept.items())
    )
    db.session.flush()
    _noted("counted answers on paper", wave, who=who, now=now)
    return row


def withdraw(tally: AnswerTally, *, who: str, now: datetime) -> None:
    """It was miscounted: it stands in no sum. Withdrawn already, nothing happens. Raises NotNow."""
    if tally.withdrawn_at is None:
        _not_too_late(db.session.get_one(AnswerWave, tally.wave_id), now)
        tally.withdrawn_at, tally.withdrawn_by = now, who
        db.session.flush()
        wave = db.session.get_one(AnswerWave, tally.wave_id)
        _noted("withdrew answers on paper", wave, who=who, now=now)


def of_wave(wave_id: int) -> list[tuple[AnswerTally, int]]:
    """The piles that stand, the newest first, each with the most answers that one of its items has; one query."""
    by_item = (
        select(AnswerTallyCount.tally_id, func.sum(AnswerTallyCount.number).label("number"))
        .group_by(AnswerTallyCount.tally_id, AnswerTallyCount.item_id)
        .subquery()
    )
    rows = db.session.execute(
        select(AnswerTally, func.max(by_item.c.number))
        .join(by_item, by_item.c.tally_id == AnswerTally.id)
        .where(AnswerTally.wave_id == wave_id, AnswerTally.withdrawn_at.is_(None))
        .group_by(AnswerTally.id)
        .order_by(AnswerTally.id.desc())
    )
    return [(tally, int(most)) for tally, most in rows]


def counts_of_waves(wave_ids: Collection[int]) -> list[tuple[int, int, int, int]]:
    """(wave, item, answer, how many) of some waves, from all piles that stand; one query."""
    rows = db.session.execute(
        select(
            AnswerTally.wave_id,
            AnswerTallyCount.item_id,
            AnswerTallyCount.value,
            func.sum(AnswerTallyCount.number),
        )
        .join(AnswerTally, AnswerTally.id == AnswerTallyCount.tally_id)
        .where(AnswerTally.wave_id.in_(wave_ids), AnswerTally.withdrawn_at.is_(None))
        .group_by(AnswerTally.wave_id, AnswerTallyCount.item_id, AnswerTallyCount.value)
        .order_by(AnswerTally.wave_id, AnswerTallyCount.item_id, AnswerTallyCount.value)
    )
    return [(wave_id, item_id, value, int(number)) for wave_id, item_id, value, number in rows]


def get(tally_id: int, *, partnership_id: int) -> AnswerTally:
    """Raises NoSuchTally for another partnership's, or none."""
    found = db.session.get(AnswerTally, tally_id) if tally_id < 2**31 else None
    if found is None or found.partnership_id != partnership_id:
        raise NoSuchTally("There is no such count here.")
    return found


def _not_too_late(wave: AnswerWave, now: datetime) -> None:
    if day_of(now) > wave.last_day() + PAPER_COMES_IN:
        raise NotNow("This wave ended more than two weeks ago. Its sums stay as they are.")


def _sums(wave_id: int) -> list[tuple[int, int]]:
    found: dict[int, int] = {}
    for _, item_id, _, number in counts_of_waves([wave_id]):
        found[item_id] = found.get(item_id, 0) + number
    return sorted(found.items())


def _noted(what: str, wave: AnswerWave, *, who: str, now: datetime) -> None:
    programme = db.session.get_one(Programme, wave.performance.programme_id)
    after = {"performance": wave.performance_id, "wave": wave.kind}
    history.record(what, programme, who=who, now=now, after=after)
