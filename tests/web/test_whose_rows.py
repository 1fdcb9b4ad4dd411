"""Whose rows a transaction may touch: PostgreSQL is told so in each, of reads too, and of nobody's where there is none."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

import make
from outreach.ground import whose
from outreach.ground.db import db, transaction

pytestmark = [
    pytest.mark.usefixtures("stopped"),
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]


@pytest.fixture
def told(app: Flask) -> Any:
    """What the database is told whenever something is asked of it: whose it was, each time that this changes."""
    heard: list[str | None] = []

    def listen(_connection: Any, cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith(whose.MARK):
            return
        at_hand = cursor.connection.cursor()
        now = at_hand.execute(f"SELECT current_setting('{whose.SETTING}', true)").fetchone()[0] or None
        if heard[-1:] != [now]:
            heard.append(now)

    event.listen(db.engine, "before_cursor_execute", listen)
    yield heard
    event.remove(db.engine, "before_cursor_execute", listen)


def test_every_transaction_of_a_request_is_bound_once_it_is_known_whose_it_is(
    client: FlaskClient, told: Any
) -> None:
    with transaction():
        person = make.person(make.partnership())
        of = str(person.partnership_id)
    make.signed_in(client, person)
    del told[:]
    assert client.get("/desk/people").status_code == 200
    assert told == [of]
    assert client.post("/desk/account", data={}).status_code < 500
    assert told == [of], "the transaction that writes, too"
    whose.let_go()
    with transaction() as session:
        assert session.scalar(text(f"SELECT nullif(current_setting('{whose.SETTING}', true), '')")) is None
