"""The price of the last gaps as a line in the pixels of a picture: pounds against the share of the target that is
reached. Pure; geometry and words, no markup."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from outreach.ground.wording import percent_said, pounds_rounded
from outreach.outcomes.cost.last_gaps import Mark, Step

WIDTH, HEIGHT = 620, 290
LEFT, RIGHT, TOP, BOTTOM = 80, 26, 34, 60
STEPS = tuple(m * 10**e for e in range(2, 9) for m in (1, 2, 5))
"""Pence between two lines of the grid."""
LETTER = 7.6
"""The width of a letter of a label, on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A share of the target on the line, its words, and where they begin or end."""

    x: float
    y: float
    words: str
    label_x: float
    label_y: float
    at_its_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """`line`: the points of a polyline, a day upright and what it reaches level; `shares` and `grid`: (place,
    words)."""

    floor: float
    line: str
    shares: Sequence[tuple[float, str]]
    grid: Sequence[tuple[float, str]]
    points: Sequence[Point]


def draw(bought: Sequence[Step], marks: Sequence[Mark], *, covered: int, target: int) -> Curve | None:
    """None where nothing is to be bought, or it has no price."""
    if not target or not bought or not bought[-1].pence:
        return None
    first = 10 * (10 * covered // target)
    most, floor = bought[-1].pence, HEIGHT - BOTTOM
    step = next((each for each in STEPS if most <= 5 * each), STEPS[-1])

    def x(schools: int) -> float:
        return _x(100 * schools / target, first)

    def y(pence: int) -> float:
        return round(floor - (floor - TOP) * pence / most, 1)

    corners: list[tuple[float, float]] = [(x(covered), floor)]
    reached = covered
    for each in bought:
        corners += [(x(reached), y(each.pence or 0)), (x(each.reached), y(each.pence or 0))]
        reached = each.reached
    return Curve(
        floor=floor,
        line=" ".join(f"{across},{down}" for across, down in dict.fromkeys(corners)),
        shares=[(_x(share, first), f"{share}%") for share in range(first, 101, 10 if first < 60 else 5)],
        grid=[(y(pence), pounds_rounded(pence)) for pence in range(0, most + 1, step)],
        points=[
            _point(schools, pence, words, x, y) for schools, pence, words in _marked(bought, marks, target)
        ],
    )


def _x(percent: float, first: int) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * (percent - first) / max(1, 100 - first), 1)


def _marked(bought: Sequence[Step], marks: Sequence[Mark], target: int) -> Iterator[tuple[int, int, str]]:
    """(schools, pence, words) of each share that is asked for, and of where the plan ends, if that is none."""
    found = {mark.schools: (f"{mark.percent}%", mark.step.pence) for mark in marks if mark.step}
    end = bought[-1]
    found.setdefault(end.reached, (percent_said(end.reached, target), end.pence))
    for schools, (share, pence) in found.items():
        yield schools, pence or 0, f"{share}: {pounds_rounded(pence or 0)}"


def _point(
    schools: int, pence: int, words: str, x: Callable[[int], float], y: Callable[[int], float]
) -> Point:
    across, down = x(schools), y(pence)
    at_its_end = across - LEFT > len(words) * LETTER + 12
    return Point(
        x=across,
        y=down,
        words=words,
        label_x=across - 9 if at_its_end else across + 9,
        label_y=down - 8,
        at_its_end=at_its_end,
    )
