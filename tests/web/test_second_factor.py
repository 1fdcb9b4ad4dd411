"""Second factor as a person and an attacker meet it: set up, asked, replayed, guessed, skipped, reset, asked of whom."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.county import coordinators, partnerships, roles, second_factors
from outreach.county.second_factors import RecoveryCode, SecondFactor
from outreach.county.sign_in_sessions import SignInSession
from outreach.ground import clock, history
from outreach.ground.db import db, transaction
from outreach.post import copies
from outreach.post.outbox import Letter
from web.conftest import Clock
from worlds import World

PASSWORD = "lantern gravel otter"


def with_a_password() -> coordinators.Coordinator:
    with transaction():
        return coordinators.add(
            make.partnership().id, "Priya", "priya@marlshire.example", password=PASSWORD, now=make.EARLIER
        )


@pytest.fixture
def priya(world: World) -> coordinators.Coordinator:
    return world(with_a_password)


@pytest.fixture(autouse=True)
def clock_stands(stopped: Clock) -> Iterator[Clock]:
    yield stopped


def browser() -> FlaskClient:
    client = current_app.test_client()
    client.environ_base.update(REMOTE_ADDR="192.0.2.7")
    return client


def password(client: FlaskClient, to: str = "/sign-in", **more: str) -> Any:
    return client.post(to, data={"email": "priya@marlshire.example", "password": PASSWORD} | more)


def code(client: FlaskClient, typed: str, to: str = "/sign-in/code") -> Any:
    return client.post(to, data={"code": typed})


def is_in(client: FlaskClient) -> bool:
    return client.get("/desk/account").status_code == 200


def sessions() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(SignInSession.id).where(SignInSession.ended_at.is_(None))).all())


def app_of(person: coordinators.Coordinator) -> tuple[pyotp.TOTP, list[str]]:
    """An app that was set up, and the recovery codes."""
    with transaction():
        factor = second_factors.begin(
            person.id, partnership_id=person.partnership_id, now=clock.now() - timedelta(minutes=5)
        )
        totp = pyotp.TOTP(factor.key())
        at = clock.now() - timedelta(minutes=5)
        drawn = second_factors.draw_codes(factor)
        codes = second_factors.confirm(person.id, totp.at(at), drawn, who="Priya", now=at)
    return totp, codes


def wrong_for(totp: pyotp.TOTP) -> str:
    now = clock.now()
    right = {totp.at(now, counter_offset=n) for n in range(-2, 3)}
    return next(f"{n:06}" for n in range(10) if f"{n:06}" not in right)


def letters() -> list[str]:
    db.session.rollback()
    sent = select(Letter).where(Letter.kind == "sign-in changed").order_by(Letter.id)
    return [copies.read(letter.raw).text for letter in db.session.scalars(sent)]


def test_it_is_set_up_by_the_key_on_the_page_and_the_recovery_codes_are_shown_once(
    priya: coordinators.Coordinator,
) -> None:
    client, phone = browser(), browser()
    password(client)
    password(phone)
    assert "No app yet." in client.get("/desk/account/second-factor").text
    refused = client.post("/desk/account/second-factor/begin", data={"password": "not the password"})
    assert refused.status_code == 422 and "That is not your password." in refused.text
    begun = client.post("/desk/account/second-factor/begin", data={"password": PASSWORD})
    assert (begun.status_code, begun.location) == (303, "/desk/account/second-factor/app")
    page = client.get("/desk/account/second-factor/app").text
    totp = pyotp.TOTP(re.search(r'value="([A-Z2-7 ]{39})"', page)[1].replace(" ", ""))
    assert 'aria-label="QR code' in page and "<svg" in page
    again = client.post("/desk/account/second-factor/app", data={"code": wrong_for(totp)})
    assert again.status_code == 422 and "not the code that the app shows" in again.text and is_in(phone)
    shown = client.post("/desk/account/second-factor/app", data={"code": totp.at(clock.now())})
    codes = re.findall(
        r"^[a-z2-9]{5}-[a-z2-9]{5}$", shown.text.replace("</textarea>", "\n").replace(">", ">\n"), re.M
    )
    assert shown.status_code == 200 and len(set(codes)) == 10
    assert is_in(client) and not is_in(phone), "who came without it comes again with it"
    later = client.get("/desk/account/second-factor").text
    assert "10 of 10 recovery codes" in later and not any(one in later for one in codes)
    assert client.get("/desk/account/second-factor/app").status_code == 303
    assert [row.what for row in history.history_of("person", priya.id)][:1] == ["second factor set up"]
    assert len(letters()) == 1 and "A second factor was set up for your account." in letters()[0]


def test_neither_secret_nor_recovery_code_stands_in_the_database(priya: coordinators.Coordinator) -> None:
    totp, codes = app_of(priya)
    kept = [repr(db.session.execute(select(t)).all()) for t in db.metadata.sorted_tables]
    for one in (totp.secret, *codes, *(c.replace("-", "") for c in codes)):
        assert not any(one in rows for rows in kept)


def test_password_alone_makes_no_session_and_the_code_does(priya: coordinators.Coordinator) -> None:
    totp, _codes = app_of(priya)
    client = browser()
    asked = password(client, "/sign-in?next=%2Fdesk%2Faccount")
    assert (asked.status_code, asked.location) == (303, "/sign-in/code?next=/desk/account")
    assert "Enter your code" in client.get(asked.location).text
    assert not is_in(client) and sessions() == 0
    inside = code(client, totp.at(clock.now()), asked.location)
    assert (inside.status_code, inside.location) == (303, "/desk/account")
    assert is_in(client) and sessions() == 1


@pytest.mark.parametrize("path", ["/desk", "/desk/account/second-factor", "/desk/password"])
def test_the_step_cannot_be_skipped(priya: coordinators.Coordinator, path: str) -> None:
    app_of(priya)
    client = browser()
    password(client)
    assert client.get(path).location.startswith("/sign-in?next=")
    assert client.post("/desk/account/second-factor/end", data={"password": PASSWORD}).location.startswith(
        "/sign-in"
    )
    assert priya_has_one()


def priya_has_one() -> bool:
    db.session.rollback()
    return coordinators.get("priya@marlshire.example").has_second_factor


def test_whoever_signs_in_as_somebody_else_stays_who_they_were_until_the_code_is_right(
    priya: coordinators.Coordinator, app: Flask
) -> None:
    totp, _codes = app_of(priya)
    with transaction():
        owen = make.person(partnerships.get(priya.partnership_id), role=roles.COORDINATOR, name="Owen Pike")
    client = make.signed_in(browser(), owen)
    password(client)
    for _wrong in range(2):
        assert code(client, wrong_for(totp)).status_code == 422
        assert "Owen Pike" in client.get("/desk/account").text
    assert code(client, totp.at(clock.now())).status_code == 303
    assert "Priya, priya@" in client.get("/desk/account").text
    assert sessions() == 1


def test_a_cookie_of_half_a_sign_in_that_was_copied_is_worth_nothing_without_a_code_of_its_own(
    priya: coordinators.Coordinator,
) -> None:
    totp, _codes = app_of(priya)
    client, thief = browser(), browser()
    password(client)
    copied = client.get_cookie(str(current_app.config["SESSION_COOKIE_NAME"]))
    assert copied is not None
    used = totp.at(clock.now())
    assert code(client, used).status_code == 303
    thief.set_cookie(copied.key, copied.value)
    assert not is_in(thief)
    assert code(thief, used).status_code == 422
    assert not is_in(thief) and sessions() == 1


def test_code_without_a_password_before_it_leads_back(priya: coordinators.Coordinator) -> None:
    totp, _codes = app_of(priya)
    for answer in (browser().get("/sign-in/code"), code(browser(), totp.at(clock.now()))):
        assert (answer.status_code, answer.location) == (303, "/sign-in")


def test_half_a_sign_in_ends_after_ten_minutes_and_with_a_change_of_password(
    priya: coordinators.Coordinator, clock_stands: Clock
) -> None:
    totp, _codes = app_of(priya)
    late, changed = browser(), browser()
    password(late)
    clock_stands.after(minutes=10, seconds=1)
    assert code(late, totp.at(clock.now())).location == "/sign-in"
    password(changed)
    with transaction():
        person = coordinators.get(priya.email)
        coordinators.change_password(
            person, coordinators.hash_of(person, "another lantern gravel"), now=clock.now()
        )
    assert code(changed, totp.at(clock.now())).location == "/sign-in"
    assert sessions() == 0


def test_code_is_taken_once_and_an_older_one_never_after_it(
    priya: coordinators.Coordinator, clock_stands: Clock
) -> None:
    totp, _codes = app_of(priya)
    used, before = totp.at(clock.now()), totp.at(clock.now(), counter_offset=-1)
    first, thief = browser(), browser()
    password(first)
    password(thief)
    assert code(first, used).status_code == 303
    for stolen in (used, before):
        answer = code(thief, stolen)
        assert answer.status_code == 422 and "not right, or it was used already" in answer.text
    assert not is_in(thief)
    clock_stands.after(seconds=30)
    assert code(thief, totp.at(clock.now())).status_code == 303


@pytest.mark.parametrize(("step", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clock_of_the_phone_may_be_off_by_one_step(
    priya: coordinators.Coordinator, step: int, taken: bool
) -> None:
    totp, _codes = app_of(priya)
    client = browser()
    password(client)
    typed = totp.at(clock.now(), counter_offset=step)
    assert code(client, f" {typed[:3]} {typed[3:]} ").status_code == (303 if taken else 422)


def test_wrong_codes_are_counted_with_wrong_passwords_and_then_one_waits_even_with_the_right_one(
    priya: coordinators.Coordinator, clock_stands: Clock
) -> None:
    totp, _codes = app_of(priya)
    client = browser()
    password(client)
    said = [code(client, wrong_for(totp)) for _ in range(5)]
    assert [one.status_code for one in said] == [422] * 4 + [429]
    assert "not right" in said[0].text and "too many wrong tries" in said[4].text
    assert code(client, totp.at(clock.now())).status_code == 429
    assert password(browser()).status_code == 429
    assert sessions() == 0
    clock_stands.after(seconds=31)
    assert code(client, totp.at(clock.now())).status_code == 303


def test_fifty_wrong_codes_shut_the_app_out_and_a_recovery_code_still_lets_in(
    priya: coordinators.Coordinator,
) -> None:
    totp, codes = app_of(priya)
    with transaction():
        db.session.execute(SecondFactor.__table__.update().values(wrong_codes=second_factors.MOST_WRONG))
    client = browser()
    password(client)
    answer = code(client, totp.at(clock.now()))
    assert answer.status_code == 422 and "not taken any more" in answer.text
    assert code(client, codes[0]).status_code == 303
    factor = second_factors.standing(priya.id)
    assert factor is not None and factor.wrong_codes == 0


def test_recovery_code_lets_in_once_however_it_is_written_and_its_person_is_told(
    priya: coordinators.Coordinator,
) -> None:
    _totp, codes = app_of(priya)
    client = browser()
    password(client)
    assert code(client, codes[3].upper().replace("-", " ")).status_code == 303
    assert "9 are left" in client.get("/desk/account").text
    other = browser()
    password(other)
    assert code(other, codes[3]).status_code == 422
    assert not is_in(other)
    assert [row.what for row in history.history_of("person", priya.id)][:1] == ["recovery code used"]
    assert "with a recovery code" in letters()[-1] and codes[3] not in letters()[-1]


def test_new_recovery_codes_end_the_older_ones(priya: coordinators.Coordinator) -> None:
    totp, codes = app_of(priya)
    client = browser()
    password(client)
    code(client, totp.at(clock.now()))
    fresh = client.post("/desk/account/second-factor/codes", data={"password": PASSWORD})
    assert fresh.status_code == 200 and len(set(re.findall(r"[a-z2-9]{5}-[a-z2-9]{5}", fresh.text))) >= 10
    assert "New recovery codes were made" in letters()[-1]
    other = browser()
    password(other)
    assert code(other, codes[0]).status_code == 422


def test_it_is_moved_to_another_phone_and_the_old_one_works_until_the_new_one_does(
    priya: coordinators.Coordinator, clock_stands: Clock
) -> None:
    totp, _codes = app_of(priya)
    client = browser()
    password(client)
    code(client, totp.at(clock.now()))
    client.post("/desk/account/second-factor/begin", data={"password": PASSWORD})
    clock_stands.after(minutes=1)
    meanwhile = browser()
    password(meanwhile)
    assert code(meanwhile, totp.at(clock.now())).status_code == 303
    shown = second_factors.shown(priya.id, now=clock.now())
    assert shown is not None
    new = pyotp.TOTP(shown.key())
    client.post("/desk/account/second-factor/app", data={"code": new.at(clock.now())})
    clock_stands.after(minutes=1)
    after = browser()
    password(after)
    assert code(after, totp.at(clock.now())).status_code == 422
    assert code(after, new.at(clock.now())).status_code == 303


def test_it_is_taken_away_with_the_password_alone(priya: coordinators.Coordinator) -> None:
    totp, _codes = app_of(priya)
    client, phone = browser(), browser()
    password(client)
    code(client, totp.at(clock.now()))
    make.signed_in(phone, priya)
    wrong = client.post("/desk/account/second-factor/end", data={"password": "wrong"})
    assert wrong.status_code == 422 and priya_has_one() and is_in(phone)
    assert client.post("/desk/account/second-factor/end", data={"password": PASSWORD}).status_code == 303
    assert is_in(client) and not is_in(phone), "signed out elsewhere, as when a passkey is removed"
    assert not priya_has_one()
    assert db.session.scalars(select(RecoveryCode)).all() == []
    assert db.session.scalars(select(SecondFactor.secret)).all() == [None]
    assert password(browser()).location == "/desk"
    assert "was taken away" in letters()[-1]


def test_one_time_link_asks_for_the_code_too(priya: coordinators.Coordinator) -> None:
    totp, _codes = app_of(priya)
    with transaction():
        token = coordinators.sign_in_link(priya, now=clock.now())
    client = browser()
    assert client.post(f"/sign-in/{token}").location == "/sign-in/code"
    assert not is_in(client) and sessions() == 0
    assert code(client, totp.at(clock.now())).status_code == 303
    assert 'name="old"' not in client.get("/desk/password").text


@pytest.mark.parametrize(
    ("asked_of", "role", "asked"),
    [
        ("nobody", roles.LEAD, False),
        ("leads", roles.LEAD, True),
        ("leads", roles.COORDINATOR, False),
        ("everybody", roles.COORDINATOR, True),
        ("everybody", roles.BOARD, True),
    ],
)
def test_whom_the_partnership_asks_sets_it_up_before_anything_else(
    app: Flask, asked_of: str, role: str, asked: bool
) -> None:
    with transaction():
        partnership = make.partnership(second_factor=asked_of)
        make.person(partnership)
        person = make.person(partnership, role=role)
    client = make.signed_in(app.test_client(), person)
    page = client.get("/desk/reports")
    assert (page.location == "/desk/account/second-factor") == asked
    assert client.get("/desk/password").status_code == 200
    assert client.get("/desk/account/sessions").status_code == 200
    sent = client.post("/desk/account", data={"single_keys": "y"})
    assert (sent.location == "/desk/account/second-factor") == asked
    app_of(person)
    assert make.signed_in(app.test_client(), person).get("/desk/reports").status_code == 200


def test_where_it_is_asked_it_cannot_be_taken_away(priya: coordinators.Coordinator) -> None:
    totp, _codes = app_of(priya)
    with transaction():
        partnerships.get(priya.partnership_id).second_factor = "everybody"
    client = browser()
    password(client)
    code(client, totp.at(clock.now()))
    assert "Take it away" not in client.get("/desk/account/second-factor").text
    answer = client.post("/desk/account/second-factor/end", data={"password": PASSWORD})
    assert answer.status_code == 422 and "cannot be taken away" in answer.text
    assert priya_has_one()


def test_who_lost_the_phone_is_helped_by_the_command_line_and_told(
    priya: coordinators.Coordinator, app: Flask
) -> None:
    totp, _codes = app_of(priya)
    client = browser()
    password(client)
    code(client, totp.at(clock.now()))
    done = app.test_cli_runner().invoke(args=["people", "reset-factor", "priya@marlshire.example"])
    assert done.exit_code == 0 and not priya_has_one()
    assert not is_in(client)
    assert password(browser()).location == "/desk"
    assert "Whoever runs this service reset your second factor" in letters()[-1]
    again = app.test_cli_runner().invoke(args=["people", "reset-factor", "priya@marlshire.example"])
    assert again.exit_code == 1 and "There is no second factor." in again.output


def test_secret_lives_through_a_change_of_key_and_is_lost_without_the_old_one(
    priya: coordinators.Coordinator, app: Flask, clock_stands: Clock
) -> None:
    totp, codes = app_of(priya)
    old = app.config["SECRET_KEY"]
    app.config.update(SECRET_KEY="a new key", SECRET_KEY_FALLBACKS=[old])
    client = browser()
    password(client)
    assert code(client, totp.at(clock.now())).status_code == 303
    done = app.test_cli_runner().invoke(args=["people", "seal-anew"])
    assert (done.exit_code, done.output) == (0, "1 second factor sealed under the present key.\n")
    app.config["SECRET_KEY_FALLBACKS"] = []
    clock_stands.after(minutes=1)
    client = browser()
    password(client)
    assert code(client, totp.at(clock.now())).status_code == 303
    app.config["SECRET_KEY"] = "another key"
    clock_stands.after(minutes=1)
    client = browser()
    password(client)
    assert code(client, totp.at(clock.now())).status_code == 422
    assert app.test_cli_runner().invoke(args=["people", "seal-anew"]).exit_code == 1
    assert code(client, codes[0]).status_code == 303


def test_who_has_left_has_no_secret_any_more(priya: coordinators.Coordinator) -> None:
    app_of(priya)
    with transaction():
        make.person(partnerships.get(priya.partnership_id))
        coordinators.end(coordinators.get(priya.email), who="set-up", now=clock.now())
    assert db.session.scalars(select(SecondFactor.secret)).all() == [None]


def test_a_lead_resets_it_for_who_lost_the_phone_and_nobody_else_does(
    priya: coordinators.Coordinator, app: Flask
) -> None:
    with transaction():
        ours = partnerships.get(priya.partnership_id)
        owen = make.person(ours, role=roles.COORDINATOR, name="Owen Pike")
        stranger = make.person(make.partnership(("999",)))
    app_of(owen)
    path = f"/desk/people/{owen.id}/reset-factor"
    assert make.signed_in(app.test_client(), stranger).post(path).status_code == 404
    assert make.signed_in(app.test_client(), owen).post(path).status_code == 403
    owens, lead = make.signed_in(app.test_client(), owen), make.signed_in(app.test_client(), priya)
    assert is_in(owens)
    assert "second factor" in lead.get(f"/desk/people/{owen.id}").text
    assert lead.post(path).status_code == 303
    assert not coordinators.get(owen.email).has_second_factor
    assert not is_in(owens) and is_in(lead)
    assert (history.history_of("person", owen.id)[0].what, history.history_of("person", owen.id)[0].who) == (
        "second factor taken away",
        "Priya",
    )
    assert "Priya reset your second factor" in letters()[-1]
    assert "Reset the second factor" not in lead.get(f"/desk/people/{owen.id}").text
    assert lead.post(path).status_code == 404
    app_of(priya)
    own = make.signed_in(app.test_client(), priya).post(f"/desk/people/{priya.id}/reset-factor")
    assert own.location == "/desk/account/second-factor"
    assert priya_has_one()
