"""Sums of a season, troupe by troupe and month by month: days, shows, pupils, roads and cost; every sum of
its days."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from outreach.booking import promises
from outreach.booking.promises import BOOKED, DISAGREE, FAILED, HOST, MISSING, TOOK_PLACE, Booking
from outreach.county import partnerships
from outreach.ground.db import db
from outreach.ground.school_year import STAFF
from outreach.tour import legs, nights, programmes, roads
from outreach.tour.companies import Company, Troupe
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits import outcomes
from outreach.visits.verdicts import Verdict


@dataclass(frozen=True, kw_only=True)
class SeasonShow:
    """A show that stands, guests and all. `counted`: pupils of the programme's year groups who were counted,
    as coverage counts them; `others`: those of other year groups, who are in no coverage. `promised`: of the
    schools of which nobody's count holds, what they promised. None of adults'. `played` is False where it is
    reported of all who were to come that it did not take place, and then nobody saw it. `state`: what came of
    it, in words."""

    performance: Performance
    bookings: tuple[Booking, ...]
    counted: int
    others: int
    promised: int
    played: bool
    over: bool
    state: str

    @property
    def host(self) -> Booking:
        return self.bookings[0]


@dataclass(frozen=True, kw_only=True)
class SeasonDay:
    """A tour day with its shows and its drives. Whole kilometres, as Roads.far has them; `unknown`: drives of which
    nothing is known."""

    tour_day: TourDay
    shows: tuple[SeasonShow, ...]
    kilometres: int
    minutes: int
    unknown: int

    @property
    def troupe(self) -> Troupe:
        return self.tour_day.troupe

    @property
    def month(self) -> date:
        return self.tour_day.day.replace(day=1)

    @property
    def cost(self) -> int | None:
        """Pence; None where nobody said what the troupe costs. A day without a show costs nothing."""
        by_day, by_km = self.troupe.cost_day_pence, self.troupe.cost_km_pence
        if by_day is None and by_km is None:
            return None
        return ((by_day or 0) + (by_km or 0) * self.kilometres) if self.shows else 0


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Some days added up. `cost` in pence, of the days whose troupe has one; None where none has."""

    given: int
    used: int
    shows: int
    coming: int
    not_played: int
    counted: int
    others: int
    promised: int
    kilometres: int
    minutes: int
    unknown: int
    cost: int | None


@dataclass(frozen=True, kw_only=True)
class OfTroupe:
    """A troupe's months that have a day, in order, and all of them together."""

    troupe: Troupe
    months: tuple[tuple[date, Sums], ...]
    total: Sums


@dataclass(frozen=True, kw_only=True)
class Season:
    """Every day that a partnership's troupes gave to the programmes of one academic year, by date and troupe, and
    their sums."""

    academic_year: int
    days: tuple[SeasonDay, ...]

    @property
    def of_adults(self) -> bool:
        """Whether whoever is counted here is staff: of a season that has both, pupils alone are counted."""
        return _of_adults(day.tour_day for day in self.days)

    @property
    def troupes(self) -> list[OfTroupe]:
        """By company and name."""
        found: dict[int, list[SeasonDay]] = {}
        for day in self.days:
            found.setdefault(day.tour_day.troupe_id, []).append(day)
        parts = sorted(
            found.values(), key=lambda own: (own[0].troupe.company.name, own[0].troupe.name, own[0].troupe.id)
        )
        return [
            OfTroupe(
                troupe=own[0].troupe,
                months=tuple(
                    (month, sums(day for day in own if day.month == month))
                    for month in sorted({d.month for d in own})
                ),
                total=sums(own),
            )
            for own in parts
        ]

    @property
    def months(self) -> list[tuple[date, Sums]]:
        """All troupes together, month by month."""
        return [
            (month, sums(d for d in self.days if d.month == month))
            for month in sorted({d.month for d in self.days})
        ]

    @property
    def total(self) -> Sums:
        return sums(self.days)

    def narrowed(self, troupe_id: int | None, month: date | None) -> list[SeasonDay]:
        """The days of one troupe, or of one month, or of both; None: of all."""
        return [
            day
            for day in self.days
            if troupe_id in (None, day.tour_day.troupe_id) and month in (None, day.month)
        ]


def season_of_year(partnership_id: int, academic_year: int, *, now: datetime) -> Season:
    """The season as it stands now: past and booked. A constant number of queries."""
    tour_days = list(
        db.session.scalars(
            select(TourDay)
            .join(TourDay.programme)
            .join(TourDay.troupe)
            .join(Troupe.company)
            .where(
                Programme.partnership_id == partnership_id,
                Programme.academic_year == academic_year,
                TourDay.ended_at.is_(None),
            )
            .options(
                contains_eager(TourDay.programme),
                contains_eager(TourDay.troupe).contains_eager(Troupe.company),
            )
            .order_by(TourDay.day, Company.name, Troupe.name, TourDay.id)
        )
    )
    shows = _shows(tour_days)
    promised = promises.of_performances(show.id for here in shows.values() for show in here)
    came_to = outcomes.outcomes_of_shows(promised, now=now)
    targets = programmes.targets({d.programme_id for d in tour_days})
    doors = nights.doors(tour_days)
    ways = roads.roads_of_partnership(partnerships.get(partnership_id))
    found, of_adults = [], _of_adults(tour_days)
    for tour_day in tour_days:
        booked = [
            s for s in shows.get(tour_day.id, []) if any(b.role == HOST for b in promised.get(s.id, ()))
        ]
        drives = legs.of_day(booked, ways, *doors[tour_day.id])
        year_groups: Collection[int] | None = targets.get(tour_day.programme_id, ())
        if tour_day.programme.for_adults:
            year_groups = (STAFF,) if of_adults else None
        found.append(
            SeasonDay(
                tour_day=tour_day,
                shows=tuple(_show(s, promised[s.id], came_to, year_groups, now) for s in booked),
                kilometres=legs.kilometres(drives),
                minutes=sum(d.minutes for d in drives if d),
                unknown=sum(d is None for d in drives),
            )
        )
    return Season(academic_year=academic_year, days=tuple(found))


def _of_adults(tour_days: Iterable[TourDay]) -> bool:
    return {day.programme.for_adults for day in tour_days} == {True}


def years(partnership_id: int) -> list[int]:
    """The academic years in which the partnership has tour days, the newest first; one query."""
    return list(
        db.session.scalars(
            select(Programme.academic_year)
            .join(TourDay, TourDay.programme_id == Programme.id)
            .where(Programme.partnership_id == partnership_id, TourDay.ended_at.is_(None))
            .distinct()
            .order_by(Programme.academic_year.desc())
        )
    )


def sums(days: Iterable[SeasonDay]) -> Sums:
    """Some days added up. Pure."""
    days = list(days)
    shows = [show for day in days for show in day.shows]
    costs = [day.cost for day in days if day.cost is not None]
    return Sums(
        given=len(days),
        used=sum(bool(day.shows) for day in days),
        shows=sum(show.played for show in shows),
        coming=sum(show.played and not show.over for show in shows),
        not_played=sum(not show.played for show in shows),
        counted=sum(show.counted for show in shows),
        others=sum(show.others for show in shows),
        promised=sum(show.promised for show in shows),
        kilometres=sum(day.kilometres for day in days),
        minutes=sum(day.minutes for day in days),
        unknown=sum(day.unknown for day in days),
        cost=sum(costs) if costs else None,
    )


def _shows(tour_days: list[TourDay]) -> dict[int, list[Performance]]:
    """The shows of some days that stand, by tour day, in their order; one query."""
    rows = db.session.scalars(
        select(Performance)
        .where(
            Performance.tour_day_id.in_([d.id for d in tour_days]),
            Performance.released_at.is_(None),
            Performance.held_until.is_(None),
        )
        .options(joinedload(Performance.host))
        .order_by(Performance.get_in_at, Performance.id)
    )
    found: dict[int, list[Performance]] = {}
    for row in rows:
        found.setdefault(row.tour_day_id, []).append(row)
    return found


def _show(
    performance: Performance,
    bookings: list[Booking],
    came_to: Mapping[int, Verdict],
    year_groups: Collection[int] | None,
    now: datetime,
) -> SeasonShow:
    """`year_groups`: those the programme is for; None for adults'."""
    found = [came_to[booking.id] for booking in bookings if booking.id in came_to]
    counted = others = promised = 0
    for verdict in found if year_groups is not None else ():
        assert year_groups is not None
        if verdict.counted is not None:
            meant = sum(n for y, n in verdict.counted.items() if y in year_groups)
            counted += meant
            others += sum(verdict.counted.values()) - meant
        elif verdict.word != FAILED:
            promised += sum(verdict.promise.pupils.values())
    return SeasonShow(
        performance=performance,
        bookings=tuple(bookings),
        counted=counted,
        others=others,
        promised=promised,
        played=not found or any(verdict.word != FAILED for verdict in found),
        over=performance.ends_at <= now,
        state=_state(found, adults=year_groups is None) if found else _empty(performance, now),
    )


def _empty(performance: Performance, now: datetime) -> str:
    """Of a session in which nobody has a place."""
    return "to come" if performance.ends_at > now else "nobody came"


def _state(found: Sequence[Verdict], *, adults: bool) -> str:
    """What came of a show: what somebody still has to do about it, before what is done."""
    words = {verdict.word for verdict in found}
    for word, said in ((BOOKED, "to come"), (DISAGREE, DISAGREE), (MISSING, MISSING)):
        if word in words:
            return said
    if words == {FAILED}:
        return FAILED
    if adults:
        return TOOK_PLACE
    took_place = [verdict for verdict in found if verdict.word == TOOK_PLACE]
    return (
        "counted" if all(verdict.counted is not None for verdict in took_place) else "took place, not counted"
    )
