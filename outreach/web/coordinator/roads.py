"""Minutes on the road: the rule, or a table that is brought in or asked of a router; how much of it is filled, the gaps
to fill, and the points that a router makes a table of."""

import io
from datetime import datetime
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.coverage import points_of_programme, standings
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import count
from outreach.tour import programmes, road_points, road_questions, road_table, router
from outreach.tour.road_files import HOURS, MINUTES, SECONDS, NoTable
from outreach.tour.road_points import RoadPoints
from outreach.tour.road_table import MOST_BYTES, BadLines
from outreach.web import downloads, forms
from outreach.web.gate import coordinator, coordinators_only, the_programme, who
from outreach.web.refusals import back_to, status

COLUMNS = ("From", "From name", "To", "To name", "Minutes", "Kilometres")
TOLD = ("Told by", "Told on")


class TableForm(forms.Form):
    file = forms.upload(
        "Table of minutes",
        required="Choose a file.",
        hint="CSV or JSON, as you or a router wrote it; up to 30 MB.",
    )
    unit = forms.pick(
        "Its times are in",
        [("", "what the file says"), (SECONDS, SECONDS), (MINUTES, MINUTES), (HOURS, HOURS)],
        default="",
    )
    points = forms.upload(
        "The points that it was made from",
        hint="Only where its rows are without names: the file as you downloaded it.",
    )
    fingerprint = forms.text(
        "Or their fingerprint",
        at_most=40,
        hint="Each line of the file of points ends with it, like 12-94-5f0c9a31.",
    )
    wrong: tuple[str, ...] = ()
    more = 0

    def refuse(self, refusal: Refusal) -> None:
        super().refuse(refusal)
        if isinstance(refusal, BadLines):
            self.wrong, self.more = refusal.lines, refusal.more
            self.file.errors = [refusal.in_short]


@coordinator.route("/setup/roads", methods=["GET", "POST"])
@coordinators_only
def road_minutes() -> Any:
    form = TableForm()
    if form.validate_on_submit():
        content, now = _sent(form.file.data), clock.now()
        with transaction():
            brought = road_table.bring_in(
                g.partnership,
                content,
                points=_points(form, now=now),
                unit=form.unit.data,
                who=who(),
                now=now,
            )
        flash(_told(brought))
        return redirect(url_for("coordinator.road_minutes"), 303)
    page = render_template(
        "coordinator/roads.html",
        form=form,
        wrong=form.wrong,
        more=form.more,
        state=road_table.state(g.partnership),
        running=programmes.in_hand(g.partnership.id, day_of(clock.now())),
        has_router=router.is_set(),
        router_is_own=router.is_own(),
        asking=road_questions.newest(g.partnership.id, now=clock.now()) if router.is_set() else None,
    )
    return page, status()


def _sent(file: Any) -> io.BytesIO:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise NoTable("This file is larger than 30 MB. Nothing was changed.")
    return io.BytesIO(content)


def _points(form: TableForm, *, now: datetime) -> RoadPoints | None:
    if form.points.data:
        return road_points.read(_sent(form.points.data))
    fingerprint = form.fingerprint.data
    return points_of_programme.of_fingerprint(g.partnership, fingerprint, now=now) if fingerprint else None


@coordinator.post("/setup/roads/ask")
@coordinators_only
def ask_router() -> Any:
    """For the roads of ?programme=ID that are missing, with `anew` for those too that the table has."""
    programme, now = the_programme(), clock.now()
    with back_to(url_for("coordinator.road_minutes")), transaction():
        asked = road_questions.order(
            g.partnership,
            standings.target_of(programme.id, now=now),
            name=programme.title,
            anew=request.form.get("anew") == "1",
            who=who(),
            now=now,
        )
    roads, questions = count(asked.roads, "road"), count(asked.questions, "question")
    flash(f"The router is asked for {roads} in {questions}. You can leave this page meanwhile.")
    return redirect(url_for("coordinator.road_minutes"), 303)


@coordinator.post("/setup/roads/ask/stop")
@coordinators_only
def stop_asking_router() -> Any:
    with transaction():
        told = road_questions.stop(g.partnership, who=who(), now=clock.now())
    flash(
        "Nothing was being asked any more."
        if told is None
        else f"The router is not asked any more. {count(told, 'road')} that it told stand in the table."
    )
    return redirect(url_for("coordinator.road_minutes"), 303)


@coordinator.post("/setup/roads/remove")
@coordinators_only
def remove_road_minutes() -> Any:
    with transaction():
        road_questions.give_up_with_table(g.partnership, now=clock.now())
        road_table.remove(g.partnership, who=who(), now=clock.now())
    flash("The table is removed. Every road goes by the rule.")
    return redirect(url_for("coordinator.road_minutes"), 303)


@coordinator.get("/setup/roads/points.csv")
@coordinators_only
def road_points_csv() -> Any:
    points = _asked_for()
    return downloads.csv_file(_name(points, "csv"), road_points.COLUMNS, points.rows(), end="")


@coordinator.get("/setup/roads/points.geojson")
@coordinators_only
def road_points_geojson() -> Any:
    points = _asked_for()
    return downloads.geojson_file(_name(points, "geojson"), points.geojson())


def _asked_for() -> RoadPoints:
    """Those of ?programme=ID, else of the programme in hand, with the troupes' bases where ?bases=1 asks for them."""
    bases = request.args.get("bases") == "1"
    return points_of_programme.of_programme(g.partnership, the_programme(), bases=bases, now=clock.now())


def _name(points: RoadPoints, kind: str) -> str:
    return f"points-{points.fingerprint}.{kind}"


@coordinator.get("/setup/roads/<which>.csv")
@coordinators_only
def road_minutes_csv(which: str) -> Any:
    """`table`: the pairs that stand in it; `gaps`: those that go by the rule, ready to be filled in and
    brought back."""
    if which not in ("table", "gaps"):
        abort(404)
    lines = list(road_table.lines(g.partnership, gaps=which == "gaps"))
    if which == "gaps":
        return downloads.csv_file("roads-gaps.csv", COLUMNS, [line[: len(COLUMNS)] for line in lines])
    return downloads.csv_file("roads-table.csv", (*COLUMNS, *TOLD), lines)


def _told(brought: road_table.Brought) -> str:
    said = [f"{count(brought.pairs, 'road goes', 'roads go')} by the table."]
    if brought.unequal:
        said.append(f"{count(brought.unequal, 'road')} had two different times; the longer one counts.")
    if brought.with_kilometres:
        said.append(
            f"{count(brought.with_kilometres, 'of them has', 'of them have')} kilometres of the road too."
        )
    if brought.wrong_kilometres:
        said.append(
            f"The kilometres of {count(brought.wrong_kilometres, 'road')} cannot be, and were passed over: they are "
            "shorter than the straight line, or longer than 500."
        )
    if brought.not_ours:
        said.append(
            f"{count(brought.not_ours, 'line is', 'lines are')} about places that are not yours, and passed over."
        )
    if brought.without:
        without = count(brought.without, "road has no time in it and goes", "roads have no time in it and go")
        said.append(f"{without} by the rule.")
    return " ".join(said)
