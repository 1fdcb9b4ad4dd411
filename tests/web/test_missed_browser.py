"""Who missed it, in a real browser: axe, 320 pixels, the keyboard, and the way on a phone without JavaScript."""

import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from test_missed_pages import THEN, Doors, after_the_show

from browser import Site
from outreach.ground.db import transaction
from outreach.visits import absences

pytestmark = [pytest.mark.browser, pytest.mark.any_database]


def shot(page: Page, name: str) -> None:
    """Kept to be looked at, where SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


@pytest.fixture
def doors(app: Flask, stopped: Any) -> Doors:
    doors = Doors(app.test_client(), *after_the_show(), clock=stopped)
    stopped.now = THEN
    doors.later()
    with transaction():
        c = doors.c
        absences.caught_up(
            c.programme, c.school, {8: 3}, how="film", day=THEN.date(), who="Ann Lea", now=THEN
        )
        absences.tell(c.programme, c.school, {8: 9}, who="Ann Lea", now=THEN)
    doors.later()
    return doors


@pytest.mark.look
def test_pages_of_who_missed_it_have_no_fault(site: Site, page: Page, doors: Doors) -> None:
    for name, path in {
        "missed": doors.missed,
        "missed-hosts": f"{doors.missed}/hosts",
        "missed-join": f"{doors.missed}/hosts/{doors.c.there.performance_id}",
        "missed-booked": f"/i/{doors.school}/booked/{doors.c.host.reference}",
        "missed-none": f"/i/{doors.small}/missed",
    }.items():
        site.check(page, path)
        shot(page, name)
    site.open(page, doors.missed)
    page.get_by_role("button", name="They have caught up").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Say what they had.")
    site.check(page)
    shot(page, "missed-wrong")


@pytest.mark.look
def test_pages_of_the_desk_have_no_fault(site: Site, wide_page: Page, doors: Doors) -> None:
    site.sign_in(wide_page, doors.person)
    organisation_id = doors.c.school.organisation_id
    for name, path in {
        "desk-missed": f"/desk/schools/{organisation_id}/missed",
        "desk-missed-school": f"/desk/schools/{organisation_id}#pupils",
        "desk-missed-list": "/desk/schools?absent=waiting",
        "desk-missed-coverage": "/desk/coverage",
    }.items():
        site.check(wide_page, path)
        shot(wide_page, name)


def test_a_school_puts_a_lesson_down_and_takes_it_back_without_javascript(
    site: Site, plain_page: Page, doors: Doors
) -> None:
    page = plain_page
    site.open(page, f"/i/{doors.school}/booked/{doors.c.host.reference}")
    page.get_by_role("link", name="Help them catch up").press("Enter")
    page.get_by_label("A lesson with the material").check()
    page.get_by_role("textbox", name="When?").fill("9 March 2027")
    page.locator("#caught_8").fill("2")
    page.get_by_role("button", name="They have caught up").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("2 pupils caught up")
    expect(page.get_by_role("main")).to_contain_text("5 of them had a lesson or film")
    page.get_by_role("button", name="Take back").last.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("3 of them had a lesson or film")


def test_the_report_asks_who_missed_it_in_few_words(site: Site, page: Page, doors: Doors) -> None:
    site.check(page, f"/i/{doors.school}/booked/{doors.c.host.reference}/report")
    shot(page, "missed-report")
    expect(page.get_by_label("Absent from Year 8")).to_have_value("")
