"""Changes from wave to wave, against tables, a slow reference, and counties of which the truth is known."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from math import sqrt
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from how_many import is_longest
from outcomes.simulated_county import RUNS, SEED, County, answers
from outreach.outcomes.wave_changes import (
    AFTER,
    BEFORE,
    LATER,
    Change,
    Level,
    WaveMean,
    between,
    in_the_same_months,
    level,
    t_quantile,
)

Estimator = Callable[[Iterable[WaveMean]], Change | None]


def mean_of(performance: int, wave: str, mean: float, **other: object) -> WaveMean:
    facts: dict[str, object] = {"school": performance, "month": date(2026, 10, 1), "answers": 20, **other}
    return WaveMean(performance=performance, wave=wave, mean=mean, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "degrees, t",
    [(1, 12.706), (2, 4.303), (4, 2.776), (9, 2.262), (10, 2.228), (29, 2.045), (30, 2.042), (120, 1.980)],
)
def test_quantiles_of_students_distribution_are_those_of_the_tables(degrees: int, t: float) -> None:
    assert t_quantile(degrees) == pytest.approx(t, abs=0.0005)


def test_each_school_counts_alike_however_many_its_performances_and_answers() -> None:
    change = between(
        [
            mean_of(1, BEFORE, 0.2, answers=200),
            mean_of(1, AFTER, 0.4, answers=190),
            mean_of(2, BEFORE, 0.4, school=1),
            mean_of(2, AFTER, 0.4, school=1),
            mean_of(3, BEFORE, 0.5, answers=10),
            mean_of(3, AFTER, 0.9, answers=11),
        ],
        BEFORE,
        AFTER,
    )
    assert change == Change(
        first=pytest.approx((0.3 + 0.5) / 2),
        second=pytest.approx((0.4 + 0.9) / 2),
        difference=pytest.approx((0.1 + 0.4) / 2),
        low=None,
        high=None,
        performances=3,
        schools=2,
        schools_a_side=2,
        answers=451,
    )


def test_a_performance_with_nine_answers_in_a_wave_is_not_compared() -> None:
    nine = [mean_of(1, BEFORE, 0.2, answers=9), mean_of(1, AFTER, 0.4)]
    assert between(nine, BEFORE, AFTER) is None
    assert between([mean_of(2, BEFORE, 0.2)], BEFORE, AFTER) is None
    assert between([], BEFORE, AFTER) is None


@pytest.mark.parametrize("schools, has_interval", [(9, False), (10, True)])
def test_there_is_an_interval_from_ten_schools_on_however_many_performances(
    schools: int, has_interval: bool
) -> None:
    means = [
        mean_of(n, wave, mean + n % 2 / 10, school=n % schools)
        for n in range(18)
        for wave, mean in ((BEFORE, 0.4), (LATER, 0.5 + n % 3 / 10))
    ]
    change, found = between(means, BEFORE, LATER), level(means, BEFORE)
    assert change is not None and found is not None
    assert (change.low is not None) == (found.low is not None) == has_interval == change.is_clear


def test_schools_that_are_all_alike_have_no_interval_of_no_width() -> None:
    means = [mean_of(n, wave, mean) for n in range(12) for wave, mean in ((BEFORE, 0.3), (LATER, 0.1 + 0.5))]
    waiting = [mean_of(20 + n, BEFORE, 0.3, month=date(2027, 1, 1)) for n in range(12)]
    asked = [mean_of(40 + n, LATER, 0.6, month=date(2027, 1, 1)) for n in range(12)]
    found = (level(means, LATER), between(means, BEFORE, LATER), in_the_same_months([*waiting, *asked]))
    assert [one and (one.low, one.high) for one in found] == [(None, None)] * 3
    assert [isinstance(one, Change) and one.is_clear for one in found] == [False] * 3


@pytest.mark.parametrize(
    "low, high, is_clear",
    [(0.0, 0.2, False), (-0.2, 0.0, False), (-0.1, 0.1, False), (0.01, 0.2, True), (-0.2, -0.01, True)],
)
def test_a_change_is_clear_where_its_interval_leaves_out_no_change_to_its_very_ends(
    low: float, high: float, is_clear: bool
) -> None:
    change = Change(
        first=0.4,
        second=0.5,
        difference=(low + high) / 2,
        low=low,
        high=high,
        performances=10,
        schools=10,
        schools_a_side=10,
        answers=200,
    )
    assert change.is_clear == is_clear


def test_the_interval_of_pairs_is_that_of_the_textbook() -> None:
    # Ten differences 0.1 to 1.0 have the mean 0.55 and the standard deviation 0.30277; t of 9 is 2.26216.
    means = [mean_of(n, BEFORE, 0.0) for n in range(10)]
    means += [mean_of(n, AFTER, (n + 1) / 10) for n in range(10)]
    change = between(means, BEFORE, AFTER)
    assert change is not None
    assert change.low == pytest.approx(0.55 - 2.26216 * 0.302765 / sqrt(10), abs=1e-5)
    assert change.high == pytest.approx(0.55 + 2.26216 * 0.302765 / sqrt(10), abs=1e-5)


def test_one_wave_is_the_mean_of_its_schools_with_the_interval_of_a_mean() -> None:
    means = [mean_of(n, AFTER, (n + 1) / 10) for n in range(10)]
    few = [mean_of(10, AFTER, 0.0, answers=9), mean_of(11, BEFORE, 0.0)]
    found = level([*means, *few], AFTER)
    assert found == Level(
        mean=pytest.approx(0.55),
        low=pytest.approx(0.55 - 2.26216 * 0.302765 / sqrt(10), abs=1e-5),
        high=pytest.approx(0.55 + 2.26216 * 0.302765 / sqrt(10), abs=1e-5),
        performances=10,
        schools=10,
        answers=200,
    )
    under_ten = level(means[:9], AFTER)
    assert under_ten is not None and (under_ten.low, under_ten.high) == (None, None)
    assert level(few, AFTER) is None


def test_months_are_weighted_by_the_schools_on_both_sides() -> None:
    november, december = date(2026, 11, 1), date(2026, 12, 1)
    change = in_the_same_months(
        [
            mean_of(1, BEFORE, 0.2, month=november),
            mean_of(2, LATER, 0.4, month=november),
            mean_of(3, BEFORE, 0.3, month=december),
            mean_of(4, BEFORE, 0.5, month=december),
            mean_of(5, LATER, 0.8, month=december),
            mean_of(6, LATER, 0.9, month=december),
            mean_of(8, LATER, 0.7, month=december, school=6),
            mean_of(7, BEFORE, 0.9, month=date(2027, 1, 1)),
        ]
    )
    # Weights 1/2 and 1: (0.2 / 2 + 0.4) / 1.5; January has no other side.
    assert change is not None
    assert change.difference == pytest.approx((0.5 * 0.2 + 1 * 0.4) / 1.5)
    assert (change.performances, change.schools, change.schools_a_side, change.low) == (7, 6, 3, None)


def test_a_school_that_was_reached_is_no_school_that_waits() -> None:
    later, waits = mean_of(1, LATER, 0.9), mean_of(2, BEFORE, 0.3)
    its_next_show = mean_of(3, BEFORE, 0.9, school=1)
    with_it, without = in_the_same_months([later, waits, its_next_show]), in_the_same_months([later, waits])
    assert with_it == without is not None
    of_an_earlier_month = mean_of(4, BEFORE, 0.1, school=1, month=date(2026, 9, 1))
    others = mean_of(5, LATER, 0.5, month=date(2026, 9, 1))
    assert in_the_same_months([later, waits, of_an_earlier_month, others]) != without


@st.composite
def counties(draw: st.DrawFn) -> list[WaveMean]:
    """Up to 60 means of up to 30 schools over three months; a school is on one side alone in a month."""
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 29), st.integers(9, 11), st.integers(0, 60), st.sampled_from([BEFORE, LATER])
            ),
            max_size=60,
        )
    )
    return [
        mean_of(n, wave, 1 + of_60 / 15, school=school, month=date(2026, month, 1), answers=9 + of_60 % 3)
        for n, (school, month, of_60, wave) in enumerate(rows)
    ]


def slow_difference(means: list[WaveMean]) -> float | None:
    """The difference as the page says it, worked out with no thought of time."""
    weighted, weights = 0.0, 0.0
    for month in {one.month for one in means}:
        waiting, later = (
            [
                fmean(one.mean for one in side if one.school == school)
                for school in {one.school for one in side}
            ]
            for side in ([o for o in means if (o.month, o.wave) == (month, wave)] for wave in (BEFORE, LATER))
        )
        if waiting and later:
            weight = len(waiting) * len(later) / (len(waiting) + len(later))
            weighted, weights = weighted + weight * (fmean(later) - fmean(waiting)), weights + weight
    return weighted / weights if weights else None


def slow_change(means: list[WaveMean]) -> tuple[float, float | None] | None:
    """Difference and half the interval's width."""
    reached = {
        one.school: min(
            o.month for o in means if o.school == one.school and o.wave == LATER and o.answers >= 10
        )
        for one in means
        if one.wave == LATER and one.answers >= 10
    }
    left = [
        one
        for one in means
        if one.answers >= 10
        and (one.wave == LATER or one.school not in reached or one.month < reached[one.school])
    ]
    months = {one.month for one in left if one.wave == LATER} & {
        one.month for one in left if one.wave == BEFORE
    }
    left = [one for one in left if one.month in months]
    difference = slow_difference(left)
    if difference is None:
        return None
    if min(len({one.school for one in left if one.wave == wave}) for wave in (BEFORE, LATER)) < 10:
        return difference, None
    schools = {one.school for one in left}
    without = [slow_difference([one for one in left if one.school != school]) for school in schools]
    assert None not in without
    others = [one for one in without if one is not None]
    spread = (len(others) - 1) / len(others) * sum((one - fmean(others)) ** 2 for one in others)
    return difference, t_quantile(len(others) - 1) * sqrt(spread)


@given(counties())
def test_comparison_in_the_same_months_is_what_leaving_out_each_school_by_hand_gives(
    means: list[WaveMean],
) -> None:
    change, slow = in_the_same_months(means), slow_change(means)
    assert (change is None) == (slow is None)
    if change is None or slow is None:
        return
    assert change.difference == pytest.approx(slow[0], abs=1e-9)
    assert (change.low is None) == (slow[1] is None or slow[1] < 1e-9)
    if change.low is not None and change.high is not None and slow[1] is not None:
        assert (change.high - change.low) / 2 == pytest.approx(slow[1], abs=1e-9)


def before_and_later(means: Iterable[WaveMean]) -> Change | None:
    return between(means, BEFORE, LATER)


def before(means: Iterable[WaveMean]) -> Level | None:
    return level(means, BEFORE)


TRUTHS: dict[int, dict[float, dict[Callable[[Iterable[WaveMean]], Level | Change | None], float]]] = {
    **dict.fromkeys((12, 34), {0.0: {before: 0.4, before_and_later: 0.0}}),
    60: {0.02: {in_the_same_months: 0.0}},
}
"""{schools: {trend a month: {estimator: what it estimates}}}; where there is no effect, a clear one is a fault."""


def tried(county: County, estimator: Estimator, runs: int) -> tuple[float, float, float]:
    """Of so many runs: the share whose interval covers the truth, the share that says a clear change, and the
    mean difference."""
    random = np.random.default_rng(SEED)
    changes = [estimator(answers(county, random)) for _ in range(runs)]
    compared = [one for one in changes if one is not None and one.low is not None and one.high is not None]
    assert len(compared) == runs
    assert min(one.performances for one in compared) >= 40
    covered = fmean(one.low <= county.effect <= one.high for one in compared)  # type: ignore[operator]
    return covered, fmean(one.is_clear for one in compared), fmean(one.difference for one in compared)


@pytest.mark.parametrize("turnout", [(0.15, 0.35), (0.85, 0.98)])
@pytest.mark.parametrize("icc", [0.0, 0.1])
@pytest.mark.parametrize("schools", [12, 34, 60])
def test_intervals_hold_the_truth_in_19_of_20_counties_whose_schools_have_one_to_four_shows(
    schools: int, icc: float, turnout: tuple[float, float]
) -> None:
    county = County(schools=schools, shows=(1, 4), icc=icc, turnout=turnout, effect=0.0)
    at_least, at_most = (0.93, 0.97) if is_longest() else (0.91, 0.99)
    for trend, truths in TRUTHS[schools].items():
        random, found = np.random.default_rng(SEED), defaultdict(list)
        for _ in range(RUNS):
            means = answers(replace(county, trend=trend), random)
            for estimator, truth in truths.items():
                one = estimator(means)
                assert one is not None and one.low is not None and one.high is not None
                found[estimator].append(one.low <= truth <= one.high)
        for estimator, held in found.items():
            print(f"{estimator.__name__}: {fmean(held):.3f}")
            assert (at_least if estimator is before else 0.93) <= fmean(held) <= at_most, estimator.__name__


def test_who_stays_away_because_of_what_they_would_say_is_not_covered() -> None:
    covered, _, difference = tried(County(shy=0.4), before_and_later, 200)
    assert covered < 0.1
    assert difference > County().effect + 0.05


def test_before_against_three_months_takes_a_trend_for_an_effect_and_the_same_months_do_not() -> None:
    county = County(trend=0.02)
    covered, _, difference = tried(county, before_and_later, 200)
    assert covered < 0.1
    assert difference == pytest.approx(county.effect + 3 * county.trend, abs=0.01)
    _, _, in_months = tried(county, in_the_same_months, 200)
    assert in_months == pytest.approx(county.effect, abs=0.01)


@pytest.mark.parametrize(
    "first, spread, least, most",
    [("need", 0.2, -0.2, -0.05), ("keen", 0.035, 0.02, 0.05), ("keen", 0.127, 0.08, 0.12)],
)
def test_the_same_months_are_too_low_where_need_came_first_and_too_high_where_keen_schools_did(
    first: str, spread: float, least: float, most: float
) -> None:
    county = County(trend=0.02, first=first, spread=spread)
    covered, _, difference = tried(county, in_the_same_months, 200)
    print(f"{first}, {spread}: {100 * (difference - county.effect):+.1f} points")
    assert least < difference - county.effect < most and covered < 0.7
