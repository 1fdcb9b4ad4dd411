"""A time kept for a school, in a real browser: axe, no sideways scroll, the keyboard; and a whole yes on a
phone."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.booking.desk import proposing
from outreach.county.coordinators import Coordinator
from outreach.ground.db import transaction
from outreach.post import links
from outreach.tour import slots

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form of Redmere-on-the-Wold"


@dataclass
class Kept:
    """A school with a long name, for which a time is kept; its link; its coordinator; the day of the tour."""

    organisation_id: int
    proposal_id: int
    token: str
    person: Coordinator
    day_id: int
    free_slot: str


@pytest.fixture
def kept(app: Flask, stopped: object) -> Kept:
    now = make.NOW
    with transaction():
        ours = make.partnership()
        programme = make.programme(ours)
        troupe = make.troupe(ours, calendar_address="red.van@lantern-row.example")
        tour_day = make.tour_day(programme, troupe)
        school = make.school(name=LONG)
        lead = make.contact(
            school, address="safeguarding.lead@the-blessed-margaret-catholic-voluntary-academy.example"
        )
        make.contact(school, name="", role="Office")
        person = make.person(ours)
    with transaction():
        first, *_, last = (s for d in slots.offers(programme, school, now=now).days for s in d.slots)
        offer = proposing.ProposalDraft(
            programme=programme, organisation=school, slot=first, people=[lead], reply_by=date(2027, 2, 2)
        )
        proposal_id = proposing.propose(offer, who="Priya Nandakumar", now=now).id
        minted = links.mint(
            organisation_id=school.organisation_id,
            programme_id=programme.id,
            partnership_id=programme.partnership_id,
            address=lead.address,
            name=lead.name,
            now=now,
            expires_at=now + timedelta(days=90),
        )
    return Kept(school.organisation_id, proposal_id, minted.token, person, tour_day.id, last.key)


@pytest.mark.look
def test_pages_of_the_school_have_no_fault(site: Site, page: Page, kept: Kept) -> None:
    at = f"/i/{kept.token}"
    of_it = f"{at}/kept/{kept.proposal_id}"
    for path in (at, f"{of_it}/pupils", f"{of_it}/hall", f"{of_it}/people", f"{of_it}/no"):
        site.check(page, path)
    site.open(page, f"{of_it}/hall")
    page.get_by_role("button", name="Carry on").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    site.check(page)


@pytest.mark.look
def test_pages_of_the_coordinator_have_no_fault(site: Site, wide_page: Page, kept: Kept) -> None:
    site.sign_in(wide_page, kept.person)
    at = f"/desk/schools/{kept.organisation_id}"
    for path in (
        at,
        f"{at}/propose",
        f"{at}/propose?slot={kept.free_slot}",
        f"{at}/proposals/{kept.proposal_id}/withdraw",
        "/desk/tour",
        f"/desk/tour/days/{kept.day_id}",
        f"/desk/tour/days/{kept.day_id}/call-off",
    ):
        site.check(wide_page, path)


def test_a_school_says_yes_on_a_phone_with_the_keyboard(site: Site, plain_page: Page, kept: Kept) -> None:
    page = plain_page
    site.open(page, f"/i/{kept.token}")
    page.get_by_role("link", name="Book this time").press("Enter")
    page.get_by_label("Year 8").fill("108")
    page.get_by_label("Year 9").fill("104")
    page.get_by_role("button", name="Carry on").press("Enter")
    page.get_by_label("Hall or room").fill("Main hall")
    page.get_by_role("group", name="Step-free way in?").get_by_label("Yes").press("Space")
    page.get_by_role("button", name="Carry on").press("Enter")
    page.locator("#lead_phone").fill("01632 960 204")
    page.get_by_role("button", name="Carry on").press("Enter")
    page.get_by_role("button", name="Book this performance").press("Enter")
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    page.locator(".ppl summary").first.press("Enter")
    page.get_by_role("button", name="Send again").first.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("on its way")


def test_a_coordinator_calls_the_day_off_with_the_keyboard(site: Site, wide_page: Page, kept: Kept) -> None:
    site.sign_in(wide_page, kept.person)
    site.open(wide_page, f"/desk/tour/days/{kept.day_id}")
    wide_page.get_by_role("link", name="Call the whole day off…").press("Enter")
    expect(wide_page.get_by_text("this cannot be undone")).to_be_visible()
    wide_page.get_by_label("Why?").fill("Illness in the cast")
    wide_page.get_by_role("button", name="Call off").press("Enter")
    expect(wide_page.get_by_role("status")).to_contain_text("Everybody is written to")
