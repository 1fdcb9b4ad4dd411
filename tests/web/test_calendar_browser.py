"""The calendar beside a box for a day, in a real browser: by keyboard alone, and what the box reads without it."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from booking import life
from browser import Site
from outreach.ground.db import transaction

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
AT = "/desk/tour/call-off"


@pytest.fixture
def c(app: Flask, stopped: Any) -> SimpleNamespace:
    c = life.lay()
    with transaction():
        c.person = make.person(c.partnership)
    return c


def test_a_day_is_chosen_from_the_calendar_by_keyboard(
    site: Site, wide_page: Page, c: SimpleNamespace
) -> None:
    page = wide_page
    site.sign_in(page, c.person)
    site.open(page, AT)
    box = page.get_by_label("First day", exact=True)
    box.fill("29 January 2027")
    page.keyboard.press("Tab")
    opens = page.get_by_role("button", name="Calendar for First day")
    expect(opens).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Choose a day")
    expect(dialog.get_by_role("heading", name="January 2027")).to_be_visible()
    expect(page.get_by_role("button", name="Friday 29 January 2027")).to_be_focused()
    expect(dialog.get_by_role("gridcell", selected=True)).to_have_count(1)
    site.check(page)
    for key, name in (
        ("ArrowRight", "Saturday 30 January 2027"),
        ("ArrowDown", "Saturday 6 February 2027"),
        ("Home", "Monday 1 February 2027"),
        ("ArrowUp", "Monday 25 January 2027"),
        ("End", "Sunday 31 January 2027"),
        ("PageDown", "Sunday 28 February 2027"),
        ("Shift+PageDown", "Monday 28 February 2028"),
        ("Shift+PageUp", "Sunday 28 February 2027"),
        ("ArrowLeft", "Saturday 27 February 2027"),
        ("PageUp", "Wednesday 27 January 2027"),
    ):
        page.keyboard.press(key)
        expect(page.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opens).to_be_focused()
    expect(box).to_have_value("29 January 2027")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Next month")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("heading", name="March 2027")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(box).to_have_value("28 March 2027")
    expect(opens).to_be_focused()


def test_a_box_that_holds_other_words_opens_its_calendar_at_today(
    site: Site, wide_page: Page, c: SimpleNamespace
) -> None:
    page = wide_page
    site.sign_in(page, c.person)
    site.open(page, AT)
    page.get_by_label("Last day", exact=True).fill("in two weeks")
    page.get_by_role("button", name="Calendar for Last day").click()
    today = page.locator("dialog[open] [aria-current=date]")
    expect(today).to_be_focused()
    assert today.get_attribute("aria-label") == f"{make.NOW:%A} {make.NOW.day} {make.NOW:%B %Y}"
    page.get_by_role("button", name="Close").click()
    page.set_viewport_size({"width": 320, "height": 568})
    page.get_by_role("button", name="Calendar for Last day").click()
    site.check(page)
    place = page.locator("dialog[open]").bounding_box()
    assert place and place["x"] >= 0 and place["x"] + place["width"] <= 320
    assert place["y"] >= 0 and place["y"] + place["height"] <= 568
    page.mouse.click(2, 2)
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_without_javascript_a_day_is_typed(site: Site, plain_page: Page, c: SimpleNamespace) -> None:
    page = plain_page
    site.sign_in(page, c.person)
    site.open(page, AT)
    expect(page.get_by_role("button", name="Calendar")).to_have_count(0)
    page.get_by_label("First day", exact=True).fill("next Tuesday")
    page.get_by_label("Last day", exact=True).fill("some time")
    page.get_by_label("The whole day").check()
    page.get_by_label("What cannot be played?").select_option(f"troupe:{c.red.id}")
    page.get_by_role("button", name="See what it hits…").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "That is not a date. Enter it like 2 Nov, Monday or 15/2/2027."
    )
    expect(page.get_by_label("First day", exact=True)).to_have_value("26 January 2027")
    expect(page.get_by_label("Last day", exact=True)).to_have_value("some time")
