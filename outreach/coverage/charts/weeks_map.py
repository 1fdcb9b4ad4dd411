"""The weeks of a plan as a map: the districts, each school in a disc with the number of its week, the chosen week's
filled, and where the troupes start. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from outreach.coverage.charts import map_room
from outreach.coverage.charts.county_map import WIDTH, Frame, Ring, outlines, path
from outreach.ground.geography import Place

TALLEST = 560
DISC = 9
"""Half the width of a disc."""
BASE = 6
"""Half the width of the square where a troupe starts."""
AROUND = 3_000.0
"""Metres around the outermost places, where no outline tells how far the county goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A school in a week: where, and the week's number."""

    place: Place
    week: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc:
    """The middle of a school's disc, which may stand a little beside its place, off its neighbour."""

    x: int
    y: int
    week: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeksMap:
    """`bases`: the upper left corner of each square."""

    width: int
    height: int
    shapes: tuple[str, ...]
    discs: tuple[Disc, ...]
    bases: tuple[tuple[int, int], ...]


def draw(geojson: str | None, visited: Sequence[Visited], bases: Sequence[Place]) -> WeeksMap | None:
    """The map; None where no place is known."""
    if not visited:
        return None
    districts = [rings for _, _, rings in outlines(geojson)] if geojson else []
    places = [each.place for each in visited] + list(bases)
    frame = Frame([ring for rings in districts for ring in rings] + [_about(places)], TALLEST)
    points = [frame(each.place.easting, each.place.northing) for each in visited]
    spread = map_room.apart(points, distance=2 * DISC + 1, reach=3 * DISC)
    squares = [frame(base.easting, base.northing) for base in dict.fromkeys(bases)]
    return WeeksMap(
        width=WIDTH,
        height=frame.height,
        shapes=tuple("".join(path(ring) for ring in frame.rings(rings)) for rings in districts),
        discs=tuple(
            Disc(
                x=round(min(max(x, DISC), WIDTH - DISC)),
                y=round(min(max(y, DISC), frame.height - DISC)),
                week=v.week,
            )
            for v, (x, y) in zip(visited, spread, strict=True)
        ),
        bases=tuple((x - BASE, y - BASE) for x, y in squares),
    )


def _about(places: Sequence[Place]) -> Ring:
    """A box about all places, with some land around."""
    west, east = min(p.easting for p in places) - AROUND, max(p.easting for p in places) + AROUND
    south, north = min(p.northing for p in places) - AROUND, max(p.northing for p in places) + AROUND
    return ((west, south), (east, south), (east, north), (west, north))
