"""Comparison of schools as they were drawn by lot: those asked first with those asked later. Pure.

Chance alone decided on which side a school of one tier stands, and there it counts, whatever it did then: whether it
took the first time that was offered, waited for months, or had the play before its turn. So what differs between the
sides, but for chance, comes of having been asked first. **The unit is a school**: the mean of its performances.

Both sides are compared in the same months of the same tier, in which schools answered *before* their show or *three
months later*, whichever came. Months count from the first in which schools asked first are asked three months after
their show, to the last in which schools asked later still answer before theirs: earlier nobody was reached, and later
all were. A month of a tier has the weight n1·n0/(n1 + n0) in schools; the interval leaves out one school at a time (see
wave_changes.py), and there is none under 10 schools a side.

What it does not know: schools that never booked have no show and answer nothing, so that which schools answered at all
is not chance. Schools that strayed from their turn draw the difference towards none.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from datetime import date

from outreach.outcomes.wave_changes import ANSWERS_AT_LEAST, BEFORE, LATER, Change, Sides, WaveMean, of_sides

Groups = Mapping[int, tuple[Hashable, bool]]
"""{school: (its tier, of which draw; whether it is asked first)}, of schools that chance placed."""


def sides_as_drawn(means: Iterable[WaveMean], groups: Groups) -> Sides:
    """What is set against each other, by tier and month: those asked later, those asked first."""
    found: dict[tuple[Hashable, date], tuple[list[WaveMean], list[WaveMean]]] = defaultdict(lambda: ([], []))
    counted = [
        one
        for one in means
        if one.school in groups and one.answers >= ANSWERS_AT_LEAST and one.wave in (BEFORE, LATER)
    ]
    spans = _spans(counted, groups)
    for one in counted:
        tier, first = groups[one.school]
        begins, ends = spans[tier]
        if begins is not None and ends is not None and begins <= one.month <= ends:
            found[tier, one.month][first].append(one)
    return {at: sides for at, sides in found.items() if all(sides)}


def as_drawn(means: Iterable[WaveMean], groups: Groups) -> Change | None:
    """Those asked first set against those asked later; None where nothing can be compared."""
    return of_sides(sides_as_drawn(means, groups), by_school=True)


def _spans(means: Iterable[WaveMean], groups: Groups) -> dict[Hashable, tuple[date | None, date | None]]:
    """The first and the last month that count, of each tier."""
    spans: dict[Hashable, tuple[date | None, date | None]] = defaultdict(lambda: (None, None))
    for one in means:
        tier, first = groups[one.school]
        begins, ends = spans[tier]
        if first and one.wave == LATER:
            begins = min(one.month, begins or one.month)
        if not first and one.wave == BEFORE:
            ends = max(one.month, ends or one.month)
        spans[tier] = begins, ends
    return spans
