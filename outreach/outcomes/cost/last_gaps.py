"""The price of the last gaps: a plan's days in the order of what they cost for each school that they reach, and what
a share of the target comes to by them. Pure; whole pence.

A day is bought whole: its fee, where it is not paid for already, and the road that it adds. The cheapest for each
school comes first. A school that needs several shows counts for a part at each, and is reached with its last. So the
sum to a share is of whole days of one plan: another plan might do with less.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

PERCENTS = (90, 95, 100)
"""The shares of the target whose price is asked."""


@dataclass(frozen=True, kw_only=True)
class PlannedDay:
    """A day of the plan. `is_new`: nothing is booked on it yet, so that it costs its fee. `minutes`: on the road, more
    than without the plan. `organisation_ids`: the school of each show, guests too. `pence` None: nobody said what the
    troupe costs."""

    day: date
    troupe: str
    is_new: bool
    minutes: int
    pence: int | None
    organisation_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Step:
    """What has been bought with one more day: `reached` schools of the target in all, and what the days so far come
    to. `schools`: those that this day makes whole."""

    day: PlannedDay
    schools: tuple[int, ...]
    reached: int
    pence: int | None
    days: int
    minutes: int


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What a share of the target takes: `schools` of the target; `more` of them than are reached or booked by now;
    `step` by which the plan is there; None: it never is, by `short` schools."""

    percent: int
    schools: int
    more: int
    step: Step | None
    short: int


def steps(days: Iterable[PlannedDay], shows_needed: Mapping[int, int], *, covered: int) -> list[Step]:
    """The days in the order in which they are bought. `shows_needed`: of each school of the plan; `covered`: how many
    of the target need no show."""
    days = list(days)
    is_priced = all(day.pence is not None for day in days)

    def dearness(day: PlannedDay) -> tuple[Fraction, ...]:
        part = sum(
            (Fraction(1, shows_needed[organisation_id]) for organisation_id in day.organisation_ids),
            Fraction(),
        )
        price = (day.pence or 0,) if is_priced else (int(day.is_new), day.minutes)
        return tuple(Fraction(each) / part for each in price)

    bought, shows = [], Counter[int]()
    pence = used = minutes = 0
    ordered = sorted(days, key=lambda day: (dearness(day), day.minutes, day.day, day.troupe))
    for day in ordered:
        shows.update(day.organisation_ids)
        whole = tuple(
            organisation_id
            for organisation_id in dict.fromkeys(day.organisation_ids)
            if shows[organisation_id] == shows_needed[organisation_id]
        )
        covered += len(whole)
        pence, used, minutes = pence + (day.pence or 0), used + day.is_new, minutes + day.minutes
        bought.append(
            Step(
                day=day,
                schools=whole,
                reached=covered,
                pence=pence if is_priced else None,
                days=used,
                minutes=minutes,
            )
        )
    return bought


def marks(bought: Sequence[Step], *, covered: int, target: int) -> list[Mark]:
    """What 90, 95 and 100 % of the target take."""
    most = bought[-1].reached if bought else covered
    found = []
    for percent in PERCENTS:
        schools = -(-percent * target // 100)
        found.append(
            Mark(
                percent=percent,
                schools=schools,
                more=max(0, schools - covered),
                step=next((step for step in bought if step.reached >= schools), None)
                if schools > covered
                else None,
                short=max(0, schools - most),
            )
        )
    return found
