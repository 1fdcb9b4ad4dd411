"""Promises in a real browser: the page of a coordinator, its lists, and a school's one page of ticks have no fault."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from school_story import Story, lay, link_to

import make
from browser import Site
from outreach.booking.promises import Booking
from outreach.ground.db import transaction
from outreach.visits import pledges, reports
from outreach.visits.pledges import LEAD_PRESENT, LESSON, LETTER_HOME, PLEDGES, STAFF_BRIEFED
from outreach.visits.reports import ReportAccount

pytestmark = [pytest.mark.browser, pytest.mark.any_database]

LONG = "Sir Edmund Latchford’s Foundation Grammar School for Boys and Girls"


@pytest.fixture
def story(site: Site, client: FlaskClient, stopped: Any) -> Story:
    return lay(client)


def seen(story: Story, now: Any, said: dict[str, str], **school: Any) -> Booking:
    with transaction():
        shown = now - timedelta(days=14)
        of = make.school(**school) if school else story.school
        booking = make.booking(make.show(story.programme, of, shown), {8: 50, 9: 46})
        pledges.promise(booking, [LESSON], who="x", now=shown - timedelta(days=9))
        account = ReportAccount(took_place=True)
        reports.report(booking, "company", account, who="Rees", now=shown + timedelta(hours=3))
        pledges.answer(booking, said, who="x", now=shown + timedelta(days=3))
    return booking


@pytest.mark.look
def test_followed_and_its_lists_have_no_fault(
    story: Story, site: Site, wide_page: Page, stopped: Any
) -> None:
    seen(story, stopped.now, dict.fromkeys(PLEDGES, "done"), name="Alder School")
    absent = {LEAD_PRESENT: "not done", LETTER_HOME: "not done", LESSON: "planned"}
    last = seen(story, stopped.now, absent, name=LONG, district_name="Fenwold", district_code="E-F")
    with transaction():
        person = make.person(story.partnership)
    site.sign_in(wide_page, person)
    site.check(wide_page, "/desk/followed")
    site.check(wide_page, "/desk/followed/schools?state=open")
    site.check(wide_page, f"/desk/bookings/{last.reference}/promised")
    wide_page.locator("input[name=side][value=school]").check()
    wide_page.locator("input[name=lesson][value=done]").check()
    wide_page.get_by_role("button", name="Put it down").click()
    expect(wide_page.get_by_text("It is put down.")).to_be_visible()


def test_a_school_promises_and_answers_on_a_phone(story: Story, site: Site, page: Page, stopped: Any) -> None:
    with transaction():
        coming = make.booking(
            make.show(story.programme, story.school, stopped.now + timedelta(days=9)), {8: 50}
        )
        token = link_to(story.programme, story.school)
    site.check(page, f"/i/{token}/booked/{coming.reference}/promised")
    page.get_by_label("Staff are briefed before").check()
    page.get_by_role("button", name="Promise this").click()
    expect(page.get_by_label("Staff are briefed before")).to_be_checked()
    past = seen(story, stopped.now, {LEAD_PRESENT: "done"})
    site.check(page, f"/i/{token}/booked/{past.reference}/promised")
    page.locator("input[name=staff_briefed][value=done]").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you. What you said is put down")).to_be_visible()
    site.fresh()
    told = pledges.answers_of([coming.id, past.id])
    assert pledges.promised(told[coming.id]) == {STAFF_BRIEFED}
    assert (told[past.id][-1].pledge, told[past.id][-1].said) == (STAFF_BRIEFED, "done")


def test_a_school_answers_without_a_script(story: Story, site: Site, plain_page: Page, stopped: Any) -> None:
    past = seen(story, stopped.now, {LEAD_PRESENT: "done"})
    with transaction():
        token = link_to(story.programme, story.school)
    site.open(plain_page, f"/i/{token}/booked/{past.reference}/promised")
    plain_page.locator("input[name=lesson][value=planned]").check()
    plain_page.get_by_role("button", name="Send").click()
    expect(plain_page.get_by_text("You said: planned")).to_be_visible()
