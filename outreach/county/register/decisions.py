"""The changes of the register that wait for a coordinator's decision, and those that were decided: rows and
lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, Text, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from outreach.county import corrections
from outreach.county.partnerships import Authority
from outreach.county.register import noticing
from outreach.county.register.noticing import LEAVING, OPENED
from outreach.county.schools import RegisterImport, School
from outreach.ground.db import Base, Instant, db, made_once, plain_rows
from outreach.ground.errors import NoSuch

ACCEPTED, KEPT, OVERTAKEN = "accepted", "kept ours", "overtaken"


class RegisterChange(Base):
    """One fact of one school that an import changed. `settled_at` None: it waits for a coordinator.

    `before` and `after` are the register's own words as text ('' unknown); `la_code` is whose coordinators it
    concerns.
    """

    __tablename__ = "register_change"
    __table_args__ = (
        UniqueConstraint("import_id", "urn", "field"),
        Index(
            "uq_register_change_open",
            "urn",
            "field",
            unique=True,
            postgresql_where=text("settled_at IS NULL"),
            sqlite_where=text("settled_at IS NULL"),
        ),
        Index("ix_register_change_la_code", "la_code", "settled_at"),
        CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="settled"),
        CheckConstraint("outcome IN ('accepted', 'kept ours', 'overtaken')", name="outcome"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    urn: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    import_id: Mapped[int] = mapped_column(ForeignKey("register_import.id"))
    la_code: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    field: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(Text, default="")
    after: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(Text)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by: Mapped[str | None] = mapped_column(Text)

    school: Mapped[School] = relationship()
    register_import: Mapped[RegisterImport] = relationship()

    @property
    def can_be_kept(self) -> bool:
        """Whether there is a word of ours to keep: a new school has none, and an authority is the register's
        to say."""
        return self.kind != LEAVING and self.field != OPENED


class NoSuchChange(NoSuch):
    def __init__(self) -> None:
        super().__init__("There is no such change.")


def get(change_id: int, partnership_id: int) -> RegisterChange:
    """A change that concerns this partnership. Raises NoSuchChange."""
    found = db.session.scalar(_of(partnership_id).where(RegisterChange.id == change_id))
    if found is None:
        raise NoSuchChange
    return found


def waiting(partnership_id: int) -> int:
    """How many changes wait for the coordinators of a partnership; one query."""
    query = select(func.count(RegisterChange.id)).where(
        RegisterChange.la_code.in_(_codes(partnership_id)), RegisterChange.settled_at.is_(None)
    )
    return db.session.scalar(query) or 0


def schools_waiting(partnership_id: int) -> Sequence[int]:
    """The URN of the school of each that waits; one query."""
    return [urn for (urn,) in plain_rows(*_schools_waiting(partnership_id))]


@made_once
def _schools_waiting(partnership_id: int) -> Select[int]:
    query = select(RegisterChange.urn).where(
        RegisterChange.la_code.in_(_codes(partnership_id)), RegisterChange.settled_at.is_(None)
    )
    return query.order_by(RegisterChange.id)


def to_decide(partnership_id: int) -> list[RegisterChange]:
    """What waits, with its school and import: what touches most first, then by school; one query."""
    rows = db.session.scalars(_of(partnership_id).where(RegisterChange.settled_at.is_(None)))
    order = {kind: place for place, kind in enumerate(noticing.KINDS)}
    return sorted(rows, key=lambda c: (order.get(c.kind, len(order)), c.school.name, c.urn, c.id))


def decided(partnership_id: int, *, first: int = 0, most: int = 50) -> list[RegisterChange]:
    """What was dealt with, the newest decision first."""
    query = _of(partnership_id).where(RegisterChange.settled_at.is_not(None))
    newest = query.order_by(RegisterChange.settled_at.desc(), RegisterChange.id.desc())
    return list(db.session.scalars(newest.offset(first).limit(most)))


def count_decided(partnership_id: int) -> int:
    return (
        db.session.scalar(
            select(func.count(RegisterChange.id)).where(
                RegisterChange.la_code.in_(_codes(partnership_id)), RegisterChange.settled_at.is_not(None)
            )
        )
        or 0
    )


def of_school(urn: int, partnership_id: int) -> list[RegisterChange]:
    """All that imports changed of one school and that mattered to a partnership, newest first."""
    query = select(RegisterChange).where(
        RegisterChange.urn == urn, RegisterChange.la_code.in_(_codes(partnership_id))
    )
    return list(db.session.scalars(query.order_by(RegisterChange.id.desc())))


def _of(partnership_id: int) -> Select[RegisterChange]:
    return (
        select(RegisterChange)
        .join(RegisterChange.school)
        .join(RegisterChange.register_import)
        .where(RegisterChange.la_code.in_(_codes(partnership_id)))
        .options(contains_eager(RegisterChange.school), contains_eager(RegisterChange.register_import))
    )


def _codes(partnership_id: int) -> Select[str]:
    return select(Authority.la_code).where(Authority.partnership_id == partnership_id)


def fact(change: RegisterChange, said: str) -> Any:
    """A change's text as the fact it stands for: a day, a number, words, None for unknown."""
    return corrections.value_of(change.field, said) if change.field in corrections.FIELDS else said
