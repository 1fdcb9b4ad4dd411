"""Looks at the people of schools beyond one's own work list are written down, once an hour each."""

import sqlite3
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.asking import owners
from outreach.county import roles
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.history import History


@pytest.fixture
def c(app: Flask, client: FlaskClient, stopped: Any) -> SimpleNamespace:
    """A coordinator, who looks after one school of two, and a lead."""
    with transaction():
        programme = make.programme(of := make.partnership())
        one, other = make.school(name="Redmere Academy"), make.school(name="Ashdown School")
        for school in (one, other):
            make.contact(school)
        lead = make.person(of, name="Priya Nandakumar", email="priya@marlshire.example")
        person = make.person(of, name="Owen Pryce", role=roles.COORDINATOR)
        owners.assign(programme, [one.organisation_id], person, who="Priya", now=stopped.now)
        booking = make.booking(make.show(programme, other, make.NOW + timedelta(days=40)), {8: 120})
    return SimpleNamespace(
        own=f"/desk/schools/{one.organisation_id}",
        other=f"/desk/schools/{other.organisation_id}",
        number=str(other.organisation_id),
        booking=f"/desk/bookings/{booking.reference}",
        clock=stopped,
        client=make.signed_in(client, person),
        person=person,
        lead=lead,
    )


def looks() -> list[tuple[str, str]]:
    db.session.rollback()
    found = select(History.who, History.subject_id).where(History.what == history.LOOKED)
    return [(who, about) for who, about in db.session.execute(found.order_by(History.id))]


def test_a_look_at_people_that_are_not_ones_own_to_look_after_is_written_down_once_an_hour(
    c: SimpleNamespace, app: Flask
) -> None:
    assert c.client.get(c.own).status_code == 200
    assert c.client.head(c.other).status_code == 200
    assert c.client.get("/desk/schools/999999").status_code == 404
    assert looks() == []
    once = [("Owen Pryce", c.number)]
    for address in (c.other, c.booking, c.other):
        assert c.client.get(address).status_code == 200
        assert looks() == once, "a school's page and its booking's show the same people"
    for minutes, found in ((59, once), (2, once * 2)):
        c.clock.now += timedelta(minutes=minutes)
        make.signed_in(c.client, c.person, began_at=c.clock.now, last_seen_at=c.clock.now)
        assert c.client.get(c.other).status_code == 200
        assert looks() == found

    lead = make.signed_in(app.test_client(), c.lead, began_at=c.clock.now, last_seen_at=c.clock.now)
    assert lead.get(c.other).status_code == 200
    assert looks() == [*once * 2, ("Priya Nandakumar", c.number)], "each by themselves"
    page = lead.get("/desk/history?about=ashdown&kind=look").text
    assert page.count("Looked at") == 3 and page.count("Ashdown School</td>") == 3


def test_a_list_of_many_schools_people_is_one_look_at_that_page(c: SimpleNamespace) -> None:
    for address in ("/desk/letters", "/desk/letters?page=1", "/desk/gaps"):
        assert c.client.get(address).status_code == 200
        assert looks() == [("Owen Pryce", "/desk/letters")]


@pytest.mark.any_database
def test_a_page_that_a_form_asks_for_or_shows_again_is_a_look_too(c: SimpleNamespace) -> None:
    """Whoever would read on without a trace sends a form that is refused."""
    refused = c.client.post(f"{c.other}/notes", data={"text": ""})
    assert refused.status_code == 422 and "Ashdown School" in refused.text
    assert looks() == [("Owen Pryce", c.number)]
    lead = make.signed_in(c.client, c.lead)
    assert lead.post("/desk/people/held", data={"find": "joanna"}).status_code == 200
    assert lead.post("/desk/words", data={"find": "redmere"}).status_code == 200
    assert looks()[1:] == [("Priya Nandakumar", "/desk/people/held"), ("Priya Nandakumar", "/desk/words")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whoever_looks_for_whom_to_ring_is_not_kept_from_it_by_a_database_that_takes_no_writing(
    c: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    other = sqlite3.connect(str(db.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert c.client.get(c.other).status_code == 200
    other.rollback()
    other.close()
    assert looks() == []
    assert f"not written to the history: person {c.person.id} looked at {c.number}" in caplog.text
