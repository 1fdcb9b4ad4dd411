"""What one year group of one school came to: seen, to confirm, booked or open; the first that holds.

Over the promises of the school under all its URNs, and what it inherits from those it succeeded.
"""

from dataclasses import dataclass

from outreach.coverage.gaps import Word
from outreach.coverage.targets import Target
from outreach.visits import verdicts
from outreach.visits.verdicts import ADULTS, Verdict

OPEN = "open"


@dataclass(slots=True)
class Cell:
    """One year group at one school: its state, and who was counted in it (None: nobody gave a number)."""

    state: str
    counted: int | None = None
    disagree: bool = False


class Cells:
    """The cells of one reckoning, each judged once. `share`: what part of a year group must be counted."""

    def __init__(self, target: Target, by_urn: dict[int, list[Verdict]], share: float) -> None:
        self.target, self.kin, self.by_urn, self.share = target, target.kin, by_urn, share
        self._judged: dict[tuple[int, int], Cell] = {}

    def of(self, urn: int, year_group: int) -> Cell:
        key = (urn, year_group)
        if key not in self._judged:
            self._judged[key] = self._judge(urn, year_group)
        return self._judged[key]

    def _judge(self, urn: int, year_group: int) -> Cell:
        """The first that holds, over the promises of the school under all its URNs and what it inherits."""
        line, before = [urn], []
        if urn in self.kin.predecessors:  # most schools came from no other
            line = self.kin.line(urn)
            before = [
                (u, self.of(u, year_group))
                for u in self.kin.predecessors.get(line[-1], ())
                if self.target.offers(u, year_group)
            ]
        own = [v for u in line for v in self.by_urn.get(u, ()) if year_group in v.year_groups]
        if not own and not before:
            return Cell(OPEN)
        words = {v.word for v in own}
        took = [v for v in own if v.word == verdicts.TOOK_PLACE]
        numbers = [v.counted.get(year_group, 0) for v in took if v.counted is not None]
        for u, cell in before:
            if cell.counted is not None and self.kin.sole_successor(u) is not None:
                numbers.append(cell.counted)
        counted = sum(numbers) if numbers else None
        disagree = verdicts.DISAGREE in words or any(cell.disagree for _, cell in before)
        inherited = {cell.state for _, cell in before}
        if disagree or verdicts.MISSING in words or Word.TO_CONFIRM in inherited:
            return Cell(Word.TO_CONFIRM, counted, disagree)
        if verdicts.BOOKED in words or Word.BOOKED in inherited:
            return Cell(Word.BOOKED, counted)
        made_good = not any(
            v.word == verdicts.FAILED and not any(t.promise.created_at >= v.promise.starts_at for t in took)
            for v in own
        )
        enough = inherited == {Word.SEEN} or bool(took) and self._enough(urn, year_group, counted)
        if made_good and enough:
            return Cell(Word.SEEN, counted)
        if took or inherited & {Word.SEEN, Word.PART_SEEN}:
            return Cell(Word.PART_SEEN, counted)
        return Cell(OPEN, counted)

    def _enough(self, urn: int, year_group: int, counted: int | None) -> bool:
        """At least half (a setting) of the year group was counted, where its number is known."""
        if year_group == ADULTS:
            return True
        number = self.target.pupils_of(urn, year_group)
        if number is None:
            return counted is None or counted > 0
        return counted is not None and counted > 0 and counted >= self.share * number
