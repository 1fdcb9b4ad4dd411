"""Passkeys in a browser with a device of its own (WebDriver's virtual authenticator, by CDP), on http://localhost."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

import make
from browser import Site, port
from outreach.county import coordinators, passkeys
from outreach.ground import clock
from outreach.ground.db import transaction

pytestmark = [pytest.mark.browser, pytest.mark.any_database]

PASSWORD = "lantern gravel otter"
ADDRESS = "priya@marlshire.example"


@pytest.fixture
def priya(site: Site) -> coordinators.Coordinator:
    # Passkeys want https, or a name that never leaves the machine.
    site.url = site.app.config["PUBLIC_URL"] = f"http://localhost:{port()}"
    with transaction():
        return coordinators.add(make.partnership().id, "Priya", ADDRESS, password=PASSWORD, now=clock.now())


def device_of(page: Page) -> tuple[Any, str]:
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    about = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    return cdp, cdp.send("WebAuthn.addVirtualAuthenticator", {"options": about})["authenticatorId"]


def with_the_password(page: Page, site: Site) -> None:
    site.open(page, "/sign-in?next=/desk/account/second-factor")
    page.get_by_label("Email address").fill(ADDRESS)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_person_adds_one_and_signs_in_with_it_instead_of_the_password_and_after_it(
    priya: coordinators.Coordinator, site: Site, page: Page
) -> None:
    cdp, device = device_of(page)
    with_the_password(page, site)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Add a passkey").click()
    site.check(page)
    page.get_by_label("What you call it").fill("Blue key")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("Blue key is added.")).to_be_visible()
    site.check(page)

    page.context.clear_cookies()
    site.open(page, "/sign-in?next=/desk/account")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Nothing came of it")).to_be_hidden()
    site.check(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()

    page.context.clear_cookies()
    with_the_password(page, site)
    expect(page.get_by_role("heading", name="Show your passkey")).to_be_visible()
    site.check(page)
    page.get_by_role("button", name="Use a passkey").click()
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing came of it")
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Your second factor")).to_be_visible()
    site.fresh()
    assert [(one.name, one.sign_count > 1) for one in passkeys.of_person(priya.id)] == [("Blue key", True)]
