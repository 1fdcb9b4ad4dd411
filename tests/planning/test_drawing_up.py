"""What a plan is drawn up from: who still needs a show, on which days, between what stands; and what is
refused."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask import Flask

import make
from drawn_by_lot import lay_draw
from little_tour import MONDAY, QUICK, Tour, proposed, stands
from outreach.county import school_lunch
from outreach.ground.db import db
from outreach.planning import candidates
from outreach.planning import rules as plan_rules
from outreach.planning.drawing_up import draw
from outreach.planning.ordering import order
from outreach.planning.rules import PlanRules, RulesMakeNoSense
from outreach.tour.planning.problem import CannotPlan, Problem
from outreach.tour.roads import RoadMinutes


def problem(tour: Tour, rules: PlanRules = QUICK) -> Problem:
    return draw(tour.programme, rules, now=make.NOW).problem


def test_every_school_that_still_needs_a_show_is_a_gap_with_its_pupils_hours_and_days(app: Flask) -> None:
    tour = Tour(schools=2, days=3)
    big = tour.school(5, number_of_pupils=900, name="Big School")
    make.own_number(big, 8, 200)
    make.own_number(big, 9, 150)
    drawn = draw(tour.programme, QUICK, now=make.NOW)
    assert [(gap.school, gap.shows) for gap in drawn.problem.gaps] == [
        (tour.schools[0].organisation_id, 1),
        (tour.schools[1].organisation_id, 1),
        (big.organisation_id, 2),
    ]
    assert [drawn.schools[big.organisation_id].seated(n) for n in (0, 1)] == [175, 175]
    first = drawn.problem.gaps[0]
    assert first.windows == ((9 * 60, 15 * 60 - 75),)
    assert first.dates == {day.day for day in tour.days}


def test_a_lunch_cuts_the_hours_in_two_and_in_a_dining_hall_for_set_up_and_pack_up_too(app: Flask) -> None:
    """60, 75 and 30 minutes from 9 to 3, lunch from 12:15 to 13:15. Of the dining hall nothing is left of the
    afternoon: after the tables, at 13:30, set-up and show would be over at a quarter to four."""
    tour = Tour(schools=4, days=1)
    tour.partnership.lunch_begins, tour.partnership.lunch_ends = time(12, 15), time(13, 15)
    for school, hall, stays in zip(tour.schools[1:], (False, True, True), (False, False, True), strict=True):
        school_lunch.say(
            school,
            time(12, 15),
            time(13, 15),
            is_dining_hall=hall,
            set_may_stay=stays,
            who="Jo",
            now=make.NOW,
        )
    gaps = problem(tour).gaps
    silent, elsewhere, dining, standing = (gap.windows for gap in gaps)
    assert silent == elsewhere == ((9 * 60, 11 * 60), (13 * 60 + 15, 15 * 60 - 75))
    assert dining == ((9 * 60, 10 * 60 + 15),)
    # Where the set may stay, the show begins when the tables are gone, and set-up was over before they came.
    assert standing == ((9 * 60, 10 * 60 + 15), (13 * 60 + 30, 15 * 60 - 75))
    assert [gap.stays_over is not None for gap in gaps] == [False, False, False, True]
    assert gaps[3].sets_up_at(13 * 60 + 30, 60) == 12 * 60 - 60


def test_who_has_it_booked_is_no_gap_and_the_show_stands_on_its_day(app: Flask) -> None:
    tour = Tour(schools=2, days=1)
    show = stands(tour, tour.schools[0], time(10))
    make.booking(show, {8: 100, 9: 100})
    found = problem(tour)
    assert [gap.school for gap in found.gaps] == [tour.schools[1].organisation_id]
    (day,) = found.days
    assert [(b.gets_in, b.away) for b in day.booked] == [(9 * 60, 11 * 60 + 45)]
    base, school = day.leaves_from, day.booked[0].place
    assert base is not None and found.road[base][school] == 13  # 6 + 1.25 x 5 km, rounded up


def test_a_show_that_stands_has_the_seats_for_guests_that_its_host_leaves_and_does_not_keep(
    app: Flask,
) -> None:
    tour = Tour(schools=5, days=4, audience_ceiling=250)
    booked, open_, kept_back = (
        stands(tour, school, time(10), day.day)
        for school, day in zip(tour.schools[:3], tour.days[:3], strict=True)
    )
    for show in (booked, open_, kept_back):
        make.booking(show, {8: 100, 9: 100})
    make.consent(open_, 30, how="open")
    make.consent(kept_back, 0, how="none")
    asked = proposed(tour, tour.schools[3], tour.days[3].day)

    def on_offer(rules: PlanRules) -> dict[int, int]:
        return {
            show.number: show.seats for day in problem(tour, rules).days for show in day.booked if show.seats
        }

    assert on_offer(QUICK) == {}
    wanted = replace(QUICK, guests=True)
    assert on_offer(wanted) == {booked.id: 50, open_.id: 30, asked.performance_id: 50}
    make.booking(booked, {8: 20}, of=tour.school(6))
    assert on_offer(wanted)[booked.id] == 30
    (there,) = [show for day in problem(tour, wanted).days for show in day.booked if show.number == booked.id]
    assert (there.school, there.starts) == (tour.schools[0].organisation_id, 10 * 60)
    assert on_offer(replace(wanted, moves=True)) == {booked.id: 30, open_.id: 30}


def test_a_school_with_no_address_and_one_that_said_no_are_left_out_and_named(app: Flask) -> None:
    tour = Tour(schools=2)
    lost = make.school(name="Lost School", number_of_pupils=500, statutory_high_age=16)
    make.answer(tour.programme, tour.schools[0], "declined", make.EARLIER, "exams until July")
    drawn = draw(tour.programme, QUICK, now=make.NOW)
    assert set(drawn.left_out) == {
        (lost.organisation_id, 1, candidates.NO_ADDRESS),
        (tour.schools[0].organisation_id, 1, candidates.SAID_NO),
    }
    asked_too = draw(tour.programme, replace(QUICK, declined_too=True), now=make.NOW)
    assert {gap.school for gap in asked_too.problem.gaps} == {s.organisation_id for s in tour.schools}


def test_a_school_without_a_place_stands_in_the_middle_of_its_district_and_is_marked(app: Flask) -> None:
    tour = Tour(schools=2)
    astray = tour.school(3, easting=None, northing=None, name="Astray School")
    drawn = draw(tour.programme, QUICK, now=make.NOW)
    assert drawn.schools[astray.organisation_id].located.known is False
    middle = drawn.schools[astray.organisation_id].located.place
    assert middle is not None and middle.easting == 457500
    gap = next(gap for gap in drawn.problem.gaps if gap.school == astray.organisation_id)
    assert gap.place is not None


def test_closed_days_and_dates_that_a_school_refused_are_not_among_its_dates(app: Flask) -> None:
    tour = Tour(schools=1, days=3)
    proposed(tour, tour.schools[0], tour.days[1].day, ended_as="refused")
    assert problem(tour).gaps[0].dates == {MONDAY, MONDAY + timedelta(days=2)}


def test_what_is_proposed_stands_unless_the_rules_let_it_move(app: Flask) -> None:
    tour = Tour(schools=2, days=2)
    proposal = proposed(tour, tour.schools[0], MONDAY)
    fixed = problem(tour)
    assert [gap.school for gap in fixed.gaps] == [tour.schools[1].organisation_id]
    assert len(fixed.days[0].booked) == 1 and fixed.kept == ()
    loose = draw(tour.programme, replace(QUICK, moves=True), now=make.NOW)
    assert [gap.school for gap in loose.problem.gaps] == [s.organisation_id for s in tour.schools]
    assert not any(day.booked for day in loose.problem.days)
    (kept,) = loose.problem.kept
    assert (kept.school, kept.day, kept.starts, kept.price) == (
        tour.schools[0].organisation_id,
        tour.days[0].id,
        600,
        120.0,
    )
    assert [each.proposal_id for each in loose.movable] == [proposal.id]


def test_days_before_the_notice_is_over_after_the_finish_and_of_other_troupes_are_not_used(
    app: Flask,
) -> None:
    tour = Tour(schools=1, days=3)
    make.tour_day(tour.programme, tour.troupe, make.NOW.date() + timedelta(days=9))
    other = make.troupe(tour.partnership)
    make.tour_day(tour.programme, other, MONDAY)
    assert [day.number for day in problem(tour, replace(QUICK, troupes=(tour.troupe.id,))).days] == [
        day.id for day in tour.days
    ]
    until = replace(QUICK, until=MONDAY + timedelta(days=1))
    assert [day.day for day in problem(tour, until).days] == [MONDAY, MONDAY, MONDAY + timedelta(days=1)]


def test_a_draw_is_kept_those_drawn_for_later_have_no_day_before_theirs_and_all_else_is_as_ever(
    app: Flask,
) -> None:
    tour = Tour(schools=4, days=3)
    first, later, waits, alone = (school.organisation_id for school in tour.schools)
    lay_draw(tour.programme, [first], [later, waits])
    lay_draw(tour.programme, [later], [first])  # drawn again: the first draw holds
    proposed(tour, tour.schools[2], MONDAY)
    days = [day.day for day in tour.days]
    usual = {gap.school: gap.dates for gap in problem(tour).gaps}
    rules = replace(QUICK, drawn_later_from=days[1])
    found = {gap.school: gap.dates for gap in problem(tour, rules).gaps}
    assert usual[later] == set(days)
    assert found[later] == set(days[1:])
    assert {organisation_id: found[organisation_id] for organisation_id in (first, alone)} == {
        organisation_id: usual[organisation_id] for organisation_id in (first, alone)
    }
    loose = draw(tour.programme, replace(rules, moves=True), now=make.NOW)
    assert {gap.school: gap.dates for gap in loose.problem.gaps}[waits] == set(days), "a time waits for it"
    assert "schools drawn for later not before 2 March 2027" in ", ".join(plan_rules.words(rules, {}))
    assert plan_rules.unpack(plan_rules.pack(rules)) == rules
    assert plan_rules.unpack({"seconds": 10}).drawn_later_from is None, "as plans from before have it"


def test_days_to_use_at_most_count_those_with_shows_on_them(app: Flask) -> None:
    tour = Tour(schools=3, days=3)
    make.booking(stands(tour, tour.schools[0], time(10)), {8: 100, 9: 100})
    assert problem(tour, replace(QUICK, days_at_most=2)).days_at_most == 1


def test_a_troupe_days_and_hours_that_are_only_supposed_stand_beside_the_real_ones(app: Flask) -> None:
    tour = Tour(schools=1, days=2)
    rules = replace(
        QUICK, extra_troupe="Second van", extra_easting=470000, extra_northing=200000, extra_days=3, later=30
    )
    drawn = draw(tour.programme, rules, now=make.NOW)
    paper = [day for day in drawn.days.values() if day.tour_day_id is None]
    assert sorted((day.troupe_name, day.troupe_id) for day in paper) == [
        ("Red van", tour.troupe.id),
        ("Red van", tour.troupe.id),
        ("Red van", tour.troupe.id),
        ("Second van", None),
        ("Second van", None),
    ]
    assert all(day.day.weekday() < 5 and day.number < 0 for day in paper)
    assert {day.returns for day in drawn.problem.days} == {18 * 60 + 30}
    assert drawn.problem.gaps[0].windows == ((540, 15 * 60 - 75 + 30),)
    taken = {day.day for day in tour.days}
    assert not taken & {day.day for day in paper if day.troupe_name == "Red van"}


def test_a_day_whose_shows_cannot_be_played_as_they_stand_is_left_out_and_named(app: Flask) -> None:
    tour = Tour(schools=3, days=2)
    make.booking(stands(tour, tour.schools[0], time(10)), {8: 100, 9: 100})
    tour.days[0].leaves = time(9, 30)
    db.session.flush()
    drawn = draw(tour.programme, QUICK, now=make.NOW)
    assert [day.day for day in drawn.problem.days] == [tour.days[1].day]
    assert len(drawn.unplayable) == 1 and "the booked shows do not fit its hours" in drawn.unplayable[0]


def test_the_roads_of_the_partnerships_own_table_are_the_planners(app: Flask) -> None:
    tour = Tour(schools=2)
    one, other = sorted(s.organisation_id for s in tour.schools)
    tour.partnership.road_table = f"a table of {one}"
    db.session.add(RoadMinutes(partnership_id=tour.partnership.id, one=one, other=other, minutes=77))
    db.session.flush()
    found = problem(tour)
    places = {gap.school: gap.place for gap in found.gaps}
    assert found.road[places[one]][places[other]] == found.road[places[other]][places[one]] == 77


def test_a_district_behind_the_county_and_a_school_never_seen_are_worth_more(app: Flask) -> None:
    tour = Tour(schools=2)
    behind = tour.school(4, district_code="E07000002", district_name="Fenwold", name="Behind School")
    make.booking(stands(tour, tour.schools[0], time(10)), {8: 100, 9: 100})
    worths = {gap.school: gap.worth for gap in problem(tour).gaps}
    assert worths[behind.organisation_id] - worths[tour.schools[1].organisation_id] == 60
    pupils = {gap.school: gap.worth for gap in problem(tour, replace(QUICK, first="pupils")).gaps}
    assert pupils[behind.organisation_id] == 600 + 200 + 60 + 300


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        (PlanRules(until=make.NOW.date()), "until"),
        (PlanRules(until=date(2027, 9, 1)), "until"),
        (PlanRules(until=date(2027, 3, 5), drawn_later_from=date(2027, 3, 8)), "drawn_later_from"),
        (PlanRules(days_at_most=0), "days_at_most"),
        (PlanRules(seconds=0), "seconds"),
        (PlanRules(seconds=5000), "seconds"),
        (PlanRules(extra_days=-1), "extra_days"),
        (PlanRules(later=600), "later"),
        (PlanRules(apart=-5), "apart"),
        (PlanRules(first="boats"), "first"),
        (PlanRules(school=0), "school"),
        (PlanRules(behind=-1), "behind"),
        (PlanRules(never_seen=float("nan")), "never_seen"),
        (PlanRules(troupes=(999999,)), "troupes"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_its_name(app: Flask, rules: PlanRules, field: str) -> None:
    tour = Tour(schools=1, days=1)
    with pytest.raises(RulesMakeNoSense) as refused:
        order(tour.programme, rules, who="Priya", now=make.NOW)
    assert refused.value.field == field


def test_schools_drawn_for_later_may_begin_on_the_day_to_finish_by() -> None:
    day = date(2027, 3, 5)
    plan_rules.check(
        PlanRules(until=day, drawn_later_from=day), academic_year=2026, today=day - timedelta(days=1)
    )


def test_no_tour_days_and_no_gaps_are_refused_in_words(app: Flask) -> None:
    tour = Tour(schools=1, days=0)
    with pytest.raises(CannotPlan, match="There are no tour days left to plan on"):
        order(tour.programme, QUICK, who="Priya", now=make.NOW)
    make.tour_day(tour.programme, tour.troupe, MONDAY)
    order(tour.programme, QUICK, who="Priya", now=make.NOW)
    make.decision(tour.programme, tour.schools[0], "exclude", at=make.EARLIER)
    with pytest.raises(CannotPlan, match="No school is missing a show"):
        order(tour.programme, QUICK, who="Priya", now=make.NOW)


def test_drawing_up_asks_as_many_questions_for_many_schools_as_for_few(
    app: Flask, count_queries: Any
) -> None:
    tour, asked = Tour(schools=2, days=2), []
    for more in (10, 0):
        db.session.expire_all()
        with count_queries() as queries:
            draw(tour.programme, QUICK, now=make.NOW)
        asked.append(len(queries))
        for n in range(more):
            tour.school(10 + n)
            make.tour_day(tour.programme, tour.troupe, MONDAY + timedelta(days=8 + n))
    assert asked[0] == asked[1] <= 48
