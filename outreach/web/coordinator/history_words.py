"""Words of the partnership's history: kinds of what a deed is about, and what it said. Pure."""

from collections.abc import Mapping
from typing import Any

from outreach.ground.history import FILE, LOOK, SIGN_IN, History
from outreach.ground.row_numbers import row_number
from outreach.ground.telling import PAGE
from outreach.ground.wording import capfirst
from outreach.web.coordinator.school_told import deed_in_words

KINDS = {
    "school": "Schools and bodies",
    "booking": "Bookings",
    "programme": "Programmes",
    "tour day": "Tour days",
    "company": "Companies",
    "troupe": "Troupes",
    "troupe link": "Links of troupes",
    "letter": "Letters",
    "own letter": "Letters in own words",
    "incoming": "Mail that came in",
    "event": "Answers of calendars",
    "link request": "Links asked for",
    "person": "People",
    SIGN_IN: "Sign-ins",
    FILE: "Lists and files taken out",
    LOOK: "Looks at personal details",
    "partnership": "The partnership",
    "authority": "Authorities and terms",
    "board report": "Reports to the board",
    "report date": "Dates of reports",
    "spending": "Spending",
    "feed": "Calendars",
    "API token": "Tokens for programs",
    "history": "What was erased of the history",
    PAGE: "Forms that were sent",
}
"""By the history's own word, in the order in which they are offered."""

OF_SCHOOLS = ("school", LOOK)
"""Kinds that are about a school or body, by its number."""

COLUMNS = ("Number", "When", "Who", "What was done", "Kind", "About", "Before", "After")

ERASED = "erased"


def kind_of(subject: str) -> str:
    return KINDS.get(subject, capfirst(subject))


def about(row: History, names: Mapping[int, str]) -> str:
    """Of a school its name, else what the history knows it by."""
    if row.subject in OF_SCHOOLS and (number := row_number(row.subject_id)) is not None:
        return names.get(number, row.subject_id)
    if row.subject in ("booking", FILE, LOOK, PAGE, "authority", "history"):
        return row.subject_id
    return ""


def told(row: History) -> str:
    if row.told_digest is not None and row.told_salt is None:
        return ERASED
    return deed_in_words(row)


def plain(value: Any) -> str:
    """A part of a deed, in a cell of a list."""
    return "" if value is None else deed_in_words(History(before=None, after=value))
