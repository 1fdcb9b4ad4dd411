"""Words of a show's road: to it and on from it, when it is driven and what is to spare. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from outreach.ground.wording import clock, count
from outreach.tour.legs import Leg
from outreach.tour.performances import Performance


@dataclass(frozen=True, kw_only=True)
class LegWords:
    """One drive in words; `how_far` is '' where nobody drives."""

    term: str
    leg: Leg | None
    how_far: str
    times: str
    spare: str
    is_short: bool


def to_it(leg: Leg | None, show: Performance) -> LegWords:
    """The drive to a show: from the base as late as it may be, as the day sheet says it."""
    if leg is None or leg.other is not None or leg.slack < 0:
        return _words("From", leg, show, f"before set-up at {clock(show.get_in_at)}")
    by = show.get_in_at - timedelta(minutes=leg.minutes)
    return LegWords(
        term="From",
        leg=leg,
        how_far=_how_far(leg),
        times=f"Leave by {clock(by)}, there {clock(show.get_in_at)}",
        spare=f"The day begins at {clock(leg.leaves_at)}",
        is_short=False,
    )


def on_from_it(leg: Leg | None, show: Performance) -> LegWords:
    return _words(
        "On to", leg, show, "before set-up there" if leg and leg.other else "before it must be back"
    )


def _words(term: str, leg: Leg | None, show: Performance, before: str) -> LegWords:
    if leg is None:
        return LegWords(term=term, leg=None, how_far="", times="", spare="", is_short=False)
    stays = leg.other is not None and leg.other.organisation_id == show.organisation_id
    return LegWords(
        term=term,
        leg=leg,
        how_far="" if stays else _how_far(leg),
        times="The same school: nobody drives"
        if stays
        else f"Leaves {clock(leg.leaves_at)}, there {clock(leg.arrives_at)}",
        spare="The hall is turned round between" if stays and not leg.slack else _spare(leg.slack, before),
        is_short=leg.slack < 0,
    )


def _how_far(leg: Leg) -> str:
    far = "place not known"
    if leg.far is not None:
        far = f"{round(leg.far.kilometres)} km {'of road' if leg.far.by_road else 'as the crow flies'}"
    return f"{far}, {count(leg.minutes, 'minute')} {'by your table' if leg.by_table else 'by the rule'}"


def _spare(slack: int, before: str) -> str:
    if slack < 0:
        return f"{count(-slack, 'minute')} short on the road {before}"
    return f"{count(slack, 'minute') if slack else 'Not a minute'} to spare {before}"
