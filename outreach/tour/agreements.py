"""Agreements by which one troupe tours for several partnerships, and the days on which it plays for another.

A partnership keeps its companies and troupes to itself; what they share is that a troupe of one is the same cast and
van as a troupe of another. A day on which it plays for one is taken for the others, a whole day: whether a road fits
could not be judged without telling where the other show is. Taken time is reckoned from what stands, never stored.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    Text,
    bindparam,
    select,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.sql.functions import FunctionElement

from outreach.ground.db import Base, Instant, db
from outreach.tour.companies import Troupe

NO_HOLDS = datetime(9999, 1, 1, tzinfo=UTC)
"""As of then no hold runs any more: asked so, a day is taken by what stands or is proposed alone."""


class TouringTroupe(Base):
    """A cast and its van as such, whoever's they are: nothing is known of them here but that they are one. Its row is
    the lock at which claims of several partnerships queue."""

    __tablename__ = "touring_troupe"

    id: Mapped[int] = mapped_column(primary_key=True)


class Agreement(Base):
    """That a troupe is this cast and van, from `begun_at` until `ended_at` (None: still). At most one is open of each
    troupe."""

    __tablename__ = "agreement"
    __table_args__ = (
        Index(
            "uq_agreement_troupe_id",
            "troupe_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index("ix_agreement_touring_troupe_id", "touring_troupe_id"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    troupe_id: Mapped[int] = mapped_column(ForeignKey("troupe.id"))
    touring_troupe_id: Mapped[int] = mapped_column(ForeignKey("touring_troupe.id"))
    begun_at: Mapped[datetime] = mapped_column(Instant)
    begun_by: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by: Mapped[str | None] = mapped_column(Text)

    troupe: Mapped[Troupe] = relationship()


class AgreementCode(Base):
    """A code that a troupe's side gives to another partnership, of which only a hash is kept. At most one of each
    troupe has not ended."""

    __tablename__ = "agreement_code"
    __table_args__ = (
        Index(
            "uq_agreement_code_troupe_id",
            "troupe_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL) AND (ended_as IS NULL OR ended_as IN ('used', 'replaced'))",
            name="ended",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    troupe_id: Mapped[int] = mapped_column(ForeignKey("troupe.id"))
    code_hash: Mapped[str] = mapped_column(Text, unique=True)
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_as: Mapped[str | None] = mapped_column(Text)

    troupe: Mapped[Troupe] = relationship()


def of_troupe(troupe_id: int) -> Agreement | None:
    """The agreement of a troupe that is open; None where it has none."""
    return db.session.scalar(
        select(Agreement).where(Agreement.troupe_id == troupe_id, Agreement.ended_at.is_(None))
    )


def taken_days(
    troupe_ids: Collection[int], first: date, last: date, *, now: datetime
) -> set[tuple[int, date]]:
    """(troupe, date) of each day from `first` to `last`, both included, on which one of these troupes plays for another
    partnership, or a time is held there. One query, which asks PostgreSQL day by day: for a year or so, not longer."""
    statement = _TAKEN_DAYS[db.engine.dialect.name]
    asked = {"troupes": sorted(set(troupe_ids)), "first": first, "last": last, "now": now}
    return {(row.troupe_id, row.day) for row in db.session.execute(statement, asked)}


def is_taken(troupe_id: int, day: date, *, now: datetime) -> bool:
    """The same of one day."""
    return bool(taken_days([troupe_id], day, day, now=now))


# What a troupe plays for others: `outreach_taken` of the migration says the same behind PostgreSQL's walls, where a
# partnership cannot read another's rows.
_FOR_OTHERS = """FROM agreement mine
    JOIN agreement theirs ON theirs.touring_troupe_id = mine.touring_troupe_id AND theirs.id <> mine.id
        AND theirs.ended_at IS NULL
    JOIN tour_day away ON away.troupe_id = theirs.troupe_id AND away.ended_at IS NULL
    JOIN performance theirs_show ON theirs_show.tour_day_id = away.id AND theirs_show.released_at IS NULL
    WHERE mine.ended_at IS NULL"""

_TAKEN_DAYS = {
    dialect: text(statement)
    .bindparams(
        bindparam("troupes", expanding=True),
        bindparam("first", type_=Date()),
        bindparam("last", type_=Date()),
        bindparam("now", type_=Instant()),
    )
    .columns(troupe_id=Integer(), day=Date())
    for dialect, statement in {
        "sqlite": f"""SELECT DISTINCT mine.troupe_id, away.day {_FOR_OTHERS} AND mine.troupe_id IN :troupes
            AND away.day BETWEEN :first AND :last
            AND (theirs_show.held_until IS NULL OR theirs_show.held_until > :now)""",
        "postgresql": """SELECT mine.troupe_id, CAST(each AS date) AS day FROM agreement mine
            CROSS JOIN generate_series(CAST(:first AS timestamp), CAST(:last AS timestamp), '1 day') AS each
            WHERE mine.ended_at IS NULL AND mine.troupe_id IN :troupes
            AND outreach_taken(mine.troupe_id, CAST(each AS date), :now)""",
    }.items()
}


class taken_on(FunctionElement[bool]):  # noqa: N801 (SQLAlchemy names functions of SQL in lower case)
    """Of columns with a troupe and a date, and an instant: whether the day is taken. For statements that read days
    anyway."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, troupe_id: Any, day: Any, at: ColumnElement[datetime]) -> None:
        super().__init__(troupe_id, day, at)


@compiles(taken_on, "sqlite")
def _taken_on_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    troupe, day, at = (compiler.process(each, **more) for each in element.clauses)
    return f"""EXISTS (SELECT 1 {_FOR_OTHERS} AND mine.troupe_id = {troupe} AND away.day = {day}
        AND (theirs_show.held_until IS NULL OR theirs_show.held_until > {at}))"""


@compiles(taken_on, "postgresql")
def _taken_on_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    troupe, day, at = (compiler.process(each, **more) for each in element.clauses)
    return f"""EXISTS (SELECT 1 FROM agreement mine WHERE mine.ended_at IS NULL AND mine.troupe_id = {troupe}
        AND outreach_taken(mine.troupe_id, {day}, {at}))"""
