"""Wishes that can be made of a troupe's days: off, half, one show, other hours, a night away; and what each
makes of a day. Pure."""

from dataclasses import dataclass, replace
from datetime import time
from typing import Any

from outreach.ground.errors import Refusal
from outreach.ground.geography import Place
from outreach.ground.wording import clock, count
from outreach.tour.companies import Troupe

OFF, PLAYS, MORNING, AFTERNOON, ONE, HOURS, NIGHT, HOME = (
    "off",
    "plays",
    "morning",
    "afternoon",
    "one",
    "hours",
    "night",
    "home",
)

KINDS = {
    OFF: "Day off",
    MORNING: "Morning only: back at its base by midday",
    AFTERNOON: "Afternoon only: leaves at midday",
    ONE: "One show only",
    HOURS: "Other hours",
    NIGHT: "Stays the night away",
    HOME: "Drives home for the night",
    PLAYS: "No day off after all",
}
"""Each kind of wish in words, in the order in which a form offers them."""

NOON = time(12)


class WishIncomplete(Refusal):
    """A wish that lacks what it needs, or that the troupe's rules do not allow; `field` says where."""


@dataclass(frozen=True, kw_only=True)
class DayWish:
    """`leaves`, `returns` for HOURS, either of them None to keep it; `stays_at` and `place` for NIGHT."""

    kind: str
    leaves: time | None = None
    returns: time | None = None
    stays_at: str = ""
    place: Place | None = None

    @property
    def words(self) -> str:
        """The wish as it is said of days: 'day off', 'leaves at 8:00am'."""
        if self.kind == HOURS:
            said = [
                f"{word} {clock(at)}"
                for word, at in (("leaves at", self.leaves), ("back by", self.returns))
                if at is not None
            ]
            return ", ".join(said)
        if self.kind == NIGHT:
            return f"stays the night at {self.stays_at}"
        said_of = {MORNING: "morning only", AFTERNOON: "afternoon only"}
        return said_of.get(self.kind) or KINDS[self.kind][:1].lower() + KINDS[self.kind][1:]


@dataclass(frozen=True, kw_only=True)
class DayFacts:
    """What a wish may change of a tour day; metres of the National Grid."""

    leaves: time
    returns: time
    shows_at_most: int
    stays_at: str = ""
    stays_easting: int | None = None
    stays_northing: int | None = None

    @property
    def words(self) -> str:
        night = f", night at {self.stays_at}" if self.stays_at else ""
        return f"{clock(self.leaves)} to {clock(self.returns)}, {count(self.shows_at_most, 'show')} at most{night}"

    def kept(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {name: getattr(self, name) for name in DayFacts.__annotations__} | {
            "leaves": f"{self.leaves:%H:%M}",
            "returns": f"{self.returns:%H:%M}",
        }


def read(kept: dict[str, Any]) -> DayFacts:
    """The facts of what `kept` wrote."""
    hours = {name: time.fromisoformat(kept[name]) for name in ("leaves", "returns")}
    return DayFacts(**(kept | hours))


def facts_of(day: Any) -> DayFacts:
    """Of a tour day, or of a row with its columns."""
    return DayFacts(**{name: getattr(day, name) for name in DayFacts.__annotations__})


def check(troupe: Troupe, wish: DayWish) -> None:
    """Raises WishIncomplete."""
    if wish.kind not in KINDS:
        raise WishIncomplete("Choose what these days are to be.", field="kind")
    if wish.kind == HOURS:
        if wish.leaves is None and wish.returns is None:
            raise WishIncomplete("Enter when the troupe leaves, or when it is back, or both.", field="leaves")
        if wish.leaves is not None and wish.returns is not None and wish.returns <= wish.leaves:
            raise WishIncomplete("The troupe must be back after it leaves.", field="returns")
    if wish.kind == NIGHT:
        if not troupe.overnight_stays:
            raise WishIncomplete(
                f"{troupe.name} drives home every night. Allow overnight stays in its rules first.",
                field="kind",
            )
        if not wish.stays_at:
            raise WishIncomplete(
                "Enter what the place is called where the troupe stays the night.", field="stays_at"
            )
        if wish.place is None:
            raise WishIncomplete("Enter where that is, so that its roads can be reckoned.", field="place")


def wished(wish: DayWish, now: DayFacts) -> DayFacts:
    """What a wish other than OFF and PLAYS makes of a day."""
    match wish.kind:
        case "morning":
            return replace(now, returns=min(now.returns, NOON))
        case "afternoon":
            return replace(now, leaves=max(now.leaves, NOON))
        case "one":
            return replace(now, shows_at_most=1)
        case "hours":
            return replace(now, leaves=wish.leaves or now.leaves, returns=wish.returns or now.returns)
        case "night" if wish.place is not None:
            east, north = wish.place.easting, wish.place.northing
            return replace(now, stays_at=wish.stays_at, stays_easting=east, stays_northing=north)
        case "home":
            return replace(now, stays_at="", stays_easting=None, stays_northing=None)
    return now
