"""A tour day as it truly is: its hours after rest and the latest return, its lunch, and from where to where
it goes.

The one place that decides it: what schools are offered, the word on 'why not', the diary's warnings and the
planner all ask here. Rest is judged by the hours that the day before was given for, not by the shows that
came to stand on it: so two days can be filled side by side and neither takes the other's rest away.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Select, select

from outreach.county.partnerships import Partnership
from outreach.ground.db import db
from outreach.ground.timespans import local
from outreach.ground.wording import capfirst, clock, count
from outreach.tour import nights, over_lunch, performances, roads
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.nights import BEFORE
from outreach.tour.performances import Performance
from outreach.tour.planning import lunch
from outreach.tour.planning.lunch import AtWork
from outreach.tour.programmes import Programme
from outreach.tour.roads import Roads, Stop

COLUMNS = (
    TourDay.id,
    TourDay.troupe_id,
    TourDay.day,
    TourDay.leaves,
    TourDay.returns,
    TourDay.shows_at_most,
    Troupe.base_easting,
    Troupe.base_northing,
    TourDay.stays_easting,
    TourDay.stays_northing,
    Troupe.rest_hours,
    Troupe.lunch_minutes,
    Troupe.latest_return,
    BEFORE.id.label("night"),
    BEFORE.returns.label("back_before"),
    BEFORE.stays_easting.label("slept_easting"),
    BEFORE.stays_northing.label("slept_northing"),
)
"""What `reckon` needs of a tour day, joined with its troupe and, by `nights.joined`, with the date before."""


class GivenDay(NamedTuple):
    """A row of COLUMNS, of which each is asked often: a row of SQLAlchemy's looks every name up. `taken`: the troupe
    plays for another partnership that day."""

    id: int
    troupe_id: int
    day: date
    leaves: time
    returns: time
    shows_at_most: int
    base_easting: int | None
    base_northing: int | None
    stays_easting: int | None
    stays_northing: int | None
    rest_hours: int
    lunch_minutes: int
    latest_return: time | None
    night: int | None
    back_before: time | None
    slept_easting: int | None
    slept_northing: int | None
    taken: bool = False


A_DAY = 24 * 60


class Truly(NamedTuple):
    """Minutes of the wall clock from midnight. `rests_until`: no leaving before it (0: nothing to rest from);
    `lunch`: 0 where none is asked for. `leaves_from`, `returns_to`: None where the troupe's base is not
    known."""

    leaves: int
    returns: int
    rests_until: int
    lunch: int
    leaves_from: Stop | None
    returns_to: Stop | None


def reckon(day: Any, *, whatever_the_rest: bool = False) -> Truly:
    """A row of COLUMNS as it truly is. `whatever_the_rest`: its own hours alone, without rest, latest return
    and lunch. Pure."""
    if whatever_the_rest:
        return Truly(minute_of(day.leaves), minute_of(day.returns), 0, 0, *ends(day))
    return Truly(*_rested(*_HOURS(day)), *ends(day))


def ends(day: Any) -> tuple[Stop | None, Stop | None]:
    """From where a row of COLUMNS leaves and whereto it returns. Pure."""
    base: Stop | None = roads.stop_at(-day.troupe_id, day.base_easting, day.base_northing)
    if base is not None and base.place is None:
        base = None
    slept = stays = None
    if day.slept_easting is not None:
        slept = roads.lodging_stop(day.night, day.slept_easting, day.slept_northing)
    if day.stays_easting is not None:
        stays = roads.lodging_stop(day.id, day.stays_easting, day.stays_northing)
    return slept or base, stays or base


_HOURS = attrgetter("leaves", "returns", "back_before", "latest_return", "rest_hours", "lunch_minutes")


# Kept, since most days of a tour are alike.
@lru_cache(maxsize=4096)
def _rested(
    leaves: time,
    returns: time,
    back_before: time | None,
    latest_return: time | None,
    rest_hours: int,
    lunch_minutes: int,
) -> tuple[int, int, int, int]:
    """The hours that a day was given for after rest, latest return and lunch, as Truly has them."""
    latest = minute_of(latest_return) if latest_return else A_DAY
    rested = 0
    if back_before is not None:
        rested = max(0, min(minute_of(back_before), latest) + rest_hours * 60 - A_DAY)
    return max(minute_of(leaves), rested), min(minute_of(returns), latest), rested, lunch_minutes


def hours_of_days(tour_days: Iterable[TourDay], *, whatever_the_rest: bool = False) -> dict[int, Truly]:
    """{tour day's id: as it truly is}, in one query."""
    rows = db.session.execute(rows_of(d.id for d in tour_days))
    return {row.id: reckon(row, whatever_the_rest=whatever_the_rest) for row in rows}


def warnings(tour_day: TourDay, shows: Sequence[Performance]) -> list[str]:
    """What is not as it should be on a day with these shows, in words: its hours, rest, latest return,
    lunch."""
    return warnings_of({tour_day: shows})[tour_day.id]


def warnings_of(shows: Mapping[TourDay, Sequence[Performance]]) -> dict[int, list[str]]:
    """The same of many days of one partnership at once, in two queries however many, and its roads."""
    if not shows:
        return {}
    partnership = db.session.scalar(
        select(Partnership)
        .join(Programme, Programme.partnership_id == Partnership.id)
        .where(Programme.id == next(iter(shows)).programme_id)
    )
    ways = roads.roads_of_partnership(partnership) if partnership else Roads(base=0, per_km=0)
    here = {day.id: sorted(of_day, key=lambda s: s.get_in_at) for day, of_day in shows.items()}
    return {
        row.id: [
            capfirst(said) for said in (*outside(row, here[row.id], ways), *unrested(row, here[row.id], ways))
        ]
        for row in db.session.execute(rows_of(here))
    }


class ShowInHours(Protocol):
    """A show as far as its day's hours ask of it: where, and from when to when the troupe is there."""

    @property
    def organisation_id(self) -> int: ...
    @property
    def easting(self) -> int | None: ...
    @property
    def northing(self) -> int | None: ...
    @property
    def get_in_at(self) -> datetime: ...
    @property
    def away_at(self) -> datetime: ...


class ShowAtWork(ShowInHours, Protocol):
    """The same with all that a troupe's lunch asks of it."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def lunch_from_at(self) -> datetime | None: ...
    @property
    def lunch_until_at(self) -> datetime | None: ...
    @property
    def lunch_keeps_out(self) -> str | None: ...


def outside(row: Any, shows: Sequence[ShowInHours], ways: Roads) -> list[str]:
    """Why these shows do not fit the hours that a day was given for, in words. `row`: of COLUMNS. Pure."""
    if not shows:
        return []
    must_leave, is_back = _from_to(reckon(row), shows, ways)
    said = []
    if must_leave < minute_of(row.leaves):
        said.append(f"the van must leave by {told(must_leave)}, and the day begins at {clock(row.leaves)}.")
    if is_back > minute_of(row.returns):
        said.append(f"the van is back at {told(is_back)}, and the day ends at {clock(row.returns)}.")
    return said


def unrested(row: Any, shows: Sequence[ShowAtWork], ways: Roads) -> list[str]:
    """What these shows leave the troupe too little of: rest, the evening, lunch. In words; `row`: of rows_of. Pure."""
    if not shows:
        return []
    truly = reckon(row)
    must_leave, is_back = _from_to(truly, shows, ways)
    said = []
    if minute_of(row.leaves) <= must_leave < truly.rests_until:
        said.append(
            f"too short a rest: the van must leave by {told(must_leave)}, and {count(row.rest_hours, 'hour')} after "
            f"the evening before are over at {told(truly.rests_until)}."
        )
    if truly.returns < is_back <= minute_of(row.returns):
        said.append(f"back at {told(is_back)}, later than its latest return at {told(truly.returns)}.")
    if not lunch.kept(
        truly.lunch,
        leaves=truly.leaves,
        returns=truly.returns,
        shows=[_work(show) for show in shows],
        roads=_driven(truly, shows, ways),
        turn=row.turn_minutes,
    ):
        said.append(
            f"no lunch: {count(truly.lunch, 'minute')} between {told(lunch.FIRST)} and {told(lunch.LAST)} are not free."
        )
    return said


def rows_of(day_ids: Iterable[int]) -> Select[*tuple[Any, ...]]:
    """The rows of COLUMNS of these days, with what the place is called where the troupe stays the night, and the
    minutes in which it turns a hall round."""
    asked = (
        select(*COLUMNS, TourDay.stays_at, Programme.turn_minutes)
        .join(Troupe, Troupe.id == TourDay.troupe_id)
        .join(Programme, Programme.id == TourDay.programme_id)
    )
    return nights.joined(asked, TourDay.id.in_(set(day_ids))).order_by(TourDay.day, TourDay.id)


def _work(show: ShowAtWork) -> AtWork:
    gets_in, starts = _minute(show.get_in_at), _minute(show.starts_at)
    held_to = performances.held_to(show.lunch_from_at, show.lunch_until_at, show.lunch_keeps_out)
    return AtWork(
        gets_in,
        starts,
        _minute(show.ends_at),
        _minute(show.away_at),
        over_lunch.stood(held_to, gets_in, starts),
        show.organisation_id,
        over_lunch.set_stays(held_to),
    )


def _from_to(truly: Truly, shows: Sequence[ShowInHours], ways: Roads) -> tuple[int, int]:
    """The minute by which the van must leave, and the one at which it is back."""
    driven = _driven(truly, shows, ways)
    return _minute(shows[0].get_in_at) - driven[0], _minute(shows[-1].away_at) + driven[-1]


def _driven(truly: Truly, shows: Sequence[ShowInHours], ways: Roads) -> list[int]:
    """Minutes of every drive of a day, to the first show and back from the last included."""
    stops = [roads.stop_at(s.organisation_id, s.easting, s.northing) for s in shows]
    return [
        ways.minutes(truly.leaves_from, stops[0]) if truly.leaves_from else 0,
        *(ways.minutes(a, b) for a, b in pairwise(stops)),
        ways.minutes(stops[-1], truly.returns_to) if truly.returns_to else 0,
    ]


def told(minute: int) -> str:
    """A minute of the day as people read it; past midnight, or before it, by the clock of that day. Pure."""
    minute %= A_DAY
    return clock(time(minute // 60, minute % 60))


def minute_of(at: time) -> int:
    """Minutes from midnight. Pure."""
    return at.hour * 60 + at.minute


def _minute(instant: datetime) -> int:
    at = local(instant)
    return at.hour * 60 + at.minute
