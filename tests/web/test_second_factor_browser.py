"""Second factor in a browser, from a phone's width up: set up with the key on the page, asked at the next sign-in."""

import re

import pyotp
import pytest
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.county import coordinators
from outreach.ground import clock
from outreach.ground.db import transaction

pytestmark = [pytest.mark.browser, pytest.mark.any_database]

PASSWORD = "lantern gravel otter"
ADDRESS = "priya@marlshire.example"


@pytest.fixture
def priya(site: Site) -> coordinators.Coordinator:
    with transaction():
        return coordinators.add(make.partnership().id, "Priya", ADDRESS, password=PASSWORD, now=clock.now())


def sign_in(page: Page, site: Site) -> None:
    site.open(page, "/sign-in?next=/desk/account")
    page.get_by_label("Email address").fill(ADDRESS)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_person_sets_it_up_and_signs_in_with_codes_of_the_app_and_with_a_recovery_code(
    priya: coordinators.Coordinator, site: Site, page: Page
) -> None:
    sign_in(page, site)
    page.get_by_role("link", name="Your second factor").click()
    site.check(page)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("img", name="QR code for an authenticator app")).to_be_visible()
    site.check(page)
    totp = pyotp.TOTP(page.get_by_label("Or type this key into the app").input_value().replace(" ", ""))
    page.get_by_label("Code", exact=True).fill("12")
    page.get_by_role("button", name="It works: ask me for it from now on").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not the code that the app shows now.")
    # One step ago, so that the present code is still there to sign in with.
    page.get_by_label("Code", exact=True).fill(totp.at(clock.now(), counter_offset=-1))
    page.get_by_role("button", name="It works: ask me for it from now on").click()
    codes = page.get_by_label("Recovery codes").input_value().split("\n")
    assert len(codes) == 10
    site.check(page)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 of 10 recovery codes are left.")).to_be_visible()
    site.check(page)

    page.context.clear_cookies()
    sign_in(page, site)
    expect(page.get_by_role("heading", name="Enter your code")).to_be_visible()
    site.check(page)
    page.get_by_label("Code", exact=True).fill("000000x")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("That code is not right")
    page.get_by_label("Code", exact=True).fill(totp.at(clock.now()))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/desk/account$"))

    page.context.clear_cookies()
    sign_in(page, site)
    page.get_by_label("Code", exact=True).fill(codes[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("That was a recovery code. 9 are left.")).to_be_visible()
