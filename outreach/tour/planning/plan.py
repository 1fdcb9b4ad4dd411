"""A plan as it is handed out: who is visited when, who is left out and why, and how good it is at best.
Pure."""

from dataclasses import dataclass

from outreach.tour.planning.problem import KeptShow

NO_PLACE = "no place"
NO_DATE = "no date"
TOO_FAR = "too far"
NO_TIME = "no time"
NO_ROOM = "no room"
"""Why a school is left out. Its place and its district are unknown; none of its dates is a tour day with
room; there and back with one show takes longer than any such day; its hours and those days never fit; others
took the places.
"""

UNREACHABLE = (NO_PLACE, NO_DATE, TOO_FAR, NO_TIME)
"""No plan at all can reach a school for one of these."""

PROVEN, OUT_OF_TIME, STOPPED, DONE = "proven", "out of time", "stopped", "done"
"""How the planner ended: nothing better exists; time over; stopped by somebody; nothing left to try, but not
proven."""


GUESTS, REGIONS, KEPT = "guests", "regions", "kept"
"""What else than driving and reach a plan's value counts: guests' roads, days in several regions, what is
moved."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedVisit:
    """One proposed show: the day's number, the school, and the minutes of get-in, start and being away.

    `guest_of`: the school does not play host, but comes to this show at that school; `standing`: the number
    of that show, where it stands and is none of the plan's.
    """

    day: int
    school: int
    gets_in: int
    starts: int
    away: int
    guest_of: int | None = None
    standing: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SchoolLeftOut:
    """A school that lacks so many of its shows, and why."""

    school: int
    shows: int
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """What no plan betters: its value in minutes; the schools reached in full; the driving in minutes of any
    plan that leaves out no more worth than this one, moves no more of what is kept, lets guests travel no
    more and has no more days in several regions.
    """

    value: float
    schools: int
    driving: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """`reached`: schools with all the shows they need; `in_part`: with some. `driving`: minutes in all, with
    `booked_driving` of what stood before. `value`: minutes of extra driving, worth left out, moves paid for,
    what its guests count as (`travelled`) and what days in several regions do (`apart`). `seconds` that it took, of
    those `given`. `moved` of what was
    to be kept is elsewhere now, `dropped` is nowhere. `complete`: the bounds cover every plan; otherwise only
    plans that add at most three shows to a day, each near the one before. `beside`: what else counted.
    `undealt`: its visits before they were dealt by wishes; `wish_minutes`: what each that may cost driving does.
    """

    visits: tuple[PlannedVisit, ...]
    left_out: tuple[SchoolLeftOut, ...]
    reached: int
    in_part: int
    driving: int
    booked_driving: int
    value: float
    bounds: Bounds
    moved: tuple[KeptShow, ...]
    dropped: tuple[KeptShow, ...]
    seconds: float
    given: float
    ended: str
    complete: bool
    travelled: float = 0.0
    apart: float = 0.0
    beside: tuple[str, ...] = ()
    undealt: tuple[PlannedVisit, ...] = ()
    wish_minutes: tuple[tuple[str, int], ...] = ()

    @property
    def gap(self) -> float:
        """How far the plan is from its bound at most, as a share of all driving."""
        return max(0.0, self.value - self.bounds.value) / max(1, self.driving)

    @property
    def guests(self) -> int:
        """Schools that come to a neighbour's show."""
        return sum(visit.guest_of is not None for visit in self.visits)

    @property
    def days_used(self) -> int:
        """Tour days on which something is proposed."""
        return len({visit.day for visit in self.visits})
