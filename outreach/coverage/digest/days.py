"""Days of the week on which a coordinator gets the digest: chosen, stopped, begun again."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county.coordinators import Coordinator
from outreach.ground import history
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import Refusal
from outreach.ground.wording import and_list
from outreach.post import digest as letter
from outreach.post import letterbook

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class DigestCannotComeBack(Refusal):
    """It was never chosen, or whoever got it has left."""


class DigestDays(Base):
    """One coordinator wished for the digest from `recorded_at` until `ended_at`. `days`: 1 is Monday, 2 Tuesday, 4
    Wednesday, and so on, added up."""

    __tablename__ = "digest_days"
    __table_args__ = (
        Index(
            "uq_digest_days_standing",
            "person_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        key_within_partnership("person_id", "person"),
        CheckConstraint("days BETWEEN 1 AND 127", name="days"),
        CheckConstraint("ended_at IS NULL OR ended_at >= recorded_at", name="ended"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    person_id: Mapped[int]
    days: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def weekdays(self) -> list[int]:
        """0 is Monday, as the calendar of Python has it."""
        return [day for day in range(7) if self.days & 1 << day]


def named(weekdays: Collection[int]) -> str:
    """'on Mondays and Thursdays', 'every day', '' of none."""
    if len(weekdays) == len(WEEKDAYS):
        return "every day"
    said = and_list(f"{WEEKDAYS[day]}s" for day in sorted(weekdays))
    return f"on {said}" if said else ""


def chosen(person_id: int) -> list[int]:
    """The days on which somebody gets it now; [] while it is off. One query."""
    standing = _standing(person_id)
    return standing.weekdays if standing else []


def choose(person: Coordinator, weekdays: Collection[int], *, who: str, now: datetime) -> None:
    """On these days from the next morning on; on none, it stops. The same again leaves nothing."""
    _queue(person.id)
    standing = _standing(person.id)
    if set(weekdays) == set(standing.weekdays if standing else []):
        return
    _end(standing, now=now)
    if weekdays:
        _begin(person, sum(1 << day for day in set(weekdays)), now=now)
    else:
        _take_back_what_waits(person, who=who, now=now)
    history.record(
        "digest days chosen" if weekdays else "digest stopped",
        person,
        who=who,
        now=now,
        before={"days": named(standing.weekdays)} if standing else None,
        after={"days": named(weekdays)} if weekdays else None,
    )


def stop(person: Coordinator, *, who: str, now: datetime) -> None:
    """No digest any more, and none that still waits goes. Twice is once."""
    choose(person, [], who=who, now=now)


def begin_again(person: Coordinator, *, who: str, now: datetime) -> None:
    """On the days on which it came before it was stopped. Raises DigestCannotComeBack."""
    _queue(person.id)
    if _standing(person.id) is not None:
        return
    last = db.session.scalars(
        select(DigestDays)
        .where(DigestDays.person_id == person.id)
        .order_by(DigestDays.ended_at.desc(), DigestDays.id.desc())
    ).first()
    if last is None or person.ended_at is not None:
        raise DigestCannotComeBack("It cannot come again from here. Choose its days on your account page.")
    choose(person, last.weekdays, who=who, now=now)


def _queue(person_id: int) -> None:
    """Two who choose at once go one after the other."""
    db.session.execute(
        select(Coordinator.id).where(Coordinator.id == person_id).with_for_update(key_share=True)
    )


def _standing(person_id: int) -> DigestDays | None:
    return db.session.scalar(
        select(DigestDays)
        .where(DigestDays.person_id == person_id, DigestDays.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )


def _begin(person: Coordinator, days: int, *, now: datetime) -> None:
    db.session.add(
        DigestDays(partnership_id=person.partnership_id, person_id=person.id, days=days, recorded_at=now)
    )
    db.session.flush()


def _end(standing: DigestDays | None, *, now: datetime) -> None:
    if standing is not None:
        # Who waited for the other's choice may have come a moment before it was recorded.
        standing.ended_at = max(now, standing.recorded_at)
        db.session.flush()  # it ends before another stands


def _take_back_what_waits(person: Coordinator, *, who: str, now: datetime) -> None:
    letterbook.withdraw_stream(letter.stream_of(person.id), who=who, now=now)
