"""Schedule by which backups are kept: of the last days, weeks and months that have one, the newest each. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How many days, ISO weeks and months (all of UTC) keep their newest backup; those without one are not counted."""

    daily: int = 0
    weekly: int = 0
    monthly: int = 0

    @property
    def is_set(self) -> bool:
        return bool(self.daily or self.weekly or self.monthly)


def kept(made: Iterable[datetime], schedule: Schedule) -> set[datetime]:
    """Those that stay; the newest of all is always among them."""
    newest_first = sorted(made, reverse=True)
    found = set(newest_first[:1])
    periods: tuple[tuple[int, Callable[[datetime], tuple[int, ...]]], ...] = (
        (schedule.daily, lambda at: (at.year, at.month, at.day)),
        (schedule.weekly, lambda at: at.isocalendar()[:2]),
        (schedule.monthly, lambda at: (at.year, at.month)),
    )
    for how_many, period_of in periods:
        newest: dict[tuple[int, ...], datetime] = {}
        for at in newest_first:
            newest.setdefault(period_of(at.astimezone(UTC)), at)
        found |= {*list(newest.values())[:how_many]}
    return found
