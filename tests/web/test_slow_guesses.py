"""Guesses at a password, as the guesser and the right person meet them at the door."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.county import coordinators
from outreach.county.sign_in_tries import FREE, SignInFailure
from outreach.ground.db import db, transaction
from web.conftest import Clock
from worlds import World

PASSWORD = "lantern gravel otter"
PRIYA, OWEN = "priya@marlshire.example", "owen@marlshire.example"


def two_people() -> None:
    with transaction():
        of = make.partnership()
        for name, address in (("Priya", PRIYA), ("Owen", OWEN)):
            coordinators.add(of.id, name, address, password=PASSWORD, now=make.EARLIER)


@pytest.fixture(autouse=True)
def people(world: World, stopped: Clock) -> Iterator[None]:
    world(two_people)
    yield


def browser(address: str = "192.0.2.7") -> FlaskClient:
    client = current_app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client


def sign_in(client: FlaskClient, password: str = PASSWORD, email: str = PRIYA) -> Any:
    return client.post("/sign-in?next=/desk/gaps", data={"email": email, "password": password})


def guess(client: FlaskClient, email: str = PRIYA, times: int = FREE) -> None:
    assert [sign_in(client, f"guess {n}", email).status_code for n in range(times)] == [422] * times


@pytest.mark.both_databases
def test_a_guesser_is_told_how_long_to_wait_and_what_was_typed_is_kept_but_the_password(
    stopped: Clock,
) -> None:
    client = browser()
    guess(client)
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    said = " ".join(re.sub("<[^>]+>", " ", answer.text).split())
    assert "There were too many wrong tries. Wait 30 seconds before the next." in said
    assert f'value="{PRIYA}"' in answer.text and "otter" not in answer.text
    assert 'action="/sign-in?next=/desk/gaps"' in answer.text
    stopped.after(seconds=30)
    answer = sign_in(client)
    assert (answer.status_code, answer.location) == (303, "/desk/gaps")


@pytest.mark.both_databases
def test_who_signed_in_on_a_device_before_is_let_in_whatever_a_stranger_tries_from_the_same_network() -> None:
    hers = browser()
    sign_in(hers)
    hers.post("/sign-out")
    stranger = browser()
    guess(stranger)
    assert sign_in(stranger).status_code == 429
    assert sign_in(hers, "mistyped").status_code == 422
    assert sign_in(hers).status_code == 303


def test_a_hundred_behind_one_proxy_are_not_held_up_by_one_of_them() -> None:
    guess(browser())
    assert sign_in(browser()).status_code == 429
    assert sign_in(browser(), email=OWEN).status_code == 303
    assert sign_in(browser("192.0.2.8")).status_code == 303


def test_a_device_is_no_other_persons_and_no_made_up_one(app: Flask) -> None:
    """Owen, who knows his own device, gets no tries at Priya's account by it; nor does a cookie that nobody signed."""
    his = browser()
    sign_in(his, email=OWEN)
    his.post("/sign-out")
    guess(browser())
    assert sign_in(his).status_code == 429
    forged = browser()
    forged.set_cookie("outreach-device", "WyJkZXZpY2UiLFsxXV0.aW52.YWxpZA")
    assert sign_in(forged).status_code == 429


def test_an_unknown_address_is_slowed_in_the_same_words_so_that_none_is_found_out(stopped: Clock) -> None:
    told = []
    for email in (PRIYA, "nobody@marlshire.example"):
        client = browser()
        guess(client, email)
        answer = sign_in(client, email=email)
        token = re.compile(r'name="csrf_token"[^>]*')
        told.append((answer.status_code, token.sub("", answer.text).replace(email, "")))
    assert told[0] == told[1] and told[0][0] == 429


def test_networks_of_ipv6_count_as_one_and_no_address_is_kept() -> None:
    for n in range(FREE):
        guess(browser(f"2001:db8::{n}"), times=1)
    assert sign_in(browser("2001:db8::ffff")).status_code == 429
    assert sign_in(browser("2001:db8:1::1")).status_code == 303
    kept = db.session.scalars(select(SignInFailure.origin)).all()
    assert len(set(kept)) == 1 and not any("2001" in origin for origin in kept)


@pytest.mark.both_databases
def test_guesses_at_the_old_password_behind_a_desk_left_open_wait_too(stopped: Clock) -> None:
    """And they do not keep the right person from the door of another device."""
    client = browser()
    sign_in(client)
    new = {"password": "another gravel lantern", "again": "another gravel lantern"}
    for n in range(FREE):
        assert client.post("/desk/password", data=new | {"old": f"guess {n}"}).status_code == 422
    answer = client.post("/desk/password", data=new | {"old": PASSWORD})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    assert "Wait 30 seconds" in answer.text and "gravel" not in answer.text
    assert sign_in(browser("198.51.100.4")).status_code == 303
    stopped.now += timedelta(seconds=30)
    assert client.post("/desk/password", data=new | {"old": PASSWORD}).status_code == 303
