"""Calling off in a real browser: axe, no sideways scroll, the keyboard, without JavaScript, and on the
company's phone."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from booking import life
from browser import Site
from outreach.ground.db import db, transaction
from outreach.post import troupe_links

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form of Redmere-on-the-Wold"


@pytest.fixture
def c(app: Flask, stopped: Any) -> SimpleNamespace:
    """A show with a guest and a kept time, within a day of it; two weeks of other days."""
    c = life.lay()
    life.book_first(c, make.NOW - timedelta(days=3))
    life.join_as_guest(c, make.NOW - timedelta(days=2))
    life.neighbour_is_asked(c, make.NOW - timedelta(days=1))
    with transaction():
        c.person = make.person(c.partnership)
        c.school.name, c.school.telephone = LONG, "01632 960 111"
        make.tour_day(c.programme, c.blue, life.NEXT_WEEK)
    stopped.now = c.booking.performance.starts_at - timedelta(hours=20)
    return c


@pytest.mark.look
def test_the_pages_have_no_fault(site: Site, wide_page: Page, c: SimpleNamespace) -> None:
    site.sign_in(wide_page, c.person)
    site.check(wide_page, "/desk/tour/call-off")
    at = f"/desk/tour/call-off?what=troupe:{c.red.id}&first=2027-03-09&last=&part=day"
    site.check(wide_page, at)
    wide_page.get_by_role("button", name="Call off Tuesday").press("Enter")
    expect(wide_page.get_by_role("alert")).to_contain_text("There is a problem")
    site.check(wide_page)
    wide_page.get_by_label("Why?").fill("Illness in the cast")
    wide_page.get_by_role("button", name="Call off Tuesday").press("Enter")
    expect(wide_page.get_by_role("status")).to_contain_text("Another time is kept for 2 schools")
    site.check(wide_page)
    site.check(wide_page, "/desk/tour/call-off")


def test_a_day_is_called_off_by_keyboard_without_javascript(
    site: Site, plain_page: Page, c: SimpleNamespace
) -> None:
    page = plain_page
    site.sign_in(page, c.person)
    site.open(page, "/desk/tour/call-off")
    page.get_by_label("What cannot be played?").select_option(f"troupe:{c.red.id}")
    page.get_by_label("First day").fill("Tue 9 March 2027")
    page.get_by_label("The whole day").press("Space")
    page.get_by_role("button", name="See what it hits…").press("Enter")
    expect(page.get_by_role("heading", name="Ring these first")).to_be_visible()
    page.get_by_label(f"Rung: {LONG}").press("Space")
    page.get_by_label(f"Another time for {LONG}").select_option(index=0)
    page.get_by_label("Why?").fill("Illness in the cast")
    page.get_by_role("button", name="Call off Tuesday").press("Enter")
    expect(page.get_by_role("heading", name="Called off: Tuesday 9 March, Red van")).to_be_visible()
    expect(page.get_by_text("Rung ", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Keep the times chosen").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 time kept")
    page.get_by_role("button", name="Give the days back").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("given back")
    site.fresh()
    assert db.session.get(type(c.tuesday), c.tuesday.id).ended_at is None


@pytest.mark.look
def test_the_companys_page_has_no_fault_on_a_phone(site: Site, page: Page, c: SimpleNamespace) -> None:
    with transaction():
        link = troupe_links.make(c.red.id, partnership_id=c.partnership.id, who="Priya", now=make.NOW)
        door = f"/t/{troupe_links.token_of(link, site.app.config['SECRET_KEY'])}"
    site.check(page, f"{door}/call-off")
    site.check(page, f"{door}/call-off?first=2027-03-09&last=&part=day")
    page.get_by_label(f"Rung: {LONG}").check()
    page.get_by_role("button", name="Call off Tuesday").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    page.get_by_label("Why?").fill("The van is broken")
    page.get_by_role("button", name="Call off Tuesday").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Called off: Tuesday 9 March")
    site.check(page)
