"""Tour days that a plan may use, with what stands on them, and hypothetical days, troupes and hours."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from outreach.booking import guest_hosts
from outreach.booking.guest_places import Seats
from outreach.ground.db import db
from outreach.ground.geography import Place
from outreach.ground.school_year import last_day
from outreach.ground.timespans import local
from outreach.planning.rules import PlanRules
from outreach.tour import agreements, hours, over_lunch, performances, roads, slots
from outreach.tour import days as tour_days
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.tour.roads import Stop

SUPPOSED_TROUPE = -1
"""The number of the troupe that is only supposed; its base's key on the road is one that no row has."""

_SUPPOSED_BASE = -(2**31)


@dataclass(frozen=True, kw_only=True)
class StandingShow:
    """What stands on a day, by minutes from midnight; a hold that still counts, and a kept slot, stand like a
    show. `seats`: those that guests could have, where its host has booked; None: it has not. `stood`, `set_stays`: as
    AtWork has them."""

    performance_id: int
    organisation_id: int
    host: str
    district_code: str
    stop: Stop
    gets_in: int
    starts: int
    ends: int
    away: int
    seats: int | None = None
    stood: int = 0
    set_stays: bool = True


@dataclass(frozen=True, kw_only=True)
class PlannedDay:
    """A day that the planner may use. `number`: the tour day's id, below nought where the day is only
    supposed.

    Minutes from midnight; stops None: not known, no road.
    """

    number: int
    tour_day_id: int | None
    troupe_number: int
    troupe_name: str
    day: date
    leaves: int
    returns: int
    at_most: int
    leaves_from: Stop | None
    returns_to: Stop | None
    lunch: int
    shows: tuple[StandingShow, ...] = ()

    @property
    def troupe_id(self) -> int | None:
        return None if self.troupe_number == SUPPOSED_TROUPE else self.troupe_number


def days(programme: Programme, rules: PlanRules, *, now: datetime) -> list[PlannedDay]:
    """Every day that keeps the notice for booking, of the rules' troupes and until their last day, by date
    and troupe; but those on which a troupe plays for another partnership."""
    first = slots.first_bookable_day(programme, now)
    wanted = [
        row
        for row in tour_days.of_programme(programme.id)
        if row.day >= first
        and (not rules.troupes or row.troupe_id in rules.troupes)
        and (rules.until is None or row.day <= rules.until)
    ]
    if wanted:
        taken = agreements.taken_days(
            {row.troupe_id for row in wanted}, first, max(row.day for row in wanted), now=now
        )
        wanted = [row for row in wanted if (row.troupe_id, row.day) not in taken]
    seats = guest_hosts.seats_of_shows(programme, now=now) if rules.guests else {}
    shows = _shows(programme.id, first, seats, now=now)
    truly = hours.hours_of_days(wanted)
    found = []
    for row in wanted:
        given = truly[row.id]
        found.append(
            PlannedDay(
                number=row.id,
                tour_day_id=row.id,
                troupe_number=row.troupe_id,
                troupe_name=row.troupe.name,
                day=row.day,
                leaves=given.leaves,
                returns=min(given.returns + rules.later, 24 * 60),
                at_most=row.shows_at_most,
                leaves_from=given.leaves_from,
                returns_to=given.returns_to,
                lunch=given.lunch,
                shows=tuple(shows.get(row.id, ())),
            )
        )
    found = [day for day in found if day.leaves < day.returns]
    troupe = next((row.troupe for row in wanted), None)
    return sorted(
        found + _more_days(programme, rules, found, troupe, first, now=now) + _more_troupe(rules, found),
        key=lambda day: (day.day, day.troupe_name, day.number),
    )


def _shows(
    programme_id: int, first: date, seats: Mapping[int, Seats], *, now: datetime
) -> dict[int, list[StandingShow]]:
    """Shows, holds that still count and kept slots from a day on, by tour day and get-in; one query."""
    rows = db.session.scalars(
        select(Performance)
        .join(Performance.tour_day)
        .where(
            Performance.programme_id == programme_id,
            Performance.released_at.is_(None),
            TourDay.day >= first,
            or_(Performance.held_until.is_(None), Performance.held_until > now),
        )
        .options(joinedload(Performance.host))
        .order_by(Performance.get_in_at, Performance.id)
    )
    found: dict[int, list[StandingShow]] = {}
    for row in rows:
        gets_in, starts = minute(local(row.get_in_at).time()), minute(local(row.starts_at).time())
        held_to = performances.lunch_of(row)
        found.setdefault(row.tour_day_id, []).append(
            StandingShow(
                performance_id=row.id,
                organisation_id=row.organisation_id,
                host=row.host.name,
                district_code=row.host.district_code or "",
                stop=roads.stop_at(row.organisation_id, row.easting, row.northing),
                gets_in=gets_in,
                starts=starts,
                ends=minute(local(row.ends_at).time()),
                away=minute(local(row.away_at).time()),
                seats=seats[row.id].for_guests if row.id in seats else None,
                stood=over_lunch.stood(held_to, gets_in, starts),
                set_stays=over_lunch.set_stays(held_to),
            )
        )
    return found


def _more_days(
    programme: Programme,
    rules: PlanRules,
    found: Sequence[PlannedDay],
    troupe: Troupe | None,
    first: date,
    *,
    now: datetime,
) -> list[PlannedDay]:
    """So many days more of the first troupe, with the hours it mostly has, spread over the dates that it
    could add."""
    real = [day for day in found if day.tour_day_id is not None]
    if not rules.extra_days or not real or troupe is None:
        return []
    usual = _usual([day for day in real if day.troupe_number == troupe.id] or real)
    last = rules.until or max(day.day for day in real)
    possible = _possible(programme, troupe, first, last, now=now)
    if len(possible) < rules.extra_days and rules.until is None:
        possible = _possible(programme, troupe, first, last_day(programme.academic_year), now=now)[
            : max(len(possible), rules.extra_days)
        ]
    return [
        replace(usual, number=-1 - n, tour_day_id=None, day=day, shows=())
        for n, day in enumerate(_spread(possible, rules.extra_days))
    ]


def _possible(programme: Programme, troupe: Troupe, first: date, last: date, *, now: datetime) -> list[date]:
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    weekdays = [day for day in span if day.weekday() < 5]
    judged = tour_days.judge(programme, troupe, weekdays, now=now)
    return [each.day for each in judged if not each.why_not]


def _spread(possible: Sequence[date], wanted: int) -> list[date]:
    """So many of them, evenly; all where there are no more."""
    if len(possible) <= wanted:
        return list(possible)
    return [possible[(2 * n + 1) * len(possible) // (2 * wanted)] for n in range(wanted)]


def _more_troupe(rules: PlanRules, found: Sequence[PlannedDay]) -> list[PlannedDay]:
    """One troupe more, with a base of its own, on every date that there is, and for hours as they mostly
    are."""
    real = [day for day in found if day.tour_day_id is not None]
    if not rules.extra_troupe or not real:
        return []
    base = None
    if rules.extra_easting is not None and rules.extra_northing is not None:
        base = Stop(_SUPPOSED_BASE, Place(easting=rules.extra_easting, northing=rules.extra_northing))
    usual = replace(
        _usual(real),
        tour_day_id=None,
        troupe_number=SUPPOSED_TROUPE,
        troupe_name=rules.extra_troupe,
        leaves_from=base,
        returns_to=base,
        shows=(),
    )
    dates = sorted({day.day for day in real})
    return [replace(usual, number=-1000 - n, day=day) for n, day in enumerate(dates)]


def _usual(real: Sequence[PlannedDay]) -> PlannedDay:
    """The first of the days with the hours that most of them have."""
    alike = Counter((day.leaves, day.returns, day.at_most) for day in real)
    (most, _), *_ = alike.most_common(1)
    return next(day for day in real if (day.leaves, day.returns, day.at_most) == most)


def minute(at: time) -> int:
    """Minutes from midnight by the wall clock."""
    return at.hour * 60 + at.minute
