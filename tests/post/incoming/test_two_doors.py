"""The two doors through which mail comes in: what an operator writes in the settings, and what a mail server
pipes in."""

import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from outreach.ground.db import db, transaction
from outreach.post.incoming import inbox, mailbox, receiving
from outreach.post.incoming.inbox import CalendarAnswer, Incoming
from outreach.post.incoming.mailbox import BadMailbox, Mailbox
from post.facts import JOANNA, NOW
from post.incoming.mails import LATER, TOKEN, UID, booked, reply

GOOD = {
    "IMAP_URL": "imaps://us%40b.example:p%2Fw%3A@mail.b.example/INBOX",
    "IMAP_TOKEN_FILE": "",
    "IMAP_DONE_FOLDER": "Done",
    "IMAP_UNREADABLE_FOLDER": "Odd",
}


def test_the_mailbox_is_read_from_the_settings() -> None:
    found = Mailbox.from_settings(GOOD)
    assert found is not None
    assert (found.host, found.port, found.security, found.user, found.password, found.folder) == (
        "mail.b.example",
        993,
        "tls",
        "us@b.example",
        "p/w:",
        "INBOX",
    )
    assert "p/w:" not in repr(found)
    starttls = Mailbox.from_settings(GOOD | {"IMAP_URL": "imap+starttls://us:pw@b.example:1143"})
    assert starttls is not None and (starttls.port, starttls.security, starttls.folder) == (
        1143,
        "starttls",
        "INBOX",
    )
    token = Mailbox.from_settings(
        GOOD | {"IMAP_URL": "imaps://us@b.example", "IMAP_TOKEN_FILE": "/run/token"}
    )
    assert token is not None and token.token_file == Path("/run/token")
    assert Mailbox.from_settings(GOOD | {"IMAP_URL": ""}) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"IMAP_URL": "imap://us:pw@b.example"}, "must look like"),
        ({"IMAP_URL": "https://us:pw@b.example"}, "must look like"),
        ({"IMAP_URL": "imaps://b.example"}, "must look like"),
        ({"IMAP_URL": "imaps://us:pw@b.example:many"}, "must look like"),
        ({"IMAP_URL": "imaps://us@b.example"}, "must hold a password"),
        ({"IMAP_DONE_FOLDER": "INBOX"}, "three names"),
        ({"IMAP_DONE_FOLDER": "Odd"}, "three names"),
        ({"IMAP_UNREADABLE_FOLDER": "Schön"}, "three names"),
        ({"IMAP_UNREADABLE_FOLDER": "a\r\nb"}, "three names"),
    ],
)
def test_settings_that_make_no_sense_are_said_in_words(changes: dict[str, str], said: str) -> None:
    with pytest.raises(BadMailbox, match=said):
        Mailbox.from_settings(GOOD | changes)


def test_poll_without_a_mailbox_or_with_a_senseless_one_says_so(app: Flask) -> None:
    none = app.test_cli_runner().invoke(args=["post", "poll"])
    assert none.exit_code == 1 and "IMAP_URL is not set" in none.output
    app.config["IMAP_URL"] = "pop3://b.example"
    bad = app.test_cli_runner().invoke(args=["post", "poll"])
    assert bad.exit_code == 1 and "IMAP_URL must look like" in bad.output


def test_a_mail_servers_pipe_hands_over_a_mail_with_the_address_it_came_to(app: Flask) -> None:
    booked()
    raw = reply("DECLINED", to="undisclosed-recipients:;")
    done = app.test_cli_runner().invoke(args=["post", "receive", "--recipient", TOKEN], input=raw)
    assert (done.exit_code, done.output) == (0, "")
    db.session.rollback()
    assert inbox.answers_of([UID])[UID][JOANNA.address].partstat == "DECLINED"


def test_a_pipe_with_too_much_in_it_is_read_to_its_end(app: Flask) -> None:
    booked()
    raw = b"From: a@b.example\r\nSubject: Huge\r\n\r\n" + b"x" * 11_000_000
    assert app.test_cli_runner().invoke(args=["post", "receive"], input=raw).exit_code == 0
    db.session.rollback()
    (row,) = db.session.scalars(select(Incoming))
    assert (row.kind, row.subject, len(row.raw)) == ("unreadable", "Huge", 10 * 1024 * 1024)


def test_what_could_not_be_kept_is_left_with_the_mail_server_to_try_again(
    app: Flask, monkeypatch: Any
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("the database is away"))

    monkeypatch.setattr(receiving, "receive", away)
    assert app.test_cli_runner().invoke(args=["post", "receive"], input=reply()).exit_code == 75


def test_a_database_that_is_away_ends_the_look_and_the_mail_stays(app: Flask, monkeypatch: Any) -> None:
    from outreach.cli import incoming

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("the database is away"))

    monkeypatch.setattr(receiving, "take_in", away)
    with pytest.raises(OperationalError):
        incoming._take(reply())

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(receiving, "take_in", broken)
    assert incoming._take(reply()) is None


def test_the_same_mail_by_both_doors_at_once_is_kept_once(app: Flask) -> None:
    booked()
    start, wrong = threading.Barrier(4), []

    def come() -> None:
        with app.app_context():
            try:
                start.wait()
                assert receiving.take_in(reply(), None, now=LATER)
            except Exception as error:
                wrong.append(error)
            finally:
                db.session.remove()

    doors = [threading.Thread(target=come) for _ in range(4)]
    for door in doors:
        door.start()
    for door in doors:
        door.join()
    assert wrong == []
    db.session.rollback()
    assert [db.session.scalar(select(func.count()).select_from(t)) for t in (Incoming, CalendarAnswer)] == [
        1,
        1,
    ]


def test_the_last_look_is_told_for_the_status_page(app: Flask) -> None:
    assert inbox.last_look() is None
    with transaction():
        inbox.looked(problem="", now=NOW)
    with transaction():
        inbox.looked(problem="The mailbox is away.", now=LATER)
    look = inbox.last_look()
    assert look is not None
    assert (look.looked_at, look.succeeded_at, look.problem) == (LATER, NOW, "The mailbox is away.")


def test_words_of_a_server_never_hold_ours() -> None:
    ours = Mailbox.from_settings(GOOD)
    assert ours is not None
    assert mailbox._said(ours, OSError(111, "Connection refused")) == (
        "The mailbox at mail.b.example could not be reached: Connection refused."
    )
