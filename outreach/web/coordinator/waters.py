"""Rivers and estuaries that roads go round: drawn on the map, said by points or by a file, looked at before they count,
their crossings; removed and put back."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.county import partnerships, school_locations
from outreach.coverage.charts import water_map
from outreach.coverage.charts.water_map import WaterMap
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.geography import Place
from outreach.ground.row_numbers import row_number
from outreach.ground.wording import and_list, count
from outreach.tour import typed_places, water_effect, water_files, waters
from outreach.tour.water_files import MOST_BYTES
from outreach.tour.waters import Line, NotThatWater, Water, WaterCrossing
from outreach.web import forms
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import back_to, status

KINDS: dict[str, type[Water] | type[WaterCrossing]] = {"water": Water, "crossing": WaterCrossing}


class WatersForm(forms.Form):
    name = forms.text("Name", at_most=80, hint="For example River Tamar; a file may bring names of its own.")
    points = forms.lines(
        "Its points, from end to end",
        at_most=8000,
        hint="One on each line: 50.3471, -4.1375, or 248000, 52000, or SX 480 520, or a postcode.",
    )
    file = forms.upload("Or a file", hint="GeoJSON in degrees (WGS 84), with lines or areas; up to 20 MB.")


class CrossingForm(forms.Form):
    crossing = forms.text("Name", required="Say what the crossing is called.", at_most=80)
    place = forms.text(
        "Where",
        required="Say where it is.",
        at_most=60,
        hint="50.3471, -4.1375, or 248000, 52000, or SX 480 520, or a postcode; no further than 500 m from the water.",
    )
    minutes = forms.number(
        "Minutes it takes", at_most=240, default=0, hint="A ferry with its wait; 0 for a bridge or a tunnel."
    )


@coordinator.route("/setup/roads/waters", methods=["GET", "POST"])
@coordinators_only
def road_waters() -> Any:
    """The waters; a POST looks at more of them and changes nothing."""
    form = WatersForm()
    looked: list[tuple[str, list[Line]]] = []
    effect = None
    if form.validate_on_submit():
        looked = _sent(form)
        effect = water_effect.of_adding(g.partnership, [lines for _, lines in looked])
    return _page(form, looked=looked, effect=effect)


@coordinator.post("/setup/roads/waters/add")
@coordinators_only
def add_waters() -> Any:
    with back_to(url_for("coordinator.road_waters")):
        found = water_files.unpacked(request.form.get("waters", ""))
        with transaction():
            waters.add_waters(g.partnership, found, who=who(), now=clock.now())
    flash(f"Roads go round {and_list([name for name, _ in found])} now. Shows that stand keep their times.")
    return redirect(url_for("coordinator.road_waters"), 303)


@coordinator.route("/setup/roads/waters/crossing", methods=["GET", "POST"])
@coordinators_only
def add_crossing() -> Any:
    form = CrossingForm()
    if form.validate_on_submit():
        place = typed_places.find(form.place.data)
        if place is None:
            raise NotThatWater(
                f"‘{form.place.data}’ is no place we know. {water_files.PLACES}", field="place"
            )
        with transaction():
            waters.add_crossing(
                g.partnership,
                form.crossing.data,
                place,
                form.minutes.data or 0,
                who=who(),
                now=clock.now(),
            )
        flash(f"Roads go over {form.crossing.data} now.")
        return redirect(url_for("coordinator.road_waters"), 303)
    page = render_template(
        "coordinator/road_crossing.html", form=form, map=_map(*waters.of_partnership(g.partnership.id))
    )
    return page, status()


@coordinator.post("/setup/roads/waters/remove")
@coordinators_only
def remove_water() -> Any:
    kind, row_id = _which()
    with transaction():
        name = waters.withdraw(g.partnership, kind, row_id, who=who(), now=clock.now())
    flash(f"{name} is removed; it can be put back below.")
    return redirect(url_for("coordinator.road_waters"), 303)


@coordinator.post("/setup/roads/waters/put-back")
@coordinators_only
def put_back_water() -> Any:
    kind, row_id = _which()
    with transaction():
        name = waters.put_back(g.partnership, kind, row_id, who=who(), now=clock.now())
    flash(f"{name} counts again.")
    return redirect(url_for("coordinator.road_waters"), 303)


def _which() -> tuple[type[Water] | type[WaterCrossing], int]:
    kind, number = KINDS.get(request.form.get("kind", "")), row_number(request.form.get("id", ""))
    if kind is None or number is None:
        abort(404)
    return kind, number


def _sent(form: WatersForm) -> list[tuple[str, list[Line]]]:
    """What a form says, by its points or its file. Raises NotThatWater."""
    points = (form.points.data or "").strip()
    if form.file.data and points:
        raise NotThatWater(
            "Send a file or points, not both: empty the one that you do not mean.", field="file"
        )
    if form.file.data:
        return water_files.of_geojson(form.file.data.read(MOST_BYTES + 1), name=form.name.data or "")
    if not points:
        raise NotThatWater("Draw a line on the map, type its points, or choose a file.", field="points")
    if not form.name.data:
        raise NotThatWater("Say what the water is called.", field="name")
    return water_files.of_words(points, name=form.name.data, find=typed_places.find)


def _page(
    form: WatersForm,
    *,
    looked: Sequence[tuple[str, list[Line]]],
    effect: water_effect.WaterEffect | None,
) -> Any:
    standing, crossings = waters.of_partnership(g.partnership.id)
    page = render_template(
        "coordinator/road_waters.html",
        form=form,
        looked=water_files.packed(looked) if looked else None,
        effect=effect,
        map=_map(standing, crossings, looked),
        rows=[("water", row, count(row.points, "point")) for row in standing]
        + [
            ("crossing", row, f"{count(row.minutes, 'minute')} to cross" if row.minutes else "a crossing")
            for row in crossings
        ],
    )
    return page, 200 if looked else status()


def _map(
    standing: Sequence[Water],
    crossings: Sequence[WaterCrossing],
    looked: Sequence[tuple[str, list[Line]]] = (),
) -> WaterMap | None:
    """The county with what counts, and what is looked at."""
    return water_map.draw(
        g.partnership.districts_geojson,
        school_locations.landmarks(partnerships.la_codes(g.partnership.id)),
        [(w.name, w.lines) for w in standing if w.withdrawn_at is None],
        [
            (c.name, Place(easting=c.easting, northing=c.northing))
            for c in crossings
            if c.withdrawn_at is None
        ],
        looked,
    )
