"""Changes in what pupils answer from wave to wave, with their 95 % intervals. Pure.

**The cluster is the school**: pupils who sat in one hall answer alike, and so do two halls of one school, so that
answers are never counted as if each had come by itself, nor performances of one school as if each were of another. A
school counts with the mean of its performances, and each school alike, however many its performances and answers. What
is estimated is the mean over schools. A performance enters a wave with at least 10 answers, and a comparison of two
waves with at least 10 in each.

**One wave** (`level`): the mean over schools, with the t interval of a mean.

**From one wave to another** (`between`): the mean over schools of the difference at their performances. Interval:
mean ± t · s / √k, where s is the standard deviation of the k schools' differences and t the quantile of Student's
distribution with k - 1 degrees of freedom (the paired t interval). With under 10 schools there is no interval, and none
where all are alike: one of width 0 would say that nothing is uncertain.

**In the same months** (`in_the_same_months`): schools are reached in different months, and what a year group
knows changes over a school year by itself. So the answers of three months after a show are compared with those
that other schools, not yet reached, gave *before* theirs in the same month. In month m let n1 schools have
answered three months later and n0 before; the month's difference of means is weighted by n1·n0/(n1 + n0), which
is in proportion to one over its variance where schools vary alike (Cochran 1954, Biometrics 10, 417-451).
Variance: leaving out one school at a time (the delete-one-group jackknife; Efron and Stein 1981, Annals of
Statistics 9, 586-596), with schools minus one degrees of freedom. With under 10 schools on a side there is no
interval. There are no effects of single schools in it: trend and effect could not be told apart then.

Neither knows why a school was reached early. Where those in need came first, the second is too low; where keen schools
did, too high.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import atan, cos, pi, sin, sqrt
from statistics import fmean, stdev

BEFORE, AFTER, LATER = "before", "after", "later"
"""The waves: before the show, within three days of it, and about three months later."""

ANSWERS_AT_LEAST = 10
"""Answers that a performance must have in a wave to be compared."""
CLUSTERS_AT_LEAST = 10
"""Schools, or schools on a side, under which no interval is given."""
ALIKE = 1e-9
"""Half the width of an interval, under which all schools are alike."""
CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class WaveMean:
    """What the pupils of one performance answered to one item in one wave.

    `mean` is a share from 0 to 1 (true or false, whom to tell) or a point of the scale from 1 to 5; `month` is the
    first day of the month in which the wave was open.
    """

    performance: int
    school: int
    wave: str
    month: date
    answers: int
    mean: float


Sides = tuple[list[WaveMean], list[WaveMean]]
"""What is set against each other in one month: those before, those three months later."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """The mean over the schools of one wave, in the unit of the item; `low` and `high` bound the 95 % interval, None
    under 10 schools, and where all are alike."""

    mean: float
    low: float | None
    high: float | None
    performances: int
    schools: int
    answers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Mean of two sides and the difference, second less first, in the unit of the item.

    `performances` are those compared: pairs of one performance's waves, or, in the same months, the performances of
    the two sides together, of `schools` schools, of which one side has `schools_a_side` at least. `low` and `high`
    bound the 95 % interval; None where there are too few to say, and where all are alike.
    """

    first: float
    second: float
    difference: float
    low: float | None
    high: float | None
    performances: int
    schools: int
    schools_a_side: int
    answers: int

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out no change at all."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def level(means: Iterable[WaveMean], wave: str) -> Level | None:
    """What one wave comes to; None where no performance has answers enough."""
    theirs = [one for one in means if one.wave == wave and one.answers >= ANSWERS_AT_LEAST]
    if not theirs:
        return None
    counted = by_school((one.school, one.mean) for one in theirs)
    middle = fmean(counted)
    low, high = _around(middle, _half_width(counted))
    return Level(
        mean=middle,
        low=low,
        high=high,
        performances=len(theirs),
        schools=len(counted),
        answers=sum(one.answers for one in theirs),
    )


def pairs_of(means: Iterable[WaveMean], first: str, second: str) -> list[tuple[WaveMean, WaveMean]]:
    """The performances that can be compared, each with its two waves."""
    by_performance: dict[int, dict[str, WaveMean]] = defaultdict(dict)
    for one in means:
        if one.wave in (first, second) and one.answers >= ANSWERS_AT_LEAST:
            by_performance[one.performance][one.wave] = one
    return [(waves[first], waves[second]) for waves in by_performance.values() if len(waves) == 2]


def between(means: Iterable[WaveMean], first: str, second: str) -> Change | None:
    """The change from one wave to another at the same performances; None where none can be compared."""
    pairs = pairs_of(means, first, second)
    if not pairs:
        return None
    differences = by_school((before.school, after.mean - before.mean) for before, after in pairs)
    difference = fmean(differences)
    low, high = _around(difference, _half_width(differences))
    return Change(
        first=fmean(by_school((before.school, before.mean) for before, _ in pairs)),
        second=fmean(by_school((after.school, after.mean) for _, after in pairs)),
        difference=difference,
        low=low,
        high=high,
        performances=len(pairs),
        schools=len(differences),
        schools_a_side=len(differences),
        answers=sum(before.answers + after.answers for before, after in pairs),
    )


def by_school(numbers: Iterable[tuple[int, float]]) -> list[float]:
    """What each school counts with: the mean of its performances. `numbers`: (school, that of one performance)."""
    schools: dict[int, list[float]] = defaultdict(list)
    for school, one in numbers:
        schools[school].append(one)
    return [fmean(its) for its in schools.values()]


def sides_of_months(means: Iterable[WaveMean]) -> dict[date, Sides]:
    """The performances of each month in which both can be set against each other: those before, those three months
    later.

    A school that has answered three months later by then is not one that waits: its own 'before' of another show in
    such a month is left out.
    """
    enough = [one for one in means if one.answers >= ANSWERS_AT_LEAST and one.wave in (BEFORE, LATER)]
    reached = reached_by(enough)
    months: dict[date, Sides] = defaultdict(lambda: ([], []))
    for one in enough:
        if one.wave == LATER or one.month < reached.get(one.school, date.max):
            months[one.month][one.wave == LATER].append(one)
    return {month: sides for month, sides in months.items() if all(sides)}


def reached_by(means: Iterable[WaveMean]) -> dict[int, date]:
    """{school: the first month in which it answered three months later}."""
    reached: dict[int, date] = {}
    for one in means:
        if one.wave == LATER and one.answers >= ANSWERS_AT_LEAST:
            reached[one.school] = min(one.month, reached.get(one.school, one.month))
    return reached


def in_the_same_months(means: Iterable[WaveMean]) -> Change | None:
    """Three months later, set against 'before' of the same month at schools not yet reached; None where no month has
    both sides."""
    months = sides_of_months(means)
    if not months:
        return None
    firsts, seconds = ([one for sides in months.values() for one in sides[side]] for side in (0, 1))
    sums = {month: _Sums.of(sides) for month, sides in months.items()}
    weight = sum(one.weight for one in sums.values())
    difference = sum(one.weighted_difference for one in sums.values()) / weight
    first = sum(one.weight * one.waiting / one.n_waiting for one in sums.values()) / weight
    a_side = min(len({one.school for one in side}) for side in (firsts, seconds))
    half = _half_width_leaving_out_schools(months, sums) if a_side >= CLUSTERS_AT_LEAST else None
    low, high = _around(difference, half)
    return Change(
        first=first,
        second=first + difference,
        difference=difference,
        low=low,
        high=high,
        performances=len(firsts) + len(seconds),
        schools=len({one.school for one in (*firsts, *seconds)}),
        schools_a_side=a_side,
        answers=sum(one.answers for one in (*firsts, *seconds)),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sums:
    """How many schools stand on each side of one month, and the sums of their means."""

    n_waiting: int
    waiting: float
    n_later: int
    later: float

    @classmethod
    def of(cls, sides: Sides) -> "_Sums":
        waiting, later = (by_school((one.school, one.mean) for one in side) for side in sides)
        return cls(n_waiting=len(waiting), waiting=sum(waiting), n_later=len(later), later=sum(later))

    @property
    def weight(self) -> float:
        """n1·n0/(n1 + n0); 0 where a side is empty."""
        if not self.n_waiting or not self.n_later:
            return 0.0
        return self.n_waiting * self.n_later / (self.n_waiting + self.n_later)

    @property
    def weighted_difference(self) -> float:
        return self.weight and self.weight * (self.later / self.n_later - self.waiting / self.n_waiting)

    def without(self, other: "_Sums") -> "_Sums":
        return _Sums(
            n_waiting=self.n_waiting - other.n_waiting,
            waiting=self.waiting - other.waiting,
            n_later=self.n_later - other.n_later,
            later=self.later - other.later,
        )


def _half_width(values: Sequence[float]) -> float | None:
    """Half the width of the interval of a mean: t · s / √k; None under 10."""
    if len(values) < CLUSTERS_AT_LEAST:
        return None
    return t_quantile(len(values) - 1) * stdev(values) / sqrt(len(values))


def _around(middle: float, half: float | None) -> tuple[float, float] | tuple[None, None]:
    return (None, None) if half is None or half < ALIKE else (middle - half, middle + half)


def _half_width_leaving_out_schools(months: Mapping[date, Sides], sums: Mapping[date, _Sums]) -> float | None:
    """Half the width of the interval: t times the jackknife's standard error; None where one school carries it
    all."""
    of_school: dict[int, dict[date, Sides]] = defaultdict(dict)
    for at, sides in months.items():
        for n, side in enumerate(sides):
            for one in side:
                of_school[one.school].setdefault(at, ([], []))[n].append(one)
    weight = sum(month.weight for month in sums.values())
    weighted = sum(month.weighted_difference for month in sums.values())
    left: list[float] = []
    for its_months in of_school.values():
        less = {month: sums[month].without(_Sums.of(sides)) for month, sides in its_months.items()}
        other_weight = weight + sum(one.weight - sums[month].weight for month, one in less.items())
        if not any(one.weight for one in less.values()) and len(less) == len(sums):
            return None
        other = weighted + sum(
            one.weighted_difference - sums[month].weighted_difference for month, one in less.items()
        )
        left.append(other / other_weight)
    middle = fmean(left)
    variance = (len(left) - 1) / len(left) * sum((one - middle) ** 2 for one in left)
    return t_quantile(len(left) - 1) * sqrt(variance)


@cache
def t_quantile(degrees: int) -> float:
    """The t that Student's distribution with so many degrees of freedom leaves 2.5 % above, found by halving."""
    low, high = 0.0, 1_000.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, degrees) < CONFIDENCE else (low, middle)
    return high


def _within(t: float, degrees: int) -> float:
    """P(|T| <= t): Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4."""
    angle = atan(t / sqrt(degrees))
    odd = degrees % 2
    term = cos(angle) if odd else 1.0
    series = term if degrees > 1 else 0.0
    for n in range(3 if odd else 2, degrees, 2):
        term *= cos(angle) ** 2 * (n - 1) / n
        series += term
    return 2 / pi * (angle + sin(angle) * series) if odd else sin(angle) * series
