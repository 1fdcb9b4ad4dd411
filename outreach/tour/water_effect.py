"""Effect of waters on a partnership's roads, before they count: how many get longer, and the worst by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from outreach.county.partnerships import Partnership
from outreach.tour import road_places, roads, waters
from outreach.tour.roads import Roads
from outreach.tour.ways_round import Crossing

NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Longer:
    """One road: its ends, its minutes as they are and as they would be."""

    start: str
    end: str
    was: int
    becomes: int


@dataclass(frozen=True, kw_only=True)
class WaterEffect:
    """`roads` of `of` that go by the rule get longer; the `worst` of them; `cut_off`: places to which no way leads from
    most others, so that their roads go straight on as if there were no water."""

    roads: int
    of: int
    worst: tuple[Longer, ...]
    cut_off: tuple[str, ...]


def of_adding(partnership: Partnership, lines: Sequence[Any]) -> WaterEffect:
    """What more waters would do, with the crossings that there are."""
    standing, crossings = waters.of_partnership(partnership.id)
    after = waters.built(
        [*(w.lines for w in standing if w.withdrawn_at is None), *lines],
        [Crossing(c.point, c.minutes) for c in crossings if c.withdrawn_at is None],
        per_km=partnership.road_minutes_per_km,
    )
    before = roads.roads_of_partnership(partnership)
    ways = Roads(base=before.base, per_km=before.per_km, table=before.table, round_waters=after)
    return _compared(partnership, before, ways)


def of_standing(partnership: Partnership) -> WaterEffect:
    """What those that count do, against roads that go straight."""
    ways = roads.roads_of_partnership(partnership)
    return _compared(partnership, Roads(base=ways.base, per_km=ways.per_km, table=ways.table), ways)


def _compared(partnership: Partnership, before: Roads, after: Roads) -> WaterEffect:
    here = road_places.of_partnership(partnership)
    stops = [here.stops[key] for key in sorted(here.stops)]
    found: list[tuple[int, Longer]] = []
    closed: dict[int, int] = {}
    every = 0
    for one, other in combinations(stops, 2):
        if other.key < 0 or after.told(one.key, other.key) is not None:
            continue
        every += 1
        if after.way_round(one, other) is not None:
            was, becomes = before.minutes(one, other), after.minutes(one, other)
            if becomes > was:
                road = Longer(start=here.names[one.key], end=here.names[other.key], was=was, becomes=becomes)
                found.append((was - becomes, road))
        elif after.is_cut_off(one, other):
            for key in (one.key, other.key):
                closed[key] = closed.get(key, 0) + 1
    found.sort(key=lambda each: (each[0], each[1].start, each[1].end))
    return WaterEffect(
        roads=len(found),
        of=every,
        worst=tuple(road for _, road in found[:NAMED]),
        cut_off=tuple(sorted(here.names[key] for key, n in closed.items() if n > len(stops) // 2)),
    )
