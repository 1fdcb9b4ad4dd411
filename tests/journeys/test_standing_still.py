"""A process that stands still in the middle of a booking, with what it has in hand, on PostgreSQL: whoever wants the same
waits until the database lets go of it, as deploy/postgresql has it; woken, it has booked nothing and says that we are busy.

On SQLite there is one machine: gunicorn ends a worker that stands still after half a minute (test_workers_killed.py).
"""

from pathlib import Path
from time import monotonic

import pytest
from flask import Flask
from flask.testing import FlaskClient
from points import BEFORE_COMMIT, Sent, account, run, stopped_at
from sqlalchemy import text

import make
from outreach.ground import clock
from outreach.ground.db import db
from web import school_story

SIZES = sorted((Path(__file__).parents[2] / "deploy/postgresql").glob("*.conf"))


def test_every_size_of_postgresql_lets_go_of_who_stands_still() -> None:
    said = [line for size in SIZES for line in size.read_text().splitlines() if "idle_in_trans" in line]
    assert said == ["idle_in_transaction_session_timeout = 5min"] * 3


@pytest.mark.own_database
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_others_wait_no_longer_than_that_and_who_wakes_has_booked_nothing(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: make.NOW)
    first = school_story.lay(client)
    other = first.another_school(number_of_pupils=742)
    forms = []
    for story in (first, other):
        key = story.choose(next(k for k in story.keys() if k.startswith("1-") and "+" not in k))
        story.fill()
        forms.append(Sent(path=story.path("/book"), typed={"slots": key}))
    name = db.engine.url.database
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '1s'"))
    before = account()["bookings"]

    wake = stopped_at(forms[0], client, BEFORE_COMMIT)
    began = monotonic()
    assert run(forms[1], client).status == 303
    print(f"the other school had its answer after {monotonic() - began:.1f} s")
    assert wake() == 503
    [booked] = [one for one in account()["bookings"] if one not in before]
    assert booked[0] == other.school.organisation_id
    assert run(forms[0], client).status == 303
    after = account()
    assert len(after["bookings"]) == 2 and len(after["letters"]) == len(set(after["letters"]))
