"""Venues and sessions in a real browser: accessible, nothing sideways; a session is held, changed and called off by hand."""

from datetime import time

import pytest
from playwright.sync_api import Page, expect

import make
import training
from browser import Site
from outreach.ground.db import transaction

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

LONG = "North Marlshire and Kestermere Multi-Agency Training Centre (former Corn Exchange)"


def test_a_session_is_held_and_called_off(site: Site, wide_page: Page) -> None:
    with transaction():
        c_of = make.partnership(("932",))
        make.programme(c_of)
        site.sign_in(wide_page, make.person(c_of))
    site.check(wide_page, "/desk/venues")
    site.check(wide_page, "/desk/sessions")
    c = training.lay()
    with transaction():
        site.sign_in(wide_page, make.person(c.partnership))
    here = f"/desk/sessions?programme={c.programme.id}"
    site.check(wide_page, here)
    site.check(wide_page, "/desk/venues/new")
    wide_page.get_by_label("Name", exact=True).fill(LONG)
    wide_page.get_by_label("Office").check()
    wide_page.get_by_label("Street").fill("The Corn Exchange, 114 to 118 Old Market Square North")
    wide_page.get_by_role("button", name="Add this venue").click()
    site.check(wide_page, "/desk/venues")
    wide_page.goto(site.url + here)
    wide_page.get_by_role("link", name="Add the first session").click()
    wide_page.get_by_label("Starts").fill("1pm")
    wide_page.get_by_label("Where?").select_option(label=f"{LONG}, office")
    wide_page.get_by_label("Places").fill("24")
    wide_page.get_by_role("button", name="Add this session").click()
    expect(wide_page.get_by_role("heading", level=1)).to_have_text(LONG)
    held = wide_page.url.removeprefix(site.url)
    session = training.hold(
        c,
        time(10),
        day=1,
        places=20,
        link=training.LINK + "/" + "a1b2c3d4" * 14,
        joining="Ring at the side door.",
    )
    training.join(c, session, c.school, 12, training.FELL)
    training.join(c, session, c.small, 8, training.LEA)
    full = f"/desk/sessions/{session.performance_id}"
    for where in (
        here,
        held,
        full,
        f"{full}/change",
        f"{full}/call-off",
        f"/desk/venues/{c.hall.organisation_id}",
    ):
        site.check(wide_page, where)
    wide_page.goto(f"{site.url}{full}/call-off")
    wide_page.get_by_label("Why?").fill("The trainer is ill")
    wide_page.get_by_role("button", name="Call off this session").click()
    expect(wide_page.get_by_text("The session is called off. Everybody is told.")).to_be_visible()
    site.check(wide_page, full)
    site.check(wide_page, f"{here}&when=off")
    wide_page.goto(f"{site.url}{held}/change")
    wide_page.get_by_label("Places").fill("0")
    wide_page.get_by_role("button", name="Save, and tell everybody").click()
    expect(wide_page.get_by_role("alert")).to_contain_text("Places must be between 1 and 5,000.")
