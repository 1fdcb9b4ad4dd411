"""Pupils of a target school who missed it, who were added by a place at a neighbour's show, and who caught up.

What a school and those that it alone took over said counts under it. The rule itself is visits/absences.py's.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from outreach.coverage.gaps import Word
from outreach.coverage.targets import Target, TargetOrganisation
from outreach.coverage.year_group_standing import Cell
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import day_of
from outreach.visits import absences
from outreach.visits.absences import Missed, Told
from outreach.visits.verdicts import Verdict


class CatchUps:
    """Of one reckoning. `came`: the catch-ups that took place, by URN."""

    def __init__(self, target: Target, came: Iterable[Verdict], told: Iterable[Told]) -> None:
        self.target = target
        self.came: dict[int, list[Verdict]] = defaultdict(list)
        for verdict in came:
            self.came[verdict.promise.organisation_id].append(verdict)
        said: dict[int, list[Told]] = defaultdict(list)
        for one in told:
            said[one.organisation_id].append(one)
        self._said = said
        self._left_to: dict[int, set[int]] = defaultdict(set)
        for organisation_id in {*said, *self.came}:
            heir = target.heir(organisation_id)
            if heir is not None:
                self._left_to[heir].add(organisation_id)

    def has_any(self, organisation_id: int) -> bool:
        """Whether anything of it was said of the school."""
        return organisation_id in self._left_to

    def of(
        self, organisation: TargetOrganisation, cells: Mapping[int, Cell], counted: Mapping[int, int]
    ) -> dict[int, Missed]:
        """By year group that is seen, or that a catch-up added pupils to; `counted` at its shows."""
        organisation_id, found = organisation.known.organisation_id, {}
        for y in organisation.year_groups:
            if y == STAFF:
                continue
            seen = cells[y].state == Word.SEEN
            came = self._came(organisation_id, y)
            if not seen and not came:
                continue
            missed = absences.missed(
                number=organisation.by_year.get(y),
                own=self.target.is_own(organisation_id, y),
                counted=None if cells[y].uncounted else counted.get(y),
                at_shows=counted.get(y, 0),
                told=self._told(organisation_id, y),
                came=came,
                caught_up=self._caught_up(organisation_id, y),
            )
            found[y] = missed if seen else Missed(added=missed.added)
        return found

    def last_day(self, organisation_id: int) -> date:
        """The London day of the last catch-up that took place, of a school that has one: pupils whom catch-ups added
        stand there."""
        return day_of(
            max(v.promise.starts_at for u in self._left_to[organisation_id] for v in self.came.get(u, ()))
        )

    def _came(self, organisation_id: int, y: int) -> int:
        verdicts = (v for u in self._left_to.get(organisation_id, ()) for v in self.came.get(u, ()))
        return sum(v.counted.get(y, 0) for v in verdicts if v.counted is not None)

    def _told(self, organisation_id: int, y: int) -> int | None:
        """The school's own word; else the words of those that it took over."""
        own = absences.told_of(self._said.get(organisation_id, ()), y)
        if own is not None:
            return own
        words = [absences.told_of(self._said.get(u, ()), y) for u in self._left_to.get(organisation_id, ())]
        numbers = [n for n in words if n is not None]
        return sum(numbers) if numbers else None

    def _caught_up(self, organisation_id: int, y: int) -> int:
        return sum(
            absences.caught_up_of(self._said.get(u, ()), y) for u in self._left_to.get(organisation_id, ())
        )
