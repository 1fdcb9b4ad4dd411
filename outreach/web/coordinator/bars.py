"""The bar of the standings: a colour's class and a width for each that there is."""

from outreach.coverage import figures
from outreach.coverage.figures import Totals, YearTotals
from outreach.coverage.standings import OPEN, Word

KEYS = {
    Word.SEEN: "seen", Word.PART_SEEN: "part", Word.TO_CONFIRM: "confirm", Word.BOOKED: "booked",
    Word.PROPOSED: "proposed", Word.ASKED: "asked", Word.NOT_ASKED: "notasked", Word.DECLINED: "declined",
    Word.UNREACHABLE: "unreachable", OPEN: "notasked",
}  # fmt: skip
"""The class of each standing's colour in a bar."""


def bar(totals: Totals | YearTotals) -> list[tuple[str, int]]:
    """(colour class, width in whole percent, at least 1) of each standing, or state of a year group, there is."""
    return [
        (KEYS[Word(word)] if word != OPEN else KEYS[OPEN], max(1, figures.percent(n, totals.schools) or 0))
        for word, n in totals.by.items()
        if n
    ]
