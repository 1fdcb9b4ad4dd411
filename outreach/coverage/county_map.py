"""The county's map as shapes and marks in the pixels of a picture, from district outlines and standings. Pure.

Outlines come as GeoJSON in degrees and are drawn on the National Grid, as the schools are. A school without a
place of its own stands at the middle of its district's schools. Points are drawn only up to MOST_POINTS schools.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from outreach.county.partnerships import district_code, district_name
from outreach.coverage.figures import Totals, steps
from outreach.coverage.standings import Standing
from outreach.ground.geography import from_degrees

WIDTH, MARGIN, GLYPH = 470, 8, 12
TALLEST = 640
MOST_POINTS = 500
MOST_NAMES = 40
LETTER = 8.2
"""The width of a letter of a district's name, on average."""
MOST_SEEN = len("13 of 31 seen")

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One district: an SVG path, its step of schools seen (0 to 4), where the middle of its name stands.

    `long`: the name must be drawn narrower to fit the picture. `totals` None: no school of the target is there.
    """

    code: str
    name: str
    path: str
    step: int
    x: int
    y: int
    long: bool
    totals: Totals | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One school's glyph, its upper left corner."""

    glyph: str
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    width: int
    height: int
    shapes: list[Shape]
    marks: list[Mark]
    named: bool


def draw(geojson: str | None, districts: Sequence[Totals], target: Sequence[Standing]) -> Map | None:
    """The map; None where no outlines were given."""
    outlines = _outlines(geojson) if geojson else ()
    if not outlines:
        return None
    points = [point for _, _, rings in outlines for ring in rings for point in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    inner = WIDTH - 2 * MARGIN
    scale = min(inner / max(east - west, 1), (TALLEST - 2 * MARGIN) / max(north - south, 1))
    shift = MARGIN + (inner - (east - west) * scale) / 2

    def pixel(x: float, y: float) -> tuple[int, int]:
        return round(shift + (x - west) * scale), round(MARGIN + (north - y) * scale)

    height = round((north - south) * scale) + 2 * MARGIN
    points_at = []
    if len(target) <= MOST_POINTS:
        points_at = [(glyph, *pixel(x, y)) for glyph, x, y in _places(target)]
    totals = {d.key: d for d in districts}
    shapes: list[Shape] = []
    taken: list[tuple[int, int, float]] = []
    for code, name, rings in outlines:
        largest = max(rings, key=lambda ring: abs(_area(ring)))
        half = min(max(len(name), MOST_SEEN) * LETTER / 2, WIDTH / 2)
        points_here = [(x, y) for _, x, y in points_at]
        x, y = _room_for_name([pixel(*point) for point in largest], half, points_here, taken)
        taken.append((x, y, half))
        mine = totals.get(code)
        shapes.append(
            Shape(
                code=code,
                name=name,
                path="".join(_path(pixel(*point) for point in ring) for ring in rings),
                step=steps(mine.share if mine else None),
                x=x,
                y=y,
                long=half == WIDTH / 2,
                totals=mine,
            )
        )
    marks = [
        Mark(glyph=glyph, x=x - GLYPH // 2, y=y - GLYPH // 2)
        for glyph, x, y in points_at
        if 0 <= x <= WIDTH and 0 <= y <= height
    ]
    return Map(width=WIDTH, height=height, shapes=shapes, marks=marks, named=len(shapes) <= MOST_NAMES)


@lru_cache(maxsize=16)
def _outlines(geojson: str) -> tuple[tuple[str, str, tuple[Ring, ...]], ...]:
    """(code, name, rings in grid metres) of each district; kept, since it only changes when a map is given."""
    found = []
    for feature in json.loads(geojson)["features"]:
        geometry = feature["geometry"]
        polygons = geometry["coordinates"]
        rings = [
            tuple(from_degrees(float(point[0]), float(point[1])) for point in ring)
            for polygon in ([polygons] if geometry["type"] == "Polygon" else polygons)
            for ring in polygon
            if ring
        ]
        if rings:
            properties = feature["properties"]
            found.append((district_code(properties), district_name(properties), tuple(rings)))
    return tuple(found)


def _places(target: Iterable[Standing]) -> list[tuple[str, float, float]]:
    """(standing, easting, northing) of each school; without a place, its district's middle, else left out."""
    known: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for s in target:
        if s.easting is not None and s.northing is not None:
            known[s.district_code].append((s.easting, s.northing))
    middles = {
        code: (sum(e for e, _ in places) / len(places), sum(n for _, n in places) / len(places))
        for code, places in known.items()
    }
    found: list[tuple[str, float, float]] = []
    for s in target:
        if s.easting is not None and s.northing is not None:
            found.append((s.standing, s.easting, s.northing))
        elif s.district_code in middles:
            found.append((s.standing, *middles[s.district_code]))
    return found


def _path(pixels: Iterable[tuple[int, int]]) -> str:
    """A closed SVG path in whole pixels, without points that say nothing new."""
    kept: list[tuple[int, int]] = []
    for point in pixels:
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and _straight(kept[-2], kept[-1], point):
            kept[-1] = point
        else:
            kept.append(point)
    if len(kept) < 3:
        return ""
    (x, y), *rest = kept
    steps_on = []
    for to_x, to_y in rest:
        steps_on.append(f"{to_x - x},{to_y - y}")
        x, y = to_x, to_y
    return f"M{kept[0][0]},{kept[0][1]}l{' '.join(steps_on)}z"


def _straight(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    """Whether b lies on the way from a to c."""
    cross = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
    forward = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1])
    return cross == 0 and forward > 0


def _area(ring: Ring) -> float:
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2


def _room_for_name(
    ring: list[tuple[int, int]],
    half: float,
    points: Sequence[tuple[int, int]],
    taken: Sequence[tuple[int, int, float]],
) -> tuple[int, int]:
    """Where two lines of a name, `half` wide to each side, stand in a ring: well inside, on the fewest points and names."""
    top, bottom = min(y for _, y in ring), max(y for _, y in ring)
    best: tuple[float, int, int] | None = None
    for tenth in range(1, 10):
        y = top + (bottom - top) * tenth / 10
        crossings = sorted(
            x1 + (y - y1) / (y2 - y1) * (x2 - x1)
            for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True)
            if (y1 > y) != (y2 > y)
        )
        for left, right in zip(crossings[::2], crossings[1::2], strict=False):
            spare = max(right - left - 2 * half, 0) / 2
            for shift in (-1, -0.5, 0, 0.5, 1):
                x = min(max((left + right) / 2 + shift * spare, half), WIDTH - half)
                under = sum(1 for px, py in points if abs(px - x) < half + 6 and -18 < py - y < 26)
                outside = max(0.0, half - min(x - left, right - x)) / 20
                crossed = sum(
                    20 for tx, ty, other in taken if abs(tx - x) < half + other and abs(ty - y) < 34
                )
                cost = under + crossed + outside + abs(tenth - 5) / 20 + abs(shift) / 20
                if best is None or cost < best[0]:
                    best = (cost, round(x), round(y))
    return (best[1], best[2]) if best else ring[0]
