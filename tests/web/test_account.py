"""One's own account: single keys on lists, which are off until switched on and never act in a field (WCAG 2.1.4)."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]


@pytest.fixture
def priya(app: Flask) -> Coordinator:
    with transaction():
        ours = make.partnership()
        programme = make.programme(ours)
        for n in range(3):
            school = make.school(name=f"Redmere {n}")
            make.contact(school)
            make.invitation(programme, school)
        return make.person(ours)


def switch(site: Site, page: Page, person: Coordinator) -> None:
    site.sign_in(page, person)
    site.open(page, "/desk/account")
    page.get_by_label("Single keys on lists").check()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Kept.")).to_be_visible()


@pytest.mark.both_databases
def test_keys_are_off_until_switched_on_for_oneself_alone(client: FlaskClient, priya: Coordinator) -> None:
    with transaction():
        owen = make.person(db.session.get_one(Partnership, priya.partnership_id))
    make.signed_in(client, priya)
    assert 'id="keys"' not in client.get("/desk/gaps").text
    assert client.post("/desk/account", data={"single_keys": "y"}).status_code == 303
    assert 'id="keys"' in client.get("/desk/gaps").text
    db.session.expire_all()
    assert (priya.single_keys, owen.single_keys) == (True, False)
    client.post("/desk/account", data={"csrf_token": "as a browser sends"})
    assert 'id="keys"' not in client.get("/desk/gaps").text


@pytest.mark.browser
def test_keys_walk_through_a_list_and_tick(site: Site, wide_page: Page, priya: Coordinator) -> None:
    switch(site, wide_page, priya)
    site.open(wide_page, "/desk/gaps")
    rows = wide_page.locator("main tbody tr")
    expect(rows).to_have_count(3)
    wide_page.keyboard.press("j")
    expect(rows.nth(0).get_by_role("link").first).to_be_focused()
    wide_page.keyboard.press("j")
    expect(rows.nth(1).get_by_role("link").first).to_be_focused()
    wide_page.keyboard.press("x")
    expect(rows.nth(1).get_by_role("checkbox")).to_be_checked()
    wide_page.keyboard.press("k")
    expect(rows.nth(0).get_by_role("link").first).to_be_focused()
    wide_page.keyboard.press("?")
    expect(wide_page.get_by_role("heading", name="Keys on lists")).to_be_visible()
    site.check(wide_page)


@pytest.mark.browser
def test_no_key_acts_in_a_field_or_before_it_is_switched_on(
    site: Site, wide_page: Page, priya: Coordinator
) -> None:
    site.sign_in(wide_page, priya)
    site.open(wide_page, "/desk/gaps")
    wide_page.keyboard.press("j")
    wide_page.keyboard.press("x")
    assert wide_page.evaluate("document.activeElement === document.body")
    switch(site, wide_page, priya)
    site.open(wide_page, "/desk/gaps")
    wide_page.locator("#seek").focus()
    wide_page.keyboard.type("jxk?")
    expect(wide_page.locator("#seek")).to_have_value("jxk?")
    expect(wide_page.locator("#seek")).to_be_focused()
    assert wide_page.locator("main tbody input:checked").count() == 0


@pytest.mark.browser
@pytest.mark.look
def test_the_account_has_no_fault(site: Site, page: Page, priya: Coordinator) -> None:
    site.sign_in(page, priya)
    site.check(page, "/desk/account")
