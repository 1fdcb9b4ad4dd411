"""Tables of plans: what was asked for, which worker draws it up, how it came out, and its lines."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, contains_eager, joinedload, mapped_column, relationship

from outreach.booking.proposals import Proposal
from outreach.county.schools import Organisation
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import NoSuch
from outreach.planning.plan_figures import PlanFigures
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

WAITING, WORKING, DONE, STOPPED, FAILED = "waiting", "working", "done", "stopped", "failed"
ENDED = (DONE, STOPPED, FAILED)
READABLE = (DONE, STOPPED)
"""How a plan stands. Stopped: somebody ended it early, and it keeps the best that was found."""

NEW, KEPT, MOVED = "new", "kept", "moved"
"""Of a line: not in what was proposed before; where it was; elsewhere than it was (`was_starts_at`)."""

DRAWN, STRUCK, ACCEPTED, REFUSED = "drawn", "struck", "accepted", "refused"
"""Of a line: on paper only; taken out by a coordinator; a proposal (or, of a guest, an ask of its host); it
no longer fitted when it was to become one (`refused_why`).
"""


class TourPlan(Base):
    """One plan. `rules`: what was asked, as rules.Rules packs it; `begun`: how often a planner took it up;
    `so_far_*`: what its best reaches while it is worked on, None where that is not known yet; `figures`: how
    good it came out, once it is readable. `about`: the fingerprint (fingerprint.py) of the schools, days, troupes and
    roads that it was drawn up from. `other_wishes_of`: the plan that it is beside, by other wishes. `withdrawn_at`: put
    away by a coordinator.
    """

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'working', 'done', 'stopped', 'failed')", name="state"),
        CheckConstraint("(finished_at IS NULL) = (state IN ('waiting', 'working'))", name="finished"),
        CheckConstraint("state <> 'working' OR (taken_by <> '' AND beat_at IS NOT NULL)", name="taken"),
        CheckConstraint("begun >= 0", name="begun"),
        Index(
            "ix_plan_to_do",
            "id",
            postgresql_where=text("finished_at IS NULL"),
            sqlite_where=text("finished_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    rules: Mapped[Any] = mapped_column(JSON)
    based_on: Mapped[int | None] = mapped_column(ForeignKey("plan.id"))
    other_wishes_of: Mapped[int | None] = mapped_column(ForeignKey("plan.id"))
    state: Mapped[str] = mapped_column(Text, default=WAITING)
    taken_by: Mapped[str] = mapped_column(Text, default="")
    beat_at: Mapped[datetime | None] = mapped_column(Instant)
    stop_asked_at: Mapped[datetime | None] = mapped_column(Instant)
    about: Mapped[str] = mapped_column(Text, default="")
    begun: Mapped[int] = mapped_column(default=0)
    so_far_schools: Mapped[int | None]
    so_far_driving: Mapped[int | None]
    so_far_bound: Mapped[int | None]
    so_far_seconds: Mapped[int | None]
    failed_why: Mapped[str] = mapped_column(Text, default="")
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)

    programme: Mapped[Programme] = relationship()
    figures: Mapped[PlanFigures | None] = relationship()

    @property
    def unplaced_proposals(self) -> list[int]:
        """The proposals that have no place in it."""
        return [out.proposal_id for out in self.figures.unplaced_proposals] if self.figures else []

    @property
    def is_readable(self) -> bool:
        """It has lines and figures to look at."""
        return self.state in READABLE


class PlanLine(Base):
    """One show that a plan proposes, or a school as guest: with `guest_of` at the show of another line, with
    `guest_at` at one that stood when it was drawn up.

    `tour_day_id` None: on a day that is only on paper (`troupe_name` says whose), so that nobody can be
    asked. `pupils`: how many of the school it is for; None: not known. `road_minutes`: what it adds to the
    day's driving. `place_guessed`: the school stands in the middle of its district, for want of a place of
    its own. `proposal_id`: the proposal that it became, or, of a line that was 'kept' or 'moved', the one
    that it was.
    """

    __tablename__ = "plan_line"
    __table_args__ = (
        UniqueConstraint("plan_id", "organisation_id", "starts_at", name="uq_plan_line_school"),
        UniqueConstraint("plan_id", "proposal_id", name="uq_plan_line_proposal"),
        CheckConstraint("state IN ('drawn', 'struck', 'accepted', 'refused')", name="state"),
        CheckConstraint("was IN ('new', 'kept', 'moved')", name="was"),
        CheckConstraint("get_in_at <= starts_at AND starts_at < away_at", name="times"),
        CheckConstraint(
            "state <> 'accepted' OR proposal_id IS NOT NULL OR guest_of IS NOT NULL OR guest_at IS NOT NULL",
            name="accepted",
        ),
        CheckConstraint("guest_of IS NULL OR guest_at IS NULL", name="guest"),
        Index("ix_plan_line_proposal", "proposal_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"))
    tour_day_id: Mapped[int | None] = mapped_column(ForeignKey("tour_day.id"))
    troupe_id: Mapped[int | None] = mapped_column(ForeignKey("troupe.id"))
    troupe_name: Mapped[str] = mapped_column(Text, default="")
    day: Mapped[date]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    get_in_at: Mapped[datetime] = mapped_column(Instant)
    away_at: Mapped[datetime] = mapped_column(Instant)
    guest_of: Mapped[int | None] = mapped_column(ForeignKey("plan_line.id"))
    pupils: Mapped[int | None]
    was: Mapped[str] = mapped_column(Text, default=NEW)
    was_starts_at: Mapped[datetime | None] = mapped_column(Instant)
    road_minutes: Mapped[int] = mapped_column(default=0)
    place_guessed: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(Text, default=DRAWN)
    pinned: Mapped[bool] = mapped_column(default=False)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposal.id"))
    refused_why: Mapped[str] = mapped_column(Text, default="")
    guest_at: Mapped[int | None] = mapped_column(ForeignKey("performance.id"))

    plan: Mapped[TourPlan] = relationship()
    organisation: Mapped[Organisation] = relationship()
    tour_day: Mapped[TourDay | None] = relationship()
    troupe: Mapped[Troupe | None] = relationship()
    proposal: Mapped[Proposal | None] = relationship()
    show: Mapped[Performance | None] = relationship()

    @property
    def is_guest(self) -> bool:
        """It is no show of the school's own."""
        return self.guest_of is not None or self.guest_at is not None


class PlanLeftOut(Base):
    """A school that a plan gives fewer shows than it needs: how many fewer, and one of planning/plan.py's
    causes."""

    __tablename__ = "plan_left_out"
    __table_args__ = (CheckConstraint("shows > 0", name="shows"),)

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    shows: Mapped[int]
    cause: Mapped[str] = mapped_column(Text)

    organisation: Mapped[Organisation] = relationship()


class NoSuchPlan(NoSuch):
    """There is none, or it is another partnership's."""


def get(partnership_id: int, plan_id: int) -> TourPlan:
    """A plan of this partnership, with its programme. Raises NoSuchPlan, also of a number that no row can have."""
    found = (
        db.session.scalar(
            select(TourPlan)
            .join(TourPlan.programme)
            .where(TourPlan.id == plan_id, Programme.partnership_id == partnership_id)
            .options(joinedload(TourPlan.programme))
        )
        if abs(plan_id) < 2**31
        else None
    )
    if found is None:
        raise NoSuchPlan("There is no such plan here.")
    return found


def of_programme(programme_id: int) -> list[TourPlan]:
    """The plans that were not put away, the newest first."""
    return list(
        db.session.scalars(
            select(TourPlan)
            .where(TourPlan.programme_id == programme_id, TourPlan.withdrawn_at.is_(None))
            .options(joinedload(TourPlan.figures).selectinload(PlanFigures.free_days))
            .order_by(TourPlan.id.desc())
        )
    )


def behind(
    plan_id: int, partnership_id: int, *, programme_id: int | None = None, at_most: int
) -> list[TourPlan]:
    """The plans of this partnership, or of one programme of it, in the order in which they were asked for, from the one
    that follows this number; one query."""
    query = (
        select(TourPlan)
        .join(TourPlan.programme)
        .where(Programme.partnership_id == partnership_id, TourPlan.id > plan_id)
        .options(contains_eager(TourPlan.programme), joinedload(TourPlan.figures))
        .order_by(TourPlan.id)
        .limit(at_most)
    )
    if programme_id is not None:
        query = query.where(TourPlan.programme_id == programme_id)
    return list(db.session.scalars(query))


def lines_behind(line_id: int, plan: TourPlan, *, at_most: int) -> list[PlanLine]:
    """Some of its lines, as they were drawn, from the one that follows this number; one query."""
    return list(
        db.session.scalars(
            select(PlanLine)
            .where(PlanLine.plan_id == plan.id, PlanLine.id > line_id)
            .options(joinedload(PlanLine.organisation))
            .order_by(PlanLine.id)
            .limit(at_most)
        )
    )


def lines(plan: TourPlan) -> list[PlanLine]:
    """Its lines by day, troupe and start, guests after their host, each with its school and tour day, and
    with the show that it joins; one query."""
    rows = db.session.scalars(
        select(PlanLine)
        .where(PlanLine.plan_id == plan.id)
        .options(
            joinedload(PlanLine.organisation),
            joinedload(PlanLine.tour_day),
            joinedload(PlanLine.troupe),
            joinedload(PlanLine.show).joinedload(Performance.host),
        )
        .order_by(PlanLine.day, PlanLine.troupe_name, PlanLine.starts_at, PlanLine.id)
    )
    return sorted(
        rows,
        key=lambda row: (row.day, row.troupe_name, row.starts_at, row.is_guest, row.id),
    )


def left_out(plan: TourPlan) -> Sequence[PlanLeftOut]:
    """The schools that it gives too few shows, by cause and name, each with its school; one query."""
    return db.session.scalars(
        select(PlanLeftOut)
        .join(PlanLeftOut.organisation)
        .where(PlanLeftOut.plan_id == plan.id)
        .options(joinedload(PlanLeftOut.organisation))
        .order_by(PlanLeftOut.cause, Organisation.name, Organisation.organisation_id)
    ).all()
