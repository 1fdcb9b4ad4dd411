"""Words and marks of a report to the board: whether it helped, and what paper leaves out so that it stays two pages.
Pure."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from outreach.ground.wording import and_list, capfirst, count, day_short
from outreach.outcomes.figure_words import WHEN
from outreach.web.coordinator.outcomes_words import SHAPES, Mark

ON_PAPER = {"town": (8, "town"), "type": (5, "type")}
"""Of the tables that may be long: how many rows a report's second page takes, and what each is called."""


def off_paper(table: Mapping[str, Any]) -> set[str]:
    """The keys of the rows that paper leaves out, where there are too many for it: those with the fewest gaps."""
    at_most, _ = ON_PAPER.get(table["key"], (None, ""))
    rows = sorted(table["rows"], key=lambda row: -row["gaps"])
    return set() if at_most is None else {row["key"] for row in rows[at_most:]}


def off_paper_said(key: str, left_out: Collection[str]) -> str:
    """What stands below such a table, on paper alone."""
    what = count(len(left_out), ON_PAPER[key][1])
    return f"{what} with fewer gaps {'stands' if len(left_out) == 1 else 'stand'} in the report’s page and files."


def helped_said(content: Mapping[str, Any]) -> list[str]:
    """How strong the evidence is, what changed, whether schools were chosen by lot, and as of which day."""
    told = content.get("outcomes")
    if not told:
        return []
    said = [f"How strong is this? {told['evidence']}" if told["waves"] else told["evidence"]]
    if changes := [f"{one['said']} {WHEN[one['to']]}" for one in told["changes"]]:
        said.append(
            f"{capfirst(and_list(changes))} than before; in brackets 95% intervals, by performance. {told['order']}"
        )
    elif told["waves"]:
        said.append(told["order"])
    if told["as_of"]:
        said[-1] += f" As of {day_short(date.fromisoformat(told['as_of']))}."
    return said


def marks(content: Mapping[str, Any]) -> list[Mark]:
    """Before, after and three months later, as they are drawn and said."""
    return [
        Mark(
            name=wave["name"],
            shape=SHAPES[wave["wave"]],
            said=wave["share_said"],
            interval=_interval(wave),
            at=wave["share"],
            low=wave["low"],
            high=wave["high"],
            answers=wave["response_rate_said"],
        )
        for wave in (content.get("outcomes") or {}).get("waves", ())
    ]


def _interval(wave: Mapping[str, Any]) -> str:
    if wave["share"] is None:
        return ""
    return "no interval" if wave["low"] is None else f"({wave['low']} to {wave['high']})"
