"""Words with a dotted line in a real browser: by keyboard, by touch and without JavaScript, at 320 px, and on paper."""

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from every_address import told_year
from outreach.demonstration import story
from worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
def told(app: Flask, stopped: Any, world: World) -> story.Told:
    return world(told_year, make.NOW)


def test_by_keyboard_a_meaning_opens_stays_and_goes_with_escape(
    site: Site, wide_page: Page, told: story.Told
) -> None:
    site.sign_in(wide_page, told.coordinator)
    site.open(wide_page, "/desk/coverage")
    word, meaning = (
        wide_page.get_by_role("button", name="As of", exact=True),
        wide_page.locator("#means-as-of"),
    )
    word.focus()
    expect(meaning).to_be_hidden()
    wide_page.keyboard.press("Enter")
    expect(meaning).to_be_visible()
    meaning.hover()
    expect(meaning).to_be_visible()
    site.check(wide_page)
    wide_page.keyboard.press("Escape")
    expect(meaning).to_be_hidden()
    expect(word).to_be_focused()


@pytest.mark.parametrize(
    ("path", "name", "word"),
    [
        ("/desk/coverage", "As of", "as-of"),
        ("/desk/coverage", "Unreachable", "unreachable"),
        ("/desk/gaps", "Standing", "standing"),
        ("/desk/reports/1", "gap", "gap"),
    ],
)
def test_on_a_small_phone_and_without_javascript_nothing_goes_sideways(
    site: Site, plain_page: Page, told: story.Told, path: str, name: str, word: str
) -> None:
    site.sign_in(plain_page, told.coordinator)
    plain_page.set_viewport_size({"width": 320, "height": 568})
    site.open(plain_page, path)
    plain_page.locator("button.word:visible", has_text=name).first.click()
    meaning = plain_page.locator(f"#means-{word}")
    expect(meaning).to_be_visible()
    box = meaning.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 320
    assert plain_page.evaluate("document.documentElement.scrollWidth") <= 320


def test_on_paper_the_word_stands_without_its_line(site: Site, wide_page: Page, told: story.Told) -> None:
    site.sign_in(wide_page, told.coordinator)
    site.open(wide_page, "/desk/coverage")
    wide_page.emulate_media(media="print")
    word = wide_page.get_by_role("button", name="Gaps", exact=True)
    expect(word).to_be_visible()
    assert word.evaluate("it => getComputedStyle(it).borderBottomWidth") == "0px"
    wide_page.emulate_media(media="screen")
