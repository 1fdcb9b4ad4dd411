"""The digest's doors: its days on one's account, and the link in each letter that stops it without signing in."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import select

import make
from browser import Site
from outreach.county.coordinators import Coordinator
from outreach.coverage.digest import days, sending
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.post import copies
from outreach.post.outbox import Letter

pytestmark = pytest.mark.any_database

TUESDAY = datetime(2027, 1, 19, 7, tzinfo=UTC)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def c(app: Flask, stopped: Any) -> SimpleNamespace:
    """Priya's digest of this Tuesday has been written."""
    stopped.now = TUESDAY + timedelta(hours=2)
    with transaction():
        ours = make.partnership()
        make.programme(ours)
        make.school(name="No Contact School")
        priya = make.person(ours, name="Priya Nandakumar")
        days.choose(priya, [1, 3], who="Priya", now=TUESDAY - timedelta(days=1))
    with transaction():
        assert sending.send(priya.id, now=TUESDAY)
    letter = db.session.scalars(select(Letter)).one()
    address = dict(copies.read(letter.raw).headers)["List-Unsubscribe"].strip("<>")
    return SimpleNamespace(ours=ours, priya=priya, letter=letter, page=re.sub("^https?://[^/]+", "", address))


def on(c: SimpleNamespace) -> list[int]:
    db.session.rollback()
    return days.chosen(c.priya.id)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2].partition("</main>")[0]).split())


# On one's account


@pytest.mark.both_databases
def test_days_are_chosen_on_ones_account_and_none_to_begin_with(
    client: FlaskClient, c: SimpleNamespace
) -> None:
    with transaction():
        owen = make.person(db.session.get_one(type(c.ours), c.ours.id), name="Owen Bright")
    make.signed_in(client, owen)
    assert "checked" not in client.get("/desk/account").text
    kept = client.post("/desk/account", data={"digest": ["0", "6"]})
    assert kept.status_code == 303
    ticked = re.findall(r'value="(\d)"[^>]*checked', client.get("/desk/account").text)
    assert ticked == ["0", "6"]
    db.session.rollback()
    assert days.named(days.chosen(owen.id)) == "on Mondays and Sundays" and on(c) == [1, 3]
    client.post("/desk/account", data={"csrf_token": "as a browser sends"})
    db.session.rollback()
    assert days.chosen(owen.id) == []


def test_a_day_that_is_none_is_refused(client: FlaskClient, c: SimpleNamespace) -> None:
    make.signed_in(client, c.priya)
    # Behind an empty one, too, as no page of ours sends it.
    for wrong in ("7", "-1", "x", ["", "7"], ["", "x"], ["", "1"]):
        assert client.post("/desk/account", data={"digest": wrong}).status_code == 422, wrong
    assert on(c) == [1, 3]


# The link in the letter


@pytest.mark.both_databases
def test_the_link_asks_first_stops_at_the_button_and_can_be_undone(
    client: FlaskClient, c: SimpleNamespace
) -> None:
    for _ in range(2):
        asked = client.get(c.page)
        assert asked.status_code == 200 and "It comes by mail on Tuesdays and Thursdays." in words(asked.text)
    assert client.head(c.page).status_code == 200 and on(c) == [1, 3]
    assert client.post(c.page).status_code == 303 and on(c) == []
    assert "The digest is stopped" in client.get(c.page).text
    db.session.rollback()
    assert db.session.get_one(Letter, c.letter.id).status == "withdrawn"
    assert client.post(c.page).status_code == 303 and on(c) == []
    assert client.post(f"{c.page}/undo").status_code == 303 and on(c) == [1, 3]
    assert "Stop the digest?" in client.get(c.page).text
    deeds = history.history_of("person", c.priya.id)
    assert {deed.who for deed in deeds[:2]} == {"the stop link of the digest"}


def test_the_page_gives_nothing_away(client: FlaskClient, c: SimpleNamespace) -> None:
    page = client.get(c.page)
    assert "Priya" not in page.text and c.priya.email not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    for wrong in ("/digest/x", c.page[:-1], f"{c.page}x"):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong).status_code == client.post(f"{wrong}/undo").status_code == 404
    assert on(c) == [1, 3]


def test_a_mail_readers_own_button_needs_no_cookie_and_gets_no_redirect(
    app: Flask, c: SimpleNamespace
) -> None:
    """RFC 8058: the body as it is, in either encoding of forms; without it the button bears its form's token."""
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        for more in ({}, {"content_type": "multipart/form-data"}):
            with transaction():
                days.choose(db.session.get_one(Coordinator, c.priya.id), [1, 3], who="Priya", now=TUESDAY)
            nobody = app.test_client()
            for wrong in ({}, {"List-Unsubscribe": "Two-Click"}):
                assert nobody.post(c.page, data=wrong).status_code == 400
                assert nobody.post(f"{c.page}/undo", data=ONE_CLICK).status_code == 400
            assert on(c) == [1, 3]
            answer = nobody.post(c.page, data=ONE_CLICK, **more)
            assert answer.status_code == 200 and "The digest is stopped" in answer.text
            assert on(c) == []
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_who_left_stops_nothing_and_begins_nothing(client: FlaskClient, c: SimpleNamespace) -> None:
    client.post(c.page)
    with transaction():
        make.person(db.session.merge(c.ours), name="Owen Bright")  # who stays the lead
        db.session.get_one(Coordinator, c.priya.id).ended_at = TUESDAY
    answer = client.post(f"{c.page}/undo", follow_redirects=True)
    assert "It cannot come again from here." in answer.text and on(c) == []


@pytest.mark.browser
def test_it_is_stopped_and_begun_again_without_javascript(site: Site, page: Page, c: SimpleNamespace) -> None:
    site.check(page, c.page)
    page.get_by_role("button", name="Stop it").click()
    expect(page.get_by_role("heading", name="The digest is stopped")).to_be_visible()
    site.check(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Stop the digest?")).to_be_visible()


@pytest.mark.browser
def test_days_are_ticked_on_the_account(site: Site, page: Page, c: SimpleNamespace) -> None:
    site.sign_in(page, c.priya)
    site.open(page, "/desk/account")
    expect(page.get_by_label("Tuesday")).to_be_checked()
    page.get_by_label("Friday").check()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Kept.")).to_be_visible()
    expect(page.get_by_label("Friday")).to_be_checked()
    site.check(page)
