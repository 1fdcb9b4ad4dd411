"""Storing a plan that the planner found: its lines, which of them stood in the plan before, and its
figures."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from itertools import groupby

from outreach.ground.db import db
from outreach.ground.timespans import wall
from outreach.planning import plan_figures, rules, wishes_said
from outreach.planning.candidates import WaitingProposal
from outreach.planning.drawing_up import Drawn
from outreach.planning.orders import ACCEPTED, DRAWN, KEPT, MOVED, NEW, PlanLeftOut, PlanLine, TourPlan
from outreach.planning.plan_figures import PlanFigures, PlanFreeDay, PlanUnplacedProposal
from outreach.tour.planning.plan import Plan, PlannedVisit
from outreach.tour.planning.problem import KEPT_WITHIN, Problem


@dataclass(frozen=True, kw_only=True)
class FateOfProposals:
    """What became of what was there before: counts, and the proposals that have no place in the plan."""

    kept: int
    moved: int
    dropped: tuple[WaitingProposal, ...]
    gone: int


def write(
    row: TourPlan, drawn: Drawn, plan: Plan, *, before: Sequence[PlanLine] = (), free: Plan | None = None
) -> None:
    """The lines, what is left out and the figures of a plan, in the caller's transaction.

    `before`: the lines of the plan that it follows on; `free`: a plan that kept nothing, to compare with.
    """
    lines, written = _lines(row.id, drawn, plan, before)
    db.session.add_all(lines.values())
    db.session.flush()
    guests = [visit for visit in plan.visits if visit.guest_of is not None]
    for visit in guests:
        line = _line(row.id, drawn, visit, nth=0, get_in=drawn.problem.minutes.get_in)
        line.road_minutes = _way(drawn.problem, visit)
        if visit.standing is not None:
            line.guest_at = visit.standing
        else:
            line.guest_of = lines[visit.day, visit.guest_of, visit.starts].id
        db.session.add(line)
    db.session.add_all(
        PlanLeftOut(plan_id=row.id, organisation_id=organisation_id, shows=shows, cause=cause)
        for organisation_id, shows, cause in (
            *drawn.left_out,
            *((out.school, out.shows, out.cause) for out in plan.left_out),
        )
    )
    db.session.flush()
    row.figures = _figures(drawn, plan, written, free)
    came = wishes_said.came_of_wishes(drawn, plan, rules.unpack(row.rules))
    row.figures.wishes = [each.packed() for each in came]


def _lines(
    plan_id: int, drawn: Drawn, plan: Plan, before: Sequence[PlanLine]
) -> tuple[dict[tuple[int, int | None, int], PlanLine], FateOfProposals]:
    """The hosts' lines by (day, URN, start), each matched with what was there before."""
    lines: dict[tuple[int, int | None, int], PlanLine] = {}
    nth: Counter[int] = Counter()
    gaps = {gap.school: gap for gap in drawn.problem.gaps}
    legs = _legs(drawn.problem, plan.visits)
    visits = [visit for visit in plan.visits if visit.guest_of is None]
    for visit in sorted(visits, key=lambda v: (drawn.days[v.day].day, v.starts, v.school)):
        get_in = visit.starts - gaps[visit.school].sets_up_at(visit.starts, drawn.problem.minutes.get_in)
        line = _line(plan_id, drawn, visit, nth=nth[visit.school], get_in=get_in)
        line.road_minutes = legs[visit.day, visit.school, visit.starts]
        nth[visit.school] += 1
        lines[visit.day, visit.school, visit.starts] = line
    return lines, _matched(drawn, lines.values(), before)


def _line(plan_id: int, drawn: Drawn, visit: PlannedVisit, *, nth: int, get_in: int) -> PlanLine:
    day, school = drawn.days[visit.day], drawn.schools[visit.school]
    minutes = drawn.problem.minutes
    starts_at = wall(day.day, time(visit.starts // 60, visit.starts % 60))
    return PlanLine(
        plan_id=plan_id,
        tour_day_id=day.tour_day_id,
        troupe_id=day.troupe_id,
        troupe_name=day.troupe_name,
        day=day.day,
        organisation_id=visit.school,
        starts_at=starts_at,
        get_in_at=starts_at - timedelta(minutes=get_in),
        away_at=starts_at + timedelta(minutes=minutes.play + minutes.get_out),
        pupils=school.seated(nth),
        was=NEW,
        state=DRAWN,
        pinned=False,
        road_minutes=0,
        place_guessed=not school.located.known,
    )


def _matched(drawn: Drawn, lines: Iterable[PlanLine], before: Sequence[PlanLine]) -> FateOfProposals:
    """Says of each line whether it is where it was. What a school was asked about moves by a minute at the
    least."""
    by_school: dict[int, list[PlanLine]] = defaultdict(list)
    for line in lines:
        by_school[line.organisation_id].append(line)
    kept = moved = gone = 0
    dropped = []
    elsewhere: list[WaitingProposal] = []
    pinned = {line.proposal_id for line in before if line.pinned and line.proposal_id is not None}
    for each in drawn.movable:
        there = next(
            (
                x
                for x in by_school[each.organisation_id]
                if x.starts_at == each.starts_at and x.tour_day_id == each.tour_day_id
            ),
            None,
        )
        if there is None:
            elsewhere.append(each)
            continue
        by_school[each.organisation_id].remove(there)
        there.was, there.state, there.proposal_id = KEPT, ACCEPTED, each.proposal_id
        there.pinned = each.proposal_id in pinned
        kept += 1
    for each in elsewhere:
        if not by_school[each.organisation_id]:
            dropped.append(each)
            continue
        there = min(by_school[each.organisation_id], key=lambda x: abs(x.starts_at - each.starts_at))
        by_school[each.organisation_id].remove(there)
        there.was, there.was_starts_at, there.proposal_id = MOVED, each.starts_at, each.proposal_id
        moved += 1
    newest = max((line.plan_id for line in before), default=0)
    for line in before:
        if line.plan_id != newest or line.state != DRAWN or line.proposal_id is not None or line.is_guest:
            continue
        left = by_school[line.organisation_id]
        near = [x for x in left if _is_near(x, line)]
        if not left:
            gone += 1
            continue
        there = min(near or left, key=lambda x: abs(x.starts_at - line.starts_at))
        left.remove(there)
        there.pinned = line.pinned and bool(near)
        there.was, there.was_starts_at = (KEPT, None) if near else (MOVED, line.starts_at)
        kept, moved = kept + bool(near), moved + (not near)
    return FateOfProposals(kept=kept, moved=moved, dropped=tuple(dropped), gone=gone)


def _is_near(line: PlanLine, other: PlanLine) -> bool:
    return line.tour_day_id == other.tour_day_id and abs(line.starts_at - other.starts_at) <= timedelta(
        minutes=KEPT_WITHIN
    )


def _legs(problem: Problem, visits: Iterable[PlannedVisit]) -> dict[tuple[int, int, int], int]:
    """What each show adds to the driving of its day, by (day, URN, start): to it and on, less the way without
    it.

    Of shows at one school one after the other the first counts for all: without them nobody would go there.
    """
    places = {gap.school: gap.place for gap in problem.gaps}
    here: dict[int, list[tuple[int, int | None, PlannedVisit | None]]] = defaultdict(list)
    for planned in visits:
        if planned.guest_of is None:
            here[planned.day].append((planned.gets_in, places[planned.school], planned))
    found: dict[tuple[int, int, int], int] = {}
    for day in problem.days:
        booked = [(show.gets_in, show.place, None) for show in day.booked]
        stops = sorted([*here[day.number], *booked], key=lambda stop: stop[0])
        there = [list(alike) for _, alike in groupby(stops, key=lambda stop: stop[1])]
        way = [day.leaves_from, *(alike[0][1] for alike in there), day.returns_to]
        for at, alike in enumerate(there, start=1):
            before, place, after = way[at - 1 : at + 2]
            extra = _road(problem, before, place) + _road(problem, place, after)
            saved = 0 if len(there) == 1 else _road(problem, before, after)
            counts = all(visit is not None for _, _, visit in alike)
            for _, _, visit in alike:
                if visit is not None:
                    found[day.number, visit.school, visit.starts] = max(0, extra - saved) if counts else 0
                    counts = False
    return found


def _road(problem: Problem, one: int | None, other: int | None) -> int:
    return 0 if one is None or other is None else int(problem.road[one][other])


def _way(problem: Problem, visit: PlannedVisit) -> int:
    """A guest's own way to its host, one way."""
    places = {gap.school: gap.place for gap in problem.gaps}
    if visit.standing is None:
        return _road(problem, places[visit.school], places.get(visit.guest_of or 0))
    there = next(show.place for day in problem.days for show in day.booked if show.number == visit.standing)
    return _road(problem, places[visit.school], there)


def _figures(drawn: Drawn, plan: Plan, written: FateOfProposals, free: Plan | None) -> PlanFigures:
    hosts = [visit for visit in plan.visits if visit.guest_of is None]
    pupils, nth = [], Counter[int]()
    for visit in sorted(plan.visits, key=lambda v: (drawn.days[v.day].day, v.starts, v.school)):
        pupils.append(drawn.schools[visit.school].seated(nth[visit.school]))
        nth[visit.school] += 1
    used = {visit.day for visit in plan.visits}
    idle = [
        day.number
        for day in drawn.problem.days
        if not day.booked and day.number not in used and drawn.days[day.number].tour_day_id is not None
    ]
    return PlanFigures(
        needed=len(drawn.problem.gaps) + len(drawn.left_out),
        reached=plan.reached,
        in_part=plan.in_part,
        guests=plan.guests,
        shows=len(hosts),
        pupils=sum(n for n in pupils if n is not None),
        pupils_unknown=sum(n is None for n in pupils),
        driving=plan.driving,
        booked_driving=plan.booked_driving,
        days_used=plan.days_used,
        days_given=len(drawn.problem.days),
        free_days=[PlanFreeDay(tour_day_id=tour_day_id) for tour_day_id in idle],
        bound_schools=plan.bounds.schools,
        bound_driving=plan.bounds.driving,
        seconds=round(plan.seconds, 1),
        ended=plan.ended,
        complete=plan.complete,
        words=plan_figures.words(plan),
        unplayable=list(drawn.unplayable),
        kept=written.kept,
        moved=written.moved,
        unplaced=len(written.dropped) + written.gone,
        unplaced_proposals=[PlanUnplacedProposal(proposal_id=each.proposal_id) for each in written.dropped],
        free_reached=None if free is None else free.reached,
        free_driving=None if free is None else free.driving,
    )
