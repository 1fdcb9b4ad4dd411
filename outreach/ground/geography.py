"""Places on the British National Grid and the straight distance between them. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Place:
    """A point in metres of the British National Grid (EPSG:27700)."""

    easting: int
    northing: int

    def kilometres_to(self, other: "Place") -> float:
        """Straight-line kilometres."""
        return math.hypot(self.easting - other.easting, self.northing - other.northing) / 1000


def middle(places: Iterable[Place]) -> Place | None:
    """The mean of some places; None of none."""
    points = list(places)
    if not points:
        return None
    return Place(
        easting=round(sum(p.easting for p in points) / len(points)),
        northing=round(sum(p.northing for p in points) / len(points)),
    )
