"""A school's report on a phone, in a real browser: what to put right stands on top, nothing typed is lost, and it is
sent in a minute without a script too."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from school_story import lay, link_to

import make
from browser import Site
from outreach.booking.promises import Booking
from outreach.ground.db import transaction
from outreach.visits import reports

pytestmark = [pytest.mark.browser, pytest.mark.any_database]


@pytest.fixture
def report(site: Site, client: FlaskClient, stopped: Any) -> tuple[str, Booking]:
    """The address of the form, and the booking that it is about."""
    story = lay(client)
    with transaction():
        starts_at = stopped.now - timedelta(hours=5)
        booking = make.booking(make.show(story.programme, story.school, starts_at), {8: 50, 9: 46})
        token = link_to(story.programme, story.school)
    return f"/i/{token}/booked/{booking.reference}/report", booking


def test_a_report_has_no_fault_and_asks_again_what_is_far_from_the_booking(
    report: tuple[str, Booking], site: Site, page: Page
) -> None:
    path, booking = report
    site.check(page, path)
    expect(page.get_by_label("If not, why?")).to_be_hidden()
    page.locator("input[name=took_place][value=no]").check()
    expect(page.get_by_label("If not, why?")).to_be_visible()
    page.locator("input[name=took_place][value=yes]").check()
    page.get_by_label("Year 8", exact=True).fill("50")
    page.get_by_label("Year 9", exact=True).fill("460")
    page.locator("input[name=lesson][value=planned]").check()
    page.get_by_role("button", name="Send the report").click()
    page.get_by_role("link", name="Year 9: 460 came, you booked 46. Is that right?").click()
    expect(page.get_by_label("Year 9", exact=True)).to_be_focused()
    page.get_by_label("460 is right").check()
    page.locator("input[name=lead_present][value=done]").check()
    expect(page.locator("input[name=lesson][value=planned]")).to_be_checked()
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_text("Thank you. What you said is put down")).to_be_visible()
    site.fresh()
    assert reports.counts_of(reports.newest(booking, "school")) == {8: 50, 9: 460}


def test_a_report_is_sent_without_a_script(report: tuple[str, Booking], site: Site, plain_page: Page) -> None:
    (path, booking), page = report, plain_page
    site.open(page, path)
    page.locator("input[name=took_place][value=no]").check()
    page.get_by_label("If not, why?").fill("Snow")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_text("Thank you. What you said is put down")).to_be_visible()
    site.fresh()
    assert reports.newest(booking, "school").why_not == "Snow"
