"""One page of ticks: what a school will do besides its show, and what it did."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from school_story import link_to

import make
from outreach.booking.promises import Booking
from outreach.ground.db import transaction
from outreach.visits import pledges, reports
from outreach.visits.pledges import LEAD_PRESENT, LESSON, PASSED_ON, PLEDGES, POLICY, STAFF_BRIEFED
from outreach.visits.reports import ReportAccount

pytestmark = pytest.mark.any_database

START = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)


@pytest.fixture
def booking(app: Flask, stopped: Any) -> Booking:
    with transaction():
        programme = make.programme(make.partnership())
        return make.booking(make.show(programme, make.school(), START), {8: 50, 9: 46})


@pytest.fixture
def page(booking: Booking) -> str:
    with transaction():
        token = link_to(booking.programme, booking.organisation)
    return f"/i/{token}/booked/{booking.reference}/promised"


def said(booking: Booking) -> list[tuple[str, str]]:
    return [(row.pledge, row.said) for row in pledges.answers_of([booking.id]).get(booking.id, [])]


@pytest.mark.both_databases
def test_before_the_show_a_tick_is_a_promise_and_can_be_taken_back(
    client: FlaskClient, page: str, booking: Booking
) -> None:
    html = client.get(page).text
    assert html.count('type="checkbox"') == len(PLEDGES) and "checked" not in html
    assert client.post(page, data={"will": ["staff_briefed", "lesson"]}).status_code == 303
    assert said(booking) == [(STAFF_BRIEFED, "will"), (LESSON, "will")]
    assert len(re.findall(r"<input[^>]*checked", client.get(page).text)) == 2
    client.post(page, data={"will": ["lesson"]})
    assert said(booking)[-1] == (STAFF_BRIEFED, "will not")


@pytest.mark.both_databases
def test_after_the_show_what_is_open_is_asked_and_what_is_left_out_stands(
    client: FlaskClient, page: str, booking: Booking, stopped: Any
) -> None:
    stopped.now = START + timedelta(hours=5)
    with transaction():
        report = reports.report(
            booking, "school", ReportAccount(took_place=True, pupils={8: 49}), who="x", now=stopped.now
        )
        pledges.answer(
            booking, {LEAD_PRESENT: "done", LESSON: "planned"}, report=report, who="x", now=stopped.now
        )
    stopped.now += timedelta(days=7)
    seen, folded = client.get(page).text.split("<summary><b>What you told us", 1)
    assert "lead_present" not in seen and 'name="lesson"' in seen
    assert "You said: planned, on 9 March 2027." in seen and "You said: yes, on 9 March 2027." in folded
    assert not re.findall(r"<input[^>]*checked", seen + folded), "no answer is chosen in advance"
    assert client.post(page, data={"lesson": "done", "passed_on": "not done"}).status_code == 303
    assert said(booking)[-2:] == [(LESSON, "done"), (PASSED_ON, "not done")]
    assert (LEAD_PRESENT, "done") in said(booking)
    assert reports.counts_of(reports.newest(booking, "school")) == {8: 49}, "no count is taken away"


def test_all_of_it_said_can_still_be_corrected(
    client: FlaskClient, page: str, booking: Booking, stopped: Any
) -> None:
    stopped.now = START + timedelta(days=8)
    with transaction():
        pledges.answer(booking, dict.fromkeys(PLEDGES, "done"), who="x", now=stopped.now)
    html = client.get(page).text
    assert "You told us all of it" in html
    assert client.post(page, data={"policy": "not done"}).status_code == 303
    assert said(booking)[-1] == (POLICY, "not done")


@pytest.mark.both_databases
def test_a_form_with_nothing_ticked_is_asked_back_and_not_thanked_for(
    client: FlaskClient, page: str, booking: Booking, stopped: Any
) -> None:
    def sent(data: dict[str, list[str]]) -> tuple[int, bool]:
        answer = client.post(page, data={"csrf_token": "x", **data})
        return answer.status_code, "Thank you" in client.get(page).text

    assert sent({}) == (422, False)
    assert "Tick what you will do, or leave this page." in client.post(page).text
    assert sent({"will": ["lesson"]}) == (303, True) and sent({}) == (303, True), "that takes it back"
    stopped.now = START + timedelta(days=8)
    with transaction():
        pledges.answer(booking, {LEAD_PRESENT: "done"}, who="x", now=stopped.now)
    asked = client.post(page)
    assert asked.status_code == 422 and 'href="#staff_briefed"' in asked.text, "the first that is open"
    assert "Answer at least one question, or leave this page." in asked.text and "Thank you" not in asked.text
    assert said(booking) == [(LESSON, "will"), (LESSON, "will not"), (LEAD_PRESENT, "done")]


def test_two_shows_of_one_day_are_one_page(
    client: FlaskClient, page: str, booking: Booking, stopped: Any
) -> None:
    with transaction():
        second = make.booking(
            make.show(booking.programme, booking.organisation, START + timedelta(hours=3)), {9: 40}
        )
        other_day = make.booking(
            make.show(booking.programme, booking.organisation, START + timedelta(days=3)), {9: 40}
        )
    client.post(page, data={"will": ["lesson"]})
    assert said(booking) == said(second) == [(LESSON, "will")] and said(other_day) == []
    stopped.now = START + timedelta(days=2)
    client.post(page, data={"lesson": "done"})
    assert said(booking)[-1] == said(second)[-1] == (LESSON, "done") and said(other_day) == []


def test_what_is_no_answer_is_refused_and_nothing_is_put_down(
    client: FlaskClient, page: str, booking: Booking, stopped: Any
) -> None:
    assert client.post(page, data={"will": ["lunch"]}).status_code == 422
    stopped.now = START + timedelta(hours=5)
    assert client.post(page, data={"staff_briefed": "planned"}).status_code == 422
    assert said(booking) == []


def test_of_a_show_that_did_not_take_place_or_is_for_adults_nothing_is_asked(
    client: FlaskClient, page: str, booking: Booking, stopped: Any
) -> None:
    stopped.now = START + timedelta(hours=5)
    with transaction():
        account = ReportAccount(took_place=False, why_not="Snow")
        reports.report(booking, "school", account, who="x", now=stopped.now)
        training = make.programme(make.partnership(("932",)), (), for_adults=True)
        staff = make.booking(make.show(training, make.school(), START), {})
        theirs = f"/i/{link_to(training, staff.organisation)}/booked/{staff.reference}/promised"
    answer = client.get(page)
    assert (answer.status_code, answer.location) == (303, page.removesuffix("/promised"))
    assert client.get(theirs).status_code == 404


def test_a_cancelled_booking_says_so(client: FlaskClient, page: str, booking: Booking) -> None:
    with transaction():
        make.cancellation(booking, make.NOW)
    assert client.get(page).location == page.removesuffix("/promised")


def test_the_booking_leads_there_before_and_after(
    client: FlaskClient, page: str, booking: Booking, stopped: Any
) -> None:
    here = page.removesuffix("/promised")
    assert f'href="{page}"' in client.get(here).text
    stopped.now = START + timedelta(days=1)
    assert "6 of 6 still to say" in client.get(here).text
