"""Wishes for the days of a tour, how much each matters, and what a minute of it is worth on the road. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

NOT_AT_ALL, FREE, A_LITTLE, SOME, MUCH = "not at all", "free", "a little", "some", "much"
"""How much a wish matters. Free: as far as it costs no driving."""

STRENGTHS = (FREE, NOT_AT_ALL, A_LITTLE, SOME, MUCH)

PRICE = {A_LITTLE: 0.1, SOME: 0.3, MUCH: 1.0}
"""Minutes of driving that a minute of a wish is worth; the other strengths never cost driving."""

BEHIND, NEAR, WEEKS = "behind", "near", "weeks"
"""The wishes: whoever is furthest behind comes first; a troupe's week stays in one part of the county; weeks and
troupes are even, or filled one after the other."""

WISHES = (BEHIND, NEAR, WEEKS)

A_WEEK_LATER = 10.0
"""Minutes that the most urgent school counts for each week that it waits."""

A_DAY_OFF = 15.0
"""Minutes that the square of a week's days above or below its fair share counts."""

A_LATER_WEEK = 5.0
"""Minutes that a day counts for each week that it comes later, where weeks are filled one after the other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """How much each wish matters. `filled`: weeks and troupes are filled one after the other, not made even."""

    behind: str = NOT_AT_ALL
    near: str = NOT_AT_ALL
    weeks: str = NOT_AT_ALL
    filled: bool = False

    def strength(self, wish: str) -> str:
        strength: str = getattr(self, wish)
        return strength

    @property
    def any(self) -> bool:
        return any(self.strength(wish) != NOT_AT_ALL for wish in WISHES)

    @property
    def priced(self) -> tuple[str, ...]:
        """Those for which driving may be spent."""
        return tuple(wish for wish in WISHES if self.strength(wish) in PRICE)

    def with_only(self, priced: tuple[str, ...]) -> "Wishes":
        """The same, but that others than these cost no driving."""
        left = {
            wish: FREE if wish in self.priced and wish not in priced else self.strength(wish)
            for wish in WISHES
        }
        return replace(self, behind=left[BEHIND], near=left[NEAR], weeks=left[WEEKS])


NO_WISHES = Wishes()


def from_middle(road: Sequence[Sequence[int]], places: Sequence[int]) -> int:
    """Minutes from the middle one of some places to all of them."""
    return min((sum(map(road[at].__getitem__, places)) for at in set(places)), default=0)


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())
