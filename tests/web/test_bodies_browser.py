"""Bodies in a real browser: accessible, nothing sideways, added and merged by hand."""

import pytest
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.ground.db import transaction

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

LONG = "North Marlshire and Kestermere Multi-Agency Safeguarding Neighbourhood Response Team"


def test_a_body_is_added_and_another_merges_into_it(site: Site, wide_page: Page) -> None:
    with transaction():
        partnership = make.partnership()
        make.programme(partnership)
        make.school()
        site.sign_in(wide_page, make.person(partnership))
    site.check(wide_page, "/desk/bodies")
    wide_page.get_by_role("link", name="Add the first body").click()
    wide_page.get_by_label("Name").fill(LONG)
    wide_page.get_by_label("Police").check()
    wide_page.get_by_label("How many front-line staff?").fill("42")
    wide_page.get_by_role("button", name="Add this body").click()
    expect(wide_page.get_by_role("heading", level=1)).to_have_text(LONG)
    with transaction():
        health = make.body(partnership, name="Ash Clinic", kind="Health")
        make.body(partnership, name="Fen Team", kind="Social work", district="Kestermere")
        make.contact(health, name="", address="duty.desk.of.the.clinic@kestermere-health.example")
    here = wide_page.url.removeprefix(site.url)
    deeds = here.replace("/schools/", "/bodies/")
    for where in ("/desk/bodies", here, f"{deeds}/change", f"{deeds}/close", f"{deeds}/merge"):
        assert site.open(wide_page, where) == 200, where
        site.check(wide_page)
    wide_page.get_by_label("Fen Team (Social work)").check()
    wide_page.get_by_role("button", name="Merge them").click()
    expect(wide_page.get_by_text("Came from Fen Team.")).to_be_visible()
    site.check(wide_page, f"/desk/bodies/{health.organisation_id}")
    site.check(wide_page, "/desk/bodies?state=all")
