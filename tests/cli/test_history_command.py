"""flask history: sealed by the round of the day, verified with an exit status, and its head written down."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

import make
from outreach.ground import clock, history
from outreach.ground.db import db, transaction

KEY = "7d1f0c4e92a85b36e0b7c41d8f2a6953"


@pytest.fixture
def told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A history of two deeds, and a key."""
    monkeypatch.setattr(clock, "now", lambda: make.NOW)
    monkeypatch.setitem(app.config, "HISTORY_KEY", KEY)
    with transaction():
        whose = make.partnership().id
        for name in ("Joanna", "Priya"):
            history.record("booked", history.Subject("booking", name, whose), who=name, now=make.NOW)
    return app


def run(app: Flask, *words: str) -> tuple[int, list[str]]:
    db.session.remove()
    done = app.test_cli_runner().invoke(args=["history", *words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done.exit_code, done.output.splitlines()


def test_the_round_of_the_day_seals_and_verify_says_until_when(told: Flask) -> None:
    assert run(told, "verify")[1][0] == "0 deeds in the chain; 2 not in it yet."
    assert told.test_cli_runner().invoke(args=["asking", "chase"]).exit_code == 0
    status, said = run(told, "verify")
    _, (head,) = run(told, "head")
    assert (status, said) == (
        0,
        [
            "2 deeds in the chain, closed until 19 January 2027 at 9:00am; 0 not in it yet.",
            f"Head: {head}",
            "",
            "The history is as it was sealed.",
        ],
    )
    assert run(told, "verify", "--head", head)[0] == 0
    assert run(told, "seal") == (0, ["0 deeds sealed.", head])


def test_a_fault_ends_with_1_and_is_named(told: Flask) -> None:
    run(told, "seal")
    _, (head,) = run(told, "head")
    assert run(told, "verify", "--head", head.replace("2:", "3:"))[0] == 1
    with db.engine.begin() as connection:
        if db.engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER history_guard_update"))
        else:
            connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("UPDATE history SET who = 'Owen' WHERE who = 'Priya'"))
    db.engine.dispose()
    status, said = run(told, "verify")
    assert (status, said[0], said[-1]) == (
        1,
        "Deed 2 says something else than it did (who).",
        "1 fault: the history is not as it was sealed.",
    )


@pytest.mark.any_database
def test_where_nothing_can_be_said_it_ends_with_2(told: Flask) -> None:
    assert run(told, "verify", "--head", "nonsense")[0] == 2
    told.config["HISTORY_KEY"] = ""
    for verb in ("seal", "verify"):
        status, (said,) = run(told, verb)
        assert status == 2 and said.startswith("HISTORY_KEY is not set")
    assert told.test_cli_runner().invoke(args=["asking", "chase"]).exit_code == 0, "letters go all the same"
