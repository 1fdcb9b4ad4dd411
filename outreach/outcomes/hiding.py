"""Figures of pupils' answers that may be seen, and those kept back with all that would give them away. Pure.

A figure is what one wave of some performances comes to. It is shown from 10 answers and 3 schools. Where under 5 % or
over 95 % said yes, that alone is said, and from 100 answers; else it is hidden where fewer than 5 said yes, or no. A
hidden figure hides how many answered too, and its response rate, and never says why.

What is shown must not be set against another figure to learn a hidden one. A share beside the number of answers tells
how many said yes; a response rate beside it tells how many could have answered: so all three are judged as counts of
people, for every figure of an item at once, by `ground/suppression.py`, and what can be worked out must hold 5 who said
yes, 5 who said no and 5 who did not answer. Nor may anything be worked out of fewer than 3 schools, nor the counts of a
figure that is hidden, however large (`worked_out.py`). Performances with under 10 answers are in no figure, so that
whatever can be worked out rests on 10 answers at least.

A change between two waves says no number of answers, and itself in whole points. It is shown beside its two waves where
each side of it could be shown by itself; and, where it leaves out performances that stand in one of them, only from 10
schools on: then what whole points leave open is wider than any one school's answers could be narrowed down to.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import fmean

from outreach.ground.suppression import AT_LEAST, HIDDEN, Part, Release, Sum, hide
from outreach.outcomes import worked_out
from outreach.outcomes.wave_changes import ANSWERS_AT_LEAST, CLUSTERS_AT_LEAST, by_school

SCHOOLS_AT_LEAST = 3
UNDER, OVER = 0.05, 0.95
"""Shares beyond which only that they are is said, and that from 100 people on."""
BEYOND_FROM = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """How one performance answered one item in one wave; `pupils`: how many could have. Fewer than 10 answers stand in
    no share, but those pupils in the response rate."""

    school: int
    answers: int
    yes: int
    pupils: int

    @property
    def counts(self) -> bool:
        return self.answers >= ANSWERS_AT_LEAST


At = tuple[str, int]
"""(wave, performance)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What a figure rests on: `of`, performances with 10 answers or more. `asked`: those of its response rate, where it
    has one; `dear`: what is hidden last. All are of one wave."""

    of: frozenset[At]
    asked: frozenset[At] = frozenset()
    dear: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a change rests on: the performances of each side, and the figures beside which it stands."""

    sides: tuple[frozenset[At], frozenset[At]]
    beside: tuple[Hashable, Hashable]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaySee:
    """`shown`: figures with their number of answers; `beyond`: those of which only 'under 5 %' or 'over 95 %' is said;
    `rates`: those whose response rate is said too."""

    shown: frozenset[Hashable]
    beyond: frozenset[Hashable]
    rates: frozenset[Hashable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What earlier releases showed, and cannot be taken back: `figures` by keys of their own, the hidden ones
    too, and which of them are `seen`."""

    figures: Mapping[Hashable, Figure]
    seen: MaySee
    known: frozenset[At] = frozenset()
    """Whose answers are known by themselves, from a file for researchers."""


NOTHING_GIVEN = Given(figures={}, seen=MaySee(shown=frozenset(), beyond=frozenset(), rates=frozenset()))


def judge(
    figures: Mapping[Hashable, Figure],
    heard: Mapping[At, Heard],
    *,
    day: date,
    given: Given = NOTHING_GIVEN,
) -> MaySee:
    """Which figures of one item may be seen, all of them side by side and beside what was `given` before.

    What is given is of the same people: a wave that is in a release has the same answers in all that follow.
    """
    work = _Judging(figures, heard, day, given)
    for wave in sorted({wave for figure in figures.values() for wave, _ in figure.of}):
        while work.hid_more(wave):
            pass
    shown = frozenset(work.shown & figures.keys())
    return MaySee(shown=shown, beyond=shown & work.beyond, rates=shown & work.rates)


def may_see_change(
    change: Compared, figures: Mapping[Hashable, Figure], heard: Mapping[At, Heard], seen: MaySee
) -> bool:
    """Whether a change may be seen beside figures that were judged."""
    sides = [_Side([heard[at] for at in some]) for some in change.sides]
    if not all(side.is_enough and side.is_mixed and not side.is_beyond for side in sides):
        return False
    if not all(key in seen.shown and key not in seen.beyond for key in change.beside):
        return False
    is_whole = all(some == figures[key].of for some, key in zip(change.sides, change.beside, strict=True))
    return (
        is_whole or min(len({heard[at].school for at in some}) for some in change.sides) >= CLUSTERS_AT_LEAST
    )


def could_answer(asked: Iterable[Heard]) -> int:
    """Of a response rate: the pupils of these performances, or those who answered, where more came."""
    return sum(max(one.pupils, one.answers if one.counts else 0) for one in asked)


def is_beyond(share: float) -> bool:
    """Whether a share is so near to none or all that it is not said."""
    return not UNDER <= share <= OVER


@dataclass
class _Judging:
    figures: Mapping[Hashable, Figure]
    heard: Mapping[At, Heard]
    day: date
    given: Given
    shown: set[Hashable] = field(default_factory=set)
    beyond: set[Hashable] = field(default_factory=set)
    rates: set[Hashable] = field(default_factory=set)

    def __post_init__(self) -> None:
        for key, figure in self.figures.items():
            side = _Side([self.heard[at] for at in figure.of])
            if side.is_enough and (side.is_said_beyond if side.is_beyond else side.is_mixed):
                self.shown.add(key)
                if side.is_beyond:
                    self.beyond.add(key)
        for key in self.shown:
            asked = [self.heard[at] for at in self.figures[key].asked]
            answers = sum(self.heard[at].answers for at in self.figures[key].of)
            pupils = could_answer(asked)
            if pupils and not is_beyond(answers / pupils):
                self.rates.add(key)
        before = self.given
        self.figures = {**before.figures, **self.figures}
        self.shown |= before.seen.shown
        self.beyond |= before.seen.beyond
        self.rates |= before.seen.rates

    def hid_more(self, wave: str) -> bool:
        """Judge what is shown of a wave, which has no people of another; whether something was hidden by that."""
        before = len(self.shown), len(self.rates)
        self._judge_schools(wave)
        self._judge_people(wave)
        self._judge_hidden(wave)
        return (len(self.shown), len(self.rates)) != before

    def _judge_people(self, wave: str) -> None:
        """Hide what lets a few people be worked out or guessed; where it could not be made sure of but by hiding the
        total, of many people, what lets them be worked out."""
        sums: dict[Told, Sum] = {}
        before: dict[Told, Sum] = {}
        dear, aside = set[Told](), set[Told]()
        answered, asked = self._rows_of(wave)
        for key in self.shown:
            figure = self.figures[key]
            if not any(at[0] == wave for at in figure.of):
                continue
            its = before if key in self.given.seen.shown else sums
            for measure in ("answers", *(() if key in self.beyond else ("yes",))):
                its[key, measure] = (f"{measure} {key!r}", ALL)
                if figure.dear:
                    dear.add((key, measure))
            if key in self.rates:
                its[key, "pupils"] = (f"pupils {key!r}", ALL)
                if not figure.dear:
                    aside.add((key, "pupils"))
        people: Counter[Part] = Counter()
        for at in {*answered, *asked}:
            one = self.heard[at]
            counted = one if one.counts else None
            could = frozenset(f"pupils {key!r}" for key in asked[at])
            if at in self.given.known:
                people[could] += max(one.pupils - one.answers, 0)
                continue
            did = could | {f"answers {key!r}" for key in answered[at]}
            yes = did | {f"yes {key!r}" for key in answered[at]}
            people[yes] += counted.yes if counted else 0
            people[did] += counted.answers - counted.yes if counted else 0
            people[could] += max(one.pupils - (counted.answers if counted else 0), 0)
        hidden = _hidden(sums, people, self.day, before, dear, aside, guessed=True)
        if hidden & dear:
            hidden = _hidden(sums, people, self.day, before, dear, aside, guessed=False)
        for key, measure in hidden:
            (self.rates if measure == "pupils" else self.shown).discard(key)

    def _judge_schools(self, wave: str) -> None:
        """Hide, one after the other, the smallest figure of those that together tell of fewer than 3 schools; then show
        those again of which hiding others made it needless, the largest first."""
        hidden = []
        while told := self._tell_of_few_schools(wave) - self.given.seen.shown:
            hidden.append(min(told, key=self._cost))
            self.shown.discard(hidden[-1])
        for key in sorted(hidden, key=self._cost, reverse=True):
            self.shown.add(key)
            if self._tell_of_few_schools(wave):
                self.shown.discard(key)

    def _tell_of_few_schools(self, wave: str) -> set[Hashable]:
        answered, _ = self._rows_of(wave)
        cells: dict[frozenset[Hashable], set[int]] = defaultdict(set)
        for at, keys in answered.items():
            cells[frozenset(keys)].add(self.heard[at].school)
        return worked_out.that_tell_of_few_schools(cells)

    def _judge_hidden(self, wave: str) -> None:
        """Hide what gives a hidden count away, though that be a large one: hidden for another's sake, it is hidden."""
        theirs = {key for key, figure in self.figures.items() if any(at[0] == wave for at in figure.of)}
        if theirs <= self.rates & self.shown - self.beyond:
            return
        cells = {"of": self._cells(theirs, "of"), "asked": self._cells(theirs, "asked")}
        while True:
            shown = self.shown & theirs
            exact, rates = shown - self.beyond, self.rates & shown
            for which, hidden, known in (
                ("of", theirs - shown, shown),
                ("of", theirs - exact, exact),
                ("asked", shown - rates, rates),
            ):
                kept = self.given.seen.shown
                if told := worked_out.that_give(hidden, cells[which], known, but=kept) - kept:
                    cheapest = min(told, key=self._cost)
                    (self.rates if which == "asked" else self.shown).discard(cheapest)
                    break
            else:
                return

    def _cells(self, keys: set[Hashable], which: str) -> set[frozenset[Hashable]]:
        """The sets of these figures in which some performance stands."""
        found: dict[At, set[Hashable]] = defaultdict(set)
        for key in keys:
            figure = self.figures[key]
            for at in figure.of - self.given.known if which == "of" else figure.asked:
                found[at].add(key)
        return {frozenset(some) for some in found.values()}

    def _cost(self, key: Hashable) -> tuple[bool, int, str]:
        figure = self.figures[key]
        return figure.dear, sum(self.heard[at].answers for at in figure.of), repr(key)

    def _rows_of(self, wave: str) -> tuple[dict[At, set[Hashable]], dict[At, set[Hashable]]]:
        """The shown figures that each performance's answers stand in, and its pupils."""
        answered: dict[At, set[Hashable]] = defaultdict(set)
        asked: dict[At, set[Hashable]] = defaultdict(set)
        for key in self.shown:
            for at in self.figures[key].of - self.given.known:
                if at[0] == wave:
                    answered[at].add(key)
            for at in self.figures[key].asked if key in self.rates else ():
                if at[0] == wave:
                    asked[at].add(key)
        return answered, asked


ALL = frozenset(["all"])

Told = tuple[Hashable, str]
"""(a figure, which of its counts)."""


def _hidden(
    sums: Mapping[Told, Sum],
    people: Mapping[Part, int],
    day: date,
    before: Mapping[Told, Sum],
    dear: set[Told],
    aside: set[Told],
    *,
    guessed: bool,
) -> set[Told]:
    of_all = {"all": {part: people[part] for part in sorted(people, key=worked_out.in_order) if part}}
    given = Release(day=day, people=of_all, shown=tuple(sorted(before.values(), key=lambda one: one[0])))
    judged = hide(
        dict(sorted(sums.items(), key=lambda one: one[1][0])),
        of_all,
        day=day,
        earlier=[given] if before else [],
        dear=dear,
        aside=aside,
        guessed=guessed,
    )
    return {key for key in sums if judged.sums[key].status == HIDDEN}


class _Side:
    """The performances of one wave of a figure."""

    def __init__(self, heard: Sequence[Heard]) -> None:
        answers, yes = sum(one.answers for one in heard), sum(one.yes for one in heard)
        self.is_enough = (
            answers >= ANSWERS_AT_LEAST and len({one.school for one in heard}) >= SCHOOLS_AT_LEAST
        )
        schools = by_school((one.school, one.yes / one.answers) for one in heard)
        self.is_beyond = bool(heard) and is_beyond(fmean(schools))
        self.is_said_beyond = answers >= BEYOND_FROM
        self.is_mixed = min(yes, answers - yes) >= AT_LEAST
