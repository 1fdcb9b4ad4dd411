"""The finished plan of a programme that closes the most gaps, its days priced by their road and their fee."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import func, select

from outreach.county import partnerships
from outreach.county.schools import Organisation
from outreach.coverage.standings import Reckoning, Standing, Word
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.outcomes.cost import last_gaps
from outreach.outcomes.cost.last_gaps import Mark, PlannedDay, Step
from outreach.planning import fingerprint, orders
from outreach.planning.orders import ACCEPTED, DRAWN, PlanLine, TourPlan
from outreach.tour import nights, roads
from outreach.tour.companies import Troupe
from outreach.tour.performances import Performance
from outreach.tour.roads import Roads, Stop
from outreach.visits.season import Season, SeasonDay

Ends = tuple[Stop | None, Stop | None]
"""From where a day leaves and whereto it returns."""


@dataclass(frozen=True, kw_only=True)
class PricedPlan:
    """A plan and what its days cost in their order. `covered`: schools of the target that need no show; `missing`: the
    names of the gaps that the plan gives none, or too few; `changed`: what is not as it was when it was drawn up;
    `unpriced`: its troupes of which nobody said what a day costs."""

    plan: TourPlan
    target: int
    covered: int
    steps: Sequence[Step]
    marks: Sequence[Mark]
    names: dict[int, str]
    missing: Sequence[str]
    changed: Sequence[str]
    unpriced: Sequence[Troupe]


def best(reckoning: Reckoning, season: Season, *, now: datetime) -> PricedPlan | None:
    """Of the finished plan that gives most of today's gaps a show, the newest of those that give as many; None where
    none is finished. A constant number of queries; `reckoning` as of today, `season` of the programme's year."""
    programme = reckoning.programme
    open_gaps = {s.organisation_id: s.name for s in reckoning.target if _needs_a_show(s)}
    finished = [row for row in orders.of_programme(programme.id) if row.is_readable]
    if not finished:
        return None
    given_a_show = _gaps_of([row.id for row in finished], open_gaps, now=now)
    plan = max(finished, key=lambda row: (given_a_show.get(row.id, 0), row.id))
    covered = len(reckoning.target) - len(open_gaps)
    lines = [line for line in orders.lines(plan) if line.organisation_id in open_gaps]
    needed = Counter(line.organisation_id for line in lines)
    needed.update({out.organisation_id: out.shows for out in orders.left_out(plan)})
    given = {day.tour_day.id: day for day in season.days}
    played = _wanted(lines, given, now=now)
    days = _days(programme.partnership_id, played, given)
    bought = last_gaps.steps(days, needed, covered=covered)
    reached = {organisation_id for step in bought for organisation_id in step.schools}
    troupes = {line.troupe.id: line.troupe for line in played if line.troupe is not None}
    return PricedPlan(
        plan=plan,
        target=len(reckoning.target),
        covered=covered,
        steps=bought,
        marks=last_gaps.marks(bought, covered=covered, target=len(reckoning.target)),
        names=open_gaps,
        missing=[name for organisation_id, name in open_gaps.items() if organisation_id not in reached],
        changed=fingerprint.changed(plan),
        unpriced=[troupes[key] for key in sorted(troupes) if troupes[key].cost_day_pence is None],
    )


def _needs_a_show(school: Standing) -> bool:
    """A gap that a show closes; one that waits for a report alone needs none."""
    return school.is_gap and school.standing != Word.TO_CONFIRM


def _gaps_of(
    plan_ids: Collection[int], organisation_ids: Collection[int], *, now: datetime
) -> dict[int, int]:
    """How many of the schools each plan still gives a show; one query."""
    rows = db.session.execute(
        select(PlanLine.plan_id, func.count(PlanLine.organisation_id.distinct()))
        .where(
            PlanLine.plan_id.in_(plan_ids),
            PlanLine.organisation_id.in_(organisation_ids),
            PlanLine.state.in_((DRAWN, ACCEPTED)),
            PlanLine.day > day_of(now),
        )
        .group_by(PlanLine.plan_id)
        .order_by(PlanLine.plan_id)
    )
    return {plan_id: schools for plan_id, schools in rows}


def _wanted(lines: Iterable[PlanLine], given: dict[int, SeasonDay], *, now: datetime) -> list[PlanLine]:
    """The lines that can still be played: not struck, to come, and on a day that still stands."""
    return [
        line
        for line in lines
        if line.state in (DRAWN, ACCEPTED)
        and line.day > day_of(now)
        and (line.tour_day_id is None or line.tour_day_id in given)
    ]


def _days(partnership_id: int, lines: Sequence[PlanLine], given: dict[int, SeasonDay]) -> list[PlannedDay]:
    by_day: dict[tuple[int | None, object, str], list[PlanLine]] = defaultdict(list)
    for line in lines:
        by_day[line.tour_day_id, line.day, line.troupe_name].append(line)
    doors = nights.doors([given[key].tour_day for key, *_ in by_day if key is not None])
    ways = roads.roads_of_partnership(partnerships.get(partnership_id))
    found = []
    for (key, _, _), here in by_day.items():
        own = given[key] if key is not None else None
        base = roads.base_stop(here[0].troupe) if here[0].troupe else None
        out, home = doors[key] if key is not None else (None, None)
        ends = (out.stop if out else None, home.stop if home else None) if own else (base, base)
        found.append(_day(here, own, ends, ways))
    return found


def _day(lines: Sequence[PlanLine], own: SeasonDay | None, ends: Ends, ways: Roads) -> PlannedDay:
    booked = [
        (show.performance.get_in_at, _at(show.performance.organisation_id, show.performance))
        for show in (own.shows if own else ())
    ]
    hosts = [
        (line.get_in_at, _at(line.organisation_id, line.organisation)) for line in lines if not line.is_guest
    ]
    minutes, kilometres = _way([*booked, *hosts], ends, ways)
    was_minutes, was_kilometres = _way(booked, ends, ways)
    troupe = lines[0].troupe
    is_new = not booked
    return PlannedDay(
        day=lines[0].day,
        troupe=lines[0].troupe_name or (troupe.name if troupe else ""),
        is_new=is_new,
        minutes=max(0, minutes - was_minutes),
        pence=_pence(troupe, is_new, max(0.0, kilometres - was_kilometres)),
        organisation_ids=tuple(line.organisation_id for line in lines),
    )


def _pence(troupe: Troupe | None, is_new: bool, kilometres: float) -> int | None:
    if troupe is None or troupe.cost_day_pence is None:
        return None
    fee = troupe.cost_day_pence if is_new else 0
    return fee + (troupe.cost_km_pence or 0) * int(kilometres + 0.5)


def _way(stops: Iterable[tuple[datetime, Stop]], ends: Ends, ways: Roads) -> tuple[int, float]:
    """Minutes and kilometres of a day with these stops."""
    there = [stop for _, stop in sorted(stops, key=lambda each: (each[0], each[1].key))]
    if not there:
        return 0, 0.0
    way = [stop for stop in (ends[0], *there, ends[1]) if stop is not None]
    return (
        sum(ways.minutes(a, b) for a, b in pairwise(way)),
        sum(far.kilometres for a, b in pairwise(way) if (far := ways.far(a, b))),
    )


def _at(organisation_id: int, where: Performance | Organisation) -> Stop:
    return roads.stop_at(organisation_id, where.easting, where.northing)
