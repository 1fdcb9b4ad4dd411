"""Rows for researchers: which of a release's may go out, and the file that they make.

A row says of one performance, wave and item how many answered, the mean and the variance, under a random number that is
drawn once and kept. Neither day nor school stands in it; quarter and type of school do, where three schools share both.
A row goes out where no answer class under 5 is determined by it, and, set against all that pages show, it gives nothing
hidden away: whoever reads it is taken to know whose it is. A row that went out stays.
"""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from outreach.outcomes import hiding, worked_out
from outreach.outcomes.answer_classes import said_of, small_and_determined
from outreach.outcomes.asked_shows import AskedShow, HeldWave
from outreach.outcomes.closed_answers import Counts
from outreach.outcomes.hiding import SCHOOLS_AT_LEAST, At, Figure, Heard
from outreach.outcomes.item_figures import quarter_of
from outreach.outcomes.items import SCALE, QuestionItem
from outreach.outcomes.wave_changes import ANSWERS_AT_LEAST

HEAD = ["performance", "quarter", "type of school", "wave", "item", "answers", "mean", "variance"]


def classes_of(item: QuestionItem, counts: Mapping[int, int]) -> tuple[list[int], list[int]]:
    """(how many gave each answer, the answers)."""
    points = [1, 2, 3, 4, 5] if item.kind == SCALE else [0, 1]
    return [counts.get(point, 0) for point in points], points


def tells_of_no_class(item: QuestionItem, counts: Mapping[int, int]) -> bool:
    """Whether a row has answers enough, and no class under 5 follows from it."""
    theirs, points = classes_of(item, counts)
    return sum(theirs) >= ANSWERS_AT_LEAST and not small_and_determined(theirs, points)


def that_may_go_out(
    wanted: Iterable[At],
    gone: frozenset[At],
    figures: Mapping[Hashable, Figure],
    shown: frozenset[Hashable],
    heard: Mapping[At, Heard],
    *,
    day: date,
) -> frozenset[At]:
    """Which wanted rows may go out beside those that have `gone`, and beside all figures of all releases, shown or not.

    What is left of each shown figure, its rows taken away, must be such as could be shown by itself.
    """
    hidden = {key: one for key, one in figures.items() if key not in shown and one.of}
    in_hidden = {at for one in hidden.values() for at in one.of}
    new = {at for at in wanted if at not in in_hidden} - gone
    while new:
        known = gone | new
        left = {key: Figure(of=figures[key].of - known) for key in shown if figures[key].of - known}
        seen = hiding.judge(left, heard, day=day)
        bad = left.keys() - seen.shown
        if not bad:
            cells = _cells({**left, **{key: Figure(of=one.of - known) for key, one in hidden.items()}})
            bad = worked_out.that_give(hidden, cells, left.keys())
        touched = {at for key in bad for at in figures[key].of & new}
        if not touched:
            return frozenset() if bad else frozenset(new)
        least = min(touched, key=lambda at: (heard[at].answers, at))
        new -= {at for at in touched if heard[at].school == heard[least].school}
    return frozenset()


def _cells(figures: Mapping[Hashable, Figure]) -> set[frozenset[Hashable]]:
    found: dict[At, set[Hashable]] = defaultdict(set)
    for key, figure in figures.items():
        for at in figure.of:
            found[at].add(key)
    return {frozenset(keys) for keys in found.values()}


@dataclass(frozen=True, kw_only=True)
class ResearchRow:
    """One line of the file. `quarter` and `school_type` are '' where fewer than three schools share them."""

    number: int
    quarter: str
    school_type: str
    wave: str
    item: int
    answers: int
    mean: float
    variance: float

    def cells(self) -> list[str | int]:
        where = (self.number, self.quarter, self.school_type, self.wave, self.item)
        return [*where, self.answers, f"{self.mean:.2f}", f"{self.variance:.2f}"]


def rows(
    gone: Mapping[int, frozenset[int]],
    numbers: Mapping[int, int],
    counts: Counts,
    shows: Sequence[AskedShow],
    waves: Sequence[HeldWave],
    items: Sequence[QuestionItem],
) -> list[ResearchRow]:
    """The rows that went out, {item: waves}, by their random number: an order that tells nothing."""
    show_of = {show.performance: show for show in shows}
    places = _places(shows)
    found = []
    for wave in waves:
        for item in items:
            if wave.id not in gone.get(item.id, ()):
                continue
            answers, mean, variance = said_of(*classes_of(item, counts[wave.id, item.id]))
            quarter, school_type = places[show_of[wave.performance].performance]
            found.append(
                ResearchRow(
                    number=numbers[wave.performance],
                    quarter=quarter,
                    school_type=school_type,
                    wave=wave.kind,
                    item=item.id,
                    answers=answers,
                    mean=mean,
                    variance=variance,
                )
            )
    return sorted(found, key=lambda row: (row.number, row.wave, row.item))


def _places(shows: Sequence[AskedShow]) -> dict[int, tuple[str, str]]:
    """{show: (its quarter, its type of school)}, as far as three schools share both, or the quarter."""
    of = {show.performance: (quarter_name(show.day), show.school_type) for show in shows}
    both = Counter(pair for pair, _ in {(of[show.performance], show.organisation_id) for show in shows})
    quarters = Counter(
        quarter for quarter, _ in {(of[show.performance][0], show.organisation_id) for show in shows}
    )
    found = {}
    for show, (quarter, school_type) in of.items():
        if both[quarter, school_type] >= SCHOOLS_AT_LEAST:
            found[show] = quarter, school_type
        else:
            found[show] = (quarter if quarters[quarter] >= SCHOOLS_AT_LEAST else ""), ""
    return found


def quarter_name(day: date) -> str:
    """'2027 Q1', of the calendar."""
    return f"{day.year} Q{(quarter_of(day).month + 2) // 3}"


def codebook(items: Sequence[QuestionItem]) -> Iterator[str]:
    """What each column and each item means, in lines."""
    yield "One row: what the pupils of one performance answered to one item in one wave."
    yield ""
    yield "performance: a random number, the same in every file; it says nothing of who or where"
    yield "quarter, type of school: of the performance; empty where fewer than 3 schools share them"
    yield "wave: before the show; after it, within three days; later, about three months after it"
    yield "item: which question, see below"
    yield "answers: pupils who answered it; who skipped it is not among them"
    yield "mean, variance: of the answers, by two decimals; the variance is that of those who answered"
    yield ""
    yield "Left out: rows under 10 answers; rows from which a class of fewer than 5 answers follows; rows that would"
    yield "give away a figure which is hidden on the outcomes page. So performances where nearly all answered alike are"
    yield "left out more often, and a mean over these rows is not the mean over all."
    yield ""
    for item in items:
        scale = "1 definitely not to 5 definitely" if item.kind == SCALE else "0 false, 1 true"
        right = "" if item.kind == SCALE else f"; right is {item.right_answer}"
        valid = "validated" if item.validated else "not validated"
        yield f"item {item.id}: {item.words}"
        yield f"  answers: {scale}{right}. {valid}. Source: {item.source}. Licence: {item.licence}."


def as_csv(found: Sequence[ResearchRow]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD)
    writer.writerows(row.cells() for row in found)
    return out.getvalue()
