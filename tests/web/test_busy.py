"""While the database is locked, full or away, people are told that we are busy and lose nothing that they
typed."""

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from school_story import PUPILS, Story, lay, said
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import OperationalError

import make
from every_address import whole_database
from how_many import some_of
from outreach.asking.chasing import settings
from outreach.booking import holds
from outreach.ground import db as ground
from outreach.ground.db import db
from outreach.web.public import watching
from read_pages import state


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(watching, "WRITER_WAITS", 0.3)


@contextmanager
def another_writes() -> Iterator[None]:
    """Another process holds what every writer needs: the file on SQLite, the table of drafts on
    PostgreSQL."""
    if db.engine.dialect.name == "sqlite":
        other: Any = sqlite3.connect(str(db.engine.url.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    else:
        other = psycopg.connect(
            db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        )
        other.execute("LOCK TABLE draft IN ACCESS EXCLUSIVE MODE")
    yield
    other.rollback()
    other.close()


@pytest.fixture
def story(app: Flask, client: FlaskClient, stopped: Any) -> Story:
    told = lay(client)
    told.choose()
    with ground.transaction():
        settings.ran(now=stopped.now)
    db.session.remove()
    db.engine.dispose()  # so that each connection learns how patient it is
    return told


def test_locked_database_says_busy_keeps_what_was_typed_and_takes_it_a_minute_later(
    app: Flask, client: FlaskClient, story: Story
) -> None:
    app.config["TESTING"] = False
    whose = inspect(story.programme).identity[0], inspect(story.school).identity[0]
    with another_writes():
        answer = story.send("/pupils", PUPILS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "We are busy" in said(answer) and "Nothing was lost" in said(answer)
    assert all(f'name="{name}" value="{value}"' in answer.text for name, value in PUPILS.items())
    assert "Send it again" in answer.text and "Traceback" not in answer.text
    assert holds.draft(*whose).get("pupils") is None
    assert story.send("/pupils", PUPILS).status_code == 303
    db.session.rollback()
    assert holds.draft(*whose)["pupils"]


def test_thread_that_waits_behind_another_of_its_process_is_told_too(
    app: Flask, client: FlaskClient, story: Story
) -> None:
    if db.engine.dialect.name != "sqlite":
        return  # PostgreSQL has many writers
    held, done = threading.Event(), threading.Event()

    def write() -> None:
        with app.app_context(), ground.transaction():
            held.set()
            done.wait(120)

    thread = threading.Thread(target=write)
    thread.start()
    assert held.wait(120)
    assert story.send("/pupils", PUPILS).status_code == 503
    done.set()
    thread.join()
    assert story.send("/pupils", PUPILS).status_code == 303


def test_password_is_not_put_into_the_page_that_says_busy(
    app: Flask, client: FlaskClient, story: Story
) -> None:
    if db.engine.dialect.name != "sqlite":
        return  # nothing that a sign-in writes is locked above
    with another_writes():
        answer = client.post("/sign-in", data={"email": "p@b.example", "password": "lantern gravel"})
    assert answer.status_code == 503
    assert "p@b.example" in answer.text and "lantern gravel" not in answer.text


def test_full_disk_says_busy_and_health_says_that_nothing_can_be_written(
    app: Flask, client: FlaskClient, story: Story
) -> None:
    if db.engine.dialect.name != "sqlite":
        return  # PostgreSQL's disk is below
    with db.engine.connect() as connection:
        pages_now = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def small(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages_now}")

    db.engine.dispose()
    ground.event.listen(db.engine, "connect", small)
    try:
        health = state(client)
        assert health.status_code == 503 and "full" in health.json["database"]
        for n in range(40):
            named = {"name": f"Jo {n}", "address": f"jo{n}@redmere.example", "role": "Head " + "x" * 90}
            answer = story.send("/somebody-else", named)
            if answer.status_code != 303:
                break
        assert answer.status_code == 503 and f'value="jo{n}@redmere.example"' in answer.text
    finally:
        ground.event.remove(db.engine, "connect", small)
        db.session.remove()
        db.engine.dispose()
    assert state(client).status_code == 200


def test_health_says_that_the_database_is_locked(app: Flask, client: FlaskClient, story: Story) -> None:
    with another_writes():
        answer = state(client)
    if db.engine.dialect.name == "sqlite":
        assert answer.status_code == 503
        assert answer.json == {
            "status": "unavailable",
            "database": "The database cannot be written: database is locked.",
        }
    assert state(client).json["status"] == "ok"


def test_health_says_that_the_database_is_read_only(app: Flask, client: FlaskClient, story: Story) -> None:
    if db.engine.dialect.name == "sqlite":
        return
    with db.engine.connect() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
    admin = create_engine(db.engine.url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        db.engine.dispose()
        try:
            answer = state(client)
            busy = story.send("/pupils", PUPILS)
        finally:
            connection.exec_driver_sql("SET default_transaction_read_only = off")
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            db.session.remove()
            db.engine.dispose()
    admin.dispose()
    assert answer.status_code == 503 and "read-only" in answer.json["database"]
    assert busy.status_code == 503 and "We are busy" in said(busy)
    assert state(client).json["status"] == "ok"


def test_health_leaves_nothing_behind(app: Flask, client: FlaskClient, story: Story) -> None:
    before = set(inspect(db.engine).get_table_names())
    for _ in range(3):
        assert state(client).status_code == 200
    assert set(inspect(db.engine).get_table_names()) == before


def test_fault_of_ours_is_not_called_busy(app: Flask, client: FlaskClient, story: Story) -> None:
    for wrong in ("SELECT * FROM no_such_table", "SELEC 1"):
        with pytest.raises(Exception) as caught:  # noqa: PT011 (either engine's own)
            db.session.execute(text(wrong))
        db.session.rollback()
        assert not ground.is_unavailable(caught.value)


NOT_NOW = {
    "53100": "could not extend file: No space left on device",
    "53200": "out of memory",
    "53300": "sorry, too many clients already",
    "53400": "temporary file size exceeds temp_file_limit",
    "58030": "could not write to file: Input/output error",
    "25006": "cannot execute INSERT in a read-only transaction",
}
"""What PostgreSQL answers when it cannot write just now, by SQLSTATE."""


@contextmanager
def cannot_write(table: str, code: str, *, at_commit: bool = False) -> Iterator[None]:
    """PostgreSQL itself refuses each new or changed row of a table as if it were full; `at_commit`: only in
    the end."""
    kind = "CONSTRAINT TRIGGER" if at_commit else "TRIGGER"
    when = "AFTER" if at_commit else "BEFORE"
    late = "DEFERRABLE INITIALLY DEFERRED" if at_commit else ""
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{NOT_NOW[code]}' USING ERRCODE = '{code}'; END $$"
        )
        connection.exec_driver_sql(
            f"CREATE {kind} no_room {when} INSERT OR UPDATE OR DELETE ON {table} {late} FOR EACH ROW "
            f"EXECUTE FUNCTION no_room()"
        )
    try:
        yield
    finally:
        db.session.rollback()
        with db.engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION no_room CASCADE")


def mails(app: Flask) -> list[str]:
    """The mails that went out, by their files."""
    return sorted(str(path) for path in Path(app.config["MAIL_FOLDER"]).rglob("*"))


on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@on_postgresql
def test_database_that_is_away_is_said_to_whoever_asks_and_not_asked_again_for_the_words(
    app: Flask, client: FlaskClient, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither whose page it is nor who is signed in is looked for once more."""
    with ground.transaction():
        lead = make.person(db.session.merge(story.partnership))
    make.signed_in(client, lead)
    school = story.path("/times")
    db.session.remove()
    tried = []

    def refuse(*_: Any, **__: Any) -> None:
        tried.append(1)
        raise psycopg.OperationalError("connection refused")

    db.engine.dispose()
    with monkeypatch.context() as away:
        away.setattr(db.engine.dialect, "connect", refuse)
        for path in ("/desk", school):
            tried.clear()
            answer = client.get(path)
            assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "60")
            assert "We are busy" in said(answer) and len(tried) <= 2
    assert [client.get(path).status_code for path in ("/desk", school)] == [200, 200]


@on_postgresql
def test_session_that_the_server_ended_is_let_go_without_a_fault(app: Flask) -> None:
    for let_go in (db.session.rollback, db.session.remove):
        pid = db.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as other:
            assert other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid]).fetchone() == (True,)
        let_go()
        assert db.session.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid


@on_postgresql
@pytest.mark.own_database
@pytest.mark.parametrize("code", some_of(NOT_NOW, one_in=3))
def test_database_that_cannot_write_says_busy_keeps_what_was_typed_and_takes_it_a_minute_later(
    app: Flask, client: FlaskClient, story: Story, code: str
) -> None:
    before = whole_database()
    with cannot_write("draft", code):
        answer = story.send("/pupils", PUPILS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "We are busy" in said(answer) and "Nothing was lost" in said(answer)
    assert all(f'name="{name}" value="{value}"' in answer.text for name, value in PUPILS.items())
    assert NOT_NOW[code] not in answer.text
    assert whole_database() == before
    assert story.send("/pupils", PUPILS).status_code == 303


WRITTEN_BY_A_BOOKING = (
    "performance",
    "booking",
    "booking_revision",
    "visit_contact",
    "promised_pupils",
    "contact",
    "draft",
    "personal_link",
    "feed_entry",
    "letter",
    "letter_mail",
    "history",
)


@on_postgresql
@pytest.mark.own_database
@pytest.mark.parametrize("at_commit", [False, True], ids=["at once", "at the commit"])
def test_booking_that_finds_the_disk_full_anywhere_on_its_way_leaves_nothing_and_can_be_sent_again(
    app: Flask, client: FlaskClient, story: Story, at_commit: bool
) -> None:
    story.fill()
    [slot] = re.findall(r'name="slots" value="([^"]+)"', story.get("/check").text)
    before, out = whole_database(), mails(app)
    for table in some_of(WRITTEN_BY_A_BOOKING, one_in=3, nth=int(at_commit)):
        with cannot_write(table, "53100", at_commit=at_commit):
            answer = story.post("/book", slots=slot, said="Ring the bell twice")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60"), table
        assert "We are busy" in said(answer), table
        assert f'name="slots" value="{slot}"' in answer.text and "Ring the bell twice" in answer.text, table
        assert whole_database() == before, table
        assert mails(app) == out, table
    assert story.post("/book", slots=slot).status_code == 303
    after = whole_database()
    assert {t for t in after if after[t] != before[t]} == set(WRITTEN_BY_A_BOOKING)


@on_postgresql
@pytest.mark.own_database
def test_health_says_that_the_disk_of_postgresql_is_full(
    app: Flask, client: FlaskClient, story: Story
) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION no_room() RETURNS event_trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{NOT_NOW['53100']}' USING ERRCODE = 'disk_full'; END $$"
        )
        connection.exec_driver_sql(
            "CREATE EVENT TRIGGER no_room ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION no_room()"
        )
    answer = state(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "No space left on device" in answer.json["database"]
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DROP FUNCTION no_room CASCADE")
    assert state(client).json["status"] == "ok"


@on_postgresql
@pytest.mark.own_database
def test_processes_at_work_outlast_a_database_that_is_read_only_for_a_while(
    app: Flask,
) -> None:
    """A standby that is not the primary yet refuses writing: every door knows it as a database that is away
    for now."""
    runner, name = app.test_cli_runner(), db.engine.url.database
    admin = create_engine(db.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")

    def only_to_be_read(word: str) -> None:
        with admin.connect() as connection:
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {word}')
        db.session.remove()
        db.engine.dispose()

    only_to_be_read("on")
    try:
        with pytest.raises(OperationalError, match="read-only transaction"), ground.transaction() as session:
            session.execute(text("CREATE TABLE nothing (n integer)"))
        done = runner.invoke(args=["planner", "work", "--once"])
        assert done.exit_code == 0 and "The database cannot be reached: cannot execute" in done.output, (
            done.output
        )
    finally:
        only_to_be_read("off")
        admin.dispose()
    assert runner.invoke(args=["planner", "work", "--once"]).output == ""
