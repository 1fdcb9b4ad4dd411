"""A school finds itself and asks for its link; what the page answers never tells which addresses are held."""

import re
from statistics import median
from time import process_time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.asking.open_door import LinkRequest
from outreach.county import partnerships
from outreach.county.schools import School
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.post import outbox

pytestmark = pytest.mark.any_database

ADDRESSES = {
    "on file": "j.fell@redmere.example",
    "dead": "dead@redmere.example",
    "office form": "office@redmere.example",
    "pupil": "21smithj@redmere.example",
    "elsewhere": "jo@webmail.example",
    "again": "j.fell@redmere.example",
}


@pytest.fixture
def school(app: Flask) -> School:
    with transaction():
        make.programme(make.partnership())
        school = make.school(
            name="St Zoë's Church of England Academy",
            town="Marlford",
            postcode="ZZ9 3AB",
            website="http://redmere.example",
        )
        make.contact(school, address=ADDRESSES["on file"])
        make.contact(school, address=ADDRESSES["dead"])
        outbox.mark_dead(ADDRESSES["dead"], "550", clock.now())
    return school


@pytest.mark.parametrize("typed", ["zoe", "ST. ZOES", "marlford zoe", "zz93ab", "ZZ9 3AB"])
def test_school_finds_itself_without_javascript(school: School, client: FlaskClient, typed: str) -> None:
    page = client.get("/find", query_string={"q": typed}).text
    assert "1 school for" in page
    assert f'href="/find/{school.organisation_id}"' in page and "Zoë" in page


def test_a_body_finds_itself_by_its_whole_name(school: School, client: FlaskClient) -> None:
    partnership = partnerships.of_authority(school.la_code)
    assert partnership is not None
    with transaction():
        body = make.body(partnership, name="Ash Clinic", kind="Health")
    page = client.get("/find?q=ash+clinic").text
    assert "1 body for" in page and f'href="/find/{body.organisation_id}"' in page
    assert "No school for" in client.get("/find?q=ash").text


def test_school_finds_itself_by_urn(school: School, client: FlaskClient) -> None:
    assert f'href="/find/{school.organisation_id}"' in client.get(f"/find?q={school.organisation_id}").text


@pytest.mark.both_databases
@pytest.mark.parametrize("typed", ["nowhere", "%", "<script>alert(1)</script>", "x" * 5000])
def test_search_for_nothing_we_have_says_what_to_try(school: School, client: FlaskClient, typed: str) -> None:
    answer = client.get("/find", query_string={"q": typed})
    assert answer.status_code == 200
    assert "No school for" in answer.text and "<script>alert" not in answer.text


@pytest.mark.both_databases
def test_empty_search_says_what_to_enter(client: FlaskClient) -> None:
    assert 'href="#q"' in client.get("/find?q=").text
    assert "There is a problem" not in client.get("/find").text


def test_long_list_shows_twenty_and_says_how_to_narrow_it(school: School, client: FlaskClient) -> None:
    with transaction():
        for _ in range(21):
            make.school()
    page = client.get("/find?q=redmere").text
    assert "The first 20 schools" in page and len(re.findall(r'href="/find/\d', page)) == 20


def test_closed_school_is_listed_and_leads_nowhere(app: Flask, client: FlaskClient) -> None:
    with transaction():
        make.partnership()
        closed = make.school(name="Vale High School", status="Closed")
    page = client.get("/find?q=vale").text
    assert "Vale High School" in page and f"/find/{closed.organisation_id}" not in page
    assert client.get(f"/find/{closed.organisation_id}").status_code == 404
    assert client.get("/find/suggest?q=vale").json == []


@pytest.mark.both_databases
def test_school_of_an_authority_that_nobody_covers_is_not_there(school: School, client: FlaskClient) -> None:
    with transaction():
        away = make.school(la_code="999", name="Far Away School")
    assert "No school for" in client.get("/find?q=far+away").text
    assert client.get(f"/find/{away.organisation_id}").status_code == 404


def test_suggestions_are_few_and_lead_to_the_schools_page(school: School, client: FlaskClient) -> None:
    assert client.get("/find/suggest?q=zo").json == [
        {
            "name": "St Zoë's Church of England Academy",
            "where": "Marlford, ZZ9 3AB",
            "url": f"/find/{school.organisation_id}",
        }
    ]
    assert client.get("/find/suggest?q=z").json == []
    assert client.get("/find/suggest").json == []


def ask(client: FlaskClient, school: School, address: str):
    return client.post(f"/find/{school.organisation_id}", data={"address": address, "name": ""})


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_answer_is_the_same_whatever_the_address(school: School, client: FlaskClient, address: str) -> None:
    answer = ask(client, school, address)
    assert (answer.status_code, answer.location) == (303, f"/find/{school.organisation_id}/asked")
    page = client.get(answer.location)
    assert page.status_code == 200
    assert "If that address is one we hold, a new link is on its way." in page.text
    assert address not in page.text and address not in str(answer.headers)


@pytest.mark.both_databases
def test_page_does_the_same_work_whatever_the_address(
    school: School, client: FlaskClient, count_queries
) -> None:
    said = {}
    for what, address in ADDRESSES.items():
        with count_queries() as queries:
            ask(client, school, address)
        said[what] = list(queries)
    assert set(map(tuple, said.values())) == {tuple(said["on file"])}
    assert len(said["on file"]) == 9


def test_page_takes_the_same_time_whatever_the_address(school: School, client: FlaskClient) -> None:
    taken: dict[str, list[float]] = {what: [] for what in ADDRESSES}
    for _ in range(15):
        for what, address in ADDRESSES.items():
            start = process_time()
            ask(client, school, address)
            taken[what].append(process_time() - start)
    middles = [median(times) for times in taken.values()]
    # The cases do the same statements; a letter rendered or a lookup left out would cost several times as
    # much.
    assert max(middles) < 2 * min(middles)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter your work email address."),
        ("not an address", "that is not an address"),
        ("a@b", "that is not an address"),
        ("x" * 300 + "@redmere.example", "254 characters or fewer"),
    ],
)
def test_what_is_no_address_is_said_and_stays_typed(
    school: School, client: FlaskClient, typed: str, said: str
) -> None:
    answer = client.post(f"/find/{school.organisation_id}", data={"address": typed, "name": "Joanna"})
    assert answer.status_code == 422 and said in answer.text
    assert 'value="Joanna"' in answer.text
    assert db.session.scalars(select(LinkRequest)).all() == []


def test_school_with_nothing_to_book_is_told_whom_to_ring(app: Flask, client: FlaskClient) -> None:
    with transaction():
        make.partnership()
        school = make.school()
    for answer in (
        client.get(f"/find/{school.organisation_id}"),
        ask(client, school, "office@redmere.example"),
    ):
        assert "Nothing can be booked for this school just now." in answer.text
        assert "01632 960 118" in answer.text
    assert db.session.scalars(select(LinkRequest)).all() == []
