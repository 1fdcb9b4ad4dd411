"""Files and typed lines of waters: what comes out of them, and each kind of wrong one refused in words."""

import json
import math
from itertools import pairwise
from typing import Any

import pytest

from outreach.ground.geography import Place, from_grid_reference, from_latitude_and_longitude, to_degrees
from outreach.tour import water_files
from outreach.tour.water_files import of_geojson, of_words, packed, unpacked
from outreach.tour.waters import MOST_POINTS, NotThatWater


def degrees(*points: tuple[int, int]) -> list[list[float]]:
    return [list(to_degrees(Place(easting=x, northing=y))) for x, y in points]


def feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }


def file(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


TAMAR = [(243_000, 54_000), (244_000, 58_000), (241_000, 66_000)]


def near(found: Any, meant: Any) -> bool:
    return len(found) == len(meant) and all(math.dist(a, b) < 10 for a, b in zip(found, meant, strict=True))


def test_lines_and_areas_come_with_their_names_in_metres() -> None:
    box = [(250_000, 50_000), (254_000, 50_000), (254_000, 53_000), (250_000, 53_000)]
    content = file(
        feature("LineString", degrees(*TAMAR), name="River Tamar"),
        feature(
            "MultiLineString",
            [degrees(*TAMAR), degrees((240_000, 70_000), (245_000, 71_000))],
            NAME=" The  Lyd ",
        ),
        feature("Polygon", [degrees(*box, box[0])]),
    )
    (tamar, [line]), (lyd, lines), (lake, [ring]) = of_geojson(content, name="The lake")
    assert (tamar, lyd, lake) == ("River Tamar", "The Lyd", "The lake")
    assert near(line, TAMAR) and len(lines) == 2 and near(ring, [*box, box[0]])
    assert unpacked(packed([(lake, [ring])])) == [(lake, [ring])]


def test_a_line_with_many_points_is_drawn_simpler_and_never_far_from_itself() -> None:
    points = [(200_000 + 40 * n, 60_000 + round(3000 * math.sin(n / 60))) for n in range(2000)]
    [(_, [line])] = of_geojson(file(feature("LineString", degrees(*points), name="Exe")))
    assert 10 < len(line) <= MOST_POINTS

    def away(p: Any) -> float:
        def to(a: Any, b: Any) -> float:
            t = ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / math.dist(a, b) ** 2
            t = min(1.0, max(0.0, t))
            return math.dist(p, (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))

        return min(to(a, b) for a, b in pairwise(line))

    assert (
        max(away(p) for p in points[::50]) < 10 + 8
    )  # the first of SIMPLER, and the degrees' own few metres


def test_a_tributary_is_led_over_its_river() -> None:
    river = [(250_000, 40_000), (250_000, 60_000)]
    arm = [(240_000, 50_000), (249_960, 50_000)]
    found = of_geojson(file(feature("LineString", degrees(*river)), feature("LineString", degrees(*arm))))
    assert max(x for x, _ in found[1][1][0]) > 250_000
    far = of_geojson(
        file(
            feature("LineString", degrees(*river)),
            feature("LineString", degrees((240_000, 50_000), (249_000, 50_000))),
        )
    )
    assert max(x for x, _ in far[1][1][0]) < 249_100


ROUND = [[-4.2, 50.4], [-4.1, 50.5], [-4.1, 50.4], [-4.2, 50.5], [-4.2, 50.4]]

WRONG = {
    "no GeoJSON": (b"Name,Easting\r\nTamar,243000", "cannot be read as GeoJSON"),
    "a list": (b"[1, 2]", "cannot be read as GeoJSON"),
    "too deep": (b"[" * 100_000, "cannot be read as GeoJSON"),
    "points alone": (file(feature("Point", [-4.2, 50.4])), "has points alone; a crossing is typed below"),
    "nothing": (file(), "has no line and no area"),
    "metres": (file(feature("LineString", [[243_000, 54_000], [244_000, 58_000]])), "not degrees, but metres it seems"),
    "said to be metres": (
        json.dumps(
            {
                "type": "FeatureCollection",
                "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}},
                "features": [],
            }
        ).encode(),
        "Save it as WGS 84",
    ),
    "turned round": (file(feature("LineString", [[50.4, -4.2], [50.5, -4.1]])), "changed places"),
    "over the antimeridian": (file(feature("LineString", [[179.9, 52.0], [-179.9, 52.1]])), "outside Great Britain"),
    "no numbers": (file(feature("LineString", [["a", "b"], [None, 1]])), "is not two numbers"),
    "not a number": (b'{"type":"LineString","coordinates":[[NaN,50],[-4,51]]}', "is not two numbers"),
    "one point": (file(feature("LineString", [[-4.2, 50.4], [-4.2, 50.4]])), "A line of 1 point is none"),
    "an eight": (file(feature("Polygon", [ROUND])), "crosses itself near SX"),
    "too many": (file(feature("LineString", [[-4.2, 50.4]] * 100_001)), "more than 100,000 points"),
    "a map of streams": (
        file(*(feature("LineString", degrees((240_000 + 900 * n, 60_000), (240_300 + 900 * n, 60_900))) for n in range(220))),
        "440 points still, and 400 is the most",
    ),
    "100 MB": (b" " * (water_files.MOST_BYTES + 1), "larger than 20 MB"),
}  # fmt: skip


@pytest.mark.parametrize("which", WRONG)
def test_a_wrong_file_is_refused_in_words(which) -> None:
    content, words = WRONG[which]
    with pytest.raises(NotThatWater) as refused:
        of_geojson(content)
    assert words in refused.value.message and refused.value.message.count("Nothing was changed.") == 1
    assert refused.value.field == "file"


def find(typed: str) -> Place | None:
    return from_grid_reference(typed) or from_latitude_and_longitude(typed)


def test_a_line_is_typed_as_people_write_places() -> None:
    [(name, [line])] = of_words("SX 430 540\n\n244000, 58000\n50.4757, -4.2433\n", name="Tamar", find=find)
    assert name == "Tamar" and line[0] == (243_050, 54_050) and line[1] == (244_000, 58_000)
    assert math.dist(line[2], (241_000, 66_000)) < 500
    for text, words in {
        "SX 430 540": "needs two points",
        "SX 430 540\nthe old bridge": "Point 2, ‘the old bridge’, is no place",
    }.items():
        with pytest.raises(NotThatWater, match=words) as refused:
            of_words(text, name="Tamar", find=find)
        assert refused.value.field == "points"
    assert find("10.0, 120.0") is None


@pytest.mark.parametrize(
    "sent",
    ["", "[]", "{}", "[[1]]", '[["x",[[[1,2],[1,2]]]]]', '[["x",[[[1,2],[900000,4]]]]]', '[["x",[[]]]]'],
)
def test_what_a_browser_makes_up_is_refused(sent) -> None:
    with pytest.raises(NotThatWater, match="did not come back whole"):
        unpacked(sent)
