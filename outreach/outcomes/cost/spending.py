"""Spending of a programme besides its company's days: entered by day and words, changed and taken out with an undo.

Each entry is a chain of rows under one key, of which at most one stands: a change ends it and adds another, so that
what was known on any day stays known.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, or_, select, text
from sqlalchemy.orm import Mapped, aliased, mapped_column

from outreach.county import partnerships
from outreach.ground import history
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import NoSuch, Refusal
from outreach.tour.programmes import Programme

LONGEST = 120
"""Characters of what an entry is for."""

MOST = 100_000_000
"""Pence of one entry: a million pounds."""

ENTERED, CHANGED, TAKEN_OUT, UNDONE = "entered", "changed", "taken out", "undone"


class NothingSpent(Refusal):
    field = "pounds"


class NoSuchSpending(NoSuch):
    """There is none, or it is another partnership's."""


class ChangedSince(Refusal):
    """The entry was changed, or taken out, after this."""


class Spending(Base):
    """One entry as it was typed. `pence` below nought is money that came back; `entry` is alike in all rows of one
    entry, and made with the form, so that a form sent twice enters once. `ended_at`: changed or taken out then.
    """

    __tablename__ = "spending"
    in_history = ("spending", "id")
    __table_args__ = (
        CheckConstraint("pence <> 0 AND pence BETWEEN -100000000 AND 100000000", name="pence"),
        CheckConstraint("words <> '' AND entry <> ''", name="said"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
        key_within_partnership("programme_id", "programme"),
        UniqueConstraint("id", "partnership_id"),
        Index("ix_spending_programme", "programme_id", "day"),
        Index(
            "uq_spending_standing",
            "programme_id",
            "entry",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    programme_id: Mapped[int]
    entry: Mapped[str] = mapped_column(Text)
    day: Mapped[date]
    words: Mapped[str] = mapped_column(Text)
    pence: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What one types of an entry."""

    day: date
    words: str
    pence: int


def enter(programme: Programme, what: Spent, *, entry: str, who: str, now: datetime) -> Spending:
    """Keep an entry; the same form sent twice keeps one. Raises NothingSpent."""
    partnerships.lock(programme.partnership_id)
    _check(what)
    known = _rows(programme.id, entry)
    if known:
        return known[0]
    return _add(programme.partnership_id, programme.id, entry, what, ENTERED, who=who, now=now)


def change(row: Spending, what: Spent, *, who: str, now: datetime) -> Spending:
    """The entry says this from now on. Raises NothingSpent, ChangedSince."""
    partnerships.lock(row.partnership_id)
    _check(what)
    if row.ended_at is not None:
        raise ChangedSince("This entry was changed or taken out since. Look at how it stands now.")
    if what == _said(row):
        return row
    _end(row, who=who, now=now)
    return _add(row.partnership_id, row.programme_id, row.entry, what, CHANGED, before=row, who=who, now=now)


def take_out(row: Spending, *, who: str, now: datetime) -> None:
    """The entry counts no more. Raises ChangedSince."""
    partnerships.lock(row.partnership_id)
    if row.ended_at is not None:
        raise ChangedSince("This entry was changed or taken out already.")
    _end(row, who=who, now=now)
    history.record(TAKEN_OUT, row, who=who, now=now, before=_packed(_said(row)))
    db.session.flush()


def undo(row: Spending, *, who: str, now: datetime) -> None:
    """Take the last deed about the entry back: of the row that stands, that it was entered or changed; of one that
    was taken out, that. Raises ChangedSince."""
    partnerships.lock(row.partnership_id)
    newest = _rows(row.programme_id, row.entry)[0]
    if newest.id != row.id:
        raise ChangedSince("This entry was changed since. Look at how it stands now.")
    if row.ended_at is not None:
        _add(
            row.partnership_id, row.programme_id, row.entry, _said(row), UNDONE, who=who, now=now, before=row
        )
        return
    before = was_before(row)
    _end(row, who=who, now=now)
    if before is None:
        history.record(UNDONE, row, who=who, now=now, before=_packed(_said(row)))
        db.session.flush()
        return
    _add(row.partnership_id, row.programme_id, row.entry, _said(before), UNDONE, who=who, now=now, before=row)


def was_before(row: Spending) -> Spending | None:
    """The row that this one replaced; None where it was entered, or put back."""
    return next(
        (
            other
            for other in _rows(row.programme_id, row.entry)
            if other.id < row.id and other.ended_at == row.recorded_at
        ),
        None,
    )


def get(partnership_id: int, spending_id: int) -> Spending:
    """An entry's row of this partnership, standing or not. Raises NoSuchSpending."""
    found = db.session.scalar(
        select(Spending).where(Spending.id == spending_id, Spending.partnership_id == partnership_id)
    )
    if found is None:
        raise NoSuchSpending("There is no such entry here.")
    return found


def newest_of(partnership_id: int, spending_id: int) -> Spending | None:
    """The same, while nothing was done with its entry since; one query."""
    other = aliased(Spending)
    return db.session.scalar(
        select(Spending)
        .where(Spending.id == spending_id, Spending.partnership_id == partnership_id)
        .where(
            ~select(other.id)
            .where(
                other.programme_id == Spending.programme_id,
                other.entry == Spending.entry,
                other.id > Spending.id,
            )
            .exists()
        )
    )


def of_programme(programme_id: int, *, by: datetime | None = None) -> list[Spending]:
    """The entries that stand, or stood `by` a moment, by day; one query."""
    known = select(Spending).where(Spending.programme_id == programme_id)
    if by is None:
        known = known.where(Spending.ended_at.is_(None))
    else:
        known = known.where(
            Spending.recorded_at < by, or_(Spending.ended_at.is_(None), Spending.ended_at >= by)
        )
    return list(db.session.scalars(known.order_by(Spending.day, Spending.id)))


def _rows(programme_id: int, entry: str) -> list[Spending]:
    """All rows of one entry, the newest first."""
    return list(
        db.session.scalars(
            select(Spending)
            .where(Spending.programme_id == programme_id, Spending.entry == entry)
            .order_by(Spending.id.desc())
        )
    )


def _check(what: Spent) -> None:
    if not what.pence:
        raise NothingSpent("Enter what it came to, in pounds.")


def _said(row: Spending) -> Spent:
    return Spent(day=row.day, words=row.words, pence=row.pence)


def _packed(what: Spent) -> dict[str, object]:
    """Without the words: what is in the history can never be taken out again."""
    return {"day": what.day.isoformat(), "pence": what.pence}


def _end(row: Spending, *, who: str, now: datetime) -> None:
    row.ended_at, row.ended_by = now, who
    db.session.flush()


def _add(
    partnership_id: int,
    programme_id: int,
    entry: str,
    what: Spent,
    deed: str,
    *,
    who: str,
    now: datetime,
    before: Spending | None = None,
) -> Spending:
    made = Spending(
        partnership_id=partnership_id,
        programme_id=programme_id,
        entry=entry,
        day=what.day,
        words=what.words,
        pence=what.pence,
        recorded_at=now,
        who=who,
    )
    db.session.add(made)
    db.session.flush()
    history.record(
        deed, made, who=who, now=now, before=_packed(_said(before)) if before else None, after=_packed(what)
    )
    return made
