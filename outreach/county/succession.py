"""Succession of schools: who counts as predecessor and successor; cycles ignored, lines followed to their
ends. Pure.

Facts go to every successor of a school that closed; pupils go only to a sole one (a chain or a merger). On a
split they stay with the predecessor, so that nobody is counted twice. A school that stays open keeps what is
its own, and what was split off from it starts with nothing: `of_closed` leaves such links out.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import Protocol

from outreach.county.schools import OPEN_STATUSES, PROPOSED


class Kin:
    """The links between schools of one reckoning, without cycles."""

    def __init__(self, links: Iterable[tuple[int, int]]) -> None:
        wanted = list(dict.fromkeys(links))
        onward: dict[int, list[int]] = {}
        for predecessor, successor in wanted:
            onward.setdefault(predecessor, []).append(successor)
        self.successors: dict[int, list[int]] = {}
        self.predecessors: dict[int, list[int]] = {}
        for predecessor, successor in wanted:
            if predecessor not in _reached(onward, successor) and predecessor != successor:
                self.successors.setdefault(predecessor, []).append(successor)
                self.predecessors.setdefault(successor, []).append(predecessor)

    def of_closed(self, stays_open: Callable[[int], bool]) -> "Kin":
        """The links that pass anything on: those whose predecessor does not stay open."""
        passing = Kin(())
        for predecessor, successors in self.successors.items():
            if not stays_open(predecessor):
                passing.successors[predecessor] = successors
        for successor, predecessors in self.predecessors.items():
            closed = [
                organisation_id for organisation_id in predecessors if organisation_id in passing.successors
            ]
            if closed:
                passing.predecessors[successor] = closed
        return passing

    def before(self, organisation_id: int) -> list[int]:
        """Every predecessor, at any remove."""
        return _reached(self.predecessors, organisation_id)

    def beyond(self, organisation_ids: Collection[int]) -> set[int]:
        """The predecessors and successors, at any remove, that are not among some schools."""
        ends = self.successors.keys() | self.predecessors.keys()
        waiting = [organisation_id for organisation_id in ends if organisation_id in organisation_ids]
        found: set[int] = set()
        while waiting:
            organisation_id = waiting.pop()
            for near in (
                *self.successors.get(organisation_id, ()),
                *self.predecessors.get(organisation_id, ()),
            ):
                if near not in organisation_ids and near not in found:
                    found.add(near)
                    waiting.append(near)
        return found

    def sole_successor(self, organisation_id: int) -> int | None:
        """The one school that a school became; None when there is none, or several (a split)."""
        found = self.successors.get(organisation_id, ())
        return found[0] if len(found) == 1 else None

    def line(self, organisation_id: int) -> list[int]:
        """The school and the former selves it replaced one for one, newest first: one school under several
        URNs."""
        line = [organisation_id]
        while True:
            before = self.predecessors.get(line[-1], ())
            if len(before) != 1 or len(self.successors[before[0]]) != 1:
                return line
            line.append(before[0])


def _reached(edges: dict[int, list[int]], start: int) -> list[int]:
    """What can be reached from `start`, itself left out unless a circle leads back; nearest first."""
    found: dict[int, None] = {}
    waiting = list(edges.get(start, ()))
    while waiting:
        organisation_id = waiting.pop(0)
        if organisation_id not in found:
            found[organisation_id] = None
            waiting.extend(edges.get(organisation_id, ()))
    return list(found)


class Status(Protocol):
    """Whether a school is open, as the register says it."""

    @property
    def status(self) -> str: ...
    @property
    def close_date(self) -> date | None: ...


class StaysOpen:
    """Which schools are there on a day. `links`: (predecessor, successor, its date) of those that `kin` holds;
    `taken_in`: the URNs that a coordinator took into the target."""

    def __init__(
        self,
        kin: Kin,
        links: Iterable[tuple[int, int, date | None]],
        schools: Mapping[int, Status],
        taken_in: Collection[int],
        day: date,
    ) -> None:
        self._followed, self._schools, self._taken_in = kin.successors.keys(), schools, taken_in
        self._day = day
        self._link_dates: dict[int, date] = {}
        for predecessor, _, linked in links:
            if linked is not None:
                self._link_dates[predecessor] = min(linked, self._link_dates.get(predecessor, linked))

    def is_open(self, organisation_id: int) -> bool:
        """By its status; closed from the closing date on, else from the date of the link to its successor."""
        school = self._schools[organisation_id]
        if school.status in OPEN_STATUSES:
            return True
        if school.status == PROPOSED:
            return False
        closed = school.close_date or self._link_dates.get(organisation_id)
        return closed is not None and closed > self._day

    def __call__(self, organisation_id: int) -> bool:
        """Open, and no predecessor whose closing date has come unless a coordinator took it in. A school that
        is not known is not."""
        if organisation_id not in self._schools or not self.is_open(organisation_id):
            return False
        close_date = self._schools[organisation_id].close_date
        if organisation_id not in self._followed or close_date is None or close_date > self._day:
            return True
        return organisation_id in self._taken_in
