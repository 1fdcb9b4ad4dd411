"""The points that a router is given, in their order: written as CSV and GeoJSON with a fingerprint, and read again.

A router's matrix names no school: its rows are in the order of the points, and a table in another order would be
wrong at every road. So such a matrix is taken beside its points alone, and the fingerprint tells whether they are
those that were handed out.
"""

import hashlib
import json
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from outreach.ground import from_outside
from outreach.ground.csv_lines import CsvFile
from outreach.ground.errors import Refusal
from outreach.ground.geography import to_degrees
from outreach.ground.row_numbers import row_number
from outreach.tour.road_places import PlacesOfPartnership

COLUMNS = ("URN", "Name", "Latitude", "Longitude", "Fingerprint")


class NotThosePoints(Refusal):
    """No file of points, or one that is not as it was handed out."""

    field = "points"


class RoadPoint(NamedTuple):
    """`said`: a URN, or a base's name; degrees (WGS84)."""

    said: str
    name: str
    longitude: float
    latitude: float
    is_base: bool = False


@dataclass(frozen=True, kw_only=True)
class RoadPoints:
    """`of`: the id of the programme whose they are."""

    of: int
    points: tuple[RoadPoint, ...]

    @property
    def fingerprint(self) -> str:
        """'12-94-5f0c9a31': whose they are, how many, and the beginning of a digest of which, where and in what
        order. Names are left out: a tool may write them in another encoding."""
        lines = "\n".join(f"{p.said}|{p.longitude:.6f}|{p.latitude:.6f}" for p in self.points)
        return f"{self.of}-{len(self.points)}-{hashlib.sha256(lines.encode()).hexdigest()[:8]}"

    def rows(self) -> Iterator[tuple[object, ...]]:
        """Each point as `COLUMNS` names it; a file of them has no last line of words, which a router would take for
        a point: the fingerprint in each says how many there are."""
        fingerprint = self.fingerprint
        for p in self.points:
            yield p.said, p.name, p.latitude, p.longitude, fingerprint

    def geojson(self) -> str:
        features = [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [p.longitude, p.latitude]},
                "properties": {"URN": p.said, "Name": p.name, "Fingerprint": self.fingerprint},
            }
            for p in self.points
        ]
        return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1)


def of_places(here: PlacesOfPartnership, wanted: Collection[int], *, of: int, bases: bool) -> RoadPoints:
    """The schools of `wanted` by URN, and after them the bases where they are asked for. Whose own point is not known
    is left out: a road from the middle of its district would be made up. Pure."""
    keys = sorted(key for key in wanted if key in here.stops and key not in here.guessed)
    keys += sorted((key for key in here.stops if key < 0), reverse=True) if bases else []
    placed = [(key, place) for key in keys if (place := here.stops[key].place) is not None]
    return RoadPoints(
        of=of,
        points=tuple(
            RoadPoint(here.said(key), here.names[key], *to_degrees(at), is_base=key < 0) for key, at in placed
        ),
    )


def programme_of(fingerprint: str) -> int | None:
    """The id that a fingerprint begins with; None of what is none."""
    return row_number(fingerprint.partition("-")[0])


def read(content: BinaryIO) -> RoadPoints:
    """The points of a file that was handed out as CSV or GeoJSON. Raises NotThosePoints where it is none, or where
    its lines are not those that its fingerprint was made of."""
    start = content.read(200).lstrip(b"\xef\xbb\xbf \t\r\n")
    content.seek(0)
    rows = list(_of_geojson(content) if start.startswith(b"{") else _of_csv(content))
    points, fingerprint = _placed(rows), rows[0][4] if rows else ""
    of = programme_of(fingerprint)
    if points is None or of is None:
        raise NotThosePoints(
            "This is no file of points as you download it here. Nothing was changed. It needs "
            "URN, Latitude, Longitude and Fingerprint."
        )
    found = RoadPoints(of=of, points=points)
    if found.fingerprint != fingerprint or any(row[4] != fingerprint for row in rows):
        raise NotThosePoints(
            "This file of points was changed since it was downloaded: its lines, their order or their number are "
            "others. Nothing was changed. Download the points again and have the table made from them as they are."
        )
    return found


def _placed(rows: Sequence[Sequence[str]]) -> tuple[RoadPoint, ...] | None:
    found = []
    for said, name, latitude, longitude, _ in rows:
        try:
            point = RoadPoint(said.removeprefix("'"), name, float(longitude), float(latitude))
        except ValueError:
            return None
        if not (math.isfinite(point.longitude) and math.isfinite(point.latitude)):
            return None
        found.append(point)
    return tuple(found)


def _of_csv(content: BinaryIO) -> Iterable[list[str]]:
    file = CsvFile(content)
    at = [file.header.index(name.casefold()) for name in COLUMNS if name.casefold() in file.header]
    if len(at) < len(COLUMNS):
        return []
    rows = [[row[n].strip() for n in at] for number, row in file.rows() if number > 1]
    return [] if file.unreadable else rows


def _of_geojson(content: BinaryIO) -> Iterable[list[str]]:
    try:
        features: Any = from_outside.json_of(content.read())["features"]
        return [
            [
                str(feature["properties"]["URN"]),
                str(feature["properties"]["Name"]),
                *(str(degrees) for degrees in reversed(feature["geometry"]["coordinates"][:2])),
                str(feature["properties"]["Fingerprint"]),
            ]
            for feature in features
        ]
    except (ValueError, KeyError, TypeError):
        return []
