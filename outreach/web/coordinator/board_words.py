"""Words and marks of a report to the board: whether it helped, and what paper leaves out so that it stays two pages.
Pure."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from outreach.coverage.board import sheets
from outreach.coverage.lists import BODIES, NO_DISTRICT
from outreach.ground import audience
from outreach.ground.typed_days import iso_day
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


@dataclass(frozen=True, kw_only=True)
class Half:
    """Every school, or every body, of one programme of the year; `list` addresses the list of some of them."""

    title: str
    one: str
    seen: int
    schools: int
    share: str
    booked: int
    gaps: int
    people: str
    list: Callable[..., str]


def halves(content: Mapping[str, Any], address: Callable[..., str]) -> list[Half]:
    """The halves of the year's programmes; none in reports of before they stood there."""
    return [
        Half(
            title=half["title"],
            one="body" if half["who"] == BODIES else "school",
            seen=half["standings"]["seen"],
            schools=half["schools"],
            share=half["share_said"] or "not said",
            booked=half["standings"]["booked"],
            gaps=half["gaps"],
            people=_people(half, content["as_of"]),
            list=partial(address, half),
        )
        for half in content.get("side_by_side", ())
    ]


def halves_title(content: Mapping[str, Any]) -> str:
    """'Every school and every body, side by side'."""
    asked = {half["who"] for half in content.get("side_by_side", ())}
    return (
        "Every school and every body, side by side"
        if BODIES in asked
        else "The year’s programmes, side by side"
    )


def _people(half: Mapping[str, Any], as_of: str) -> str:
    """'1,204 pupils of 5,600, 21%, as of 10 January 2027'; why there is no number, where there is none."""
    words = audience.words(half["for_adults"])
    if half["people_as_of"] is None:
        return f"{capfirst(words.many)}: in no report yet"
    on = "" if half["people_as_of"] == as_of else f", as of {day_short(iso_day(half['people_as_of']))}"
    seen, of = half["pupils_seen"], half["target_pupils"]
    if seen["status"] != "shown":
        return f"{capfirst(words.many)}: {seen['status']}{on}"
    said = words.count(seen["number"])
    if half["pupil_share"] is not None:
        return f"{said}; where counted {half['pupil_share_said']} of {of['number']:,}{on}"
    return f"{said}{on}"


def tables_of_bodies(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = (content.get("bodies") or {"tables": []})["tables"]
    return found


@dataclass(frozen=True, kw_only=True)
class Cells:
    """How many bodies of each kind are trained in each district: None where there is none."""

    districts: list[str]
    rows: list[dict[str, Any]]


def cells_of_bodies(content: Mapping[str, Any]) -> Cells | None:
    bodies = content.get("bodies")
    if not bodies:
        return None
    kinds, districts = bodies["tables"]
    there = {(row["kind"], row["district"]): row for row in bodies["cells"]["rows"]}

    def cell(kind: str, district: str) -> dict[str, Any] | None:
        row = there.get((kind, district))
        return row and {
            "place": {"phase": kind, "district": district or NO_DISTRICT},
            "seen": row["standings"]["seen"],
            "schools": row["schools"],
        }

    in_order = sorted(districts["rows"], key=lambda row: (row["key"] == "", row["name"]))
    return Cells(
        districts=[row["name"] for row in in_order],
        rows=[
            {"kind": kind["name"], "cells": [cell(kind["key"], row["key"]) for row in in_order]}
            for kind in kinds["rows"]
        ],
    )


def helped_said(content: Mapping[str, Any]) -> list[str]:
    """What the evidence is worth, what changed, whether schools were chosen by lot, and as of which day."""
    told = content.get("outcomes")
    if not told:
        return []
    is_judged = bool(told["waves"]) and sheets.judged_otherwise(content)
    said = [f"How strong is this? {told['evidence']}" if is_judged else told["evidence"]]
    if changes := [f"{one['said']} {WHEN[one['to']]}" for one in told["changes"]]:
        said.append(
            f"{capfirst(and_list(changes))} than before; in brackets 95% intervals, by school. {told['order']}"
        )
    elif told["waves"]:
        said.append(told["order"])
    if told["as_of"]:
        said[-1] += f" As of {day_short(iso_day(told['as_of']))}."
    return [*said, sheets.NO_LONGER_JUDGED] if is_judged else said


def marks(content: Mapping[str, Any]) -> list[Mark]:
    """Before, after and three months later, as they are drawn and said."""
    return [
        Mark(
            name=wave["name"],
            shape=SHAPES[wave["wave"]],
            said=wave["share_said"],
            interval=wave.get("interval_said") or _interval(wave),
            at=wave["share"],
            low=wave["low"],
            high=wave["high"],
            answers=wave["response_rate_said"],
        )
        for wave in (content.get("outcomes") or {}).get("waves", ())
    ]


def _interval(wave: Mapping[str, Any]) -> str:
    """Of reports that did not keep it in words."""
    if wave["share"] is None:
        return ""
    return "no interval" if wave["low"] is None else f"({wave['low']} to {wave['high']})"
