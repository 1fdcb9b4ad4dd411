"""Wishes for the days of a plan at the desk: asked for, said with what each did and costs, planned again by others with
the first plan kept beside it."""

import re
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from test_plans_pages import ASKED, words

import make
from little_tour import QUICK, Tour, draw_up, stands
from outreach.ground.db import db, transaction
from outreach.planning import ordering, orders, rules
from outreach.planning.orders import TourPlan


class Desk:
    """Six schools in a line, two of them in a district that lags, and ten days in two weeks."""

    def __init__(self, client: FlaskClient) -> None:
        with transaction():
            self.tour = Tour(schools=0, days=10)
            fenwold = {"district_code": "E07000002", "district_name": "Fenwold"}
            self.tour.schools = [self.tour.school(n, **(fenwold if n in (1, 4) else {})) for n in range(6)]
            self.person = make.person(self.tour.partnership)
        self.client = make.signed_in(client, self.person)

    def plan(self, **asked: Any) -> TourPlan:
        with transaction():
            plan = ordering.order(self.tour.programme, replace(QUICK, **asked), who="Priya", now=make.NOW)
        draw_up()
        return plan

    def page(self, plan: TourPlan) -> str:
        return self.client.get(f"/desk/plans/{plan.id}").text


@pytest.fixture
def desk(app: Flask, client: FlaskClient, stopped: Any) -> Desk:
    return Desk(client)


def test_wishes_are_asked_for_with_a_plan_and_its_rules_say_them(desk: Desk) -> None:
    form = desk.client.get("/desk/plans/new").text
    assert re.search(r'<select[^>]*name="wish_near"', form) and "as far as it costs no driving" in form
    typed = ASKED | {"wish_behind": "much", "wish_near": "not at all", "filled": "filled"}
    answer = desk.client.post("/desk/plans/new", data={k: v for k, v in typed.items() if v})
    (plan,) = orders.of_programme(desk.tour.programme.id)
    asked = rules.unpack(plan.rules)
    assert (asked.wish_behind, asked.wish_near, asked.wish_weeks, asked.weeks_filled) == (
        "much",
        "not at all",
        "free",
        True,
    )
    page = words(desk.client.get(answer.location))
    assert (
        "furthest behind first: much, weeks near each other does not matter, weeks filled one after the other"
        in page
    )
    like = desk.client.get(f"/desk/plans/new?like={plan.id}").text
    chosen = re.search(r'name="wish_behind".*?</select>', like, re.S)
    assert chosen and re.search(
        r'<option[^>]* selected[^>]*>much|<option[^>]*value="much"[^>]*selected', chosen[0]
    )


def test_the_page_says_of_each_wish_what_it_did_and_costs_and_the_costs_sum_to_its_road(desk: Desk) -> None:
    plan = desk.plan(wish_near="much", wish_weeks="some")
    told = plan.figures
    assert [each["wish"] for each in told.wishes] == ["behind", "near", "weeks", "nights"]
    assert told.wishes[0]["minutes"] == 0
    page = words(desk.client.get(f"/desk/plans/{plan.id}"))
    for each in told.wishes:
        assert each["did"] in page
    chosen = re.search(r'<select[^>]*name="wish_near".*?</select>', desk.page(plan), re.S)
    assert chosen and '<option value="much" selected>much</option>' in chosen[0]
    assert '<option value="free">as far as it costs no driving</option>' in chosen[0]
    plain = desk.plan(wish_behind="not at all", wish_near="not at all", wish_weeks="not at all")
    assert told.driving - told.driving_for_wishes <= plain.figures.driving
    assert {each["did"] for each in plain.figures.wishes[:3]} == {"not looked at"}


def test_days_follow_who_is_furthest_behind_though_the_road_is_the_same(desk: Desk) -> None:
    """Fenwold lags because nobody of it has a show, and a school of North Marl has."""
    with transaction():
        desk.tour.days[9].shows_at_most = 1
        show = stands(desk.tour, desk.tour.schools[0], time(10), day=desk.tour.days[9].day)
        make.booking(show, {8: 100, 9: 100})
    plan = desk.plan(wish_near="not at all", wish_weeks="not at all")
    by_school = {line.organisation_id: line.day for line in orders.lines(plan)}
    behind = [by_school[school.organisation_id] for school in (desk.tour.schools[1], desk.tour.schools[4])]
    others = [by_school[desk.tour.schools[n].organisation_id] for n in (2, 3, 5)]
    assert min(behind) == date(2027, 3, 1)
    assert max(behind) < max(others)
    assert "Fenwold is done by" in plan.figures.wishes[0]["did"]


def test_by_other_wishes_a_plan_is_drawn_up_beside_the_first_which_stays(desk: Desk) -> None:
    first = desk.plan()
    lines = [(line.organisation_id, line.starts_at) for line in orders.lines(first)]
    answer = desk.client.post(
        f"/desk/plans/{first.id}/other-wishes",
        data={
            "wish_behind": "not at all",
            "wish_near": "not at all",
            "wish_weeks": "much",
            "filled": "filled",
        },
    )
    assert answer.status_code == 303
    draw_up()
    second = orders.get(desk.tour.partnership.id, int(answer.location.rpartition("/")[2]))
    assert (second.name, second.other_wishes_of, second.state) == ("Plan B", first.id, "done")
    assert rules.unpack(second.rules).wishes.weeks == "much"
    db.session.expire_all()
    assert [(line.organisation_id, line.starts_at) for line in orders.lines(first)] == lines
    link = f"/desk/plans/compare?plan={first.id}&amp;plan={second.id}"
    assert link in desk.page(second)
    beside = words(desk.client.get(link.replace("&amp;", "&")))
    assert "weeks filled one after the other: much" in beside
    last = [max(line.day for line in orders.lines(plan)) for plan in (first, second)]
    assert last[1] < last[0]


def test_nights_away_are_proposed_where_they_save_more_than_they_cost_and_lead_to_their_day(
    desk: Desk,
) -> None:
    none = {"wish_behind": "not at all", "wish_near": "not at all", "wish_weeks": "not at all"}
    dear = desk.plan(**none)
    assert dear.figures.wishes[3]["nights"] == []
    assert "no night would take off more than 120 minutes of road" in words(
        desk.client.get(f"/desk/plans/{dear.id}")
    )
    plan = desk.plan(**none, night_minutes=15, night_pounds=90)
    found = plan.figures.wishes[3]
    assert (
        len(found["nights"]) == 2 and found["did"] == "2 nights would take off 63 minutes of road, for £180"
    )
    assert (
        "near School 6, 44 minutes less" in found["nights"][0]["said"]
    )  # 44 home, 25 out again, 25 straight there
    page = desk.client.get(f"/desk/plans/{plan.id}")
    assert "Nights away that it proposes" in page.text
    for night in found["nights"]:
        assert f'href="/desk/tour/days/{night["tour_day_id"]}"' in page.text and night["said"] in words(page)
    assert "a night counts as 15 minutes of driving and £90" in words(page)
    unasked = desk.plan(**none, night_minutes=15, wish_nights="not at all")
    page = desk.client.get(f"/desk/plans/{unasked.id}")
    assert "2 nights would take off" in words(page) and "Nights away that it proposes" not in page.text


def test_a_strength_that_there_is_not_is_refused_and_nothing_is_planned(desk: Desk) -> None:
    first = desk.plan()
    answer = desk.client.post(f"/desk/plans/{first.id}/other-wishes", data={"wish_near": "enormously"})
    assert answer.status_code == 422
    assert 'href="#wish_near"' in answer.text and 'id="wish_near"' in answer.text
    assert len(orders.of_programme(desk.tour.programme.id)) == 1


def test_a_plan_that_is_planned_again_several_times_keeps_a_short_name(desk: Desk) -> None:
    plan, names = desk.plan(), []
    for _ in range(3):
        with transaction():
            plan = ordering.again(plan, who="Priya Nandakumar", now=make.NOW)
        draw_up()
        names.append(plan.name)
    assert names == ["Plan A, again", "Plan A, again 2", "Plan A, again 3"]


def test_plans_by_other_wishes_of_one_that_was_planned_again_have_names_of_their_own(desk: Desk) -> None:
    first = desk.plan()
    with transaction():
        ordering.again(first, who="Priya", now=make.NOW)
    draw_up()
    again = orders.of_programme(desk.tour.programme.id)[0]
    for strength in ("some", "much"):
        wishes = {"wish_behind": "not at all", "wish_near": strength, "wish_weeks": "not at all"}
        desk.client.post(f"/desk/plans/{again.id}/other-wishes", data=wishes | {"filled": "even"})
    names = [plan.name for plan in orders.of_programme(desk.tour.programme.id)]
    assert names == ["Plan C", "Plan B", "Plan A, again", "Plan A"]
