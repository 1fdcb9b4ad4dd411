"""Minutes on the road between two places: from the table that the partnership brought in, else by the rule.

The rule is base + per kilometre, straight on the National Grid: 6 + 1.25 x straight kilometres is within 12 %
at the median of 205 English drives of 2 to 70 km; both figures are settings of the partnership. Where it said waters
(waters.py), the line goes round them and over their crossings, whose minutes come on top. Every slot, check and plan
asks `Roads.minutes`; a show keeps what it was told (performances.reckon_roads), and the database's last guard compares
that with the time there is.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, false, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county.partnerships import Partnership
from outreach.county.schools import FIRST_OF_ONLINE
from outreach.ground.db import Base, db
from outreach.ground.geography import Place
from outreach.tour import waters
from outreach.tour.companies import Troupe
from outreach.tour.ways_round import Point, Way, WaysRound


class RoadMinutes(Base):
    """Whole minutes between two places of a partnership's table, the lesser of the two first; both ways
    alike.

    A place is a school's URN, or a troupe's base: its id below nought, which no URN is. `metres` of the road, None
    where the table did not say. `by_router`: a router was asked for it, else a file said it; `told_on`: the day of
    that, None of files that came in before days were kept.
    """

    __tablename__ = "road_minutes"
    __table_args__ = (
        CheckConstraint("one < other", name="order"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("metres IS NULL OR metres > 0", name="metres"),
    )

    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    one: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    other: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    minutes: Mapped[int]
    metres: Mapped[int | None]
    by_router: Mapped[bool] = mapped_column(default=False, server_default=false())
    told_on: Mapped[date | None]


class Far(NamedTuple):
    """Kilometres from one place to another, of the road where the table says them, else as the crow flies and round
    waters."""

    kilometres: float
    by_road: bool


class Stop(NamedTuple):
    """Somewhere the van stops: `key` as in RoadMinutes, and where it is on the National Grid (None: not
    known)."""

    key: int
    place: Place | None

    @property
    def is_lodging(self) -> bool:
        return self.key < LODGINGS

    @property
    def is_online(self) -> bool:
        return self.key >= FIRST_OF_ONLINE


LODGINGS = -1_000_000_000
"""Keys of lodgings lie below this one, and those of bases above it."""

Table = Mapping[tuple[int, int], int]
"""{(one, other): minutes, or metres}, `one` below `other`."""


class Roads:
    """The one reckoning of minutes on the road, and of its kilometres, for one partnership. Pure."""

    def __init__(
        self,
        *,
        base: float,
        per_km: float,
        table: Table | None = None,
        metres: Table | None = None,
        round_waters: WaysRound | None = None,
    ) -> None:
        self.base, self.per_km, self.table, self.metres = base, per_km, table or {}, metres or {}
        self.round_waters = round_waters

    def minutes(self, a: Stop, b: Stop) -> int:
        """Whole minutes from one stop to another, the same both ways; 0 to where one is, and to a meeting online. A
        place that is not known at all counts as next door (the base alone)."""
        if a.key == b.key or a.key >= FIRST_OF_ONLINE or b.key >= FIRST_OF_ONLINE:
            return 0
        if self.table:
            told = self.told(a.key, b.key)
            if told is not None:
                return told
        if self.round_waters is not None and (way := self.way_round(a, b)) is not None:
            return whole(self.base + self.per_km * way.kilometres + way.minutes)
        kilometres = a.place.kilometres_to(b.place) if a.place and b.place else 0.0
        return whole(self.base + self.per_km * kilometres)

    def way_round(self, a: Stop, b: Stop) -> Way | None:
        """The way round waters, where one lies between two stops; None where the straight line is free, where no way
        leads round, or a place is not known."""
        if self.round_waters is None or a.place is None or b.place is None:
            return None
        return self.round_waters.way(_point(a.place), _point(b.place))

    def is_cut_off(self, a: Stop, b: Stop) -> bool:
        """No way leads from one stop to another round the waters, or over them."""
        if self.round_waters is None or a.place is None or b.place is None:
            return False
        return self.round_waters.is_cut_off(_point(a.place), _point(b.place))

    def along(self, stops: Iterable[Stop | None]) -> int:
        """Whole minutes of the way from stop to stop; one that is not known (None) is left out."""
        return sum(self.minutes(a, b) for a, b in pairwise(stop for stop in stops if stop is not None))

    def far(self, a: Stop, b: Stop) -> Far | None:
        """How far it is, the same both ways; None where a place is not known and no table says it."""
        if a.key == b.key or a.is_online or b.is_online:
            return Far(0.0, False)
        metres = self.metres.get((a.key, b.key) if a.key < b.key else (b.key, a.key))
        if metres is not None:
            return Far(metres / 1000, True)
        way = self.way_round(a, b)
        if way is not None:
            return Far(way.kilometres, False)
        return Far(a.place.kilometres_to(b.place), False) if a.place and b.place else None

    @property
    def kilometres_are(self) -> str:
        """What sums of its kilometres are of, as the end of a sentence."""
        line = (
            "as the crow flies"
            if self.round_waters is None
            else "as the crow flies, round the waters you said"
        )
        return f"of the road where the table has them, else {line}" if self.metres else line

    def told(self, a: int, b: int) -> int | None:
        """What the table says between two keys; None where it has a gap."""
        return self.table.get((a, b) if a < b else (b, a))


def roads_of_partnership(partnership: Partnership) -> Roads:
    """The roads of a partnership; its table is read once a process for as long as it is the same table."""
    table, metres = _table(partnership.id, partnership.road_table) if partnership.road_table else (None, None)
    return Roads(
        base=partnership.road_base_minutes,
        per_km=partnership.road_minutes_per_km,
        table=table,
        metres=metres,
        round_waters=waters.ways_of(partnership),
    )


# Kept, since whoever looks at a tour looks at the same places.
@lru_cache(maxsize=16_384)
def stop_at(organisation_id: int, easting: int | None, northing: int | None) -> Stop:
    """A school, or a show at it, by its URN and its point in metres."""
    return Stop(
        organisation_id,
        None if easting is None or northing is None else Place(easting=easting, northing=northing),
    )


def base_stop(troupe: Troupe) -> Stop | None:
    """Where a troupe's van starts and ends its day; None while nobody said."""
    return Stop(-troupe.id, troupe.base) if troupe.base is not None else None


def lodging_stop(tour_day_id: int, easting: int | None, northing: int | None) -> Stop | None:
    """Where a troupe stays the night after that tour day; None where it drives home. In no table of
    minutes."""
    stop = stop_at(LODGINGS - tour_day_id, easting, northing)
    return stop if stop.place else None


def whole(minutes: float) -> int:
    """Minutes of a road rounded up, but for what is none of a minute."""
    return math.ceil(minutes - 1e-6)


def _point(place: Place) -> Point:
    return float(place.easting), float(place.northing)


@lru_cache(maxsize=8)
def _table(partnership_id: int, _token: str) -> tuple[Table, Table]:
    """Minutes, and metres. Each table has a token of its own, made when it came in, so that a newer one is never taken
    for an older."""
    rows = db.session.execute(
        select(RoadMinutes.one, RoadMinutes.other, RoadMinutes.minutes, RoadMinutes.metres).where(
            RoadMinutes.partnership_id == partnership_id
        )
    ).all()
    minutes = {(row.one, row.other): row.minutes for row in rows}
    return minutes, {(row.one, row.other): row.metres for row in rows if row.metres is not None}
