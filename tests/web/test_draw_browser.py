"""Whom to ask first by lot in a real browser: axe, no sideways scroll, the keyboard, without JavaScript."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.ground.db import transaction

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form of Redmere-on-the-Wold"


@pytest.fixture
def c(app: Flask, stopped: Any) -> SimpleNamespace:
    """Four schools that nobody asked yet, one of them without an address."""
    with transaction():
        ours = make.partnership(("931",))
        programme = make.programme(ours)
        make.tour_day(programme, make.troupe(ours))
        schools = [make.school(name=name) for name in (LONG, "Redmere", "Fenwold", "Without")]
        for school in schools[:3]:
            make.contact(school)
        person = make.person(ours)
    return SimpleNamespace(person=person, schools=schools)


@pytest.mark.look
def test_the_pages_have_no_fault(site: Site, wide_page: Page, c: SimpleNamespace) -> None:
    page = wide_page
    site.sign_in(page, c.person)
    site.open(page, "/desk/invitations?standing=any")
    page.get_by_role("button", name="Ask first by lot…").click()
    expect(page.get_by_role("heading", name="Draw who of 3 schools is asked first")).to_be_visible()
    site.check(page)
    page.get_by_role("button", name="Draw the lot").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter how many are asked first.")
    site.check(page)
    page.get_by_label("How many are asked first?").fill("1")
    page.get_by_role("button", name="Draw the lot").click()
    expect(page.get_by_role("heading", name="1 of 3 schools is asked first")).to_be_visible()
    page.get_by_text("How anybody can check it").click()
    site.check(page)
    site.check(page, "/desk/invitations")


def test_it_is_drawn_again_and_written_to_by_keyboard_without_javascript(
    site: Site, plain_page: Page, c: SimpleNamespace
) -> None:
    page = plain_page
    site.sign_in(page, c.person)
    for why in ("", "A second troupe"):
        site.open(page, "/desk/invitations?standing=any")
        page.get_by_role("button", name="Ask first by lot…").press("Enter")
        page.get_by_label("How many are asked first?").fill("1")
        if why:
            page.get_by_label("Why are they drawn again?").fill(why)
        page.get_by_role("button", name="Draw the lot").press("Enter")
        expect(page.get_by_role("heading", name="1 of 3 schools is asked first")).to_be_visible()
    expect(page.get_by_text("Why again: A second troupe.")).to_be_visible()
    page.get_by_role("button", name="Write to the 1 school asked first…").press("Enter")
    expect(page.get_by_role("heading", name="Write to 1 school?")).to_be_visible()
