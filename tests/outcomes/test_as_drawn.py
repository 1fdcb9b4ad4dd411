"""Schools compared as they were drawn by lot, against a slow reference and counties of which the truth is known."""

from datetime import date
from math import sqrt
from statistics import fmean

import numpy as np
import pytest

from outcomes.drawn_county import DrawnCounty, Groups, answers
from outcomes.simulated_county import RUNS, SEED
from outreach.outcomes.as_drawn import as_drawn
from outreach.outcomes.wave_changes import (
    BEFORE,
    LATER,
    Change,
    WaveMean,
    in_the_same_months,
    t_quantile,
)

JANUARY, FEBRUARY, MARCH = (date(2027, month, 1) for month in (1, 2, 3))


def told(school: int, wave: str, mean: float, month: date = JANUARY, **other: int) -> WaveMean:
    facts = {"performance": school, "answers": 20, **other}
    return WaveMean(school=school, wave=wave, month=month, mean=mean, **facts)


def test_a_school_counts_on_the_side_on_which_it_was_drawn_whatever_it_did() -> None:
    """1 and 2 were asked first; 2 took it late. 3 and 4 were asked later; 4 had it early."""
    change = as_drawn(
        [told(1, LATER, 0.8), told(2, BEFORE, 0.4), told(3, BEFORE, 0.3), told(4, LATER, 0.7)],
        {1: ("tier", True), 2: ("tier", True), 3: ("tier", False), 4: ("tier", False)},
    )
    assert change == Change(
        first=pytest.approx(0.5),
        second=pytest.approx(0.6),
        difference=pytest.approx(0.1),
        low=None,
        high=None,
        performances=4,
        schools=4,
        answers=80,
    )


def test_a_school_is_one_however_many_its_shows() -> None:
    change = as_drawn(
        [
            told(1, LATER, 0.8, performance=11),
            told(1, LATER, 0.6, performance=12),
            told(2, LATER, 0.1),
            told(3, BEFORE, 0.3),
        ],
        {1: ("tier", True), 2: ("tier", True), 3: ("tier", False)},
    )
    assert change is not None
    assert change.second == pytest.approx((0.7 + 0.1) / 2)
    assert (change.schools, change.performances) == (3, 4)


def test_tiers_and_months_are_compared_each_within_itself_and_weighted_by_their_schools() -> None:
    change = as_drawn(
        [
            told(1, LATER, 0.4),
            told(2, BEFORE, 0.2),
            told(3, LATER, 0.9, FEBRUARY),
            told(4, LATER, 0.9, FEBRUARY),
            told(5, BEFORE, 0.5, FEBRUARY),
            told(6, BEFORE, 0.5, FEBRUARY),
            told(7, LATER, 0.1),  # nobody of its tier waits
        ],
        {
            1: (1, True),
            2: (1, False),
            3: (2, True),
            4: (2, True),
            5: (2, False),
            6: (2, False),
            7: (2, True),
        },
    )
    assert change is not None
    assert change.difference == pytest.approx((0.5 * 0.2 + 1 * 0.4) / 1.5)
    assert change.schools == 6


def test_schools_that_chance_did_not_place_and_few_answers_stand_aside() -> None:
    groups = {1: ("tier", True), 2: ("tier", False)}
    pair = [told(1, LATER, 0.8), told(2, BEFORE, 0.4)]
    alone = as_drawn(pair, groups)
    assert as_drawn([*pair, told(3, LATER, 0.1)], groups) == alone
    assert as_drawn([*pair, told(2, BEFORE, 0.1, performance=9, answers=9)], groups) == alone
    assert as_drawn(pair, {}) is None
    assert as_drawn([pair[0]], groups) is None


def test_only_months_count_in_which_the_first_are_asked_again_and_the_others_still_wait() -> None:
    """Before, nobody was reached; after, all were: both would say that the play does nothing."""
    groups = {1: ("tier", True), 2: ("tier", False)}
    before, after = date(2026, 10, 1), date(2027, 6, 1)
    pair = [told(1, LATER, 0.8), told(2, BEFORE, 0.4)]
    others = [told(school, BEFORE, 0.4, before) for school in groups]
    others += [told(school, LATER, 0.8, after) for school in groups]
    assert as_drawn([*pair, *others], groups) == as_drawn(pair, groups)


@pytest.mark.parametrize("waiting, has_interval", [(9, False), (10, True)])
def test_there_is_an_interval_from_ten_schools_a_side_on(waiting: int, has_interval: bool) -> None:
    means = [told(n, LATER, 0.6 + n % 2 / 10) for n in range(10)]
    means += [told(20 + n, BEFORE, 0.4 + n % 2 / 10) for n in range(waiting)]
    groups = {one.school: ("tier", one.wave == LATER) for one in means}
    change = as_drawn(means, groups)
    assert change is not None
    assert (change.low is not None) == has_interval == change.is_clear


def test_the_interval_is_what_leaving_out_each_school_by_hand_gives() -> None:
    random = np.random.default_rng(SEED)
    means, groups = answers(DrawnCounty(schools=60, stray=0.2), random)
    split = {school: group for school, group in groups.items() if group[0] == 2}
    whole = as_drawn(means, split)
    assert whole is not None and whole.high is not None
    schools = {one.school for one in means if one.school in split}
    counted = [school for school in schools if _without(means, split, school) != whole.difference]
    left = [_without(means, split, school) for school in counted]
    assert len(counted) == whole.schools
    middle = fmean(left)
    spread = (len(left) - 1) / len(left) * sum((one - middle) ** 2 for one in left)
    half = t_quantile(len(left) - 1) * sqrt(spread)
    assert whole.high - whole.difference == pytest.approx(half, abs=1e-9)


def _without(means: list[WaveMean], groups: Groups, school: int) -> float:
    change = as_drawn([one for one in means if one.school != school], groups)
    assert change is not None
    return change.difference


def tried(county: DrawnCounty, runs: int) -> tuple[float, float, float]:
    """Of so many runs: the share whose interval covers the truth, the share that says a clear change, and the mean
    difference."""
    random = np.random.default_rng(SEED)
    found = []
    for _ in range(runs):
        means, groups = answers(county, random)
        split = {school: group for school, group in groups.items() if group[0] == 2}
        found.append(as_drawn(means, split))
    compared = [one for one in found if one is not None and one.low is not None and one.high is not None]
    assert len(compared) == runs
    assert min(one.performances for one in compared) >= 40
    covered = fmean(one.low <= county.effect <= one.high for one in compared)  # type: ignore[operator]
    return covered, fmean(one.is_clear for one in compared), fmean(one.difference for one in compared)


@pytest.mark.parametrize(
    "county",
    [
        pytest.param(DrawnCounty(), marks=pytest.mark.long),
        DrawnCounty(effect=0.0),
        pytest.param(DrawnCounty(schools=110, refuse=0.15), marks=pytest.mark.long),
    ],
)
def test_the_interval_holds_the_truth_in_19_of_20_counties(county: DrawnCounty) -> None:
    covered, clear, difference = tried(county, RUNS)
    assert 0.93 <= covered <= 0.97
    assert difference == pytest.approx(county.effect, abs=0.003)
    if county.effect == 0:
        assert 0.03 <= clear <= 0.07


def test_need_first_does_not_bias_it_though_it_does_the_comparison_in_the_same_months() -> None:
    county, random = DrawnCounty(needy=40, schools=100), np.random.default_rng(SEED)
    changes = [in_the_same_months(answers(county, random)[0]) for _ in range(200)]
    assert fmean(one.difference for one in changes if one is not None) < county.effect - 0.03
    _, _, difference = tried(DrawnCounty(needy=40, schools=100), 200)
    assert difference == pytest.approx(county.effect, abs=0.01)


def test_schools_that_stray_from_their_turn_draw_it_towards_no_difference_and_never_beyond() -> None:
    county = DrawnCounty(stray=0.25)
    _, _, difference = tried(county, 200)
    assert 0.02 < difference < county.effect - 0.02


def test_who_goes_first_by_another_order_is_not_covered() -> None:
    covered, _, difference = tried(DrawnCounty(by_name=True), 200)
    assert covered < 0.1
    assert difference > DrawnCounty().effect + 0.05
