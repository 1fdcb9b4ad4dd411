"""The production, its audience, its rules."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant, OfPartnership, YearGroups, db
from outreach.ground.errors import Refusal
from outreach.ground.school_year import year_in_hand


class NoSuchProgramme(Refusal):
    pass


class Programme(Base, OfPartnership):
    """One production offered by one partnership in one academic year. Every figure is a setting; minutes and days."""

    __tablename__ = "programme"
    __table_args__ = (
        CheckConstraint("audience_ceiling > 0", name="ceiling"),
        CheckConstraint("running_minutes > 0 AND discussion_minutes >= 0", name="length"),
        CheckConstraint("get_in_minutes >= 0 AND get_out_minutes >= 0", name="get_in"),
        CheckConstraint("earliest_start < latest_finish", name="hours"),
        CheckConstraint("shows_a_day > 0", name="shows"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text, default="")
    academic_year: Mapped[int]
    for_adults: Mapped[bool] = mapped_column(default=False)
    running_minutes: Mapped[int] = mapped_column(default=45)
    discussion_minutes: Mapped[int] = mapped_column(default=30)
    get_in_minutes: Mapped[int] = mapped_column(default=60)
    get_out_minutes: Mapped[int] = mapped_column(default=30)
    audience_ceiling: Mapped[int] = mapped_column(default=250)
    shows_a_day: Mapped[int] = mapped_column(default=2)
    earliest_start: Mapped[time] = mapped_column(default=time(9))
    latest_finish: Mapped[time] = mapped_column(default=time(15, 30))
    notice_book_days: Mapped[int] = mapped_column(default=10)
    notice_move_days: Mapped[int] = mapped_column(default=14)
    notice_cancel_days: Mapped[int] = mapped_column(default=14)
    reply_by: Mapped[date]
    cost: Mapped[str] = mapped_column(Text, default="Free")
    school_provides: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def show_minutes(self) -> int:
        """Play and discussion together: the time a school gives."""
        return self.running_minutes + self.discussion_minutes


class ProgrammeTarget(Base):
    """The target year groups from `recorded_at` on; the newest row holds. A programme for adults has ()."""

    __tablename__ = "programme_target"
    __table_args__ = (Index("ix_programme_target_programme", "programme_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    year_groups: Mapped[tuple[int, ...]] = mapped_column(YearGroups)
    recorded_at: Mapped[datetime] = mapped_column(Instant)


EXCLUDE, INCLUDE, WITHDRAW = "exclude", "include", "withdraw"


class TargetDecision(Base):
    """A coordinator took a school out of the target, or in by naming its year groups; the newest row holds."""

    __tablename__ = "target_decision"
    __table_args__ = (
        Index("ix_target_decision_programme", "programme_id", "urn", "id"),
        CheckConstraint("kind IN ('exclude', 'include', 'withdraw')", name="kind"),
        CheckConstraint("kind <> 'include' OR year_groups <> ''", name="include"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    kind: Mapped[str] = mapped_column(Text)
    year_groups: Mapped[tuple[int, ...]] = mapped_column(YearGroups, default=())
    reason: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


def get(partnership_id: int, programme_id: int) -> Programme:
    """A programme of this partnership; raises NoSuchProgramme for another's or none."""
    found = db.session.scalar(
        select(Programme).where(Programme.id == programme_id, Programme.partnership_id == partnership_id)
    )
    if found is None:
        raise NoSuchProgramme("There is no such programme here.")
    return found


def of_partnership(partnership_id: int) -> list[Programme]:
    """Every programme, the newest academic year first."""
    return list(
        db.session.scalars(
            select(Programme)
            .where(Programme.partnership_id == partnership_id)
            .order_by(Programme.academic_year.desc(), Programme.id.desc())
        )
    )


def current(partnership_id: int, today: date) -> Programme | None:
    """The programme in hand on `today`: open, of the latest year that has begun or is being planned.

    In July and August that is the coming year's, if there is one. Pupils' programmes go before those
    for adults, newer before older; one of a later year only if there is no other.
    """
    in_hand = year_in_hand(today)
    return min(
        (p for p in of_partnership(partnership_id) if p.closed_at is None),
        key=lambda p: (p.academic_year > in_hand, abs(p.academic_year - in_hand), p.for_adults, -p.id),
        default=None,
    )


def target_year_groups(programme_id: int, as_of: datetime | None = None) -> tuple[int, ...]:
    """The target year groups as recorded up to the instant `as_of`, else the newest; () for adults."""
    query = select(ProgrammeTarget.year_groups).where(ProgrammeTarget.programme_id == programme_id)
    if as_of is not None:
        query = query.where(ProgrammeTarget.recorded_at <= as_of)
    return db.session.scalar(query.order_by(ProgrammeTarget.id.desc()).limit(1)) or ()


def decisions(programme_id: int, as_of: datetime | None = None) -> dict[int, TargetDecision]:
    """What coordinators decided of single schools and did not withdraw, by URN."""
    newest = select(func.max(TargetDecision.id)).where(TargetDecision.programme_id == programme_id)
    if as_of is not None:
        newest = newest.where(TargetDecision.recorded_at <= as_of)
    rows = db.session.scalars(
        select(TargetDecision)
        .where(TargetDecision.id.in_(newest.group_by(TargetDecision.urn)), TargetDecision.kind != WITHDRAW)
        .order_by(TargetDecision.urn)
    )
    return {row.urn: row for row in rows}
