"""Some weeks of a troupe's days with the shows on them, as they would be after one change and another."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from outreach.county import partnerships
from outreach.ground.db import db
from outreach.ground.wording import and_list, capfirst, clock, count
from outreach.tour import agreements, days, days_off, hours, roads
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.days_off import DayOff
from outreach.tour.performances import Performance
from outreach.tour.wishes import DayFacts, facts_of

A_DAY = timedelta(days=1)


@dataclass(kw_only=True)
class Span:
    """`rows`: a look-alike of hours.COLUMNS for each date, changed as the changes are tried; `shows`: by
    date, in order; `taken`: dates on which it plays for another partnership."""

    troupe: Troupe
    ways: roads.Roads
    tour_days: dict[date, TourDay]
    rows: dict[date, Any]
    shows: dict[date, list[Performance]]
    off: dict[date, DayOff]
    taken: set[date]

    def facts(self, day: date) -> DayFacts:
        """Of a day with a tour day, as it would be by now."""
        return facts_of(self.rows[day])

    def try_out(self, day: date, facts: DayFacts) -> str:
        """Put these facts on a day; why it cannot be, in words, and then nothing is changed; '' if it can."""
        before = self.facts(day)
        if facts.stays_at not in ("", before.stays_at) and day + A_DAY not in self.rows:
            return "there is no tour day on the day after, so it would drive home then"
        said_before = self._outside(day), self._outside(day + A_DAY)
        self._put(day, facts)
        why_not = self._why_not(day, facts, said_before)
        if why_not:
            self._put(day, before)
        return why_not

    def take_off(self, day: date) -> str:
        """No tour day on that date any more; why it cannot be, in words; '' if it can."""
        if standing := self.standing(day):
            return f"{standing}: move or call off first"
        if self.held(day):
            return "a school is just booking on it"
        was = self.rows.pop(day)
        if (following := self.rows.get(day + A_DAY)) is None:
            return ""
        _after(following, None)
        if (said := self._outside(day + A_DAY)) and was.stays_easting is not None:
            self.rows[day] = was
            _after(following, was)
            return f"the day after begins where it stays that night: {said}"
        return ""

    def give_back(self, tour_day: TourDay) -> None:
        """A day that was taken off stands again."""
        row = SimpleNamespace(**db.session.execute(hours.rows_of([tour_day.id])).one()._mapping)
        self.rows[tour_day.day], self.tour_days[tour_day.day] = row, tour_day
        if (following := self.rows.get(tour_day.day + A_DAY)) is not None:
            _after(following, row)

    def warnings(self, day: date) -> tuple[str, ...]:
        """What the shows of that day and of the day after would lack: rest, lunch, an evening. In words."""
        said = []
        for at, words in ((day, "{}"), (day + A_DAY, "the day after: {}")):
            if at in self.rows:
                shows = [s for s in self.shows.get(at, ()) if s.held_until is None]
                said += [words.format(one) for one in hours.unrested(self.rows[at], shows, self.ways)]
        if day not in self.rows and getattr(self.rows.get(day - A_DAY), "stays_easting", None) is not None:
            said.append(f"the night before it stays at {self.rows[day - A_DAY].stays_at}.")
        return tuple(said)

    def lacking(self, day: date) -> list[str]:
        """What the shows of a day are short of as it stands, as hours.warnings says it."""
        shows = [s for s in self.shows.get(day, ()) if s.held_until is None]
        row = self.rows[day]
        return [
            capfirst(said)
            for said in (*hours.outside(row, shows, self.ways), *hours.unrested(row, shows, self.ways))
        ]

    def standing(self, day: date) -> str:
        """The shows that stand or are proposed on a day, in words; '' if there are none."""
        here = [s for s in self.shows.get(day, ()) if s.held_until is None]
        if not here:
            return ""
        named = and_list(f"{s.host.name} at {clock(s.starts_at)}" for s in here)
        return f"{count(len(here), 'show')} that day, {named}"

    def held(self, day: date) -> bool:
        return any(s.held_until is not None for s in self.shows.get(day, ()))

    def _why_not(self, day: date, facts: DayFacts, said_before: tuple[str, str]) -> str:
        """`said_before`: what was out of its hours already, on the day and the day after, is not held against
        a change."""
        programme = self.tour_days[day].programme
        given = days.Hours(leaves=facts.leaves, returns=facts.returns, shows_at_most=facts.shows_at_most)
        try:
            days.check_hours(programme, given)
        except days.HoursTooShort:
            return "no time is left for a show"
        except days.TooManyShows as no:
            return no.message
        here = self.shows.get(day, [])
        if len(here) > facts.shows_at_most:
            return f"{self.standing(day)}" if not self.held(day) else "a school is just booking on it"
        if (said := self._outside(day)) not in ("", said_before[0]):
            return f"{self.standing(day) or 'a school is just booking on it'}: {said}"
        if (said := self._outside(day + A_DAY)) not in ("", said_before[1]):
            return f"{self.standing(day + A_DAY).replace('that day', 'the day after')}: {said}"
        return ""

    def _outside(self, day: date) -> str:
        if day not in self.rows:
            return ""
        said = hours.outside(self.rows[day], self.shows.get(day, ()), self.ways)
        return said[0].rstrip(".") if said else ""

    def _put(self, day: date, facts: DayFacts) -> None:
        for name in DayFacts.__annotations__:
            setattr(self.rows[day], name, getattr(facts, name))
        if (following := self.rows.get(day + A_DAY)) is not None:
            _after(following, self.rows[day])


def load(troupe: Troupe, first: date, last: date, *, now: datetime) -> Span:
    """The troupe's days from the one before `first` to the one after `last`. A constant number of queries."""
    tour_days = list(
        db.session.scalars(
            select(TourDay)
            .where(
                TourDay.troupe_id == troupe.id,
                TourDay.ended_at.is_(None),
                TourDay.day.between(first - A_DAY, last + A_DAY),
            )
            .options(joinedload(TourDay.programme), joinedload(TourDay.troupe))
            .order_by(TourDay.day)
            .execution_options(populate_existing=True)
        )
    )
    by_id = {d.id: d.day for d in tour_days}
    shows: dict[date, list[Performance]] = {}
    for show in _standing(by_id, now=now):
        shows.setdefault(by_id[show.tour_day_id], []).append(show)
    return Span(
        troupe=troupe,
        ways=roads.roads_of_partnership(partnerships.get(troupe.company.partnership_id)),
        tour_days={d.day: d for d in tour_days},
        rows={row.day: SimpleNamespace(**row._mapping) for row in db.session.execute(hours.rows_of(by_id))},
        shows=shows,
        off={row.day: row for row in days_off.standing([troupe.id], first, last)},
        taken={day for _, day in agreements.taken_days([troupe.id], first, last, now=now)},
    )


def _standing(day_ids: Iterable[int], *, now: datetime) -> Iterable[Performance]:
    """Shows, proposals and live holds on these days, by get-in, each with its host."""
    return db.session.scalars(
        select(Performance)
        .where(
            Performance.tour_day_id.in_(set(day_ids)),
            Performance.released_at.is_(None),
            or_(Performance.held_until.is_(None), Performance.held_until > now),
        )
        .options(joinedload(Performance.host))
        .order_by(Performance.get_in_at, Performance.id)
    )


def _after(row: Any, before: Any | None) -> None:
    """What a day knows of the one before it."""
    row.night = before.id if before else None
    row.back_before = before.returns if before else None
    row.slept_easting = before.stays_easting if before else None
    row.slept_northing = before.stays_northing if before else None
