"""Room on the county's map: marks that lie on each other are pushed apart, and names stand where no mark is.
Pure.

All is in pixels of the picture, y downwards. A search looks at squares of CELL pixels, counted up beforehand,
so that its cost goes with the area of the map and not with the number of schools.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

CELL = 6
ABOVE, BELOW, UNDER = 14, 22, 5
"""How far two lines of a name reach above and below the base line of the first; a single one ends at
UNDER."""

Pixel = tuple[float, float]
Outline = Sequence[Sequence[Pixel]]
"""The rings of one district; a ring inside another is a hole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """Where the lines of a name stand: the middle of the first one's base line, half their width, and how
    far they reach below that base line."""

    x: int
    y: int
    half: float
    below: int


def apart(points: Sequence[Pixel], *, distance: float, reach: float) -> list[Pixel]:
    """The same points with `distance` between each two where that can be had within `reach` of their own
    place."""
    moved = [(float(x), float(y)) for x, y in points]
    for _ in range(24):
        pushes: dict[int, Pixel] = {}
        for i, j in _near(moved, distance):
            dx, dy = moved[j][0] - moved[i][0], moved[j][1] - moved[i][1]
            gap = math.hypot(dx, dy)
            if gap < 0.01:  # on one spot: each pair has a direction of its own, the same on every day
                angle = 2.4 * j
                dx, dy = math.cos(angle), math.sin(angle)
                unit = 1.0
            else:
                unit = gap
            push = (distance - gap) / 2
            step_x, step_y = dx / unit * push, dy / unit * push
            px, py = pushes.get(i, (0.0, 0.0))
            pushes[i] = (px - step_x, py - step_y)
            px, py = pushes.get(j, (0.0, 0.0))
            pushes[j] = (px + step_x, py + step_y)
        if not pushes:
            break
        for i, (dx, dy) in pushes.items():
            moved[i] = _within(points[i], (moved[i][0] + dx, moved[i][1] + dy), reach)
    return moved


def place_name(
    outline: Outline,
    half: float,
    marks: Sequence[Pixel],
    others: Sequence[Name],
    *,
    width: int,
    height: int,
    below: int = BELOW,
) -> Name:
    """The place for a name `half` wide to each side: on the fewest marks and names, then well inside its
    district.

    `below`: how far its lines reach below the base line of the first.
    """
    cells = _Cells(outline, half)
    on_marks = _summed(cells.counted(marks))
    inside = _summed(cells.filled())
    middle_x, middle_y = cells.middle()
    best: tuple[float, int, int] | None = None
    lines = (ABOVE + below) / CELL
    for row in range(cells.rows):
        for column in range(cells.columns):
            x, y = cells.left + column * CELL, cells.top + row * CELL
            if not (half <= x <= width - half and ABOVE <= y <= height - below):
                continue
            box = cells.box(x - half - 5, y - ABOVE - 4, x + half + 5, y + below + 4)
            tight = cells.box(x - half, y - ABOVE, x + half, y + below)
            share_inside = _sum_of(inside, tight) / max((2 * half / CELL) * lines, 1)
            cost = (
                10.0 * _sum_of(on_marks, box)
                + 12.0 * max(0.0, 1 - share_inside)
                + math.hypot(x - middle_x, y - middle_y) / 40
            )
            for other in others:
                if (
                    abs(other.x - x) < half + other.half + 4
                    and -ABOVE - other.below < other.y - y < ABOVE + below
                ):
                    cost += 200
            if best is None or cost < best[0]:
                best = (cost, round(x), round(y))
    if best is None:  # wider than the picture, or outside of it
        return Name(
            x=round(min(max(middle_x, half), width - half)), y=round(middle_y), half=half, below=below
        )
    return Name(x=best[1], y=best[2], half=half, below=below)


def area(outline: Outline) -> float:
    """Square pixels of a district, to the nearest few squares."""
    return float(sum(map(sum, _Cells(outline, 0).filled()))) * CELL * CELL


class _Cells:
    """The squares about one district, with room around it for a name of `half` to each side."""

    def __init__(self, outline: Outline, half: float) -> None:
        self.outline = outline
        xs = [x for ring in outline for x, _ in ring]
        ys = [y for ring in outline for _, y in ring]
        self.left, self.top = min(xs) - half / 2 - CELL, min(ys) - CELL
        self.columns = int((max(xs) + half / 2 + CELL - self.left) / CELL) + 1
        self.rows = int((max(ys) + CELL - self.top) / CELL) + 1
        self.about = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)

    def filled(self) -> list[list[int]]:
        """1 for each square whose middle is inside the district, by rows."""
        squares = [[0] * self.columns for _ in range(self.rows)]
        for row in range(self.rows):
            y = self.top + (row + 0.5) * CELL
            crossings = sorted(
                x1 + (y - y1) / (y2 - y1) * (x2 - x1)
                for ring in self.outline
                for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True)
                if (y1 > y) != (y2 > y)
            )
            for start, end in zip(crossings[::2], crossings[1::2], strict=False):
                first = max(math.ceil((start - self.left) / CELL - 0.5), 0)
                last = min(math.ceil((end - self.left) / CELL - 0.5), self.columns)
                for column in range(first, last):
                    squares[row][column] = 1
        return squares

    def counted(self, marks: Sequence[Pixel]) -> list[list[int]]:
        """How many marks stand in each square, by rows."""
        squares = [[0] * self.columns for _ in range(self.rows)]
        for x, y in marks:
            column, row = int((x - self.left) // CELL), int((y - self.top) // CELL)
            if 0 <= column < self.columns and 0 <= row < self.rows:
                squares[row][column] += 1
        return squares

    def box(self, left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
        """The squares from pixel to pixel, as (first column, first row, last column, last row), half-open."""
        return (
            min(max(int((left - self.left) // CELL), 0), self.columns),
            min(max(int((top - self.top) // CELL), 0), self.rows),
            min(max(int((right - self.left) // CELL) + 1, 0), self.columns),
            min(max(int((bottom - self.top) // CELL) + 1, 0), self.rows),
        )

    def middle(self) -> Pixel:
        return self.about


def _summed(squares: list[list[int]]) -> list[list[int]]:
    """Sums over everything above and left of each corner, so that any box is four look-ups."""
    sums = [[0] * (len(squares[0]) + 1)]
    for row in squares:
        line, running = [0], 0
        for above, value in zip(sums[-1][1:], row, strict=True):
            running += value
            line.append(above + running)
        sums.append(line)
    return sums


def _sum_of(sums: list[list[int]], box: tuple[int, int, int, int]) -> int:
    left, top, right, bottom = box
    return sums[bottom][right] - sums[top][right] - sums[bottom][left] + sums[top][left]


def _near(points: Sequence[Pixel], distance: float) -> list[tuple[int, int]]:
    """Pairs of points closer than `distance`, the lower number first, in order."""
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, (x, y) in enumerate(points):
        cells[int(x // distance), int(y // distance)].append(i)
    pairs = []
    for (column, row), here in cells.items():
        around = [j for dx in (-1, 0, 1) for dy in (-1, 0, 1) for j in cells.get((column + dx, row + dy), ())]
        for i in here:
            x, y = points[i]
            pairs += [
                (i, j)
                for j in around
                if j > i and (points[j][0] - x) ** 2 + (points[j][1] - y) ** 2 < (distance - 0.05) ** 2
            ]
    return sorted(pairs)


def _within(home: Pixel, at: Pixel, reach: float) -> Pixel:
    """`at`, or the place on the way to it that is `reach` from home."""
    dx, dy = at[0] - home[0], at[1] - home[1]
    far = math.hypot(dx, dy)
    return at if far <= reach else (home[0] + dx / far * reach, home[1] + dy / far * reach)
