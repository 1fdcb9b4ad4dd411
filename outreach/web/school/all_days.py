"""All days of a tour as a school reads them: by month, each with the halves of the day that are free. No page of
its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from itertools import groupby

from flask import request

from outreach.ground.wording import count, month
from outreach.tour.fit import DayOffer
from outreach.tour.performances import Slot

MORNING, AFTERNOON = "morning", "afternoon"

FEW = 5
"""So many days, or fewer, stand open: nothing is gained by folding them."""


@dataclass(frozen=True, kw_only=True)
class DayOfTimes:
    """One day of the page: its starts, or why there are none."""

    day: date
    morning: tuple[Slot, ...]
    afternoon: tuple[Slot, ...]
    why_not: str

    @property
    def free(self) -> str:
        """'morning and afternoon', or one of them; '' for neither."""
        return " and ".join(
            half for half, starts in ((MORNING, self.morning), (AFTERNOON, self.afternoon)) if starts
        )


@dataclass(frozen=True, kw_only=True)
class MonthOfTimes:
    """One month: how many of its days have a time, and its days where it is the one that is shown."""

    first: date
    name: str
    said: str
    days: tuple[DayOfTimes, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Page:
    """All months, one of them with its days, `unfolded` where it was asked for or the days are few. `half`: the half
    of the day that was asked for."""

    months: tuple[MonthOfTimes, ...]
    half: str
    unfolded: bool
    any_slot: bool


def page(offers: Iterable[DayOffer]) -> Page:
    """The days by month: shown is the month of the day that the address names, without one the first that has a
    time."""
    asked, half = _asked_day(), _asked_half()
    months = [
        (first, list(of_month)) for first, of_month in groupby(offers, key=lambda o: o.day.replace(day=1))
    ]
    able = [len({o.day for o in of_month if _has(o, half)}) for _, of_month in months]
    if asked is None:
        shown = next((n for n, days in enumerate(able) if days), 0)
    else:
        shown = next((n for n, (_, days) in enumerate(months) if days[-1].day >= asked), len(months) - 1)
    all_days = {o.day for _, of_month in months for o in of_month}
    return Page(
        months=tuple(
            MonthOfTimes(
                first=first,
                name=month(first),
                said=count(able[n], "day") if able[n] else "no day left",
                days=tuple(_days(of_month, half)) if n == shown else (),
            )
            for n, (first, of_month) in enumerate(months)
        ),
        half=half,
        unfolded=asked is not None or bool(half) or len(all_days) <= FEW,
        any_slot=any(o.gaps for _, of_month in months for o in of_month),
    )


def _days(offers: Iterable[DayOffer], half: str) -> Iterable[DayOfTimes]:
    """One line for each date: two troupes on one date are one day to a school, the shorter road first."""
    for day, of_day in groupby(offers, key=lambda o: o.day):
        found = list(of_day)
        starts: dict[time, Slot] = {}
        for slot in sorted((s for o in found for s in o.slots), key=lambda s: s.extra_minutes):
            starts.setdefault(slot.starts, slot)
        morning = tuple(starts[at] for at in sorted(starts) if at < time(12))
        afternoon = tuple(starts[at] for at in sorted(starts) if at >= time(12))
        yield DayOfTimes(
            day=day,
            morning=morning if half != AFTERNOON else (),
            afternoon=afternoon if half != MORNING else (),
            why_not=f"no time in the {half}" if starts else next(o.why_not for o in found),
        )


def _has(offer: DayOffer, half: str) -> bool:
    """Whether a day has a start, in that half if one is asked for."""
    if half == MORNING:
        return offer.in_the_morning
    if half == AFTERNOON:
        return offer.in_the_afternoon
    return bool(offer.gaps)


def _asked_day() -> date | None:
    try:
        return date.fromisoformat(request.args.get("from", ""))
    except ValueError:
        return None


def _asked_half() -> str:
    half = request.args.get("half", "")
    return half if half in (MORNING, AFTERNOON) else ""
