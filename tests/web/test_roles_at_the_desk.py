"""Roles at the desk: every role at every page with every method, on its own, another's and nobody's objects; and what a page
shows to whom."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from test_two_partnerships import WORDS, everything, year
from werkzeug.exceptions import HTTPException

import make
from every_address import but_noted
from how_many import some_of
from outreach.county import coordinators, roles, who_may
from outreach.county.partnerships import Partnership
from outreach.county.roles import BOARD, COMPANY, COORDINATOR, LEAD, READER
from outreach.county.who_may import Deed
from outreach.coverage.board import publishing
from outreach.ground.db import db, transaction
from outreach.tour.companies import Troupe
from outreach.visits import board_dates
from outreach.web import deeds

pytestmark = pytest.mark.usefixtures("stopped")

NO_VIEW = ("PUT", "DELETE", "OPTIONS")
"""Methods that no page of the desk takes: they are answered before any guard."""

OWN_SETTINGS = {
    "account",
    "password",
    "gap_filter",
    "gap_turn",
    "end_session",
    "end_other_sessions",
    "end_all_sessions",
    "begin_second_factor",
    "confirm_second_factor",
    "new_recovery_codes",
    "end_second_factor",
    "begin_passkey",
    "add_passkey",
    "remove_passkey",
}
"""All that a reader may send: what concerns nobody but the reader."""


def at(app: Flask, rule: Any, ids: dict[str, list[Any]]) -> str:
    """The address of a page with the first id of each kind."""
    words = {name: values[0] for name, values in WORDS.items()}
    given = {n: (words | {k: v[0] for k, v in ids.items()})[n] for n in rule.arguments - {"token"}}
    if "token" in rule.arguments:  # a troupe's number opens a company's pages to who is signed in
        given |= {"token": str(ids["troupe_id"][0]) if rule.endpoint.startswith("company.") else "none"}
    given |= rule.defaults or {}
    return str(app.url_map.bind("outreach.example").build(rule.endpoint, given))


def pages(app: Flask) -> Iterator[Any]:
    """Of the desk, and of a company."""
    return (
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(("coordinator.", "company.")) and rule.endpoint != "company.worker"
    )


@pytest.mark.any_database
def test_nothing_is_open_to_a_role_that_the_table_does_not_name(app: Flask) -> None:
    with transaction():
        lead, own = year("931", "Openly")
        _, theirs = year("932", "Secretly")
        of = db.session.get_one(Partnership, lead.partnership_id)
        people = {LEAD: lead} | {
            role: make.person(of, role, name=f"The {role}") for role in (COORDINATOR, READER, BOARD)
        }
        troupe = db.session.get_one(Troupe, own["troupe_id"][0])
        people[COMPANY] = make.person(of, COMPANY, troupe.company, name="The member")
    nobodys = {name: [type(values[0])("999999999")] for name, values in own.items()} | {"la_code": ["999"]}
    clients = {role: make.signed_in(app.test_client(), person) for role, person in people.items()}
    wrong: list[Any] = []
    before = everything()
    for n, (role, client) in enumerate(clients.items()):
        # In each run but the longest every role is tried at other pages than the next.
        for rule in some_of(pages(app), one_in=2 * len(clients), nth=n):
            name = rule.endpoint.partition(".")[2]
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
                if method in NO_VIEW and role in (COORDINATOR, BOARD, COMPANY):
                    continue  # no role is asked there: the one who may most and a reader are enough
                if method in ("PUT", "DELETE"):
                    allowed, wanted = False, {405}
                elif method == "OPTIONS":
                    allowed, wanted = False, {200}
                elif method not in rule.methods:
                    allowed, wanted = False, {405}
                    if (other := _at_same_address(app, at(app, rule, own), method)) is not None:
                        allowed = who_may.may(role, deeds.deed_of(other, method))
                        wanted = {403}
                elif name == "desk" and role in (BOARD, COMPANY):
                    allowed, wanted = False, {303}
                else:
                    allowed = who_may.may(role, deeds.deed_of(rule.endpoint, method))
                    wanted = {403}
                # What is allowed is tried on nobody's objects here; its own pages are walked by other tests.
                for ids in (
                    (nobodys,) if allowed else (own, theirs, nobodys) if method in ("GET", "POST") else (own,)
                ):
                    if allowed and (method != "GET" or not rule.arguments):
                        continue
                    answer = client.open(at(app, rule, ids), method=method)
                    is_right = answer.status_code != 403 if allowed else answer.status_code in wanted
                    if not is_right or "secretly" in answer.get_data().decode("utf-8", "replace").lower():
                        wrong.append((role, method, rule.rule, answer.status_code))
    assert wrong == []
    after = but_noted(everything())
    assert [table for table in before if before[table] != after[table]] == []


def _at_same_address(app: Flask, address: str, method: str) -> str | None:
    """Another page of ours at this address that takes that method."""
    try:
        return str(app.url_map.bind("outreach.example").match(address, method=method)[0])
    except HTTPException:
        return None


def test_what_is_refused_to_a_role_stands_in_the_log_with_who_and_where(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction():
        of = make.partnership()
        make.person(of)
        reader = make.person(of, READER)
    make.signed_in(client, reader)
    with caplog.at_level("WARNING"):
        assert client.post("/desk/setup").status_code == 405
        assert client.get("/desk/gaps?q=typed").status_code == 200
        assert client.post("/desk/setup/partnership?x=typed", data={"name": "typed"}).status_code == 403
    told = [record.getMessage() for record in caplog.records]
    assert told == [f"refused to person {reader.id}, reader: POST coordinator.partnership_settings"]


def test_a_reader_may_send_nothing_but_what_concerns_the_reader_alone(app: Flask) -> None:
    may = {
        rule.endpoint.partition(".")[2]
        for rule in pages(app)
        if "POST" in rule.methods and who_may.may(READER, deeds.deed_of(rule.endpoint, "POST"))
    }
    assert may == OWN_SETTINGS


def test_a_reader_takes_out_no_file_with_a_person_in_it(app: Flask) -> None:
    files = {
        name
        for kind, verb, name in deeds.named()
        if verb == who_may.EXPORT and who_may.may(READER, Deed(verb, kind))
    }
    assert files == {
        "board_report_csv",
        "board_report_xlsx",
        "coverage_csv",
        "coverage_xlsx",
        "season_xlsx",
        "followed_csv",
        "followed_xlsx",
        "outcomes_csv",
        "cost_csv",
        "referrals_csv",
        "referral_numbers_csv",
        "schools_csv",
        "road_minutes_csv",
        "road_points_csv",
        "road_points_geojson",
    }


def test_a_board_member_opens_published_reports_and_ones_own_sign_in_alone(app: Flask) -> None:
    may = {
        rule.endpoint.partition(".")[2]
        for rule in pages(app)
        for method in rule.methods
        if who_may.may(BOARD, deeds.deed_of(rule.endpoint, method))
    }
    assert may == {
        "board_reports",
        "board_report",
        "board_report_csv",
        "board_report_xlsx",
        "password",
        "own_sessions",
        "second_factor",
        "begin_second_factor",
        "confirm_second_factor",
        "new_recovery_codes",
        "end_second_factor",
        "begin_passkey",
        "add_passkey",
        "remove_passkey",
        "end_session",
        "end_other_sessions",
        "end_all_sessions",
    }


def test_a_company_member_opens_the_companys_pages_and_ones_own_sign_in_alone(app: Flask) -> None:
    may = {
        deeds.deed_of(rule.endpoint, method).kind
        for rule in pages(app)
        for method in rule.methods
        if who_may.may(COMPANY, deeds.deed_of(rule.endpoint, method))
    }
    assert may == {"own tour", "own sign-in"}
    assert who_may.roles_that(who_may.SEE, "own tour") == (COMPANY,)


def test_a_role_is_asked_for_on_each_page_and_costs_no_question_of_its_own(
    app: Flask, client: FlaskClient
) -> None:
    """A role that was taken meanwhile opens nothing any more: its session ends, and the next one is of the new role."""
    with transaction():
        of = make.partnership()
        make.person(of, name="Lea Lead")
        person = make.person(of, COORDINATOR)
    make.signed_in(client, person)
    assert client.get("/desk/venues/new").status_code == 200
    with transaction():
        coordinators.change_role(coordinators.get(person.email), READER, who="Lea Lead", now=make.NOW)
    assert client.get("/desk/venues/new").location == "/sign-in?next=%2Fdesk%2Fvenues%2Fnew"
    make.signed_in(client, person)
    refused = client.get("/desk/venues/new")
    assert refused.status_code == 403
    words = " ".join(re.sub("<[^>]+>", " ", refused.text).split())
    assert (
        "That is for a lead coordinator or a coordinator. You are a reader here. Nothing was changed. If you need it, "
        "ask Lea Lead." in words
    )


@pytest.mark.any_database
def test_pages_show_only_what_one_may_do(app: Flask, client: FlaskClient) -> None:
    with transaction():
        lead, own = year("931", "Openly")
        of = db.session.get_one(Partnership, lead.partnership_id)
        reader = make.person(of, READER, name="Rea Reader")
        board = make.person(of, BOARD, name="Bo Board")
        coordinator = make.person(of, COORDINATOR, name="Co Ordinator")
    # Each link and button of what a reader and a coordinator see leads to what they may.
    for n, person in enumerate((reader, coordinator, board)):
        make.signed_in(client, person)
        for rule in some_of(pages(app), one_in=3, nth=n):
            name = rule.endpoint.partition(".")[2]
            if "GET" not in rule.methods or not who_may.may(person.role, deeds.deed_of(rule.endpoint)):
                continue
            if name.startswith("board_report_") or name == "board_report":
                continue  # the made-up one has no figures; a published one is looked at below
            page = client.get(at(app, rule, own))
            words = page.get_data()
            if page.mimetype != "text/html":
                continue
            for address, method in _doors_of(words.decode()):
                with app.test_request_context(str(rule)):
                    endpoint = deeds._endpoint_at(address, method)
                # The desk leads whoever has none to where they begin.
                if endpoint in (None, "coordinator.desk"):
                    continue
                assert who_may.may(person.role, deeds.deed_of(str(endpoint), method)), (
                    person.role,
                    rule,
                    address,
                )
    make.signed_in(client, reader)
    menu = client.get("/desk/gaps").text
    assert "Openly Grange" in menu and "/desk/phone-list" not in menu and "/desk/coverage" in menu


@pytest.mark.any_database
def test_board_member_begins_at_the_reports_and_sees_in_one_what_was_published(
    app: Flask, client: FlaskClient
) -> None:
    with transaction():
        of = make.partnership()
        programme = make.programme(of)
        make.school(name="Redmere Academy")
        make.person(of)
        board = make.person(of, BOARD)
        report_id = publishing.publish(programme, date(2027, 1, 15), who="Priya", now=make.NOW).id
    make.signed_in(client, board)
    first = client.get("/desk", follow_redirects=True)
    assert first.request.path == "/desk/reports" and "/desk/coverage" not in first.text
    assert f"/desk/reports/{report_id}.csv" in first.text and "Draw up" not in first.text
    report = client.get(f"/desk/reports/{report_id}").text
    assert "Kept as published" in report
    assert "/desk/schools" not in report and "not for publication" not in report.lower()


def test_what_leads_round_the_page_and_home_stays_for_every_role(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        programme = make.programme(of)
        make.person(of)
        reader, board = (make.person(of, role) for role in (READER, BOARD))
        board_dates.add(
            of.id, "The term’s report", date(2027, 2, 9), programme=programme, who="Priya", now=make.NOW
        )
    of_board, of_reader = (make.signed_in(app.test_client(), each) for each in (board, reader))
    no = of_board.get("/desk/gaps")
    assert no.status_code == 403
    reports = of_board.get("/desk/reports").text
    for page in (no.text, reports):
        assert '<a href="#main" class="skip">Skip to main content</a>' in page
        assert re.search(r'<a class="brandlink" href="/(desk)?">', page)
    assert "The term’s report" in reports and "Draw up" not in reports
    steps = of_reader.get("/desk/setup").text
    assert "/desk/setup/partnership" not in steps and re.search(r"<div>\s*Partnership\s*<", steps)


def _doors_of(page: str) -> Iterator[tuple[str, str]]:
    for address in re.findall(r'<a\b[^>]*\bhref="([^"]*)"', page):
        yield address.replace("&amp;", "&"), "GET"
    for form in re.findall(r"<form\b([^>]*)>", page):
        found = dict(re.findall(r'\b(method|action)="([^"]*)"', form))
        if found.get("method") == "get":
            yield found.get("action", "").replace("&amp;", "&"), "GET"


def test_owners_and_digests_are_for_those_who_may(app: Flask) -> None:
    from outreach.asking import owners

    with transaction():
        of = make.partnership()
        for role in roles.NAMES:
            make.person(of, role, make.troupe(of).company if role == COMPANY else None, name=role)
        assert [person.name for person in owners.possible(of.id)] == [COORDINATOR, LEAD]
