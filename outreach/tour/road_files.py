"""Files of roads as routers and tools write them, read into one road after another: from, to, time. Pure.

What each says of itself: the HTTP API of OSRM (`table`), of Valhalla (`sources_to_targets`, whose `verbose` changes
its form) and of openrouteservice (`matrix`) answer in seconds; ORS Tools for QGIS has a column DURATION_H of hours,
r5py `travel_time` of minutes, and QNEAT3 for QGIS `total_cost`, whose unit is what was asked of it: so it is asked
here. Distances are in metres (OSRM, openrouteservice unless it was asked for others) or in kilometres (Valhalla, unless
it says miles; the column DIST_KM of ORS Tools).
"""

import math
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

from outreach.ground import from_outside
from outreach.ground.csv_lines import CsvFile, Unreadable, fold
from outreach.ground.errors import Refusal
from outreach.ground.wording import count
from outreach.tour.road_places import PlacesOfPartnership
from outreach.tour.road_points import RoadPoints

SECONDS, MINUTES, HOURS = "seconds", "minutes", "hours"
A_MINUTE = {SECONDS: 60.0, MINUTES: 1.0, HOURS: 1 / 60}
"""How many of each are a minute."""

FROM = ("from", "from urn", "urn", "from_id", "from id", "origin_id", "origin id", "source_id", "inputid")
TO = (
    "to",
    "to urn",
    "other urn",
    "to_id",
    "to id",
    "destination_id",
    "destination id",
    "target_id",
    "targetid",
)
OWN_TIMES = ("minutes", "min", "drive")
TIMES = {
    "duration_h": HOURS, "hours": HOURS, "travel_time": MINUTES, "duration_min": MINUTES, "travel_time_min": MINUTES,
    "seconds": SECONDS, "duration_s": SECONDS, "total_cost": "", "duration": "", "time": "", "cost": "",
    "travel time": "",
}  # fmt: skip
"""The columns of times and their units; '' where one has to be asked."""

A_KILOMETRE = {"m": 0.001, "metres": 0.001, "km": 1.0, "kilometers": 1.0, "mi": 1.609344, "miles": 1.609344}
"""Kilometres of each."""

DISTANCES = {
    "kilometres": 1.0, "km": 1.0, "dist_km": 1.0, "distance_km": 1.0, "metres": 0.001, "distance_m": 0.001,
}  # fmt: skip
"""The columns of distances, and kilometres of each."""

EMPTY = {"", "null", "none", "nan", "na", "n/a"}
"""What tools write where they found no road."""

A_DEGREE = 111.2
"""Kilometres of a degree of latitude."""

SNAPPED = 5.0
"""Kilometres: further than this from its school no router puts a point on a road."""


MOST_LINES = 2_000_000
"""Of a list: twice as many as there are roads between a thousand places."""


class NoTable(Refusal):
    field = "file"


class UnitNotSaid(Refusal):
    field = "unit"


class PointsNotGiven(Refusal):
    field = "points"


class Entry(NamedTuple):
    """One road as a file gives it. `line` counts from 1; `column` likewise in a matrix, 0 in a list. `time` as it is
    written, '' for a gap. `kilometres`: None where the file does not say."""

    line: int
    column: int
    start: str
    end: str
    time: str
    kilometres: float | None = None


@dataclass(frozen=True, kw_only=True)
class RoadFile:
    """`unit` of its times, '' where it does not say; `is_own`: the list that people write here, in which an empty
    cell is a slip and no gap; `what` one of its times is called, and `row` a line of it; `unreadable` grows while it
    is read."""

    unit: str
    entries: Iterable[Entry]
    is_own: bool = False
    what: str = "line"
    row: str = "Line"
    unreadable: list[Unreadable] = field(default_factory=list)


def read(content: BinaryIO, here: PlacesOfPartnership, points: RoadPoints | None) -> RoadFile:
    """What a file is, told by itself; `points`: those of which a matrix without names was made. Raises NoTable,
    PointsNotGiven."""
    start = content.read(200).lstrip(b"\xef\xbb\xbf \t\r\n")
    content.seek(0)
    return _json(content, points) if start[:1] in (b"{", b"[") else _csv(content, here, points)


# CSV


def _csv(content: BinaryIO, here: PlacesOfPartnership, points: RoadPoints | None) -> RoadFile:
    file = CsvFile(content, most_lines=MOST_LINES)
    head = file.header
    at_from, at_to = _column(head, FROM), _column(head, TO)
    if at_from is not None and at_to is not None:
        return _list(file, at_from, at_to)
    if len(head) > 1 and not _is_number(head[0]) and any(_is_ours(cell, here) for cell in head[1:]):
        return RoadFile(unit="", what="road", entries=_named_matrix(file), unreadable=file.unreadable)
    if head and all(_is_number(cell) or cell in EMPTY for cell in head) and any(map(_is_number, head)):
        lines = [(number, [_cell(cell) for cell in row]) for number, row in file.rows()]
        _square([cells for _, cells in lines], points)
        return RoadFile(
            unit="",
            what="road",
            entries=_matrix(lines, points),
            unreadable=file.unreadable,
        )
    missing = "From" if at_from is None else "To"
    raise NoTable(
        f"This file has no column ‘{missing}’. Nothing was changed. It needs From, To and Minutes, or a line and a "
        f"column for each place; its columns are: {_named(head)}."
    )


def _list(file: CsvFile, at_from: int, at_to: int) -> RoadFile:
    own = _column(file.header, OWN_TIMES)
    if own is not None:
        at, unit = own, MINUTES
    else:
        # r5py has a column for each percentile that it was asked for: the slowest is the safe one.
        slowest = [name for name in file.header if re.fullmatch(r"travel_time_p\d+", name)]
        name = max(slowest, key=lambda p: int(p[13:]), default=None) or next(
            (name for name in TIMES if name in file.header), None
        )
        if name is None:
            only = " It has distances and no times." if "distance" in file.header else ""
            raise NoTable(
                f"This file has no column ‘Minutes’. Nothing was changed.{only} It needs From, To and Minutes; its "
                f"columns are: {_named(file.header)}."
            )
        at, unit = file.header.index(name), TIMES.get(name, MINUTES)

    far = next((name for name in DISTANCES if name in file.header), None)
    at_far = file.header.index(far) if far else None

    def entries() -> Iterator[Entry]:
        for number, row in file.rows():
            if number > 1:
                kilometres = _kilometres(row[at_far], DISTANCES[far or ""]) if at_far is not None else None
                yield Entry(number, 0, _id(row[at_from]), _id(row[at_to]), row[at].strip(), kilometres)

    return RoadFile(unit=unit, entries=entries(), is_own=own is not None, unreadable=file.unreadable)


def _named_matrix(file: CsvFile) -> Iterator[Entry]:
    ends = [_id(cell) for cell in file.header]
    for number, row in file.rows():
        if number > 1:
            for n, cell in enumerate(row[1:], 1):
                yield Entry(number, n + 1, _id(row[0]), ends[n], _cell(cell))


# JSON


def _json(content: BinaryIO, points: RoadPoints | None) -> RoadFile:
    try:
        data: Any = from_outside.json_of(content.read())
    except ValueError:
        raise NoTable("This file begins as JSON and cannot be read as such. Nothing was changed.") from None
    if isinstance(data, list):
        return _of_rows(data, "", points)
    if wrong := _router_said_no(data):
        raise NoTable(f"This file is a router’s refusal: ‘{wrong[:200]}’. Nothing was changed.")
    if data.get("type") == "FeatureCollection":
        raise NoTable("This is a file of points, and not the table made from them. Nothing was changed.")
    answer = data.get("sources_to_targets")
    guessed = data.get("fallback_speed_cells")
    far = Distances(
        _at(data, "distances"), A_KILOMETRE.get(str(_at(data, "metadata", "query", "units")), 0.001)
    )
    if answer is not None:
        far = Distances(_at(answer, "distances"), A_KILOMETRE.get(str(data.get("units")), 1.0))
    if isinstance(answer, list):
        cells = [[_at(cell, "distance") for cell in row] if isinstance(row, list) else [] for row in answer]
        found = _of_rows(_times_of_valhalla(answer), SECONDS, points, far=far._replace(rows=cells))
    elif answer is not None:
        found = _of_rows(_durations(answer), SECONDS, points, far=far)
    else:  # OSRM says its code, and openrouteservice what it was asked; what says neither is somebody's own
        unit = SECONDS if "code" in data or "metadata" in data else ""
        found = _of_rows(_durations(data), unit, points, guessed if isinstance(guessed, list) else (), far)
    if points is not None:
        _same_points(data, points)
    return found


def _router_said_no(data: Any) -> str:
    """What a router answered where it has no table; '' where it has one."""
    said = _at(data, "error")
    if isinstance(said, dict):
        said = said.get("message")
    code = _at(data, "code")
    if said is None and isinstance(code, str) and code != "Ok":
        said = f"{code}: {_at(data, 'message') or ''}".rstrip(": ")
    return str(said or "")


def _durations(data: Any) -> Any:
    times = _at(data, "durations")
    if times is None:
        only = " It has distances alone; ask for durations too." if _at(data, "distances") else ""
        raise NoTable(f"This file has no ‘durations’. Nothing was changed.{only}")
    return times


def _times_of_valhalla(rows: list[Any]) -> list[list[Any]]:
    """The times of its matrix of {time, distance, from_index, to_index}."""
    times = []
    for n, row in enumerate(rows):
        cells = row if isinstance(row, list) else []
        if any(
            _at(c, "from_index") not in (None, n) or _at(c, "to_index") not in (None, m)
            for m, c in enumerate(cells)
        ):
            raise NoTable(
                f"Row {n + 1} of ‘sources_to_targets’ is not in the order of its points. Nothing was changed."
            )
        times.append([_at(cell, "time") for cell in cells])
    return times


def _of_rows(
    rows: Any,
    unit: str,
    points: RoadPoints | None,
    guessed: Sequence[Any] = (),
    far: "Distances | None" = None,
) -> RoadFile:
    """`guessed`: cells, [row, column], for which the router had no road."""
    _square(rows, points)
    lines = ((n, [_cell(cell) for cell in row]) for n, row in enumerate(rows, 1))
    entries = _matrix(lines, points, {(n, m) for n, m in filter(_is_pair, guessed)}, far)
    return RoadFile(unit=unit, what="road", row="Row", entries=entries)


def _same_points(data: Any, points: RoadPoints) -> None:
    """Where an answer names the points that it was made from, they are these. Raises NoTable."""
    told = [_at(data, "metadata", "query", "locations")]
    told += [_at(data, side) for side in ("sources", "destinations", "targets")]
    for asked in told:
        if not isinstance(asked, list) or len(asked) != len(points.points):
            continue
        for n, (one, meant) in enumerate(zip(asked, points.points, strict=True), 1):
            at = _at(one, "location") or one
            degrees: Any = [at.get("lon"), at.get("lat")] if isinstance(at, dict) else at
            if not _is_pair(degrees):
                continue
            east = (degrees[0] - meant.longitude) * math.cos(math.radians(meant.latitude))
            away = math.hypot(east, degrees[1] - meant.latitude) * A_DEGREE
            if away > SNAPPED:
                raise NoTable(
                    f"Point {n} of this file lies {away:.0f} kilometres from {meant.name}, which is point {n} of "
                    "your file of points: it was made from other points, or in another order. Nothing was changed."
                )


# Matrices without names


def _square(rows: Any, points: RoadPoints | None) -> None:
    """Raises where a matrix has not as many rows and columns as there are points."""
    if points is None:
        raise PointsNotGiven(
            "This file does not say which place a row of it is. Nothing was changed. Send in beside it the file of "
            "points that it was made from, or give its fingerprint."
        )
    n = len(points.points)
    if not isinstance(rows, list) or len(rows) != n:
        has = count(len(rows), "row") if isinstance(rows, list) else "no rows"
        raise NoTable(
            f"This file has {has}, and there {'is' if n == 1 else 'are'} {count(n, 'point')}. Nothing was changed. "
            "It was made from other points, or from some of them."
        )
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != n:
            columns = len(row) if isinstance(row, list) else 0
            raise NoTable(
                f"Row {number} of this file has {count(columns, 'column')}, and there are {count(n, 'point')}. Nothing "
                "was changed."
            )


def _matrix(
    lines: Iterable[tuple[int, list[str]]],
    points: RoadPoints | None,
    guessed: Collection[tuple[int, int]] = (),
    far: "Distances | None" = None,
) -> Iterator[Entry]:
    names = [point.said for point in points.points] if points else []
    for n, (number, cells) in enumerate(lines):
        for m, cell in enumerate(cells):
            kilometres = far.between(n, m) if far else None
            yield Entry(number, m + 1, names[n], names[m], "" if (n, m) in guessed else cell, kilometres)


class Distances(NamedTuple):
    """A matrix of distances as a router wrote it, if it did, and kilometres of one of its units."""

    rows: Any
    a_kilometre: float

    def between(self, n: int, m: int) -> float | None:
        row = self.rows[n] if isinstance(self.rows, list) and n < len(self.rows) else None
        return _kilometres(row[m], self.a_kilometre) if isinstance(row, list) and m < len(row) else None


def _kilometres(value: Any, of_one: float) -> float | None:
    """A distance as a number of kilometres; None for a gap, and for what is none."""
    said = _cell(value)
    return float(said) * of_one if _is_number(said) and float(said) > 0 else None


def _column(head: list[str], names: Sequence[str]) -> int | None:
    return next((head.index(name) for name in names if name in head), None)


def _named(head: list[str]) -> str:
    return ", ".join(f"‘{name}’" for name in head[:12] if name) or "none"


def _is_ours(cell: str, here: PlacesOfPartnership) -> bool:
    keys = here.meant(_id(cell))
    return not isinstance(keys, str) and any(key in here.stops for key in keys)


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _is_pair(value: Any) -> bool:
    """Two figures, as JSON has a point in degrees, or a cell of a matrix."""
    return isinstance(value, list) and len(value) == 2 and all(type(v) in (int, float) for v in value)


def _id(cell: str) -> str:
    """A URN as a tool wrote it, which had a number and made it 123456.0."""
    return re.sub(r"^(\d{1,9})\.0+$", r"\1", cell.strip())


def _cell(value: Any) -> str:
    """What a matrix holds, as it is written; '' for a gap."""
    said = "" if value is None else str(value).strip()
    return "" if fold(said) in EMPTY else said


def _at(data: Any, *names: str) -> Any:
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data
