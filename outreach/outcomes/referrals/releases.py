"""Releases of referrals: blocks that were cut together, each with its number of that day.

Pages, reports and files say what the newest release says, and nothing of a number that came or was corrected since. A
release is made by a coordinator, of all that is in; it stays as it was, and the next holds its blocks again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zlib import crc32

from sqlalchemy import JSON, CheckConstraint, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.ground import history
from outreach.ground.db import Base, Instant, OfPartnership, db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.outcomes.referrals import blocks, district_numbers, joining
from outreach.outcomes.referrals.blocks import Block, Cut


class ReferralRelease(Base, OfPartnership):
    """One release of a partnership, counted from 1. `blocks`: all of them, those of earlier releases too. It never
    changes."""

    __tablename__ = "referral_release"
    __table_args__ = (
        CheckConstraint("number > 0", name="number"),
        UniqueConstraint("partnership_id", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[str] = mapped_column(Text)
    blocks: Mapped[Any] = mapped_column(JSON)


@dataclass(frozen=True, kw_only=True)
class Released:
    """What is out. `number` 0: nothing yet."""

    number: int
    made_at: datetime | None
    blocks: Sequence[Block]

    @property
    def day(self) -> date | None:
        return None if self.made_at is None else day_of(self.made_at)


NOTHING_OUT = Released(number=0, made_at=None, blocks=())


class NothingToRelease(Refusal):
    """All that is in is out."""


class NotAsSeen(Refusal):
    """Somebody changed some of these numbers after they were looked at."""


def newest(partnership_id: int, *, by: datetime | None = None) -> Released:
    """The newest release, or the newest that was made by then; one query."""
    of_then = () if by is None else (ReferralRelease.made_at <= by,)
    row = db.session.execute(
        select(ReferralRelease.number, ReferralRelease.made_at, ReferralRelease.blocks)
        .where(ReferralRelease.partnership_id == partnership_id, *of_then)
        .order_by(ReferralRelease.number.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return NOTHING_OUT
    return Released(number=row.number, made_at=row.made_at, blocks=tuple(map(_read, row.blocks)))


def cut_today(partnership_id: int, earlier: Released, *, now: datetime) -> Cut:
    """What the next release would say, were it made now; two queries."""
    counts, _ = district_numbers.by_district(district_numbers.standing(partnership_id))
    today = day_of(now)
    return blocks.cut(
        counts,
        earlier.blocks,
        district_numbers.kinds_in_order(partnership_id),
        day=today,
        this_month=joining.month_of(today),
    )


def fingerprint(made: Cut) -> str:
    """By which it is known whether a release would still say what was looked at. Pure."""
    return f"{crc32(repr([_written(block) for block in made.blocks]).encode('utf-8', 'replace')):08x}"


def release(partnership: Partnership, *, as_shown: str, who: str, now: datetime) -> Cut:
    """Let out all that is in, and what was corrected since the last. Raises NotAsSeen and NothingToRelease."""
    partnerships.lock(partnership.id)
    earlier = newest(partnership.id)
    made = cut_today(partnership.id, earlier, now=now)
    if as_shown != fingerprint(made):
        raise NotAsSeen("Somebody changed some of these numbers after you looked. Look at them once more.")
    if not made.says_more:
        raise NothingToRelease("Nothing new is in. Add counts first.")
    db.session.add(
        ReferralRelease(
            partnership_id=partnership.id,
            number=earlier.number + 1,
            made_at=now,
            made_by=who,
            blocks=[_written(block) for block in made.blocks],
        )
    )
    db.session.flush()
    history.record(
        "released referrals",
        partnership,
        who=who,
        now=now,
        after={"release": earlier.number + 1, "new": len(made.new), "corrected": len(made.corrected)},
    )
    return made


def _written(block: Block) -> list[Any]:
    corrected = None if block.corrected_on is None else block.corrected_on.isoformat()
    return [block.district_code, list(block.kinds), block.first, block.last, block.number, corrected]


def _read(written: Sequence[Any]) -> Block:
    code, kinds, first, last, number, corrected = written
    return Block(
        district_code=code,
        kinds=tuple(kinds),
        first=first,
        last=last,
        number=number,
        corrected_on=None if corrected is None else date.fromisoformat(corrected),
    )
