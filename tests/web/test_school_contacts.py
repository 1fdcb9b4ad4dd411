"""Are these still the right people? The page that a school opens on its phone, by the link of that one
letter."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import func, select

import make
from browser import Page, Site
from outreach.asking.confirming import requests
from outreach.asking.confirming.requests import Confirmation
from outreach.county import contacts
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.post import copies
from outreach.post.outbox import Letter
from web.conftest import Clock
from web.school_story import link_to


class Asked:
    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.ours: Partnership = make.partnership()
        self.programme = make.programme(self.ours)
        self.school = make.school(name="Redmere Academy")
        self.joanna = make.contact(self.school, name="Joanna Fell", address="j.fell@redmere.example")
        self.office = make.contact(self.school, name="", role="Office", address="office@redmere.example")
        seen = {self.school.organisation_id: "j.fell@redmere.example"}
        requests.send(self.programme, seen, set(seen), who="Priya", now=make.NOW)
        text = copies.read(db.session.scalars(select(Letter)).one().raw).text
        self.path = re.search(r"/i/[^/\s]+/contacts", text)[0]  # type: ignore[index]
        self.office_id, self.joanna_id = self.office.id, self.joanna.id

    def get(self, rest: str = "") -> Any:
        return self.client.get(self.path + rest)

    def post(self, rest: str = "", **typed: str) -> Any:
        return self.client.post(self.path + rest, data=typed)

    def on_file(self) -> list[str]:
        db.session.rollback()
        return [c.address for c in contacts.contacts_of_organisation(self.school.organisation_id)]

    def state(self) -> str:
        db.session.rollback()
        (found,) = requests.of_year(self.ours.id, 2026)
        return found.state


@pytest.fixture
def asked(client: FlaskClient, stopped: Clock) -> Asked:
    with transaction():
        found = Asked(client)
    stopped.now = make.NOW + timedelta(days=1)
    return found


def test_opening_the_link_shows_everybody_and_changes_nothing(asked: Asked) -> None:
    page = asked.get().get_data(as_text=True)
    assert "Are these still the right people?" in page and "Yes, both are right" in page
    assert "Joanna Fell" in page and "office@redmere.example" in page
    for rest in ("/add", f"/{asked.office_id}"):
        assert asked.get(rest).status_code == 200
    assert db.session.scalar(select(func.count(Confirmation.id))) == 0 and asked.state() == requests.SILENT


def test_all_are_right_with_one_tap_and_twice_is_once(asked: Asked) -> None:
    for _ in range(2):
        assert asked.post().status_code == 303
    page = asked.get().get_data(as_text=True)
    assert "Thank you" in page and "These are the people we write to in 2026/27." in page
    assert asked.state() == requests.RIGHT and db.session.scalar(select(func.count(Confirmation.id))) == 1


@pytest.mark.any_database
def test_somebody_else_takes_a_place(asked: Asked) -> None:
    answer = asked.post(
        f"/{asked.office_id}", name="Amir Shah", role="DSL", address="a.shah@redmere.example", phone=""
    )
    assert answer.status_code == 303
    assert "Amir Shah is on the list, and gets a letter with a link." in asked.get().get_data(as_text=True)
    assert asked.on_file() == ["j.fell@redmere.example", "a.shah@redmere.example"]
    assert asked.state() == requests.OTHERS


def test_one_is_added_and_one_removed_and_then_all_are_right(asked: Asked) -> None:
    assert (
        asked.post("/add", name="Sam Okonkwo", role="", address="sam@redmere.example", phone="").status_code
        == 303
    )
    assert asked.post(f"/{asked.office_id}/end").status_code == 303
    assert asked.on_file() == ["j.fell@redmere.example", "sam@redmere.example"]
    asked.post()
    assert asked.state() == requests.RIGHT


def test_whoever_was_taken_off_can_be_put_back(asked: Asked) -> None:
    asked.post(f"/{asked.office_id}/end")
    page = asked.get().get_data(as_text=True)
    assert f"/contacts/add?again={asked.office_id}" in page and "Put them back" in page
    assert 'value="office@redmere.example"' in asked.get(f"/add?again={asked.office_id}").get_data(
        as_text=True
    )
    for other in (asked.joanna_id, "x", 999999):
        assert "@redmere.example" not in asked.get(f"/add?again={other}").get_data(as_text=True)


def test_whoever_takes_themselves_off_reads_that_the_link_is_closed(asked: Asked) -> None:
    page = asked.post(f"/{asked.joanna_id}/end")
    assert page.status_code == 200 and "the link that went there is closed now" in page.get_data(as_text=True)
    assert asked.get().status_code == 410
    assert asked.on_file() == ["office@redmere.example"]


def test_bad_input_comes_back_with_what_was_typed(asked: Asked) -> None:
    for typed, said in (
        ({"address": ""}, "Enter the email address."),
        ({"address": "nowhere"}, "Email address: that is not an address."),
        ({"address": "J.FELL@redmere.example"}, "is on the list already"),
    ):
        answer = asked.post("/add", name="Kept as typed", **typed)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422 and said in page and "Kept as typed" in page
    assert len(asked.on_file()) == 2


def test_the_last_one_stays_until_somebody_else_is_named(asked: Asked) -> None:
    asked.post(f"/{asked.office_id}/end")
    answer = asked.post(f"/{asked.joanna_id}/end")
    assert answer.status_code == 422 and "Name somebody else first" in answer.get_data(as_text=True)


def test_somebody_taken_off_meanwhile_leads_back_to_the_list(asked: Asked) -> None:
    asked.post(f"/{asked.office_id}/end")
    for answer in (asked.get(f"/{asked.office_id}"), asked.post(f"/{asked.office_id}/end")):
        assert answer.status_code == 303
    assert "That person is not on the list any more." in asked.get().get_data(as_text=True)


def test_another_schools_person_cannot_be_touched(asked: Asked) -> None:
    with transaction():
        stranger = make.contact(make.school(), address="stranger@other.example")
        stranger_id, organisation_id = stranger.id, stranger.organisation_id
    asked.post(f"/{stranger_id}/end")
    asked.post(f"/{stranger_id}", name="X", address="x@y.example")
    db.session.rollback()
    assert [c.address for c in contacts.contacts_of_organisation(organisation_id)] == [
        "stranger@other.example"
    ]


def test_a_link_of_another_letter_does_not_open_it(asked: Asked, client: FlaskClient) -> None:
    with transaction():
        token = link_to(asked.programme, asked.school)
    for rest in ("", "/add", f"/{asked.joanna_id}"):
        assert client.get(f"/i/{token}/contacts{rest}").status_code == 404
    assert client.post(f"/i/{token}/contacts").status_code == 404


@pytest.mark.any_database
def test_the_link_ends_thirty_days_after_the_reply_by_date(asked: Asked, stopped: Clock) -> None:
    stopped.now = datetime(2027, 3, 7, 23, tzinfo=UTC)
    assert asked.programme.reply_by == date(2027, 2, 5) and asked.get().status_code == 200
    stopped.now = datetime(2027, 3, 8, 0, 1, tzinfo=UTC)
    assert asked.get().status_code == 410


def test_the_page_takes_a_fixed_number_of_queries(asked: Asked, count_queries: Any) -> None:
    sent = []
    for more in (0, 6):
        with transaction():
            for n in range(more):
                make.contact(asked.school, address=f"p{n}@redmere.example")
        with count_queries() as queries:
            asked.get()
        sent.append(len(queries))
    assert sent == [5, 5], sent


@pytest.mark.browser
@pytest.mark.any_database
def test_a_school_answers_on_a_phone_without_javascript(
    site: Site, plain_page: Page, page: Page, asked: Asked
) -> None:
    site.open(plain_page, asked.path)
    plain_page.get_by_role("link", name="Add somebody").click()
    plain_page.get_by_label("Name", exact=True).fill("Sam Okonkwo")
    plain_page.get_by_label("Email address").fill("sam@redmere.example")
    plain_page.get_by_role("button", name="Save").click()
    expect(plain_page.get_by_text("Sam Okonkwo is added.")).to_be_visible()
    site.check(page, asked.path)
    site.check(page, f"{asked.path}/add")
    site.check(page, f"{asked.path}/{asked.office_id}")
    site.open(page, asked.path)
    page.get_by_role("button", name="Yes, all 3 are right").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    site.check(page)
