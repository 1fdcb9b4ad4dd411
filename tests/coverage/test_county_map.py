"""The map: no school under a name, none under another, and an inset where a town has no room."""

import json
import math
from datetime import date

import pytest

from outreach.coverage.charts import county_map, map_room
from outreach.coverage.figures import figures_of_target
from outreach.coverage.standings import Standing

CODES = {"Shire": "E07000001", "Town": "E07000002"}
SQUARE = [[(0.0, 0.0), (300.0, 0.0), (300.0, 300.0), (0.0, 300.0)]]


def school(organisation_id: int, easting: int | None, northing: int | None, district: str) -> Standing:
    return Standing(
        organisation_id=organisation_id,
        name=f"School {organisation_id}",
        district_code=CODES[district],
        district_name=district,
        phase="Secondary",
        type="Academy",
        standing="seen",
        year_groups={8: "seen"},
        is_gap=False,
        kind="",
        detail="",
        since=date(2026, 9, 1),
        target_pupils=100,
        estimated=False,
        seen_pupils=100,
        seen_estimated=False,
        evidence="",
        ages_unknown=False,
        easting=easting,
        northing=northing,
    )


def square(name: str, west: float, south: float, side: float) -> dict:
    ring = [
        [west, south],
        [west + side, south],
        [west + side, south + side],
        [west, south + side],
        [west, south],
    ]
    return {
        "type": "Feature",
        "properties": {"code": CODES[name], "name": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def test_points_on_one_spot_are_pushed_apart_and_stay_near_their_place():
    points = [(100.0, 100.0)] * 4 + [(300.0, 40.0)]
    moved = map_room.apart(points, distance=12, reach=12)
    gaps = [math.dist(a, b) for i, a in enumerate(moved) for b in moved[i + 1 :]]
    assert min(gaps) > 11
    assert all(math.dist(a, b) <= 12.01 for a, b in zip(points, moved, strict=True))
    assert moved[-1] == points[-1]
    assert moved == map_room.apart(points, distance=12, reach=12)


def test_one_point_and_none_stay_as_they_are():
    assert map_room.apart([(5.0, 5.0)], distance=12, reach=12) == [(5.0, 5.0)]
    assert map_room.apart([], distance=12, reach=12) == []


@pytest.mark.parametrize(
    "crowd", [[], [(150, 150)], [(x, y) for x in range(40, 290, 20) for y in range(60, 200, 20)]]
)
def test_a_name_stands_inside_its_district_and_on_no_point(crowd):
    name = map_room.place_name(SQUARE, 50, crowd, [], width=320, height=320)
    assert 50 <= name.x <= 250 and map_room.ABOVE <= name.y <= 300 - map_room.BELOW
    assert not [
        (x, y)
        for x, y in crowd
        if abs(x - name.x) < name.half and name.y - map_room.ABOVE < y < name.y + map_room.BELOW
    ]


def test_names_do_not_stand_on_each_other():
    first = map_room.place_name(SQUARE, 60, [], [], width=320, height=320)
    second = map_room.place_name(SQUARE, 60, [], [first], width=320, height=320)
    assert abs(first.x - second.x) >= 120 or abs(first.y - second.y) >= map_room.ABOVE + map_room.BELOW


def test_a_name_wider_than_the_picture_stays_within_it():
    name = map_room.place_name(SQUARE, 160, [], [], width=320, height=320)
    assert name.x == 160


def test_an_area_is_that_of_the_district_without_its_hole():
    hole = [(100.0, 100.0), (200.0, 100.0), (200.0, 200.0), (100.0, 200.0)]
    assert map_room.area(SQUARE) == pytest.approx(90_000, rel=0.05)
    assert map_room.area([*SQUARE, hole]) == pytest.approx(80_000, rel=0.05)


@pytest.mark.parametrize(("schools", "insets"), [(1, []), (3, []), (30, ["Town"])])
def test_a_crowded_town_is_drawn_larger_in_an_inset_and_each_school_once(schools, insets):
    # about 450200/200000 on the grid is 1.27 west, 51.7 north: a county with a small town at its middle
    outlines = json.dumps(
        {
            "type": "FeatureCollection",
            "features": [square("Shire", -1.6, 51.5, 0.6), square("Town", -1.3, 51.8, 0.06)],
        }
    )
    eastings = [448_900 + 400 * (n % 6) for n in range(schools)]
    northings = [212_500 + 400 * (n // 6) for n in range(schools)]
    target = [school(n, e, no, "Town") for n, (e, no) in enumerate(zip(eastings, northings, strict=True))]
    target.append(school(99, 440_000, 200_000, "Shire"))
    drawn = county_map.draw(outlines, figures_of_target(target, county="x").districts, target)
    assert drawn is not None
    assert [i.name for i in drawn.insets] == insets
    assert len(drawn.marks) + sum(len(i.marks) for i in drawn.insets) == schools + 1
    assert [s.inset for s in drawn.shapes] == [False, bool(insets)]


@pytest.mark.parametrize("schools", [1, 3, 500, 501])
def test_up_to_500_schools_are_drawn_each_with_its_name_and_more_as_districts_only(schools: int) -> None:
    outlines = json.dumps({"type": "FeatureCollection", "features": [square("Shire", -1.6, 51.5, 0.6)]})
    target = [
        school(n, 432_000 + 1600 * (n % 24), 182_000 + 2600 * (n // 24), "Shire") for n in range(schools)
    ]
    drawn = county_map.draw(outlines, figures_of_target(target, county="x").districts, target)
    assert drawn is not None and len(drawn.shapes) == 1
    marks = [*drawn.marks, *(mark for inset in drawn.insets for mark in inset.marks)]
    named = {mark.organisation_id: (mark.name, mark.glyph) for mark in marks}
    assert len(marks) == len(named) == (schools if schools <= 500 else 0)
    assert all(named[s.organisation_id] == (s.name, s.standing) for s in target if named)
    assert [mark.name for mark in drawn.marks] == sorted(mark.name for mark in drawn.marks)


def test_one_district_fills_the_picture_with_its_own_schools_alone():
    outlines = json.dumps({"features": [square("Shire", -2.5, 52.0, 0.4), square("Town", -2.1, 52.0, 0.1)]})
    target = [school(1, 395_000, 238_000, "Town"), school(2, 375_000, 240_000, "Shire")]
    found = figures_of_target(target, county="Marlshire")
    whole = county_map.draw(outlines, found.districts, target)
    close = county_map.draw(outlines, found.districts, target, zoom=CODES["Town"])
    assert whole is not None and close is not None
    assert (whole.zoomed, len(whole.marks), whole.glyph) == ("", 2, county_map.GLYPH)
    assert (close.zoomed, [m.organisation_id for m in close.marks], close.glyph) == (
        "Town",
        [1],
        county_map.LARGE_GLYPH,
    )
    assert [s.step for s in close.shapes] == [county_map.ELSEWHERE, 4]
    assert county_map.on_map(outlines) == [(CODES["Shire"], "Shire"), (CODES["Town"], "Town")]
    assert county_map.draw(outlines, found.districts, target, zoom="E99") == whole


def test_a_district_of_a_country_shows_its_schools_though_the_country_has_too_many():
    outlines = json.dumps({"features": [square("Shire", -2.5, 52.0, 0.4), square("Town", -2.1, 52.0, 0.1)]})
    target = [school(n, 375_000 + 10 * n, 240_000, "Shire") for n in range(county_map.MOST_POINTS)]
    target.append(school(9_999, 395_000, 238_000, "Town"))
    found = figures_of_target(target, county="Marlshire")
    whole = county_map.draw(outlines, found.districts, target)
    close = county_map.draw(outlines, found.districts, target, zoom=CODES["Town"])
    assert whole is not None and whole.marks == []
    assert close is not None and [m.organisation_id for m in close.marks] == [9_999]
