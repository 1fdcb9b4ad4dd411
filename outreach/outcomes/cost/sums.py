"""Sums of a programme's money as it stands: budget, spent, promised, left; and what a show, a pupil and a school
cost. Whole pence."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from outreach.coverage.standings import Reckoning, Word
from outreach.outcomes.cost import budgets, spending
from outreach.outcomes.cost.budgets import RECKONED, ProgrammeBudget
from outreach.outcomes.cost.spending import Spending
from outreach.tour.companies import Troupe
from outreach.visits.season import Season, SeasonDay


@dataclass(frozen=True, kw_only=True)
class DaysOfTroupe:
    """A troupe's days with a show, and their kilometres. `fees`, `road`: pence; None where nobody said what a
    day, or a kilometre, costs."""

    troupe: Troupe
    days: int
    kilometres: int
    fees: int | None
    road: int | None

    @property
    def pence(self) -> int:
        return (self.fees or 0) + (self.road or 0)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """A programme's money. `played`, `coming`: days of troupes with a show that took place, and with shows to come;
    none where bills are entered instead. `entries`: what was entered, by day. `pupils`: counted, of the target;
    `schools`: of the target, of which somebody has seen it."""

    budget: int | None
    is_reckoned: bool
    played: Sequence[DaysOfTroupe]
    coming: Sequence[DaysOfTroupe]
    entries: Sequence[Spending]
    today: date
    shows: int
    pupils: int
    schools: int

    @property
    def entered(self) -> int:
        """Of the entries that are dated until today."""
        return sum(entry.pence for entry in self.entries if entry.day <= self.today)

    @property
    def spent(self) -> int:
        return self.entered + sum(days.pence for days in self.played)

    @property
    def promised(self) -> int:
        """For days that are booked and entries that are dated ahead."""
        ahead = sum(entry.pence for entry in self.entries if entry.day > self.today)
        return ahead + sum(days.pence for days in self.coming)

    @property
    def left(self) -> int | None:
        """Of the budget, once what is promised is paid too."""
        return None if self.budget is None else self.budget - self.spent - self.promised

    @property
    def unpriced(self) -> list[Troupe]:
        """Troupes that play, and of which nobody said what a day or a kilometre costs."""
        found = {days.troupe.id: days.troupe for days in (*self.played, *self.coming) if days.fees is None}
        return [found[key] for key in sorted(found)]

    @property
    def is_estimate(self) -> bool:
        """Some of what was spent is reckoned and not billed."""
        return any(days.pence for days in self.played)

    @property
    def is_empty(self) -> bool:
        """There is nothing to say of money yet."""
        return self.budget is None and not self.spent and not self.promised and not self.entries

    @property
    def a_show(self) -> int | None:
        return share(self.spent, self.shows)

    @property
    def a_pupil(self) -> int | None:
        return share(self.spent, self.pupils)

    @property
    def a_school(self) -> int | None:
        return share(self.spent, self.schools)


def of_programme(
    reckoning: Reckoning, season: Season, *, by: datetime | None = None, pupils: int | None = None
) -> Cost:
    """The money of a programme as it stands, or stood `by` a moment, as of the reckoning's day; `season` of its year.
    `pupils`: among whom it is shared, where that is not all who were counted. Two queries."""
    programme = reckoning.programme
    budget = budgets.newest(programme.id, by=by)
    days = [day for day in season.days if day.tour_day.programme_id == programme.id and day.shows]
    return summed(
        budget,
        spending.of_programme(programme.id, by=by),
        days,
        today=reckoning.as_of,
        pupils=sum(s.seen_pupils for s in reckoning.target) if pupils is None else pupils,
        schools=sum(s.standing in (Word.SEEN, Word.PART_SEEN) for s in reckoning.target),
    )


def summed(
    budget: ProgrammeBudget | None,
    entries: Sequence[Spending],
    days: Sequence[SeasonDay],
    *,
    today: date,
    pupils: int,
    schools: int,
) -> Cost:
    """Pure. `days`: those with a show, as the season has them."""
    is_reckoned = budget is None or budget.days_are == RECKONED
    took_place = [sum(show.played and show.over for show in day.shows) for day in days]
    behind = [day for day, shows in zip(days, took_place, strict=True) if shows]
    ahead = [
        day
        for day, shows in zip(days, took_place, strict=True)
        if not shows and not all(show.over for show in day.shows)
    ]
    return Cost(
        budget=None if budget is None else budget.pence,
        is_reckoned=is_reckoned,
        played=_by_troupe(behind) if is_reckoned else (),
        coming=_by_troupe(ahead) if is_reckoned else (),
        entries=entries,
        today=today,
        shows=sum(took_place),
        pupils=pupils,
        schools=schools,
    )


def share(pence: int, among: int) -> int | None:
    """Whole pence for each, half up; None among nobody."""
    return (2 * pence + among) // (2 * among) if among else None


def _by_troupe(days: Iterable[SeasonDay]) -> list[DaysOfTroupe]:
    found: dict[int, list[SeasonDay]] = defaultdict(list)
    for day in days:
        found[day.tour_day.troupe_id].append(day)
    together = [_of_troupe(own) for own in found.values()]
    return sorted(together, key=lambda own: (own.troupe.company.name, own.troupe.name, own.troupe.id))


def _of_troupe(own: Sequence[SeasonDay]) -> DaysOfTroupe:
    troupe, kilometres = own[0].troupe, sum(day.kilometres for day in own)
    by_day, by_km = troupe.cost_day_pence, troupe.cost_km_pence
    return DaysOfTroupe(
        troupe=troupe,
        days=len(own),
        kilometres=kilometres,
        fees=None if by_day is None else by_day * len(own),
        road=None if by_km is None else by_km * kilometres,
    )
