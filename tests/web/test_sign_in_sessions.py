"""Sessions as a person and an attacker meet them: ended on the server, idle and over, renewed, seen, told by letter."""

import random
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

import make
from browser import Site
from every_address import whole_database
from little_tour import QUICK, Tour
from outreach.county import coordinators, roles
from outreach.county.partnerships import Partnership
from outreach.county.sign_in_sessions import SEEN_EVERY, SignInSession
from outreach.ground.db import db, transaction
from outreach.planning import ordering
from outreach.post import copies
from outreach.post.outbox import Letter
from web.conftest import Clock
from worlds import World

PASSWORD = "lantern gravel otter"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)


def with_a_password() -> coordinators.Coordinator:
    with transaction():
        return coordinators.add(
            make.partnership().id, "Priya", "priya@marlshire.example", password=PASSWORD, now=make.EARLIER
        )


@pytest.fixture
def priya(world: World) -> coordinators.Coordinator:
    return world(with_a_password)


@pytest.fixture(autouse=True)
def as_in_life(app: Flask, stopped: Clock) -> Iterator[None]:
    """The lifetimes that a service has where nothing is set, and the clock stopped."""
    app.config["PERMANENT_SESSION_LIFETIME"] = 12 * 3600
    app.config["SESSION_IDLE_SECONDS"] = 30 * 60
    yield


def browser(device: str = FIREFOX) -> FlaskClient:
    client = current_app.test_client()
    client.environ_base.update(REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT=device)
    return client


def sign_in(client: FlaskClient, address: str = "priya@marlshire.example", **more: Any) -> Any:
    return client.post("/sign-in", data={"email": address, "password": PASSWORD} | more)


def is_in(client: FlaskClient, page: str = "/desk/account") -> bool:
    return client.get(page).status_code == 200


def rows() -> list[SignInSession]:
    db.session.rollback()
    return list(db.session.scalars(select(SignInSession).order_by(SignInSession.id)))


def copied(client: FlaskClient) -> FlaskClient:
    """Another browser with the cookies of this one."""
    thief = browser()
    for name in ("outreach", "outreach-device"):
        cookie = client.get_cookie(name)
        assert cookie is not None
        thief.set_cookie(name, cookie.value)
    return thief


def test_the_cookie_names_nobody_and_the_row_holds_no_token(priya: coordinators.Coordinator) -> None:
    client = browser()
    sign_in(client)
    with client.session_transaction() as session:
        held = dict(session)
    token = held.pop("_user_id")
    assert held.keys() <= {"_fresh", "_permanent", "csrf_token"}
    [row] = rows()
    assert row.token_hash != token and len(token) == 43
    assert (row.device, row.began_at, row.last_seen_at) == ("Firefox, Windows", make.NOW, make.NOW)


@pytest.mark.both_databases
def test_a_cookie_that_was_copied_opens_nothing_after_sign_out(priya: coordinators.Coordinator) -> None:
    client = browser()
    sign_in(client)
    thief = copied(client)
    assert is_in(thief)
    client.post("/sign-out")
    assert not is_in(thief) and not is_in(client)
    for method in ("GET", "HEAD", "POST"):
        assert thief.open("/desk/account", method=method).status_code in (302, 403), method
    [row] = rows()
    assert (row.ended_at, row.why_ended) == (make.NOW, "signed out")


def test_signing_out_twice_at_once_ends_once(priya: coordinators.Coordinator, stopped: Clock) -> None:
    client = browser()
    sign_in(client)
    other = copied(client)
    client.post("/sign-out")
    stopped.after(minutes=1)
    assert other.post("/sign-out").location == "/sign-in"
    assert [(row.ended_at, row.why_ended) for row in rows()] == [(make.NOW, "signed out")]


@pytest.mark.both_databases
def test_nothing_done_for_half_an_hour_ends_it_and_says_so(
    priya: coordinators.Coordinator, stopped: Clock
) -> None:
    client = browser()
    sign_in(client)
    stopped.after(minutes=29, seconds=59)
    assert is_in(client)
    stopped.after(minutes=30)
    answer = client.get("/desk/gaps?page=2")
    assert (answer.status_code, answer.location) == (302, "/sign-in?next=%2Fdesk%2Fgaps%3Fpage%3D2")
    assert "because nothing was done here for 30 minutes" in client.get(answer.location).text
    assert sign_in_at(client, answer.location).location == "/desk/gaps?page=2"


def sign_in_at(client: FlaskClient, address: str, **more: Any) -> Any:
    return client.post(address, data={"email": "priya@marlshire.example", "password": PASSWORD} | more)


def test_after_twelve_hours_it_is_over_however_busy(priya: coordinators.Coordinator, stopped: Clock) -> None:
    client = browser()
    sign_in(client)
    for _ in range(35):
        stopped.after(minutes=20)
        assert is_in(client)
    stopped.after(minutes=20)
    answer = client.get("/desk")
    assert answer.status_code == 302
    assert "after 12 hours everybody signs in again" in client.get(answer.location).text


def test_a_session_that_began_by_a_clock_far_ahead_lets_nobody_in(
    priya: coordinators.Coordinator, stopped: Clock
) -> None:
    client, slightly = browser(), browser()
    sign_in(client)
    stopped.after(days=-1)
    assert not is_in(client)
    sign_in(slightly)
    stopped.after(minutes=-4)
    assert is_in(slightly)


@pytest.mark.both_databases
def test_reading_writes_when_one_was_last_seen_and_that_alone_every_five_minutes(
    priya: coordinators.Coordinator, stopped: Clock
) -> None:
    client = browser()
    sign_in(client)
    before = whole_database()
    stopped.now += SEEN_EVERY - timedelta(seconds=1)
    client.get("/desk/account")
    assert whole_database() == before
    stopped.now += timedelta(seconds=1)
    for method in ("OPTIONS", "HEAD", "GET"):
        client.open("/desk/account", method=method)
    after = whole_database()
    assert {name for name in after if after[name] != before[name]} == {"sign_in_session"}
    assert [row.last_seen_at for row in rows()] == [make.NOW + SEEN_EVERY]
    stopped.after(minutes=1)
    client.get("/desk/account")
    assert whole_database() == after


@pytest.mark.any_database
def test_page_is_shown_while_another_writes(priya: coordinators.Coordinator, stopped: Clock) -> None:
    client = browser()
    sign_in(client)
    stopped.after(minutes=6)
    with db.engine.connect() as other:
        other.exec_driver_sql("ROLLBACK")
        other.exec_driver_sql("BEGIN IMMEDIATE")
        assert is_in(client)
        other.exec_driver_sql("ROLLBACK")
    assert rows()[0].last_seen_at == make.NOW


@pytest.mark.any_database
def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(stopped: Clock) -> None:
    """A plan that is drawn up for hours, left open on a desk, with a browser's scripts on and off."""
    with transaction():
        tour = Tour(schools=2, days=1)
        owen = coordinators.add(
            tour.partnership.id, "Owen", "owen@marlshire.example", password=PASSWORD, now=make.EARLIER
        )
    with transaction():
        plan_id = ordering.order(tour.programme, QUICK, name="Spring", who="Owen", now=make.NOW).id
    client = browser()
    sign_in(client, owen.email)
    page = client.get(f"/desk/plans/{plan_id}").text
    asked = re.findall(r'(?:content="4; url=|data-progress=")([^"]+)"', page)
    assert len(asked) == 2
    for _ in range(3):
        stopped.after(minutes=9)
        assert [client.get(address).status_code for address in asked] == [200, 200]
    stopped.after(minutes=9)
    assert [client.get(address).status_code for address in asked] == [302, 302]


def test_signing_in_gives_an_identifier_of_its_own_and_ends_what_was_there(
    priya: coordinators.Coordinator,
) -> None:
    """Nobody is let into a session that an attacker laid into their browser before."""
    attacker, victim = browser(), browser()
    attacker.get("/sign-in")
    planted = attacker.get_cookie("outreach")
    if planted is not None:
        victim.set_cookie("outreach", planted.value)
    sign_in(victim)
    assert not is_in(attacker)
    earlier = copied(victim)
    sign_in(victim)
    assert is_in(victim) and not is_in(earlier)
    assert [row.why_ended for row in rows()] == ["signed in anew", None]


def test_cookies_of_before_sessions_were_rows_let_nobody_in(priya: coordinators.Coordinator) -> None:
    client = browser()
    for old in (f"{priya.id}.0123456789abcdef", str(priya.id), "", "x" * 43, "é" * 43, None):
        with client.session_transaction() as session:
            session["_user_id"] = old
        answer = client.get("/desk/account")
        assert (answer.status_code, answer.location) == (302, "/sign-in?next=%2Fdesk%2Faccount"), old


def test_the_session_of_who_has_left_opens_nothing(priya: coordinators.Coordinator) -> None:
    client = browser()
    sign_in(client)
    with transaction():
        make.person(db.session.get_one(Partnership, priya.partnership_id))
    with transaction():
        coordinators.end(coordinators.get(priya.email), who="set-up", now=make.NOW)
    assert not is_in(client)
    assert [row.why_ended for row in rows()] == ["left"]


def test_new_password_ends_all_renews_ones_own_and_kills_older_links(
    priya: coordinators.Coordinator,
) -> None:
    client, other = browser(), browser(IPHONE)
    sign_in(client)
    sign_in(other)
    earlier = copied(client)
    with transaction():
        link = coordinators.sign_in_link(coordinators.get(priya.email), now=make.NOW)
    new = {"old": PASSWORD, "password": "another gravel lantern", "again": "another gravel lantern"}
    assert client.post("/desk/password", data=new).status_code == 303
    assert is_in(client) and not is_in(earlier) and not is_in(other)
    assert [row.why_ended for row in rows()] == ["password changed", "password changed", None]
    assert browser().post(f"/sign-in/{link}").status_code == 410
    assert "because your password was changed" in other.get("/sign-in").text


@pytest.mark.both_databases
def test_sign_in_with_the_old_password_while_it_is_changed_is_refused(
    priya: coordinators.Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slow hash is compared with nothing locked: a session of the old password must not be born after all."""
    holder = coordinators.holder

    def slowly(email: str, password: str) -> coordinators.Coordinator:
        found = holder(email, password)
        compared = found.password_hash
        with transaction():
            person = coordinators.get(email)
            new_hash = coordinators.hash_of(person, "another gravel lantern")
            coordinators.change_password(person, new_hash, now=make.NOW)
        set_committed_value(found, "password_hash", compared)  # as another process leaves it
        return found

    monkeypatch.setattr(coordinators, "holder", slowly)
    client = browser()
    hash_before = priya.password_hash
    answer = sign_in(client)
    assert hash_before != coordinators.get(priya.email).password_hash
    assert answer.status_code == 422 and "do not belong together" in answer.text
    assert rows() == []


@pytest.mark.both_databases
def test_own_sessions_are_ended_one_by_one_or_all_others_or_all(priya: coordinators.Coordinator) -> None:
    here, phone, third, alike = browser(), browser(IPHONE), browser("curl/8"), browser(IPHONE)
    for client in (here, phone, third, alike):
        sign_in(client)
    page = here.get("/desk/account/sessions").text
    assert "Firefox, Windows" in page and "Safari, iPhone" in page and "Some browser" in page
    assert "Now, in this browser." in page
    ends = re.findall(
        r"<button[^>]*>(.*?)</button>", page[page.index('id="sessions"') : page.index("</dl>")], re.S
    )
    assert len(ends) == len(set(ends)) == 3, ends
    assert here.post(f"/desk/account/sessions/{rows()[1].id}/end").status_code == 303
    assert [is_in(c) for c in (here, phone, third)] == [True, False, True]
    assert "from another browser of yours" in phone.get("/sign-in").text
    here.post("/desk/account/sessions/end-others")
    assert [is_in(c) for c in (here, phone, third)] == [True, False, False]
    sign_in(phone)
    here.post("/desk/account/sessions/end-all")
    assert [is_in(c) for c in (here, phone, third)] == [False, False, False]


@pytest.mark.any_database
@pytest.mark.parametrize("role", roles.NAMES)
def test_every_role_finds_its_sessions_and_every_button_on_them(app: Flask, role: str) -> None:
    """A board member's too, who has no account page: by the page that the name in the menu leads to."""
    with transaction():
        of = make.partnership()
        make.programme(of)
        make.person(of)
        company = make.troupe(of).company if role == roles.COMPANY else None
        person = make.person(of, role, company)
    app.config["PERMANENT_SESSION_LIFETIME"] = 200 * 365 * 86400  # for what make.session_of makes
    here, phone = browser(), browser(IPHONE)
    make.signed_in(here, person)
    first = "/company" if role == roles.COMPANY else "/desk/reports"
    mine = re.search(
        r'<a href="([^"]*)">[^<]*<span class="vh">, your account', here.get(first, follow_redirects=True).text
    )
    assert mine and 'href="/desk/account/sessions"' in here.get(mine[1]).text
    for way in ("{id}/end", "end-others", "end-all"):
        make.signed_in(phone, person)
        make.signed_in(here, person)
        page = here.get("/desk/account/sessions").text
        back = re.search(r'<a class="govuk-back-link" href="([^"]*)"', page)
        assert back and here.get(back[1]).status_code == 200
        action = "/desk/account/sessions/" + way.format(id=rows()[-2].id)
        assert f'action="{action}"' in page
        assert here.post(action).status_code == 303
        assert not is_in(phone, "/desk/account/sessions")
    assert not is_in(here, "/desk/account/sessions")


@pytest.mark.both_databases
def test_nobody_ends_or_sees_a_session_of_somebody_else(priya: coordinators.Coordinator) -> None:
    with transaction():
        theirs = make.partnership(("932",))
        colleague = make.person(db.session.get_one(Partnership, priya.partnership_id))
        for person in (make.person(theirs), colleague):
            make.session_of(person, device="Chrome, Android")
    client = browser()
    sign_in(client)
    assert "Chrome, Android" not in client.get("/desk/account/sessions").text
    for row in rows()[:2]:
        assert client.post(f"/desk/account/sessions/{row.id}/end").status_code == 404
    client.post("/desk/account/sessions/end-others")
    assert [row.ended_at for row in rows()] == [None, None, None]


def letters() -> list[Letter]:
    db.session.rollback()
    return list(db.session.scalars(select(Letter).where(Letter.kind == "new device").order_by(Letter.id)))


@pytest.mark.both_databases
def test_a_letter_tells_of_a_device_on_which_one_had_not_signed_in(priya: coordinators.Coordinator) -> None:
    client = browser(IPHONE)
    sign_in(client)
    [letter] = letters()
    assert letter.recipient == priya.email and letter.partnership_id == priya.partnership_id
    said = " ".join(copies.read(letter.raw).text.split())
    assert "On Tuesday 19 January at 9:00am somebody signed in as you" in said and "Safari, iPhone" in said
    assert "http://outreach.example/desk/account/sessions" in said and "192.0.2.7" not in str(letter.raw)
    client.post("/sign-out")
    client.environ_base["REMOTE_ADDR"] = "198.51.100.9"
    sign_in(client)
    assert len(letters()) == 1
    sign_in(browser(IPHONE))
    assert len(letters()) == 2


def test_a_device_is_known_for_each_who_signed_in_there_and_only_by_our_own_cookie(
    priya: coordinators.Coordinator,
) -> None:
    with transaction():
        ours = db.session.get_one(Partnership, priya.partnership_id)
        coordinators.add(ours.id, "Owen", "owen@marlshire.example", password=PASSWORD, now=make.EARLIER)
    desk = browser()
    for address in ("priya@marlshire.example", "owen@marlshire.example") * 2:
        sign_in(desk, address)
    assert [letter.recipient for letter in letters()] == ["priya@marlshire.example", "owen@marlshire.example"]
    forged = browser()
    forged.set_cookie("outreach-device", "WyJkZXZpY2UiLFsxXV0.aW52.YWxpZA")
    sign_in(forged)
    assert len(letters()) == 3


def test_what_was_typed_after_the_session_was_over_is_sent_once_one_is_in_again(
    priya: coordinators.Coordinator, stopped: Clock
) -> None:
    client = browser()
    sign_in(client)
    stopped.after(minutes=40)
    answer = client.post("/desk/account", data={"single_keys": "y", "digest": ["0", "6"]})
    assert answer.status_code == 403
    assert "nothing was done here for 30 minutes" in answer.text and "What you typed is kept" in answer.text
    kept = answer.text.split('name="kept" value="')[1].split('"')[0]
    wrong = client.post(
        "/sign-in?next=/desk/account",
        data={"email": priya.email, "password": "wrong", "kept": kept},
    )
    assert wrong.status_code == 422 and kept in wrong.text
    page = sign_in_at(client, "/sign-in?next=/desk/account", kept=kept)
    assert page.status_code == 200 and 'action="/desk/account"' in page.text
    for name, value in (("single_keys", "y"), ("digest", "0"), ("digest", "6")):
        assert f'name="{name}" value="{value}"' in page.text
    db.session.expire_all()
    assert not coordinators.get(priya.email).single_keys


def test_what_one_person_typed_is_not_offered_to_another_nor_what_a_stranger_made_up(
    priya: coordinators.Coordinator, stopped: Clock
) -> None:
    with transaction():
        coordinators.add(
            priya.partnership_id, "Owen", "owen@marlshire.example", password=PASSWORD, now=make.EARLIER
        )
    client = browser()
    sign_in(client)
    stopped.after(minutes=40)
    page = client.post("/desk/account", data={"single_keys": "y"}).text
    kept = page.split('name="kept" value="')[1].split('"')[0]
    for address, told in (("owen@marlshire.example", kept), (priya.email, kept[:-2]), (priya.email, "x")):
        answer = sign_in(client, address, kept=told)
        assert (answer.status_code, answer.location) == (303, "/desk"), address


def test_passwords_are_not_kept_and_a_form_too_long_is_said_to_be_lost(
    priya: coordinators.Coordinator, stopped: Clock
) -> None:
    client = browser()
    sign_in(client)
    stopped.after(minutes=40)
    typed = {"old": PASSWORD, "password": "another gravel lantern", "again": "another gravel lantern"}
    kept = client.post("/desk/password", data=typed).text.split('name="kept" value="')[1].split('"')[0]
    shown = sign_in_at(client, "/sign-in", kept=kept).text
    assert "You are signed in again" in shown and "gravel" not in shown
    stopped.after(minutes=40)
    noise = random.Random(1).randbytes(400_000).hex()
    page = client.post("/desk/account", data={"note": noise}).text
    assert "could not be kept here" in page and 'name="kept"' not in page


@pytest.mark.any_database
def test_sign_in_leads_to_the_desk_where_the_address_is_a_buttons(priya: coordinators.Coordinator) -> None:
    client = browser()
    answer = sign_in_at(client, "/sign-in?next=/desk/account/sessions/end-all")
    assert (answer.status_code, answer.location) == (303, "/desk")


@pytest.mark.browser
@pytest.mark.any_database
@pytest.mark.look
def test_sessions_of_ones_own_have_no_fault(site: Site, page: Page, priya: coordinators.Coordinator) -> None:
    make.session_of(priya, device="Samsung Internet, Android", began_at=make.NOW)
    make.session_of(priya, device="Edge, Windows", began_at=make.NOW)
    site.app.config["PERMANENT_SESSION_LIFETIME"] = 200 * 365 * 86400
    site.sign_in(page, priya)
    site.check(page, "/desk/account/sessions")
    page.get_by_role("button", name="End Edge, Windows").click()
    expect(page.get_by_text("You are signed out there.")).to_be_visible()
    expect(page.locator("#sessions > div")).to_have_count(2)
