"""The budget of a programme, and whether its company's days are reckoned or come as bills: dated rows, the newest
holds."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import partnerships
from outreach.ground import history
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import Refusal
from outreach.tour.programmes import Programme

RECKONED, BILLED = "reckoned", "billed"
"""How the company's days come into what was spent: from what each troupe costs, as an estimate; or as the bills that
are entered, so that nothing is counted twice."""

SET = "set the budget"


class BudgetSince(Refusal):
    """Another budget was set after the one that is to be taken back."""


class ProgrammeBudget(Base):
    """What a programme may spend, from `recorded_at` on. `pence` None: not said."""

    __tablename__ = "programme_budget"
    __table_args__ = (
        CheckConstraint("pence >= 0", name="pence"),
        CheckConstraint("days_are IN ('reckoned', 'billed')", name="days_are"),
        key_within_partnership("programme_id", "programme"),
        Index("ix_programme_budget_programme", "programme_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    programme_id: Mapped[int]
    pence: Mapped[int | None]
    days_are: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


def newest(programme_id: int, *, by: datetime | None = None) -> ProgrammeBudget | None:
    """The budget that holds, or held `by` a moment; one query."""
    known = select(ProgrammeBudget).where(ProgrammeBudget.programme_id == programme_id)
    if by is not None:
        known = known.where(ProgrammeBudget.recorded_at < by)
    return db.session.scalars(known.order_by(ProgrammeBudget.id.desc()).limit(1)).first()


def set_budget(
    programme: Programme, pence: int | None, days_are: str, *, who: str, now: datetime
) -> ProgrammeBudget:
    """From now on. What stands already is not set again."""
    partnerships.lock(programme.partnership_id)
    before = newest(programme.id)
    if before is not None and (before.pence, before.days_are) == (pence, days_are):
        return before
    return _add(programme, before, pence, days_are, who=who, now=now)


def put_back(programme: Programme, budget_id: int, *, who: str, now: datetime) -> ProgrammeBudget:
    """What stood before the budget of that number, which is the newest. Raises BudgetSince."""
    partnerships.lock(programme.partnership_id)
    rows = db.session.scalars(
        select(ProgrammeBudget)
        .where(ProgrammeBudget.programme_id == programme.id)
        .order_by(ProgrammeBudget.id.desc())
        .limit(2)
    ).all()
    if not rows or rows[0].id != budget_id:
        raise BudgetSince("The budget was set again since. Set it as it should be.")
    was = rows[1] if len(rows) == 2 else None
    pence, days_are = (was.pence, was.days_are) if was else (None, RECKONED)
    return _add(programme, rows[0], pence, days_are, who=who, now=now)


def _add(
    programme: Programme,
    before: ProgrammeBudget | None,
    pence: int | None,
    days_are: str,
    *,
    who: str,
    now: datetime,
) -> ProgrammeBudget:
    made = ProgrammeBudget(
        partnership_id=programme.partnership_id,
        programme_id=programme.id,
        pence=pence,
        days_are=days_are,
        recorded_at=now,
        who=who,
    )
    db.session.add(made)
    db.session.flush()
    history.record(
        SET,
        programme,
        who=who,
        now=now,
        before=None if before is None else {"pence": before.pence, "days_are": before.days_are},
        after={"pence": pence, "days_are": days_are},
    )
    return made
