"""Referrals and their numbers in a browser: on a screen, a phone and paper, and without a script."""

import re
from datetime import date, datetime, timedelta
from random import Random

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.county.coordinators import Coordinator
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.outcomes.referrals import district_numbers, releases
from outreach.outcomes.referrals.district_numbers import NO_KIND, REFERRALS, RESIDENTS, Cell

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

PLACES = (
    ("E07000001", "Kestermere", 9_800, 200),
    ("E07000002", "Marlford City", 17_400, 320),
    ("E07000003", "Teal Valley", 8_100, None),
    ("E07000004", "Fenwold", 4_200, None),
)
"""Code, name, residents, and how many days ago it was reached."""
KINDS = ("child sexual exploitation", "child criminal exploitation")
NUMBERS = "/desk/referrals/numbers/referrals"


@pytest.fixture
def told(app: Flask) -> Coordinator:
    random, now = Random(3), clock.now()
    this_month = now.year * 12 + now.month - 1
    with transaction():
        of = make.partnership()
        programme = make.programme(of)
        for code, name, _, ago in PLACES:
            here = make.school(district_code=code, district_name=name, number_of_pupils=700)
            if ago is not None:
                shown_at = (now - timedelta(days=ago)).replace(hour=10, minute=0)
                booking = make.booking(make.show(programme, here, shown_at), {8: 100, 9: 100})
                make.report(booking, "school", shown_at + timedelta(days=1), {8: 100, 9: 100})
        counts = {
            Cell(district_code=code, kind=kind, period=month // 12 * 100 + month % 12 + 1): max(
                0, round(random.gauss(aged / 1400, 2))
            )
            for code, _, aged, _ in PLACES
            for kind in KINDS
            for month in range(this_month - 24, this_month)
        }
        residents = {Cell(district_code=code, kind=NO_KIND, period=2025): aged for code, _, aged, _ in PLACES}
        for about, numbers in ((REFERRALS, counts), (RESIDENTS, residents)):
            district_numbers.take_in(
                of,
                about,
                numbers,
                source="Front door, monthly return",
                source_date=date(2026, 1, 5),
                who="Priya",
                now=datetime(2026, 6, 1, 9, tzinfo=now.tzinfo),
            )
        then = datetime(2026, 6, 2, 9, tzinfo=now.tzinfo)
        cut = releases.cut_today(of.id, releases.newest(of.id), now=then)
        releases.release(of, as_shown=releases.fingerprint(cut), who="Priya", now=then)
        return make.person(of)


@pytest.mark.look
def test_it_holds_on_a_screen_and_a_phone_and_its_marks_differ_in_shape(
    site: Site, wide_page: Page, told: Coordinator
) -> None:
    site.sign_in(wide_page, told)
    for path in ("/desk/referrals", f"/desk/referrals?kind={KINDS[1]}", NUMBERS, NUMBERS[:-9] + RESIDENTS):
        site.check(wide_page, path)
    site.open(wide_page, "/desk/referrals")
    lines = wide_page.locator("section.aligns")
    assert lines.count() == 3
    first, waiting = lines.nth(0), lines.nth(2)
    assert "Marlford City" in first.locator("h2").inner_text()
    reached = first.locator("line.reached").bounding_box()
    diamond = first.locator("svg.aligned > svg .diamond").bounding_box()
    assert reached is not None and diamond is not None
    assert diamond["x"] + diamond["width"] / 2 == pytest.approx(reached["x"], abs=1.5)
    assert waiting.locator(".reached").count() == 0 and waiting.locator(".square").count() > 0
    marks = first.locator("svg.aligned > svg").count()
    assert marks == first.locator("table.spans tbody tr").count(), "each mark has its line in the table"


def test_on_paper_each_picture_stands_beside_its_numbers(
    site: Site, wide_page: Page, told: Coordinator
) -> None:
    site.sign_in(wide_page, told)
    site.open(wide_page, "/desk/referrals")
    pdf = wide_page.pdf(format="A4", print_background=False)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 4
    wide_page.emulate_media(media="print")
    line = wide_page.locator("section.aligns").first
    picture, table = line.locator("svg.aligned").bounding_box(), line.locator("table").bounding_box()
    assert picture is not None and table is not None
    assert table["x"] >= picture["x"] + picture["width"], "beside, not below"
    assert line.evaluate("e => getComputedStyle(e).breakInside") == "avoid"
    assert line.locator(".disc").first.evaluate("e => getComputedStyle(e).fill") != "none"
    assert not wide_page.locator("form.percent").is_visible()


def test_a_month_is_typed_looked_at_taken_in_and_undone_without_a_script(
    site: Site, plain_page: Page, told: Coordinator
) -> None:
    site.sign_in(plain_page, told)
    site.open(plain_page, NUMBERS)
    plain_page.get_by_label("Month", exact=True).fill("Sept 2019")
    plain_page.get_by_label("Kind of referral").fill(KINDS[0])
    plain_page.get_by_label("Fenwold").fill("7")
    plain_page.get_by_label("Where do these numbers come from?").fill("Return of the front door")
    plain_page.get_by_label("As of which day?").fill("2 November 2019")
    plain_page.get_by_role("button", name="See what it would change…").click()
    expect(plain_page.locator("h1")).to_have_text("Take in 1 number?")
    plain_page.get_by_role("button", name="Take them in").click()
    expect(plain_page.locator("main")).to_contain_text("Taken in: 1 new.")
    plain_page.get_by_role("button", name=re.compile("Undo")).first.click()
    expect(plain_page.locator("main")).to_contain_text("Undone. The numbers are as they were before.")
