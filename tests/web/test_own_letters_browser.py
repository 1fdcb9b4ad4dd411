"""A letter in a coordinator's own words in a real browser: axe, no sideways scroll, the keyboard, without JavaScript."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.ground.db import db, transaction
from outreach.post.outbox import WITHDRAWN, Letter

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form of Redmere-on-the-Wold"


@pytest.fixture
def c(app: Flask, stopped: Any) -> SimpleNamespace:
    """Three schools that are missing, one of them without an address."""
    with transaction():
        ours = make.partnership(("931",))
        programme = make.programme(ours)
        schools = [make.school(name=name) for name in (LONG, "Redmere", "Without")]
        for school in schools[:2]:
            make.contact(school, name="Joanna Fell")
        make.answer(programme, schools[1], "declined", make.EARLIER, "exams")
        person = make.person(ours)
    return SimpleNamespace(person=person, schools=schools)


@pytest.mark.look
def test_the_pages_have_no_fault(site: Site, wide_page: Page, c: SimpleNamespace) -> None:
    page = wide_page
    site.sign_in(page, c.person)
    site.check(page, "/desk/letters/own")
    site.open(page, "/desk/gaps")
    for school in c.schools:
        page.get_by_label(f"Tick {school.name}").check()
    page.get_by_role("button", name="Own words…").click()
    expect(page.get_by_role("heading", name="Write to 3 schools")).to_be_visible()
    site.check(page)
    page.get_by_label("Subject").fill("The hall at {school}")
    page.get_by_label("Your letter").fill("Is it free, {frst name}?")
    page.get_by_role("button", name="Read each letter…").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no {frst name}. Did you mean {first name}?")
    site.check(page)
    page.get_by_label("Your letter").fill("Is it free, {first name}?")
    page.get_by_label("Also to schools that said no").check()
    page.get_by_role("button", name="Keep as draft").click()
    expect(page.get_by_text("Kept as a draft.")).to_be_visible()
    page.get_by_text("Throw this draft away").click()
    site.check(page)
    page.get_by_role("button", name="Read each letter…").click()
    expect(page.get_by_text("1 of 2")).to_be_visible()
    site.check(page)
    page.get_by_role("button", name="Send 2 letters").click()
    expect(page.get_by_text("The letters go in")).to_be_visible()
    site.check(page)
    site.check(page, "/desk/letters/own")


def test_it_is_written_sent_and_stopped_by_keyboard_without_javascript(
    site: Site, plain_page: Page, c: SimpleNamespace
) -> None:
    page = plain_page
    site.sign_in(page, c.person)
    site.open(page, f"/desk/letters/own/new?organisation_id={c.schools[0].organisation_id}")
    page.get_by_label("Subject").fill("The hall")
    page.get_by_label("Your letter").fill("Is it free?")
    page.get_by_role("button", name="Read each letter…").press("Enter")
    expect(page.frame_locator("iframe").get_by_text("Is it free?")).to_be_visible()
    page.get_by_role("button", name="Send 1 letter").press("Enter")
    page.get_by_role("button", name="Stop the letters").press("Enter")
    expect(page.get_by_text("Taken back: 1 letter. Nothing went.")).to_be_visible()
    page.get_by_role("link", name="Write it again").press("Enter")
    expect(page.get_by_label("Your letter")).to_have_value("Is it free?")
    site.fresh()
    assert db.session.query(Letter).one().status == WITHDRAWN
