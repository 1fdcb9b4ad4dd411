"""What a school is worth, in minutes of driving."""

import pytest

from outreach.tour.planning.problem import CannotPlan
from outreach.tour.planning.worth import PUPILS, SCHOOLS, Weights, worth


def test_schools_first_counts_every_school_nearly_alike() -> None:
    assert worth(1, 100, False, False) == 620
    assert worth(2, 450, False, False) == worth(1, 300, False, False) == 660
    assert worth(1, 100, True, True) == 620 + 300 + 60


def test_pupils_first_counts_each_show_and_each_pupil() -> None:
    assert worth(1, 100, False, False, PUPILS) == 700
    assert worth(2, 450, True, False, PUPILS) == 2 * 600 + 450 + 300


@pytest.mark.parametrize("first", [SCHOOLS, PUPILS])
def test_an_unknown_number_of_pupils_counts_for_no_more_than_the_school(first: str) -> None:
    assert worth(1, None, False, False, first) == 600


def test_weights_can_be_set() -> None:
    weights = Weights(school=100, behind=0, never_seen=1000)
    assert worth(1, 0, True, True, weights=weights) == 1100


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (Weights(school=0), "no school would ever be worth the road"),
        (Weights(school=0, behind=0, never_seen=0), "no school would ever be worth the road"),
        (Weights(behind=-1), "from 0 to 10,000"),
        (Weights(never_seen=10_001), "from 0 to 10,000"),
        (Weights(school=float("nan")), "from 0 to 10,000"),
        (Weights(school=float("inf")), "from 0 to 10,000"),
    ],
)
def test_weights_that_make_no_sense_are_refused_in_words(weights: Weights, words: str) -> None:
    with pytest.raises(CannotPlan, match=words):
        worth(1, 100, True, True, weights=weights)


def test_somebody_has_to_come_first() -> None:
    with pytest.raises(CannotPlan, match="schools or pupils"):
        worth(1, 100, True, True, "districts")
