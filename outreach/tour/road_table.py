"""A table of minutes on the road that a partnership brings in: read, checked line by line, put in place as a
whole or not at all; and what it has gaps for, where the rule counts."""

import math
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import delete, func, insert, select

from outreach.county import partnerships, school_locations
from outreach.county.partnerships import Authority, Partnership
from outreach.county.schools import School
from outreach.ground import history
from outreach.ground.csv_lines import CsvFile, fold
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.wording import count
from outreach.tour import roads
from outreach.tour.companies import Company, Troupe
from outreach.tour.roads import RoadMinutes, Stop

MOST_BYTES = 30_000_000
MOST_MINUTES = 300
"""Five hours: no tour of a county drives so long between two places."""

FASTEST = 0.4
"""Minutes for a straight kilometre at 150 km/h: whoever is faster has mistaken a column."""

NAMED = 20
"""How many wrong lines are named; the rest are counted."""

COLUMNS = (
    ("from", "from urn", "urn"),
    ("to", "to urn", "other urn"),
    ("minutes", "min", "drive"),
)


class NoTable(Refusal):
    field = "file"


class BadLines(Refusal):
    """Lines that cannot be so; nothing was changed. `lines` says each in words, `in_short` none of them."""

    field = "file"

    def __init__(self, wrong: list[str]) -> None:
        self.lines = tuple(wrong[:NAMED])
        self.more = more = len(wrong) - len(self.lines)
        self.in_short = f"{count(len(wrong), 'line')} of this file cannot be right. Nothing was changed."
        super().__init__(f"{self.in_short} " + " ".join(self.lines) + (f" And {more} more." if more else ""))


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What came in: pairs of places, pairs whose two ways differed (the larger counts), lines about places
    not ours."""

    pairs: int
    unequal: int
    not_ours: int


@dataclass(frozen=True, kw_only=True)
class RoadTableState:
    """How much of what may be driven stands in the table: `pairs` of `possible`; the `gaps` go by the
    rule."""

    pairs: int
    possible: int

    @property
    def gaps(self) -> int:
        return self.possible - self.pairs


@dataclass(frozen=True, kw_only=True)
class PlacesOfPartnership:
    """The places of a partnership: its open schools, its troupes' bases; their names; `words`: what a file
    may call a base."""

    stops: dict[int, Stop]
    names: dict[int, str]
    words: dict[str, tuple[int, ...]]

    @property
    def possible(self) -> int:
        """Pairs that somebody may drive: between schools, and from a base to a school."""
        schools, bases = sum(key > 0 for key in self.stops), sum(key < 0 for key in self.stops)
        return schools * (schools - 1) // 2 + schools * bases


def bring_in(partnership: Partnership, content: BinaryIO, *, who: str, now: datetime) -> Brought:
    """Put a table in place of the one before. CSV with the columns From, To, Minutes; a place is a URN,
    'base', or a troupe's or its base's name. Shows that stand keep their times. Raises NoTable, BadLines:
    then nothing is changed."""
    partnerships.lock(partnership.id)
    pairs, brought = _read(content, known(partnership))
    db.session.execute(delete(RoadMinutes).where(RoadMinutes.partnership_id == partnership.id))
    db.session.execute(
        insert(RoadMinutes),
        [
            {"partnership_id": partnership.id, "one": one, "other": other, "minutes": minutes}
            for (one, other), minutes in sorted(pairs.items())
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


def known(partnership: Partnership) -> PlacesOfPartnership:
    """Two queries, and one more where a school's own point is not known."""
    schools = [
        school
        for school in db.session.scalars(
            select(School)
            .join(Authority, Authority.la_code == School.la_code)
            .where(Authority.partnership_id == partnership.id)
            .order_by(School.organisation_id)
        )
        if school.is_open
    ]
    troupes = list(
        db.session.scalars(
            select(Troupe)
            .join(Company, Company.id == Troupe.company_id)
            .where(Company.partnership_id == partnership.id)
            .order_by(Troupe.id)
        )
    )
    where = school_locations.locate_all(schools)
    stops = {s.organisation_id: Stop(s.organisation_id, where[s.organisation_id].place) for s in schools}
    names = {s.organisation_id: s.name for s in schools}
    words: dict[str, tuple[int, ...]] = {}
    for troupe in troupes:
        stop = roads.base_stop(troupe)
        if stop is None:
            continue
        stops[stop.key], names[stop.key] = stop, troupe.base_name or f"base of {troupe.name}"
        for word in {fold(troupe.name), fold(troupe.base_name)} - {""}:
            words[word] = (*words.get(word, ()), stop.key)
    bases = [stop for key, stop in stops.items() if key < 0]
    if bases and len({stop.place for stop in bases}) == 1:
        words["base"] = tuple(stop.key for stop in bases)
    return PlacesOfPartnership(stops=stops, names=names, words=words)


def state(partnership: Partnership) -> RoadTableState:
    """How much of the table is filled, for the places that there are today."""
    here = known(partnership)
    return RoadTableState(pairs=sum(1 for _ in _filled(partnership, here)), possible=here.possible)


def lines(partnership: Partnership, *, gaps: bool) -> Iterator[tuple[str, str, str, str, int]]:
    """From, its name, to, its name, minutes: the pairs of the table, or with `gaps` those that go by the
    rule."""
    here, ways = known(partnership), roads.roads_of_partnership(partnership)
    filled = {(one, other) for one, other in _filled(partnership, here)}
    keys = sorted(here.stops)
    for n, one in enumerate(keys):
        for other in keys[n + 1 :]:
            if other < 0 or ((one, other) in filled) is gaps:
                continue
            minutes = ways.minutes(here.stops[one], here.stops[other])
            yield _said(one, here), here.names[one], _said(other, here), here.names[other], minutes


def row_count(partnership: Partnership) -> int:
    """How many pairs the table holds, of places that are here or not any more."""
    return int(
        db.session.scalar(
            select(func.count()).select_from(RoadMinutes).where(RoadMinutes.partnership_id == partnership.id)
        )
        or 0
    )


def _filled(partnership: Partnership, here: PlacesOfPartnership) -> Iterator[tuple[int, int]]:
    if partnership.road_table is None:
        return
    for one, other in roads.roads_of_partnership(partnership).table:
        if one in here.stops and other in here.stops and other > 0:
            yield one, other


def _said(key: int, here: PlacesOfPartnership) -> str:
    return str(key) if key > 0 else here.names[key]


def _read(content: BinaryIO, here: PlacesOfPartnership) -> tuple[dict[tuple[int, int], int], Brought]:
    """The pairs of a file, the larger of two ways. Raises NoTable, BadLines."""
    file = CsvFile(content)
    at = [next((file.header.index(name) for name in names if name in file.header), None) for names in COLUMNS]
    missing = [names[0].capitalize() for names, where in zip(COLUMNS, at, strict=True) if where is None]
    if missing:
        has = ", ".join(f"‘{h}’" for h in file.header[:12] if h) or "none"
        raise NoTable(
            f"This file has no column ‘{missing[0]}’. Nothing was changed. It needs From, To and "
            f"Minutes; its columns are: {has}."
        )
    pairs: dict[tuple[int, int], int] = {}
    wrong: list[str] = []
    unequal: set[tuple[int, int]] = set()
    read = not_ours = 0
    for number, row in file.rows():
        if number == 1:
            continue
        read += 1
        cells = [row[where].strip() for where in at if where is not None]
        found = _line(cells, here)
        if isinstance(found, str):
            wrong.append(f"Line {number}: {found}.")
            continue
        if not found:
            not_ours += 1
        for pair, minutes in found.items():
            if pairs.get(pair, minutes) != minutes:
                unequal.add(pair)
            pairs[pair] = max(minutes, pairs.get(pair, 0))
    wrong += [f"Line {line.number}: {line.reason}." for line in file.unreadable]
    if wrong:
        raise BadLines(wrong)
    if not read:
        raise NoTable("This file has a line of column names and nothing below it. Nothing was changed.")
    if not pairs:
        raise NoTable(
            "No line of this file is about two of your schools, or a school and a base. Nothing was changed."
        )
    return pairs, Brought(pairs=len(pairs), unequal=len(unequal), not_ours=not_ours)


def _line(cells: list[str], here: PlacesOfPartnership) -> dict[tuple[int, int], int] | str:
    """One line as pairs with minutes; {} where a place is not ours; a sentence's end where it cannot be
    right."""
    ends = []
    for cell in cells[:2]:
        end = _place(cell, here)
        if isinstance(end, str):
            return end
        ends.append(end)
    text = cells[2]
    if not text:
        return "it has no minutes"
    try:
        value = float(text)
    except ValueError:
        return f"‘{text}’ is no number of minutes"
    if not math.isfinite(value) or value <= 0:
        return f"{text} minutes cannot be; a drive takes more than nothing"
    if value > MOST_MINUTES:
        return f"{text} minutes are more than {MOST_MINUTES // 60} hours; are they seconds?"
    minutes = math.ceil(value - 1e-6)
    found: dict[tuple[int, int], int] = {}
    for a in ends[0]:
        for b in ends[1]:
            if a == b or a not in here.stops or b not in here.stops or max(a, b) < 0:
                continue
            one, other = here.stops[a].place, here.stops[b].place
            kilometres = one.kilometres_to(other) if one and other else 0
            if minutes < FASTEST * kilometres - 1:
                return f"{text} minutes for {kilometres:.0f} kilometres as the crow flies cannot be"
            found[min(a, b), max(a, b)] = minutes
    return found


def _place(cell: str, here: PlacesOfPartnership) -> tuple[int, ...] | str:
    if not cell:
        return "a place is missing"
    if cell.isascii() and cell.isdigit() and len(cell) < 10:
        return (int(cell),)
    word = here.words.get(fold(cell))
    if word is not None:
        return word
    if fold(cell) == "base":
        return "‘base’ could be one of several, or none is set: name the troupe"
    return f"‘{cell[:40]}’ is neither a URN nor a troupe’s base"
