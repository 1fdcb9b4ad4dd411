"""Last sweep of each partnership: when it came to its end, and how much of which kind it erased."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county.partnerships import Partnership
from outreach.ground import history, whose
from outreach.ground.db import Base, Instant, db

THE_SERVICE = "the service"
LATE_AFTER = timedelta(hours=30)
"""As the day's round, of which a sweep is a part."""


class PrivacySweep(Base):
    """When a partnership was last swept to the end; one row each, written anew. `erased`: {kind: how many rows}."""

    __tablename__ = "privacy_sweep"

    partnership_id: Mapped[int] = mapped_column(
        ForeignKey("partnership.id"), primary_key=True, autoincrement=False
    )
    swept_at: Mapped[datetime] = mapped_column(Instant)
    erased: Mapped[Any] = mapped_column(JSON)


def ended(partnership_id: int, erased: Mapping[str, int], *, now: datetime) -> None:
    """A sweep came to its end; in the history it stands only where something went."""
    row = db.session.get(PrivacySweep, partnership_id)
    if row is None:
        row = PrivacySweep(partnership_id=partnership_id)
        db.session.add(row)
    row.swept_at, row.erased = now, dict(erased)
    if any(erased.values()):
        history.record(
            "erased what was kept long enough",
            history.Subject("partnership", partnership_id, partnership_id),
            who=THE_SERVICE,
            now=now,
            after={kind: many for kind, many in erased.items() if many},
        )
    db.session.flush()


def last(partnership_id: int) -> PrivacySweep | None:
    """The newest sweep of a partnership; None before the first."""
    return db.session.get(PrivacySweep, partnership_id)


def oldest(*, now: datetime) -> datetime | None:
    """When the partnership that waits longest was swept; None where one never was, or where there is none."""
    there = db.session.scalar(select(func.count(Partnership.id)))
    found = whose.counted("sweeps", now)
    if found is None:
        of_all = select(func.count(PrivacySweep.partnership_id), func.min(PrivacySweep.swept_at))
        many, earliest = db.session.execute(of_all).one()
        found = {"swept": (many, earliest)}
    swept, first = found["swept"]
    return first if there == swept else None
