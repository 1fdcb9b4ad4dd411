"""Record of moves in the diary, from where to where, so that each can be put back the same day."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from outreach.ground.db import Base, Instant, db
from outreach.ground.timespans import day_of, local
from outreach.tour.days import TourDay
from outreach.tour.over_lunch import KeptOut
from outreach.tour.performances import Performance, Slot


class DiaryMove(Base):
    """One show, or one time kept for a school, put somewhere else. `told`: its school was written to.

    `sequence` is the performance's after the move: with another one, it was moved again since. `was_beyond`: of
    a place that the rules would not have offered any more when it left it (a night came after it, longer roads),
    what `was_place` puts it back into; None: they would. `swap`: a key that the moves of two that changed places
    have in common.
    """

    __tablename__ = "diary_move"
    __table_args__ = (
        CheckConstraint("undone_at IS NULL OR undone_by <> ''", name="undone"),
        Index("ix_diary_move_programme_id", "programme_id", "recorded_at"),
        Index("uq_diary_move_performance_id_sequence", "performance_id", "sequence", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    performance_id: Mapped[int] = mapped_column(ForeignKey("performance.id"))
    sequence: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    was_tour_day_id: Mapped[int] = mapped_column(ForeignKey("tour_day.id"))
    was_starts_at: Mapped[datetime] = mapped_column(Instant)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    was_beyond: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    minutes_saved: Mapped[int]
    told: Mapped[bool]
    swap: Mapped[str | None] = mapped_column(Text)
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by: Mapped[str] = mapped_column(Text, default="", server_default="")

    performance: Mapped[Performance] = relationship()
    was_tour_day: Mapped[TourDay] = relationship()

    def is_of_today(self, now: datetime) -> bool:
        """It can be undone until the end of the day on which it was made."""
        return day_of(self.recorded_at) == day_of(now)

    @property
    def was_place(self) -> Slot | None:
        """The place that it left, exactly as it had it; None where the rules offered it."""
        if self.was_beyond is None:
            return None
        at = local(self.was_starts_at)
        return Slot(
            tour_day_id=self.was_tour_day_id,
            troupe_id=self.was_tour_day.troupe_id,
            day=at.date(),
            start_minute=at.hour * 60 + at.minute,
            extra_minutes=0,
            why="",
            **self.was_beyond
            | {"beside": tuple((key, minutes) for key, minutes in self.was_beyond["beside"])}
            | {"lunch": KeptOut(*lunch) if (lunch := self.was_beyond.get("lunch")) else None},
        )

    def stands(self) -> bool:
        """Whether the show is where this move put it, and was not put back."""
        show = self.performance
        return self.undone_at is None and show.released_at is None and show.sequence == self.sequence


def beyond(place: Slot) -> dict[str, Any]:
    """A place as `was_beyond` keeps it."""
    kept = ("show_minutes", "get_in_minutes", "get_out_minutes", "beside", "lunch", "over_lunch")
    return {name: getattr(place, name) for name in kept}


def get(move_id: int, programme_ids: Collection[int]) -> DiaryMove | None:
    """One move of these programmes; None for another's or none."""
    found = db.session.get(DiaryMove, move_id)
    return found if found is not None and found.programme_id in programme_ids else None


def of_deed(made: DiaryMove) -> list[DiaryMove]:
    """The moves of the deed that one belongs to, in order: itself, or both of a swap; at most one query."""
    if made.swap is None:
        return [made]
    both = select(DiaryMove).where(DiaryMove.programme_id == made.programme_id, DiaryMove.swap == made.swap)
    return list(db.session.scalars(both.order_by(DiaryMove.id)))


SHOWN = 20
"""Moves of today that are listed."""


def of_today(programme_id: int, *, now: datetime) -> list[DiaryMove]:
    """What was moved today and still stands there, the newest first, no swap cut in two; one query."""
    rows = db.session.scalars(
        select(DiaryMove)
        .join(DiaryMove.performance)
        .where(
            DiaryMove.programme_id == programme_id,
            DiaryMove.undone_at.is_(None),
            DiaryMove.sequence == Performance.sequence,
            Performance.released_at.is_(None),
        )
        .options(joinedload(DiaryMove.performance).joinedload(Performance.host))
        .order_by(DiaryMove.id.desc())
        .limit(SHOWN + 1)
    )
    found = [row for row in rows if row.is_of_today(now)]
    cut = found[SHOWN:]
    return found[:SHOWN] + [row for row in cut if row.swap is not None and row.swap == found[SHOWN - 1].swap]
