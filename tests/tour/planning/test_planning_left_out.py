"""Who is left out, and why; who is stuck without a date; and how good the plan is, in words."""

from dataclasses import replace
from datetime import timedelta

import small
from checker import faults

from outreach.tour.planning.plan import (
    DONE,
    GUESTS,
    KEPT,
    NO_DATE,
    NO_PLACE,
    NO_ROOM,
    NO_TIME,
    OUT_OF_TIME,
    PROVEN,
    REGIONS,
    STOPPED,
    TOO_FAR,
    Bounds,
    SchoolLeftOut,
)
from outreach.tour.planning.planner import solve
from outreach.tour.planning.problem import BookedShow, Minutes, Problem, ProblemDay, SchoolToPlan
from outreach.tour.planning.proof import (
    WHY,
    driving_words,
    ended_words,
    rests_on,
    schools_words,
    unreachable_words,
)

MINUTES = Minutes(get_in=45, play=60, get_out=30, turn=30, step=15)
MONDAY = small.FIRST


def line(*gaps: SchoolToPlan, days: tuple[ProblemDay, ...], kilometres: tuple[int, ...]) -> Problem:
    """Places along one road, a minute a kilometre; the base is place 0."""
    road = tuple(tuple(abs(a - b) for b in kilometres) for a in kilometres)
    names = ("the base", *(f"School {n}" for n in range(1, len(kilometres))))
    return Problem(places=names, road=road, gaps=gaps, days=days, minutes=MINUTES)


def gap(
    school: int, *dates: int, shows: int = 1, place: int | None = None, windows=((540, 840),), worth=600.0
) -> SchoolToPlan:
    days = frozenset(MONDAY + timedelta(days=n) for n in dates)
    return SchoolToPlan(
        school=school, place=place or school, shows=shows, worth=worth, windows=windows, dates=days
    )


def day(
    n: int, *, troupe: int = 0, at_most: int = 2, leaves: int = 420, returns: int = 1080, booked=()
) -> ProblemDay:
    return ProblemDay(
        number=10 * n + troupe,
        troupe=troupe,
        day=MONDAY + timedelta(days=n),
        leaves=leaves,
        returns=returns,
        at_most=at_most,
        leaves_from=0,
        returns_to=0,
        booked=booked,
    )


def test_each_school_left_out_has_the_cause_that_holds() -> None:
    problem = line(
        replace(gap(1, 0), place=None),
        gap(2, 5),
        gap(3, 0, 1),
        gap(4, 0, 1, windows=((400, 430),)),
        gap(5, 1),
        gap(6, 0, 1),
        gap(7, 0, 1, worth=100.0),
        days=(day(0), day(1, booked=(BookedShow(place=5, gets_in=600, away=740),), at_most=1)),
        kilometres=(0, 5, 5, 400, 5, 5, 5, 5),
    )
    problem = replace(problem, gaps=(*problem.gaps, gap(8, 0, worth=600.0, place=5)))
    plan = solve(problem, 20)
    assert {out.school: out.cause for out in plan.left_out} == {
        1: NO_PLACE,
        2: NO_DATE,
        3: TOO_FAR,
        4: NO_TIME,
        5: NO_DATE,
        7: NO_ROOM,
    }
    assert (plan.reached, plan.bounds.schools, plan.ended) == (2, 2, PROVEN)
    assert unreachable_words(plan) == "5 schools cannot be reached by any plan."
    assert set(WHY) == {NO_PLACE, NO_DATE, TOO_FAR, NO_TIME, NO_ROOM}


def test_with_nothing_that_fits_there_is_an_empty_plan_that_says_why() -> None:
    problem = line(gap(1, 5), days=(day(0),), kilometres=(0, 5))
    plan = solve(problem, 20)
    assert (plan.visits, plan.left_out) == ((), (SchoolLeftOut(school=1, shows=1, cause=NO_DATE),))
    assert plan.bounds == Bounds(value=600.0, schools=0, driving=0)
    assert plan.ended == PROVEN


def test_a_school_that_is_shown_in_part_says_what_it_lacks() -> None:
    problem = line(gap(1, 0, shows=3), days=(day(0),), kilometres=(0, 5))
    plan = solve(problem, 20)
    assert plan.left_out == (SchoolLeftOut(school=1, shows=1, cause=NO_ROOM),)
    assert (plan.reached, plan.in_part, plan.bounds.schools) == (0, 1, 0)
    none = solve(replace(problem, whole_schools=True), 20)
    assert (none.visits, none.in_part, none.value) == ((), 0, 600.0)


def test_the_one_school_with_one_date_gets_it_though_others_were_dealt_it() -> None:
    """Three pairs want three days alike, but two of the schools can on the same day only: they must share
    it."""
    far = ((540, 840),)
    problem = line(
        gap(1, 0, windows=far),
        gap(2, 0, 1, 2),
        gap(3, 0, windows=far),
        gap(4, 0, 1, 2),
        gap(5, 0, 1, 2),
        gap(6, 0, 1, 2),
        days=(day(0), day(1), day(2)),
        # 1 and 2 are neighbours, and 3 and 4: what is cheapest wants the first day for both pairs.
        kilometres=(0, 50, 51, -50, -51, 10, -10),
    )
    plan = solve(problem, 20)
    assert faults(problem, plan) == []
    assert (plan.reached, plan.left_out) == (6, ())
    assert plan.bounds.value <= plan.value


def test_a_school_never_plays_with_two_troupes_at_once() -> None:
    problem = line(
        gap(1, 0, 1, shows=2, windows=((540, 560),)),
        days=(day(0), day(0, troupe=1), day(1, at_most=1)),
        kilometres=(0, 5),
    )
    plan = solve(problem, 20)
    assert faults(problem, plan) == []
    assert plan.reached == 1 and len({visit.day // 10 for visit in plan.visits}) == 2


def test_the_words_say_how_good_the_plan_is_at_best() -> None:
    plan = solve(line(gap(1, 0), gap(2, 0), days=(day(0),), kilometres=(0, 5, 20)), 20)
    assert schools_words(plan) == "No plan reaches more than 2 schools; this one reaches 2."
    assert (
        driving_words(plan)
        == "This plan drives 40 minutes. That cannot be bettered by any plan that reaches as much."
    )
    assert rests_on(plan) == "This holds for these roads, hours, dates and bookings."
    worse = replace(plan, driving=4427, reached=1, in_part=1, bounds=Bounds(value=0, schools=3, driving=4406))
    assert (
        schools_words(worse) == "This plan reaches 1 school, and 1 in part. At most 2 more could be reached."
    )
    assert (
        driving_words(worse)
        == "No plan that reaches as much drives less than 4,406 minutes; this one drives 4,427: within 0.5 %."
    )
    assert driving_words(replace(worse, beside=(GUESTS,))).startswith(
        "No plan that reaches as much and lets guests travel no more drives less"
    )
    assert driving_words(replace(worse, beside=(GUESTS, REGIONS, KEPT))).startswith(
        "No plan that reaches as much, lets guests travel no more, has no more days in several districts "
        "and moves no more of what is proposed drives less"
    )
    assert "at most three shows to a day" in rests_on(replace(plan, complete=False))


def test_the_words_say_why_the_planner_stopped_and_how_near_the_best_the_plan_is() -> None:
    plan = solve(line(gap(1, 0), gap(2, 0), days=(day(0),), kilometres=(0, 5, 20)), 10)
    assert ended_words(plan) == "Proven best: there is no better plan."
    near = replace(plan, driving=2_000, value=1_007.9, bounds=Bounds(value=1_000, schools=2, driving=1_993))
    over = replace(near, ended=OUT_OF_TIME)
    within = "within 0.4 % of the best there could be"
    assert ended_words(over) == f"Your 10 seconds are over: {within}. More time may bring it nearer."
    assert ended_words(replace(over, given=1.0)).startswith("Your 1 second is over: within 0.4 %")
    assert (
        ended_words(replace(near, ended=STOPPED, seconds=3.4))
        == f"It was stopped after 3 seconds: {within}. This is the best that was found until then."
    )
    assert (
        ended_words(replace(near, ended=DONE, seconds=0.2))
        == f"The planner tried all it knows in 1 second: {within}."
    )


def test_the_bound_never_says_less_than_what_is_booked_drives() -> None:
    """Stopped before anything was proven, what stands is still driven."""
    booked = [
        problem
        for problem in (small.problem(seed, schools=8, days=5, booked=1) for seed in range(6))
        if any(day.booked for day in problem.days)
    ]
    assert booked
    for problem in booked:
        plan = solve(problem, 20, stop=lambda: True)
        assert faults(problem, plan) == []
        assert plan.driving >= plan.bounds.driving >= plan.booked_driving > 0


def test_more_than_three_new_shows_a_day_are_not_listed_and_the_words_say_so() -> None:
    problem = line(
        *(gap(n, 0) for n in range(1, 6)), days=(day(0, at_most=5),), kilometres=(0, 1, 1, 1, 1, 1)
    )
    plan = solve(problem, 20)
    assert faults(problem, plan) == [] and not plan.complete
