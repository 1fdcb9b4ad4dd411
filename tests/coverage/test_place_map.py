"""The map on which a place is pointed at: a pixel is the place that it shows, and names stand clear."""

import json
from itertools import combinations

import pytest

from outreach.county.school_locations import Landmark, nearest
from outreach.coverage.charts import place_map
from outreach.coverage.charts.place_map import LETTER, LINE, PlaceMap, draw
from outreach.ground.geography import Place, from_degrees

SQUARE = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"LAD23CD": "E07000001", "LAD23NM": "Kestermere"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[-1.6, 51.5], [-1.0, 51.5], [-1.0, 52.0], [-1.6, 52.0], [-1.6, 51.5]]],
                },
            }
        ],
    }
)


def school(easting: int, northing: int, name: str = "Eelbridge Academy", town: str = "Eelbridge") -> Landmark:
    return Landmark(name=name, town=town, place=Place(easting=easting, northing=northing))


def shown(drawn: PlaceMap, x: float, y: float) -> tuple[float, float]:
    """The place of a point of the picture, as the page's script reckons it."""
    return drawn.easting + x * drawn.metres, drawn.northing - y * drawn.metres


@pytest.mark.parametrize("geojson", [SQUARE, None])
def test_a_point_of_the_picture_is_the_place_that_it_shows(geojson: str | None) -> None:
    place = Place(easting=451_300, northing=206_100)
    schools = [school(430_000, 190_000), school(470_000, 230_000), school(451_300, 206_100)]
    drawn = draw(geojson, schools, place)
    assert drawn is not None and drawn.at is not None
    easting, northing = shown(drawn, *drawn.at)
    assert abs(easting - place.easting) <= drawn.metres and abs(northing - place.northing) <= drawn.metres
    assert drawn.at in drawn.dots
    assert len(drawn.shapes) == (1 if geojson else 0)


def test_the_border_has_land_around_it() -> None:
    drawn = draw(SQUARE, [], None)
    assert drawn is not None
    west, south = from_degrees(-1.6, 51.5)
    easting, northing = shown(drawn, 0, drawn.height)
    assert easting < west - 2000 and northing < south - 2000
    assert draw(SQUARE, [], Place(easting=100_000, northing=100_000)).at is None  # type: ignore[union-attr]


def test_without_outlines_and_two_places_there_is_no_map() -> None:
    assert draw(None, [], None) is None
    assert draw(None, [school(1000, 1000), school(1000, 1000)], None) is None
    assert draw(None, [school(1000, 1000), school(1001, 1000)], None) is not None


def test_towns_names_stand_clear_of_each_other_and_inside() -> None:
    schools = [
        school(430_000 + 800 * (n % 40), 190_000 + 700 * (n // 3), town=f"Longer Town Name {n % 50}")
        for n in range(150)
    ]
    drawn = draw(None, schools, None)
    assert drawn is not None and 3 < len(drawn.towns) <= place_map.MOST_TOWNS
    for a, b in combinations(drawn.towns, 2):
        room = (len(a.name) + len(b.name)) * LETTER / 2
        assert abs(a.x - b.x) > room - 1 or abs(a.y - b.y) > LINE
    for town in drawn.towns:
        half = len(town.name) * LETTER / 2
        assert half - 1 <= town.x <= drawn.width - half + 1


def test_the_nearest_school_is_found() -> None:
    here = Place(easting=451_300, northing=206_100)
    far, near = school(455_000, 206_100, "Far"), school(451_300, 205_000, "Near")
    assert nearest([far, near], here) == near
    assert nearest([], here) is None
