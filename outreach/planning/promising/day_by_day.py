"""One day of a plan over the diary: every troupe's stops in order, what stands and what is drawn, with the
road between."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from outreach.booking import promises, proposals
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county import partnerships, school_locations
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.ground.geography import Place
from outreach.ground.timespans import wall
from outreach.planning import orders
from outreach.planning.orders import ACCEPTED, DRAWN, PlanLine, TourPlan
from outreach.planning.promising import room
from outreach.tour import days, hours, nights, roads, turning
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.tour.roads import Stop

BOOKED, KEPT, HELD, ON_PAPER = "booked", "kept", "held", "drawn"


@dataclass(frozen=True, kw_only=True)
class OnDay:
    """One show of a day: it stands (`booking`, `proposal`, or a school is just booking it), or only `line`
    draws it.

    `road`: minutes from the stop before, None where it is not known from where. `line` too where the plan
    made it so.
    """

    what: str
    organisation: Organisation
    starts_at: datetime
    ends_at: datetime
    get_in_at: datetime
    away_at: datetime
    road: int | None
    slack: int | None
    place: Place | None
    line: PlanLine | None = None
    booking: Booking | None = None
    proposal: Proposal | None = None
    guests: tuple[PlanLine, ...] = ()

    @property
    def organisation_id(self) -> int:
        return self.organisation.organisation_id


@dataclass(frozen=True, kw_only=True)
class TroupesDay:
    """One troupe's day. `back`: minutes home from the last stop; `driving` of all that is known; `home_at`
    when it is back. `warnings`: what is not as it should be once all that is drawn stands. `aside`: lines
    struck or refused.
    """

    troupe_name: str
    tour_day: TourDay | None
    stops: tuple[OnDay, ...]
    aside: tuple[PlanLine, ...]
    leaves_from: str
    returns_to: str
    base: Place | None
    end: Place | None
    back: int | None
    driving: int
    leaves_at: datetime | None
    home_at: datetime | None
    late: int


@dataclass(frozen=True, kw_only=True)
class PlansDay:
    """A date of a plan, and the dates before and after on which it has something."""

    day: date
    troupes: tuple[TroupesDay, ...]
    before: date | None
    after: date | None


def day_of_plan(plan: TourPlan, day: date, *, now: datetime) -> PlansDay:
    """Every troupe that is on tour that day, or only drawn there; a constant number of queries."""
    lines = orders.lines(plan)
    dates = sorted({line.day for line in lines})
    here = [line for line in lines if line.day == day]
    on_tour = [row for row in days.of_programme(plan.programme_id) if row.day == day]
    shows = _standing([row.id for row in on_tour], now=now)
    bookings = promises.of_performances(show.id for show in shows)
    kept = proposals.keeping(plan.programme_id)
    schools = {line.organisation_id: line.organisation for line in here} | {
        show.organisation_id: show.host for show in shows
    }
    where = school_locations.locate_all(list(schools.values()))
    ways = roads.roads_of_partnership(partnerships.get(plan.programme.partnership_id))
    doors, truly = nights.doors(on_tour), hours.hours_of_days(on_tour)
    guests: dict[int, list[PlanLine]] = {}
    joining: dict[int, list[PlanLine]] = {}
    for line in here:
        if line.state in (DRAWN, ACCEPTED):
            if line.guest_of is not None:
                guests.setdefault(line.guest_of, []).append(line)
            elif line.guest_at is not None:
                joining.setdefault(line.guest_at, []).append(line)
    of_lines = room.proposals(line.proposal_id for line in here if line.proposal_id is not None)
    by_show = {
        of_lines[line.proposal_id].performance_id: line for line in here if line.proposal_id in of_lines
    }
    troupes = []
    for row in on_tour:
        own = [line for line in here if line.tour_day_id == row.id and not line.is_guest]
        stands = [
            _stands(s, bookings, kept, by_show, guests, joining) for s in shows if s.tour_day_id == row.id
        ]
        drawn = [
            _drawn(line, plan.programme, guests, where[line.organisation_id].place)
            for line in own
            if line.state == DRAWN
        ]
        aside = [line for line in here if line.tour_day_id == row.id and line.state not in (DRAWN, ACCEPTED)]
        start, end = doors[row.id]
        troupes.append(
            _troupe(
                row.troupe.name,
                row=row,
                shows=[*stands, *drawn],
                turn=plan.programme.turn_minutes,
                aside=aside,
                ways=ways,
                start=start.stop if start else None,
                end=end.stop if end else None,
                names=(start.name if start else "", end.name if end else ""),
                back_by=wall(day, row.returns) if row.id not in truly else _at(day, truly[row.id].returns),
            )
        )
    known = {row.id for row in on_tour}
    supposed: dict[str, list[PlanLine]] = {}
    for line in here:
        if not line.is_guest and line.tour_day_id not in known:
            supposed.setdefault(line.troupe_name, []).append(line)
    for name, own in supposed.items():
        drawn = [
            _drawn(line, plan.programme, guests, where[line.organisation_id].place)
            for line in own
            if line.state == DRAWN
        ]
        aside = [line for line in own if line.state not in (DRAWN, ACCEPTED)]
        troupes.append(
            _troupe(
                name,
                row=None,
                shows=drawn,
                turn=plan.programme.turn_minutes,
                aside=aside,
                ways=ways,
                start=None,
                end=None,
                names=("", ""),
                back_by=None,
            )
        )
    return PlansDay(
        day=day,
        troupes=tuple(troupes),
        before=max((d for d in dates if d < day), default=None),
        after=min((d for d in dates if d > day), default=None),
    )


def _at(day: date, minutes: int) -> datetime:
    return wall(day, datetime.min.time()) + timedelta(minutes=minutes)


def _standing(day_ids: Sequence[int], *, now: datetime) -> list[Performance]:
    rows: Iterable[Performance] = db.session.scalars(
        select(Performance)
        .where(
            Performance.tour_day_id.in_(day_ids),
            Performance.released_at.is_(None),
            or_(Performance.held_until.is_(None), Performance.held_until > now),
        )
        .options(joinedload(Performance.host))
        .order_by(Performance.get_in_at, Performance.id)
    )
    return list(rows)


def _stands(
    show: Performance,
    bookings: dict[int, list[Booking]],
    kept: dict[int, Proposal],
    by_show: dict[int | None, PlanLine],
    guests: dict[int, list[PlanLine]],
    joining: dict[int, list[PlanLine]],
) -> OnDay:
    proposal = kept.get(show.id)
    booked = bookings.get(show.id)
    line = by_show.get(show.id)
    what = BOOKED if booked else KEPT if proposal else HELD
    place = roads.stop_at(show.organisation_id, show.easting, show.northing).place
    return OnDay(
        what=what,
        organisation=show.host,
        starts_at=show.starts_at,
        ends_at=show.ends_at,
        get_in_at=show.get_in_at,
        away_at=show.away_at,
        road=None,
        slack=None,
        place=place,
        line=line,
        booking=booked[0] if booked else None,
        proposal=proposal,
        guests=(*(guests.get(line.id, ()) if line else ()), *joining.get(show.id, ())),
    )


def _drawn(
    line: PlanLine, programme: Programme, guests: dict[int, list[PlanLine]], place: Place | None
) -> OnDay:
    return OnDay(
        what=ON_PAPER,
        organisation=line.organisation,
        starts_at=line.starts_at,
        ends_at=line.starts_at + timedelta(minutes=programme.show_minutes),
        get_in_at=line.get_in_at,
        away_at=line.away_at,
        road=None,
        slack=None,
        place=place,
        line=line,
        guests=tuple(guests.get(line.id, ())),
    )


def _troupe(
    name: str,
    *,
    row: TourDay | None,
    shows: Sequence[OnDay],
    turn: int,
    aside: Sequence[PlanLine],
    ways: roads.Roads,
    start: Stop | None,
    end: Stop | None,
    names: tuple[str, str],
    back_by: datetime | None,
) -> TroupesDay:
    """The shows in order, with the road to each and home. `turn`: minutes between two in one hall."""
    at, leaves = start, wall(row.day, row.leaves) if row is not None else None
    stops: list[OnDay] = []
    driving, before = 0, None
    in_order = sorted(shows, key=lambda each: each.get_in_at)
    for show, (gets_in, away) in zip(in_order, turning.at_work(in_order), strict=True):
        here = Stop(show.organisation_id, show.place)
        road = ways.minutes(at, here) if at is not None else None
        slack = None
        if before is not None and road is not None:
            needed = turn if turning.in_one_hall(before, show) else road
            slack = turning.minutes_between(before, show) - needed
        elif leaves is not None and road is not None:
            slack = int((show.get_in_at - leaves).total_seconds() // 60) - road
        driving += road or 0
        stops.append(replace(show, road=road, slack=slack, get_in_at=gets_in, away_at=away))
        at, before = here, show
    back = ways.minutes(at, end) if stops and at is not None and end is not None else None
    home_at = stops[-1].away_at + timedelta(minutes=back) if stops and back is not None else None
    leaves_at = stops[0].get_in_at - timedelta(minutes=stops[0].road or 0) if stops else None
    late = (
        int((home_at - back_by).total_seconds() // 60) if home_at is not None and back_by is not None else 0
    )
    return TroupesDay(
        troupe_name=name,
        tour_day=row,
        stops=tuple(stops),
        aside=tuple(aside),
        leaves_from=names[0],
        returns_to=names[1],
        base=start.place if start else None,
        end=end.place if end else None,
        back=back,
        driving=driving + (back or 0),
        leaves_at=leaves_at,
        home_at=home_at,
        late=max(0, late),
    )
