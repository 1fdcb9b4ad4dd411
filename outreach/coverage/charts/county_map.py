"""The county's map as shapes and marks in the pixels of a picture, from district outlines and standings.
Pure.

Outlines come as GeoJSON in degrees and are drawn on the National Grid, as the schools are. A school without a
place of its own stands at the middle of its district's schools. Points are drawn only up to MOST_POINTS
schools; those of a crowded district stand in an inset, where it is drawn larger.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from outreach.county.partnerships import district_code, district_name, stored_districts
from outreach.coverage.charts import map_room
from outreach.coverage.figures import Totals, steps
from outreach.coverage.standings import Standing
from outreach.ground.geography import from_degrees

WIDTH, MARGIN, GLYPH = 470, 8, 12
LARGE_GLYPH = 16
"""A school's glyph where one district fills the picture."""
ELSEWHERE = -1
"""The step of a district that only stands around the one looked at."""
TALLEST, TALLEST_INSET = 640, 280
MOST_POINTS = 500
MOST_NAMES = 40
MOST_INSETS = 2
LETTER, DIGIT = 7.5, 6.6
"""The width of a letter of a district's name and of the line below it, on average."""
CROWDED = 230
"""Square pixels that a school needs in its district, beside the name, to be made out."""

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictShape:
    """One district: an SVG path, its step of schools seen (0 to 4, or ELSEWHERE), where the middle of its name
    stands.

    `long`: the name must be drawn narrower to fit the picture. `totals` None: no school of the target is
    there. `inset`: only its name stands here, its schools and totals in an inset.
    """

    code: str
    name: str
    path: str
    step: int
    x: int
    y: int
    long: bool
    totals: Totals | None
    inset: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One school's glyph, its upper left corner. It may stand a few pixels beside its place, off its
    neighbour."""

    glyph: str
    x: int
    y: int
    organisation_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inset:
    """One crowded district, larger, with its schools."""

    code: str
    name: str
    totals: Totals
    width: int
    height: int
    path: str
    step: int
    marks: list[Mark]


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """`named`: with the districts' names; not where there are too many, or one alone is looked at: `zoomed`, its
    name."""

    width: int
    height: int
    shapes: list[DistrictShape]
    marks: list[Mark]
    named: bool
    insets: list[Inset]
    glyph: int = GLYPH
    zoomed: str = ""


class Frame:
    """Grid metres into whole pixels of a picture that just holds the rings it is given."""

    def __init__(self, rings: Iterable[Ring], tallest: int) -> None:
        points = [point for ring in rings for point in ring]
        self.west, self.north = min(x for x, _ in points), max(y for _, y in points)
        east, south = max(x for x, _ in points), min(y for _, y in points)
        inner = WIDTH - 2 * MARGIN
        self.scale = min(
            inner / max(east - self.west, 1), (tallest - 2 * MARGIN) / max(self.north - south, 1)
        )
        self.shift = MARGIN + (inner - (east - self.west) * self.scale) / 2
        self.height = round((self.north - south) * self.scale) + 2 * MARGIN

    def __call__(self, x: float, y: float) -> tuple[int, int]:
        return (
            round(self.shift + (x - self.west) * self.scale),
            round(MARGIN + (self.north - y) * self.scale),
        )

    def rings(self, rings: Iterable[Ring]) -> list[list[tuple[int, int]]]:
        """The rings in pixels, each pixel once: an outline has many points within one."""
        return [[pixel for pixel, _ in groupby(self(*point) for point in ring)] for ring in rings]

    def marks(self, places: Sequence["_Place"], size: int = GLYPH) -> list[Mark]:
        """The glyphs of schools, pushed apart; what lies outside of the picture is left out."""
        points = [self(p.easting, p.northing) for p in places]
        spread = map_room.apart(points, distance=size, reach=size)
        return [
            Mark(
                glyph=p.standing,
                x=round(x) - size // 2,
                y=round(y) - size // 2,
                organisation_id=p.organisation_id,
                name=p.name,
            )
            for p, (own_x, own_y), (x, y) in zip(places, points, spread, strict=True)
            if 0 <= own_x <= WIDTH and 0 <= own_y <= self.height
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a school's glyph belongs, in grid metres."""

    organisation_id: int
    name: str
    standing: str
    district: str
    easting: float
    northing: float


def on_map(geojson: str | None) -> list[tuple[str, str]]:
    """(code, name) of each district that can be looked at alone, by name."""
    found = [(code, name) for code, name, _ in outlines(geojson)] if geojson else []
    return sorted(found, key=lambda district: district[1])


def draw(
    geojson: str | None, districts: Sequence[Totals], target: Sequence[Standing], *, zoom: str = ""
) -> Map | None:
    """The map, of one district alone where `zoom` is its code; None where no outlines were given."""
    districts_drawn = outlines(geojson) if geojson else ()
    if not districts_drawn:
        return None
    if any(code == zoom for code, _, _ in districts_drawn):
        return _one_district(districts_drawn, zoom, districts, target)
    frame = Frame((ring for _, _, rings in districts_drawn for ring in rings), TALLEST)
    places = _places(target) if len(target) <= MOST_POINTS else []
    totals = {d.key: d for d in districts}
    drawn = {code: frame.rings(rings) for code, _, rings in districts_drawn}
    halves = {code: _half(name, totals.get(code)) for code, name, _ in districts_drawn}
    named = len(districts_drawn) <= MOST_NAMES
    crowded = _crowded(drawn, halves, places, known=totals) if named else []
    marks = frame.marks([p for p in places if p.district not in crowded])
    halves |= {code: _half(name, None, "") for code, name, _ in districts_drawn if code in crowded}
    names: dict[str, map_room.Name] = {}
    centres = [(m.x + GLYPH / 2, m.y + GLYPH / 2) for m in marks]
    for code in sorted(drawn, key=lambda code: map_room.area(drawn[code])) if named else ():
        # the smallest first: a large district has more places to choose from
        names[code] = map_room.place_name(
            drawn[code],
            halves[code],
            centres,
            list(names.values()),
            width=WIDTH,
            height=frame.height,
            below=map_room.UNDER if code in crowded else map_room.BELOW,
        )
    shapes = [
        DistrictShape(
            code=code,
            name=name,
            path="".join(map(path, drawn[code])),
            step=_step(totals.get(code)),
            x=names[code].x if named else 0,
            y=names[code].y if named else 0,
            long=halves[code] == WIDTH / 2,
            totals=totals.get(code),
            inset=code in crowded,
        )
        for code, name, _ in districts_drawn
    ]
    insets = [
        _inset(code, name, rings, totals[code], [p for p in places if p.district == code])
        for code, name, rings in districts_drawn
        if code in crowded
    ]
    return Map(width=WIDTH, height=frame.height, shapes=shapes, marks=marks, named=named, insets=insets)


def _one_district(
    districts_drawn: Sequence[tuple[str, str, tuple[Ring, ...]]],
    zoom: str,
    districts: Sequence[Totals],
    target: Sequence[Standing],
) -> Map:
    """One district as large as the picture, with its schools; the others are only outlines about it."""
    name, rings = next((name, rings) for code, name, rings in districts_drawn if code == zoom)
    frame = Frame(rings, TALLEST)
    own = next((d for d in districts if d.key == zoom), None)
    standings = [s for s in target if s.district_code == zoom]
    return Map(
        width=WIDTH,
        height=frame.height,
        shapes=[
            DistrictShape(
                code=code,
                name=other,
                path="".join(map(path, frame.rings(outline))),
                step=_step(own) if code == zoom else ELSEWHERE,
                x=0,
                y=0,
                long=False,
                totals=None,
                inset=False,
            )
            for code, other, outline in districts_drawn
        ],
        marks=frame.marks(_places(standings) if len(standings) <= MOST_POINTS else [], LARGE_GLYPH),
        named=False,
        insets=[],
        glyph=LARGE_GLYPH,
        zoomed=name,
    )


def _half(name: str, totals: Totals | None, none: str = "no school") -> float:
    """Half the width of a district's two lines, at most half the picture."""
    below = f"{totals.seen} of {totals.organisations} seen" if totals else none
    return min(max(len(name) * LETTER, len(below) * DIGIT) / 2, WIDTH / 2)


def _step(totals: Totals | None) -> int:
    return steps(totals.share if totals else None)


def _crowded(
    drawn: dict[str, list[list[tuple[int, int]]]],
    halves: dict[str, float],
    places: Sequence[_Place],
    *,
    known: Container[str],
) -> list[str]:
    """The codes of districts with too little room for their schools, the most crowded first."""
    schools = Counter(p.district for p in places)
    found = []
    for code, rings in drawn.items():
        name = 2 * halves[code] * (map_room.ABOVE + map_room.BELOW)
        room = max(map_room.area(rings) - name, 0) / max(schools[code], 1)
        if code in known and schools[code] > 5 and room < CROWDED:
            found.append((room, code))
    return [code for _, code in sorted(found)[:MOST_INSETS]]


def _inset(code: str, name: str, rings: Sequence[Ring], totals: Totals, places: Sequence[_Place]) -> Inset:
    frame = Frame(rings, TALLEST_INSET)
    return Inset(
        code=code,
        name=name,
        totals=totals,
        width=WIDTH,
        height=frame.height,
        path="".join(map(path, frame.rings(rings))),
        step=_step(totals),
        marks=frame.marks(places),
    )


@lru_cache(maxsize=16)
def outlines(geojson: str) -> tuple[tuple[str, str, tuple[Ring, ...]], ...]:
    """(code, name, rings in grid metres) of each district of a GeoJSON map; kept, since it only changes when
    a map is given."""
    found = []
    for feature in stored_districts(geojson):
        rings = [
            tuple(from_degrees(longitude, latitude) for longitude, latitude in ring)
            for polygon in feature["geometry"]["coordinates"]
            for ring in polygon
            if ring
        ]
        if rings:
            properties = feature["properties"]
            found.append((district_code(properties), district_name(properties), tuple(rings)))
    return tuple(found)


def _places(target: Iterable[Standing]) -> list[_Place]:
    """Each school with its place, by district and name, as they are read out; without a place of its own at
    its district's middle, else left out, as a body is."""
    known: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for s in target:
        if s.easting is not None and s.northing is not None:
            known[s.district_code].append((s.easting, s.northing))
    middles = {
        code: (sum(e for e, _ in places) / len(places), sum(n for _, n in places) / len(places))
        for code, places in known.items()
    }
    found = []
    for s in sorted(target, key=lambda s: (s.district_name, s.name, s.organisation_id)):
        if s.easting is not None and s.northing is not None:
            at: tuple[float, float] = (s.easting, s.northing)
        elif s.district_code in middles and not s.is_body:
            at = middles[s.district_code]
        else:
            continue
        found.append(
            _Place(
                organisation_id=s.organisation_id,
                name=s.name,
                standing=s.standing,
                district=s.district_code,
                easting=at[0],
                northing=at[1],
            )
        )
    return found


def path(pixels: Iterable[tuple[int, int]]) -> str:
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
