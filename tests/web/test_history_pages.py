"""The history of a partnership at the desk: found by person, school, kind and day, by leads alone; sign-ins and what is
taken out stand in it."""

import csv
import io
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.county import coordinators, partnerships, roles
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.history import History
from outreach.web import noted

PASSWORD = "seven grey herons wade"


@pytest.fixture
def c(app: Flask, client: FlaskClient, stopped: Any) -> SimpleNamespace:
    """Three deeds of ours, one of another partnership."""
    with transaction():
        ours, theirs = make.partnership(), make.partnership(("932",))
        lead = make.person(ours, name="Priya Nandakumar", email="priya@marlshire.example")
        school = make.school(name="Redmere Academy")
        before = stopped.now - timedelta(days=3)
        of = history.Subject("school", school.organisation_id, ours.id)
        history.record("contact added", of, who="Joanna Fell", now=before, after={"name": "Ann Bell"})
        history.record(
            "changed", ours, who="Priya Nandakumar", now=stopped.now, before={"a": 1}, after={"a": 2}
        )
        history.record("booked", history.Subject("booking", "MRL-1", ours.id), who="=1+1", now=stopped.now)
        history.record("changed", theirs, who="Mallory", now=stopped.now)
    return SimpleNamespace(ours=ours.id, lead=lead, school=school.name, client=make.signed_in(client, lead))


def shown(c: SimpleNamespace, address: str = "/desk/history") -> list[str]:
    page = c.client.get(address)
    assert page.status_code == 200
    return [one for one in ("Joanna Fell", "Priya Nandakumar</td>", "=1+1", "Mallory") if one in page.text]


def test_a_lead_finds_deeds_by_person_school_booking_kind_and_day(c: SimpleNamespace) -> None:
    assert shown(c) == ["Joanna Fell", "Priya Nandakumar</td>", "=1+1"]
    assert shown(c, "/desk/history?who=joanna") == ["Joanna Fell"]
    assert shown(c, "/desk/history?who=%25") == []
    assert shown(c, "/desk/history?about=redmere") == ["Joanna Fell"]
    assert shown(c, "/desk/history?about=mrl-1") == ["=1+1"]
    assert shown(c, "/desk/history?about=nobody") == []
    assert shown(c, "/desk/history?kind=partnership") == ["Priya Nandakumar</td>"]
    assert shown(c, "/desk/history?last=18+January+2027") == ["Joanna Fell"]
    assert shown(c, "/desk/history?first=19+January+2027") == ["Priya Nandakumar</td>", "=1+1"]
    wrong = c.client.get("/desk/history?first=someday&who=joanna")
    assert "‘someday’ was left out. That is not a date." in wrong.text and 'value="someday"' in wrong.text


def test_what_is_taken_out_is_written_down_with_who_and_what_was_asked_for(c: SimpleNamespace) -> None:
    c.client.head("/desk/history.csv")
    taken = c.client.get("/desk/history.csv?who=%3D1")
    lines = list(csv.reader(io.StringIO(taken.text.removeprefix("\ufeff"))))
    assert [row[3] for row in lines if len(row) > 3][1:] == ["booked"]
    assert not any(cell.startswith("=") for row in lines for cell in row), "no live formula"
    db.session.rollback()
    (deed,) = db.session.scalars(select(History).where(History.subject == history.FILE))
    assert (deed.who, deed.what, deed.subject_id) == ("Priya Nandakumar", "took out", "/desk/history.csv")
    assert (deed.after, deed.partnership_id, deed.told_salt is None) == ({"who": "=1"}, c.ours, False)
    assert "Lists and files taken out" in c.client.get("/desk/history").text


@pytest.mark.any_database
def test_one_person_takes_out_so_many_files_an_hour_and_keeps_no_colleague_from_theirs(
    c: SimpleNamespace, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noted, "FILES_AN_HOUR", 2)
    for _ in range(2):
        assert c.client.get("/desk/history.csv").data
        db.session.rollback()  # a request of its own sees what is there by then
    refused = c.client.get("/desk/history.csv")
    assert refused.status_code == 429 and refused.headers["Retry-After"] == "3600"
    assert "Try again in an hour" in refused.text
    assert c.client.get("/desk/history").status_code == 200
    with transaction():
        ours = db.session.get_one(partnerships.Partnership, c.ours)
        colleague = make.person(ours, name="Owen Pryce")
    theirs = make.signed_in(app.test_client(), colleague).get("/desk/history.csv")
    assert theirs.text.startswith("\ufeffNumber,When")


def test_a_page_that_is_refused_or_looked_at_is_no_file_taken_out(c: SimpleNamespace, app: Flask) -> None:
    with transaction():
        reader = make.person(partnerships.get(c.ours), role=roles.READER)
    seen = make.signed_in(app.test_client(), reader)
    for address in ("/desk/history", "/desk/history.csv", "/desk/gaps.csv"):
        assert seen.get(address).status_code == 403
    assert make.signed_in(c.client, c.lead).get("/desk/schools").status_code == 200
    db.session.rollback()
    assert db.session.scalars(select(History).where(History.subject == history.FILE)).all() == []


def test_however_many_deeds_there_are_the_page_asks_as_often(c: SimpleNamespace, count_queries: Any) -> None:
    asked = []
    for _ in range(2):
        with count_queries() as queries:
            assert c.client.get("/desk/history?about=redmere").status_code == 200
        asked.append(len(queries))
        with transaction():
            for n in range(120):
                of = history.Subject("school", make.school(name=f"Redmere {n}").organisation_id, c.ours)
                history.record("noted", of, who="Joanna Fell", now=make.NOW)
    assert asked[0] == asked[1]
    last = c.client.get("/desk/history?about=redmere&page=5").text
    assert "Page 5 of 5, 241 deeds" in last and "Contact added" in last
    lines = c.client.get("/desk/history.csv?about=redmere").text.splitlines()
    assert sum("noted" in line for line in lines) == 240


def test_who_comes_in_and_who_fails_to_stands_in_it(app: Flask, c: SimpleNamespace) -> None:
    with transaction():
        facts = {"password": PASSWORD, "role": roles.COORDINATOR, "now": make.NOW, "who": "Priya"}
        coordinators.add(c.ours, "Owen", "owen@marlshire.example", **facts)
    door = app.test_client()
    g.pop("_login_user", None)
    typed = {"email": "owen@marlshire.example", "password": "not that one at all"}
    assert door.post("/sign-in", data=typed).status_code == 422
    assert door.post("/sign-in", data=typed | {"email": "nobody@x.example"}).status_code == 422
    assert door.post("/sign-in", data=typed | {"password": PASSWORD}).status_code == 303
    deeds = db.session.scalars(
        select(History).where(History.subject == history.SIGN_IN).order_by(History.id)
    ).all()
    assert all(row.after["device"] for row in deeds) and deeds[0].after["wrong"] == "password"
    assert [(row.what, row.who, row.partnership_id) for row in deeds] == [
        ("failed to sign in", "owen@marlshire.example", c.ours),
        ("signed in", "Owen", c.ours),
    ]
