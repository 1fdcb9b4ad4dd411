"""Passkeys as a person and an attacker send them: added, shown first or second, forged, replayed, removed, reset."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

import make
from outreach.county import coordinators, partnerships, passkeys, roles
from outreach.county.passkeys import Passkey, PasskeyChallenge
from outreach.county.sign_in_sessions import SignInSession
from outreach.ground import clock, history
from outreach.ground.db import broken_guard, db, transaction
from outreach.post import copies
from outreach.post.outbox import Letter
from passkey_devices import ORIGIN, Device, b64, options
from web.conftest import Clock
from worlds import World

PASSWORD = "lantern gravel otter"
REFUSED = "That passkey was not taken"


def with_a_password() -> coordinators.Coordinator:
    with transaction():
        return coordinators.add(
            make.partnership().id, "Priya", "priya@marlshire.example", password=PASSWORD, now=make.EARLIER
        )


@pytest.fixture
def priya(world: World, app: Flask) -> coordinators.Coordinator:
    found = world(with_a_password)
    app.config["PUBLIC_URL"] = ORIGIN
    return found


@pytest.fixture(autouse=True)
def clock_stands(stopped: Clock) -> Iterator[Clock]:
    yield stopped


def browser() -> FlaskClient:
    return current_app.test_client()


def password(client: FlaskClient) -> Any:
    return client.post("/sign-in", data={"email": "priya@marlshire.example", "password": PASSWORD})


def begun(client: FlaskClient) -> dict[str, Any]:
    return options(client.post("/desk/account/passkeys/begin", data={"password": PASSWORD}))


def asked(client: FlaskClient, **more: str) -> dict[str, Any]:
    return options(client.post("/sign-in/passkey/show", data=more))


def answer(client: FlaskClient, said: str, **more: str) -> Any:
    return client.post("/sign-in/passkey/answer", data={"answer": said} | more)


def added(person: coordinators.Coordinator, name: str = "Blue key") -> Device:
    device, client = Device(), make.signed_in(browser(), person, by_link=True)
    client.post("/desk/account/passkeys", data={"name": name, "answer": device.makes(begun(client))})
    assert [one.name for one in kept(person)][:1] == [name]
    return device


def kept(person: coordinators.Coordinator) -> list[Passkey]:
    db.session.rollback()
    return list(passkeys.of_person(person.id))


def is_in(client: FlaskClient) -> bool:
    return client.get("/desk/account").status_code == 200


def letters() -> list[str]:
    db.session.rollback()
    sent = select(Letter).where(Letter.kind == "sign-in changed").order_by(Letter.id)
    return [copies.read(letter.raw).text for letter in db.session.scalars(sent)]


def sign_ins(person: coordinators.Coordinator) -> list[history.History]:
    """The newest first."""
    db.session.rollback()
    return list(history.history_of(history.SIGN_IN, person.id))


def sessions() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(SignInSession.id).where(SignInSession.ended_at.is_(None))).all())


@pytest.mark.walled
def test_one_is_added_with_the_password_and_lets_in_instead_of_it(priya: coordinators.Coordinator) -> None:
    client, device = browser(), Device()
    password(client)
    wrong = client.post("/desk/account/passkeys/begin", data={"password": "wrong"})
    assert wrong.status_code == 422 and "That is not your password." in wrong.text
    told = begun(client)
    assert (
        told["rp"]["id"] == "localhost" and told["authenticatorSelection"]["userVerification"] == "required"
    )
    client.post("/desk/account/passkeys", data={"name": "  Blue   key ", "answer": device.makes(told)})
    page = client.get("/desk/account/second-factor").text
    assert "Blue key is added." in page and "Never used" in page
    assert history.history_of("person", priya.id)[0].what == "passkey added"
    assert "A passkey was added to your account: Blue key." in letters()[-1]
    other = browser()
    assert "Sign in with a passkey" in other.get("/sign-in").text
    told = asked(other)
    assert told["userVerification"] == "required" and not told.get("allowCredentials")
    assert answer(other, device.shows(told)).status_code == 303
    assert is_in(other)
    assert kept(priya)[0].last_used_at is not None and kept(priya)[0].sign_count == 1
    came = [one.after["by"] for one in sign_ins(priya) if one.what == "signed in" and one.after]
    assert came == ["passkey", "password"]


@pytest.mark.walled
def test_after_the_password_it_is_the_second_factor_and_the_password_alone_lets_nobody_in(
    priya: coordinators.Coordinator,
) -> None:
    device, thief = added(priya), browser()
    assert password(thief).location == "/sign-in/code"
    assert not is_in(thief)
    assert "Show your passkey" in thief.get("/sign-in/code").text
    assert thief.post("/sign-in/code", data={"code": "123456"}).status_code == 422
    told = asked(thief, after="1")
    assert [one["id"] for one in told["allowCredentials"]] == [b64(device.id)]
    assert answer(thief, device.shows(told), after="1").status_code == 303
    assert is_in(thief)


@pytest.mark.parametrize(
    "wrong", ["origin", "port", "site", "unverified", "absent", "key", "challenge", "count", "type"]
)
def test_a_forged_answer_lets_nobody_in(priya: coordinators.Coordinator, wrong: str) -> None:
    device, client = added(priya), browser()
    answer(browser_in := browser(), device.shows(asked(browser_in)))
    db.session.rollback()
    before = sessions()
    told = asked(client)
    match wrong:
        case "origin":
            device.origin = "http://evil.example"
        case "port":
            device.origin = "http://localhost:8001"
        case "site":
            device.site = "evil.example"
        case "unverified":
            device.flags = 0x01
        case "absent":
            device.flags = 0x04
        case "key":
            device.key = ec.generate_private_key(ec.SECP256R1())
        case "challenge":
            told = told | {"challenge": b64(bytes(32))}
        case "count":
            device.count = 0
    said = device.shows(told)
    if wrong == "type":
        said = said.replace('"public-key"', '"password"')
    refused = answer(client, said)
    assert refused.location == "/sign-in" and REFUSED in client.get("/sign-in").text
    assert not is_in(client) and sessions() == before
    assert [(one.what, (one.after or {}).get("wrong")) for one in sign_ins(priya)[:2]] == [
        ("failed to sign in", "passkey"),
        ("signed in", None),
    ]


def test_an_answer_is_taken_once_and_its_challenge_by_one_browser_for_five_minutes(
    priya: coordinators.Coordinator, clock_stands: Clock
) -> None:
    device = added(priya)
    client, thief = browser(), browser()
    said = device.shows(asked(client))
    cookie = client.get_cookie(str(current_app.config["SESSION_COOKIE_NAME"]))
    assert cookie is not None
    asked(thief)
    assert REFUSED in thief.get(answer(thief, said).location).text
    assert answer(client, said).status_code == 303 and is_in(client)
    thief.set_cookie(cookie.key, cookie.value)
    answer(thief, said)
    assert not is_in(thief)
    thief.set_cookie(cookie.key, cookie.value)
    answer(
        thief,
        device.shows(
            {
                "challenge": json.loads(
                    base64.urlsafe_b64decode(json.loads(said)["response"]["clientDataJSON"] + "==")
                )["challenge"]
            }
        ),
    )
    assert not is_in(thief)
    late = browser()
    told = asked(late)
    clock_stands.after(minutes=5)
    answer(late, device.shows(told))
    assert not is_in(late)
    asked(late)
    assert len(db.session.scalars(select(PasskeyChallenge)).all()) == 1


def test_a_wrong_answer_uses_the_challenge_up(priya: coordinators.Coordinator) -> None:
    device, client = added(priya), browser()
    told = asked(client)
    answer(client, "{}")
    answer(client, device.shows(told))
    assert not is_in(client)


@pytest.mark.parametrize(
    "said", ["", "null", "[]", "{", "[" * 9000, '{"id": 1}', '{"id": "x", "response": null}', "x" * 20_001]
)
def test_whatever_is_sent_for_an_answer_is_refused_in_words(
    priya: coordinators.Coordinator, said: str
) -> None:
    device, client = added(priya), browser()
    asked(client)
    assert REFUSED in client.get(answer(client, said).location).text
    told = asked(client)
    bent = json.loads(device.shows(told))
    bent["response"] = said
    assert REFUSED in client.get(answer(client, json.dumps(bent)).location).text
    inside = make.signed_in(browser(), priya)
    begun(inside)
    inside.post("/desk/account/passkeys", data={"answer": said})
    assert REFUSED in inside.get("/desk/account/second-factor").text
    assert len(kept(priya)) == 1


def test_what_answers_for_one_purpose_or_person_answers_for_no_other(priya: coordinators.Coordinator) -> None:
    device = added(priya)
    with transaction():
        owen = make.person(partnerships.get(priya.partnership_id), role=roles.COORDINATOR, name="Owen Pike")
    owens = added(owen, "Owen’s")
    client = browser()
    password(client)
    told = asked(client, after="1")
    answer(client, owens.shows(told), after="1")
    assert not is_in(client)
    told = asked(client, after="1")
    answer(client, device.shows(told))  # as if it were instead of the password
    assert not is_in(client)
    inside = make.signed_in(browser(), owen, by_link=True)
    thief = browser()
    told = asked(thief)
    inside.post("/desk/account/passkeys", data={"answer": Device().makes(told)})
    inside.post("/desk/account/passkeys", data={"answer": device.makes(begun(inside))})  # Priya's
    assert [one.name for one in kept(owen)] == ["Owen’s"] and len(kept(priya)) == 1
    mine = f"/desk/account/passkeys/{kept(priya)[0].id}/remove"
    assert inside.post(mine, data={"password": "x"}).status_code in (404, 422)
    assert len(kept(priya)) == 1


def test_one_is_removed_with_the_password_and_lets_nobody_in_any_more(
    priya: coordinators.Coordinator,
) -> None:
    device, client, stolen = added(priya), browser(), browser()
    for one in (client, stolen):
        answer(one, device.shows(asked(one)))
        assert is_in(one)
    with transaction():
        link = coordinators.sign_in_link(coordinators.get(priya.email), who="sign-in page", now=clock.now())
    path = f"/desk/account/passkeys/{kept(priya)[0].id}/remove"
    assert client.post(path, data={"password": "wrong"}).status_code == 422 and kept(priya)
    pending = asked(at_the_door := browser())
    assert client.post(path, data={"password": PASSWORD}).status_code == 303
    assert is_in(client) and not is_in(stolen)
    assert browser().post(f"/sign-in/{link}").status_code == 410
    answer(at_the_door, device.shows(pending))
    assert not is_in(at_the_door)
    assert kept(priya) == [] and history.history_of("person", priya.id)[0].what == "passkey removed"
    assert "A passkey of your account was removed: Blue key." in letters()[-1]
    late = browser()
    answer(late, device.shows(asked(late)))
    assert not is_in(late)
    assert password(browser()).location == "/desk"


def test_where_a_second_factor_is_asked_a_passkey_is_one_and_the_last_stays(
    priya: coordinators.Coordinator,
) -> None:
    device, client = added(priya), browser()
    with transaction():
        partnerships.get(priya.partnership_id).second_factor = "everybody"
    answer(client, device.shows(asked(client)))
    assert is_in(client)
    path = f"/desk/account/passkeys/{kept(priya)[0].id}/remove"
    refused = client.post(path, data={"password": PASSWORD})
    assert refused.status_code == 422 and "this is the last" in refused.text
    assert len(kept(priya)) == 1
    by_link = make.signed_in(browser(), priya, by_link=True)
    refused = by_link.post(path)
    assert refused.status_code == 422 and "this is the last" in refused.text
    assert len(kept(priya)) == 1


def test_a_lead_resets_them_and_who_leaves_has_none(priya: coordinators.Coordinator) -> None:
    with transaction():
        owen = make.person(partnerships.get(priya.partnership_id), role=roles.COORDINATOR, name="Owen Pike")
    device = added(owen)
    owens, lead = browser(), make.signed_in(browser(), priya)
    answer(owens, device.shows(asked(owens)))
    assert is_in(owens)
    with transaction():
        link = coordinators.sign_in_link(coordinators.get(owen.email), who="sign-in page", now=clock.now())
    assert lead.post(f"/desk/people/{owen.id}/reset-factor").status_code == 303
    assert kept(owen) == [] and not is_in(owens)
    assert browser().post(f"/sign-in/{link}").status_code == 410
    assert "Priya reset your second factor" in letters()[-1]
    again = added(owen)
    with transaction():
        coordinators.end(coordinators.get(owen.email), who="Priya", now=clock.now())
    assert kept(owen) == []
    answer(owens, again.shows(asked(owens)))
    assert not is_in(owens)


@pytest.mark.any_database
def test_one_network_has_so_many_challenges_waiting_and_holds_up_nobody_else(
    priya: coordinators.Coordinator, monkeypatch: pytest.MonkeyPatch, clock_stands: Clock
) -> None:
    monkeypatch.setattr(passkeys, "FROM_ONE_NETWORK", 2)
    device, client = added(priya), browser()
    for _ in range(2):
        browser().post("/sign-in/passkey/show")
    refused = client.post("/sign-in/passkey/show")
    assert (refused.status_code, refused.location) == (303, "/sign-in")
    assert "Too many sign-ins by passkey were begun from your network" in client.get("/sign-in").text
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.post("/sign-in/passkey/show", environ_base=elsewhere).status_code == 200
    password(client)
    answer(client, device.shows(asked(client, after="1")), after="1")
    assert is_in(client), "whoever gave the password is held up by nobody"
    clock_stands.after(minutes=5)
    assert browser().post("/sign-in/passkey/show").status_code == 200


def test_after_the_last_day_one_lets_nobody_in_and_who_comes_back_has_none(
    priya: coordinators.Coordinator,
) -> None:
    with transaction():
        owen = make.person(partnerships.get(priya.partnership_id), role=roles.COORDINATOR, name="Owen Pike")
    device, client = added(owen), browser()
    with transaction():
        coordinators.get(owen.email).leaves_on = clock.now().date() - timedelta(days=1)
    refused = answer(client, device.shows(asked(client)))
    assert "lets nobody in any more" in client.get(refused.location).text and not is_in(client)
    with transaction():
        coordinators.add(
            priya.partnership_id,
            "Owen Pike",
            owen.email,
            password=None,
            role=roles.COORDINATOR,
            now=clock.now(),
        )
    answer(client, device.shows(asked(client)))
    assert not is_in(client) and kept(owen) == []


def test_where_no_browser_would_take_one_none_is_offered(priya: coordinators.Coordinator, app: Flask) -> None:
    app.config["PUBLIC_URL"] = "http://127.0.0.1:8000"
    assert "passkey" not in browser().get("/sign-in").text
    assert "asskey" not in make.signed_in(browser(), priya).get("/desk/account/second-factor").text


def test_with_a_change_of_the_password_all_that_was_begun_dies_and_the_passkey_stays(
    priya: coordinators.Coordinator,
) -> None:
    device, client, half, adding = added(priya), browser(), browser(), browser()
    answer(client, device.shows(asked(client)))
    password(half)
    told = asked(half, after="1")
    answer(adding, device.shows(asked(adding)))
    to_add = begun(adding)
    cookie = client.get_cookie(str(current_app.config["SESSION_COOKIE_NAME"]))
    new = {"old": PASSWORD, "password": "quarry violet anchor", "again": "quarry violet anchor"}
    assert client.post("/desk/password", data=new).status_code == 303
    assert "1 passkey lets you in still." in client.get("/desk/password").text
    renewed = client.get_cookie(str(current_app.config["SESSION_COOKIE_NAME"]))
    assert cookie is not None and renewed is not None and cookie.value != renewed.value
    answer(half, device.shows(told), after="1")
    assert not is_in(half)
    adding.post("/desk/account/passkeys", data={"answer": Device().makes(to_add)})
    assert not is_in(adding) and len(kept(priya)) == 1
    copied = browser()
    copied.set_cookie(cookie.key, cookie.value)
    assert not is_in(copied)
    late = browser()
    answer(late, device.shows(asked(late)))
    assert is_in(late)


def test_the_session_that_a_browser_had_ends_as_a_passkey_begins_another(
    priya: coordinators.Coordinator,
) -> None:
    device, client = added(priya), browser()
    answer(client, device.shows(asked(client)))
    name = str(current_app.config["SESSION_COOKIE_NAME"])
    before, standing = client.get_cookie(name), sessions()
    answer(client, device.shows(asked(client)))
    after, copied = client.get_cookie(name), browser()
    assert before is not None and after is not None and before.value != after.value
    assert is_in(client) and sessions() == standing
    copied.set_cookie(name, before.value)
    assert not is_in(copied)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE passkey SET sign_count = sign_count - 1",
        "UPDATE passkey SET public_key = 'x'",
        "UPDATE passkey SET credential_id = 'x'",
    ],
)
def test_the_database_lets_no_key_become_another_and_no_count_go_back(
    priya: coordinators.Coordinator, statement: str
) -> None:
    device, client = added(priya), browser()
    answer(client, device.shows(asked(client)))
    db.session.rollback()
    with pytest.raises(IntegrityError) as refused, transaction():
        db.session.execute(text(statement))
    assert "passkey_stays" in str(broken_guard(refused.value))
