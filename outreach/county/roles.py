"""Roles of the people of a partnership: one at a time, given and taken dated."""

from datetime import datetime
from typing import Protocol

from sqlalchemy import CheckConstraint, Index, Text, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import Refusal

LEAD, COORDINATOR, READER, BOARD, COMPANY = "lead", "coordinator", "reader", "board", "company"

NAMES = {
    LEAD: "lead coordinator",
    COORDINATOR: "coordinator",
    READER: "reader",
    BOARD: "board member",
    COMPANY: "company member",
}
"""What pages call them, the one who may most first."""

MEANS = {
    LEAD: "Does everything here: people, settings, publishing and the wording of letters too.",
    COORDINATOR: "Plans and books, writes letters, takes lists out. No people, settings, publishing or wording.",
    READER: "Sees the desk, changes nothing, and takes out nothing with a person in it.",
    BOARD: "Reads the reports that were published, nothing else.",
    COMPANY: "Sees the company’s own tour and reports on it: days, sheets, availability. Nothing of the desk.",
}
"""Each in a sentence, for who chooses; county/who_may.py is the rule."""


class LastLead(Refusal):
    """Nobody would be left who may manage people and settings."""

    field = "role"


class ItsCompany(Refusal):
    """A company member belongs to one company; nobody else does."""

    field = "role"


class CompanyOfRole(Protocol):
    """The company to which a company member belongs."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...


class PersonRole(Base):
    """What somebody was here, from `given_at` until `taken_at`; never another role at the same time. `company_id`:
    whose tour a company member sees, all troupes of it; None in every other role. A partnership that has people always
    has a lead coordinator among them who has not left: the database refuses the rest."""

    __tablename__ = "person_role"
    __table_args__ = (
        key_within_partnership("person_id", "person"),
        key_within_partnership("company_id", "company"),
        Index(
            "uq_person_role_standing",
            "person_id",
            unique=True,
            sqlite_where=text("taken_at IS NULL"),
            postgresql_where=text("taken_at IS NULL"),
        ),
        Index("ix_person_role_partnership_id_role", "partnership_id", "role"),
        CheckConstraint(f"role IN {tuple(NAMES)}", name="role"),
        CheckConstraint(f"(role = '{COMPANY}') = (company_id IS NOT NULL)", name="company"),
        CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", name="taken"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    person_id: Mapped[int]
    role: Mapped[str] = mapped_column(Text)
    company_id: Mapped[int | None]
    given_at: Mapped[datetime] = mapped_column(Instant)
    given_by: Mapped[str] = mapped_column(Text)
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    taken_by: Mapped[str | None] = mapped_column(Text)


def give(
    partnership_id: int,
    person_id: int,
    role: str,
    *,
    company: CompanyOfRole | None = None,
    who: str,
    now: datetime,
) -> None:
    """One who has no role gets this one. Raises ItsCompany."""
    if role == COMPANY and company is None:
        raise ItsCompany("Choose which company they belong to.")
    if role != COMPANY and company is not None:
        raise ItsCompany(f"A {NAMES[role]} belongs to no company.")
    db.session.add(
        PersonRole(
            partnership_id=partnership_id,
            person_id=person_id,
            role=role,
            company_id=company.id if company else None,
            given_at=now,
            given_by=who,
        )
    )
    db.session.flush()


def take(person_id: int, *, who: str, now: datetime) -> None:
    """They have no role any more; none to take is nothing done."""
    standing = db.session.scalar(
        select(PersonRole)
        .where(PersonRole.person_id == person_id, PersonRole.taken_at.is_(None))
        .execution_options(populate_existing=True)
    )
    if standing is not None:
        standing.taken_at, standing.taken_by = max(now, standing.given_at), who
        db.session.flush()


def history_of(person_id: int) -> list[PersonRole]:
    """All that somebody was here, the newest first."""
    return list(
        db.session.scalars(
            select(PersonRole).where(PersonRole.person_id == person_id).order_by(PersonRole.id.desc())
        )
    )
