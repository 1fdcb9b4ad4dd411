"""A plan by weeks: in which part of the county each is, how many days of which troupe, its road; and one week day by
day."""

from typing import Any

from flask import abort, g, render_template, request

from outreach.county import school_locations
from outreach.coverage.charts import weeks_map
from outreach.coverage.charts.weeks_map import Visited
from outreach.ground.geography import Place
from outreach.planning import orders
from outreach.planning.orders import PlanLine
from outreach.tour.planning.day_wishes import monday_of
from outreach.web.coordinator import plan_weeks_words
from outreach.web.gate import coordinator, coordinators_only, our_plan


@coordinator.get("/plans/<int(max=2147483647):plan_id>/weeks")
@coordinators_only
def plan_weeks(plan_id: int) -> Any:
    """The weeks beside a map of them; `?week=` the Monday of the one that is looked at, else the first."""
    plan = our_plan(plan_id, readable=True)
    lines = orders.lines(plan)
    weeks = plan_weeks_words.weeks(lines)
    wanted = request.args.get("week", "")
    chosen = next((week for week in weeks if week.monday.isoformat() == wanted), None)
    if wanted and chosen is None:
        abort(404)
    chosen = chosen or (weeks[0] if weeks else None)
    numbers = {week.monday: week.number for week in weeks}
    places = school_locations.locate_all([line.organisation for line in lines])
    visited = [
        Visited(place=place, week=numbers[monday_of(line.day)])
        for line in (line for week in weeks for line in week.lines)
        if (place := places[line.organisation_id].place) is not None
    ]
    return render_template(
        "coordinator/plan_weeks.html",
        plan=plan,
        title=plan_weeks_words.title(plan.name, weeks),
        summary=plan_weeks_words.summary(weeks),
        weeks=weeks,
        chosen=chosen,
        by_day=plan_weeks_words.by_day(chosen.lines) if chosen else [],
        troupes=plan_weeks_words.troupes(weeks),
        days=plan_weeks_words.days,
        sums=plan_weeks_words.sums(weeks),
        map=weeks_map.draw(g.partnership.districts_geojson, visited, _bases(lines)),
    )


def _bases(lines: list[PlanLine]) -> list[Place]:
    """Where the troupes of these lines start, where that is known."""
    found: dict[int, Place] = {}
    for line in lines:
        troupe = line.troupe
        if troupe is not None and troupe.base_easting is not None and troupe.base_northing is not None:
            found[troupe.id] = Place(easting=troupe.base_easting, northing=troupe.base_northing)
    return list(found.values())
