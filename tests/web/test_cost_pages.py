"""The page of a programme's money, its file, and what is entered there with its undo."""

import csv
import io
import re
from datetime import date, datetime, time, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from little_tour import Tour, draw_up, stands
from outreach.ground.db import db, transaction
from outreach.outcomes.cost import budgets, spending
from outreach.outcomes.cost.budgets import RECKONED
from outreach.planning import ordering
from outreach.planning.rules import PlanRules
from outreach.web.coordinator import cost_words

pytestmark = pytest.mark.any_database


class Desk:
    def __init__(self, client: FlaskClient) -> None:
        with transaction():
            self.tour = Tour(schools=6, days=3)
            self.programme = self.tour.programme
            self.id = self.programme.id
            self.tour.troupe.cost_day_pence, self.tour.troupe.cost_km_pence = 64_000, 45
            self.person = make.person(self.tour.partnership)
        self.client = make.signed_in(client, self.person)

    def played(self, day: date, school: Any, pupils: int = 96) -> None:
        """A day so far, with one show that was counted."""
        with transaction():
            self.tour.days.append(make.tour_day(self.programme, self.tour.troupe, day))
            made = make.booking(stands(self.tour, school, time(10), day), {8: pupils})
            make.report(made, "school", made.performance.ends_at, {8: pupils, 9: 90})

    def plan(self) -> None:
        with transaction():
            ordering.order(self.programme, PlanRules(seconds=60), name="", who="Priya", now=make.NOW)
        draw_up()

    def page(self, **asked: Any) -> str:
        answer = self.client.get("/desk/cost", query_string={"programme": self.id} | asked)
        assert answer.status_code == 200
        return answer.text

    def said(self, **asked: Any) -> str:
        return words(self.page(**asked))

    def enter(self, **typed: str) -> Any:
        data = {"programme": str(self.id), "entry": "one", "day": "11 Jan 2027", "words": "Leaflets"}
        return self.client.post("/desk/cost/spending/new", data=data | {"pounds": "386.40"} | typed)


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


@pytest.fixture
def desk(app: Flask, client: FlaskClient, stopped: Any) -> Desk:
    return Desk(client)


def test_an_empty_page_says_what_will_stand_there_and_what_to_do(desk: Desk) -> None:
    page = desk.said()
    assert "Here will stand what the programme may spend" in page
    assert "Set the budget" in page and "No finished plan yet" in page and "Draw one up" in page
    assert "£" not in page
    with transaction():
        nobodys = make.person(make.partnership(("932",)))
    make.signed_in(desk.client, nobodys)
    assert desk.client.get("/desk/cost").status_code == 200


def test_a_budget_is_set_as_people_type_it_and_undone(desk: Desk) -> None:
    typed = {"programme": str(desk.id), "days_are": "reckoned", "pounds": "£32,000"}
    answer = desk.client.post("/desk/cost/budget", data=typed)
    assert answer.status_code == 303
    page = desk.client.get(answer.location).text
    assert "The budget is £32,000; the company’s days are reckoned." in words(page)
    assert "£32,000" in words(page).partition("budget")[2]
    (budget_id,) = re.findall(r'name="budget" value="(\d+)"', page)
    undone = desk.client.post("/desk/cost/budget/undo", data={"programme": desk.id, "budget": budget_id})
    assert undone.status_code == 303
    assert "Here will stand" in words(desk.client.get(undone.location).text)
    twice = desk.client.post("/desk/cost/budget/undo", data={"programme": desk.id, "budget": budget_id})
    assert "The budget was set again since" in words(desk.client.get(twice.location).text)
    wrong = desk.client.post("/desk/cost/budget", data=typed | {"pounds": "a lot"})
    assert wrong.status_code == 422 and "enter an amount, for example 1,250 or 12.50" in wrong.text
    assert 'value="a lot"' in wrong.text


def test_an_amount_is_entered_changed_and_taken_out_each_with_its_undo(desk: Desk) -> None:
    answer = desk.enter()
    page = desk.client.get(answer.location).text
    assert "‘Leaflets’, £386.40 on 11 January 2027, is entered. Undo" in words(page)
    assert desk.enter().status_code == 303
    (row,) = spending.of_programme(desk.id)
    form = desk.client.get(f"/desk/cost/spending/{row.id}").text
    assert 'value="386.40"' in form and "Take this out" in form
    changed = {"day": "11 Jan 2027", "words": "Leaflets", "pounds": "400"}
    desk.client.post(f"/desk/cost/spending/{row.id}", data=changed)
    (newer,) = spending.of_programme(desk.id)
    assert newer.pence == 40_000
    assert desk.client.get(f"/desk/cost/spending/{row.id}").status_code == 303, "the old row leads back"
    late = desk.client.post(f"/desk/cost/spending/{row.id}", data=changed | {"pounds": "1"})
    assert late.status_code == 422 and "changed or taken out since" in late.text
    out = desk.client.post(f"/desk/cost/spending/{newer.id}/take-out")
    page = desk.client.get(out.location).text
    assert "is taken out. Undo" in words(page)
    desk.client.post(f"/desk/cost/spending/{newer.id}/undo")
    (back,) = spending.of_programme(desk.id)
    assert back.pence == 40_000
    again = desk.client.post(f"/desk/cost/spending/{newer.id}/undo")
    assert "changed since" in words(desk.client.get(again.location).text)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"pounds": "0"}, "Enter what it came to, in pounds."),
        ({"pounds": ""}, "Enter what it came to, in pounds."),
        ({"pounds": "12.345"}, "enter an amount"),
        ({"pounds": "2000000"}, "Pounds must be between -1,000,000 and 1,000,000."),
        ({"words": ""}, "Say what it was for."),
        ({"words": "x" * 121}, "must be 120 characters or fewer"),
        ({"day": "soon"}, "soon"),
        ({"day": ""}, "Enter the day."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(desk: Desk, typed: dict[str, str], said: str) -> None:
    answer = desk.enter(**{"words": "Posters"} | typed)
    assert answer.status_code == 422 and said in answer.text
    assert 'value="one"' in answer.text, "the form is the same one"
    assert spending.of_programme(desk.id) == []


def test_a_form_whose_key_is_nonsense_is_a_form_of_its_own(desk: Desk) -> None:
    assert desk.enter(entry="\0").status_code == 303
    (row,) = spending.of_programme(desk.id)
    assert re.fullmatch("[0-9a-f]{32}", row.entry)


def test_money_that_came_back_is_typed_with_a_minus(desk: Desk) -> None:
    desk.enter(pounds="−£20.05", words="Refund")
    (row,) = spending.of_programme(desk.id)
    assert row.pence == -2005
    assert "-£20.05" in desk.page()


def test_the_page_says_what_is_estimated_and_what_one_of_each_costs(desk: Desk) -> None:
    desk.played(date(2027, 1, 12), desk.tour.schools[0])
    with transaction():
        budgets.set_budget(desk.programme, 100_000, RECKONED, who="Priya", now=make.NOW)
    desk.enter()
    page = desk.said()
    for said in (
        "budget £1,000",
        "spent (estimate) £1,031",
        "more than the budget (estimate) £31",
        "One performance of 1 performance played £1,031",
        "One pupil who saw it of 186 pupils counted £5.54",
        "One school reached of 1 school that saw it, some in part £1,031",
        "It is an estimate until bills are entered instead",
        "1 day of Red van so far",
        "Not for publication",
    ):
        assert said in page, said


def test_the_price_of_the_last_gaps_stands_in_a_picture_and_beside_a_table(desk: Desk) -> None:
    desk.played(date(2027, 1, 12), desk.tour.schools[0])
    desk.plan()
    page = desk.page()
    said = words(page)
    (svg,) = re.findall(r'<svg\s+class="curve".*?</svg>', page, re.S)
    points = re.findall(r">(\d+%: £[\d,]+)<", svg)
    assert points and points[-1].startswith("100%: £")
    row = re.search(r"100% 5 (\d) .*? (£[\d,]+)", said.partition("Reaching")[2])
    assert row is not None and points[-1] == f"100%: {row[2]}"
    assert f"From 17% to 100% of the target: about {row[2]} more" in said
    assert "whole days, the cheapest for each school first, and every school says yes" in said
    assert "Open the plan" in said
    for school in desk.tour.schools[1:]:
        assert school.name in said


def test_without_a_price_days_and_roads_alone_are_told(desk: Desk) -> None:
    with transaction():
        desk.tour.troupe.cost_day_pence = desk.tour.troupe.cost_km_pence = None
    desk.plan()
    page = desk.page()
    assert 'class="curve"' not in page and "no price" in page
    assert "Nobody said what a day of Red van costs, so days and road alone are told." in words(page)


def test_what_changed_since_the_plan_is_said(desk: Desk) -> None:
    desk.plan()
    with transaction():
        make.tour_day(desk.programme, desk.tour.troupe, date(2027, 4, 20))
    assert "Since then its tour days changed. Draw up a new plan for a newer price." in desk.said()


def test_the_file_holds_what_the_page_says(desk: Desk) -> None:
    desk.played(date(2027, 1, 12), desk.tour.schools[0])
    desk.enter()
    desk.plan()
    answer = desk.client.get(f"/desk/cost.csv?programme={desk.id}")
    assert "attachment" in answer.headers["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert lines[-1][0].startswith("End of the cost.")
    assert "Cost of ‘Someone to Tell’" in lines[-1][0] and "Not for publication" in lines[-1][0]
    money = {row[1]: row for row in lines[1:] if row[0] == "Money"}
    assert money["Spent"][4:] == ["1030.9", "estimate"]
    assert [row[4] for row in lines if row[0] == "Entered"] == ["386.4"]
    steps = [row for row in lines if row[0] == "Last gaps, by price"]
    (whole,) = [row for row in lines[1:-1] if row[1] == "100% of the target"]
    assert whole[4] == steps[-1][4]


def test_the_page_takes_as_many_queries_for_more_days_entries_and_lines(
    desk: Desk, count_queries: Any
) -> None:
    desk.played(date(2027, 1, 12), desk.tour.schools[0])
    desk.enter()
    desk.plan()
    desk.page()
    counts = []
    for n in range(2):
        db.session.expire_all()
        with count_queries() as queries:
            desk.page()
        counts.append(len(queries))
        for m in range(3):
            desk.played(date(2026, 11, 2 + 4 * n + m), desk.tour.schools[0])
            desk.enter(entry=f"{n}x{m}")
    assert counts[0] == counts[1] <= 60


def test_headlines_of_the_gaps_are_true_of_what_they_name() -> None:
    assert cost_words.mark(cost_words.Mark(percent=95, schools=8, more=0, step=None, short=0)).none == (
        "reached or booked already"
    )
    assert cost_words.mark(cost_words.Mark(percent=95, schools=8, more=2, step=None, short=2)).none == (
        "not in this plan: 2 schools short"
    )


def test_another_partnerships_entries_are_not_there(desk: Desk) -> None:
    with transaction():
        theirs = make.programme(make.partnership(("932",)))
        row = spending.enter(
            theirs,
            spending.Spent(day=date(2027, 1, 4), words="Secretly", pence=5),
            entry="x",
            who="x",
            now=datetime.fromisoformat("2027-01-05T09:00:00+00:00") + timedelta(0),
        )
        budget = budgets.set_budget(theirs, 5, RECKONED, who="x", now=make.NOW)
    for path in ("", "/take-out", "/undo"):
        send = desk.client.post if path else desk.client.get
        assert send(f"/desk/cost/spending/{row.id}{path}").status_code == 404
    assert desk.client.get(f"/desk/cost?programme={theirs.id}").status_code == 404
    assert "Secretly" not in desk.page(entry=row.id, budget=budget.id)
    data = {"programme": desk.id, "budget": budget.id}
    desk.client.post("/desk/cost/budget/undo", data=data)
    held = budgets.newest(theirs.id)
    assert held is not None and held.pence == 5
