"""Picture of one line of referrals: what stands where, across in percent of the picture and down in pixels. Pure.

Before is a ring, after a disc, month 0 a diamond; a quarter is a bar over its months with a square of the side it is
on; what is hidden a cross at the foot. So shape tells what colour does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from outreach.outcomes.referrals.before_and_after import Counted, Line, LineView
from outreach.outcomes.referrals.blocks import QUARTER
from outreach.outcomes.referrals.joining import MONTHS_A_SIDE, Span, side_of

HEIGHT, TOP, FLOOR = 300, 14, 270
LEFT, RIGHT = 9.0, 98.0
STEPS = tuple(m * 10.0**e for e in range(-3, 5) for m in (1, 2, 5))
BEFORE, ZERO, AFTER, WAITING = "before", "zero", "after", "waiting"
SHAPES = {BEFORE: "ring", ZERO: "diamond", AFTER: "disc", WAITING: "square"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanMark:
    """One month or quarter. `low` to `high`: across; `y` None: hidden."""

    side: str
    shape: str
    x: float
    low: float
    high: float
    y: float | None
    is_joined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The mean of a side: a line at `y` from `low` to `high`."""

    side: str
    low: float
    high: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePicture:
    """`grid`: (y, its value); `ticks`: (x, the month's number, or its distance from month 0); `reached_at`: x."""

    marks: tuple[SpanMark, ...]
    levels: tuple[Level, ...]
    grid: tuple[tuple[float, float], ...]
    ticks: tuple[tuple[float, int], ...]
    reached_at: float | None


def height_of(views: Iterable[LineView]) -> float:
    """The largest value of some views, which are drawn to one scale; 0 where none is seen."""
    return max((_value(c) for view in views for _, c in view.spans if not c.is_hidden), default=0.0)


def draw(line: Line, view: LineView, highest: float) -> LinePicture | None:
    """None where no month stands in it. `highest`: of the pictures beside it."""
    if not view.spans:
        return None
    if line.zero is None:
        first, last = view.spans[0][0].first, view.spans[-1][0].last
        ticks = [month for month in range(first, last + 1) if month % (2 * QUARTER) == 0]
        middle = 0
    else:
        middle = line.zero
        first, last = middle - MONTHS_A_SIDE, middle + MONTHS_A_SIDE
        ticks = list(range(first, last + 1, 2 * QUARTER))
    scale = _Scale(first, last, highest)
    return LinePicture(
        marks=tuple(_mark(scale, span, counted, line.zero) for span, counted in view.spans),
        levels=tuple(_levels(scale, view, line.zero)),
        grid=tuple(scale.grid()),
        ticks=tuple((scale.x(month), month - middle) for month in ticks),
        reached_at=None if line.zero is None else scale.x(line.zero),
    )


class _Scale:
    def __init__(self, first: int, last: int, highest: float) -> None:
        self.first, self.months = first, last - first + 1
        self.step = next(step for step in STEPS if highest <= 5 * step or step == STEPS[-1])
        self.top = max(self.step, highest)

    def x(self, month: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (month - self.first + 0.5) / self.months, 2)

    def y(self, value: float) -> float:
        return round(FLOOR - (FLOOR - TOP) * value / self.top, 1)

    def grid(self) -> list[tuple[float, float]]:
        steps = int(self.top / self.step + 1e-9)
        return [(self.y(n * self.step), n * self.step) for n in range(steps + 1)]


def _mark(scale: _Scale, span: Span, counted: Counted, zero: int | None) -> SpanMark:
    side = _side(span, zero)
    is_joined = span.first != span.last
    return SpanMark(
        side=side,
        shape="cross" if counted.is_hidden else SHAPES[side],
        x=scale.x((span.first + span.last) / 2),
        low=scale.x(span.first - 0.4),
        high=scale.x(span.last + 0.4),
        y=None if counted.is_hidden else scale.y(_value(counted)),
        is_joined=is_joined,
    )


def _side(span: Span, zero: int | None) -> str:
    if zero is None:
        return WAITING
    return {-1: BEFORE, 0: ZERO, 1: AFTER}[side_of(span, zero)]


def _levels(scale: _Scale, view: LineView, zero: int | None) -> list[Level]:
    found = []
    for side, counted in ((WAITING if zero is None else BEFORE, view.before), (AFTER, view.after)):
        spans: Sequence[Span] = [span for span, _ in view.spans if _side(span, zero) == side]
        if counted is not None and not counted.is_hidden and spans:
            low, high = scale.x(spans[0].first - 0.4), scale.x(spans[-1].last + 0.4)
            found.append(Level(side=side, low=low, high=high, y=scale.y(_value(counted))))
    return found


def _value(counted: Counted) -> float:
    """What is drawn: the rate, else referrals a month."""
    if counted.rate is not None:
        return counted.rate
    return (counted.number or 0) / counted.months
