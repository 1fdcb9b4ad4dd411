"""A table of minutes on the road that a partnership brings in: read, checked line by line, put in place as a
whole or not at all; and what it has gaps for, where the rule counts."""

import io
import math
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product
from typing import BinaryIO

from sqlalchemy import delete, func, insert, select, update

from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.ground import history
from outreach.ground.csv_lines import fold
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import count
from outreach.tour import road_files, road_places, roads
from outreach.tour.road_files import A_MINUTE, EMPTY, HOURS, MINUTES, Entry, NoTable, RoadFile, UnitNotSaid
from outreach.tour.road_places import PlacesOfPartnership
from outreach.tour.road_points import RoadPoints
from outreach.tour.roads import RoadMinutes

MOST_BYTES = 30_000_000
MOST_KILOMETRES = 500
LESS_THAN_STRAIGHT = 0.9
"""A road so much shorter than the straight line, or more, cannot be; points are put on the nearest road."""

MOST_MINUTES = 300
"""Five hours: no tour of a county drives so long between two places."""

FASTEST = 0.4
"""Minutes for a straight kilometre at 150 km/h: whoever is faster has mistaken a column."""

ONE_SITE = 1.0
"""Kilometres: between two places so near a router may find no road at all; it counts as a minute."""

NO_DRIVE = "cannot be; a drive takes more than nothing"
MISTAKEN = {MINUTES: "; are they seconds?", HOURS: "; are they minutes?"}

Pair = tuple[int, int]
"""Two keys of places, the lesser first."""

Told = tuple[int, int | None]
"""Minutes of a road, and its metres; None where nobody said."""

NAMED = 20
"""How many wrong lines are named; the rest are counted."""


class BadLines(Refusal):
    """Lines, or roads of a matrix, that cannot be so; nothing was changed. `lines` says each in words, `in_short` none
    of them."""

    field = "file"

    def __init__(self, wrong: list[str], what: str = "line") -> None:
        self.lines = tuple(wrong[:NAMED])
        self.more = more = len(wrong) - len(self.lines)
        self.in_short = f"{count(len(wrong), what)} of this file cannot be right. Nothing was changed."
        super().__init__(f"{self.in_short} " + " ".join(self.lines) + (f" And {more} more." if more else ""))


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What came in: pairs of places, pairs whose two ways differed (the larger counts), lines about places
    not ours; pairs for which the file has a gap both ways; pairs with kilometres, and pairs whose kilometres cannot be
    and were passed over."""

    pairs: int
    unequal: int
    not_ours: int
    without: int = 0
    with_kilometres: int = 0
    wrong_kilometres: int = 0


@dataclass(frozen=True, kw_only=True)
class RoadTableState:
    """How much of what may be driven stands in the table: `pairs` of `possible`; the `gaps` go by the
    rule."""

    pairs: int
    possible: int

    @property
    def gaps(self) -> int:
        return self.possible - self.pairs


def bring_in(
    partnership: Partnership,
    content: BinaryIO,
    *,
    points: RoadPoints | None = None,
    unit: str = "",
    who: str,
    now: datetime,
) -> Brought:
    """Put a table in place of the one before, as road_files.py reads it; a place is a URN, 'base', or a troupe's or its
    base's name. `points`: those of which a matrix without names was made; `unit`: of its times, where the person
    said. Shows that stand keep their times. Raises NoTable, UnitNotSaid, PointsNotGiven, BadLines: then nothing is
    changed."""
    partnerships.lock(partnership.id)
    here = road_places.of_partnership(partnership)
    found = _whole(road_files.read(content, here, points), here, unit)
    brought = found.brought
    db.session.execute(delete(RoadMinutes).where(RoadMinutes.partnership_id == partnership.id))
    db.session.execute(
        insert(RoadMinutes),
        [
            {
                "partnership_id": partnership.id,
                "one": one,
                "other": other,
                "minutes": minutes,
                "metres": found.far.get((one, other)),
                "told_on": day_of(now),
            }
            for (one, other), minutes in sorted(found.pairs.items())
        ],
    )
    partnership.road_table = uuid.uuid4().hex
    db.session.flush()
    history.record(
        "brought in a table of minutes",
        partnership,
        who=who,
        now=now,
        after={"pairs": brought.pairs, "unequal": brought.unequal},
    )
    return brought


def remove(partnership: Partnership, *, who: str, now: datetime) -> None:
    """Back to the rule alone; nothing happens where there is no table."""
    if partnership.road_table is None:
        return
    db.session.execute(delete(RoadMinutes).where(RoadMinutes.partnership_id == partnership.id))
    partnership.road_table = None
    db.session.flush()
    history.record("removed the table of minutes", partnership, who=who, now=now)


def state(partnership: Partnership) -> RoadTableState:
    """How much of the table is filled, for the places that there are today."""
    here = road_places.of_partnership(partnership)
    return RoadTableState(pairs=sum(1 for _ in _filled(partnership, here)), possible=here.possible)


def lines(
    partnership: Partnership, *, gaps: bool
) -> Iterator[tuple[str, str, str, str, int, float | None, str, date | None]]:
    """From, its name, to, its name, minutes, kilometres where the table has them, who told them (file or router), and
    when if that is known: the pairs of the table, or with `gaps` those that go by the rule, which nobody told."""
    here, ways = road_places.of_partnership(partnership), roads.roads_of_partnership(partnership)
    filled = {(one, other) for one, other in _filled(partnership, here)}
    told = {
        (row.one, row.other): ("router" if row.by_router else "file", row.told_on)
        for row in db.session.execute(
            select(RoadMinutes.one, RoadMinutes.other, RoadMinutes.by_router, RoadMinutes.told_on).where(
                RoadMinutes.partnership_id == partnership.id
            )
        )
    }
    keys = sorted(here.stops)
    for n, one in enumerate(keys):
        for other in keys[n + 1 :]:
            if other < 0 or ((one, other) in filled) is gaps:
                continue
            minutes = ways.minutes(here.stops[one], here.stops[other])
            far = ways.metres.get((one, other))
            kilometres = None if far is None else far / 1000
            ends = here.said(one), here.names[one], here.said(other), here.names[other]
            yield *ends, minutes, kilometres, *told.get((one, other), ("", None))


def row_count(partnership: Partnership) -> int:
    """How many pairs the table holds, of places that are here or not any more."""
    return int(
        db.session.scalar(
            select(func.count()).select_from(RoadMinutes).where(RoadMinutes.partnership_id == partnership.id)
        )
        or 0
    )


def _filled(partnership: Partnership, here: PlacesOfPartnership) -> Iterator[Pair]:
    if partnership.road_table is None:
        return
    for one, other in roads.roads_of_partnership(partnership).table:
        if one in here.stops and other in here.stops and other > 0:
            yield one, other


def told_by_router(content: bytes, here: PlacesOfPartnership, points: RoadPoints) -> dict[Pair, Told]:
    """The roads of a router's answer between those points; what it found no road for, and what cannot be, is left
    out. Raises NoTable and its like where it is no such answer. Pure."""
    found = _pairs(road_files.read(io.BytesIO(content), here, points), here, "")
    return {pair: (minutes, found.far.get(pair)) for pair, minutes in found.pairs.items()}


def missing(
    partnership: Partnership, here: PlacesOfPartnership, keys: Collection[int], *, anew: bool
) -> set[Pair]:
    """The roads between some places, of which the table says nothing; with `anew` all of them. None between two
    bases."""
    told = {} if anew else roads.roads_of_partnership(partnership).table
    inside = sorted(key for key in keys if key in here.stops)
    pairs = ((one, other) for n, one in enumerate(inside) for other in inside[n + 1 :] if other > 0)
    return {pair for pair in pairs if pair not in told}


def put_in(partnership: Partnership, told: Mapping[Pair, tuple[Told, date]], *, anew: bool) -> int:
    """How many roads that a router told, each with its day, came into the table: those that it had not, and with
    `anew` those that it had, too. The partnership is locked by who calls."""
    stands = {
        (row.one, row.other)
        for row in db.session.execute(
            select(RoadMinutes.one, RoadMinutes.other).where(RoadMinutes.partnership_id == partnership.id)
        )
    }
    rows = [
        {
            "partnership_id": partnership.id,
            "one": one,
            "other": other,
            "minutes": minutes,
            "metres": metres,
            "by_router": True,
            "told_on": day,
        }
        for (one, other), ((minutes, metres), day) in sorted(told.items())
        if anew or (one, other) not in stands
    ]
    new = [row for row in rows if (row["one"], row["other"]) not in stands]
    old = [row for row in rows if (row["one"], row["other"]) in stands]
    if new:
        db.session.execute(insert(RoadMinutes), new)
    if old:
        db.session.execute(update(RoadMinutes), old)
    if rows:
        partnership.road_table = uuid.uuid4().hex
    db.session.flush()
    return len(rows)


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What a file says of our roads: minutes and metres, the larger of two ways; `wrong`: what cannot be, in words."""

    pairs: dict[Pair, int]
    far: dict[Pair, int]
    wrong: list[str]
    brought: Brought
    lines: int


def _whole(file: RoadFile, here: PlacesOfPartnership, chosen: str) -> _Found:
    """A file of which nothing is wrong. Raises NoTable, UnitNotSaid, BadLines."""
    found = _pairs(file, here, chosen)
    if found.wrong:
        raise BadLines(found.wrong, file.what)
    if not found.lines:
        raise NoTable("This file has a line of column names and nothing below it. Nothing was changed.")
    if not found.pairs:
        raise NoTable(
            "No line of this file is about two of your schools, or a school and a base. Nothing was changed."
        )
    return found


def _pairs(file: RoadFile, here: PlacesOfPartnership, chosen: str) -> _Found:
    """Raises NoTable, UnitNotSaid."""
    unit = _unit(file, chosen)
    pairs: dict[Pair, int] = {}
    far: dict[Pair, int] = {}
    too_near: set[Pair] = set()
    wrong: list[str] = []
    unequal: set[Pair] = set()
    without: set[Pair] = set()
    read = not_ours = 0
    for entry in file.entries:
        read += 1
        found = _line(entry, here, unit, is_own=file.is_own)
        if isinstance(found, str):
            wrong.append(f"{_where(file, entry, here)}: {found}.")
            continue
        if found is None:
            not_ours += 1
            continue
        for pair, minutes in found.items():
            if minutes is None:
                without.add(pair)
                continue
            if pairs.get(pair, minutes) != minutes:
                unequal.add(pair)
            pairs[pair] = max(minutes, pairs.get(pair, 0))
            if entry.kilometres is None:
                continue
            if _can_be(entry.kilometres, pair, here):
                far[pair] = max(math.ceil(entry.kilometres * 1000 - 1e-6), far.get(pair, 0))
            else:
                too_near.add(pair)
    wrong += [f"Line {line.number}: {line.reason}." for line in file.unreadable]
    return _Found(
        pairs=pairs,
        far=far,
        wrong=wrong,
        lines=read,
        brought=Brought(
            pairs=len(pairs),
            unequal=len(unequal),
            not_ours=not_ours,
            without=len(without - pairs.keys()),
            with_kilometres=len(far),
            wrong_kilometres=len(too_near - far.keys()),
        ),
    )


def _can_be(kilometres: float, pair: Pair, here: PlacesOfPartnership) -> bool:
    """Whether a road may be so long: not far below the straight line between its places, nor across the country."""
    one, other = (here.stops[key].place for key in pair)
    straight = one.kilometres_to(other) if one and other else 0.0
    return LESS_THAN_STRAIGHT * straight - ONE_SITE <= kilometres <= MOST_KILOMETRES


def _unit(file: RoadFile, chosen: str) -> str:
    if not (file.unit or chosen):
        raise UnitNotSaid(
            "This file does not say whether its times are seconds, minutes or hours. Choose which they are. Nothing "
            "was changed."
        )
    if file.unit and chosen not in ("", file.unit):
        raise UnitNotSaid(f"The times of this file are in {file.unit}. Nothing was changed.")
    return file.unit or chosen


def _line(
    entry: Entry, here: PlacesOfPartnership, unit: str, *, is_own: bool
) -> dict[Pair, int | None] | str | None:
    """One road as pairs with minutes, None for a gap; {} from a place to itself or between two bases; None where a
    place is not ours; a sentence's end where it cannot be right."""
    starts, ends = here.meant(entry.start), here.meant(entry.end)
    if isinstance(starts, str) or isinstance(ends, str):
        return starts if isinstance(starts, str) else str(ends)
    text = entry.time
    if not text and is_own:
        return "it has no minutes"
    minutes: int | None = None
    if is_own or fold(text) not in EMPTY:
        try:
            value = float(text)
        except ValueError:
            return f"‘{text[:40]}’ is no number of {unit}"
        if not math.isfinite(value) or value < 0:
            return f"{text} {unit} {NO_DRIVE}"
        if value > MOST_MINUTES * A_MINUTE[unit]:
            return f"{text} {unit} are more than {MOST_MINUTES // 60} hours{MISTAKEN.get(unit, '')}"
        minutes = max(1, math.ceil(value / A_MINUTE[unit] - 1e-6))
        if value == 0 and starts == ends:
            return {}
    found: dict[Pair, int | None] = {}
    for a, b in product(starts, ends):
        if a == b or a not in here.stops or b not in here.stops or max(a, b) < 0:
            continue
        one, other = here.stops[a].place, here.stops[b].place
        kilometres = one.kilometres_to(other) if one and other else 0
        if minutes is not None and value == 0 and kilometres > ONE_SITE:
            return f"{text} {unit} {NO_DRIVE}"
        if minutes is not None and minutes < FASTEST * kilometres - 1:
            return f"{text} {unit} for {kilometres:.0f} kilometres as the crow flies cannot be"
        found[min(a, b), max(a, b)] = minutes
    if found or (not is_own and here.stops.keys() >= {*starts, *ends}):
        return found
    return None


def _where(file: RoadFile, entry: Entry, here: PlacesOfPartnership) -> str:
    """'Line 12', or 'Row 3, column 7 (Redmere Academy to Depot)' of a matrix."""
    if not entry.column:
        return f"Line {entry.line}"
    ways = (here.named(said) for said in (entry.start, entry.end))
    return f"{file.row} {entry.line}, column {entry.column} ({' to '.join(ways)})"
