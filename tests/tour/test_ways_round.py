"""Ways round waters: what one works out by hand, and random rivers, lakes and bridges against slow geometry that knows
no index, no tight corners and no memory."""

import heapq
import math
import random
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from how_many import so_many
from outreach.tour.ways_round import OFF, Crossing, Point, WaysRound, is_inside

RIVER = [[(0.0, -10_000.0), (0.0, 10_000.0)]]
LAKE = [[(-1000.0, -9000.0), (1000.0, -9000.0), (1000.0, 9000.0), (-1000.0, 9000.0), (-1000.0, -9000.0)]]
WEST, EAST = (-3000.0, 0.0), (3000.0, 0.0)


def test_round_the_end_of_a_river() -> None:
    way = WaysRound([RIVER], [], per_km=1.25).way(WEST, EAST)
    assert way is not None and way.kilometres == pytest.approx(2 * math.hypot(3, 10), abs=0.01)
    assert way.minutes == 0


def test_over_the_bridge_that_is_nearest() -> None:
    ways = WaysRound([RIVER], [Crossing((0.0, 5000.0)), Crossing((0.0, -8000.0))], per_km=1.25)
    way = ways.way(WEST, EAST)
    assert way is not None and way.kilometres == pytest.approx(2 * math.hypot(3, 5), abs=0.01)


def test_a_ferry_is_taken_where_it_is_worth_its_minutes() -> None:
    for minutes, taken in ((10.0, True), (20.0, False)):
        ways = WaysRound([RIVER], [Crossing((0.0, 0.0), minutes), Crossing((0.0, 7000.0))], per_km=1.25)
        way = ways.way(WEST, EAST)
        # By the bridge 15.2 km, which are 19 minutes; by the ferry 6 km, which are 7.5.
        assert way is not None
        assert (way.minutes > 0) is taken
        assert way.kilometres == pytest.approx(6.0 if taken else 2 * math.hypot(3, 7), abs=0.01)


def test_an_estuary_drawn_as_an_area_is_crossed_from_bank_to_bank() -> None:
    way = WaysRound([LAKE], [Crossing((-900.0, 3000.0), 10)], per_km=1.25).way(WEST, EAST)
    assert way is not None and way.kilometres == pytest.approx(2 * math.hypot(2, 3) + 2, abs=0.01)
    assert way.minutes == pytest.approx(10)


def test_round_a_lake_s_corners() -> None:
    way = WaysRound([LAKE], [], per_km=1.25).way(WEST, EAST)
    assert way is not None and way.kilometres == pytest.approx(2 * math.hypot(2, 9) + 2, abs=0.01)


def test_nothing_changes_where_no_water_lies_between_and_an_island_is_cut_off() -> None:
    ways = WaysRound([LAKE], [], per_km=1.25)
    assert ways.way(WEST, (-3000.0, 8000.0)) is None and not ways.is_cut_off(WEST, (-3000.0, 8000.0))
    assert ways.way((0.0, 0.0), EAST) is None and ways.is_cut_off((0.0, 0.0), EAST)


def test_a_tributary_that_ends_in_its_river_is_no_way_through() -> None:
    # The arm from the west ends a metre over the river; from its north to its south one goes round its source.
    arm = [[(-9000.0, 0.0), (1.0, 0.0)]]
    way = WaysRound([RIVER, arm], [], per_km=1.25).way((-100.0, 500.0), (-100.0, -500.0))
    assert way is not None and way.kilometres == pytest.approx(2 * math.hypot(8.9, 0.5), abs=0.01)


def slow(
    waters: list[list[list[Point]]], crossings: list[Crossing], per_km: float, a: Point, b: Point
) -> float:
    """Minutes beside the base: every corner on both its sides, every pair of nodes tried against every side."""
    sides = [s for water in waters for line in water for s in pairwise(line)]

    def hand(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    def free(p: Point, q: Point) -> bool:
        return not any(
            hand(p, q, c) * hand(p, q, d) <= 0 and hand(c, d, p) * hand(c, d, q) <= 0 for c, d in sides
        )

    nodes = [a, b]
    for line in (line for water in waters for line in water):
        ring = line[0] == line[-1]
        for n, at in enumerate(line):
            if n in (0, len(line) - 1) and not ring:
                other = line[1] if n == 0 else line[-2]
                size = math.dist(at, other)
                nodes.append(
                    (at[0] + (at[0] - other[0]) / size * OFF, at[1] + (at[1] - other[1]) / size * OFF)
                )
                continue
            before, after = line[n - 1] if n else line[-2], line[n + 1] if n + 1 < len(line) else line[1]
            one, two = math.dist(at, before), math.dist(at, after)
            x = (before[0] - at[0]) / one + (after[0] - at[0]) / two
            y = (before[1] - at[1]) / one + (after[1] - at[1]) / two
            size = math.hypot(x, y)
            if size < 1e-6:
                x, y, size = -(after[1] - at[1]) / two, (after[0] - at[0]) / two, 1.0
            nodes += [(at[0] + k * x / size * OFF, at[1] + k * y / size * OFF) for k in (1, -1)]
    links: dict[int, list[tuple[int, float]]] = {}

    def link(m: int, n: int, minutes: float = 0.0) -> None:
        cost = math.dist(nodes[m], nodes[n]) / 1000 * per_km + minutes
        links.setdefault(m, []).append((n, cost))
        links.setdefault(n, []).append((m, cost))

    for crossing in crossings:  # each lies on the middle of a side of a line
        for c, d in sides:
            if math.dist(crossing.point, ((c[0] + d[0]) / 2, (c[1] + d[1]) / 2)) < 1:
                size = math.dist(c, d)
                x, y = (c[1] - d[1]) / size * OFF, (d[0] - c[0]) / size * OFF
                nodes += [(crossing.point[0] + k * x, crossing.point[1] + k * y) for k in (1, -1)]
                link(len(nodes) - 2, len(nodes) - 1, crossing.minutes)
    for m, n in combinations(range(len(nodes)), 2):
        if free(nodes[m], nodes[n]):
            link(m, n)
    best, heap = {0: 0.0}, [(0.0, 0)]
    while heap:
        cost, m = heapq.heappop(heap)
        if m == 1:
            return cost
        for n, more in links.get(m, []):
            if cost + more < best.get(n, math.inf):
                best[n] = cost + more
                heapq.heappush(heap, (cost + more, n))
    return math.inf


def county(chance: random.Random) -> tuple[list[list[list[Point]]], list[Crossing]]:
    """Rivers far from each other, lakes, and bridges or ferries over the rivers."""
    waters: list[list[list[Point]]] = []
    crossings = []
    for n in range(chance.randint(1, 3)):
        middle = 10_000.0 + 12_000 * n
        if chance.random() < 0.3:
            turns = sorted(chance.uniform(0, 2 * math.pi) for _ in range(chance.randint(5, 9)))
            if max(b - a for a, b in pairwise([*turns, turns[0] + 2 * math.pi])) > 2.8:
                turns = [k * 2 * math.pi / 6 for k in range(6)]
            ring = [
                (float(round(20_000 + 8000 * math.cos(t))), float(round(middle + 4000 * math.sin(t))))
                for t in turns
            ]
            if len(set(ring)) == len(ring):
                waters.append([[*ring, ring[0]]])
            continue
        at, line = float(chance.randint(0, 9000)), []
        for _ in range(chance.randint(2, 8)):
            line.append((at, middle + chance.randint(-4000, 4000)))
            at += chance.randint(800, 6000)
        waters.append([line])
        for c, d in pairwise(line):
            if chance.random() < 0.3:
                point = ((c[0] + d[0]) / 2, (c[1] + d[1]) / 2)
                crossings.append(Crossing(point, float(chance.choice([0, 0, 5, 20]))))
    return waters, crossings


@given(st.randoms(use_true_random=False))
@settings(max_examples=so_many(60))
def test_it_is_as_short_as_slow_geometry_says_the_same_both_ways_and_a_metric(chance: random.Random) -> None:
    waters, crossings = county(chance)
    per_km = chance.choice([0.8, 1.25, 2.0])
    ways = WaysRound(waters, crossings, per_km=per_km)
    points = [(chance.uniform(0, 45_000), chance.uniform(0, 45_000)) for _ in range(4)]
    points = [p for p in points if not any(is_inside(water, p) for water in waters)]

    def cost(a: Point, b: Point) -> float:
        way = ways.way(a, b)
        assert way == ways.way(b, a)
        if way is None:
            return math.inf if ways.is_cut_off(a, b) else math.dist(a, b) / 1000 * per_km
        return way.kilometres * per_km + way.minutes

    for a, b in combinations(points, 2):
        assert cost(a, b) == pytest.approx(slow(waters, crossings, per_km, a, b), abs=0.02)
        assert cost(a, b) >= math.dist(a, b) / 1000 * per_km - 1e-6
    for a, b, c in combinations(points, 3):
        assert cost(a, c) <= cost(a, b) + cost(b, c) + 1e-6
