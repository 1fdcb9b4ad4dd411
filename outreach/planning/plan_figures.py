"""Figures of a plan as they are kept, in words, and beside another's. Pure."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from outreach.ground.wording import and_list, count, duration, number
from outreach.tour.planning import proof
from outreach.tour.planning.plan import OUT_OF_TIME, STOPPED, Plan


@dataclass(frozen=True, kw_only=True)
class PlanFigures:
    """`needed`: schools that need a show; `reached` of them with all of theirs, `in_part` with some, `guests`
    of the reached at a neighbour's show. `pupils` of the shows planned; `pupils_unknown`: shows whose number
    is not known. `days_used`: with something planned; `free_days`: ids of those with nothing on them at all,
    which could be handed back. Minutes of driving; `bound_*`: what no plan betters. `moved` and `dropped`: of
    what was proposed or drawn up before; `dropped_proposals` their ids. `free_*`: what a plan without regard
    to that would reach and drive.
    """

    needed: int
    reached: int
    in_part: int
    guests: int
    shows: int
    pupils: int
    pupils_unknown: int
    driving: int
    booked_driving: int
    days_used: int
    days_given: int
    free_days: list[int]
    bound_schools: int
    bound_driving: int
    seconds: float
    ended: str
    complete: bool
    words: list[str] = field(default_factory=list)
    unplayable: list[str] = field(default_factory=list)
    kept: int = 0
    moved: int = 0
    dropped: int = 0
    dropped_proposals: list[int] = field(default_factory=list)
    free_reached: int | None = None
    free_driving: int | None = None

    @property
    def days_free(self) -> int:
        """Tour days that could be handed back."""
        return len(self.free_days)

    @property
    def left_out(self) -> int:
        """Schools that get no show at all."""
        return self.needed - self.reached - self.in_part

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


def pack(figures: PlanFigures) -> dict[str, Any]:
    """As JSON holds them."""
    return asdict(figures)


def unpack(packed: Mapping[str, Any]) -> PlanFigures:
    """As `pack` left them."""
    return PlanFigures(
        **{name: value for name, value in packed.items() if name in PlanFigures.__dataclass_fields__}
    )


def words(plan: Plan) -> list[str]:
    """How good a plan is, and what that rests on, as sentences."""
    said = [proof.schools_words(plan), proof.driving_words(plan)]
    if guests := proof.guests_words(plan):
        said.append(guests)
    if unreachable := proof.unreachable_words(plan):
        said.append(unreachable)
    ended = {
        STOPPED: "It was stopped early, and this is the best that was found until then.",
        OUT_OF_TIME: "Its time was over; more seconds may find a little less driving.",
    }
    said += [ended[plan.ended]] if plan.ended in ended else []
    return [*said, proof.rests_on(plan)]


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
