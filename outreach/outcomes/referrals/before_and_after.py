"""Referrals of a partnership before and after its districts were reached: counts and rates of what was released.

A district that was reached is a line, around its month 0; those not reached yet are one line together. Each has a view
for all kinds and one for each kind. Everything here is a sum of released blocks (blocks.py), and a rate beside a number
of residents gives no more away than its count. Nothing is tested.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from outreach.coverage.reached import DistrictReached, reached
from outreach.coverage.standings import Reckoning, standings_of_programme
from outreach.ground.timespans import as_of_moment, day_of
from outreach.outcomes.referrals import district_numbers, joining, releases
from outreach.outcomes.referrals.blocks import Block
from outreach.outcomes.referrals.joining import Span, Summed
from outreach.outcomes.referrals.releases import Released
from outreach.tour.programmes import Programme

ALL_KINDS = ""
NOT_REACHED = ""
"""The key of the line of the districts that are not reached yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Referrals of some months. `number` None: hidden, and so is the rate: referrals a month for every 1,000 residents
    aged 10 to 17, None too where the number of these is not known. `corrected_on`: when the number last changed."""

    months: int
    number: int | None
    rate: float | None
    corrected_on: date | None = None

    @property
    def is_hidden(self) -> bool:
        return self.number is None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One line of one kind. `before`, `after`: None where nothing was released of that side."""

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
    districts of which nothing was released; `without_residents`: those without a number of residents."""

    percent: int
    released_on: date | None
    kinds: tuple[str, ...]
    districts: tuple[DistrictReached, ...]
    lines: tuple[Line, ...]
    silent: tuple[DistrictReached, ...]
    without_residents: tuple[DistrictReached, ...]
    newest_month: int | None


Residents = Mapping[str, Mapping[int, int]]
"""{district: {year: number}}."""


def of_programme(programme: Programme, *, now: datetime) -> Referrals:
    """Three queries beside those of the standings."""
    return of_reckoning(standings_of_programme(programme.id, as_of=day_of(now), now=now), now=now)


def of_reckoning(
    reckoning: Reckoning, *, now: datetime, but: Callable[[DistrictReached, int], bool] | None = None
) -> Referrals:
    """By the end of the reckoning's day, without the districts of which `but` is true, given the percent with which
    they are reached; three queries."""
    partnership_id, by = reckoning.programme.partnership_id, as_of_moment(reckoning.as_of, now)
    percent = district_numbers.percent(partnership_id, by=by)
    _, residents = district_numbers.by_district(district_numbers.standing(partnership_id, by=by))
    released = releases.newest(partnership_id, by=by)
    districts = reached(reckoning.target, percent)
    told = [one for one in districts if but is None or not but(one, percent)]
    return found_in(released, residents, told, percent)


def found_in(
    released: Released, residents: Residents, districts: Sequence[DistrictReached], percent: int
) -> Referrals:
    """The same of a release at hand. Pure."""
    blocks = released.blocks
    kinds = tuple(sorted({kind for block in blocks for kind in block.kinds}, key=str.casefold))
    told = {block.district_code for block in blocks}
    there = sorted(
        (d for d in districts if d.day is not None and d.code in told), key=lambda d: (d.day, d.name, d.code)
    )
    waiting = tuple(d for d in districts if d.day is None and d.code in told)
    groups: list[tuple[str, str, tuple[DistrictReached, ...]]] = [(d.code, d.name, (d,)) for d in there]
    if waiting:
        groups.append((NOT_REACHED, "Not reached yet", waiting))
    return Referrals(
        percent=percent,
        released_on=released.day,
        kinds=kinds,
        districts=tuple(districts),
        lines=tuple(_line(*group, kinds=kinds, blocks=blocks, residents=residents) for group in groups),
        silent=tuple(d for d in districts if d.code not in told),
        without_residents=tuple(d for d in districts if d.code not in residents),
        newest_month=max((block.last for block in blocks), default=None),
    )


def _line(
    key: str,
    name: str,
    districts: tuple[DistrictReached, ...],
    *,
    kinds: Sequence[str],
    blocks: Collection[Block],
    residents: Residents,
) -> Line:
    day = districts[0].day
    zero = None if day is None else joining.month_of(day)
    codes = {d.code for d in districts}
    theirs = [block for block in blocks if block.district_code in codes]
    rates = _Rates([residents.get(d.code, {}) for d in districts])
    return Line(
        key=key,
        name=name,
        districts=districts,
        zero=zero,
        reached_on=day,
        residents=rates.newest,
        residents_year=rates.newest_year,
        views={kind: _view(joining.summed(theirs, kind), zero, rates) for kind in (ALL_KINDS, *kinds)},
    )


def _view(spans: Sequence[Summed], zero: int | None, rates: "_Rates") -> LineView:
    if zero is None:
        shown = joining.newest(spans)
        before, after = shown, []
    else:
        shown = joining.around(spans, zero)
        before = [one for one in shown if joining.side_of(one.span, zero) < 0]
        after = [one for one in shown if joining.side_of(one.span, zero) > 0]
    return LineView(
        spans=tuple((one.span, rates.counted([one])) for one in shown),
        before=rates.counted(before) if before else None,
        after=rates.counted(after) if after else None,
    )


class _Rates:
    """Referrals for every 1,000 residents aged 10 to 17 of some districts, month by month."""

    def __init__(self, years: Collection[Mapping[int, int]]) -> None:
        self.years = years
        self.known = all(years)
        self.newest_year = max(max(of) for of in years) if self.known else None
        self.newest = sum(of[max(of)] for of in years) if self.known else None

    def counted(self, spans: Sequence[Summed]) -> Counted:
        """All these spans together; hidden where one of them is."""
        months = [month for one in spans for month in one.span.months]
        numbers = [one.number for one in spans]
        corrected = [one.corrected_on for one in spans if one.corrected_on is not None]
        number = None if None in numbers else sum(number or 0 for number in numbers)
        return Counted(
            months=len(months),
            number=number,
            rate=None if number is None else self._rate(number, months),
            corrected_on=max(corrected, default=None),
        )

    def _rate(self, number: int, months: Collection[int]) -> float | None:
        if not self.known:
            return None
        return 1000 * number / sum(residents_in(of, month // 12) for of in self.years for month in months)


def residents_in(years: Mapping[int, int], year: int) -> int:
    """By the newest estimate of a year that is not after this one, else by the oldest."""
    return years[max((y for y in years if y <= year), default=min(years))]
