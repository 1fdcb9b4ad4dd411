"""Lines of the log: what is struck out of them, and how little a fault says."""

import json
import logging
import sqlite3
import sys

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from log_read import log_read
from outreach.ground import errands, log_lines
from outreach.ground.db import db


@pytest.mark.parametrize(
    ("said", "struck"),
    [
        ("nothing of anybody", "nothing of anybody"),
        ("to j.fell@redmere.example: no", "to …@…: no"),
        ("<J.Fell+x@redmere.example>", "<…@…>"),
        ("Error handling request GET /i/abcDEF123-_x/book?day=2", "Error handling request GET /i/…"),
        ("https://outreach.example/sign-in/AbC1 and /t/x/y.", "https://outreach.example/sign-in/… and /t/…"),
        ("/desk/search?q=Joanna Fell", "/desk/search?… Fell"),
        ("the key x9Kd83jfLmQpWz72hHaaBB is shown", "the key … is shown"),
        ("into /var/lib/outreach/mail", "into /var/lib/outreach/mail"),
        ("uq_letter_stream_recipient_kind_method", "uq_letter_stream_recipient_kind_method"),
    ],
)
def test_addresses_of_mail_and_keys_are_struck_out(said: str, struck: str) -> None:
    assert log_lines.struck(said) == struck


def test_a_line_is_one_object_and_says_whose_errand_it_is() -> None:
    with log_read() as log, errands.round_of("post") as errand:
        logging.getLogger("outreach.here").info("a line\nof %s", "two", extra={"fields": {"letter": 3}})
    [line] = log.lines()
    assert log.getvalue().count("\n") == 1
    assert line.pop("time").endswith("+00:00") and isinstance(line.pop("process"), int)
    assert line == {
        "level": "info",
        "logger": "outreach.here",
        "message": "a line\nof two",
        "request_id": errand.id,
        "job": "post",
        "letter": 3,
    }


def test_for_a_person_a_line_says_the_same_and_only_what_somebody_should_look_at() -> None:
    with log_read(log_lines.PLAIN) as log, errands.round_of("post") as errand:
        logging.getLogger("outreach.here").info("not this")
        logging.getLogger("outreach.here").warning("of j.fell@redmere.example")
    [line] = log.getvalue().splitlines()
    assert line.endswith(f"WARNING outreach.here: of …@… request_id={errand.id} job=post")


def test_a_fault_says_where_and_what_kind_and_none_of_its_words() -> None:
    with log_read() as log:
        try:
            try:
                raise KeyError("Joanna Fell")
            except KeyError as error:
                raise ValueError("j.fell@redmere.example") from error
        except ValueError:
            logging.getLogger("outreach").exception("it failed")
    [line] = log.lines("it failed", level="error")
    assert "Joanna Fell" not in line["trace"].replace('raise KeyError("Joanna Fell")', "")
    assert line["trace"].endswith("ValueError\n") and "KeyError\nwhich led to\n" in line["trace"]
    assert "test_log_lines.py" in line["trace"]


@pytest.mark.both_databases
def test_a_fault_of_the_database_names_what_was_broken_and_no_row(app: object) -> None:
    statement = text("INSERT INTO postman (name, began_at, seen_at) VALUES (:name, :at, :at)")
    values = {"name": "Joanna Fell", "at": "2027-01-19 09:00:00"}
    db.session.execute(statement, values)
    with pytest.raises(IntegrityError) as refused:
        db.session.execute(statement, values)
    db.session.rollback()
    said = log_lines.said_by(refused.value)
    assert said in ("23505 uq_postman_name", "UNIQUE constraint failed: postman.name")
    assert "Joanna" not in log_lines.trace_of(refused.value)
    if db.engine.dialect.name == "postgresql":
        with pytest.raises(DBAPIError) as mistyped:
            db.session.execute(text("SELECT CAST(:name AS integer)"), {"name": "Joanna Fell"})
        db.session.rollback()
        assert log_lines.said_by(mistyped.value) == "22P02"


def test_what_hinders_the_database_is_said() -> None:
    away = OperationalError("SELECT 1", {}, psycopg.OperationalError("connection refused\nat 10.0.0.1"))
    locked = OperationalError("BEGIN", {}, sqlite3.OperationalError("database is locked"))
    assert [log_lines.said_by(one) for one in (away, locked, OSError(28, "No space left on device"))] == [
        "connection refused",
        "database is locked",
        "No space left on device",
    ]


def test_gunicorns_first_process_reads_the_lines_without_the_service() -> None:
    """Else it would keep the code of an older release for the processes that come after a reload."""
    import subprocess

    script = (
        "import runpy, sys; made = runpy.run_path('outreach/ground/log_lines.py'); "
        "import logging; record = logging.LogRecord('gunicorn.error', 30, '', 0, 'GET /i/abc', None, None); "
        "print(made['Lines']('json').format(record)); print('outreach' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    line, loaded = done.stdout.splitlines()
    assert (json.loads(line)["message"], loaded) == ("GET /i/…", "False")
