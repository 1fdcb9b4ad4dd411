"""Calendars to subscribe to, in a real browser: on a phone, at a desk, by keyboard, and without JavaScript;
axe on each."""

import re

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect
from school_story import Story, lay
from werkzeug.test import TestResponse

import make
from browser import Site
from outreach.ground.db import transaction

pytestmark = [pytest.mark.browser, pytest.mark.any_database]

LONG = "The Very Long Named Marlshire Academy and Sixth Form College of Saint Brannoc and Saint Osmund"
ADDRESS = re.compile(r"http://outreach\.example/calendar/[0-9a-f]{48}\.ics")


@pytest.fixture
def chromium(whole_chromium: Browser) -> Browser:
    return whole_chromium


@pytest.fixture
def story(site: Site, client: FlaskClient, stopped) -> Story:
    return lay(client, school={"number_of_pupils": 742, "name": LONG})


@pytest.fixture
def reference(site: Site, story: Story) -> str:
    site.app.config["WTF_CSRF_ENABLED"] = False
    made = story.book()
    site.app.config["WTF_CSRF_ENABLED"] = True
    return made


def make_address(page: Page) -> str:
    page.get_by_role("button", name="Subscribe in Google, Outlook or Apple").click()
    box = page.get_by_label("The address to paste")
    expect(box).to_have_value(ADDRESS)
    return box.input_value()


def test_the_way_to_google_takes_the_address_along_to_be_pasted(
    site: Site, page: Page, story: Story, reference: str
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    site.open(page, story.path(f"/booked/{reference}"))
    address = make_address(page)
    google = page.get_by_role("link", name="Google")
    assert google.get_attribute("href") == "https://calendar.google.com/calendar/r/settings/addbyurl"
    google.evaluate("it => { it.href = '/contact' }")  # no test goes to Google
    google.click()
    page.wait_for_url("**/contact")
    assert page.evaluate("navigator.clipboard.readText()") == address


def read(site: Site, address: str) -> TestResponse:
    """What a calendar gets."""
    site.fresh()
    return site.app.test_client().get(address)


def test_a_school_makes_copies_renews_and_stops_its_address(
    site: Site, page: Page, story: Story, reference: str
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    site.check(page, story.path(f"/booked/{reference}"))
    first = make_address(page)
    expect(page.get_by_role("heading", name="Subscribe", exact=True)).to_be_in_viewport()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == first
    assert read(site, first).text.startswith("BEGIN:VCALENDAR")
    for words in ("How, in Outlook, Google and Apple", "Change or stop the address"):
        page.get_by_text(words).click()
    expect(page.get_by_text("Subscribe from web")).to_be_visible()
    site.check(page)
    page.get_by_role("button", name="Take a new address").click()
    expect(page.get_by_role("status").filter(has_text="The old one has stopped")).to_be_in_viewport()
    second = page.get_by_label("The address to paste").input_value()
    assert second != first
    assert (read(site, first).status_code, read(site, second).status_code) == (410, 200)
    page.get_by_text("Change or stop the address").click()
    page.get_by_role("button", name="Stop this calendar").click()
    expect(page.get_by_role("button", name="Subscribe in Google, Outlook or Apple")).to_be_visible()
    assert read(site, second).status_code == 410


def test_a_school_without_javascript_has_the_address_in_a_box(
    site: Site, plain_page: Page, story: Story, reference: str
) -> None:
    site.open(plain_page, story.path(f"/booked/{reference}"))
    address = make_address(plain_page)
    expect(plain_page.get_by_role("button", name="Copy", exact=True)).to_have_count(0)
    button = plain_page.get_by_role("link", name="Apple or another")
    assert button.get_attribute("href") == "webcal" + address.removeprefix("http")
    plain_page.get_by_text("Change or stop the address").click()
    expect(plain_page.get_by_role("button", name="Stop this calendar")).to_be_visible()


def test_an_address_is_reached_and_changed_by_keyboard(
    site: Site, page: Page, story: Story, reference: str
) -> None:
    site.open(page, story.path(f"/booked/{reference}"))
    page.get_by_role("button", name="Subscribe in Google, Outlook or Apple").press("Enter")
    # The script adds this button; until it has, the next stop is another one.
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_visible()
    page.get_by_role("link", name="Apple or another").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_label("The address to paste")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_focused()
    for words in ("How, in Outlook", "Change or stop"):
        page.keyboard.press("Tab")
        expect(page.locator("summary:focus")).to_contain_text(words)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Take a new address")).to_be_focused()


def test_the_desks_page_empty_filled_and_with_an_error(site: Site, wide_page: Page, story: Story) -> None:
    with transaction():
        site.sign_in(wide_page, make.person(story.partnership))
    site.check(wide_page, "/desk/calendars")
    wide_page.get_by_role("button", name="Make my address").click()
    wide_page.get_by_role("button", name="Make its address").click()
    wide_page.get_by_role("button", name="Make the board’s address").click()
    expect(wide_page.get_by_label("The address to paste")).to_have_count(3)
    expect(wide_page.get_by_label("The address to paste of dates of reports")).to_have_value(ADDRESS)
    wide_page.get_by_role("button", name="Add this date").click()
    expect(wide_page.get_by_role("heading", name="There is a problem")).to_be_visible()
    site.check(wide_page)
    wide_page.get_by_role("link", name="Enter what is reported").click()
    expect(wide_page.get_by_label("What is reported")).to_be_focused()
    wide_page.keyboard.type(
        "Report on the spring term to the full board and all of its sub-groups, with annexes"
    )
    wide_page.get_by_label("Date", exact=True).fill("6 April 2027")
    wide_page.get_by_label("Programme").select_option("Someone to Tell, 2026/27")
    wide_page.get_by_role("button", name="Add this date").click()
    expect(wide_page.get_by_role("status").filter(has_text="is in the board’s calendar")).to_be_visible()
    for summary in wide_page.locator("main summary").all():
        summary.click()
    site.check(wide_page)
    wide_page.get_by_role("button", name="Remove").click()
    expect(wide_page.get_by_text("No date yet.")).to_be_visible()
