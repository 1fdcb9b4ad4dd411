"""Fate of each thing that a list says: new, changed, the same, said twice, not in the target, left out, or to
be put right. They sum up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from outreach.county.lists.list_layout import Layout, Record
from outreach.county.lists.uploads import Choices
from outreach.county.lists.which_school import Match, OurSchools, SchoolAsWritten
from outreach.county.schools import School
from outreach.ground.errors import Refusal

NEW, CHANGED, SAME, TWICE, LEFT, REPAIR = "new", "changed", "same", "twice", "left", "repair"
OUTSIDE = "outside"
"""Of a school that no programme is for: not taken in unless a coordinator says so."""
FATES = (REPAIR, NEW, CHANGED, SAME, TWICE, OUTSIDE, LEFT)
MOST_ENTRIES = 40_000
NO_LINE = "A title or a note, nothing to take in"
SAID_AGAIN = "The headings once more"
BY_YOU = "Left out by you"


class TooMuch(Refusal):
    """A list that names more than a county has."""

    field = "file"

    def __init__(self) -> None:
        super().__init__(f"This list names more than {MOST_ENTRIES:,}. Cut it in parts. Nothing was changed.")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One person, one show, or one body that a line names; a line that names none is one entry, too.

    `field`: what is wrong about it ('school', 'address', 'name', 'again', 'year', 'day', 'sunday', 'pupils',
    'second', those of a body), `reason` why, in words. `fields`: what was read, or put right, as text to be mended.
    """

    key: str
    mark: str
    sheet: int
    sheet_name: str
    line: int
    fate: str
    fields: Mapping[str, str]
    shown: str = ""
    reason: str = ""
    field: str = ""
    said: SchoolAsWritten | None = None
    school: School | None = None
    note: str = ""


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, kw_only=True)
class ListPreview(Generic[E]):
    """What a list would do. Every line that was read has at least one entry, and every entry one fate."""

    layouts: Sequence[Layout]
    lines: int
    entries: Sequence[E]
    ours: OurSchools | None

    def with_fate(self, fate: str) -> list[E]:
        return [entry for entry in self.entries if entry.fate == fate]

    @property
    def sums(self) -> dict[str, int]:
        counted = dict.fromkeys(FATES, 0)
        for entry in self.entries:
            counted[entry.fate] += 1
        return counted


def put_right(choices: Choices, key: str, mark: str) -> Mapping[str, str]:
    """What a coordinator put right of an entry; nothing where it was said of another one."""
    said = choices.put_right.get(key, {})
    return said if said.get("of") == mark else {}


def matched(
    record: Record, typed: str | None, ours: OurSchools, known: dict[SchoolAsWritten, Match]
) -> Match:
    """The school of a line, or of what was typed for it; lines that say the same are looked up once."""
    if typed:
        school = ours.by_text(typed)
        if school is None:
            return Match(reason=f"No open school here is ‘{typed[:80]}’")
        return Match(school=school)
    if record.said not in known:
        known[record.said] = ours.find(record.said)
    return known[record.said]


def bounded(entries: Iterable[E]) -> list[E]:
    """All of them. Raises TooMuch."""
    found: list[E] = []
    for entry in entries:
        found.append(entry)
        if len(found) > MOST_ENTRIES:
            raise TooMuch
    return found
