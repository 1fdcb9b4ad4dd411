"""Words of figures: a share, its interval and response rate, a change; and how strong the evidence is, in one
sentence. Pure."""

from outreach.ground.wording import capfirst, count
from outreach.outcomes.findings import (
    HIDDEN,
    NOTHING,
    OVER,
    SHOWN,
    UNDER,
    ChangeFigure,
    Findings,
    Rate,
    WaveFigure,
)
from outreach.outcomes.wave_changes import AFTER, BEFORE, LATER, Change

NAMES = {BEFORE: "Before", AFTER: "After", LATER: "Three months later"}

BEYOND = {UNDER: "under 5%", OVER: "over 95%"}
NOT_SHOWN = {HIDDEN: "hidden", NOTHING: "no answers yet"}

WHEN = {AFTER: "straight after", LATER: "three months later"}


def evidence(found: Findings) -> str:
    """How strong it is, in one sentence that a board member understands."""
    assert found.first is not None
    parts = "; ".join(_strength(found, kind) for kind in (AFTER, LATER))
    return f"{capfirst(parts)}."


def _strength(found: Findings, kind: str) -> str:
    assert found.first is not None
    whole, when = found.first.whole, WHEN[kind]
    figure, change = whole.waves[kind], whole.changes[BEFORE, kind].change
    if figure.status == NOTHING:
        return f"none yet for {when}"
    if change is None:
        return f"none for {when}, as too few answered before and {when} to compare"
    if change.low is None:
        return f"weak for {when}, as only {count(change.performances, 'performance')} can be compared"
    lowest = min((whole.waves[BEFORE].rate, figure.rate), key=lambda rate: _rate_order(rate))
    if lowest.is_low:
        return f"weak for {when}, as only {rate_alone(lowest)} answered"
    if not change.is_clear:
        return f"no clear change {when}, over {count(change.performances, 'performance')}"
    if change.difference < 0:
        return f"fair for {when}, but fewer would know than before"
    drawn = found.drawn.change.change if found.drawn else None
    if kind == LATER and drawn is not None and drawn.is_clear and drawn.difference > 0:
        return f"strong for {when}, as chance alone chose who was asked first, and there more would know"
    months = found.months.change.change
    beside = kind == LATER and months is not None and months.is_clear and months.difference > 0
    also = ", and schools not yet reached knew less in the same months" if beside else ""
    return f"fair for {when}, as the rise is clear over {count(change.performances, 'performance')}{also}"


def _rate_order(rate: Rate) -> int:
    return {UNDER: 0, SHOWN: rate.percent or 0, OVER: 100}.get(rate.status, 101)


def percent(share: float) -> int:
    return round(100 * min(max(share, 0.0), 1.0))


def share_said(figure: WaveFigure) -> str:
    """'58%', 'under 5%', 'hidden', 'no answers yet'."""
    if figure.level is not None:
        return f"{percent(figure.level.mean)}%"
    return BEYOND.get(figure.status) or NOT_SHOWN[figure.status]


def interval_said(figure: WaveFigure) -> str:
    """'(54 to 62)', 'no interval'; '' where no share is said."""
    level = figure.level
    if level is None:
        return ""
    if level.low is None or level.high is None:
        return "no interval"
    return f"({percent(level.low)} to {percent(level.high)})"


def rate_alone(rate: Rate) -> str:
    """'71%', 'over 95%', 'hidden'; '' where nobody answered."""
    if rate.percent is not None:
        return f"{rate.percent}%"
    return BEYOND.get(rate.status) or ("hidden" if rate.status == HIDDEN else "")


def rate_said(rate: Rate) -> str:
    """'71%'; '28%, low'."""
    return f"{rate_alone(rate)}{', low' if rate.is_low else ''}"


def points(change: Change) -> str:
    """'26 points more', '1 point less', 'no more'."""
    whole = round(100 * change.difference)
    return f"{count(abs(whole), 'point')} {'more' if whole > 0 else 'less'}" if whole else "no more"


def change_said(figure: ChangeFigure) -> str:
    """'+26 (22 to 30)', '−3, no interval', 'hidden'; '' where nothing can be compared."""
    change = figure.change
    if change is None:
        return "hidden" if figure.status == HIDDEN else ""
    return f"{_signed(change.difference, plus=True)}{change_interval(change)}"


def change_interval(change: Change) -> str:
    if change.low is None or change.high is None:
        return ", no interval"
    return f" ({_signed(change.low)} to {_signed(change.high)})"


def _signed(share: float, *, plus: bool = False) -> str:
    whole = round(100 * share)
    return f"−{-whole}" if whole < 0 else f"{'+' if plus and whole else ''}{whole}"
