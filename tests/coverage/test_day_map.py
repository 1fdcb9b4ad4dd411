"""The map of a day: each stop once and in order, and nothing that covers a number."""

import math
from itertools import combinations, product
from random import Random

import pytest

from outreach.coverage.charts import day_map
from outreach.coverage.charts.day_map import DISC, MINUTES_HIGH, MINUTES_WIDE, WIDTH, Box, DayMap, Point
from outreach.ground.geography import Place


def point(east: int, north: int, name: str = "A school", kind: str = "booked") -> Point:
    said = "" if kind == "base" else "9:30am"
    return Point(
        place=Place(easting=400_000 + east, northing=300_000 + north), name=name, said=said, kind=kind
    )


def day(*stops: Point, home: bool = True) -> DayMap:
    base = point(0, 0, "Marlford", "base")
    way = [base, *stops, *([base] if home else [])]
    found = day_map.draw(None, way, [12] * (len(way) - 1))
    assert found is not None
    return found


def boxes(found: DayMap) -> list[Box]:
    """All words: those of each stop and each road's minutes."""
    minutes = [Box.about(d.x, d.y, MINUTES_WIDE, MINUTES_HIGH) for d in found.drives if d.said]
    return [s.words for s in found.stops] + minutes


def covered(found: DayMap) -> list[tuple[object, object]]:
    """What stands on a number: a disc on a disc, words on words, or words on a disc."""
    discs = [(s.x, s.y) for s in found.stops]
    on_each_other: list[tuple[object, object]] = [
        (a, b) for a, b in combinations(discs, 2) if math.dist(a, b) < 2 * DISC - 1
    ]
    on_each_other += [(a, b) for a, b in combinations(boxes(found), 2) if a.shared_with(b)]
    on_each_other += [
        (a, at) for a, at in product(boxes(found), discs) if a.shared_with(Box.about(*at, 11, 11))
    ]
    return on_each_other


def test_each_stop_has_its_number_and_the_base_is_drawn_once() -> None:
    found = day(point(9_000, 0, "First"), point(9_000, 9_000, "Second"))
    assert [(s.n, s.name, s.said) for s in found.stops] == [
        (0, "Marlford", ""),
        (1, "1. First", "9:30am"),
        (2, "2. Second", "9:30am"),
    ]
    assert [d.said for d in found.drives] == ["12 min"] * 3
    assert (found.drives[0].x1, found.drives[0].y1) == (found.drives[-1].x2, found.drives[-1].y2)


def test_a_map_needs_two_points_and_a_road_unknown_says_nothing() -> None:
    assert day_map.draw(None, [point(0, 0)], []) is None
    found = day_map.draw(None, [point(0, 0), point(5_000, 0)], [None])
    assert found is not None and [d.said for d in found.drives] == [""]


def test_a_long_name_is_cut_and_ends_within_the_picture() -> None:
    found = day(point(9_000, 0, "The Redmere Academy of the Blessed Margaret and All Angels"))
    stop = found.stops[1]
    assert stop.name == "1. The Redmere Academy of the Blesse…"
    assert 0 <= stop.words.left and stop.words.right <= WIDTH


@pytest.mark.parametrize(
    "stops",
    [
        [(1_500, -300), (3_000, 9_000)],  # two roads that nearly lie on each other, a base close by
        [(0, 0), (0, 0), (4_000, 0)],  # two shows in one place, at the base
        [(200, 100), (400, 0), (600, 100)],  # a handful of streets
        [(9_000, 0), (18_000, 0), (27_000, 0)],  # all in a row
    ],
)
def test_nothing_covers_a_number_where_stops_lie_close(stops: list[tuple[int, int]]) -> None:
    found = day(*(point(*at, name=f"Marlford Tollgate School {n}") for n, at in enumerate(stops)))
    assert covered(found) == []


@pytest.mark.parametrize("seed", range(40))
def test_nothing_covers_a_number_on_any_day(seed: int) -> None:
    rng = Random(seed)
    reach = rng.choice([800, 4_000, 20_000])
    stops = [
        point(
            rng.randint(-reach, reach),
            rng.randint(-reach, reach),
            name="Marlford Tollgate School"[: rng.randint(6, 24)],
        )
        for _ in range(rng.randint(1, 4))
    ]
    found = day(*stops, home=rng.random() < 0.8)
    assert covered(found) == []
    for box in boxes(found):
        assert -1 <= box.left and box.right <= WIDTH + 1 and -1 <= box.top and box.bottom <= found.height + 1
