"""The trend as lines in the pixels of a picture: what was, what is booked, and where the tour ends. Pure.

It is drawn for wide windows; a phone shows bars. Geometry only, x to the right and y downwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from outreach.coverage.desk.forecast import Forecast
from outreach.coverage.desk.trend import Happening, Point
from outreach.ground.school_year import first_day
from outreach.ground.wording import day_short

LINE = 17
"""Pixels between the base lines of two labels that stand under each other."""
MONTHS = {9: "Sept", 11: "Nov", 1: "Jan", 3: "March", 5: "May", 7: "July"}
STEPS = tuple(m * 10**e for e in range(6) for m in (1, 2, 5))
SHORTEST_HOLIDAY = 5
"""Days without school between two school days, at least, that are shaded: a weekend or a long one is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The picture's size, and what is left free around the lines."""

    width: int
    height: int
    left: int
    right: int
    top: int = 18
    bottom: int = 26


WIDE = Frame(width=760, height=236, left=34, right=158)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What stands at a mark. `kind`: 'target', 'seen', 'booked' or 'tour'."""

    kind: str
    x: int
    y: int
    at_its_end: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What is read where one points at a week."""

    x: float
    width: float
    words: str
    lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Lines as the points of a polyline, '' for none; marks as (x, y); shades as (x, width); grid and months
    as (place, text).

    `tour_end`: x of the last tour day.
    """

    frame: Frame
    floor: int
    target_y: float
    shades: list[tuple[float, float]]
    weeks: list[Week]
    grid: list[tuple[float, str]]
    months: list[tuple[float, str]]
    area: str
    seen: str
    booked: str
    tour_end: float | None
    now: tuple[float, float]
    booked_end: tuple[float, float] | None
    labels: list[Label]


def draw(
    trend: Sequence[Point],
    found: Forecast,
    *,
    year: int,
    school_days: Sequence[date],
    happened: Mapping[date, Happening],
    frame: Frame,
    saw: str,
) -> Drawing | None:
    """None while there is no year to draw, or nobody in the target. `saw`: 'seen', or 'trained' for
    adults."""
    if not trend or not found.target:
        return None
    scale = _Scale(frame, first_day(year), max(found.ends, trend[-1].day), found.target)
    here = scale.at(trend[-1])
    seen = _line(scale, trend)
    booked = found.with_booked if found.booked > found.seen else ()
    booked_end = scale.at(booked[-1]) if booked else None
    return Drawing(
        frame=frame,
        floor=scale.floor,
        target_y=scale.y(found.target),
        shades=_holidays(scale, school_days),
        weeks=_weeks(scale, trend, happened, saw),
        grid=[(scale.y(n), f"{n:,}") for n in range(0, found.target, scale.step) if n <= found.target * 0.9],
        months=scale.months(),
        area=f"{scale.x(trend[0].day)},{scale.floor} {seen} {here[0]},{scale.floor}",
        seen=seen,
        booked=_line(scale, [trend[-1], *booked]) if booked else "",
        tour_end=None if found.tour_ends is None else scale.x(found.tour_ends),
        now=here,
        booked_end=booked_end,
        labels=_labels(
            frame,
            found,
            scale=scale,
            here=here,
            booked_end=booked_end,
            saw=saw,
        ),
    )


class _Scale:
    """Days and schools in pixels, to a tenth."""

    def __init__(self, frame: Frame, first: date, last: date, target: int) -> None:
        self.frame, self.first, self.last, self.target = frame, first, last, target
        self.floor = frame.height - frame.bottom
        self.span = max(1, (last - first).days)
        self.step = next(step for step in STEPS if target <= 5 * step)

    def x(self, day: date) -> float:
        room = self.frame.width - self.frame.left - self.frame.right
        return round(self.frame.left + room * min(1.0, max(0.0, (day - self.first).days / self.span)), 1)

    def y(self, schools: int) -> float:
        room = self.floor - self.frame.top
        return round(self.floor - room * schools / self.target, 1)

    def at(self, point: Point) -> tuple[float, float]:
        return self.x(point.day), self.y(point.organisations)

    def months(self) -> list[tuple[float, str]]:
        firsts = [date(self.first.year + (m < 9), m, 1) for m in MONTHS]
        return [(self.x(d), MONTHS[d.month]) for d in firsts if d <= self.last]


def _line(scale: _Scale, points: Sequence[Point]) -> str:
    return " ".join(f"{x},{y}" for x, y in map(scale.at, points))


def _holidays(scale: _Scale, school_days: Sequence[date]) -> list[tuple[float, float]]:
    """(x, width) of each stretch without school inside the year."""
    found = []
    for before, after in zip(school_days, school_days[1:], strict=False):
        if (after - before).days > SHORTEST_HOLIDAY and after <= scale.last:
            x = scale.x(before)
            found.append((x, round(scale.x(after) - x, 1)))
    return found


def _weeks(scale: _Scale, trend: Sequence[Point], happened: Mapping[date, Happening], saw: str) -> list[Week]:
    weeks = []
    for before, here in pairwise(trend):
        x, what = scale.x(before.day), happened.get(here.day)
        words = f"By {day_short(here.day)}: {here.organisations:,} {saw}" + (
            f". {what.words}" if what else ""
        )
        width = round(scale.x(here.day) - x, 1)
        weeks.append(Week(x=x, width=width, words=words, lost=what is not None and what.lost))
    return weeks


def _labels(
    frame: Frame,
    found: Forecast,
    *,
    scale: _Scale,
    here: tuple[float, float],
    booked_end: tuple[float, float] | None,
    saw: str,
) -> list[Label]:
    """The target and where the lines lead stand in a column at the right, one under the other; the rest at
    its mark."""
    side = frame.width - frame.right + 8
    column = [("target", scale.y(found.target), f"{found.target:,} in the target")]
    labels = []
    if booked_end is not None:
        words = f"{found.booked:,} with what is booked"
        if booked_end[0] > frame.width - frame.right - 120:
            column.append(("booked", booked_end[1], words))
        else:
            left, low = round(booked_end[0] + 10), round(min(booked_end[1] + 20, scale.floor - 6))
            labels.append(Label(kind="booked", x=left, y=low, at_its_end=False, words=words))
    base = 0.0
    for kind, y, words in sorted(column, key=lambda item: (item[1], item[0] != "target")):
        base = max(y + 5, base + LINE)
        labels.append(Label(kind=kind, x=side, y=round(base), at_its_end=False, words=words))
    x, y = here
    over = y - 9 if y - 9 > scale.y(found.target) + LINE else y + 21
    near = x < frame.left + 80
    labels.append(
        Label(
            kind="seen",
            x=round(x + 9 if near else x - 9),
            y=round(min(over, scale.floor - 7)),
            at_its_end=not near,
            words=f"{found.seen:,} {saw}",
        )
    )
    if found.tour_ends is not None:
        # Above the line of the target, and on the side where there is room.
        x = round(scale.x(found.tour_ends))
        at_its_end = x > frame.left + 130
        labels.append(
            Label(
                kind="tour",
                x=x if at_its_end else max(x, frame.left),
                y=frame.top - 5,
                at_its_end=at_its_end,
                words=f"tour ends {_short(found.tour_ends)}",
            )
        )
    return labels


def _short(on: date) -> str:
    return f"{on.day} {on:%B}"
