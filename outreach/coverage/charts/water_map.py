"""The county as a map on which waters are drawn: those that count, their crossings, those that are looked at. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from outreach.county.school_locations import Landmark
from outreach.coverage.charts import place_map
from outreach.coverage.charts.place_map import PlaceMap
from outreach.ground.geography import Place

Named = tuple[str, Sequence[Sequence[Sequence[int]]]]
"""A water's name and its lines of [easting, northing] in metres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnWater:
    """`path`: open lines, or an area's rings. Its name stands at `at`; None where the picture holds no point of it."""

    name: str
    path: str
    is_area: bool
    at: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnCrossing:
    name: str
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterMap:
    county: PlaceMap
    waters: tuple[DrawnWater, ...]
    looked: tuple[DrawnWater, ...]
    crossings: tuple[DrawnCrossing, ...]


def draw(
    geojson: str | None,
    found: Sequence[Landmark],
    waters: Sequence[Named],
    crossings: Sequence[tuple[str, Place]],
    looked: Sequence[Named] = (),
) -> WaterMap | None:
    """The map; None where nothing tells where the county is."""
    county = place_map.draw(geojson, found, None)
    if county is None:
        return None
    spots = [(name, county.pixel(place.easting, place.northing)) for name, place in crossings]
    return WaterMap(
        county=county,
        waters=tuple(_drawn(county, name, lines) for name, lines in waters),
        looked=tuple(_drawn(county, name, lines) for name, lines in looked),
        crossings=tuple(DrawnCrossing(name=name, x=round(x), y=round(y)) for name, (x, y) in spots),
    )


def _drawn(county: PlaceMap, name: str, lines: Sequence[Sequence[Sequence[int]]]) -> DrawnWater:
    traced = [[county.pixel(*point) for point in line] for line in lines]
    seen = [
        (round(x), round(y))
        for line in traced
        for x, y in line
        if 0 < x < county.width and 0 < y < county.height
    ]
    return DrawnWater(
        name=name,
        path="".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in line) for line in traced),
        is_area=all(line[0] == line[-1] for line in traced),
        at=seen[len(seen) // 2] if seen else None,
    )
