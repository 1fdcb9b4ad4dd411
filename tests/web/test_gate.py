"""What every page carries and refuses: headers, cookies, forged forms, other hosts, other people's rows."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from school_story import lay
from sqlalchemy import func, select, update

import make
from outreach import create_app
from outreach.county import coordinators, sign_in_sessions
from outreach.ground import clock, config
from outreach.ground.db import db, transaction
from outreach.post import links, troupe_links
from outreach.web import gate
from outreach.web.headers import POLICY

PASSWORD = "lantern gravel otter"


@pytest.fixture
def guarded(app: Flask) -> Iterator[Flask]:
    """The service with its forms' tokens checked, as in life."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app


def token_in(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]


@pytest.mark.any_database
def test_form_without_its_token_changes_nothing(guarded: Flask, client: FlaskClient) -> None:
    with transaction():
        coordinators.add(
            make.partnership().id, "P", "p@marlshire.example", password=PASSWORD, now=clock.now()
        )
    typed = {"email": "p@marlshire.example", "password": PASSWORD}
    for forged in (typed, typed | {"csrf_token": "forged"}):
        answer = client.post("/sign-in", data=forged)
        assert answer.status_code == 400 and "open too long" in answer.text
    assert client.get("/desk/password").status_code == 302
    typed["csrf_token"] = token_in(client.get("/sign-in").text)
    assert client.post("/sign-in", data=typed).status_code == 303
    assert client.get("/desk/password").status_code == 200


@pytest.mark.any_database
def test_form_goes_through_over_https_without_a_referer(guarded: Flask, client: FlaskClient) -> None:
    at = {"base_url": "https://outreach.example"}
    token = token_in(client.get("/sign-in", **at).text)
    answer = client.post(
        "/sign-in", data={"csrf_token": token, "email": "p@b.example", "password": "x"}, **at
    )
    assert answer.status_code == 422


OWN_TOKEN = {"public.pupil_questions"}
"""A page without a cookie: its form's own signed token is asked for, whether its code is known or not."""


def test_every_post_is_refused_without_a_token(guarded: Flask, client: FlaskClient) -> None:
    with transaction():
        person = make.person(make.partnership())
    make.signed_in(client, person)
    for rule in guarded.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            path = rule.rule
            for name in rule.arguments - set(rule.defaults or ()):
                path = path.replace(next(p for p in path.split("/") if name in p and "<" in p), "1", 1)
            by_link = guarded.view_functions[rule.endpoint].guard in ("personal link", "troupe")
            # By a link that is none; with an open one: as for all, and each is tried below.
            expected = (403, 404) if by_link else (422,) if rule.endpoint in OWN_TOKEN else (400,)
            assert client.post(path).status_code in expected, rule


@pytest.mark.any_database
def test_old_form_shows_what_was_typed_to_be_sent_again_but_no_password(
    guarded: Flask, client: FlaskClient
) -> None:
    typed = {"csrf_token": "old", "email": "p@marlshire.example", "password": "my secret", "q": "<b>"}
    page = client.post("/sign-in", data=typed, headers={"Sec-Fetch-Site": "same-origin"}).text
    assert 'name="email" value="p@marlshire.example"' in page and "&lt;b&gt;" in page
    assert "Send it again" in page and "my secret" not in page


@pytest.mark.any_database
def test_old_form_is_shown_in_the_words_of_its_boxes(guarded: Flask, client: FlaskClient, stopped) -> None:
    story = lay(client)
    for step, typed, wanted in (
        ("/pupils", {"pupils-0-8": "108", "sure": "8=108"}, [("Year 8", "108")]),
        (
            "/hall",
            {"hall": "Gym", "step_free": "unknown", "access-0-wheelchair": "2", "arrival_note": ""},
            [("Hall or room", "Gym"), ("Step-free way in?", "Not sure"), ("Wheelchair places", "2")],
        ),
        ("/people", {"lead_name": "Jo"}, [("Safeguarding lead’s name", "Jo")]),
        (
            "/booked/MRL-1/cancel",
            {"reason": "other", "more": "Mocks"},
            [("Why?", "Another reason"), ("More in your words (optional)", "Mocks")],
        ),
        ("/not-this-year", {"reason": "exams"}, [("Why not this year?", "Exams or mocks are in the way")]),
        ("/choose", {"slot": "1-0900"}, []),
    ):
        page = client.post(story.path(step), data=typed, headers={"Sec-Fetch-Site": "same-origin"}).text
        rows = re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", page)
        assert rows == wanted
        assert all(f'name="{name}" value="{value}"' in page for name, value in typed.items())


@pytest.mark.any_database
@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", None])
def test_form_of_another_site_is_not_offered_to_be_sent_again(
    guarded: Flask, client: FlaskClient, site: str | None
) -> None:
    headers = {"Sec-Fetch-Site": site} if site else {}
    page = client.post("/sign-in", data={"email": "p@marlshire.example"}, headers=headers).text
    assert "Send it again" not in page and "p@marlshire.example" not in page


@pytest.mark.parametrize(
    ("public_url", "name", "secure"),
    [("http://127.0.0.1:8000", "outreach", False), ("https://outreach.example", "__Host-outreach", True)],
)
def test_session_cookie_is_for_this_host_and_no_script(
    database_url: str, tmp_path: Path, public_url: str, name: str, secure: bool
) -> None:
    settings = config.read(
        {
            "PUBLIC_URL": public_url,
            "SECRET_KEY": "4f1b0c7e92a85d36e0b7c41d8f2a6953",
            "OUTREACH_FOLDER": str(tmp_path),
            "DATABASE_URL": database_url,
        }
    )
    app = create_app(settings)
    cookie = app.test_client().get("/sign-in", base_url=public_url).headers["Set-Cookie"]
    assert cookie.startswith(name + "=")
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= parts
    assert ("Secure" in parts) is secure
    assert not any(part.startswith("Domain") for part in parts)
    with app.app_context():
        db.engine.dispose()


def test_secret_key_is_demanded_where_the_public_address_is_https() -> None:
    with pytest.raises(config.ConfigError, match="SECRET_KEY is not set"):
        config.read({"PUBLIC_URL": "https://outreach.example"})
    with pytest.raises(config.ConfigError, match="SECRET_KEY"):
        config.read({"PUBLIC_URL": "https://outreach.example", "SECRET_KEY": config.DEVELOPMENT_KEY})
    with pytest.raises(config.ConfigError, match="has 5 characters"):
        config.read({"PUBLIC_URL": "https://outreach.example", "SECRET_KEY": "short"})
    assert config.read({})["SECRET_KEY"] == config.DEVELOPMENT_KEY


@pytest.mark.parametrize(
    "setting",
    [
        {"SESSION_HOURS": "many"},
        {"UPLOAD_MEGABYTES": "-1"},
        {"BEHIND_PROXIES": "1.5"},
        {"PUBLIC_URL": "outreach"},
    ],
)
def test_setting_that_makes_no_sense_is_named(setting: dict[str, str]) -> None:
    with pytest.raises(config.ConfigError, match=next(iter(setting))):
        config.read(setting)


@pytest.mark.parametrize("path", ["/find/99999999999999999999", "/i/%00", "/b/%00"])
def test_address_that_no_database_could_hold_is_no_page(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (400, 404)


def test_nul_in_a_query_is_refused_in_words(client: FlaskClient) -> None:
    assert client.get("/find?q=%00").status_code == 400


@pytest.mark.any_database
@pytest.mark.parametrize(
    "path", ["/q/heron-4837/questions", "/sign-in", "/t/nothing/shows/1/report", "/no-such-page"]
)
def test_form_that_does_not_say_how_long_it_is_is_refused_unread(client: FlaskClient, path: str) -> None:
    """Else it goes past what a form may have: werkzeug measures one by what it says of itself alone."""
    sent = io.BytesIO(b"a=1&" * 200_000)
    chunked = {
        "input_stream": sent,
        "environ_overrides": {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    }
    form = {"content_type": "application/x-www-form-urlencoded"}
    answer = client.post(path, headers={"Transfer-Encoding": "chunked"}, **form, **chunked)
    assert answer.status_code == 411 and "We could not read that" in answer.text
    assert sent.tell() == 0


@pytest.mark.any_database
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/json", ""])
def test_form_without_a_file_that_is_longer_than_any_of_ours_is_refused_unread(
    client: FlaskClient, kind: str
) -> None:
    sent = io.BytesIO(b"a=1&" * (gate.LONGEST_FORM // 4) + b"a")
    long = {"input_stream": sent, "environ_overrides": {"CONTENT_LENGTH": str(gate.LONGEST_FORM + 1)}}
    answer = client.post("/sign-in", content_type=kind, **long)
    assert (answer.status_code, sent.tell()) == (413, 0)


@pytest.mark.any_database
@pytest.mark.parametrize("checked", [True, False], ids=["token asked for", "token not asked for"])
def test_the_order_of_checks_is_size_session_token_form(
    app: Flask, client: FlaskClient, checked: bool
) -> None:
    app.config["WTF_CSRF_ENABLED"] = checked
    with transaction():
        person = make.person(make.partnership())
    token = {"csrf_token": token_in(client.get("/sign-in").text)}
    large = {"data": token | {"digest": "x" * 3_000_000}, "content_type": "multipart/form-data"}
    page = "/desk/account"
    for forged in (token, {}):
        assert client.post(page, data=forged).status_code == 302, "never signed in"
    assert client.post(page, **large).status_code == 413
    make.signed_in(client, person)
    assert client.post(page, **large).status_code == 413
    assert client.post(page, data={}).status_code == (400 if checked else 303)
    with transaction():
        sign_in_sessions.end_all_of(person.id, why=sign_in_sessions.PASSWORD_CHANGED, now=clock.now())
    for forged, kept in ((token, True), ({}, not checked)):
        g.pop("_login_user", None)
        answer = client.post(page, data=forged | {"single_keys": "y"})
        assert answer.status_code == 403 and "your password was changed" in answer.text
        assert ("What you typed is kept" in answer.text) is kept
    assert client.post(page, **large).status_code == 413


def test_each_form_of_a_guest_is_refused_by_size_then_link_then_token(
    guarded: Flask, client: FlaskClient
) -> None:
    story = lay(client)
    with transaction():
        link = troupe_links.make(
            story.troupe.id, partnership_id=story.partnership.id, who="Priya", now=make.NOW
        )
        of_troupe = troupe_links.token_of(link, "for tests")
    tokens = {"personal link": (story.token, "no-link"), "troupe": (of_troupe, "0" * 48, "7")}

    def rows() -> dict[str, int]:
        return {
            t.name: db.session.scalar(select(func.count()).select_from(t)) for t in db.metadata.sorted_tables
        }

    def answers(**sent: object) -> list[tuple[str, str, int]]:
        return [(guard, token, client.post(path, **sent).status_code) for guard, token, path in paths]

    paths = []
    for rule in guarded.url_map.iter_rules():
        if "POST" not in (rule.methods or ()):
            continue
        guard = guarded.view_functions[rule.endpoint].guard
        for token in tokens.get(guard, ("",)):
            whole = re.sub(r"<int[^>]*>", "1", rule.rule).replace("<token>", token or "t")
            paths.append((guard, token, re.sub(r"<[^>]*>", "x", whole)))
    assert {guard for guard, _, _ in paths} == {*tokens, "open", "coordinator"}
    before = rows()
    large = "x" * 3_000_000
    for sent in ({"data": {"name": large}, "content_type": "multipart/form-data"}, {"data": {"name": large}}):
        assert {status for _, _, status in answers(**sent)} == {413}
    for guard, token, status in answers(data={}):
        if guard in tokens:
            assert status == {tokens[guard][0]: 400, "7": 302}.get(token, 404), (guard, token)
    with transaction():
        db.session.execute(update(links.PersonalLink).values(withdrawn_at=make.NOW))
        db.session.execute(update(troupe_links.TroupeLink).values(withdrawn_at=make.NOW))
    for guard, token, path in paths:
        if guard in tokens and token == tokens[guard][0] and not path.endswith("/new-link"):
            assert client.post(path, data={}).status_code == 410, path
    assert client.post("/api/v1/shows", data={"name": large}).mimetype == "application/problem+json"
    assert rows() == before


def test_host_that_is_not_ours_is_refused_in_words(app: Flask, client: FlaskClient) -> None:
    app.config["TRUSTED_HOSTS"] = ["outreach.example"]
    assert client.get("/sign-in", headers={"Host": "outreach.example"}).status_code == 200
    answer = client.get("/sign-in", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.text and "We could not read that" in answer.text


@pytest.mark.any_database
@pytest.mark.parametrize("path", ["/sign-out", "/desk/requests/1"])
def test_address_that_only_takes_a_button_says_so(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 405
    assert "This page opens with a button" in answer.text
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/", "/privacy", "/find", "/desk/requests"])
def test_post_to_a_page_that_is_only_read_says_so(client: FlaskClient, path: str) -> None:
    assert client.post(path).status_code == 405


def test_session_of_nobody_opens_nothing(client: FlaskClient) -> None:
    for identity in ("", "1", "1.", "x.y", "99999999999999999999.a", "1.wrong"):
        with client.session_transaction() as session:
            session["_user_id"] = identity
        assert client.get("/desk/requests").status_code == 302, identity


@pytest.mark.own_app
def test_fault_of_ours_is_said_in_words_and_gives_nothing_away(app: Flask) -> None:
    app.config["TESTING"] = False

    @gate.open_to_all
    def broken() -> str:
        raise RuntimeError("the secret inside")

    app.add_url_rule("/broken", view_func=broken)
    answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text and "secret" not in answer.text
    assert answer.headers["Content-Security-Policy"] == POLICY
