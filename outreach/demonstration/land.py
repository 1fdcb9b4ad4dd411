"""The land of Marlshire: six districts that tile it without gap or overlap, and the towns in them. Pure.

Neighbours share their borders point by point: each border is drawn once, roughened once, and walked
forwards by the one district and backwards by the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from outreach.ground.geography import Place, to_degrees

Point = tuple[float, float]

SOUTH_WEST = Place(easting=452_000, northing=238_000)
"""Where the made-up county lies on the National Grid: inside England, over whatever is truly there."""

# Corners where three lands meet, in kilometres east and north of SOUTH_WEST: o… on the coast, i… inland.
CORNERS: dict[str, Point] = {
    "o1": (17.5, 43.5),
    "o2": (44.5, 40.5),
    "o3": (57.0, 12.5),
    "o4": (27.0, 1.2),
    "o5": (0.8, 21.0),
    "i1": (23.5, 27.5),
    "i2": (35.3, 25.6),
    "i3": (35.0, 22.3),
    "i4": (22.5, 12.3),
    "i5": (17.0, 21.0),
}

# Each border from corner to corner, with the points that it passes on its way.
BORDERS: dict[tuple[str, str], tuple[Point, ...]] = {
    ("o5", "o1"): ((3.0, 30.5), (7.2, 38.0), (11.8, 46.0)),
    ("o1", "o2"): ((22.0, 47.0), (32.5, 47.5), (41.0, 45.0)),
    ("o2", "o3"): ((51.5, 34.5), (56.5, 29.5), (55.8, 22.5)),
    ("o3", "o4"): ((50.5, 6.5), (44.0, 1.2), (34.5, 0.8)),
    ("o4", "o5"): ((15.0, 1.8), (8.5, 7.0), (4.0, 12.3)),
    ("o1", "i1"): ((20.8, 35.0),),
    ("i1", "i2"): ((29.0, 27.0),),
    ("i2", "o2"): ((38.8, 33.0),),
    ("i2", "i3"): (),
    ("i3", "o3"): ((45.0, 16.5),),
    ("i3", "i4"): ((31.5, 16.0),),
    ("i4", "o4"): ((24.8, 6.5),),
    ("i4", "i5"): ((18.0, 16.0),),
    ("i5", "o5"): ((9.0, 20.0),),
    ("i5", "i1"): ((19.5, 25.5),),
}

DISTRICTS: dict[str, tuple[str, ...]] = {
    "Kestermere": ("o5", "o1", "i1", "i5"),
    "North Marl": ("o1", "o2", "i2", "i1"),
    "Fenwold": ("o2", "o3", "i3", "i2"),
    "Saxby Downs": ("o3", "o4", "i4", "i3"),
    "Teal Valley": ("o4", "o5", "i5", "i4"),
    "Marlford City": ("i1", "i2", "i3", "i4", "i5"),
}

# The towns of each district, the largest first.
TOWNS: dict[str, tuple[str, ...]] = {
    "Marlford City": ("Marlford", "Ostlegate", "Candlewick Hill", "Marl Quays"),
    "Kestermere": ("Kestermere", "Harrowdine", "Little Embury", "Wychanger St Osyth", "Pellow"),
    "North Marl": ("Aldermarl", "Thornabeck", "Quenington Moor", "Stoke Arrant", "Upper Dray", "Ferrisby"),
    "Fenwold": ("Fenwold St Mary", "Drovecote", "Eelbridge", "Hassocks End", "Long Sallow"),
    "Saxby Downs": ("Saxby Regis", "Chalkhanger", "Redmere", "Combe Vesey", "Nine Barrows", "Flintwell"),
    "Teal Valley": ("Tealbury", "Osierford", "Millhanger", "Abbot's Teal", "Winterbrook Parva"),
}


@dataclass(frozen=True, kw_only=True)
class Town:
    """`share` is its part of the county's people, all towns together 1."""

    name: str
    district: str
    place: Place
    share: float


@dataclass(frozen=True, kw_only=True)
class District:
    """`outline` is a closed ring of National Grid points, first equal to last."""

    code: str
    name: str
    outline: tuple[Place, ...]


@dataclass(frozen=True, kw_only=True)
class Land:
    districts: tuple[District, ...]
    towns: tuple[Town, ...]

    def geojson(self) -> dict[str, Any]:
        """The districts as a WGS84 FeatureCollection, with the property names of the ONS's files."""
        return {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"AREACD": district.code, "AREANM": district.name},
                    "geometry": {
                        "type": "Polygon",
                        "coordinates": [[to_degrees(place) for place in district.outline]],
                    },
                }
                for district in self.districts
            ],
        }


def survey(random: Random) -> Land:
    """Draw the county: the same land for the same state of `random`."""
    drawn = {ends: _roughened(random, _way(*ends)) for ends in BORDERS}
    districts = tuple(
        District(code=f"E07{900001 + n}", name=name, outline=_outline(corners, drawn))
        for n, (name, corners) in enumerate(DISTRICTS.items())
    )
    return Land(districts=districts, towns=tuple(_towns(random, districts)))


def _way(start: str, end: str) -> list[Point]:
    return [CORNERS[start], *BORDERS[start, end], CORNERS[end]]


def _roughened(random: Random, way: Sequence[Point]) -> list[Point]:
    """Halve every stretch again and again, each middle pushed aside by a part of the stretch's length."""
    points = list(way)
    for push in (0.16, 0.14, 0.12, 0.1):
        finer = [points[0]]
        for (ax, ay), (bx, by) in zip(points, points[1:], strict=False):
            aside = random.uniform(-push, push)
            finer.append(((ax + bx) / 2 - (by - ay) * aside, (ay + by) / 2 + (bx - ax) * aside))
            finer.append((bx, by))
        points = finer
    return points


def _outline(corners: tuple[str, ...], drawn: dict[tuple[str, str], list[Point]]) -> tuple[Place, ...]:
    ring: list[Point] = []
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        border = drawn[start, end] if (start, end) in drawn else drawn[end, start][::-1]
        ring += border[:-1]
    ring.append(ring[0])
    return tuple(_place(point) for point in ring)


def _place(point: Point) -> Place:
    return Place(
        easting=SOUTH_WEST.easting + round(point[0] * 1000),
        northing=SOUTH_WEST.northing + round(point[1] * 1000),
    )


def _towns(random: Random, districts: Sequence[District]) -> list[Town]:
    """Towns well inside their district and apart from each other; people fall off as one over the rank
    (Zipf)."""
    ranked: list[tuple[str, District]] = []
    for rank in range(max(len(names) for names in TOWNS.values())):
        for district in sorted(districts, key=lambda d: d.name != "Marlford City"):
            if rank < len(TOWNS[district.name]):
                ranked.append((TOWNS[district.name][rank], district))
    whole = sum(1 / rank for rank in range(1, len(ranked) + 1))
    towns: list[Town] = []
    for rank, (name, district) in enumerate(ranked, 1):
        taken = [town.place for town in towns]
        place = _roomy_place(random, district, taken)
        towns.append(Town(name=name, district=district.name, place=place, share=1 / rank / whole))
    return towns


def _roomy_place(random: Random, district: District, taken: Sequence[Place]) -> Place:
    """Of forty tries inside the district the one farthest from its border and from other towns."""
    tries = [place_inside(random, district) for _ in range(40)]
    return max(
        tries,
        key=lambda p: min(
            2 * min(p.kilometres_to(corner) for corner in district.outline),
            min((p.kilometres_to(other) for other in taken), default=99.0),
        ),
    )


def place_inside(
    random: Random, district: District, around: Place | None = None, spread: float = 0.0
) -> Place:
    """A random place in the district; near `around`, `spread` kilometres away or so, when given.

    A neighbourhood that lies mostly outside falls back to `around` itself.
    """
    eastings = [p.easting for p in district.outline]
    northings = [p.northing for p in district.outline]
    for _ in range(400):
        if around is None:
            place = Place(
                easting=random.randint(min(eastings), max(eastings)),
                northing=random.randint(min(northings), max(northings)),
            )
        else:
            place = Place(
                easting=around.easting + round(random.gauss(0, spread) * 1000),
                northing=around.northing + round(random.gauss(0, spread) * 1000),
            )
        if is_inside(place, district.outline):
            return place
    return around or district.outline[0]


def is_inside(place: Place, outline: Sequence[Place]) -> bool:
    """Even-odd rule; a point exactly on the border may fall either way."""
    inside = False
    for a, b in zip(outline, outline[1:], strict=False):
        if (a.northing > place.northing) != (b.northing > place.northing):
            crossing = a.easting + (place.northing - a.northing) * (b.easting - a.easting) / (
                b.northing - a.northing
            )
            inside ^= place.easting < crossing
    return inside
