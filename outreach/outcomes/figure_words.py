"""Words of figures: a share, its interval and response rate, a change; and what the evidence is worth. Pure."""

from outreach.ground.wording import count
from outreach.outcomes.findings import (
    HIDDEN,
    LOW_RATE,
    NOTHING,
    OVER,
    UNDER,
    ChangeFigure,
    Findings,
    Rate,
    Row,
    WaveFigure,
)
from outreach.outcomes.wave_changes import AFTER, BEFORE, CLUSTERS_AT_LEAST, LATER, Change

NAMES = {BEFORE: "Before", AFTER: "After", LATER: "Three months later"}

BEYOND = {UNDER: "under 5%", OVER: "over 95%"}
NOT_SHOWN = {HIDDEN: "hidden", NOTHING: "no answers yet"}

WHEN = {AFTER: "straight after", LATER: "three months later"}


UNSAID = "too few to say whether more would know whom to tell."


def lead(row: Row) -> str:
    """Of the schools whose pupils answered both before and straight after: how many would know whom to tell, and how
    many more, with the interval in words; '' where that is not shown. Of a share BEYOND 5 or 95 %, that alone."""
    change = row.changes[BEFORE, AFTER].change
    rates = [row.waves[kind].rate for kind in (BEFORE, AFTER)]
    beyond = [kind for kind in (AFTER, BEFORE) if row.waves[kind].status in BEYOND]
    if change is None and not beyond:
        return ""
    if change is None:
        wave, when = row.waves[beyond[0]], WHEN.get(beyond[0], "before")
        said = f"Of pupils who answered at {wave.schools:,} schools, {BEYOND[wave.status]} would know"
        said += f" whom to tell {when}"
        if wave.rate.is_low:
            said += f"; under {LOW_RATE}% of pupils answered"
        return f"{said}."
    if any(rate.is_low for rate in rates):
        return f"Under {LOW_RATE}% of pupils answered, {UNSAID}"
    if not all(rate.is_enough for rate in rates):
        return "How many of the pupils answered is hidden, so no change is said."
    schools = change.schools
    if schools < CLUSTERS_AT_LEAST:
        return f"Only {count(schools, 'school')} can be compared, {UNSAID}"
    begins = f"Of pupils who answered at {schools:,} schools,"
    was = f"{percent(change.first)}%"
    now = f"{percent(change.second)}% would know whom to tell {WHEN[AFTER]}"
    if change.low is None or change.high is None:
        return f"{begins} {now}, {was} before; {no_interval(schools, schools)}."
    between = between_said(change.low, change.high)
    if not change.is_clear:
        return f"{begins} no clear change: {now}, {was} before; {between}."
    return f"{begins} {now}, {'up' if change.difference > 0 else 'down'} from {was}: {between}."


def between_said(low: float, high: float) -> str:
    """'between 19 and 29 points more', 'between 3 points less and 8 points more'."""
    least, most = round(100 * low), round(100 * high)
    if least >= 0:
        return f"between {least} and {count(most, 'point')} more"
    if most <= 0:
        return f"between {-most} and {count(-least, 'point')} less"
    return f"between {count(-least, 'point')} less and {count(most, 'point')} more"


def no_interval(schools: int, a_side: int) -> str:
    """Why there is none: too few, or one would have no width."""
    return "no interval" if a_side < CLUSTERS_AT_LEAST else f"all {schools:,} schools alike: no interval"


def evidence(found: Findings) -> str:
    """What it is worth: at best suggestive, and that of the same months alone."""
    assert found.first is not None
    waves, change = found.first.whole.waves, found.months.change.change
    after = "is the same day: what was just heard" if waves[AFTER].status != NOTHING else "is not asked yet"
    if waves[LATER].status == NOTHING:
        later = "is not asked yet"
    elif change is None or change.low is None or not all(waves[at].rate.is_enough for at in (BEFORE, LATER)):
        later = "is described, not tested"
    elif not change.is_clear:
        later = "shows no clear change beside schools not yet reached in the same months"
    else:
        more = "more" if change.difference > 0 else "fewer"
        later = f"is suggestive: {more} would know than at schools not yet reached in the same months"
    return f"Straight after {after}. Three months later {later}."


def percent(share: float) -> int:
    return round(100 * min(max(share, 0.0), 1.0))


def share_said(figure: WaveFigure) -> str:
    """'58%', 'under 5%', 'hidden', 'no answers yet'."""
    if figure.level is not None:
        return f"{percent(figure.level.mean)}%"
    return BEYOND.get(figure.status) or NOT_SHOWN[figure.status]


def interval_said(figure: WaveFigure) -> str:
    """'(54 to 62)', 'no interval', 'all 12 schools alike: no interval'; '' where no share is said."""
    level = figure.level
    if level is None:
        return ""
    if level.low is None or level.high is None:
        return no_interval(level.schools, level.schools)
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
    """'+26 (22 to 30)', '−3 (no interval)', 'hidden'; '' where nothing can be compared."""
    change = figure.change
    if change is None:
        return "hidden" if figure.status == HIDDEN else ""
    return f"{_signed(change.difference, plus=True)}{change_interval(change)}"


def change_interval(change: Change) -> str:
    if change.low is None or change.high is None:
        return f" ({no_interval(change.schools, change.schools_a_side)})"
    return f" ({_signed(change.low)} to {_signed(change.high)})"


def _signed(share: float, *, plus: bool = False) -> str:
    whole = round(100 * share)
    return f"−{-whole}" if whole < 0 else f"{'+' if plus and whole else ''}{whole}"
