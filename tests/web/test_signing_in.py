"""Signing in and out as a coordinator does it, and what must not get in."""

import re
import time
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

import make
from outreach.county import coordinators
from outreach.county.partnerships import Partnership
from outreach.county.sign_in_tries import SignInFailure
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.post import copies
from outreach.post.about_sign_in import FORGOTTEN
from outreach.post.outbox import Letter as OutboxLetter
from outreach.web.public import signing_in
from worlds import World

PASSWORD = "lantern gravel otter"


def with_a_password() -> coordinators.Coordinator:
    with transaction():
        return coordinators.add(
            make.partnership().id,
            "Priya Nandakumar",
            "priya@marlshire.example",
            password=PASSWORD,
            now=make.NOW,
        )


@pytest.fixture
def priya(world: World) -> coordinators.Coordinator:
    return world(with_a_password)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    return client


def sign_in(client: FlaskClient, password: str = PASSWORD, to: str = "/sign-in"):
    return client.post(to, data={"email": "priya@marlshire.example", "password": password})


def is_in(client: FlaskClient) -> bool:
    return client.get("/desk/password").status_code == 200


@pytest.mark.any_database
def test_right_password_opens_the_desk(priya: coordinators.Coordinator, client: FlaskClient) -> None:
    assert not is_in(client)
    answer = sign_in(client)
    assert (answer.status_code, answer.location) == (303, "/desk")
    assert is_in(client)


def test_wrong_password_shows_the_page_again_with_the_address_and_one_try_counted(
    priya: coordinators.Coordinator, client: FlaskClient
) -> None:
    answer = sign_in(client, "wrong")
    assert answer.status_code == 422
    assert "do not belong together" in answer.text
    assert 'value="priya@marlshire.example"' in answer.text and "wrong" not in answer.text
    assert db.session.scalar(select(func.count()).select_from(SignInFailure)) == 1
    assert not is_in(client)


@pytest.mark.any_database
def test_empty_form_says_what_is_missing(client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={})
    assert answer.status_code == 422
    assert "Enter your email address." in answer.text and "Enter your password." in answer.text


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        ("/desk/requests?x=1", "/desk/requests?x=1"),
        ("https://evil.example/", "/desk"),
        ("//evil.example/", "/desk"),
        ("///evil.example/", "/desk"),
        ("/\\evil.example/", "/desk"),
        ("/\t/evil.example", "/desk"),
        ("\\\\evil.example", "/desk"),
        ("javascript:alert(1)", "/desk"),
        ("desk", "/desk"),
        ("", "/desk"),
    ],
)
def test_sign_in_leads_on_to_a_page_of_ours_alone(
    priya: coordinators.Coordinator, client: FlaskClient, wanted: str, where: str
) -> None:
    answer = client.post(
        "/sign-in", query_string={"next": wanted}, data={"email": priya.email, "password": PASSWORD}
    )
    assert (answer.status_code, answer.location) == (303, where)


@pytest.mark.any_database
def test_page_of_the_desk_asks_to_sign_in_and_leads_back(
    priya: coordinators.Coordinator, client: FlaskClient
) -> None:
    answer = client.get("/desk/requests")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=%2Fdesk%2Frequests"
    assert sign_in(client, to=answer.location).location == "/desk/requests"


def test_sign_out_is_a_button_and_ends_the_session(
    priya: coordinators.Coordinator, client: FlaskClient
) -> None:
    sign_in(client)
    assert client.get("/sign-out").status_code == 405
    assert is_in(client)
    assert client.post("/sign-out").location == "/sign-in"
    assert not is_in(client)


def test_one_time_link_is_used_by_its_button_not_by_opening_it(
    priya: coordinators.Coordinator, client: FlaskClient
) -> None:
    with transaction():
        token = coordinators.sign_in_link(priya, now=clock.now())
    for _ in range(3):
        assert client.get(f"/sign-in/{token}").status_code == 200
    assert not is_in(client)
    assert client.post(f"/sign-in/{token}").status_code == 303
    assert is_in(client)
    assert client.post(f"/sign-in/{token}").status_code == 410
    assert client.get(f"/sign-in/{token}").status_code == 410


def ask_for_a_link(client: FlaskClient, address: str) -> tuple[int, str, str]:
    sent = client.post("/sign-in/forgotten", data={"email": address})
    return sent.status_code, sent.location, client.get(sent.location).text


def links_sent() -> list[str]:
    """The tokens in letters that wait for the post."""
    letters = db.session.scalars(select(OutboxLetter).where(OutboxLetter.kind == FORGOTTEN)).all()
    texts = [copies.read(letter.raw or b"").text for letter in letters]
    db.session.rollback()
    return [found[1] for text in texts if (found := re.search(r"/sign-in/([A-Za-z0-9_-]{20,})", text))]


@pytest.mark.any_database
@pytest.mark.walled
def test_who_forgot_gets_a_link_by_mail_that_lets_in_once_and_to_a_new_password(
    priya: coordinators.Coordinator, client: FlaskClient
) -> None:
    status, _, page = ask_for_a_link(client, " Priya@Marlshire.example ")
    assert status == 303 and "Look into your mailbox" in page and "priya" not in page
    [token] = links_sent()
    assert client.post(f"/sign-in/{token}").status_code == 303 and is_in(client)
    assert 'name="old"' not in client.get("/desk/password").text
    assert client.post(f"/sign-in/{token}").status_code == 410


@pytest.mark.any_database
def test_an_asked_for_link_lasts_an_hour(priya: coordinators.Coordinator) -> None:
    with transaction():
        found = coordinators.forgotten("priya@marlshire.example", now=make.NOW)
    assert found is not None
    assert coordinators.link_is_open(found[1], now=make.NOW + timedelta(minutes=59))
    assert not coordinators.link_is_open(found[1], now=make.NOW + timedelta(minutes=60))


@pytest.mark.any_database
def test_whoever_asks_for_a_link_is_told_the_same_and_no_sooner(
    priya: coordinators.Coordinator, client: FlaskClient
) -> None:
    """An address that is nobody's, and one that asks for a fourth time within the hour."""
    took = []
    for address in ("nobody@marlshire.example", *["priya@marlshire.example"] * 4):
        began = time.monotonic()
        told = ask_for_a_link(client, address)
        took.append(time.monotonic() - began)
        assert told[:2] == (303, "/sign-in/on-its-way") and "If somebody who signs in here" in told[2]
    assert min(took) >= signing_in.AS_LONG
    assert len(links_sent()) <= coordinators.MAILED_AT_ONCE
    assert db.session.scalar(select(func.count()).select_from(coordinators.SignInLink)) == 3


@pytest.mark.any_database
def test_who_left_gets_no_link(priya: coordinators.Coordinator, client: FlaskClient) -> None:
    with transaction():
        other = make.person(db.session.get_one(Partnership, priya.partnership_id))
        address = other.email
        coordinators.end(other, who="Priya Nandakumar", now=clock.now())
    assert ask_for_a_link(client, address)[0] == 303
    assert links_sent() == []


@pytest.mark.any_database
def test_a_broken_address_is_said_and_kept(client: FlaskClient) -> None:
    answer = client.post("/sign-in/forgotten", data={"email": "priya at marlshire"})
    assert answer.status_code == 422 and 'value="priya at marlshire"' in answer.text


def test_link_that_never_was_is_answered_like_a_used_one(client: FlaskClient) -> None:
    for answer in (client.get("/sign-in/nothing"), client.post("/sign-in/nothing")):
        assert answer.status_code == 410 and "has been used or has run out" in answer.text


def test_person_without_a_password_is_led_from_the_link_to_choosing_one(
    app: Flask, client: FlaskClient
) -> None:
    with transaction():
        person = coordinators.add(
            make.partnership().id, "O", "o@marlshire.example", password=None, now=clock.now()
        )
        token = coordinators.sign_in_link(person, now=clock.now())
    assert client.post(f"/sign-in/{token}").location == "/desk/password"
    page = client.get("/desk/password").text
    assert 'name="old"' not in page
    answer = client.post("/desk/password", data={"password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 303
    assert coordinators.holder("o@marlshire.example", PASSWORD).name == "O"
    assert 'name="old"' in client.get("/desk/password").text


@pytest.mark.any_database
def test_new_password_signs_out_every_other_browser(
    priya: coordinators.Coordinator, app: Flask, client: FlaskClient
) -> None:
    other = app.test_client()
    sign_in(client)
    sign_in(other)
    answer = client.post(
        "/desk/password",
        data={"old": PASSWORD, "password": "another gravel lantern", "again": "another gravel lantern"},
    )
    assert answer.status_code == 303
    assert is_in(client)
    assert not is_in(other)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            {"old": "wrong", "password": "another gravel lantern", "again": "another gravel lantern"},
            "That is not your password now.",
        ),
        (
            {"old": PASSWORD, "password": "another gravel lantern", "again": "another gravel"},
            "The two new passwords are not the same.",
        ),
        ({"old": PASSWORD, "password": "short", "again": "short"}, "at least 12 characters"),
        ({}, "Enter the password you have now."),
    ],
)
def test_password_is_changed_only_when_all_is_right(
    priya: coordinators.Coordinator, client: FlaskClient, typed: dict[str, str], said: str
) -> None:
    sign_in(client)
    answer = client.post("/desk/password", data=typed)
    assert answer.status_code == 422 and said in answer.text
    assert coordinators.holder(priya.email, PASSWORD).id == priya.id
