"""A plan by weeks: the table and the map say the same, each week is looked at, what was struck is in none."""

import re
from datetime import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from test_plans_pages import words

import make
from little_tour import QUICK, Tour, draw_up, stands
from outreach.coverage.charts import weeks_map
from outreach.coverage.charts.weeks_map import Visited
from outreach.ground.db import transaction
from outreach.ground.geography import Place
from outreach.planning import ordering, orders
from outreach.planning.orders import ACCEPTED, REFUSED, STRUCK, TourPlan
from outreach.tour.planning.day_wishes import monday_of


class Desk:
    """Twelve schools from Marlford to the east, the far half of them in Fenwold, and fifteen days in three weeks."""

    def __init__(self, client: FlaskClient) -> None:
        with transaction():
            self.tour = Tour(schools=0, days=15)
            fenwold = {"district_code": "E07000002", "district_name": "Fenwold"}
            self.tour.schools = [self.tour.school(n, **(fenwold if n > 5 else {})) for n in range(12)]
            self.person = make.person(self.tour.partnership)
        self.client = make.signed_in(client, self.person)

    def plan(self) -> TourPlan:
        with transaction():
            plan = ordering.order(self.tour.programme, QUICK, who="Priya", now=make.NOW)
        draw_up()
        return plan


@pytest.fixture
def desk(app: Flask, client: FlaskClient, stopped: Any) -> Desk:
    return Desk(client)


def test_weeks_stand_in_a_table_and_on_a_map_and_one_is_read_day_by_day(desk: Desk) -> None:
    plan = desk.plan()
    assert f"/desk/plans/{plan.id}/weeks" in desk.client.get(f"/desk/plans/{plan.id}").text
    answer = desk.client.get(f"/desk/plans/{plan.id}/weeks")
    page, said = answer.text, words(answer)
    lines = orders.lines(plan)
    mondays = sorted({line.day.isocalendar()[:2] for line in lines})
    links = re.findall(rf'href="/desk/plans/{plan.id}/weeks\?week=([\d-]+)"', page)
    assert len(links) == len(mondays) >= 2
    discs = re.findall(r'<text\s+class="no week ([a-z]*)"[^>]*>(\d+)</text>', page)
    assert len(discs) == len(lines) == 12
    assert {number for kind, number in discs if kind == ""} == {"1"}
    assert "12 schools in" in said and "done by" in said
    for number, week in enumerate(links, start=1):
        here = [line for line in lines if line.day.isocalendar()[:2] == mondays[number - 1]]
        answer = desk.client.get(f"/desk/plans/{plan.id}/weeks?week={week}")
        list_of_days = words(answer).partition(f"Week {number}, day by day")[2]
        assert all(line.organisation.name in list_of_days for line in here)
        assert sum(
            kind == "" for kind, _ in re.findall(r'class="no week ([a-z]*)"[^>]*>(\d+)<', answer.text)
        ) == len(here)
    roads = re.findall(r'data-label="Extra road, min">([\d,]+)<', page)
    assert sum(map(int, roads[:-1])) == int(roads[-1]) == sum(line.road_minutes for line in lines)


@pytest.mark.any_database
def test_what_was_struck_is_in_no_week_and_a_week_that_there_is_not_is_not_found(desk: Desk) -> None:
    plan = desk.plan()
    with transaction():
        gone = orders.lines(plan)[0]
        gone.state = STRUCK
        name = gone.organisation.name
    assert name + " (" not in words(desk.client.get(f"/desk/plans/{plan.id}/weeks"))
    for wrong in ("2027-01-04", "soon"):
        assert desk.client.get(f"/desk/plans/{plan.id}/weeks?week={wrong}").status_code == 404


def test_what_is_accepted_is_not_said_to_wait_and_what_fits_no_longer_is_in_no_week(desk: Desk) -> None:
    plan = desk.plan()
    address = f"/desk/plans/{plan.id}/weeks"
    assert "Nothing is sent yet." in words(desk.client.get(address))
    lines = orders.lines(plan)
    shown = desk.client.get(f"/desk/plans/{plan.id}/accept", query_string={"line": lines[0].id}).text
    ticked = re.findall(r'name="line" value="([^"]+)"', shown)
    accepted = desk.client.post(
        f"/desk/plans/{plan.id}/accept", data={"line": ticked, "reply_by": "12/2/2027"}
    )
    assert accepted.status_code == 303
    assert "1 of 12 times accepted; of the rest nothing is sent yet." in words(desk.client.get(address))
    with transaction():
        for line in orders.lines(plan):
            if line.state != ACCEPTED:
                line.state = REFUSED
    said = words(desk.client.get(address))
    assert "1 school in 1 week and 1 day. All of it is accepted." in said


@pytest.mark.any_database
def test_on_a_phone_too_each_number_of_days_says_of_which_troupe_it_is(desk: Desk) -> None:
    plan = desk.plan()
    page = desk.client.get(f"/desk/plans/{plan.id}/weeks").text
    rows = page.count('<th scope="row">')
    (troupe,) = {line.troupe_name for line in orders.lines(plan)}
    assert page.count(f'data-label="Days of {troupe}"') == rows >= 3


@pytest.mark.any_database
def test_a_guest_at_a_show_that_stands_is_read_as_a_guest(desk: Desk) -> None:
    plan = desk.plan()
    with transaction():
        line, host = orders.lines(plan)[0], make.school(name="Host School", easting=452000, northing=201000)
        line.guest_at = stands(desk.tour, host, time(10), day=desk.tour.days[14].day).id
        name = line.organisation.name
    week = f"/desk/plans/{plan.id}/weeks?week={monday_of(line.day)}"
    assert re.search(rf"{name} \([\d:]+[ap]m, as guest\)", words(desk.client.get(week)))


def test_a_page_of_weeks_asks_as_many_questions_for_many_lines_as_for_few(
    desk: Desk, count_queries: Any
) -> None:
    plan = desk.plan()
    with count_queries() as queries:
        desk.client.get(f"/desk/plans/{plan.id}/weeks")
    assert len(queries) == 7


def test_a_map_of_weeks_keeps_its_discs_apart_and_within_the_picture() -> None:
    here = Place(easting=450_000, northing=200_000)
    far = Place(easting=480_000, northing=200_000)
    drawn = weeks_map.draw(
        None, [Visited(place=here, week=1), Visited(place=here, week=2), Visited(place=far, week=3)], [here]
    )
    assert drawn is not None and [disc.week for disc in drawn.discs] == [1, 2, 3]
    one, other, _ = drawn.discs
    assert (one.x - other.x) ** 2 + (one.y - other.y) ** 2 >= 18**2
    assert all(9 <= disc.x <= drawn.width - 9 and 9 <= disc.y <= drawn.height - 9 for disc in drawn.discs)
    assert weeks_map.draw(None, [], []) is None
