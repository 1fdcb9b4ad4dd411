"""A day of a plan over the diary: its map, its stops with the road; lines struck, pinned, moved to another
time that fits."""

from datetime import timedelta
from itertools import groupby
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.coverage.charts import day_map
from outreach.coverage.charts.day_map import DayMap, Point
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.typed_days import iso_day
from outreach.ground.wording import clock as clock_words
from outreach.ground.wording import day as day_words
from outreach.planning.orders import DRAWN, REFUSED, PlanLine
from outreach.planning.promising import day_by_day, deciding
from outreach.planning.promising.day_by_day import TroupesDay
from outreach.tour import days as tour_days
from outreach.web.coordinator import plan_day_words
from outreach.web.gate import coordinator, coordinators_only, our_plan, who
from outreach.web.refusals import back_to, refused, status

BEST = 3


@coordinator.get("/plans/<int(max=2147483647):plan_id>/day/<day>")
@coordinators_only
def plan_day(plan_id: int, day: str) -> Any:
    plan = our_plan(plan_id, readable=True)
    try:
        wanted = iso_day(day)
    except ValueError:
        abort(404)
    found = day_by_day.day_of_plan(plan, wanted, now=clock.now())
    if not found.troupes:
        flash(f"The plan has nothing on {day_words(wanted)}, and no troupe is on tour.", "confirm")
        return redirect(url_for("coordinator.plan", plan_id=plan_id), 303)
    return render_template(
        "coordinator/plan_day.html",
        plan=plan,
        found=found,
        troupes=plan_day_words.shown(found.troupes, [_map(each) for each in found.troupes]),
    )


@coordinator.post("/plans/<int(max=2147483647):plan_id>/lines/<int(max=2147483647):line_id>/decide")
@coordinators_only
def plan_line(plan_id: int, line_id: int) -> Any:
    """What is decided of one line: strike, put back, pin, unpin. Back to the page that it was decided on."""
    line = _line(plan_id, line_id)
    deed = request.form.get("deed", "")
    now, said = clock.now(), line.organisation.name
    with back_to(_decided_on(line), "stop"), transaction():
        if deed == "strike":
            deciding.strike(line, who=who(), now=now)
        elif deed == "put back":
            deciding.put_back(line, who=who(), now=now)
        elif deed in ("pin", "unpin"):
            deciding.pin(line, pinned=deed == "pin", who=who(), now=now)
        else:
            abort(404)
    flash(
        {
            "strike": f"{said} is struck. Planned again, it is not offered that day.",
            "put back": f"{said} is back in the plan.",
            "pin": f"{said} is pinned: planned again, it stays where it is.",
            "unpin": f"{said} is not pinned any more.",
        }[deed]
    )
    return redirect(_decided_on(line), 303)


@coordinator.route(
    "/plans/<int(max=2147483647):plan_id>/lines/<int(max=2147483647):line_id>/move", methods=["GET", "POST"]
)
@coordinators_only
def plan_line_move(plan_id: int, line_id: int) -> Any:
    """Every time that fits beside what stands and what else is drawn; the POST draws the line there."""
    line, now, no = _line(plan_id, line_id), clock.now(), refused()
    if request.method == "POST" and no is None:
        with transaction():
            deciding.move(line, request.form.get("slot", "")[:30], who=who(), now=now)
        flash(
            f"{line.organisation.name} is drawn on {day_words(line.day)} at {clock_words(line.starts_at)} now."
        )
        return redirect(url_for("coordinator.plan_day", plan_id=plan_id, day=line.day.isoformat()), 303)
    offers = [] if line.state not in (DRAWN, REFUSED) or line.is_guest else deciding.elsewhere(line, now=now)
    best = sorted((offer for offer in offers if offer.gaps), key=lambda offer: offer.rank)[:BEST]
    weeks = [
        (monday, list(found))
        for monday, found in groupby(offers, key=lambda o: o.day - timedelta(days=o.day.weekday()))
    ]
    troupes = {row.id: row.troupe.name for row in tour_days.of_programme(line.plan.programme_id)}
    page = render_template(
        "coordinator/plan_line_move.html",
        plan=line.plan,
        line=line,
        near=[offer.best() for offer in best],
        weeks=weeks,
        troupes=troupes if len(set(troupes.values())) > 1 else {},
        wrong=no.message if no is not None else "",
    )
    return page, status()


def _map(here: TroupesDay) -> DayMap | None:
    """The way from the base through the stops and back; None where a place on it is not known."""
    points: list[Point] = []
    minutes: list[int | None] = []
    if here.base is not None:
        points.append(Point(place=here.base, name=here.leaves_from, said="", kind="base"))
    for stop in here.stops:
        if stop.place is None:
            return None
        if points:
            minutes.append(stop.road)
        points.append(
            Point(
                place=stop.place,
                name=stop.organisation.name,
                said=clock_words(stop.starts_at),
                kind=stop.what,
            )
        )
    if here.end is not None and here.stops:
        minutes.append(here.back)
        points.append(Point(place=here.end, name=here.returns_to, said="", kind="base"))
    return day_map.draw(g.partnership.districts_geojson, points, minutes)


def _decided_on(line: PlanLine) -> str:
    """The plan's list when it was decided there, else the day."""
    if request.form.get("from") == "list":
        return url_for("coordinator.plan", plan_id=line.plan_id, _anchor=f"line-{line.id}")
    return url_for("coordinator.plan_day", plan_id=line.plan_id, day=line.day.isoformat())


def _line(plan_id: int, line_id: int) -> PlanLine:
    return deciding.get(g.partnership.id, plan_id, line_id)
