"""What makes no sense as a problem is refused in one clear sentence."""

import re
from dataclasses import replace

import pytest
import small

from outreach.tour.planning.planner import solve
from outreach.tour.planning.problem import BookedShow, CannotPlan, KeptShow, Problem

GOOD = small.problem(1, schools=3, days=2, booked=0)
DAY, GAP = GOOD.days[0], GOOD.gaps[0]


def with_day(**changes) -> Problem:
    return replace(GOOD, days=(replace(DAY, **changes), *GOOD.days[1:]))


def with_gap(**changes) -> Problem:
    return replace(GOOD, gaps=(replace(GAP, **changes), *GOOD.gaps[1:]))


def with_road(minutes: float) -> Problem:
    road = [list(line) for line in GOOD.road]
    road[0][1] = minutes
    return replace(GOOD, road=road)


def with_booked(*shows: BookedShow) -> Problem:
    return with_day(booked=shows, leaves=420, returns=1080, leaves_from=4, returns_to=4)


ROAD = GOOD.road[0][1]
TIGHT = (BookedShow(place=0, gets_in=600, away=720), BookedShow(place=1, gets_in=720 + ROAD - 1, away=900))

REFUSED = {
    "no tour days": (replace(GOOD, days=()), "There are no tour days to plan on."),
    "no gaps": (replace(GOOD, gaps=()), "No school is missing a show, so there is nothing to plan."),
    "weight of nought": (with_gap(worth=0.0), "Place 0 has a weight of nought"),
    "weight below nought": (with_gap(worth=-5.0), "Place 0 has a weight of nought"),
    "weight that is no number": (with_gap(worth=float("nan")), "Place 0 has a weight of nought"),
    "no shows": (with_gap(shows=0), "Place 0 needs no show"),
    "a place that is not there": (with_gap(place=99), "School 1000 stands at a place that has no roads."),
    "booked too close": (
        with_booked(*TIGHT),
        "The tour day of Monday 5 October: the shows booked at Place 0 and Place 1 are 1 minute short on the road.",
    ),
    "booked over each other": (
        with_booked(BookedShow(place=0, gets_in=600, away=720), BookedShow(place=0, gets_in=700, away=800)),
        "are 20 minutes short on the road",
    ),
    "booked outside the day": (
        with_booked(BookedShow(place=0, gets_in=421, away=500)),
        "the booked shows do not fit its hours by",
    ),
    "booked backwards": (with_booked(BookedShow(place=0, gets_in=600, away=600)), "ends before it begins"),
    "a day that ends before it begins": (
        with_day(leaves=900, returns=900),
        "The tour day of Monday 5 October ends before it begins.",
    ),
    "a day without shows": (with_day(at_most=0), "takes no show at all"),
    "a base that is not there": (with_day(leaves_from=99), "names a place that has no roads"),
    "the same day twice": (replace(GOOD, days=(DAY, DAY)), "The same tour day is given twice."),
    "a troupe twice on a date": (
        replace(GOOD, days=(DAY, replace(DAY, number=7))),
        "The same date of a troupe is given twice.",
    ),
    "the same school twice": (replace(GOOD, gaps=(GAP, GAP)), "The same school is given twice."),
    "minutes below nought": (with_road(-1), "The road from Place 0 to Place 1 is given as -1 minutes."),
    "minutes that are missing": (
        with_road(float("nan")),
        "The road from Place 0 to Place 1 is given as nan minutes.",
    ),
    "absurd minutes": (with_road(5000), "The road from Place 0 to Place 1 is given as 5000 minutes."),
    "minutes in parts": (with_road(10.5), "Minutes on the road are whole minutes"),
    "a table of the wrong size": (
        replace(GOOD, road=GOOD.road[:-1]),
        "one line and one column for each place",
    ),
    "a show without a running time": (
        replace(GOOD, minutes=replace(GOOD.minutes, play=0)),
        "A show needs a running time",
    ),
    "a get-in below nought": (
        replace(GOOD, minutes=replace(GOOD.minutes, get_in=-1)),
        "A show needs a running time",
    ),
    "a price below nought": (
        replace(GOOD, kept=(KeptShow(school=1000, day=100, starts=600, price=-1),)),
        "The price of moving",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_problem_that_makes_no_sense_is_refused_in_words(what: str) -> None:
    problem, words = REFUSED[what]
    with pytest.raises(CannotPlan, match=re.escape(words)) as refused:
        solve(problem, 5)
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_no_time_at_all_is_refused(seconds: float) -> None:
    with pytest.raises(CannotPlan, match="some seconds"):
        solve(GOOD, seconds)


def test_what_is_kept_of_a_day_or_a_school_that_has_gone_is_only_a_move() -> None:
    gone = (
        KeptShow(school=1000, day=999, starts=600, price=30),
        KeptShow(school=5, day=100, starts=600, price=30),
    )
    plan = solve(replace(GOOD, kept=gone), 20)
    assert {*plan.moved, *plan.dropped} == set(gone)
    assert plan.value == solve(GOOD, 20).value
