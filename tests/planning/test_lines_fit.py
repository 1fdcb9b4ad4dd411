"""What a plan proposes is what schools could book: every line fits, in any order; guests sit at a neighbour's
show; adults too."""

import random
from dataclasses import replace
from datetime import time

import pytest
from flask import Flask

import make
from little_tour import QUICK, Tour, draw_up, stands
from outreach.ground.db import transaction
from outreach.ground.timespans import local
from outreach.planning import orders
from outreach.planning.ordering import order
from outreach.planning.orders import DONE, PlanLine, TourPlan
from outreach.planning.rules import PlanRules
from outreach.tour import performances, slots


def drawn(tour: Tour, rules: PlanRules = QUICK) -> TourPlan:
    with transaction():
        plan = order(tour.programme, rules, who="Priya", now=make.NOW)
    draw_up()
    assert plan.state == DONE
    return plan


def key(line: PlanLine) -> str:
    return f"{line.tour_day_id}-{local(line.starts_at):%H%M}"


@pytest.mark.parametrize("seed", range(3))
def test_every_line_can_be_taken_whatever_the_order(app: Flask, seed: int) -> None:
    chance = random.Random(seed)
    with transaction():
        tour = Tour(schools=0, days=6, shows_a_day=chance.choice((2, 3)), get_in_minutes=45)
        tour.troupe.lunch_minutes, tour.troupe.rest_hours, tour.troupe.latest_return = 30, 12, time(17)
        tour.troupe.base_easting = 440000
        tour.schools = [
            tour.school(
                n,
                name=f"School {n}",
                easting=450000 + chance.randrange(0, 30000),
                northing=200000 + chance.randrange(0, 30000),
                number_of_pupils=chance.choice((120, 500, 900)),
            )
            for n in range(12)
        ]
        show = stands(tour, tour.schools[0], time(11), tour.days[1].day)
        make.booking(show, {8: 20, 9: 20})
    lines = orders.lines(drawn(tour))
    assert len(lines) >= 10
    schools = {school.organisation_id: school for school in tour.schools}
    chance.shuffle(lines)
    with transaction():
        for line in lines:
            slot = slots.find(tour.programme, schools[line.organisation_id], key(line), now=make.NOW)
            assert slot is not None, (line.day, line.starts_at, line.organisation_id)
            assert (slot.get_in_at, slot.away_at) == (line.get_in_at, line.away_at)
            performances.claim(
                slot,
                schools[line.organisation_id],
                programme_id=tour.programme.id,
                held_until=None,
                now=make.NOW,
            )


def test_a_small_school_sits_at_a_neighbours_show_where_places_are_scarce(app: Flask) -> None:
    with transaction():
        tour = Tour(schools=2, days=1)
        small = tour.school(1, name="Small School", easting=461000, number_of_pupils=60)
    alone = drawn(tour).figures
    assert (alone.reached, alone.guests) == (2, 0)
    plan = drawn(tour, replace(QUICK, guests=True))
    told = plan.figures
    assert (told.reached, told.guests, told.shows, told.pupils) == (3, 1, 2, 200 + 200 + 24)
    lines = orders.lines(plan)
    (guest,) = [line for line in lines if line.guest_of is not None]
    host = next(line for line in lines if line.id == guest.guest_of)
    assert guest.organisation_id == small.organisation_id and guest.pupils == 24
    assert (guest.starts_at, guest.tour_day_id) == (host.starts_at, host.tour_day_id)
    kilometres = abs(small.easting - host.organisation.easting) / 1000
    assert guest.road_minutes == -(-(600 + 125 * kilometres) // 100)
    assert lines.index(guest) == lines.index(host) + 1


def test_a_small_school_sits_at_a_show_that_is_booked_where_the_day_is_full(app: Flask) -> None:
    with transaction():
        tour = Tour(schools=1, days=1)
        tour.days[0].shows_at_most = 1
        small = tour.school(1, name="Small School", easting=461000, number_of_pupils=60)
        show = stands(tour, tour.schools[0], time(12))
        make.booking(show, {8: 100, 9: 100})
    alone = drawn(tour).figures
    assert (alone.reached, alone.guests) == (0, 0)
    plan = drawn(tour, replace(QUICK, guests=True))
    told = plan.figures
    assert (told.reached, told.guests, told.shows, told.pupils) == (1, 1, 0, 24)
    assert (told.driving, told.booked_driving, told.bound_driving) == (26, 26, 26)
    (guest,) = orders.lines(plan)
    assert (guest.organisation_id, guest.guest_at, guest.guest_of) == (small.organisation_id, show.id, None)
    assert (guest.starts_at, guest.get_in_at, guest.away_at) == (show.starts_at, show.get_in_at, show.away_at)
    assert (guest.tour_day_id, guest.pupils, guest.road_minutes) == (show.tour_day_id, 24, 14)


def test_a_programme_for_adults_is_planned_with_one_show_a_school(app: Flask) -> None:
    with transaction():
        tour = Tour(schools=3, days=2, for_adults=True, year_groups=())
    plan = drawn(tour)
    assert {(line.organisation_id, line.pupils) for line in orders.lines(plan)} == {
        (s.organisation_id, None) for s in tour.schools
    }
    told = plan.figures
    assert (told.reached, told.pupils, told.pupils_unknown) == (3, 0, 3)
