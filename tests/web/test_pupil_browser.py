"""Pupils' pages in a real browser: a small phone, the keyboard, no script, and leaving without a trace."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

import asked
from asked import Asked
from browser import Site
from outreach.ground.db import db, transaction
from outreach.outcomes import open_answers, typed_codes
from outreach.web import pupil_words

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("stopped"),
]


@pytest.fixture
def show(app: Flask, stopped: Any) -> Asked:
    with transaction():
        return asked.lay(pupils=20)


def kept(site: Site, show: Asked) -> list[tuple[int | None, ...]]:
    site.fresh()
    table = open_answers.table_of_wave(show.waves["before"].id)
    places = [table.c[place] for place in open_answers.PLACES[:6]]
    return [tuple(row) for row in db.session.execute(table.select().with_only_columns(*places))]


@pytest.mark.look
def test_every_page_has_no_fault_on_a_small_phone(
    site: Site, page: Page, show: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = show.code("before").in_address
    for path in ("/q", f"/q/{address}", f"/q/{address}/questions", f"/q/{address}/thanks"):
        site.check(page, path)
    monkeypatch.setattr(typed_codes, "GUESSES", replace(typed_codes.GUESSES, in_all=0))
    site.check(page, "/q?code=K7M4QXP")
    expect(page.get_by_label("The postcode of your school")).to_be_visible()


def test_a_pupil_answers_with_the_keyboard_alone(site: Site, page: Page, show: Asked) -> None:
    code = show.code("before")
    site.open(page, "/q")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type(code.written)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/q/{code.in_address}")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/questions")
    for n, item in enumerate(range(6), 1):
        expect(page.get_by_text(f"Question {n} of 6")).to_be_visible()
        page.keyboard.press("Tab")
        if n == 1:
            page.keyboard.press("Tab")  # past the link to the content
        page.keyboard.press("Space")
        if item == 0:
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    page.wait_for_url("**/thanks?kept=yes")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert kept(site, show) == [(4, 5, 5, 5, 1, 1)]


def test_questions_are_skipped_and_gone_back_to_one_at_a_time(site: Site, page: Page, show: Asked) -> None:
    site.open(page, f"/q/{show.code('before').in_address}/questions")
    expect(page.locator("fieldset:visible")).to_have_count(1)
    page.get_by_text("Yes, definitely").locator("visible=true").click()
    page.get_by_role("button", name="Next").click()
    page.get_by_text("Not sure").locator("visible=true").click()
    page.get_by_role("button", name="Go back").click()
    page.get_by_role("button", name="Skip this question").click()
    for _ in range(4):
        page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Send my answers").click()
    page.wait_for_url("**/thanks?kept=yes")
    assert kept(site, show) == [(None, 3, None, None, None, None)]


def test_it_works_without_a_script(site: Site, browser_without_script: Page, show: Asked) -> None:
    page, code = browser_without_script, show.code("before")
    site.open(page, "/q")
    page.get_by_label("The code on the poster").fill(code.written)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("link", name="Start").click()
    expect(page.locator("fieldset:visible")).to_have_count(6)
    page.locator("input[name=a1][value='2']").check()
    page.locator("input[name=a2][value='5']").check()
    page.locator("fieldset").nth(1).get_by_text("Skip this question").click()
    page.get_by_role("button", name="Send my answers").click()
    page.wait_for_url("**/thanks?kept=yes")
    assert page.context.cookies() == []
    page.get_by_role("link", name="Leave this page")
    assert kept(site, show) == [(2, None, None, None, None, None)]


@pytest.fixture
def own_page(chromium: Browser) -> Any:
    """A page that may ask another host, as this test's made-up one."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


@pytest.fixture
def browser_without_script(chromium: Browser) -> Any:
    context = chromium.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_who_leaves_finds_no_way_back_to_what_was_open(site: Site, own_page: Page, show: Asked) -> None:
    page = own_page
    page.route(pupil_words.ELSEWHERE, lambda route: route.fulfill(body="<title>Weather</title>Rain"))
    site.open(page, "/accessibility")
    steps = page.evaluate("history.length")
    page.evaluate("location.href = '/q'")
    page.wait_for_url("**/q")
    page.get_by_label("The code on the poster").fill(show.code("before").written)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("link", name="Start").click()
    expect(page.locator("fieldset:visible")).to_have_count(1)  # the script shows one question at a time
    page.get_by_text("Yes, definitely").locator("visible=true").click()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("link", name="Leave this page").click()
    page.wait_for_url(pupil_words.ELSEWHERE)
    assert page.evaluate("history.length") == steps + 1
    page.go_back()
    page.wait_for_url("**/accessibility")


def test_what_did_not_go_through_is_sent_again_and_kept_once(site: Site, page: Page, show: Asked) -> None:
    site.open(page, f"/q/{show.code('before').in_address}/questions")
    expect(page.locator("fieldset:visible")).to_have_count(1)
    page.get_by_text("Yes, definitely").locator("visible=true").click()
    for _ in range(5):
        page.get_by_role("button", name="Next").click()
    page.route("**/questions", lambda route: (site.fetched(route), route.abort())[1])
    # the answer arrived, and the phone never heard so
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("alert")).to_contain_text("did not go through")
    page.unroute("**/questions")
    page.get_by_role("button", name="Send my answers").click()
    page.wait_for_url("**/thanks?kept=yes")
    assert kept(site, show) == [(5, None, None, None, None, None)]
