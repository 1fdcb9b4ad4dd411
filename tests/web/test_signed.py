"""What a host signs holds on the others, whose clocks may be behind: sessions, forms that wait, devices."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask, session
from flask.testing import FlaskClient
from itsdangerous import BadSignature, SignatureExpired
from sqlalchemy import select

import make
from outreach.county import coordinators
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.post.outbox import Letter
from outreach.web import signed

pytestmark = pytest.mark.any_database

ADDRESS, PASSWORD = "priya@marlshire.example", "lantern gravel otter"


@pytest.fixture
def somebody(app: Flask) -> Iterator[None]:
    app.config["PERMANENT_SESSION_LIFETIME"] = 12 * 3600
    with transaction():
        coordinators.add(make.partnership().id, "Priya", ADDRESS, password=PASSWORD, now=clock.now())
    yield


def ahead(by: timedelta) -> time_machine.travel:
    return time_machine.travel(datetime.now(UTC) + by, tick=True)


@pytest.mark.own_app  # whose clock is put right by the database's meanwhile
@pytest.mark.parametrize("by", [timedelta(seconds=1), timedelta(minutes=4)])
def test_who_signs_in_at_a_host_whose_clock_is_ahead_is_signed_in_at_the_others(
    client: FlaskClient, somebody: None, by: timedelta
) -> None:
    with ahead(by):
        assert client.post("/sign-in", data={"email": ADDRESS, "password": PASSWORD}).status_code == 303
    assert client.get("/desk/account").status_code == 200
    assert client.post("/sign-in", data={"email": ADDRESS, "password": PASSWORD}).status_code == 303
    letters = db.session.scalars(select(Letter.recipient)).all()
    assert len(letters) == 1, "the device that signed in at the other host is known here"


def test_what_was_signed_in_a_far_future_or_past_holds_no_more(app: Flask) -> None:
    with app.test_request_context():
        ours = signed.serializer("tests")
        with ahead(signed.CLOCKS_APART + timedelta(seconds=5)):
            told = ours.dumps("words")
        with pytest.raises(SignatureExpired):
            ours.loads(told, max_age=100)
        with ahead(timedelta(seconds=5)):
            told = ours.dumps("words")
        assert ours.loads(told, max_age=100) == "words"
        with ahead(timedelta(seconds=110)), pytest.raises(SignatureExpired):
            ours.loads(told, max_age=100)
        with pytest.raises(BadSignature):
            signed.serializer("others").loads(told, max_age=100)


def test_a_session_that_was_signed_with_an_older_key_is_read(app: Flask) -> None:
    with app.test_request_context():
        session["said"] = "words"
        answer = app.response_class()
        app.session_interface.save_session(app, session, answer)
    name, _, value = answer.headers["Set-Cookie"].partition(";")[0].partition("=")
    app.config["SECRET_KEY_FALLBACKS"], app.config["SECRET_KEY"] = [app.config["SECRET_KEY"]], "a new one"
    with app.test_request_context(headers={"Cookie": f"{name}={value}"}):
        assert session["said"] == "words"
