"""Files of the desk refuse words of an address that they do not know, by name."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

import make
from outreach.ground.db import db, transaction
from outreach.ground.history import TOOK_OUT, History
from outreach.web import deeds

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]


@pytest.fixture
def desk(client: FlaskClient) -> FlaskClient:
    with transaction():
        of = make.partnership()
        make.programme(of)
        make.school()
        return make.signed_in(client, make.person(of))


def test_a_file_refuses_by_name_what_it_does_not_know(app: Flask, desk: FlaskClient) -> None:
    files = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("coordinator.")
        and deeds.takes_out(rule.endpoint)
        and "GET" in (rule.methods or ())
        and not rule.arguments
        and desk.get(rule.rule).status_code == 200
    ]
    assert {"/desk/gaps.csv", "/desk/schools.csv", "/desk/coverage.xlsx", "/desk/history.csv"} <= set(files)
    taken = select(func.count()).where(History.what == TOOK_OUT)
    db.session.rollback()
    before = db.session.scalar(taken)
    for file in files:
        answer = desk.get(f"{file}?colour=red")
        assert (answer.status_code, "‘colour’" in answer.text) == (400, True), file
    db.session.rollback()
    assert db.session.scalar(taken) == before, "what was not handed out was not taken out"


def test_a_day_that_a_file_does_not_look_at_is_refused(desk: FlaskClient) -> None:
    answer = desk.get("/desk/gaps.csv?as_of=2027-01-12")
    assert (answer.status_code, "‘as_of’" in answer.text) == (400, True)
    assert desk.get("/desk/schools.csv?as_of=2027-01-12").status_code == 200


def test_no_page_leads_to_a_file_that_refuses_it(desk: FlaskClient) -> None:
    said = "sort=name&page=1&colour=red&map=E07000001&from=x"
    files = set()
    for page in (
        "schools",
        "bodies",
        "coverage",
        "followed",
        "history",
        "cost",
        "sessions",
        "tour/season",
        "outcomes",
    ):
        links = re.findall(r'href="([^"]*\.(?:csv|xlsx)[^"]*)"', desk.get(f"/desk/{page}?{said}").text)
        for link in map(unescape, links):
            assert desk.get(link).status_code != 400, link
            files.add(link.partition("?")[0])
    assert {"/desk/schools.csv", "/desk/coverage.csv"} <= files
