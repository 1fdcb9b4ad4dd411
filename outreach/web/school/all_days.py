"""All days of a tour as a school reads them: by month, each with the halves of the day that are free. No page of
its own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from itertools import chain, groupby
from operator import attrgetter
from typing import NamedTuple

from flask import request

from outreach.ground.typed_days import iso_day
from outreach.ground.wording import count, month
from outreach.ground.wording import day as said_day
from outreach.tour import days as tour_days
from outreach.tour.fit import NOON, DayOffer, StartsBetween
from outreach.tour.performances import slot_key

MORNING, AFTERNOON = "morning", "afternoon"
ALL = "all"
"""Where the days stand on their page."""

FEW = 5
"""So many days, or fewer, stand open: nothing is gained by folding them."""


class Start(NamedTuple):
    """One start of a day. `key`: of its slot, as a form posts it."""

    key: str
    starts: time


@dataclass(frozen=True, kw_only=True)
class DayOfTimes:
    """One day of the page: its starts, or why there are none. `troupe`: whose day, where that is told apart."""

    day: date
    troupe: str
    morning: tuple[Start, ...]
    afternoon: tuple[Start, ...]
    why_not: str

    @property
    def name(self) -> str:
        return f"{said_day(self.day)}, {self.troupe}" if self.troupe else said_day(self.day)

    @property
    def free(self) -> str:
        """'morning and afternoon', or one of them; '' for neither."""
        return " and ".join(
            half for half, starts in ((MORNING, self.morning), (AFTERNOON, self.afternoon)) if starts
        )


@dataclass(frozen=True, kw_only=True)
class MonthOfTimes:
    """One month: how many of its days have a time, and its days where it is the one that is shown. `href`: where it
    is shown."""

    name: str
    href: str
    said: str
    days: tuple[DayOfTimes, ...] = ()


class HalfOfDay(NamedTuple):
    """One choice of the filter."""

    name: str
    href: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Page:
    """All months, one of them with its days, `unfolded` where it was asked for or the days are few."""

    months: tuple[MonthOfTimes, ...]
    halves: tuple[HalfOfDay, ...]
    unfolded: bool
    any_slot: bool


def page(
    offers: Iterable[DayOffer], address: Callable[..., str], *, troupes: Mapping[int, str] | None = None
) -> Page:
    """The days by month: shown is the month of the day that the address names, without one the first that has a
    time. `address`: of the page, with what it is asked; `troupes`: each troupe's days apart, by the name that stands
    here for its tour day."""
    asked, half = _asked_day(), _asked_half()
    dates = [(day, tuple(of_date)) for day, of_date in groupby(offers, key=attrgetter("day"))]
    months = [
        (first, list(of_month)) for first, of_month in groupby(dates, key=lambda date: date[0].replace(day=1))
    ]
    able = [sum(any(_has(o, half) for o in of_date) for _, of_date in of_month) for _, of_month in months]
    if asked is None:
        shown = next((n for n, days in enumerate(able) if days), 0)
    else:
        shown = next(
            (n for n, (_, of_month) in enumerate(months) if of_month[-1][0] >= asked), len(months) - 1
        )
    return Page(
        months=tuple(
            MonthOfTimes(
                name=month(first),
                href=address(half=half or None, _anchor=ALL, **{"from": first.isoformat()}),
                said=count(able[n], "day") if able[n] else "no day left",
                days=tuple(_days(chain.from_iterable(o for _, o in of_month), half, troupes or {}))
                if n == shown
                else (),
            )
            for n, (first, of_month) in enumerate(months)
        ),
        halves=tuple(
            HalfOfDay(name, address(half=one or None, _anchor=ALL), one == half)
            for one, name in (("", "All days"), (MORNING, "Mornings"), (AFTERNOON, "Afternoons"))
        ),
        unfolded=asked is not None or bool(half) or len(dates) <= FEW,
        any_slot=any(o.has_slot for _, of_date in dates for o in of_date),
    )


def troupes_apart(programme_id: int) -> dict[int, str]:
    """The name of each tour day's troupe, for `page`; {} where there is one troupe alone. One query."""
    tour = tour_days.of_programme(programme_id)
    return {d.id: d.troupe.name for d in tour} if len({d.troupe_id for d in tour}) > 1 else {}


def _days(offers: Iterable[DayOffer], half: str, troupes: Mapping[int, str]) -> Iterable[DayOfTimes]:
    """One line for each date: two troupes on one date are one day to a school, the shorter road first; or one for
    each troupe of `troupes`."""
    for (day, troupe), of_day in groupby(offers, key=lambda o: (o.day, troupes.get(o.tour_day_id, ""))):
        found = list(of_day)
        best: dict[int, tuple[StartsBetween, DayOffer]] = {}
        for offer in found:
            for gap, start in offer.starts:
                if start not in best or gap.extra_minutes < best[start][0].extra_minutes:
                    best[start] = gap, offer
        starts = [
            (at, Start(slot_key(best[at][1].tour_day_id, at), time(*divmod(at, 60)))) for at in sorted(best)
        ]
        yield DayOfTimes(
            day=day,
            troupe=troupe,
            morning=tuple(start for at, start in starts if at < NOON) if half != AFTERNOON else (),
            afternoon=tuple(start for at, start in starts if at >= NOON) if half != MORNING else (),
            why_not=f"no time in the {half}" if starts else next(o.why_not for o in found),
        )


def _has(offer: DayOffer, half: str) -> bool:
    """Whether a day has a start, in that half if one is asked for."""
    if half == MORNING:
        return offer.in_the_morning
    if half == AFTERNOON:
        return offer.in_the_afternoon
    return offer.has_slot


def _asked_day() -> date | None:
    try:
        return iso_day(request.args.get("from", ""))
    except ValueError:
        return None


def _asked_half() -> str:
    half = request.args.get("half", "")
    return half if half in (MORNING, AFTERNOON) else ""
