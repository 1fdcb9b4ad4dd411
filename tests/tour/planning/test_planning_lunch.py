"""A day with two shows or more leaves the troupe its lunch around noon."""

from dataclasses import replace

import pytest
import small
from checker import faults
from hypothesis import given, settings
from hypothesis import strategies as st
from test_planning_left_out import day, gap, line

from how_many import so_many
from outreach.tour.planning import lunch, pool
from outreach.tour.planning.planner import solve
from outreach.tour.planning.problem import BookedShow, Problem
from outreach.tour.planning.proof import rests_on
from outreach.tour.planning.set_up import StaysOver

# A show from its get-in until the troupe is away: 45 + 60 + 30 minutes.
MORNING, NOON = ((600, 600),), ((735, 900),)


def two(*, minutes: int, windows=NOON, **hours) -> Problem:
    """One show at ten, and one that could begin as soon as the troupe is there: over at 11.30, there at
    11.35."""
    return line(
        gap(1, 0, windows=MORNING),
        gap(2, 0, windows=windows),
        days=(replace(day(0, **hours), lunch=minutes),),
        kilometres=(0, 5, 10),
    )


def starts(problem: Problem) -> list[int]:
    plan = solve(problem, 20)
    assert faults(problem, plan) == []
    return [visit.starts for visit in plan.visits]


def test_the_second_show_begins_later_so_that_there_is_lunch() -> None:
    assert starts(two(minutes=0)) == [600, 750]  # over at 11.30, five minutes away, in from 11.35
    assert starts(two(minutes=30)) == [600, 750]  # away at 14.00: lunch until 14.30
    assert starts(two(minutes=45)) == [600, 795]  # 11.35 to 12.20 is lunch, then the get-in
    assert starts(two(minutes=60)) == [600, 810]


def test_without_time_for_lunch_the_second_show_is_not_offered() -> None:
    assert starts(two(minutes=45, windows=((735, 765),))) == [600]


def test_lunch_after_the_last_show_is_lunch_too() -> None:
    early = line(
        gap(1, 0, windows=((480, 480),)),
        gap(2, 0, windows=((600, 630),)),
        days=(replace(day(0, leaves=360), lunch=60),),
        kilometres=(0, 5, 10),
    )
    assert starts(early) == [480, 630]  # away at 12.00, back at 12.10, free until 14.30


def test_a_single_show_asks_for_no_lunch() -> None:
    problem = two(minutes=210)
    assert starts(replace(problem, gaps=problem.gaps[1:])) == [735]


def test_a_booked_show_counts() -> None:
    stands = (BookedShow(place=1, gets_in=555, away=690),)
    problem = two(minutes=45)
    problem = replace(problem, gaps=problem.gaps[1:], days=(replace(problem.days[0], booked=stands),))
    assert starts(problem) == [795]


def test_a_set_that_may_stay_stands_through_lunch_for_the_next_show_in_its_hall() -> None:
    """The tables are laid at noon and gone at 13:10; the hall is turned round in 50 minutes. Set up for a show from 10:30
    to 11:30, the set stays, and the next begins as the tables are gone. By itself it needs its set up by noon."""
    hall = replace(gap(1, 0, shows=2, windows=((540, 630), (790, 820))), stays_over=StaysOver(720, 790))
    problem = line(hall, days=(day(0, leaves=580),), kilometres=(0, 5))
    problem = replace(problem, minutes=replace(problem.minutes, turn=50))
    assert starts(problem) == [630, 795]
    for leaves, seen in ((670, [795]), (671, [])):
        late = line(replace(hall, shows=1), days=(day(0, leaves=leaves),), kilometres=(0, 5))
        assert starts(late) == seen


IN_HALL = StaysOver(720, 810)


@pytest.mark.parametrize(
    ("minutes", "stays_over", "set_stays", "seen"),
    [
        (150, IN_HALL, True, [540, 810]),  # from 11:00 to 13:30
        (151, IN_HALL, True, [540]),
        (60, None, True, [540, 810]),
        (106, None, False, [540]),  # from 11:00 to set-up at 12:45
        (105, None, False, [540, 810]),
    ],
)
def test_a_troupe_is_free_between_two_shows_on_one_set_and_else_between_pack_up_and_set_up(
    minutes: int, stays_over: StaysOver | None, set_stays: bool, seen: list[int]
) -> None:
    hall = replace(
        gap(1, 0, shows=2, windows=((540, 540), (810, 810))), stays_over=stays_over, set_stays=set_stays
    )
    day_out = replace(day(0), returns=960, lunch=minutes)
    assert starts(line(hall, days=(day_out,), kilometres=(0, 5))) == seen


def test_a_troupe_has_lunch_beside_a_set_that_stands_until_the_show_begins() -> None:
    """Set up from 11:15 until the tables are laid at noon; the show begins at 13:30 or a little later."""
    for minutes, seen in ((90, [480, 810]), (91, [480, 825]), (106, [480])):
        early = gap(1, 0, windows=((480, 480),))
        hall = replace(gap(2, 0, windows=((810, 825),)), stays_over=IN_HALL)
        days = (replace(day(0, leaves=360), lunch=minutes),)
        assert starts(line(early, hall, days=days, kilometres=(0, 75, 80))) == seen


@pytest.mark.parametrize("minutes", [-1, 211])
def test_a_lunch_that_cannot_be_is_refused(minutes: int) -> None:
    with pytest.raises(Exception, match="lunch lies between 11:00 and 14:30"):
        solve(two(minutes=minutes), 5)


@given(
    minutes=st.sampled_from((0, 20, 30, 60)),
    leaves=st.integers(360, 800),
    steps=st.lists(
        st.tuples(st.integers(0, 80), st.integers(0, 90), st.integers(30, 150)), min_size=2, max_size=3
    ),
    home=st.tuples(st.integers(0, 80), st.integers(0, 90)),
)
@settings(deadline=None, max_examples=so_many(300))
def test_whether_there_is_lunch_is_what_trying_every_minute_says(minutes, leaves, steps, home) -> None:
    clock, shows, roads = leaves, [], []
    for road, slack, length in steps:
        roads.append(road)
        gets_in = clock + road + slack
        shows.append((gets_in, gets_in + length))
        clock = gets_in + length
    road, slack = home
    returns = clock + road + slack
    roads.append(road)
    work = [lunch.AtWork(gets_in, gets_in, away, away) for gets_in, away in shows]
    said = lunch.kept(minutes, leaves=leaves, returns=returns, shows=work, roads=roads, turn=0)
    legs = [
        (
            0 if at == 0 else shows[at - 1][1],
            leaves if at == 0 else shows[at - 1][1],
            roads[at],
            shows[at][0] if at < len(shows) else None,
        )
        for at in range(len(shows) + 1)
    ]
    found = not minutes
    for since, drives, road, until in legs:
        latest = (returns if until is None else until) - road
        for sets_out in range(drives, latest + 1):
            free_minutes = set(range(since, sets_out)) | set(range(sets_out + road, until or 24 * 60))
            row = 0
            for minute in range(11 * 60, 14 * 60 + 30):
                row = row + 1 if minute in free_minutes else 0
                found = found or row >= minutes
    assert said == found


def test_the_day_says_so_in_its_own_words() -> None:
    morning = lunch.AtWork(500, 560, 620, 640)
    for away, said in ((800, True), (850, False)):
        shows = [morning, lunch.AtWork(645, 700, 790, away)]
        assert lunch.kept(30, leaves=420, returns=1080, shows=shows, roads=[5, 5, 5], turn=20) == said


@pytest.mark.parametrize("a_day", [2, 3])
def test_with_other_hours_each_day_there_are_too_many_ways_and_the_nearest_are_tried(
    monkeypatch: pytest.MonkeyPatch, a_day: int
) -> None:
    """As with nights away: no two days begin and end at the same place. Few neighbours are enough to reach
    everybody."""
    monkeypatch.setattr(pool, "MOST_PATTERNS", 3000)
    monkeypatch.setattr(pool, "MOST_CELLS", 100_000)
    county = small.problem(4, schools=40, days=30, a_day=a_day, booked=0, dates=2)
    days = tuple(
        replace(each, leaves=400 + at, returns=1080, leaves_from=at, returns_to=(at * 7) % 40, lunch=30)
        for at, each in enumerate(county.days)
    )
    gaps = tuple(replace(each, place=at, shows=1, worth=900.0) for at, each in enumerate(county.gaps))
    plan = solve(replace(county, days=days, gaps=gaps), 20)
    assert faults(replace(county, days=days, gaps=gaps), plan) == []
    assert (plan.reached, plan.complete) == (40, False)
    assert "nearest" in rests_on(plan)
