"""The shortest way between two places that crosses no water but at its crossings. Pure.

Waters are lines of points in metres of the National Grid, a ring where the last is the first. Where the straight line
meets none, it is the way; else the way bends at corners of waters, round their ends, and over crossings, as a thread
would that is pulled tight (the visibility graph of the lines, of which only the edges that can be tight are kept).
Every cost is per kilometre and per crossing, so that the ways keep the triangle inequality.
"""

import math
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import NamedTuple

Point = tuple[float, float]

OFF = 1.0
"""Metres by which a way keeps off a line, at the corners and at a crossing's ends."""

CELL = 2000.0
"""Metres of a square of the index."""

TIGHT = 2.5 * OFF
"""Metres within which an edge counts as running along a line."""

WIDEST = 30_000.0
"""Metres: a crossing of an area is no longer."""


class Crossing(NamedTuple):
    """A bridge, a tunnel or a ferry. `minutes` it takes besides the road, a ferry's with its wait."""

    point: Point
    minutes: float = 0.0


class Way(NamedTuple):
    """`minutes`: of the crossings on it, besides its kilometres."""

    kilometres: float
    minutes: float


class WaysRound:
    """Waters and their crossings, with the price in minutes of a kilometre. What it found once it keeps."""

    def __init__(
        self, waters: Sequence[Sequence[Sequence[Point]]], crossings: Sequence[Crossing], *, per_km: float
    ) -> None:
        self._rate = max(per_km, 1e-6)
        self._segments: list[tuple[float, float, float, float]] = []
        self._cells: dict[tuple[int, int], list[int]] = {}
        for line in (line for water in waters for line in water):
            for (x1, y1), (x2, y2) in pairwise(line):
                self._put((x1, y1, x2, y2))
        self._corners: list[tuple[Point, Point, Point] | None] = []
        """Of each node the corner that it stands at, with its neighbours; None at ends and crossings, to which a way
        may come from anywhere."""
        self._nodes: list[Point] = []
        self._links: list[list[tuple[int, float, float]]] = []
        """Of each node the others that are seen from it: number, minutes, and kilometres."""
        for line in (line for water in waters for line in water):
            self._bends(line)
        ferries = []
        for crossing in crossings:
            for water in waters:
                ends = _over(water, crossing.point)
                if ends is not None:
                    ferries.append((self._node(ends[0]), self._node(ends[1]), crossing.minutes))
        for one in range(len(self._nodes)):
            for other in range(one):
                a, b = self._nodes[one], self._nodes[other]
                if self._tight(one, b) and self._tight(other, a) and not self.meets(a, b):
                    self._link(one, other, 0.0)
        for one, other, minutes in ferries:
            self._link(one, other, minutes)
        self._seen: dict[Point, list[tuple[int, float]]] = {}
        self._from: dict[Point, tuple[list[float], list[float]]] = {}
        self._found: dict[tuple[Point, Point], Way | None] = {}

    def way(self, a: Point, b: Point) -> Way | None:
        """The way between two points, the same both ways; None where the straight line is free, and where no way leads
        (from an area that is closed all round and has no crossing)."""
        pair = (a, b) if a <= b else (b, a)
        if pair not in self._found:
            self._found[pair] = self._shortest(*pair) if self.meets(*pair) else None
        return self._found[pair]

    def is_cut_off(self, a: Point, b: Point) -> bool:
        """No way leads from one to the other."""
        return self.meets(a, b) and self.way(a, b) is None

    def meets(self, a: Point, b: Point) -> bool:
        """Whether the straight line between two points touches a water."""
        (ax, ay), (bx, by) = a, b
        dx, dy = bx - ax, by - ay
        for cell in _squares(ax, ay, bx, by):
            for n in self._cells.get(cell, ()):
                x1, y1, x2, y2 = self._segments[n]
                one = dx * (y1 - ay) - dy * (x1 - ax)
                two = dx * (y2 - ay) - dy * (x2 - ax)
                if (one > 0 and two > 0) or (one < 0 and two < 0):
                    continue
                ex, ey = x2 - x1, y2 - y1
                three = ex * (ay - y1) - ey * (ax - x1)
                four = ex * (by - y1) - ey * (bx - x1)
                if (three > 0 and four > 0) or (three < 0 and four < 0):
                    continue
                if one == two == three == four == 0 and not _overlap(a, b, (x1, y1), (x2, y2)):
                    continue
                return True
        return False

    def _put(self, segment: tuple[float, float, float, float]) -> None:
        self._segments.append(segment)
        for cell in _squares(*segment):
            self._cells.setdefault(cell, []).append(len(self._segments) - 1)

    def _node(self, at: Point, corner: tuple[Point, Point, Point] | None = None) -> int:
        self._nodes.append(at)
        self._corners.append(corner)
        self._links.append([])
        return len(self._nodes) - 1

    def _bends(self, line: Sequence[Point]) -> None:
        """The nodes of a line: outside each corner, and beyond each end."""
        ring = line[0] == line[-1]
        if not ring:
            self._node(_beyond(line[1], line[0], OFF))
            self._node(_beyond(line[-2], line[-1], OFF))
        corners = [line[-2], *line] if ring else line
        for before, at, after in zip(corners, corners[1:], corners[2:], strict=False):
            ux, uy = _unit(at, before)
            vx, vy = _unit(at, after)
            turn = ux * vy - uy * vx
            sx, sy = -(ux + vx), -(uy + vy)
            size = math.hypot(sx, sy)
            if size < 1e-6:  # straight on, or back on itself
                if ux * vx + uy * vy < 0:
                    continue
                sx, sy, size = -ux, -uy, 1.0
            if abs(turn) > 0 or ux * vx + uy * vy > 0:
                outside = (at[0] + sx / size * OFF, at[1] + sy / size * OFF)
                self._node(outside, (before, at, after))

    def _tight(self, n: int, there: Point) -> bool:
        """Whether a thread from `there` can bend at a node: it leaves both sides of the corner on one hand."""
        corner = self._corners[n]
        if corner is None:
            return True
        before, at, after = corner
        dx, dy = _unit(there, self._nodes[n])
        one = dx * (before[1] - at[1]) - dy * (before[0] - at[0])
        two = dx * (after[1] - at[1]) - dy * (after[0] - at[0])
        return (one >= -TIGHT and two >= -TIGHT) or (one <= TIGHT and two <= TIGHT)

    def _link(self, one: int, other: int, minutes: float) -> None:
        kilometres = math.dist(self._nodes[one], self._nodes[other]) / 1000
        cost = kilometres * self._rate + minutes
        self._links[one].append((other, cost, kilometres))
        self._links[other].append((one, cost, kilometres))

    def _shortest(self, a: Point, b: Point) -> Way | None:
        costs, far = self._reached(a)
        best, at, last = math.inf, -1, 0.0
        for n, kilometres in self._seen_from(b):
            cost = costs[n] + kilometres * self._rate
            if cost < best:
                best, at, last = cost, n, kilometres
        if best == math.inf:
            return None
        whole = far[at] + last
        minutes = best - whole * self._rate
        return Way(whole, minutes if minutes > 1e-6 else 0.0)

    def _seen_from(self, a: Point) -> list[tuple[int, float]]:
        """The nodes to which a straight line leads from a point, with the kilometres."""
        if a not in self._seen:
            self._seen[a] = [
                (n, math.dist(a, at) / 1000)
                for n, at in enumerate(self._nodes)
                if self._tight(n, a) and not self.meets(a, at)
            ]
        return self._seen[a]

    def _reached(self, a: Point) -> tuple[list[float], list[float]]:
        """Minutes, and kilometres, from a point to every node."""
        if a not in self._from:
            costs, far = [math.inf] * len(self._nodes), [0.0] * len(self._nodes)
            done = [False] * len(self._nodes)
            heap: list[tuple[float, float, int]] = []
            for n, kilometres in self._seen_from(a):
                costs[n], far[n] = kilometres * self._rate, kilometres
                heap.append((costs[n], kilometres, n))
            heapify(heap)
            while heap:
                cost, kilometres, n = heappop(heap)
                if done[n]:
                    continue
                done[n] = True
                for other, more, further in self._links[n]:
                    if cost + more < costs[other]:
                        costs[other], far[other] = cost + more, kilometres + further
                        heappush(heap, (cost + more, kilometres + further, other))
            self._from[a] = costs, far
        return self._from[a]


def nearest(water: Sequence[Sequence[Point]], point: Point) -> tuple[float, Point, Point]:
    """Metres to a water, the nearest point on it, and the direction of the line there."""
    best: tuple[float, Point, Point] = (math.inf, point, (1.0, 0.0))
    for line in water:
        for a, b in pairwise(line):
            length = math.dist(a, b)
            if not length:
                continue
            ux, uy = (b[0] - a[0]) / length, (b[1] - a[1]) / length
            clear = min(
                2 * OFF, length / 2
            )  # off the corner, where a line has two sides and a way out between them
            along = min(max((point[0] - a[0]) * ux + (point[1] - a[1]) * uy, clear), length - clear)
            on = (a[0] + ux * along, a[1] + uy * along)
            away = math.dist(on, point)
            if away < best[0]:
                best = away, on, (ux, uy)
    return best


REACHES = 500.0
"""Metres: a crossing further from a water than this is none of it."""


def is_inside(water: Sequence[Sequence[Point]], point: Point) -> bool:
    """Whether a point lies in the area of a water's rings; lines have none."""
    odd = False
    for line in water:
        if line[0] != line[-1]:
            continue
        for (x1, y1), (x2, y2) in pairwise(line):
            if (y1 > point[1]) != (y2 > point[1]) and point[0] < (x2 - x1) * (point[1] - y1) / (y2 - y1) + x1:
                odd = not odd
    return odd


def _over(water: Sequence[Sequence[Point]], point: Point) -> tuple[Point, Point] | None:
    """The two ends of a crossing over a water: on both sides of a line; of an area on both banks, straight across.
    None where it is too far from it."""
    away, on, (ux, uy) = nearest(water, point)
    if away > REACHES and not is_inside(water, point):
        return None
    sides = [(on[0] - uy * OFF, on[1] + ux * OFF), (on[0] + uy * OFF, on[1] - ux * OFF)]
    inside = [is_inside(water, side) for side in sides]
    if inside[0] == inside[1]:
        return sides[0], sides[1]
    near, start = (sides[1], sides[0]) if inside[0] else (sides[0], sides[1])
    dx, dy = _unit(near, start)
    ahead = (start[0] + dx * WIDEST, start[1] + dy * WIDEST)
    hits = [t for line in water for a, b in pairwise(line) if (t := _hit(start, ahead, a, b)) is not None]
    if not hits:
        return None
    reach = min(hits) * WIDEST + OFF
    return near, (start[0] + dx * reach, start[1] + dy * reach)


def _hit(a: Point, b: Point, c: Point, d: Point) -> float | None:
    """Where along a-b it meets c-d, 0 to 1; None where it does not."""
    dx, dy, ex, ey = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
    across = dx * ey - dy * ex
    if across == 0:
        return None
    t = ((c[0] - a[0]) * ey - (c[1] - a[1]) * ex) / across
    s = ((c[0] - a[0]) * dy - (c[1] - a[1]) * dx) / across
    return t if 0 <= t <= 1 and 0 <= s <= 1 else None


def _unit(a: Point, b: Point) -> Point:
    """The direction from one point to another."""
    size = math.dist(a, b) or 1.0
    return (b[0] - a[0]) / size, (b[1] - a[1]) / size


def _beyond(a: Point, b: Point, by: float) -> Point:
    ux, uy = _unit(a, b)
    return b[0] + ux * by, b[1] + uy * by


def _overlap(a: Point, b: Point, c: Point, d: Point) -> bool:
    return all(max(min(a[n], b[n]), min(c[n], d[n])) <= min(max(a[n], b[n]), max(c[n], d[n])) for n in (0, 1))


def _squares(x1: float, y1: float, x2: float, y2: float) -> Iterator[tuple[int, int]]:
    """The squares of the index that a segment passes; a neighbour more where it runs along an edge."""
    if x1 > x2:
        x1, y1, x2, y2 = x2, y2, x1, y1
    first, last = int(x1 // CELL), int(x2 // CELL)
    slope = (y2 - y1) / (x2 - x1) if x2 > x1 else 0.0
    for column in range(first, last + 1):
        if first == last:
            low, high = (y1, y2) if y1 < y2 else (y2, y1)
        else:
            low = y1 + slope * (max(x1, column * CELL) - x1)
            high = y1 + slope * (min(x2, (column + 1) * CELL) - x1)
            if low > high:
                low, high = high, low
        for row in range(int((low - 0.01) // CELL), int((high + 0.01) // CELL) + 1):
            yield column, row
