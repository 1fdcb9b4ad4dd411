"""A small school may come to a neighbour's show, where that reaches more; a day stays in one district where
that is cheap."""

import re
from dataclasses import replace

import pytest
import small
from checker import faults
from test_planning_left_out import MONDAY, day, gap, line

from outreach.tour.planning.plan import NO_ROOM, PROVEN, Plan
from outreach.tour.planning.planner import solve
from outreach.tour.planning.problem import BookedShow, CannotPlan, Guests, Problem
from outreach.tour.planning.proof import guests_words

RULES = Guests(reach=20, price=60)


def county(*, days: int = 1, guests: Guests | None = RULES, **of_guest) -> Problem:
    """A school with seats to spare, a small one ten minutes on, and one show a day."""
    host = replace(gap(1, *range(days)), seats=100)
    guest = replace(gap(2, *range(days), worth=500.0), pupils=40, **of_guest)
    problem = line(host, guest, days=tuple(day(n, at_most=1) for n in range(days)), kilometres=(0, 30, 40))
    return replace(problem, guests=guests)


def made(problem: Problem) -> Plan:
    plan = solve(problem, 20)
    assert faults(problem, plan) == []
    return plan


def test_where_there_is_one_place_the_small_school_comes_to_its_neighbour() -> None:
    plan = made(county())
    host, guest = plan.visits
    assert (host.school, host.guest_of) == (1, None)
    assert (guest.school, guest.guest_of, guest.day) == (2, 1, host.day)
    assert (guest.gets_in, guest.starts, guest.away) == (host.gets_in, host.starts, host.away)
    assert (plan.reached, plan.bounds.schools, plan.guests, plan.left_out) == (2, 2, 1, ())
    assert (plan.driving, plan.travelled, plan.value) == (60, 60 + 2 * 10, 60 + 80)
    assert guests_words(plan) == "1 school comes as a guest to a neighbour’s show, if its host agrees."


def test_where_guests_are_not_wanted_it_is_left_out() -> None:
    plan = made(county(guests=None))
    assert [(out.school, out.cause) for out in plan.left_out] == [(2, NO_ROOM)]
    assert (plan.reached, plan.bounds.schools, guests_words(plan)) == (1, 1, "")


def test_where_there_is_a_place_for_a_show_of_its_own_it_has_that() -> None:
    """Two days: the second show costs 80 minutes on the road, and so would the guest, of whom the host must
    be asked."""
    problem = county(days=2, guests=replace(RULES, price=61))
    assert made(problem).guests == 0
    assert made(replace(problem, guests=replace(RULES, price=20))).guests == 1


@pytest.mark.parametrize(
    "changes",
    [
        dict(pupils=101),
        dict(pupils=0),
        dict(shows=2),
        dict(dates=frozenset()),
        dict(windows=((540, 549),)),
    ],
)
def test_it_is_no_guest_where_it_cannot_be_one(changes: dict) -> None:
    problem = county()
    host, guest = problem.gaps
    assert made(replace(problem, gaps=(host, replace(guest, **changes)))).guests == 0


def test_it_is_no_guest_further_away_than_the_setting_says() -> None:
    assert made(county(guests=replace(RULES, reach=10))).guests == 1
    assert made(county(guests=replace(RULES, reach=9))).guests == 0


def test_the_show_begins_later_so_that_the_guest_can_be_there() -> None:
    plan = made(county())
    assert {visit.starts for visit in plan.visits} == {
        555
    }  # nine o'clock, ten minutes on the road, a step of 15
    assert {visit.starts for visit in made(county(guests=None)).visits} == {540}


def test_seats_are_for_as_many_as_there_are() -> None:
    problem = county()
    more = tuple(replace(gap(n, 0, worth=300.0 + n), pupils=40, place=2) for n in (3, 4))
    plan = made(replace(problem, gaps=(*problem.gaps, *more)))
    assert {visit.school for visit in plan.visits if visit.guest_of == 1} == {2, 4}
    assert (plan.reached, plan.bounds.schools) == (3, 3)


def test_a_guest_comes_on_a_date_that_suits_it() -> None:
    problem = county(days=3)
    host, guest = problem.gaps
    third = frozenset({MONDAY.replace(day=MONDAY.day + 2)})
    problem = replace(problem, gaps=(host, replace(guest, dates=third)), days_at_most=1)
    plan = made(problem)
    assert {visit.day for visit in plan.visits} == {20} and plan.guests == 1


def beside_a_booked_show(*, days: int = 1, at_most: int = 1, **of_show) -> Problem:
    """A show of another school stands on the first day at half past ten, 10 minutes from a small school that
    still needs it."""
    at = 10 * 60 + 30
    show = BookedShow(
        place=1, gets_in=at - 45, away=at + 90, seats=50, number=7, school=1, starts=at, **of_show
    )
    guest = replace(gap(2, *range(days)), pupils=40)
    problem = line(guest, days=(day(0, at_most=at_most, booked=(show,)),), kilometres=(0, 30, 40))
    return replace(problem, guests=RULES)


def test_a_small_school_comes_to_a_show_that_stands_on_a_full_day() -> None:
    plan = made(beside_a_booked_show())
    (guest,) = plan.visits
    assert (guest.school, guest.guest_of, guest.standing, guest.starts) == (2, 1, 7, 630)
    assert (plan.reached, plan.guests, plan.driving, plan.booked_driving, plan.ended) == (
        1,
        1,
        60,
        60,
        PROVEN,
    )
    assert (plan.travelled, plan.value, plan.bounds.value) == (80, 80, 80)


def test_a_show_that_stands_is_taken_where_it_costs_less_than_one_of_the_schools_own() -> None:
    """Its own show would be 20 minutes further for the troupe, or 80 by a bad road; as guests they count as
    20 of their own, and for asking the host."""
    problem = beside_a_booked_show(at_most=2)
    assert made(replace(problem, guests=Guests(reach=20, price=1))).guests == 0
    bad_road = tuple(
        tuple(100 if {a, b} == {0, 2} else minutes for b, minutes in enumerate(line))
        for a, line in enumerate(problem.road)
    )
    further = replace(problem, road=bad_road)
    assert made(replace(further, guests=Guests(reach=20, price=59))).guests == 1
    assert made(replace(further, guests=Guests(reach=20, price=61))).guests == 0


def test_no_more_come_to_a_show_that_stands_than_it_has_seats_and_the_most_worth_come_first() -> None:
    problem = beside_a_booked_show()
    more = replace(problem.gaps[0], school=3, worth=900.0)
    plan = made(replace(problem, gaps=(*problem.gaps, more)))
    assert [(visit.school, visit.standing) for visit in plan.visits] == [(3, 7)]
    assert [(out.school, out.cause) for out in plan.left_out] == [(2, NO_ROOM)]


@pytest.mark.parametrize(
    "changes",
    [
        dict(pupils=51),
        dict(dates=frozenset()),
        dict(windows=((540, 639),)),
        dict(windows=((621, 840),)),
        dict(school=1),
    ],
)
def test_it_does_not_come_to_a_show_that_stands_where_it_could_not_be_there(changes: dict) -> None:
    problem = beside_a_booked_show()
    assert made(replace(problem, gaps=(replace(problem.gaps[0], **changes),))).visits == ()


@pytest.mark.parametrize("changes", [dict(seats=-1), dict(starts=0), dict(starts=24 * 60)])
def test_a_show_that_cannot_have_guests_as_it_is_given_is_refused(changes: dict) -> None:
    problem = beside_a_booked_show()
    (one,) = problem.days
    shows = tuple(replace(show, **changes) for show in one.booked)
    with pytest.raises(CannotPlan, match="cannot have guests as it is given"):
        solve(replace(problem, days=(replace(one, booked=shows),)), 5)


@pytest.mark.parametrize(
    "rules", [Guests(reach=-1), Guests(reach=20, price=-1), Guests(reach=20, price=float("nan"))]
)
def test_rules_for_guests_that_make_no_sense_are_refused(rules: Guests) -> None:
    with pytest.raises(CannotPlan, match="nought or more minutes"):
        solve(county(guests=rules), 5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (dict(apart=-1.0), "a day in two districts counts as is nought or more"),
        (dict(apart=float("nan")), "a day in two districts counts as is nought or more"),
        (dict(days_at_most=-1), "The number of tour days to use is nought or more."),
    ],
)
def test_other_rules_that_make_no_sense_are_refused(changes: dict, words: str) -> None:
    with pytest.raises(CannotPlan, match=re.escape(words)):
        solve(replace(small.problem(1), **changes), 5)


@pytest.mark.parametrize("changes", [dict(seats=-1), dict(pupils=-1)])
def test_fewer_than_no_seats_or_pupils_are_refused(changes: dict) -> None:
    problem = county()
    with pytest.raises(CannotPlan, match="fewer than no seats or pupils"):
        solve(replace(problem, gaps=(replace(problem.gaps[0], **changes),)), 5)


def test_a_day_stays_in_one_district_where_that_costs_little() -> None:
    """Two pairs across a border two minutes wide, two pairs within their district a minute further."""
    gaps = tuple(
        replace(gap(n, 0, 1), region=region)
        for n, region in ((1, "North"), (2, "North"), (3, "South"), (4, "South"))
    )
    problem = line(*gaps, days=(day(0), day(1)), kilometres=(0, 40, -38, 41, -40))
    free, together = made(problem), made(replace(problem, apart=200.0))

    def districts(plan: Plan) -> list[int]:
        region = {g.school: g.region for g in gaps}
        by_day: dict[int, set[str]] = {}
        for visit in plan.visits:
            by_day.setdefault(visit.day, set()).add(region[visit.school])
        return sorted(len(there) for there in by_day.values())

    assert (districts(free), districts(together)) == ([2, 2], [1, 1])
    assert (free.apart, together.apart) == (0, 0) and together.driving > free.driving
    assert districts(made(replace(problem, apart=10.0))) == [2, 2]
    assert made(replace(problem, apart=10.0)).apart == 20


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_no_more_days_are_used_than_may_be(most: int) -> None:
    problem = replace(small.problem(8, schools=8, days=5, booked=0, dates=2), days_at_most=most)
    plan = made(problem)
    assert plan.days_used == most
    assert plan.bounds.schools <= 2 * most


def test_a_guest_that_cannot_at_its_hosts_show_is_meant_for_another() -> None:
    """Both hosts can in the morning, one of them only then: so the other, which is nearer, plays late that
    day."""
    near = replace(gap(1, 0, windows=((540, 570), (840, 840))), seats=50)
    further = replace(gap(2, 0, worth=900.0, windows=((540, 570),)), seats=50, place=3)
    guest = replace(gap(3, 0, windows=((500, 600),), worth=500.0), pupils=50, place=2)
    problem = line(near, further, guest, days=(day(0),), kilometres=(0, 30, 45, 62))
    plan = made(replace(problem, guests=RULES))
    assert [(v.school, v.guest_of, v.starts) for v in plan.visits] == [
        (2, None, 540),
        (3, 2, 540),
        (1, None, 840),
    ]
