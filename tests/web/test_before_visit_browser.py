"""The letter for families and the note for staff on paper: one page of A4 each, whatever was typed."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import asked
import make
from browser import Site
from every_address import link_to
from outreach.ground.db import db, transaction
from outreach.post import copies
from outreach.post.outbox import Letter
from outreach.visits.before import reminding, texts

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("stopped"),
]

LONG_NAME = "The Blessed Saint Brannoc’s and All Saints Church of England Voluntary Aided Academy"


@pytest.fixture
def at(app: Flask, stopped: Any) -> str:
    """The page of a booking at a school with a long name, whose pupils are asked."""
    with transaction():
        here = asked.lay()
        booking = db.session.query(make.Booking).filter_by(performance_id=here.show.id).one()
        booking.organisation.name, booking.organisation.telephone = LONG_NAME, "01632 960 203"
        booking.programme.summary = (
            "How people gain a young person’s trust in order to use them, and who to tell. " * 2
        )
        make.visit_contact(booking, duty="safeguarding lead", role="Safeguarding lead", phone="01632 960 205")
        return f"/i/{link_to(booking.programme, booking.organisation)}/booked/{booking.reference}"


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.mark.parametrize("what", ["families", "staff"])
def test_it_is_one_page_of_a4(site: Site, wide_page: Page, at: str, what: str) -> None:
    site.open(wide_page, f"{at}/{what}")
    pdf = wide_page.pdf(prefer_css_page_size=True, print_background=True)
    assert pages(pdf) == 1
    width, height = map(float, re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)[0])
    assert (round(width), round(height)) == (595, 842)


def test_the_longest_words_that_are_taken_still_leave_all_of_it_to_read(
    site: Site, wide_page: Page, app: Flask, at: str
) -> None:
    with transaction():
        partnership = db.session.query(make.Partnership).first()
        assert partnership is not None
        long = "A sentence of a coordinator that says a little more than it has to. " * 60
        texts.write(
            partnership,
            "families",
            texts.Words(title="T", words=long[: texts.LONGEST]),
            who="P",
            now=make.NOW,
        )
    site.open(wide_page, f"{at}/families")
    assert pages(wide_page.pdf(prefer_css_page_size=True, print_background=True)) <= 2
    assert wide_page.get_by_text("Childline").is_visible()


@pytest.mark.look
def test_its_pages_hold_at_every_width_and_for_everybody(
    site: Site, wide_page: Page, page: Page, app: Flask, at: str
) -> None:
    with transaction():
        person = make.person(db.session.query(make.Partnership).first(), name="Priya Nandakumar")
        booking = db.session.query(make.Booking).one()
        day_before = booking.performance.starts_at - timedelta(days=1)
        assert reminding.send_due(booking.programme, booking.id, now=day_before)
        letter = db.session.query(Letter).filter_by(kind="before the visit").first()
        assert letter is not None
        stop = dict(copies.read(letter.raw).headers)["List-Unsubscribe"].strip("<>").rpartition("/")[2]
        desk = f"/desk/bookings/{booking.reference}"
    for path in (f"{at}/families", f"{at}/staff", f"/no-reminders/{stop}"):
        site.check(page, path)
    site.sign_in(wide_page, person)
    for path in (
        "/desk/visit-texts",
        "/desk/visit-texts/families",
        "/desk/visit-texts/week",
        f"{desk}/staff",
    ):
        site.check(wide_page, path)


def test_words_are_written_and_shown_in_a_browser(site: Site, wide_page: Page, app: Flask, at: str) -> None:
    with transaction():
        person = make.person(db.session.query(make.Partnership).first(), name="Priya Nandakumar")
    site.sign_in(wide_page, person)
    site.open(wide_page, "/desk/visit-texts/staff")
    wide_page.get_by_label("Title").fill("For all who teach {year groups}")
    wide_page.get_by_role("button", name="Show it").click()
    expect(wide_page.get_by_role("heading", name="For all who teach Year 8")).to_be_visible()
    wide_page.get_by_role("button", name="Use from now on").click()
    expect(wide_page.get_by_text("Kept. The next letters say it so")).to_be_visible()
    site.open(wide_page, f"{at}/staff")
    expect(wide_page.get_by_role("heading", level=1)).to_have_text("For all who teach Year 8")
