"""One troupe's day as a map: the districts behind it, the stops numbered in order, the road between them in
minutes. Pure.

In whole pixels of a picture that just holds the stops, with room around them; outlines come as for the
county's map.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from outreach.coverage.charts.county_map import outlines, path
from outreach.ground.geography import Place

WIDTH, MARGIN, TALLEST, LOWEST = 470, 64, 400, 220
NARROWEST = 6000.0
"""Metres that the picture shows at least, so that two schools of one town do not stand in an empty field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Where a stop is drawn and what is said there; `n` 0 is the base. `below`: its words stand below it,
    else above."""

    n: int
    x: int
    y: int
    name: str
    said: str
    kind: str
    below: bool
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRoad:
    """A straight line for a road, its minutes in the middle; `home` is the way back."""

    x1: int
    y1: int
    x2: int
    y2: int
    x: int
    y: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayMap:
    width: int
    height: int
    shapes: tuple[str, ...]
    stops: tuple[Stopped, ...]
    drives: tuple[MapRoad, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A stop to draw: where, what it is called, what is said of it, and how it stands ('base', 'booked',
    'drawn' …)."""

    place: Place
    name: str
    said: str
    kind: str


def draw(geojson: str | None, points: Sequence[Point], minutes: Sequence[int | None]) -> DayMap | None:
    """The map of a way through `points`; `minutes` of each drive between two of them. None with fewer than
    two points."""
    if len(points) < 2:
        return None
    eastings, northings = [p.place.easting for p in points], [p.place.northing for p in points]
    across = max(max(eastings) - min(eastings), NARROWEST)
    up = max(max(northings) - min(northings), NARROWEST / 2)
    scale = min((WIDTH - 2 * MARGIN) / across, (TALLEST - 2 * MARGIN) / up)
    height = max(LOWEST, round(up * scale) + 2 * MARGIN)
    middle_e, middle_n = (max(eastings) + min(eastings)) / 2, (max(northings) + min(northings)) / 2

    def pixel(easting: float, northing: float) -> tuple[int, int]:
        return round(WIDTH / 2 + (easting - middle_e) * scale), round(
            height / 2 + (middle_n - northing) * scale
        )

    shapes = []
    for _, _, rings in outlines(geojson) if geojson else ():
        drawn = "".join(path(pixel(*point) for point in ring) for ring in rings)
        if drawn:
            shapes.append(drawn)
    at = [pixel(p.place.easting, p.place.northing) for p in points]
    stops: dict[tuple[int, int], Stopped] = {}
    n = 0
    for point, (x, y) in zip(points, at, strict=True):
        n += point.kind != "base"
        key = (x, y) if point.kind == "base" else (x, y + n * 100_000)
        if key in stops:  # the base once, though the day ends there too
            continue
        taken = sum((s.x, s.y) == (x, y) for s in stops.values())
        anchor = "start" if x < 110 else "end" if x > WIDTH - 110 else "middle"
        stops[key] = Stopped(
            n=0 if point.kind == "base" else n,
            x=x + 26 * taken,
            y=y,
            name=point.name,
            said=point.said,
            kind=point.kind,
            below=bool(y > height / 2) != bool(taken),
            anchor=anchor,
        )
    drives: list[MapRoad] = []
    for ((x1, y1), (x2, y2)), took in zip(pairwise(at), minutes, strict=True):
        x, y = round((x1 + x2) / 2), round((y1 + y2) / 2)
        while any(abs(x - d.x) < 50 and abs(y - d.y) < 22 for d in drives) or any(
            abs(x - stop_x) < 38 and abs(y - stop_y) < 24 for stop_x, stop_y in at
        ):
            y += 12  # off what stands there already: another drive's minutes, or a stop
        drives.append(
            MapRoad(
                x1=x1,
                y1=y1,
                x2=x2,
                y2=y2,
                x=x,
                y=y,
                said="" if took is None or (x1, y1) == (x2, y2) else f"{took} min",
            )
        )
    return DayMap(
        width=WIDTH, height=height, shapes=tuple(shapes), stops=tuple(stops.values()), drives=tuple(drives)
    )
