"""Waters as somebody sends, draws or types them: GeoJSON, or points one below the other; made simpler, in metres of
the National Grid. Pure."""

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from outreach.ground import from_outside
from outreach.ground.geography import GREAT_BRITAIN, Place, from_degrees, grid_reference
from outreach.ground.wording import count
from outreach.tour.waters import MOST_POINTS, Line, NotThatWater

MOST_BYTES = 20_000_000
MOST_RAW = 100_000
"""Points of a file; what has more is a map, not a few waters."""

SIMPLER = (10, 25, 50, 100, 200)
"""Metres by which lines may be drawn simpler, as few as do."""

JOINS = 60
"""Metres: a line that ends so near another flows into it."""

NOTHING = "Nothing was changed."

PLACES = (
    "Type a latitude and a longitude (50.3471, -4.1375), an easting and a northing (248000, 52000), a grid reference "
    "(SX 480 520), or a postcode."
)


def of_geojson(content: bytes, *, name: str = "") -> list[tuple[str, list[Line]]]:
    """The waters of a file, each with its name; `name` for those without. Raises NotThatWater in words."""
    if len(content) > MOST_BYTES:
        raise _no(f"This file is larger than {MOST_BYTES // 1_000_000} MB. Leave out small streams.")
    try:
        data: Any = from_outside.json_of(content)
    except ValueError:
        raise _no("This file cannot be read as GeoJSON.") from None
    if not isinstance(data, dict):
        raise _no("This file cannot be read as GeoJSON.")
    crs = data.get("crs")
    if crs is not None and not re.search(r"CRS84|4326", json.dumps(crs)):
        raise _no("The coordinates of this file are not degrees. Save it as WGS 84 (EPSG:4326).")
    found: dict[str, list[Line]] = {}
    raw, only_points = 0, False
    for n, (said, geometry) in enumerate(_features(data), 1):
        kind = geometry.get("type")
        if kind in ("Point", "MultiPoint"):
            only_points = True
            continue
        for part in _parts(kind, geometry.get("coordinates")):
            raw += len(part)
            if raw > MOST_RAW:
                raise _no(f"This file has more than {MOST_RAW:,} points. Leave out small streams.")
            line = [_placed(point) for point in part]
            found.setdefault(said or name or f"Water {n}", []).append(
                _clean(line, ring=kind in ("Polygon", "MultiPolygon"))
            )
    if not found:
        more = " It has points alone; a crossing is typed below." if only_points else ""
        raise _no(f"This file has no line and no area.{more}")
    return simple(list(found.items()))


def of_words(text: str, *, name: str, find: Callable[[str], Place | None]) -> list[tuple[str, list[Line]]]:
    """A line as it is drawn or typed: a point on each line, which `find` knows. Raises NotThatWater in words."""
    line: list[tuple[int, int]] = []
    for n, said in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        place = find(said)
        if place is None:
            raise NotThatWater(
                f"Point {n}, ‘{said[:40]}’, is no place we know. {PLACES}",
                field="points",
            )
        line.append((place.easting, place.northing))
    if len(line) < 2:
        raise NotThatWater("A line needs two points at least, one below the other.", field="points")
    try:
        return simple([(name, [_clean(line, ring=False)])])
    except NotThatWater as refusal:
        raise NotThatWater(refusal.message, field="points") from None


def packed(waters: Sequence[tuple[str, Sequence[Line]]]) -> str:
    """For the form on which they are looked at before they count."""
    return json.dumps(waters, ensure_ascii=False, separators=(",", ":"))


def unpacked(text: str) -> list[tuple[str, list[Line]]]:
    """The way back, and no more than `packed` gave: whatever a browser sends. Raises NotThatWater."""
    try:
        found = [
            (str(name)[:80], [[(int(x), int(y)) for x, y in line] for line in lines])
            for name, lines in from_outside.json_of(text)
        ]
    except (ValueError, TypeError, OverflowError):
        raise _no("What was looked at did not come back whole. Send it once more.") from None
    lines = [line for _, lines in found for line in lines]
    inside = all(0 < x < 700_000 and 0 < y < 1_300_000 for line in lines for x, y in line)
    if (
        not lines
        or not inside
        or sum(map(len, lines)) > MOST_POINTS
        or any(len(set(line)) < 2 for line in lines)
    ):
        raise _no("What was looked at did not come back whole. Send it once more.")
    return found


def simple(waters: list[tuple[str, list[Line]]]) -> list[tuple[str, list[Line]]]:
    """The same waters with as few points as need be, and tributaries led up to their river. Raises NotThatWater."""
    for metres in SIMPLER:
        made = [(name[:80], [_simpler(line, metres) for line in lines]) for name, lines in waters]
        size = sum(len(line) for _, lines in made for line in lines)
        if size <= MOST_POINTS:
            return _joined(made)
    raise _no(
        f"Drawn as simply as may be, these waters have {size:,} points still, and {MOST_POINTS} is the most. Leave out "
        "small streams: what matters is where a van must go round."
    )


def _no(words: str) -> NotThatWater:
    return NotThatWater(f"{words} {NOTHING}", field="file")


def _features(data: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, geometry) of each feature."""
    features = data.get("features") if data.get("type") == "FeatureCollection" else [data]
    if not isinstance(features, list):
        raise _no("This file cannot be read as GeoJSON.")
    for feature in features:
        if not isinstance(feature, dict):
            raise _no("This file cannot be read as GeoJSON.")
        geometry: Any = feature
        said = ""
        if feature.get("type") == "Feature":
            geometry = feature.get("geometry")
            properties = feature.get("properties")
            if isinstance(properties, dict):
                named = [
                    v
                    for k, v in properties.items()
                    if str(k).casefold() in ("name", "name1", "watercourse_name")
                ]
                said = " ".join(str(named[0]).split()) if named and named[0] else ""
        if not isinstance(geometry, dict):
            continue
        inner = geometry.get("geometries") if geometry.get("type") == "GeometryCollection" else [geometry]
        for each in inner if isinstance(inner, list) else []:
            if isinstance(each, dict):
                yield said, each


def _parts(kind: Any, coordinates: Any) -> Iterator[list[Any]]:
    """Each line or ring of a geometry."""
    if kind == "LineString":
        lines = [coordinates]
    elif kind in ("MultiLineString", "Polygon"):
        lines = coordinates
    elif kind == "MultiPolygon" and isinstance(coordinates, list):
        lines = [ring for rings in coordinates if isinstance(rings, list) for ring in rings]
    else:
        lines = None
    if not isinstance(lines, list) or not all(isinstance(line, list) for line in lines):
        raise _no("This file cannot be read as GeoJSON.")
    yield from lines


def _placed(point: Any) -> tuple[int, int]:
    """A position of GeoJSON in metres. Raises NotThatWater where it is no degree of Great Britain."""
    if not (isinstance(point, list) and len(point) >= 2 and all(type(v) in (int, float) for v in point[:2])):
        raise _no("A point of this file is not two numbers.")
    longitude, latitude = map(float, point[:2])
    west, east, south, north = GREAT_BRITAIN
    if west <= longitude <= east and south <= latitude <= north:
        easting, northing = from_degrees(longitude, latitude)
        return round(easting), round(northing)
    said = f"{longitude:g}, {latitude:g}"
    if not math.isfinite(longitude) or not math.isfinite(latitude):
        raise _no("A point of this file is not two numbers.")
    if abs(longitude) > 180 or abs(latitude) > 90:
        raise _no(f"{said} are not degrees, but metres it seems. Save the file as WGS 84 (EPSG:4326).")
    if west <= latitude <= east and south <= longitude <= north:
        raise _no(f"{said}: latitude and longitude have changed places. GeoJSON has the longitude first.")
    raise _no(f"{said} lies outside Great Britain.")


def _clean(line: Line, *, ring: bool) -> Line:
    """Without a point twice in a row; a ring closed. Raises NotThatWater where it is no line, or crosses itself."""
    kept = [point for n, point in enumerate(line) if not n or point != line[n - 1]]
    if ring and kept and kept[0] != kept[-1]:
        kept.append(kept[0])
    if len(set(kept)) < (3 if ring else 2):
        raise _no(f"A line of {count(len(set(kept)), 'point')} is none.")
    if ring:
        at = _crosses_itself(kept)
        if at is not None:
            where = grid_reference(Place(easting=at[0], northing=at[1]))
            raise _no(
                f"The edge of an area crosses itself near {where}, so that it has no inside. Mend it there."
            )
    return kept


def _crosses_itself(ring: Line) -> tuple[int, int] | None:
    """Where two sides of a ring cross that are no neighbours; swept from west to east."""
    sides = sorted((min(a[0], b[0]), max(a[0], b[0]), n, a, b) for n, (a, b) in enumerate(pairwise(ring)))
    last = len(sides) - 1
    open_: list[tuple[int, int, int, tuple[int, int], tuple[int, int]]] = []
    for side in sides:
        open_ = [other for other in open_ if other[1] >= side[0]]
        for other in open_:
            gap = abs(side[2] - other[2])
            if gap in (0, 1, last):
                continue
            if _crossed(side[3], side[4], other[3], other[4]):
                return side[3]
        open_.append(side)
    return None


def _crossed(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int], d: tuple[int, int]) -> bool:
    def hand(p: tuple[int, int], q: tuple[int, int], r: tuple[int, int]) -> int:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return hand(a, b, c) * hand(a, b, d) < 0 and hand(c, d, a) * hand(c, d, b) < 0


def _simpler(line: Line, metres: float) -> Line:
    """Douglas and Peucker: no point of the old line is further from the new one. A ring keeps three corners."""
    if line[0] == line[-1]:
        far = max(range(len(line)), key=lambda n: math.dist(line[n], line[0]))
        halves = _kept(line, 0, far, metres) | _kept(line, far, len(line) - 1, metres)
        if len(halves) < 4:
            halves |= {far // 2, (far + len(line) - 1) // 2}
    else:
        halves = _kept(line, 0, len(line) - 1, metres)
    return [line[n] for n in sorted(halves)]


def _kept(line: Line, first: int, last: int, metres: float) -> set[int]:
    kept, spans = {first, last}, [(first, last)]
    while spans:
        a, b = spans.pop()
        (ax, ay), (bx, by) = line[a], line[b]
        length = math.hypot(bx - ax, by - ay)
        worst, at = metres, -1
        for n in range(a + 1, b):
            x, y = line[n]
            along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length**2 if length else 0.0
            along = min(1.0, max(0.0, along))
            away = math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay))
            if away > worst:
                worst, at = away, n
        if at >= 0:
            kept.add(at)
            spans += [(a, at), (at, b)]
    return kept


def _joined(waters: list[tuple[str, list[Line]]]) -> list[tuple[str, list[Line]]]:
    """Each end that lies near another line is led a few metres over it: no road goes through between them."""
    every = [line for _, lines in waters for line in lines]
    return [(name, [_led(line, every) for line in lines]) for name, lines in waters]


def _led(line: Line, every: Sequence[Line]) -> Line:
    if line[0] == line[-1]:
        return line
    made = list(line)
    for end in (0, -1):
        x, y = line[end]
        best: tuple[float, float, float] | None = None
        for other in every:
            if other is line:
                continue
            for (ax, ay), (bx, by) in pairwise(other):
                length = math.hypot(bx - ax, by - ay) or 1.0
                along = min(1.0, max(0.0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length**2))
                on = ax + along * (bx - ax), ay + along * (by - ay)
                away = math.hypot(on[0] - x, on[1] - y)
                if away <= JOINS and (best is None or away < best[0]):
                    best = away, *on
        if best is None or best[0] < 1:
            continue
        away, tx, ty = best
        over = (round(tx + (tx - x) / away * 3), round(ty + (ty - y) / away * 3))
        made = [over, *made] if end == 0 else [*made, over]
    return made
