"""The form in which a school says how its show went: what it asks, what it asks once more, and what it keeps."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from school_story import link_to
from word_budgets import REPORT_QUESTIONS, REPORT_TAPS, REPORTS
from words_read import controls_of, words_of

import make
from outreach.booking.promises import Booking
from outreach.ground.db import transaction
from outreach.post import troupe_links
from outreach.visits import pledges, reports
from outreach.visits.pledges import LEAD_PRESENT, LESSON, LETTER_HOME, STAFF_BRIEFED

pytestmark = pytest.mark.any_database

START = datetime(2027, 1, 19, 10, tzinfo=UTC)
NOW = START + timedelta(hours=5)
LEAD = {"lead_present": "done"}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def booking(app: Flask) -> Booking:
    with transaction():
        programme = make.programme(make.partnership())
        return make.booking(make.show(programme, make.school(), START), {8: 50, 9: 46})


@pytest.fixture
def page(booking: Booking) -> str:
    with transaction():
        token = link_to(booking.programme, booking.organisation)
    return f"/i/{token}/booked/{booking.reference}/report"


def said(booking: Booking) -> dict[str, str]:
    return {row.pledge: row.said for row in pledges.answers_of([booking.id]).get(booking.id, [])}


def test_the_promised_number_stands_beside_an_empty_box_and_no_answer_is_chosen(
    client: FlaskClient, page: str
) -> None:
    html = client.get(page).text
    boxes = re.findall(r"<input[^>]*name=\"year_(\d+)\"[^>]*>", html)
    assert boxes == ["8", "9"] and "of 50 booked" in html and "of 46 booked" in html
    for box in re.findall(r"<input[^>]*name=\"year_\d+\"[^>]*>", html):
        assert 'value="' not in box.replace('value=""', "")
    assert "checked" not in html


@pytest.mark.both_databases
def test_what_was_done_is_kept_as_rows_and_said_back(
    client: FlaskClient, page: str, booking: Booking
) -> None:
    typed = LEAD | {
        "took_place": "yes",
        "year_8": "49",
        "staff_briefed": "not done",
        "letter_home": "done",
        "lesson": "planned",
        "staff": "6",
        "agencies": "yes",
        "concerns": "0",
    }
    assert client.post(page, data=typed).status_code == 303
    assert said(booking) == {
        LEAD_PRESENT: "done",
        STAFF_BRIEFED: "not done",
        LETTER_HOME: "done",
        LESSON: "planned",
    }
    report = reports.newest(booking, "school")
    assert (report.staff, report.concerns, report.support_agencies_present) == (6, 0, True)
    html = client.get(page).text
    assert "Lead present: yes. Staff briefed: no. Letter home: yes. Follow-up lesson: planned." in html


@pytest.mark.both_databases
def test_a_later_report_without_answers_takes_none_away(
    client: FlaskClient, page: str, booking: Booking
) -> None:
    client.post(page, data=LEAD | {"took_place": "yes", "year_8": "49", "lesson": "done"})
    assert client.post(page, data={"took_place": "yes", "year_8": "47"}).status_code == 303
    assert said(booking) == {LEAD_PRESENT: "done", LESSON: "done"}
    assert reports.counts_of(reports.newest(booking, "school")) == {8: 47}


def test_whether_the_lead_was_there_must_be_said_once(client: FlaskClient, page: str) -> None:
    answer = client.post(page, data={"took_place": "yes", "year_8": "49"})
    assert (
        answer.status_code == 422 and answer.text.count("Say whether your safeguarding lead was there.") == 2
    )
    assert 'value="49"' in answer.text
    assert client.post(page, data={"took_place": "no", "why_not": "Snow"}).status_code == 303


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ({"year_9": "460"}, "Year 9: 460 came, you booked 46. Is that right?"),
        ({"year_9": "92"}, "Year 9: 92 came, you booked 46. Is that right?"),
        ({"year_9": "23"}, "Year 9: 23 came, you booked 46. Is that right?"),
        ({"year_9": "0"}, "Year 9: 0 came, you booked 46. Is that right?"),
        ({"year_9": "91"}, ""),
        ({"year_9": "24"}, ""),
        ({"year_10": "460"}, ""),
    ],
)
def test_a_number_far_from_the_booking_is_asked_about_once(
    client: FlaskClient, page: str, booking: Booking, typed: dict[str, str], asked: str
) -> None:
    whole = LEAD | {"took_place": "yes"} | typed
    answer = client.post(page, data=whole)
    assert answer.status_code == (422 if asked else 303)
    if asked:
        ((name, number),) = typed.items()
        assert asked in answer.text and f"{number} is right" in answer.text
        assert reports.newest(booking, "school") is None
        again = {"right": f"9-{number}"}
        assert client.post(page, data=whole | again).status_code == 303
        assert reports.counts_of(reports.newest(booking, "school")) == {9: int(number)}
        assert client.post(page, data=whole | again | {name: "1000"}).status_code == 422, "another number"
        assert client.post(page, data=whole | again | {name: "45"}).status_code == 303, "put right after all"


def test_nobody_counted_is_a_choice_and_is_kept_as_not_counted(
    client: FlaskClient, page: str, booking: Booking
) -> None:
    both = LEAD | {"took_place": "yes", "year_8": "49", "not_counted": "y"}
    answer = client.post(page, data=both)
    assert answer.status_code == 422 and "Enter how many came, or say that nobody counted: not both." in (
        answer.text
    )
    assert client.post(page, data=both | {"year_8": ""}).status_code == 303
    report = reports.newest(booking, "school")
    assert (report.about_as_promised, reports.count_of(report)) == (True, None)
    assert "It took place; about as promised, not counted" in client.get(page).text


def test_two_things_to_put_right_are_said_on_top_and_at_their_fields(client: FlaskClient, page: str) -> None:
    answer = client.post(page, data={"took_place": "yes", "year_9": "460", "lesson": "planned"})
    links = re.findall(r'<a href="#([\w-]+)">', answer.text)
    assert links[:2] == ["year_9", "lead_present"]
    assert re.search(r'value="planned"[^>]*checked', answer.text), "nothing typed is lost"
    for field in links[:2]:
        assert f'id="{field}"' in answer.text


def test_of_adults_nothing_is_asked_that_is_about_pupils(client: FlaskClient) -> None:
    with transaction():
        programme = make.programme(make.partnership(("932",)), (), for_adults=True)
        training = make.booking(make.show(programme, make.school(), START), {})
        page = f"/i/{link_to(programme, training.organisation)}/booked/{training.reference}/report"
    html = client.get(page).text
    assert "briefed" not in html and "How many pupils" not in html
    assert client.post(page, data={"took_place": "yes", "staff": "30"}).status_code == 303
    assert said(training) == {}


def page_of_company(booking: Booking) -> str:
    with transaction():
        partnership_id = booking.programme.partnership_id
        link = troupe_links.make(
            booking.performance.troupe_id, partnership_id=partnership_id, who="Priya", now=make.EARLIER
        )
    return f"/t/{troupe_links.token_of(link, 'for tests')}/shows/{booking.performance_id}/report"


def test_a_company_has_the_booked_number_beside_an_empty_box_and_may_say_that_nobody_counted(
    client: FlaskClient, booking: Booking
) -> None:
    page = page_of_company(booking)
    with transaction():
        make.booking(booking.performance, {8: 9}, of=make.school(number_of_pupils=63))
    html = client.get(page).text
    assert "A head count of all who came, of 105 booked" in html
    assert 'value="' not in re.findall(r"<input[^>]*name=\"pupils\"[^>]*>", html)[0].replace('value=""', "")
    both = {"took_place": "yes", "pupils": "95", "not_counted": "y"}
    answer = client.post(page, data=both)
    assert answer.status_code == 422 and "say that nobody counted: not both." in answer.text
    assert client.post(page, data=both | {"pupils": ""}).status_code == 303
    report = reports.newest(booking, "company")
    assert (report.about_as_promised, reports.count_of(report)) == (True, None)
    assert "about as promised, not counted" in client.get(page).text


@pytest.mark.both_databases
def test_a_company_says_whether_the_lead_of_the_host_was_there(client: FlaskClient, booking: Booking) -> None:
    page = page_of_company(booking)
    typed = {"took_place": "yes", "pupils": "95", "lead_present": "not done", "agencies": "no"}
    assert client.post(page, data=typed).status_code == 303
    (row,) = pledges.answers_of([booking.id])[booking.id]
    assert (row.pledge, row.said, row.side) == (LEAD_PRESENT, "not done", "company")
    assert reports.newest(booking, "company").support_agencies_present is False


@pytest.mark.parametrize("side", ["school", "company"])
def test_a_report_is_less_than_a_minute(client: FlaskClient, page: str, booking: Booking, side: str) -> None:
    """By what there is to read and to fill in, and by the fewest taps that send one."""
    path = page if side == "school" else page_of_company(booking)
    html = client.get(path).text
    assert len(words_of(html)) <= REPORTS[side]
    assert len(set(controls_of(html))) <= REPORT_QUESTIONS[side], sorted(set(controls_of(html)))
    fewest = {"took_place": "yes"} | (LEAD | {"not_counted": "y"} if side == "school" else {})
    assert len(fewest) <= REPORT_TAPS[side]
    assert client.post(path, data=fewest).status_code == 303
    assert reports.newest(booking, side).about_as_promised is (side == "school")
    typed = {"took_place": "yes", "concerns_handed_on": "yes", "pupils": "96"}
    assert client.post(page_of_company(booking), data=typed).status_code == 303
    report = reports.newest(booking, "company")
    assert (report.concerns_handed_on, report.concerns) == (True, None), (
        "that it was handed on, never what it was"
    )
