"""A coordinator puts a visit report down; bad input is said in words and what was typed is kept."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

import make
from outreach.booking import accounts
from outreach.ground import history
from outreach.ground.db import transaction
from outreach.visits import reports

pytestmark = pytest.mark.any_database

NOW = datetime(2027, 1, 19, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def booking(app: Flask, client: FlaskClient):
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership)
        row = make.booking(make.show(programme, make.school(), NOW - timedelta(days=1)), {8: 120, 9: 110})
        make.signed_in(client, make.person(partnership))
    return row


def address(booking) -> str:
    return f"/desk/bookings/{booking.reference}/report"


@pytest.mark.both_databases
def test_a_report_is_put_down_and_shown(client: FlaskClient, booking) -> None:
    typed = {"side": "school", "took_place": "yes", "year_8": "118", "year_9": "1,00", "concerns": "1"}
    answer = client.post(address(booking), data=typed | {"year_9": "101"})
    assert (answer.status_code, answer.location) == (303, address(booking))
    page = client.get(address(booking)).text
    assert "The report is put down." in page and "Year 8: 118" in page and ">219" in page
    assert reports.counts_of(reports.newest(booking, "school")) == {8: 118, 9: 101}


def test_a_show_that_did_not_take_place_lets_the_school_book_again_and_is_not_cancelled(
    client: FlaskClient, booking
) -> None:
    typed = {"side": "company", "took_place": "no", "why_not": "The van broke down"}
    client.post(address(booking), data=typed)
    page = client.get(address(booking)).text
    assert f"/desk/bookings/{booking.reference}/cancel" not in page
    assert accounts.account(booking.programme, booking.organisation, now=NOW).is_open is True
    assert (
        f'href="/desk/schools/{booking.organisation_id}/propose?programme={booking.programme_id}&amp;from=bookings"'
        in page
    )


def test_sides_that_differ_are_said_until_they_are_settled(client: FlaskClient, booking) -> None:
    client.post(address(booking), data={"side": "school", "took_place": "yes", "pupils": "100"})
    client.post(address(booking), data={"side": "company", "took_place": "yes", "pupils": "150"})
    assert "The reports disagree." in client.get(address(booking)).text
    client.post(
        address(booking), data={"side": "settled", "took_place": "yes", "year_8": "70", "year_9": "60"}
    )
    page = client.get(address(booking)).text
    assert "The reports disagree." not in page and "Settled" in page


@pytest.mark.both_databases
def test_both_sides_stand_side_by_side_with_all_they_said_and_where_they_differ(
    client: FlaskClient, booking
) -> None:
    school = {"took_place": "yes", "year_8": "118", "year_9": "101", "staff": "6", "agencies": "yes"}
    client.post(address(booking), data=school | {"side": "school", "concerns": "0"})
    client.post(
        address(booking), data={"side": "company", "took_place": "yes", "pupils": "120", "agencies": "no"}
    )
    assert table(client.get(address(booking)).text) == [
        ["What", "The school", "The company, of the whole show"],
        ["Pupils They differ", "219 Year 8: 118 Year 9: 101", "120"],
        ["Took place", "Yes", "Yes"],
        ["Staff", "6", ""],
        ["Support agencies there They differ", "Yes", "No"],
        ["Concerns passed on", "0", ""],
    ]
    client.post(address(booking), data={"side": "settled", "took_place": "yes", "year_8": "70"})
    assert "They differ" not in client.get(address(booking)).text


@pytest.mark.both_databases
def test_what_stood_before_a_report_was_corrected_stays_in_sight_and_in_the_history(
    client: FlaskClient, booking
) -> None:
    first = {"side": "school", "took_place": "yes", "not_counted": "y", "staff": "6", "agencies": "no"}
    client.post(address(booking), data=first)
    page = client.get(address(booking)).text
    assert "About as promised, not counted" in page and "Corrected" not in page
    client.post(address(booking), data={"side": "school", "took_place": "yes", "year_8": "118", "staff": "5"})
    page = client.get(address(booking)).text
    assert "Corrected: 1 earlier report" in page
    assert "It took place; about as promised, not counted; 6 staff. Put down" in page
    deed = history.history_of("booking", booking.reference)[0]
    assert deed.before == {
        "took place": True,
        "why not": "",
        "pupils": "about as promised, not counted",
        "staff": 6,
        "support agencies present": False,
    }
    assert deed.after == {"took place": True, "why not": "", "pupils": {"8": 118}, "staff": 5}


def test_a_concern_that_did_not_reach_the_lead_is_said_on_top(client: FlaskClient, booking) -> None:
    report = {"side": "company", "took_place": "yes", "pupils": "200"}
    client.post(address(booking), data=report | {"concerns_handed_on": "yes"})
    assert "Ring the school today" not in client.get(address(booking)).text
    client.post(address(booking), data=report | {"concerns_handed_on": "no"})
    page = client.get(address(booking)).text
    assert "not every concern was handed to the safeguarding lead. Ring the school today." in page
    assert ["Each handed to the lead", "No"] in table(page)


def table(page: str) -> list[list[str]]:
    """The rows of what both sides said, but the last, which says when."""
    whole = page[page.index("Said so far") :].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", whole, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows[:-1]]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in cells]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Choose whose report it is."),
        ({"side": "nobody", "took_place": "yes"}, "Not a valid choice"),
        ({"side": "school"}, "Say whether it took place."),
        ({"side": "school", "took_place": "no"}, "Say why it did not take place."),
        ({"side": "school", "took_place": "yes", "year_8": "lots"}, "enter a whole number in figures"),
        ({"side": "school", "took_place": "yes", "year_8": "-3"}, "must be between"),
        ({"side": "school", "took_place": "yes", "year_8": "99999"}, "must be between"),
        ({"side": "company", "took_place": "yes", "concerns": "2"}, "Only the school says"),
        ({"side": "school", "took_place": "no", "why_not": "Snow", "pupils": "4"}, "nobody can have seen it"),
        ({"side": "school", "took_place": "no", "why_not": "x" * 301}, "300 characters or fewer"),
    ],
)
def test_bad_input_is_said_kept_and_changes_nothing(client: FlaskClient, booking, typed, said) -> None:
    page = client.post(address(booking), data=typed)
    assert page.status_code == 422 and said in page.text and "There is a problem" in page.text
    if "year_8" in typed:
        assert f'value="{typed["year_8"]}"' in page.text
    assert reports.newest(booking, "school") is None and reports.newest(booking, "company") is None


def test_the_report_of_another_partnerships_booking_is_not_there(
    app: Flask, client: FlaskClient, booking
) -> None:
    with transaction():
        make.signed_in(client, make.person(make.partnership(("932",))))
    assert client.get(address(booking)).status_code == 404
    assert client.post(address(booking), data={"side": "school", "took_place": "yes"}).status_code == 404
    assert client.get("/desk/bookings/MRL-NONE/report").status_code == 404


@pytest.mark.both_databases
def test_before_the_show_and_after_a_cancellation_there_is_no_form(client: FlaskClient, booking) -> None:
    with transaction():
        coming = make.show(booking.programme, booking.organisation, NOW + timedelta(days=1))
        early = address(make.booking(coming, {9: 40}))
        make.cancellation(booking, NOW - timedelta(days=1, hours=3))
    assert "has not begun yet" in client.get(early).text
    refused = client.post(early, data={"side": "school", "took_place": "yes"})
    assert refused.status_code == 422 and "has not begun yet" in refused.text
    assert "nothing to report" in client.get(address(booking)).text
