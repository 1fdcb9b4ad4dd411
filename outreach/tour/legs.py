"""The road to one show and on from it: from where, how far, there when, and how many minutes are to spare."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from outreach.county import partnerships
from outreach.ground.db import db
from outreach.ground.timespans import wall
from outreach.tour import nights, roads, turning
from outreach.tour.nights import Door
from outreach.tour.performances import Performance
from outreach.tour.roads import Far, Roads, Stop


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One drive. `slack`: minutes between being there and having to be; below nought the road is too short a
    time.

    `other` is the show at the other end, None for the base; `far`: None where a point is not known.
    """

    name: str
    other: Performance | None
    far: Far | None
    minutes: int
    by_table: bool
    leaves_at: datetime
    arrives_at: datetime
    slack: int


@dataclass(frozen=True, kw_only=True)
class Road:
    """`before` and `after` are None where the troupe has no base on file: nothing is known of that drive."""

    before: Leg | None
    after: Leg | None


def road_of_show(performance: Performance, *, now: datetime) -> Road:
    """The road of a show that stands, in four queries. Holds that are over count for nothing."""
    day = performance.tour_day
    shows = [
        show
        for show in db.session.scalars(
            select(Performance)
            .where(Performance.tour_day_id == day.id, Performance.released_at.is_(None))
            .options(joinedload(Performance.host))
            .order_by(Performance.get_in_at, Performance.id)
        )
        if show.held_until is None or show.held_until > now
    ]
    at = next((n for n, show in enumerate(shows) if show.id == performance.id), None)
    if at is None:
        return Road(before=None, after=None)
    ways = roads.roads_of_partnership(partnerships.get(day.programme.partnership_id))
    out, home = nights.doors([day])[day.id]
    before, after = shows[at - 1] if at else None, shows[at + 1] if at + 1 < len(shows) else None
    here, work = _stop(performance), turning.at_work(shows)
    gets_in, away = work[at]
    return Road(
        before=_leg(
            ways,
            start=_stop(before),
            end=here,
            other=before,
            name=before.host.name,
            leaves_at=work[at - 1][1],
            due_at=gets_in,
        )
        if before
        else out
        and _leg(
            ways,
            start=out.stop,
            end=here,
            other=None,
            name=out.name,
            leaves_at=wall(day.day, day.leaves),
            due_at=gets_in,
        ),
        after=_leg(
            ways,
            start=here,
            end=_stop(after),
            other=after,
            name=after.host.name,
            leaves_at=away,
            due_at=work[at + 1][0],
        )
        if after
        else home
        and _leg(
            ways,
            start=here,
            end=home.stop,
            other=None,
            name=home.name,
            leaves_at=away,
            due_at=wall(day.day, day.returns),
        ),
    )


def _leg(
    ways: Roads,
    *,
    start: Stop,
    end: Stop,
    other: Performance | None,
    name: str,
    leaves_at: datetime,
    due_at: datetime,
) -> Leg:
    minutes = ways.minutes(start, end)
    arrives_at = leaves_at + timedelta(minutes=minutes)
    return Leg(
        name=name,
        other=other,
        far=ways.far(start, end),
        minutes=minutes,
        by_table=start.key != end.key and ways.told(start.key, end.key) is not None,
        leaves_at=leaves_at,
        arrives_at=arrives_at,
        slack=int((due_at - arrives_at).total_seconds() // 60),
    )


def _stop(show: Performance) -> Stop:
    return roads.stop_at(show.organisation_id, show.easting, show.northing)


@dataclass(frozen=True, kw_only=True)
class Drive:
    """One drive of a day, from door to door. `slack`: minutes to spare at its end; None on the way home.

    The first drive of a day leaves as late as it may. `far`: None where a point is not known.
    """

    start: str
    end: str
    far: Far | None
    minutes: int
    leaves_at: datetime
    arrives_at: datetime
    slack: int | None


def of_day(
    shows: Sequence[Performance], ways: Roads, out: Door | None, home: Door | None
) -> list[Drive | None]:
    """The drives of a day's shows in their order: to the first, between them, home; one more than there are
    shows.

    None where nothing is known of a drive: no base on file. No show, no drive. Pure.
    """
    if not shows:
        return []
    work = turning.at_work(shows)
    minutes = ways.minutes(out.stop, _stop(shows[0])) if out else 0
    first = work[0][0]
    return [
        out and _drive(ways, out, _at(shows[0]), first - timedelta(minutes=minutes), first),
        *(
            _drive(ways, _at(before), _at(after), away, due)
            for (before, after), ((_, away), (due, _)) in zip(pairwise(shows), pairwise(work), strict=True)
        ),
        home and _drive(ways, _at(shows[-1]), home, work[-1][1], None),
    ]


def _drive(ways: Roads, start: Door, end: Door, leaves_at: datetime, due_at: datetime | None) -> Drive:
    minutes = ways.minutes(start.stop, end.stop)
    arrives_at = leaves_at + timedelta(minutes=minutes)
    return Drive(
        start=start.name,
        end=end.name,
        far=ways.far(start.stop, end.stop),
        minutes=minutes,
        leaves_at=leaves_at,
        arrives_at=arrives_at,
        slack=None if due_at is None else int((due_at - arrives_at).total_seconds() // 60),
    )


def kilometres(drives: Iterable[Drive | None]) -> int:
    """Whole ones of some drives, those that are known."""
    return int(sum(d.far.kilometres for d in drives if d and d.far) + 0.5)


def _at(show: Performance) -> Door:
    return Door(_stop(show), show.host.name)
