"""Scopes of tokens: chosen when one is made, told where it is refused; the rows of before; a problem as RFC 9457 has it."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

import make
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.post.feeds import tokens
from outreach.post.feeds.tokens import AS_BEFORE, SCOPES, ApiToken
from outreach.tour.programmes import Programme

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

PAGE = "/desk/reports/tokens"


@pytest.fixture
def programme(app: Flask) -> Programme:
    with transaction():
        return make.programme(make.partnership())


@pytest.fixture
def desk(client: FlaskClient, programme: Programme) -> FlaskClient:
    with transaction():
        return make.signed_in(client, make.person(db.session.get_one(Partnership, programme.partnership_id)))


def made(desk: FlaskClient, **sent: Any) -> str:
    answer = desk.post(PAGE, data={"label": "Dashboard"} | sent)
    assert answer.status_code == 200
    (token,) = re.findall(r'value="(outreach_[\w-]{32})"', answer.text)
    return str(token)


def read(app: Flask, token: str, path: str, **sent: Any) -> Any:
    return app.test_client().get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"}, **sent)


@pytest.mark.both_databases
@pytest.mark.walled
def test_a_token_reads_what_was_ticked_and_is_told_which_scope_it_lacks(
    app: Flask, desk: FlaskClient, programme: Programme
) -> None:
    token = made(desk, scopes=["figures", "reports"])
    paths = {
        "figures": f"programmes/{programme.id}/figures",
        "reports": "reports",
        "standings": f"programmes/{programme.id}/standings",
        "bookings": f"programmes/{programme.id}/bookings",
    }
    assert {s: read(app, token, path).status_code for s, path in paths.items()} == {
        "figures": 200,
        "reports": 200,
        "standings": 403,
        "bookings": 403,
    }
    refused = read(app, token, paths["standings"])
    assert refused.mimetype == "application/problem+json"
    assert refused.headers["WWW-Authenticate"] == (
        'Bearer realm="Outreach", error="insufficient_scope", scope="standings"'
    )
    said = "This token may not read standings. Ask a coordinator for one with the scope ‘standings’."
    assert refused.json == {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "detail": said,
        "scope": "standings",
        "error": {"code": "scope_missing", "message": said},
    }
    assert "Reads figures, reports" in desk.get(PAGE).text


def test_the_form_offers_what_every_token_read_before_and_wants_at_least_one(
    desk: FlaskClient, programme: Programme
) -> None:
    page = desk.get(PAGE).text
    ticked = re.findall(r'value="(\w+)"[^>]* checked', page)
    assert (sorted(re.findall(r'name="scopes"[^>]*value="(\w+)"', page)), sorted(ticked)) == (
        sorted(SCOPES),
        sorted(AS_BEFORE),
    )
    answer = desk.post(PAGE, data={"label": "Dashboard"})
    assert answer.status_code == 422 and "Tick what it may read." in answer.text
    assert desk.post(PAGE, data={"label": "Dashboard", "scopes": "everything"}).status_code == 422


@pytest.mark.both_databases
def test_a_row_of_before_reads_what_every_token_read(app: Flask, programme: Programme) -> None:
    """Written by the version that serves while the schema is moved on: it names no scope."""
    token = "outreach_" + "b" * 32
    with transaction():
        db.session.execute(
            text(
                "INSERT INTO api_token (partnership_id, token_hash, label, ending, created_at, created_by) "
                "VALUES (:of, :hash, 'Old', 'bbbb', '2026-09-01 08:00:00', 'Priya')"
            ),
            {"of": programme.partnership_id, "hash": tokens.hash_of(token)},
        )
    assert db.session.query(ApiToken).one().scopes == AS_BEFORE
    statuses = {s: read(app, token, f"programmes/{programme.id}/{s}").status_code for s in AS_BEFORE[:3]}
    assert statuses == dict.fromkeys(AS_BEFORE[:3], 200)


def test_another_partnerships_company_is_no_choice(desk: FlaskClient) -> None:
    with transaction():
        theirs = make.troupe(make.partnership(("850",))).company_id
    answer = desk.post(PAGE, data={"label": "Diary", "company": str(theirs), "scopes": "shows"})
    assert answer.status_code == 422 and db.session.query(ApiToken).count() == 0


def test_every_no_of_the_feed_is_a_problem_in_json(app: Flask, programme: Programme) -> None:
    nobody = app.test_client()
    for answer in (nobody.get("/api/v1/"), nobody.get("/api/v1/nothing"), nobody.post("/api/v1/reports")):
        assert answer.mimetype == "application/problem+json"
        assert answer.json and answer.json["status"] == answer.status_code
        assert answer.json["detail"] == answer.json["error"]["message"]
