"""A school's page of what its pupils are asked, and what it prints, at every width, on paper and for everybody."""

import re
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import asked
from browser import Site
from every_address import link_to
from outreach.booking.promises import Booking
from outreach.ground.db import db, transaction

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("stopped"),
]


@pytest.fixture
def at(app: Flask, stopped: Any) -> str:
    with transaction():
        here = asked.lay()
        booking = db.session.query(Booking).filter_by(performance_id=here.show.id).one()
        return f"/i/{link_to(booking.programme, booking.organisation)}/booked/{booking.reference}"


def test_a_school_prints_declines_and_undoes_it(site: Site, page: Page, wide_page: Page, at: str) -> None:
    for which in (page, wide_page):
        for path in ("", "/before/poster", "/before/slide", "/before/paper"):
            site.check(which, f"{at}/questions{path}")
    site.open(page, at)
    page.get_by_text("What happens next").click()
    page.get_by_role("link", name="poster, slide, or ‘not ours’").click()
    page.get_by_role("button", name="Do not ask our pupils").click()
    expect(page.get_by_role("heading", name="Your pupils are not asked")).to_be_visible()
    site.check(page, f"{at}/questions")
    page.get_by_role("button", name="Undo: ask our pupils").click()
    expect(page.get_by_role("link", name="Poster for Before")).to_be_visible()


@pytest.mark.parametrize("what", ["poster", "slide", "paper"])
def test_it_prints_on_one_page(site: Site, wide_page: Page, at: str, what: str) -> None:
    site.open(wide_page, f"{at}/questions/after/{what}")
    pdf = wide_page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
