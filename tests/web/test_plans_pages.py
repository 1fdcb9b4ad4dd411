"""The pages of plans: asked for, refused in one sentence, looked at, compared; whose they are, and that
numbers are lists."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from drawn_by_lot import lay_draw
from little_tour import QUICK, Tour, draw_up
from outreach.county.coordinators import Coordinator
from outreach.ground.db import db, transaction
from outreach.planning import ordering, orders
from outreach.planning.orders import TourPlan
from outreach.planning.rules import PlanRules

ASKED = {
    "name": "",
    "first": "schools",
    "days_at_most": "",
    "guests": "",
    "school": "600",
    "never_seen": "300",
    "behind": "60",
    "apart": "0",
    "night_minutes": "120",
    "night_pounds": "150",
    "seconds": "10",
    "extra_troupe": "",
    "base": "",
    "extra_days": "",
    "later": "",
}


class Desk:
    """A little tour with its coordinator at the desk, and a stranger of another partnership."""

    def __init__(self, client: FlaskClient) -> None:
        with transaction():
            self.tour = Tour(schools=4, days=3)
            self.person: Coordinator = make.person(self.tour.partnership)
            self.stranger: Coordinator = make.person(make.partnership(("932",)))
        self.client = make.signed_in(client, self.person)

    def post(self, **typed: Any) -> Any:
        return self.client.post("/desk/plans/new", data={k: v for k, v in (ASKED | typed).items() if v != ""})

    def plan(self, rules: PlanRules = QUICK, *, name: str = "") -> TourPlan:
        with transaction():
            plan = ordering.order(self.tour.programme, rules, name=name, who="Priya", now=make.NOW)
        draw_up()
        return plan


@pytest.fixture
def desk(app: Flask, client: FlaskClient, stopped: Any) -> Desk:
    return Desk(client)


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_a_plan_is_asked_for_waits_is_drawn_up_and_says_how_good_it_is(desk: Desk) -> None:
    assert "No plan yet." in desk.client.get("/desk/plans").text
    assert desk.client.get("/desk/plans/new").status_code == 200
    answer = desk.post(name="Spring", days_at_most="2", first="pupils", apart="20")
    assert answer.status_code == 303
    page = desk.client.get(answer.location)
    assert "Pupils first, at most 2 tour days, a second district on one day counts as 20 minutes" in words(
        page
    )
    assert "It waits for the planner" in page.text and "Stop it" in page.text
    draw_up()
    page = words(desk.client.get(answer.location))
    assert "No plan reaches more than 4 schools; this one reaches 4." in page
    for school in desk.tour.schools:
        assert school.name in page
    assert "1 tour day that could be handed back" in page or "could be handed back" in page


def test_a_plan_may_keep_a_draw_by_lot_where_one_was_drawn(desk: Desk) -> None:
    assert "Schools drawn for later" not in desk.client.get("/desk/plans/new").text
    with transaction():
        organisation_ids = [school.organisation_id for school in desk.tour.schools]
        lay_draw(desk.tour.programme, organisation_ids[:1], organisation_ids[1:])
    assert "Schools drawn for later: not before" in desk.client.get("/desk/plans/new").text
    answer = desk.post(name="Kept", drawn_later_from="2 March 2027")
    page = words(desk.client.get(answer.location))
    assert "Schools first, schools drawn for later not before 2 March 2027" in page
    like = desk.client.get(f"/desk/plans/new?like={answer.location.rpartition('/')[2]}").text
    assert re.search(r'name="drawn_later_from"[^>]*value="2 March 2027"', like)


def test_every_number_of_a_plan_leads_to_a_list_with_that_many_rows(desk: Desk) -> None:
    with transaction():
        desk.tour.school(0, name="Far School", easting=800000)
        big = desk.tour.school(2, name="Big School")
        make.own_number(big, 8, 900)
    plan = desk.plan()
    page = desk.client.get(f"/desk/plans/{plan.id}").text
    held = 0
    for address, number in re.findall(r'<dd><a href="(/desk/plans[^"]+)">(\d+)</a></dd>', page):
        rows = desk.client.get(address).text.count('<tr><th scope="row">')
        assert rows == int(number), address
        held += 1
    assert held == 4
    told = plan.figures
    assert told.reached + told.in_part + told.left_out == told.needed == 6
    assert page.count('<td class="nw">') == told.shows
    part = desk.client.get(f"/desk/plans/{plan.id}/schools/in-part")
    assert told.in_part == 1 and "Big School" in part.text and "short:" in part.text


@pytest.mark.any_database
@pytest.mark.parametrize("number", ["9" * 30, f"-{'9' * 30}", "0"])
def test_a_number_that_no_plan_can_have_is_not_found(desk: Desk, number: str) -> None:
    for address in (f"/desk/plans/new?like={number}", f"/desk/plans/compare?plan={number}&plan=1"):
        assert desk.client.get(address).status_code == 404


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"until": ("1", "1", "2020")}, "The day to finish by must be after today."),
        ({"days_at_most": "0"}, "Tour days to use, at most must be between 1 and 400."),
        ({"days_at_most": "many"}, "figures"),
        (
            {"school": "0"},
            "With a weight of nought for reaching a school, no school would ever be worth the road.",
        ),
        ({"school": ""}, "Enter minutes."),
        ({"first": "boats"}, "Not a valid choice"),
        ({"first": ""}, "Choose whether schools or pupils come first."),
        ({"base": "nowhere at all"}, "We know no place by that."),
        ({"base": "450000, 200000"}, "Say what the troupe is called that would start there."),
        ({"name": "x" * 61}, "60 characters or fewer"),
        ({"seconds": "100000"}, "Not a valid choice"),
        ({"troupes": "999999"}, "valid choice"),
    ],
)
def test_a_rule_that_makes_no_sense_is_one_sentence_and_what_was_typed_stays(
    desk: Desk, typed: dict[str, Any], said: str
) -> None:
    if "until" in typed:
        day, month, year = typed["until"]
        answer = desk.client.post(
            "/desk/plans/new",
            data={k: v for k, v in ASKED.items() if v} | {"until": [day, month, year], "name": "Kept"},
        )
    else:
        answer = desk.post(**({"name": "Kept"} | typed))
    assert answer.status_code == 422
    assert said in words(answer)
    if "name" not in typed:
        assert 'value="Kept"' in answer.text
    assert orders.of_programme(desk.tour.programme.id) == []


def test_no_tour_days_and_no_gaps_are_said_on_the_form(desk: Desk) -> None:
    with transaction():
        for day in desk.tour.days:
            day.ended_at = make.NOW
    answer = desk.post()
    assert answer.status_code == 422 and "There are no tour days left to plan on" in words(answer)
    with transaction():
        desk.tour.days[0].ended_at = None
        for school in desk.tour.schools:
            make.decision(desk.tour.programme, school, "exclude")
    answer = desk.post()
    assert answer.status_code == 422 and "No school is missing a show" in words(answer)


def test_another_partnerships_plans_are_not_there(desk: Desk) -> None:
    plan = desk.plan()
    client = make.signed_in(desk.client, desk.stranger)
    for path in ("", "/progress", "/schools/reached", "/days/free"):
        assert client.get(f"/desk/plans/{plan.id}{path}").status_code == 404
    assert client.get(f"/desk/plans/compare?plan={plan.id}&plan={plan.id}").status_code == 404
    assert client.get(f"/desk/plans/new?like={plan.id}").status_code in (303, 404)
    for deed in ("stop", "put-away"):
        assert client.post(f"/desk/plans/{plan.id}/{deed}").status_code == 404
    assert plan.name not in client.get("/desk/plans").text


@pytest.mark.any_database
def test_addresses_that_make_no_sense(desk: Desk) -> None:
    plan = desk.plan()
    for path in ("/schools/rubbish", "/days/rubbish"):
        assert desk.client.get(f"/desk/plans/{plan.id}{path}").status_code == 404
    assert desk.client.get("/desk/plans/999999").status_code == 404
    for asked in ("", f"?plan={plan.id}", f"?plan={plan.id}&plan={plan.id}", "?plan=rubbish"):
        answer = desk.client.get(f"/desk/plans/compare{asked}")
        assert answer.status_code == 422 and "Choose from two to 5 plans" in answer.text
    assert desk.client.get("/desk/plans/new?like=999999").status_code == 404


def test_plans_stand_side_by_side_with_what_each_brings(desk: Desk) -> None:
    with transaction():
        for n in range(5):
            desk.tour.school(5 + n)
    one = desk.plan(name="As set")
    more = desk.plan(PlanRules(seconds=60, extra_days=2), name="Two more days")
    fewer = desk.plan(PlanRules(seconds=60, days_at_most=1), name="One day")
    page = words(desk.client.get(f"/desk/plans/compare?plan={one.id}&plan={more.id}&plan={fewer.id}"))
    told = [plan.figures for plan in (one, more, fewer)]
    assert [each.reached for each in told] == [6, 9, 2]
    assert f"Schools reached {told[0].reached} of 9 {told[1].reached} of 9 {told[2].reached} of 9" in page
    assert "3 schools more" in page and "4 schools fewer" in page
    assert "supposing 2 tour days more" in page
    assert "Days that could be handed back 0 0 2" in page


def test_a_plan_that_came_to_nothing_says_why_and_is_put_away(desk: Desk) -> None:
    with transaction():
        plan = ordering.order(desk.tour.programme, QUICK, who="Priya", now=make.NOW)
    answer = desk.client.post(f"/desk/plans/{plan.id}/put-away")
    assert answer.status_code == 422 and "Stop it first." in answer.text
    assert desk.client.post(f"/desk/plans/{plan.id}/stop").status_code == 303
    page = desk.client.get(f"/desk/plans/{plan.id}")
    assert "It was stopped before it was begun." in page.text
    assert desk.client.post(f"/desk/plans/{plan.id}/put-away").status_code == 303
    assert plan.name not in desk.client.get("/desk/plans").text.split("</main>")[0].split('role="status"')[0]


@pytest.mark.any_database
def test_a_plan_says_when_the_tour_changed_since(desk: Desk) -> None:
    plan = desk.plan()
    assert "The tour is not as it was" not in desk.client.get(f"/desk/plans/{plan.id}").text
    with transaction():
        make.tour_day(desk.tour.programme, desk.tour.troupe)
    page = words(desk.client.get(f"/desk/plans/{plan.id}"))
    assert "The tour is not as it was when this plan was drawn up: its tour days changed." in page


def test_a_page_asks_as_many_questions_for_many_lines_as_for_few(desk: Desk, count_queries: Any) -> None:
    asked = []
    for more in (4, 0):
        plan = desk.plan()
        db.session.expire_all()
        for path in (f"/desk/plans/{plan.id}", f"/desk/plans/{plan.id}/schools/reached", "/desk/plans"):
            desk.client.get(path)
            with count_queries() as queries:
                desk.client.get(path)
            asked.append(len(queries))
        with transaction():
            for n in range(more):
                desk.tour.school(5 + n)
                make.tour_day(
                    desk.tour.programme, desk.tour.troupe, desk.tour.days[-1].day.replace(day=8 + n)
                )
    assert asked[:3] == asked[3:]
    assert max(asked) <= 22, asked
