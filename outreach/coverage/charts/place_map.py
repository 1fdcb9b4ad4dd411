"""The county as a map on which a place is pointed at: its districts, its schools as dots, its towns by name. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.county.school_locations import Landmark
from outreach.coverage.charts.county_map import MARGIN, WIDTH, Frame, Ring, outlines, path
from outreach.ground.geography import Place, middle

TALLEST = 460
ROUND_ABOUT = 0.08
"""How much of the land around is shown on each side: a van may start beyond the border."""
MOST_TOWNS = 14
LETTER, LINE = 7, 15
"""The width of a letter of a town's name, and the height of its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A town's name and the middle of its line."""

    name: str
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceMap:
    """`easting`, `northing` are those of the upper left corner; each unit of the picture is `metres` long."""

    width: int
    height: int
    shapes: tuple[str, ...]
    dots: tuple[tuple[int, int], ...]
    towns: tuple[Town, ...]
    easting: int
    northing: int
    metres: float
    at: tuple[int, int] | None
    """Where the place stands that is settled now; None where there is none, or it lies beyond the picture."""

    def pixel(self, easting: float, northing: float) -> tuple[float, float]:
        """Where a point of the National Grid stands, which may be beyond the picture."""
        return (easting - self.easting) / self.metres, (self.northing - northing) / self.metres


def draw(geojson: str | None, found: Sequence[Landmark], settled: Place | None) -> PlaceMap | None:
    """The map; None where neither outlines nor two places tell where the county is."""
    districts = [rings for _, _, rings in outlines(geojson)] if geojson else []
    points = [point for rings in districts for ring in rings for point in ring]
    points += [(float(one.place.easting), float(one.place.northing)) for one in found]
    if len(set(points)) < 2:
        return None
    frame = Frame([_about(points)], TALLEST)
    metres = 1 / frame.scale
    here = frame(settled.easting, settled.northing) if settled else None
    return PlaceMap(
        width=WIDTH,
        height=frame.height,
        shapes=tuple("".join(path(ring) for ring in frame.rings(rings)) for rings in districts),
        dots=tuple(sorted({frame(one.place.easting, one.place.northing) for one in found})),
        towns=_towns(found, frame),
        easting=round(frame.west - frame.shift * metres),
        northing=round(frame.north + MARGIN * metres),
        metres=metres,
        at=here if here and 0 <= here[0] <= WIDTH and 0 <= here[1] <= frame.height else None,
    )


def _about(points: Sequence[tuple[float, float]]) -> Ring:
    """Two corners that hold all the points, with room around them."""
    (west, east), (south, north) = ((min(along), max(along)) for along in zip(*points, strict=True))
    room = max(east - west, north - south, 1000) * ROUND_ABOUT
    return ((west - room, south - room), (east + room, north + room))


def _towns(found: Sequence[Landmark], frame: Frame) -> tuple[Town, ...]:
    """The towns with the most schools, as far as their names stand clear of each other."""
    places: dict[str, list[Place]] = defaultdict(list)
    for one in found:
        if one.town:
            places[one.town].append(one.place)
    kept: list[tuple[Town, float]] = []
    for name, there in sorted(places.items(), key=lambda town: (-len(town[1]), town[0])):
        centre, half = middle(there), len(name) * LETTER / 2
        assert centre is not None
        x, y = frame(centre.easting, centre.northing)
        x = round(min(max(x, half), WIDTH - half))
        if all(abs(x - t.x) > half + wide or abs(y - t.y) > LINE for t, wide in kept):
            kept.append((Town(name=name, x=x, y=y), half))
        if len(kept) == MOST_TOWNS:
            break
    return tuple(town for town, _ in kept)
