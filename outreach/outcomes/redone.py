"""Published sums redone from a file for researchers, as far as they rest on rows shown; the rest in words."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from outreach.outcomes.findings import Findings, WaveFigure
from outreach.outcomes.items import SCALE, QuestionItem
from outreach.outcomes.researchers import HEAD

POINT = 0.011
"""Shares are redone from means of two decimals, and compared within so much."""


class NotOurs(ValueError):
    """No file for researchers."""


@dataclass(frozen=True, kw_only=True)
class Row:
    number: int
    answers: int
    mean: float


@dataclass(frozen=True, kw_only=True)
class Redone:
    """`same`, `differs` and `open`: lines on what comes out the same, what does not, and what cannot be redone."""

    same: list[str]
    differs: list[str]
    open: list[str]


def read(lines: Iterable[str]) -> dict[tuple[int, str], list[Row]]:
    """{(item, wave): rows} of a file. Raises NotOurs."""
    reader = csv.DictReader(lines)
    if list(reader.fieldnames or []) != HEAD:
        raise NotOurs("This is no file for researchers: its first line is another.")
    found: dict[tuple[int, str], list[Row]] = {}
    for line in reader:
        try:
            row = Row(number=int(line["performance"]), answers=int(line["answers"]), mean=float(line["mean"]))
            found.setdefault((int(line["item"]), line["wave"]), []).append(row)
        except (TypeError, ValueError) as fault:
            raise NotOurs(f"Line {reader.line_num} cannot be read.") from fault
    return found


def redone(rows: Mapping[tuple[int, str], Sequence[Row]], found: Findings) -> Redone:
    """What the file says of each item and wave of the whole programme, beside what is published."""
    done = Redone(same=[], differs=[], open=[])
    for one in found.items:
        for wave, figure in one.whole.waves.items():
            _redo(done, one.item, wave, figure, rows.get((one.item.id, wave), ()))
    return done


def _redo(done: Redone, item: QuestionItem, wave: str, figure: WaveFigure, rows: Sequence[Row]) -> None:
    name = f"‘{item.words}’, {wave}"
    if figure.answers is None:
        done.open.append(f"{name}: nothing is published.")
        return
    if len(rows) != figure.performances:
        done.open.append(
            f"{name}: rests on {figure.performances} performances, of which {len(rows)} have a row in the file."
        )
        return
    answers = sum(row.answers for row in rows)
    (done.same if answers == figure.answers else done.differs).append(
        f"{name}: {answers} answers, published are {figure.answers}."
    )
    if figure.level is None:
        done.open.append(f"{name}: only that its share is under 5% or over 95% is published.")
    elif figure.schools != figure.performances:
        done.open.append(
            f"{name}: no row says which performances are of one school, and each school counts alike."
        )
    elif item.kind == SCALE:
        done.open.append(f"{name}: the share who said yes does not follow from means of a scale.")
    else:
        share = fmean(row.mean if item.right_answer else 1 - row.mean for row in rows)
        (done.same if abs(share - figure.level.mean) < POINT else done.differs).append(
            f"{name}: {100 * share:.0f}% gave the right answer, published are {100 * figure.level.mean:.0f}%."
        )
