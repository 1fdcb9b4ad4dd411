"""Reports to the board in a real browser: axe, no sideways scroll at 320 and 1280 px, without JavaScript, and
on paper."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.timespans import day_of, wall

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form of Redmere-on-the-Wold"


@pytest.fixture
def ours(app: Flask) -> tuple[Any, int]:
    """A programme of this year with a school seen, one with few pupils, one unreported; (who signs in, the
    programme)."""
    now = clock.now()
    with transaction():
        whose = make.partnership()
        year = day_of(now).year - (day_of(now).month < 9)
        programme = make.programme(whose, academic_year=year, created_at=now - timedelta(days=200))
        started = now - timedelta(days=200)
        for n, pupils in enumerate(({8: 100, 9: 101}, {8: 2, 9: 1}, None)):
            school = make.school(
                started,
                name=f"{LONG} {n}",
                district_name="Redmere-on-the-Wold and the Northern Fens" if n else "Kestermere",
                district_code=f"E0700000{n}",
            )
            at = wall(day_of(now) - timedelta(days=6 + n), now.time().replace(hour=9))
            booking = make.booking(make.show(programme, school, at), pupils or {8: 90, 9: 90}, at=started)
            if pupils:
                make.report(booking, "school", at + timedelta(hours=5), pupils, concerns=6 + n)
        make.school(started)
        person = make.person(whose)
        return person, programme.id


def test_a_report_is_drawn_up_published_and_read_with_no_fault(
    site: Site, wide_page: Page, ours: Any
) -> None:
    person, programme_id = ours
    site.sign_in(wide_page, person)
    site.check(wide_page, "/desk/reports")
    wide_page.get_by_role("link", name="Draw up a report").click()
    site.check(wide_page)
    yesterday = day_of(clock.now()) - timedelta(days=1)
    wide_page.get_by_label("As of the end of").fill(f"{yesterday:%d/%m/%Y}")
    wide_page.get_by_role("button", name="Show it").click()
    expect(wide_page.get_by_text("This is not published yet.")).to_be_visible()
    site.check(wide_page)
    wide_page.get_by_role("button", name="Publish this report").click()
    expect(wide_page.get_by_text("The report is published.")).to_be_visible()
    site.check(wide_page)
    site.check(wide_page, f"/desk/reports/new?programme={programme_id}&as_of={yesterday.isoformat()}")
    expect(wide_page.get_by_text("It stays as it is")).to_be_visible()


def test_a_token_is_made_copied_and_withdrawn_with_no_fault(site: Site, page: Page, ours: Any) -> None:
    site.sign_in(page, ours[0])
    site.check(page, "/desk/reports/tokens")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter what reads with it")
    site.check(page)
    page.get_by_label("What reads with it").fill("Council dashboard")
    page.get_by_role("button", name="Make a token").click()
    assert re.fullmatch(r"outreach_[\w-]{32}", page.get_by_label("The token").input_value())
    site.check(page)
    page.get_by_role("button", name="Withdraw Council dashboard").click()
    expect(page.get_by_text("‘Council dashboard’ is withdrawn.")).to_be_visible()
    site.check(page)


def test_a_report_is_published_on_a_phone_without_javascript_and_twice_is_one_sentence(
    site: Site, plain_page: Page, ours: Any
) -> None:
    person, programme_id = ours
    site.sign_in(plain_page, person)
    yesterday = day_of(clock.now()) - timedelta(days=1)
    path = f"/desk/reports/new?programme={programme_id}&as_of={yesterday.isoformat()}"
    site.open(plain_page, path)
    other = plain_page.context.new_page()
    other.goto(site.url + path)
    plain_page.get_by_role("button", name="Publish this report").click()
    expect(plain_page.get_by_text("The report is published.")).to_be_visible()
    expect(plain_page.get_by_text("Print", exact=True)).to_be_hidden()
    other.get_by_role("button", name="Publish this report").click()
    expect(other.get_by_text("was published on")).to_be_visible()
    assert other.url == plain_page.url


def test_on_paper_a_report_has_no_buttons_and_fits_few_pages_of_a4(
    site: Site, wide_page: Page, ours: Any
) -> None:
    person, programme_id = ours
    site.sign_in(wide_page, person)
    yesterday = day_of(clock.now()) - timedelta(days=1)
    site.open(wide_page, f"/desk/reports/new?programme={programme_id}&as_of={yesterday.isoformat()}")
    wide_page.get_by_role("button", name="Publish this report").click()
    wide_page.emulate_media(media="print")
    for gone in ("Sign out", "Print"):
        expect(wide_page.get_by_role("button", name=gone)).to_be_hidden()
    expect(wide_page.get_by_role("link", name="Excel")).to_be_hidden()
    expect(wide_page.get_by_text("who has seen it")).to_be_visible()
    paper = wide_page.pdf(prefer_css_page_size=True)
    (width, height) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)[0]
    assert (round(float(width)), round(float(height))) == (595, 842)
    assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) <= 3
