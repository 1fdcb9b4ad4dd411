"""Schools and bodies side by side in a real browser: axe, no sideways scroll, and a report on two sheets of paper."""

import json
import os
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.county.bodies import KINDS
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import day_of, wall
from outreach.tour.adults import AdultTarget
from outreach.tour.programmes import Programme

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

DISTRICTS = ("Kestermere", "Northern Fens", "Redmere-on-the-Wold", "Saltmarsh")


def square(n: int) -> dict[str, Any]:
    west, south = -0.5 + 0.3 * (n % 2), 52.5 + 0.2 * (n // 2)
    corners = [(0, 0), (0.3, 0), (0.3, 0.2), (0, 0.2), (0, 0)]
    return {
        "type": "Feature",
        "properties": {"code": f"E0700000{n}", "name": DISTRICTS[n]},
        "geometry": {"type": "Polygon", "coordinates": [[[west + x, south + y] for x, y in corners]]},
    }


@pytest.fixture
def ours(app: Flask) -> tuple[Any, int]:
    """A play and a training of this year over four districts: 24 schools, and 28 bodies of every kind; (who signs in,
    the training)."""
    now = clock.now()
    began = now - timedelta(days=200)
    outlines = {"type": "FeatureCollection", "features": [square(n) for n in range(4)]}
    with transaction():
        whose = make.partnership(districts_geojson=json.dumps(outlines))
        year = day_of(now).year - (day_of(now).month < 9)
        make.programme(whose, title="Someone to Tell", academic_year=year, created_at=began)
        training = make.programme(
            whose,
            (),
            AdultTarget(kinds=KINDS),
            title="All staff know",
            for_adults=True,
            academic_year=year,
            created_at=began,
        )
        for n in range(24):
            place = {"easting": 500_000 + 9_000 * (n % 5), "northing": 300_000 + 7_000 * (n % 7)}
            school = make.school(
                began, district_code=f"E0700000{n % 4}", district_name=DISTRICTS[n % 4], **place
            )
            if n % 3 == 0:
                _trained(training, school, 20 + n, now, n)
        for n in range(28):
            where = {"district": DISTRICTS[n % 4]} if n % 9 else {}
            counted = {"front_line_staff": 3 + 5 * n, "staff_counted_on": day_of(began)} if n % 4 else {}
            body = make.body(whose, began, name=f"Team {n}", kind=KINDS[n % 7], **where, **counted)
            if n % 5 < 2:
                _trained(training, body, min(3 + 5 * n, 3 * n + 2), now, n)
        return make.person(whose), training.id


def _trained(training: Programme, at: Any, staff: int, now: datetime, n: int) -> None:
    starts = wall(day_of(now) - timedelta(days=3 + n), now.time().replace(hour=15, minute=0))
    booking = make.booking(make.show(training, at, starts), {STAFF: staff}, at=now - timedelta(days=60))
    make.report(booking, "company", starts + timedelta(hours=3), {STAFF: staff})


def _kept(page: Page, name: str) -> None:
    """Pictures for whoever looks at the pages."""
    if where := os.environ.get("PICTURES"):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{where}/{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("by", ["district", pytest.param("phase", marks=pytest.mark.long)])
@pytest.mark.look
def test_the_coverage_of_both_halves_has_no_fault(site: Site, wide_page: Page, ours: Any, by: str) -> None:
    person, training_id = ours
    site.sign_in(wide_page, person)
    then = day_of(clock.now()) - timedelta(days=10)
    for more in ("", f"&compare={then.isoformat()}", "&who=bodies", "&map=E07000001"):
        path = f"/desk/coverage?programme={training_id}&by={by}{more}"
        site.check(wide_page, path)
        _kept(wide_page, f"coverage-{by}{more[:8].strip('&=')}")
    site.check(wide_page, f"/desk/schools?programme={training_id}&who=bodies")
    _kept(wide_page, "list")


@pytest.mark.look
def test_a_report_of_both_halves_has_no_fault_and_fits_two_sheets(
    site: Site, wide_page: Page, ours: Any
) -> None:
    person, training_id = ours
    site.sign_in(wide_page, person)
    yesterday: date = day_of(clock.now()) - timedelta(days=1)
    site.check(wide_page, f"/desk/reports/new?programme={training_id}&as_of={yesterday.isoformat()}")
    wide_page.get_by_role("button", name="Publish this report").click()
    expect(wide_page.get_by_text("Every school and every body, side by side")).to_be_visible()
    site.check(wide_page)
    _kept(wide_page, "report")
    wide_page.emulate_media(media="print")
    paper = wide_page.pdf(prefer_css_page_size=True)
    if where := os.environ.get("PICTURES"):
        with open(f"{where}/report.pdf", "wb") as file:
            file.write(paper)
    assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) <= 2
