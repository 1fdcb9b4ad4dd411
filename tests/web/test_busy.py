"""While the database is locked, full or away, people are told that we are busy and lose nothing that they typed."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from school_story import PUPILS, Story, lay, said
from sqlalchemy import create_engine, inspect, text

from outreach.booking import holds
from outreach.ground import db as ground
from outreach.ground.db import db
from outreach.web.public import pages


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(pages, "WRITER_WAITS", 0.3)


@contextmanager
def another_writes() -> Iterator[None]:
    """Another process holds what every writer needs: the file on SQLite, the table of drafts on PostgreSQL."""
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
            done.wait(10)

    thread = threading.Thread(target=write)
    thread.start()
    assert held.wait(10)
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
        return  # a full tablespace cannot be made here; the same class of error is read-only's below
    with db.engine.connect() as connection:
        pages_now = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def small(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages_now}")

    db.engine.dispose()
    ground.event.listen(db.engine, "connect", small)
    try:
        health = client.get("/health")
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
    assert client.get("/health").status_code == 200


def test_health_says_that_the_database_is_locked(app: Flask, client: FlaskClient, story: Story) -> None:
    with another_writes():
        answer = client.get("/health")
    if db.engine.dialect.name == "sqlite":
        assert answer.status_code == 503
        assert answer.json == {
            "status": "unavailable",
            "database": "The database cannot be written: database is locked.",
        }
    assert client.get("/health").json["status"] == "ok"


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
            answer = client.get("/health")
            busy = story.send("/pupils", PUPILS)
        finally:
            connection.exec_driver_sql("SET default_transaction_read_only = off")
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            db.session.remove()
            db.engine.dispose()
    admin.dispose()
    assert answer.status_code == 503 and "read-only" in answer.json["database"]
    assert busy.status_code == 503 and "We are busy" in said(busy)
    assert client.get("/health").json["status"] == "ok"


def test_health_leaves_nothing_behind(app: Flask, client: FlaskClient, story: Story) -> None:
    before = set(inspect(db.engine).get_table_names())
    for _ in range(3):
        assert client.get("/health").status_code == 200
    assert set(inspect(db.engine).get_table_names()) == before


def test_fault_of_ours_is_not_called_busy(app: Flask, client: FlaskClient, story: Story) -> None:
    for wrong in ("SELECT * FROM no_such_table", "SELEC 1"):
        with pytest.raises(Exception) as caught:  # noqa: PT011 (either engine's own)
            db.session.execute(text(wrong))
        db.session.rollback()
        assert not ground.is_unavailable(caught.value)
