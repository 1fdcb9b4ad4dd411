"""Table of a proposal's moves to another time: what stood until each, so that the past stays as it was."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant, db


class ProposalMove(Base):
    """One move. `sequence`: the revision of the event, `uid`, that moved it; what stood before it is in
    `was_…`.

    `told`: whether it was written to whom it concerns; `note` is what the coordinator added to that letter.
    """

    __tablename__ = "proposal_move"

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    uid: Mapped[str] = mapped_column(Text, index=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    was_starts_at: Mapped[datetime] = mapped_column(Instant)
    was_reply_by: Mapped[date]
    who: Mapped[str] = mapped_column(Text)
    told: Mapped[bool]
    note: Mapped[str] = mapped_column(Text, default="")


def of_event(uid: str) -> list[ProposalMove]:
    """Every move of one event while it was a proposal, the first first; one query."""
    return list(
        db.session.scalars(
            select(ProposalMove).where(ProposalMove.uid == uid).order_by(ProposalMove.sequence)
        )
    )


def was(column: Any, *, of: Any, by: datetime) -> Any:
    """What a `was_…` column says of the time before the first move from `by` on of the proposal with the id
    column `of`: the value as it stood by then, NULL where no move came since. For a query."""
    return (
        select(column)
        .where(ProposalMove.proposal_id == of, ProposalMove.recorded_at >= by)
        .order_by(ProposalMove.sequence)
        .limit(1)
        .correlate(of.class_)
        .scalar_subquery()
    )
