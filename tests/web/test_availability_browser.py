"""Availability and 'why not' in a real browser: by keyboard and on a phone, axe finds nothing."""

from datetime import date, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post import troupe_links
from outreach.tour import days

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

MONDAY = date(2027, 3, 8)


@pytest.fixture
def c(app: Flask, stopped: Any) -> SimpleNamespace:
    """A troupe with a week of days, a show on Monday afternoon, a night away, too little lunch."""
    c = SimpleNamespace()
    with transaction():
        ours = make.partnership()
        c.programme = make.programme(ours)
        c.troupe = make.troupe(
            ours, lunch_minutes=90, overnight_stays=True, base_easting=450000, base_northing=202000
        )
        c.school = make.school(name="St Bartholomew and All Saints Church of England Academy, Kestermere")
        for n in range(5):
            make.tour_day(c.programme, c.troupe, MONDAY + timedelta(days=n))
        monday, *_ = days.of_programme(c.programme.id)
        monday.stays_at, monday.stays_easting, monday.stays_northing = "Mill Lodge", 451000, 211000
        for at in (time(9, 45), time(12)):
            show = make.show(c.programme, c.school, wall(MONDAY, at))
            with db.session.no_autoflush:
                show.tour_day.ended_at, show.tour_day, show.troupe_id = make.EARLIER, monday, c.troupe.id
                show.tour_day_id = monday.id
                make.placed(show)
        c.person = make.person(ours)
        link = troupe_links.make(c.troupe.id, partnership_id=ours.id, who="Priya", now=make.NOW)
        c.token = troupe_links.token_of(link, "for tests")
    return c


def test_a_coordinator_changes_a_week_by_keyboard_alone(
    site: Site, wide_page: Page, c: SimpleNamespace
) -> None:
    site.sign_in(wide_page, c.person)
    at = f"/desk/tour/availability?troupe={c.troupe.id}"
    site.check(wide_page, at)
    for name, value in (("First day", "8/3/2027"), ("Last day", "12 Mar 2027")):
        wide_page.get_by_label(name, exact=True).focus()
        wide_page.keyboard.type(value)
    wide_page.get_by_label("One show only").focus()
    wide_page.keyboard.press("Space")
    wide_page.keyboard.press("Enter")
    wide_page.wait_for_url("**/preview?**")
    site.check(wide_page)
    assert wide_page.get_by_role("heading", name="One show only: 4 days?").is_visible()
    wide_page.get_by_role("button", name="Change the ticked days").focus()
    wide_page.keyboard.press("Enter")
    wide_page.get_by_text("4 days: one show only.").wait_for()
    site.check(wide_page)
    wide_page.get_by_role("button", name="Undo").click()
    site.fresh()
    assert {d.shows_at_most for d in days.of_programme(c.programme.id)} == {2}


def test_the_company_says_it_on_a_phone(site: Site, page: Page, c: SimpleNamespace) -> None:
    at = f"/t/{c.token}/availability"
    site.check(page, at)
    expect(page.get_by_text("No lunch: 90 minutes")).to_be_visible()
    site.check(page, f"{at}/rules")
    query = "first=9&first=3&first=2027&last=12&last=3&last=2027&weekdays=1&weekdays=2&weekdays=3&weekdays=4"
    site.check(page, f"{at}/preview?{query}&kind=off")
    page.get_by_label("Wednesday 10 March").uncheck()
    page.get_by_role("button", name="Change the ticked days").click()
    expect(page.get_by_text("3 days: day off.")).to_be_visible()
    site.fresh()
    assert [d.day.day for d in days.of_programme(c.programme.id)] == [8, 10]


def test_the_rules_page_and_why_not(site: Site, wide_page: Page, c: SimpleNamespace) -> None:
    site.sign_in(wide_page, c.person)
    site.check(wide_page, f"/desk/troupes/{c.troupe.id}/rules")
    site.check(wide_page, f"/desk/schools/{c.school.organisation_id}/why-not")
    for day in ("2027-03-08", "2027-03-09", "2027-03-13", "rubbish"):
        site.check(wide_page, f"/desk/schools/{c.school.organisation_id}/why-not?day={day}")
    site.open(wide_page, f"/desk/schools/{c.school.organisation_id}/why-not?day=2027-03-09")
    assert wide_page.get_by_text("Leaves from Mill Lodge, where it stayed.").is_visible()
