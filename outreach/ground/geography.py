"""Places on the British National Grid, how far apart they are, and their degrees. Pure."""

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


GREAT_BRITAIN = (-9.0, 2.5, 49.0, 61.5)
"""Degrees: west, east, south, north."""

_SQUARES = "ABCDEFGHJKLMNOPQRSTUVWXYZ"


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
    """'SP 513 061' (6, 8 or 10 figures) or '451300, 206100' -> the middle of that square; None if it is
    neither. Pure."""
    plain = " ".join(text.split()).upper()
    pair = re.fullmatch(r"(\d{5,6}) ?[ ,;/] ?(\d{5,7})", plain)
    if pair:
        return _in_great_britain(int(pair[1]), int(pair[2]))
    square = re.fullmatch(r"([A-HJ-Z]{2})((?:\d\s*){6}|(?:\d\s*){8}|(?:\d\s*){10})", plain.replace(" ", ""))
    if not square:
        return None
    figures = square[2]
    half = len(figures) // 2
    metres = 10 ** (5 - half)
    eastward, northward = divmod(int(figures), 10**half)
    # The 500 km squares run A to Z (no I) from the north-west, five to a row; so do the 100 km ones in each.
    first, second = (_SQUARES.index(letter) for letter in square[1])
    east = ((first - 2) % 5) * 5 + second % 5
    north = 19 - (first // 5) * 5 - second // 5
    return _in_great_britain(
        east * 100_000 + eastward * metres + metres // 2,
        north * 100_000 + northward * metres + metres // 2,
    )


def from_latitude_and_longitude(text: str) -> Place | None:
    """'50.3471, -4.1375' in degrees -> that place; None if it is no such pair, or not in Great Britain. Pure."""
    pair = re.fullmatch(r"(-?\d{1,2}\.\d+) ?[,; ] ?(-?\d{1,2}\.\d+)", " ".join(text.split()))
    if pair is None:
        return None
    latitude, longitude = float(pair[1]), float(pair[2])
    west, east, south, north = GREAT_BRITAIN
    if not (west <= longitude <= east and south <= latitude <= north):
        return None
    easting, northing = from_degrees(longitude, latitude)
    return Place(easting=round(easting), northing=round(northing))


def grid_reference(place: Place) -> str:
    """'SP 513 061': the square of a hundred metres in which a place lies. Pure."""
    east, north = place.easting // 100_000, place.northing // 100_000
    first = (4 - (north + 5) // 5) * 5 + (east + 10) // 5
    second = (4 - (north + 5) % 5) * 5 + (east + 10) % 5
    letters = _SQUARES[first] + _SQUARES[second]
    return f"{letters} {place.easting % 100_000 // 100:03d} {place.northing % 100_000 // 100:03d}"


_WAYS = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")


def way_from(here: Place, there: Place) -> str:
    """In which of eight directions one place lies, seen from another. Pure."""
    angle = math.atan2(there.northing - here.northing, there.easting - here.easting)
    return _WAYS[round(angle / (math.pi / 4)) % 8]


def _in_great_britain(easting: int, northing: int) -> Place | None:
    inside = 0 < easting < 700_000 and 0 < northing < 1_300_000
    return Place(easting=easting, northing=northing) if inside else None


def from_degrees(longitude: float, latitude: float) -> tuple[float, float]:
    """Degrees (WGS84, as GeoJSON has them) -> easting and northing in metres, good to some 5 m. Pure.

    The seven-parameter shift from WGS84 to OSGB36 and the National Grid's transverse Mercator, as in
    Ordnance Survey's 'A Guide to Coordinate Systems in Great Britain', annexes B and C and section 6.6.
    """
    x, y, z = _earth_centred(math.radians(longitude), math.radians(latitude))
    seconds = math.pi / 180 / 3600
    turn_x, turn_y, turn_z = -0.1502 * seconds, -0.2470 * seconds, -0.8421 * seconds
    scale = 1 + 20.4894e-6
    x, y, z = (
        -446.448 + scale * x - turn_z * y + turn_y * z,
        125.157 + turn_z * x + scale * y - turn_x * z,
        -542.060 - turn_y * x + turn_x * y + scale * z,
    )
    return _on_the_grid(*_on_airy(x, y, z))


def to_degrees(place: Place) -> tuple[float, float]:
    """A place -> degrees of longitude and latitude (WGS84), to six figures and good to some 5 m. Pure.

    The way back of `from_degrees`, as in the same guide.
    """
    latitude = _LAT_0
    while abs(left := place.northing - _NORTH_0 - _arc(latitude)) > 1e-5:
        latitude += left / (_AIRY_A * _SCALE)
    sin2, t, east = math.sin(latitude) ** 2, math.tan(latitude), place.easting - _EAST_0
    nu = _AIRY_A * _SCALE / math.sqrt(1 - _AIRY_E2 * sin2)
    rho = _AIRY_A * _SCALE * (1 - _AIRY_E2) / (1 - _AIRY_E2 * sin2) ** 1.5
    eta2, t2, sec = nu / rho - 1, t * t, 1 / math.cos(latitude)
    on_airy = (
        latitude
        - east**2 * t / (2 * rho * nu)
        + east**4 * t / (24 * rho * nu**3) * (5 + 3 * t2 + eta2 - 9 * t2 * eta2)
        - east**6 * t / (720 * rho * nu**5) * (61 + 90 * t2 + 45 * t2**2)
    )
    longitude = (
        _LON_0
        + east * sec / nu
        - east**3 * sec / (6 * nu**3) * (nu / rho + 2 * t2)
        + east**5 * sec / (120 * nu**5) * (5 + 28 * t2 + 24 * t2**2)
    )
    nu = _AIRY_A / math.sqrt(1 - _AIRY_E2 * math.sin(on_airy) ** 2)
    x = nu * math.cos(on_airy) * math.cos(longitude)
    y = nu * math.cos(on_airy) * math.sin(longitude)
    z = (1 - _AIRY_E2) * nu * math.sin(on_airy)
    scale = 1 - 20.4894e-6
    turn_x, turn_y, turn_z = (math.radians(seconds / 3600) for seconds in (0.1502, 0.2470, 0.8421))
    x, y, z = (
        446.448 + scale * x - turn_z * y + turn_y * z,
        -125.157 + turn_z * x + scale * y - turn_x * z,
        542.060 - turn_y * x + turn_x * y + scale * z,
    )
    across = math.hypot(x, y)
    latitude = math.atan2(z, across * (1 - _WGS84_E2))
    for _ in range(6):
        radius = _WGS84_A / math.sqrt(1 - _WGS84_E2 * math.sin(latitude) ** 2)
        latitude = math.atan2(z + _WGS84_E2 * radius * math.sin(latitude), across)
    return round(math.degrees(math.atan2(y, x)), 6), round(math.degrees(latitude), 6)


_WGS84_A, _WGS84_E2 = 6378137.0, 0.00669437999014
_AIRY_A, _AIRY_B = 6377563.396, 6356256.909
_AIRY_E2 = 1 - (_AIRY_B / _AIRY_A) ** 2
_SCALE, _LAT_0, _LON_0 = 0.9996012717, math.radians(49), math.radians(-2)
_EAST_0, _NORTH_0 = 400_000.0, -100_000.0


def _earth_centred(longitude: float, latitude: float) -> tuple[float, float, float]:
    radius = _WGS84_A / math.sqrt(1 - _WGS84_E2 * math.sin(latitude) ** 2)
    return (
        radius * math.cos(latitude) * math.cos(longitude),
        radius * math.cos(latitude) * math.sin(longitude),
        radius * (1 - _WGS84_E2) * math.sin(latitude),
    )


def _on_airy(x: float, y: float, z: float) -> tuple[float, float]:
    """(longitude, latitude) in radians on the Airy 1830 ellipsoid."""
    across = math.hypot(x, y)
    latitude = math.atan2(z, across * (1 - _AIRY_E2))
    for _ in range(4):
        radius = _AIRY_A / math.sqrt(1 - _AIRY_E2 * math.sin(latitude) ** 2)
        latitude = math.atan2(z + _AIRY_E2 * radius * math.sin(latitude), across)
    return math.atan2(y, x), latitude


def _on_the_grid(longitude: float, latitude: float) -> tuple[float, float]:
    sin, cos, tan2 = math.sin(latitude), math.cos(latitude), math.tan(latitude) ** 2
    nu = _AIRY_A * _SCALE / math.sqrt(1 - _AIRY_E2 * sin**2)
    rho = _AIRY_A * _SCALE * (1 - _AIRY_E2) / (1 - _AIRY_E2 * sin**2) ** 1.5
    eta2 = nu / rho - 1
    west = longitude - _LON_0
    northing = (
        _arc(latitude)
        + _NORTH_0
        + nu / 2 * sin * cos * west**2
        + nu / 24 * sin * cos**3 * (5 - tan2 + 9 * eta2) * west**4
        + nu / 720 * sin * cos**5 * (61 - 58 * tan2 + tan2**2) * west**6
    )
    easting = (
        _EAST_0
        + nu * cos * west
        + nu / 6 * cos**3 * (nu / rho - tan2) * west**3
        + nu / 120 * cos**5 * (5 - 18 * tan2 + tan2**2 + 14 * eta2 - 58 * tan2 * eta2) * west**5
    )
    return easting, northing


def _arc(latitude: float) -> float:
    """Metres on the grid from its true origin north to a latitude."""
    n = (_AIRY_A - _AIRY_B) / (_AIRY_A + _AIRY_B)
    apart, together = latitude - _LAT_0, latitude + _LAT_0
    return (
        _AIRY_B
        * _SCALE
        * (
            (1 + n + 1.25 * n**2 + 1.25 * n**3) * apart
            - (3 * n + 3 * n**2 + 2.625 * n**3) * math.sin(apart) * math.cos(together)
            + (1.875 * n**2 + 1.875 * n**3) * math.sin(2 * apart) * math.cos(2 * together)
            - 35 / 24 * n**3 * math.sin(3 * apart) * math.cos(3 * together)
        )
    )
