"""Places on the British National Grid and the straight distance between them. Pure."""

import math
import re
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


def from_grid_reference(text: str) -> Place | None:
    """'SP 513 061' (6, 8 or 10 figures) or '451300, 206100' -> the middle of that square; None if it is neither. Pure."""
    plain = text.strip().upper()
    pair = re.fullmatch(r"(\d{5,6})\s*[ ,;/]\s*(\d{5,7})", plain)
    if pair:
        return _in_great_britain(int(pair[1]), int(pair[2]))
    square = re.fullmatch(r"([A-HJ-Z]{2})((?:\d\s*){6}|(?:\d\s*){8}|(?:\d\s*){10})", plain.replace(" ", ""))
    if not square:
        return None
    figures = square[2]
    half = len(figures) // 2
    metres = 10 ** (5 - half)
    # The 500 km squares run A to Z (no I) from the north-west, five to a row; so do the 100 km ones in each.
    first, second = ("ABCDEFGHJKLMNOPQRSTUVWXYZ".index(letter) for letter in square[1])
    east = ((first - 2) % 5) * 5 + second % 5
    north = 19 - (first // 5) * 5 - second // 5
    return _in_great_britain(
        east * 100_000 + int(figures[:half]) * metres + metres // 2,
        north * 100_000 + int(figures[half:]) * metres + metres // 2,
    )


def _in_great_britain(easting: int, northing: int) -> Place | None:
    inside = 0 < easting < 700_000 and 0 < northing < 1_300_000
    return Place(easting=easting, northing=northing) if inside else None
