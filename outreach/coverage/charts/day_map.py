"""One troupe's day as a map: the districts behind it, the stops numbered in order, the road between them in
minutes. Pure.

In whole pixels of a picture that just holds the stops, with room around them; outlines come as for the
county's map. Stops that lie on each other are pushed apart, names and minutes stand where nothing else does.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from outreach.coverage.charts import map_room
from outreach.coverage.charts.county_map import outlines, path
from outreach.ground.geography import Place

WIDTH, MARGIN, TALLEST, LOWEST = 470, 64, 400, 220
NARROWEST = 6000.0
"""Metres that the picture shows at least, so that two schools of one town do not stand in an empty field."""


DISC, LINE, LETTER = 13, 16, 7.2
"""Half the width of a stop with its rim, the height of a line of words, the width of a letter."""
MINUTES_WIDE, MINUTES_HIGH = 24, 10
"""Half the size of the box with a road's minutes."""
LONGEST_NAME = 34
BESIDE = 18
"""From the middle of a stop to the words beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A piece of the picture that something stands on."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def about(cls, x: float, y: float, wide: float, high: float) -> "Box":
        return cls(left=x - wide, top=y - high, right=x + wide, bottom=y + high)

    def shared_with(self, other: "Box") -> float:
        """Square pixels that both stand on."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(across, 0) * max(down, 0)

    def holds(self, x: float, y: float) -> bool:
        return self.left < x < self.right and self.top < y < self.bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Where a stop is drawn and what is said there, from the base line of its name, which repeats its number:
    where stops crowd it may stand nearer to another; `n` 0 is the base."""

    n: int
    x: int
    y: int
    kind: str
    name: str
    said: str
    name_x: int
    name_y: int
    anchor: str
    words: Box


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
        outline = "".join(path(pixel(*point) for point in ring) for ring in rings)
        if outline:
            shapes.append(outline)
    drawn = _drawn(points)
    pixels = [pixel(p.place.easting, p.place.northing) for p in drawn]
    apart = map_room.apart(pixels, distance=2 * DISC + 2, reach=3 * DISC)
    at = [(round(x), round(y)) for x, y in apart]
    way = [at[_index(drawn, p)] for p in points]
    roads = list(pairwise(way))
    stops, taken = [], [Box.about(x, y, DISC, DISC) for x, y in at]
    numbers = {id(p): n for n, p in enumerate((p for p in points if p.kind != "base"), start=1)}
    for point, (x, y) in zip(drawn, at, strict=True):
        stopped = _named(point, numbers.get(id(point), 0), x, y, taken=taken, roads=roads, height=height)
        stops.append(stopped)
        taken.append(stopped.words)
    drives: list[MapRoad] = []
    for (start, end), took in zip(roads, minutes, strict=True):
        said = "" if took is None or start == end else f"{took} min"
        x, y = _beside_road(start, end, taken=taken, height=height) if said else start
        if said:
            taken.append(Box.about(x, y, MINUTES_WIDE, MINUTES_HIGH))
        drives.append(MapRoad(x1=start[0], y1=start[1], x2=end[0], y2=end[1], x=x, y=y, said=said))
    return DayMap(width=WIDTH, height=height, shapes=tuple(shapes), stops=tuple(stops), drives=tuple(drives))


def _drawn(points: Sequence[Point]) -> list[Point]:
    """The stops that are drawn: a base once, though the day ends there too."""
    found: list[Point] = []
    for point in points:
        if point.kind != "base" or not any(p.kind == "base" and p.place == point.place for p in found):
            found.append(point)
    return found


def _index(drawn: Sequence[Point], point: Point) -> int:
    """Which of the drawn stops a point of the way is."""
    return next(
        n
        for n, p in enumerate(drawn)
        if p is point or (p.kind == point.kind == "base" and p.place == point.place)
    )


def _named(
    point: Point,
    n: int,
    x: int,
    y: int,
    *,
    taken: Sequence[Box],
    roads: Sequence[tuple[tuple[int, int], tuple[int, int]]],
    height: int,
) -> Stopped:
    """A stop with its words where they cover no stop, no other's words and as little of a road as can be."""
    name = point.name if len(point.name) <= LONGEST_NAME else f"{point.name[: LONGEST_NAME - 1].rstrip()}…"
    if n:
        name = f"{n}. {name}"
    wide, high = max(len(name), len(point.said)) * LETTER, LINE * (2 if point.said else 1)
    on_roads = [spot for start, end in roads for spot in _along(start, end)]
    best: tuple[float, Box, str] | None = None
    for anchor, box in _about_stop(x, y, wide, high, height):
        cost = _covering(box, taken) + 4 * sum(box.holds(*spot) for spot in on_roads)
        cost += math.dist((x, y), ((box.left + box.right) / 2, (box.top + box.bottom) / 2)) / 10
        if best is None or cost < best[0]:
            best = cost, box, anchor
    assert best is not None
    _, box, anchor = best
    across = {"start": box.left, "end": box.right, "middle": (box.left + box.right) / 2}[anchor]
    return Stopped(
        n=n,
        x=x,
        y=y,
        kind=point.kind,
        name=name,
        said=point.said,
        name_x=round(across),
        name_y=round(box.top + 12),
        anchor=anchor,
        words=box,
    )


def _covering(box: Box, taken: Sequence[Box]) -> float:
    """How much worse a place is for what it covers: more than any other reason weighs."""
    covered = sum(box.shared_with(other) for other in taken)
    return 1_000 + 10 * covered if covered else 0.0


def _about_stop(x: int, y: int, wide: float, high: float, height: int) -> Iterator[tuple[str, Box]]:
    """Places for words about a stop, (anchor, box): below, above, to the right and left of it; then further
    off."""
    for further in range(0, 120, 12):
        for down in (BESIDE + further, -BESIDE - further - high):
            left = min(max(x - wide / 2, 4), WIDTH - 4 - wide)
            top = y + down
            if 2 <= top <= height - 2 - high:
                yield "middle", Box(left=left, top=top, right=left + wide, bottom=top + high)
        for up in (0, -high / 2, high / 2):
            top = y - high / 2 + up
            right, left = x + BESIDE + further, x - BESIDE - further - wide
            if 2 <= top <= height - 2 - high:
                if right + wide <= WIDTH - 4:
                    yield "start", Box(left=right, top=top, right=right + wide, bottom=top + high)
                if left >= 4:
                    yield "end", Box(left=left, top=top, right=left + wide, bottom=top + high)


def _along(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[float, float]]:
    """Spots on a road, eight pixels apart."""
    steps = max(1, round(math.dist(start, end) / 8))
    for n in range(steps + 1):
        yield start[0] + (end[0] - start[0]) * n / steps, start[1] + (end[1] - start[1]) * n / steps


def _beside_road(
    start: tuple[int, int], end: tuple[int, int], *, taken: Sequence[Box], height: int
) -> tuple[int, int]:
    """Where a road's minutes stand: on its middle, else along it, else beside it, off all that is there."""
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)

    def cost(spot: tuple[float, float]) -> float:
        box = Box.about(*spot, MINUTES_WIDE + 2, MINUTES_HIGH + 2)
        off_road = min(math.dist(spot, on) for on in _along(start, end))
        return _covering(box, taken) + 3 * off_road + math.dist(spot, middle)

    x, y = min(_spots(start, end, height), key=cost)
    return round(x), round(y)


def _spots(start: tuple[int, int], end: tuple[int, int], height: int) -> Iterable[tuple[float, float]]:
    """Where a road's minutes could stand: on it, then anywhere in the picture."""
    yield from (
        (x, y)
        for x, y in _along(start, end)
        if MINUTES_WIDE < x < WIDTH - MINUTES_WIDE and MINUTES_HIGH < y < height - MINUTES_HIGH
    )
    across = range(MINUTES_WIDE + 2, WIDTH - MINUTES_WIDE, 12)
    yield from product(across, range(MINUTES_HIGH + 2, height - MINUTES_HIGH, 12))
