"""Settings of a programme for chasing: whether reminders go by themselves, after how many days, and what else
goes."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, time, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, false, func, select, true
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import history, whose
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of, wall
from outreach.tour.programmes import Programme

SETTLED = "settled the chasing"
"""The deed in the history that dates each change of these settings."""

LONGEST = 90
"""Days; more would reach over a term."""


class ChasingSettings(Base):
    """What a coordinator settled for one programme; without a row it is as Schedule begins."""

    __tablename__ = "chasing_settings"
    __table_args__ = (
        CheckConstraint(
            "first_after_days BETWEEN 1 AND 90 AND second_after_days BETWEEN 1 AND 90 "
            "AND raise_after_days BETWEEN 1 AND 90 AND offer_days BETWEEN 1 AND 90 AND "
            "report_after_days BETWEEN 1 AND 90",
            name="days",
        ),
    )

    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), primary_key=True)
    reminders_on: Mapped[bool]
    first_after_days: Mapped[int]
    second_after_days: Mapped[int]
    raise_after_days: Mapped[int]
    offers_on: Mapped[bool]
    offer_days: Mapped[int]
    reports_on: Mapped[bool]
    report_after_days: Mapped[int]
    pledges_on: Mapped[bool] = mapped_column(default=False, server_default=false())
    staff_on: Mapped[bool] = mapped_column(default=False, server_default=false())
    visits_on: Mapped[bool] = mapped_column(default=True, server_default=true())


class ChasingRun(Base):
    """When the day's round last came to its end; one row, written anew each time."""

    __tablename__ = "chasing_run"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ran_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Days are calendar days, counted on to the next school day of the school; `offer_days` alone are school
    days.

    `reminders_on`, `reports_on`, `pledges_on` and `staff_on`: what `flask asking chase` may send without a click.
    `offers_on`: a time that comes free is kept for the first of the waiting list; on, because the page where a
    school asks for that list says so. `visits_on`: schools are reminded of a show that is near; on, because their
    booking's page names the days.
    """

    reminders_on: bool = False
    first_after_days: int = 10
    second_after_days: int = 10
    raise_after_days: int = 7
    offers_on: bool = True
    offer_days: int = 3
    reports_on: bool = False
    report_after_days: int = 2
    pledges_on: bool = False
    staff_on: bool = False
    visits_on: bool = True


class DaysWrong(Refusal):
    def __init__(self, field: str) -> None:
        super().__init__(f"Enter a whole number of days from 1 to {LONGEST}.", field=field)


def schedule_of_programme(programme_id: int) -> Schedule:
    """What is settled for a programme, else what stands until somebody settles it: only who waits is written
    to."""
    row = db.session.get(ChasingSettings, programme_id)
    return Schedule() if row is None else Schedule(**{f.name: getattr(row, f.name) for f in fields(Schedule)})


def first_after_days(told: Iterable[tuple[datetime, Mapping[str, int] | None]], *, by: datetime) -> int:
    """After how many days of silence a first reminder was due at that moment: from the history's deeds
    SETTLED of one programme, as (recorded at, after), the oldest first. Before anybody settled it, as
    Schedule begins. Pure."""
    days = Schedule.first_after_days
    for recorded_at, after in told:
        if recorded_at < by:
            days = (after or {}).get("first_after_days", days)
    return days


def settle(programme: Programme, schedule: Schedule, *, who: str, now: datetime) -> None:
    """Settle it anew; the same again leaves nothing. Raises DaysWrong."""
    for name, value in asdict(schedule).items():
        if name.endswith("_days") and not 1 <= value <= LONGEST:
            raise DaysWrong(name)
    before, after = history.differences(asdict(schedule_of_programme(programme.id)), asdict(schedule))
    if not after:
        return
    row = db.session.get(ChasingSettings, programme.id)
    if row is None:
        db.session.add(ChasingSettings(programme_id=programme.id, **asdict(schedule)))
    else:
        for name, value in asdict(schedule).items():
            setattr(row, name, value)
    db.session.flush()
    history.record(SETTLED, programme, who=who, now=now, before=before, after=after)


def ran(*, now: datetime) -> None:
    """The day's run has come."""
    row = db.session.get(ChasingRun, 1)
    if row is None:
        db.session.add(ChasingRun(id=1, ran_at=now))
    else:
        row.ran_at = now
    db.session.flush()


LATE_AFTER = timedelta(hours=30)
"""A round that has not come for longer is missing: more than a day and some hours."""


def is_due(*, now: datetime, at: time) -> bool:
    """Whether no round has come since `at` o'clock today, and it is that late."""
    due, last = wall(day_of(now), at), last_run()
    return now >= due and (last is None or last < due)


def is_late(last: datetime | None, *, now: datetime) -> bool:
    """Whether the day's round, which last came then, has not come for more than LATE_AFTER."""
    return last is None or last < now - LATE_AFTER


def awaited_since(*, now: datetime) -> datetime | None:
    """Since when a round that never came could have: the first programme that is open; None without one."""
    if (found := whose.counted("programmes", now)) is not None:
        return found["open"][1]
    return db.session.scalar(select(func.min(Programme.created_at)).where(Programme.closed_at.is_(None)))


def last_run() -> datetime | None:
    """When the day's run last came; None if it never did."""
    row = db.session.get(ChasingRun, 1)
    return None if row is None else row.ran_at
