"""Figures that can be made of one item's answers: of each row and wave, of changes, and of the two sides of the same
months. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from outreach.ground.school_year import year_groups_name
from outreach.outcomes.asked_shows import AskedShow, HeldWave
from outreach.outcomes.hiding import At, Compared, Figure, Heard
from outreach.outcomes.wave_changes import (
    AFTER,
    BEFORE,
    LATER,
    Change,
    WaveMean,
    between,
    in_the_same_months,
    pairs_of,
    reached_by,
    sides_of_months,
)

WAVES = (BEFORE, AFTER, LATER)
CHANGES = ((BEFORE, AFTER), (BEFORE, LATER))

WHOLE, MONTHS, DISTRICT, QUARTER, YEAR_GROUP, SCHOOL_TYPE = (
    "whole",
    "same months",
    "district",
    "quarter",
    "year group",
    "type of school",
)

DISTRICT_UNKNOWN, TYPE_UNKNOWN = "District not known", "Type not known"

Key = tuple[str, str, str]
"""(sorted by what, which row, wave)."""


def quarter_of(day: date) -> date:
    """The first day of the calendar's quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _quarter_name(day: date) -> str:
    first = quarter_of(day)
    return f"{first:%B} to {first.replace(month=first.month + 2):%B} {first.year}"


SORTS: Mapping[str, Callable[[AskedShow], tuple[Any, str, str]]] = {
    DISTRICT: lambda show: (
        (not show.district, show.district),
        show.district_code,
        show.district or DISTRICT_UNKNOWN,
    ),
    QUARTER: lambda show: (quarter_of(show.day), quarter_of(show.day).isoformat(), _quarter_name(show.day)),
    YEAR_GROUP: lambda show: (
        show.year_groups,
        "-".join(map(str, show.year_groups)),
        year_groups_name(show.year_groups).capitalize(),
    ),
    SCHOOL_TYPE: lambda show: (show.school_type, show.school_type, show.school_type or TYPE_UNKNOWN),
}
"""What shows are sorted by -> (the row's place, its key, its name) of a show. Pupils of several year groups in one hall
answer together, and are a row of their own."""


class ItemFigures:
    """One item's answers in some waves, and the figures that can be made of them. `with_rows`: of places and times too,
    and of the same months."""

    def __init__(
        self,
        means: Sequence[WaveMean],
        shows: Sequence[AskedShow],
        waves: Sequence[HeldWave],
        *,
        with_rows: bool,
    ) -> None:
        within = {(wave.kind, wave.performance) for wave in waves}
        self.means = [one for one in means if (one.wave, one.performance) in within]
        self.organisation_ids = {show.performance: show.organisation_id for show in shows}
        asked = {wave.performance for wave in waves}
        self.groups = _groups([show for show in shows if show.performance in asked], with_rows=with_rows)
        self.of_group = {
            at: [one for one in self.means if one.performance in members]
            for at, (_, members) in self.groups.items()
        }
        pupils = {show.performance: show.pupils for show in shows}
        told = {(one.wave, one.performance): one for one in self.means}
        self.heard: dict[At, Heard] = {}
        for wave in waves:
            at = wave.kind, wave.performance
            one = told.get(at)
            if one or pupils[wave.performance]:
                self.heard[at] = Heard(
                    school=self.organisation_ids[wave.performance],
                    answers=one.answers if one else 0,
                    yes=round(one.mean * one.answers) if one else 0,
                    pupils=pupils[wave.performance],
                )
        self.figures: dict[Key, Figure] = self._sides_of_months(waves) if with_rows else {}
        for (by, key), (_, members) in self.groups.items():
            for kind in WAVES:
                heard = {at for at in self.heard if at[0] == kind and at[1] in members}
                self.figures[by, key, kind] = Figure(
                    of=frozenset(at for at in heard if self.heard[at].counts),
                    asked=frozenset(heard),
                    dear=by == WHOLE,
                )

    def change(self, by: str, key: str, first: str, second: str) -> tuple[Change, Compared] | None:
        """A row's change and what it rests on; None where nothing can be compared."""
        theirs = self.of_group.get((by, key), [])
        change = between(theirs, first, second)
        if change is None:
            return None
        pairs = pairs_of(theirs, first, second)
        sides = (ats_of(pair[0] for pair in pairs), ats_of(pair[1] for pair in pairs))
        return change, Compared(sides=sides, beside=((by, key, first), (by, key, second)))

    def months(self) -> tuple[Change, Compared] | None:
        """Three months later against 'before' of the same months; None where no month has both."""
        change = in_the_same_months(self.means)
        if change is None:
            return None
        sides = (self.figures[MONTHS, "", BEFORE].of, self.figures[MONTHS, "", LATER].of)
        return change, Compared(sides=sides, beside=((WHOLE, "", BEFORE), (WHOLE, "", LATER)))

    def _sides_of_months(self, waves: Sequence[HeldWave]) -> dict[Key, Figure]:
        """What is compared in the same months: the waves of each side, and all that were asked in these months."""
        months, reached = sides_of_months(self.means), reached_by(self.means)
        found: dict[Key, Figure] = {}
        for side, kind in enumerate((BEFORE, LATER)):
            asked = frozenset(
                (kind, wave.performance)
                for wave in waves
                if wave.kind == kind and wave.month in months and (kind, wave.performance) in self.heard
                if kind == LATER
                or wave.month < reached.get(self.organisation_ids[wave.performance], date.max)
            )
            of = ats_of(one for sides in months.values() for one in sides[side])
            if of:
                found[MONTHS, "", kind] = Figure(of=of, asked=asked)
        return found


def _groups(
    shows: Sequence[AskedShow], *, with_rows: bool
) -> dict[tuple[str, str], tuple[str, frozenset[int]]]:
    """{(sorted by what, key): (name, the performances)}, in the order of the page."""
    found = {(WHOLE, ""): ("", frozenset(show.performance for show in shows))}
    for by, sort in SORTS.items() if with_rows else ():
        places: dict[tuple[Any, str, str], set[int]] = defaultdict(set)
        for show in shows:
            places[sort(show)].add(show.performance)
        for place in sorted(places):
            _, key, name = place
            found[by, key] = (name, frozenset(places[place]))
    return found


def ats_of(means: Iterable[WaveMean]) -> frozenset[At]:
    return frozenset((one.wave, one.performance) for one in means)
