"""The bar of the standings: a colour's class and a width for each that there is."""

from collections.abc import Mapping

from outreach.coverage.figures import Totals, YearTotals
from outreach.coverage.standings import OPEN, Word
from outreach.ground.wording import percent

KEYS: dict[str, str] = {
    Word.SEEN: "seen",
    Word.PART_SEEN: "part",
    Word.TO_CONFIRM: "confirm",
    Word.BOOKED: "booked",
    Word.PROPOSED: "proposed",
    Word.ASKED: "asked",
    Word.NOT_ASKED: "notasked",
    Word.DECLINED: "declined",
    Word.UNREACHABLE: "unreachable",
    OPEN: "notasked",
}
"""The class of each standing's colour in a bar."""


def bar(totals: Totals | YearTotals) -> list[tuple[str, int]]:
    """(colour class, width in whole percent, at least 1) of each standing, or state of a year group, there
    is."""
    return bar_of(totals.by, totals.organisations)


def bar_of(by: Mapping[str, int], schools: int) -> list[tuple[str, int]]:
    """The same of {standing: schools}."""
    return [(KEYS[word], percent(n, schools) or 0) for word, n in by.items() if n]
