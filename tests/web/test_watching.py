"""What is asked from outside: alive, ready, and the line and id of each request."""

import re
import sqlite3
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import make_url, select, text

import make
from log_read import log_read
from outreach.ground import errands, log_lines, readiness
from outreach.ground.db import db, transaction
from outreach.post.outbox import Letter
from outreach.web import request_lines

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).resolve().parents[2]

BROUGHT = "4f0c9a7be1d24f6f8a3b5c6d7e8f9a0b"


# Alive, and ready


def test_health_touches_nothing(app: Flask, client: FlaskClient, count_queries: Any) -> None:
    with count_queries() as queries:
        answer = client.get("/health")
    assert (answer.status_code, answer.json, len(queries)) == (200, {"status": "ok"}, 0)


def test_health_answers_before_all_that_was_erased_is_erased_again(
    app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    (tmp_path / "list").write_text("no list of ours\n")
    app.config["ERASURES_FILE"] = str(tmp_path / "list")
    assert [client.get(page).status_code for page in ("/health", "/ready")] == [200, 503]


@pytest.mark.both_databases
def test_ready_while_the_database_answers_and_is_as_it_should_be(client: FlaskClient) -> None:
    answer = client.get("/ready")
    assert (answer.status_code, answer.json) == (200, {"status": "ready"})


@pytest.mark.both_databases
@pytest.mark.parametrize(("there", "status"), [("0001_tables", 503), ("9999_of_a_release_to_come", 200)])
def test_not_ready_before_the_migration_and_ready_under_one_to_come(
    client: FlaskClient, there: str, status: int
) -> None:
    """While a new release comes, the database is migrated first, and the old one serves on."""
    was = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    try:
        with transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = :there"), {"there": there})
        answer = client.get("/ready")
        assert answer.status_code == status
        if status == 503:
            assert answer.json == {"status": "unavailable", "why": readiness.NOT_MIGRATED}
            assert answer.headers["Retry-After"] == "5"
    finally:
        with transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = :was"), {"was": was})


@pytest.mark.both_databases
def test_not_ready_while_the_database_does_not_answer(
    app: Flask, client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = "sqlite:////nowhere/at/all.sqlite"
    if db.engine.dialect.name == "postgresql":
        away = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    monkeypatch.setattr(db.engine, "url", make_url(away))
    answer = client.get("/ready")
    assert (answer.status_code, answer.json) == (
        503,
        {"status": "unavailable", "why": readiness.NO_ANSWER},
    )
    assert client.get("/health").status_code == 200


def test_head_is_answered_as_get_is(client: FlaskClient) -> None:
    for page in ("/health", "/ready", "/state"):
        headed = client.head(page)
        assert (headed.status_code, headed.data) == (200, b"")


def test_what_is_needed_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(ROOT / "migrations")).get_heads() == [readiness.NEEDED]


# The id of a request


def test_each_request_has_an_id_of_its_own(client: FlaskClient) -> None:
    ids = {client.get(page).headers["X-Request-ID"] for page in ("/", "/health", "/nowhere", "/desk")}
    assert len(ids) == 4 and all(re.fullmatch("[0-9a-f]{32}", one) for one in ids)


@pytest.mark.parametrize(
    ("proxies", "brought", "taken"),
    [
        (1, BROUGHT, True),
        (1, "2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d", True),
        (0, BROUGHT, False),
        (1, "Joanna-Fell-of-Redmere", False),
        (1, "j.fell@redmere.example", False),
        (1, "abcdef", False),
        (1, "a" * 65, False),
        (1, BROUGHT + "\x00", False),
        (1, "", False),
    ],
)
def test_a_proxys_id_is_taken_where_it_is_one(
    app: Flask, client: FlaskClient, proxies: int, brought: str, taken: bool
) -> None:
    app.config["BEHIND_PROXIES"] = proxies
    given = client.get("/health", headers={"X-Request-ID": brought}).headers["X-Request-ID"]
    assert (given == brought) is taken


# The line of a request


def test_a_request_has_one_line_and_it_says_the_rule_of_its_address(client: FlaskClient) -> None:
    with log_read() as log:
        answer = client.get("/i/AbC123AbC123AbC123AbC1?day=Joanna")
    [line] = log.lines("answered")
    assert (line["request_id"], line["logger"]) == (
        answer.headers["X-Request-ID"],
        "outreach.web.request_lines",
    )
    assert (line["method"], line["route"], line["status"]) == ("GET", "/i/<token>", 404)
    assert line["statements"] >= 1 and line["milliseconds"] >= line["database_milliseconds"] >= 0
    assert "AbC123" not in log.getvalue() and "Joanna" not in log.getvalue()
    assert errands.at_hand() is None


def test_an_address_that_is_none_of_ours_and_a_method_that_nobody_sends_say_nothing_of_themselves(
    client: FlaskClient,
) -> None:
    with log_read() as log:
        client.get("/Joanna-Fell")
        client.open("/health", method="JOANNA")
    assert [(line["method"], line["route"], line["status"]) for line in log.lines("answered")] == [
        ("GET", request_lines.NO_PAGE, 404),
        ("other", request_lines.NO_PAGE, 405),
    ]
    assert "Joanna" not in log.getvalue() and "JOANNA" not in log.getvalue()


def test_pages_of_pupils_and_what_staff_say_leave_no_line(app: Flask, client: FlaskClient) -> None:
    with log_read() as log:
        for page in ("/q", "/q/ABCD", "/q/ABCD/questions", "/i/nothing/staff-say"):
            client.get(page)
    found = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/q")}
    assert {*found, "school.staff_say"} == set(request_lines.UNTOLD)
    assert (
        log.lines(route="/q/<code>") == log.lines(route="/q") == log.lines(route="/q/<code>/questions") == []
    )


def test_a_page_that_fails_says_under_which_id(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["TESTING"] = False
    monkeypatch.setattr(readiness, "why_not", lambda: 1 / 0)
    with log_read() as log:
        answer = client.get("/ready")
    assert answer.status_code == 500
    [fault], [line] = log.lines("a page failed"), log.lines("answered")
    assert fault["request_id"] == line["request_id"] == answer.headers["X-Request-ID"]
    assert line["status"] == 500 and "ZeroDivisionError" in fault["trace"]


@pytest.mark.both_databases
def test_a_slow_statement_stands_in_the_log_without_its_values(app: Flask, client: FlaskClient) -> None:
    app.config["SLOW_STATEMENT_MS"] = 1
    slow = text(
        "SELECT length(:name), count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "WHERE i < 200000) SELECT i FROM n) all_of_them"
    )
    with log_read() as log, errands.round_of("post") as errand:
        db.session.execute(slow, {"name": "Joanna Fell"})
        db.session.rollback()
        assert (errand.slow, errand.statements >= 1, errand.seconds > 0.001) == (1, True, True)
    [line] = log.lines("a slow statement")
    assert (line["job"], line["request_id"], line["level"]) == ("post", errand.id, "warning")
    assert line["statement"].startswith("SELECT length(") and line["milliseconds"] >= 1
    assert "Joanna" not in log.getvalue()
    app.config["SLOW_STATEMENT_MS"] = 0
    with log_read() as log:
        db.session.execute(slow, {"name": "Joanna Fell"})
        db.session.rollback()
    assert log.lines() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whoever_waits_for_another_to_write_is_not_called_a_slow_statement(
    app: Flask, tmp_path: Path
) -> None:
    app.config["SLOW_STATEMENT_MS"] = 50
    other = sqlite3.connect(
        tmp_path / "outreach.sqlite", isolation_level=None, check_same_thread=False, timeout=5
    )
    other.execute("BEGIN IMMEDIATE")
    ends = Timer(0.2, other.close)
    with log_read() as log, errands.round_of("post") as errand:
        ends.start()
        with transaction():
            pass
        assert errand.slow == 0
    ends.join()
    [line] = log.lines("waited to write")
    assert line["level"] == "info" and line["milliseconds"] >= 50
    assert log.lines("a slow statement") == []


# From the request to the letter and to the job


@pytest.mark.both_databases
def test_the_id_of_a_request_stands_in_the_line_of_the_letter_that_it_put_down(
    app: Flask, client: FlaskClient
) -> None:
    app.config.update(BEHIND_PROXIES=1, OUTREACH_LOG=log_lines.JSON)
    with transaction():
        person = make.person(make.partnership())
        address = person.email
    client.post("/sign-in/forgotten", data={"email": address}, headers={"X-Request-ID": BROUGHT})
    letter = db.session.scalars(select(Letter)).one()
    letter_id = letter.id
    assert letter.errand == BROUGHT
    db.session.rollback()
    with log_read() as log:
        done = app.test_cli_runner().invoke(args=["post", "send"])
    assert done.exit_code == 0, done.output
    [sent] = log.lines("letter sent")
    assert (sent["letter"], sent["put_down_by"], sent["job"]) == (letter_id, BROUGHT, "post")
    [over] = log.lines("round over")
    assert (over["request_id"], over["done"], over["faults"]) == (sent["request_id"], 1, 0)
    assert sent["request_id"] != BROUGHT
    assert [line["request_id"] for line in log.lines("Sent 1")] == [sent["request_id"]]
    assert done.output == "" and address not in log.getvalue()
