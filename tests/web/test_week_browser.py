"""The forms about a troupe's week and its day sheet's map and desk text on a phone: nothing sideways, nothing that axe
finds."""

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

import make
from booking import sheet_days
from browser import Site
from outreach.ground.db import transaction
from outreach.post import troupe_links

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
def chromium(whole_chromium: Browser) -> Browser:
    return whole_chromium


@pytest.fixture
def c(app: Flask, stopped: Any) -> Any:
    with transaction():
        c = sheet_days.lay()
        link = troupe_links.make(c.troupe.id, partnership_id=c.partnership.id, who="Priya", now=make.NOW)
        c.home = f"/t/{troupe_links.token_of(link, 'for tests')}"
        c.person = make.person(c.partnership)
    stopped.now = c.now
    return c


def test_limits_and_who_comes_are_set_on_a_phone_at_both_doors(c: Any, site: Site, page: Page) -> None:
    site.sign_in(page, c.person)
    for path in (
        f"{c.home}/limits",
        f"/desk/companies/{c.troupe.company_id}/limits",
        f"{c.home}/who-comes",
        f"/desk/troupes/{c.troupe.id}/who-comes",
    ):
        site.check(page, path)


def test_the_text_for_the_desk_is_copied_from_the_day_sheet(c: Any, site: Site, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    site.open(page, f"{c.home}/days/{c.day.id}")
    stop = page.locator(".ds-stop").first
    stop.get_by_text("Text for the sign-in desk").click()
    stop.get_by_role("button", name="Copy").click()
    expect(stop.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Visitors on Tuesday 9 March") and c.one.reference in copied
