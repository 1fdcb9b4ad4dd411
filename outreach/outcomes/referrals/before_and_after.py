"""Referrals of a partnership before and after its districts were reached: counts and rates as they may be seen.

A district that was reached is a line, aligned to its month 0; those not reached yet are one line together. Each line
has a view for all kinds and one for each kind, and every count of all its views is judged at once by
`ground/suppression.py`: months, quarters, a year before, a year after. No referral is in two lines. A rate beside a
number of residents gives its count away, so a rate is shown where its count is. Nothing is tested.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from outreach.coverage.reached import DistrictReached, reached
from outreach.coverage.standings import standings_of_programme
from outreach.ground.suppression import SHOWN, People, Sum, hide
from outreach.ground.timespans import day_of
from outreach.outcomes.referrals import district_numbers, joining
from outreach.outcomes.referrals.district_numbers import NO_KIND, Cell
from outreach.outcomes.referrals.joining import Span, Spans
from outreach.tour.programmes import Programme

ALL_KINDS = ""
NOT_REACHED = ""
"""The key of the line of the districts that are not reached yet."""
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Referrals of some months. `number` None: hidden, and so is the rate: referrals a month for every 1,000 residents
    aged 10 to 17, None too where the number of these is not known."""

    months: int
    number: int | None
    rate: float | None

    @property
    def is_hidden(self) -> bool:
        return self.number is None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One line of one kind. `before`, `after`: None where no whole block is known."""

    spans: tuple[tuple[Span, Counted], ...]
    before: Counted | None
    after: Counted | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`key`: the district's code, or NOT_REACHED; `zero`: the month in which it was reached. `residents`: by the newest
    estimate, of `residents_year`; None not known."""

    key: str
    name: str
    districts: tuple[DistrictReached, ...]
    zero: int | None
    reached_on: date | None
    residents: int | None
    residents_year: int | None
    views: Mapping[str, LineView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Referrals:
    """`lines`: reached districts, in the order in which they were, then those that are not yet, as one. `silent`:
    districts without a count; `without_residents`: those without a number of residents."""

    percent: int
    kinds: tuple[str, ...]
    districts: tuple[DistrictReached, ...]
    lines: tuple[Line, ...]
    silent: tuple[DistrictReached, ...]
    without_residents: tuple[DistrictReached, ...]
    newest_month: int | None


Counts = Mapping[tuple[str, str], Mapping[int, int]]
"""{(district, kind): {month: number}}."""


def of_programme(programme: Programme, *, now: datetime) -> Referrals:
    """Two queries beside those of the standings."""
    partnership_id = programme.partnership_id
    percent = district_numbers.percent(partnership_id)
    reckoning = standings_of_programme(programme.id, as_of=day_of(now), now=now)
    return found_in(district_numbers.standing(partnership_id), reached(reckoning.target, percent), percent)


def found_in(numbers: Mapping[Cell, int], districts: Sequence[DistrictReached], percent: int) -> Referrals:
    """The same of numbers at hand. Pure."""
    counts, residents = _by_district(numbers)
    kinds = tuple(sorted({kind for _, kind in counts}, key=str.casefold))
    told = {code for code, _ in counts}
    there = sorted(
        (d for d in districts if d.day is not None and d.code in told), key=lambda d: (d.day, d.name, d.code)
    )
    waiting = tuple(d for d in districts if d.day is None and d.code in told)
    groups: list[tuple[str, str, tuple[DistrictReached, ...]]] = [(d.code, d.name, (d,)) for d in there]
    if waiting:
        groups.append((NOT_REACHED, "Not reached yet", waiting))
    return Referrals(
        percent=percent,
        kinds=kinds,
        districts=tuple(districts),
        lines=tuple(_line(*group, kinds=kinds, counts=counts, residents=residents) for group in groups),
        silent=tuple(d for d in districts if d.code not in told),
        without_residents=tuple(d for d in districts if d.code not in residents),
        newest_month=max((month for months in counts.values() for month in months), default=None),
    )


def _by_district(
    numbers: Mapping[Cell, int],
) -> tuple[dict[tuple[str, str], dict[int, int]], dict[str, dict[int, int]]]:
    """Counts of referrals by month, and residents by year."""
    counts: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    residents: dict[str, dict[int, int]] = defaultdict(dict)
    for cell, number in numbers.items():
        if cell.kind == NO_KIND:
            residents[cell.district_code][cell.period] = number
        else:
            counts[cell.district_code, cell.kind][joining.number_of(cell.period)] = number
    return dict(counts), dict(residents)


def _line(
    key: str,
    name: str,
    districts: tuple[DistrictReached, ...],
    *,
    kinds: Sequence[str],
    counts: Counts,
    residents: Mapping[str, Mapping[int, int]],
) -> Line:
    day = districts[0].day
    zero = None if day is None else joining.month_of(day)
    units = {
        kind: _known([d.code for d in districts], (kind,) if kind else kinds, counts)
        for kind in (ALL_KINDS, *kinds)
    }
    least = _least(units, counts)
    spans = {kind: _spans({month: least[month] for month in months}, zero) for kind, months in units.items()}
    may_see = _may_see(spans, units, counts)
    rates = _Rates([residents.get(d.code, {}) for d in districts])

    def counted(kind: str, what: Hashable, months: Collection[int]) -> Counted:
        number = may_see.get((kind, what))
        return Counted(
            months=len(months), number=number, rate=None if number is None else rates.of(number, months)
        )

    return Line(
        key=key,
        name=name,
        districts=districts,
        zero=zero,
        reached_on=day,
        residents=rates.newest,
        residents_year=rates.newest_year,
        views={
            kind: LineView(
                spans=tuple((span, counted(kind, span, span.months)) for span in of.shown),
                before=counted(kind, BEFORE, of.before) if of.before else None,
                after=counted(kind, AFTER, of.after) if of.after else None,
            )
            for kind, of in spans.items()
        },
    )


Unit = tuple[str, str, int]
"""One number: of a district, a kind and a month."""


def _known(codes: Sequence[str], kinds: Sequence[str], counts: Counts) -> dict[int, list[Unit]]:
    """The numbers that each month is made of. A month of several districts or kinds is known once all have a number in
    it: of a district, each kind of which it ever gave one."""
    parts = [(code, kind) for code in codes for kind in kinds if (code, kind) in counts]
    months = set.intersection(*(set(counts[part]) for part in parts)) if parts else set()
    return {month: [(*part, month) for part in parts] for month in sorted(months)}


def _least(units: Mapping[str, Mapping[int, Sequence[Unit]]], counts: Counts) -> dict[int, int]:
    """The smallest count of any kind in each month: all kinds are joined alike, or one would give another away."""
    found: dict[int, int] = {}
    for months in units.values():
        for month, of in months.items():
            number = sum(_number(unit, counts) for unit in of)
            found[month] = min(found.get(month, number), number)
    return found


def _spans(counts: Mapping[int, int], zero: int | None) -> Spans:
    return joining.by_calendar(counts) if zero is None else joining.aligned(counts, zero)


def _number(unit: Unit, counts: Counts) -> int:
    code, kind, month = unit
    return counts[code, kind][month]


def _may_see(
    spans: Mapping[str, Spans], units: Mapping[str, Mapping[int, Sequence[Unit]]], counts: Counts
) -> dict[Hashable, int]:
    """{(kind, span or side): number} of what may be seen of one line."""
    months_of: dict[Hashable, tuple[str, Sequence[int]]] = {}
    for kind, found in spans.items():
        months_of |= {(kind, span): (kind, span.months) for span in found.shown}
        months_of |= {(kind, BEFORE): (kind, found.before), (kind, AFTER): (kind, found.after)}
    made_of = {
        key: [unit for month in months for unit in units[kind][month]]
        for key, (kind, months) in months_of.items()
        if months
    }
    sums: dict[Hashable, Sum] = {
        key: ("referrals", frozenset(map(repr, made_up))) for key, made_up in made_of.items()
    }
    everywhere = sorted({unit for made_up in made_of.values() for unit in made_up})
    part = frozenset(["referrals"])
    people: People = {repr(unit): {part: _number(unit, counts)} for unit in everywhere}
    dear = {key for key in sums if key[1] in (BEFORE, AFTER)}  # type: ignore[index]  # each is a pair
    seen = hide(sums, people, day=date(2000, 1, 1), dear=dear).sums
    return {
        key: count.number for key, count in seen.items() if count.status == SHOWN and count.number is not None
    }


class _Rates:
    """Residents aged 10 to 17 of some districts, month by month: by the newest estimate of a year that is not after the
    month's, else by the oldest."""

    def __init__(self, years: Collection[Mapping[int, int]]) -> None:
        self.years = years
        self.known = all(years)
        self.newest_year = max(max(of) for of in years) if self.known else None
        self.newest = sum(of[max(of)] for of in years) if self.known else None

    def of(self, number: int, months: Collection[int]) -> float | None:
        if not self.known:
            return None
        return 1000 * number / sum(self._residents(of, month // 12) for of in self.years for month in months)

    @staticmethod
    def _residents(of: Mapping[int, int], year: int) -> int:
        return of[max((y for y in of if y <= year), default=min(of))]
