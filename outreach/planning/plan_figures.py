"""Tables of how good a plan came out; its figures in words, and beside another's."""

import math
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.ground.db import Base
from outreach.ground.wording import and_list, count, duration, number
from outreach.tour.days import TourDay
from outreach.tour.planning import proof
from outreach.tour.planning.plan import Plan


class PlanFreeDay(Base):
    """A tour day on which a plan leaves nothing at all, so that it could be handed back."""

    __tablename__ = "plan_free_day"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan_figures.plan_id"), primary_key=True)
    tour_day_id: Mapped[int] = mapped_column(ForeignKey("tour_day.id"), primary_key=True)

    tour_day: Mapped[TourDay] = relationship()


class PlanUnplacedProposal(Base):
    """A proposal that has no place in a plan."""

    __tablename__ = "plan_unplaced_proposal"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan_figures.plan_id"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)


class PlanFigures(Base):
    """`needed`: schools that need a show; `reached` of them with all of theirs, `in_part` with some, `guests`
    of the reached at a neighbour's show. `pupils` of the shows planned; `pupils_unknown`: shows whose number
    is not known. `days_used`: with something planned. Minutes of driving; `bound_*`: what no plan betters.
    `moved` and `unplaced`: of what was proposed or drawn up before. `free_*`: what a plan without regard to
    that would reach and drive. `words`, `unplayable`: sentences. `wishes`: what came of each, as
    wishes_said.CameOfWish packs it; none of a plan that was drawn up without them.
    """

    __tablename__ = "plan_figures"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), primary_key=True, autoincrement=False)
    needed: Mapped[int]
    reached: Mapped[int]
    in_part: Mapped[int]
    guests: Mapped[int]
    shows: Mapped[int]
    pupils: Mapped[int]
    pupils_unknown: Mapped[int]
    driving: Mapped[int]
    booked_driving: Mapped[int]
    days_used: Mapped[int]
    days_given: Mapped[int]
    bound_schools: Mapped[int]
    bound_driving: Mapped[int]
    seconds: Mapped[float]
    ended: Mapped[str] = mapped_column(Text)
    complete: Mapped[bool]
    words: Mapped[list[str]] = mapped_column(JSON)
    unplayable: Mapped[list[str]] = mapped_column(JSON)
    kept: Mapped[int]
    moved: Mapped[int]
    unplaced: Mapped[int]
    free_reached: Mapped[int | None]
    free_driving: Mapped[int | None]
    wishes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    free_days: Mapped[list[PlanFreeDay]] = relationship()
    unplaced_proposals: Mapped[list[PlanUnplacedProposal]] = relationship()

    @property
    def days_free(self) -> int:
        """Tour days that could be handed back."""
        return len(self.free_days)

    @property
    def free_day_ids(self) -> list[int]:
        """The same by date and troupe."""
        days = sorted((free.tour_day for free in self.free_days), key=lambda d: (d.day, d.troupe.name, d.id))
        return [day.id for day in days]

    @property
    def left_out(self) -> int:
        """Schools that get no show at all."""
        return self.needed - self.reached - self.in_part

    @property
    def driving_for_wishes(self) -> int:
        """Minutes on the road that its wishes cost, all together."""
        return sum(wish["minutes"] for wish in self.wishes)

    @property
    def schools_short(self) -> int:
        """How many more schools some plan might reach."""
        return max(0, self.bound_schools - self.reached)

    @property
    def so_this_plan(self) -> str:
        """How near it is to the most that any plan reaches."""
        return (
            "cannot be bettered"
            if not self.schools_short
            else f"within {count(self.schools_short, 'school')}"
        )

    @property
    def from_the_least(self) -> str:
        """How far its driving is from the least, rounded up to a tenth of a per cent."""
        over = self.driving - self.bound_driving
        return "the least there is" if over <= 0 else f"within {_percent(over, self.driving)} %"

    @property
    def driving_a_day(self) -> str:
        """Minutes on the road on a day with something on it, in words."""
        days = self.days_given - self.days_free
        return duration(round(self.driving / days)) if days else "none"


def words(plan: Plan) -> list[str]:
    """How good a plan is, and what that rests on, as sentences."""
    said = [proof.schools_words(plan), proof.driving_words(plan)]
    if guests := proof.guests_words(plan):
        said.append(guests)
    if unreachable := proof.unreachable_words(plan):
        said.append(unreachable)
    return [*said, proof.ended_words(plan), proof.rests_on(plan)]


def beside(one: PlanFigures, other: PlanFigures) -> str:
    """What `other` brings that `one` does not, in words: '3 schools more, 9 days more'."""
    said = [
        _more(other.reached - one.reached, "school"),
        _more(other.pupils - one.pupils, "pupil"),
        _more(other.days_used - one.days_used, "day"),
        _driving(other.driving - one.driving),
    ]
    return and_list(each for each in said if each) or "the same"


def _more(difference: int, what: str) -> str:
    if not difference:
        return ""
    return f"{count(abs(difference), what)} {'more' if difference > 0 else 'fewer'}"


def _driving(difference: int) -> str:
    if not difference:
        return ""
    return f"{number(abs(difference))} minutes {'more' if difference > 0 else 'less'} on the road"


def _percent(part: int, whole: int) -> str:
    """A tenth of a per cent, rounded up so that 'within' is true."""
    return f"{math.ceil(1000 * part / max(1, whole) - 1e-9) / 10:.1f}"
