"""Rivers and estuaries that roads go round: said by a file or by points, looked at before they count, their crossings;
removed and put back."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.wording import and_list, count
from outreach.tour import water_effect, water_files, waters
from outreach.tour.water_files import MOST_BYTES
from outreach.tour.waters import Line, NotThatWater, Water, WaterCrossing
from outreach.web import forms
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import back_to, status

KINDS: dict[str, type[Water] | type[WaterCrossing]] = {"water": Water, "crossing": WaterCrossing}


class WatersForm(forms.Form):
    name = forms.text("Name", at_most=80, hint="For example River Tamar; a file may bring names of its own.")
    file = forms.upload("File", hint="GeoJSON in degrees (WGS 84), with lines or areas; up to 20 MB.")
    points = forms.words(
        "Or its points",
        at_most=8000,
        hint="One a line, from end to end: SX 480 520, or 248000, 52000, or 50.3471, -4.1375.",
    )


class CrossingForm(forms.Form):
    crossing = forms.text("Name", required="Say what the crossing is called.", at_most=80)
    place = forms.text(
        "Where",
        required="Say where it is.",
        at_most=60,
        hint="SX 480 520, or 50.3471, -4.1375; no further than 500 m off.",
    )
    minutes = forms.number(
        "Minutes it takes", at_most=240, default=0, hint="A ferry with its wait; 0 for a bridge or a tunnel."
    )


@coordinator.route("/setup/roads/waters", methods=["GET", "POST"])
@coordinators_only
def road_waters() -> Any:
    """The waters; a POST looks at more of them and changes nothing."""
    form = WatersForm()
    looked, effect = None, None
    if form.validate_on_submit():
        found = _sent(form)
        looked = water_files.packed(found)
        effect = water_effect.of_adding(g.partnership, [lines for _, lines in found])
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
        place = water_files.place_of(form.place.data)
        if place is None:
            raise NotThatWater(
                f"‘{form.place.data}’ is no place. Type a grid reference, an easting and a northing, or a latitude "
                "and a longitude.",
                field="place",
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
    return render_template("coordinator/road_crossing.html", form=form), status()


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
    kind, said = KINDS.get(request.form.get("kind", "")), request.form.get("id", "")
    if kind is None or not (said.isascii() and said.isdigit() and len(said) < 10):
        abort(404)
    return kind, int(said)


def _sent(form: WatersForm) -> list[tuple[str, list[Line]]]:
    """What a form says, its file first. Raises NotThatWater."""
    if form.file.data:
        return water_files.of_geojson(form.file.data.read(MOST_BYTES + 1), name=form.name.data or "")
    if not (form.points.data or "").strip():
        raise NotThatWater("Choose a file, or type the points of a line.", field="file")
    if not form.name.data:
        raise NotThatWater("Say what the water is called.", field="name")
    return water_files.of_words(form.points.data, name=form.name.data)


def _page(form: WatersForm, *, looked: str | None, effect: water_effect.WaterEffect | None) -> Any:
    standing, crossings = waters.of_partnership(g.partnership.id)
    page = render_template(
        "coordinator/road_waters.html",
        form=form,
        looked=looked,
        effect=effect,
        rows=[("water", row, count(row.points, "point")) for row in standing]
        + [
            ("crossing", row, f"{count(row.minutes, 'minute')} to cross" if row.minutes else "a crossing")
            for row in crossings
        ],
    )
    return page, status() if looked is None else 200
