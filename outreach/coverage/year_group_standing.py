"""Standing of one year group at one school: seen, to confirm, booked or open; the first that holds.

Over the promises of the school under all its URNs, and what it inherits from those it succeeded. An organisation that
is trained stays so though more of its staff, who missed it, have places at another session.
"""

from dataclasses import dataclass

from outreach.booking import promises
from outreach.coverage.gaps import Word
from outreach.coverage.targets import Target
from outreach.visits import verdicts
from outreach.visits.verdicts import Verdict

OPEN = "open"


@dataclass(slots=True)
class Cell:
    """One year group at one school: its state, and who was counted in it (None: nobody gave a number).

    `uncounted`: a show of it took place at which nobody counted. `missed`: the predecessors that offered it
    and did not see it, where others did.
    """

    state: str
    counted: int | None = None
    disagree: bool = False
    uncounted: bool = False
    missed: tuple[int, ...] = ()


class Cells:
    """The cells of one reckoning, each judged once. `share`: what part of a year group must be counted."""

    def __init__(self, target: Target, by_organisation_id: dict[int, list[Verdict]], share: float) -> None:
        self.target, self.kin, self.by_organisation_id, self.share = (
            target,
            target.kin,
            by_organisation_id,
            share,
        )
        self._judged: dict[tuple[int, int], Cell] = {}

    def cell_of(self, organisation_id: int, year_group: int) -> Cell:
        key = (organisation_id, year_group)
        if key not in self._judged:
            self._judged[key] = self._judge(organisation_id, year_group)
        return self._judged[key]

    def _judge(self, organisation_id: int, year_group: int) -> Cell:
        """The first that holds, over the promises of the school under all its URNs and what it inherits."""
        line, before = [organisation_id], []
        if organisation_id in self.kin.predecessors:  # most schools came from no other
            line = self.kin.line(organisation_id)
            before = [
                (u, self.cell_of(u, year_group))
                for u in self.kin.predecessors.get(line[-1], ())
                if self.target.offers(u, year_group)
            ]
        own = [v for u in line for v in self.by_organisation_id.get(u, ()) if year_group in v.year_groups]
        if not own and not before:
            return Cell(OPEN)
        words = {v.word for v in own}
        took = [v for v in own if v.word == promises.TOOK_PLACE]
        numbers = [v.counted.get(year_group, 0) for v in took if v.counted is not None]
        for u, cell in before:
            if cell.counted is not None and self.kin.sole_successor(u) is not None:
                numbers.append(cell.counted)
        counted = sum(numbers) if numbers else None
        disagree = promises.DISAGREE in words or any(cell.disagree for _, cell in before)
        inherited = {cell.state for _, cell in before}
        if disagree or promises.MISSING in words or Word.TO_CONFIRM in inherited:
            return Cell(Word.TO_CONFIRM, counted, disagree)
        is_booked = promises.BOOKED in words or Word.BOOKED in inherited
        if is_booked and not self.target.for_adults:
            return Cell(Word.BOOKED, counted)
        uncounted = any(v.counted is None for v in took)
        made_good = all(
            v.word != promises.FAILED or self._made_good(v, took, organisation_id, year_group, counted)
            for v in own
        )
        enough = (
            inherited == {Word.SEEN}
            or bool(took)
            and self._enough(organisation_id, year_group, counted, took)
        )
        if made_good and enough:
            return Cell(Word.SEEN, counted, uncounted=uncounted)
        if is_booked:
            return Cell(Word.BOOKED, counted)
        if took or inherited & {Word.SEEN, Word.PART_SEEN}:
            missed = () if took else tuple(u for u, cell in before if cell.state != Word.SEEN)
            return Cell(
                Word.PART_SEEN, counted, uncounted=uncounted, missed=missed if len(before) > 1 else ()
            )
        return Cell(OPEN, counted)

    def _made_good(
        self, failed: Verdict, took: list[Verdict], organisation_id: int, year_group: int, counted: int | None
    ) -> bool:
        """Whether a show that did not take place is made good: by one that was promised after it, or since
        fewer than half of those whom it promised a place have still not seen it."""
        if any(t.promise.created_at >= failed.promise.starts_at for t in took):
            return True
        promised = failed.promise.pupils.get(year_group, 0)
        if not took or not promised:  # of adults it may not be known how many were promised
            return False
        seen = sum(t.promise.pupils.get(year_group, 0) for t in took) if counted is None else counted
        number = self.target.pupils_of(organisation_id, year_group)
        if number is None:
            return seen >= promised
        rest = number - seen
        return rest <= 0 or 2 * rest < promised

    def _enough(
        self, organisation_id: int, year_group: int, counted: int | None, took: list[Verdict]
    ) -> bool:
        """At least half (a setting) of the year group was counted, where its number is known.

        Nobody counted is never 0: where all that nobody counted was agreed on, how many saw it is unknown,
        and it is seen.
        """
        silent = [v for v in took if v.counted is None]
        if silent and all(v.evidence == verdicts.NOT_COUNTED for v in silent):
            return True
        number = self.target.pupils_of(organisation_id, year_group)
        if number is None:
            return counted is None or counted > 0
        return counted is not None and counted > 0 and counted >= self.share * number
