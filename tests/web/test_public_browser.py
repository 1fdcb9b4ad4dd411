"""The public pages, signing in and the requests that wait, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.asking import open_door
from outreach.county import coordinators
from outreach.county.schools import School
from outreach.ground import clock
from outreach.ground.db import transaction

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form College for Kestermere and the Northern Villages"
PASSWORD = "lantern gravel otter"


@pytest.fixture
def school(site: Site) -> School:
    """A school with a long name among others, in a partnership with a coordinator, Priya."""
    with transaction():
        partnership = make.partnership(
            name="Marlshire and Northern Villages Safeguarding Children Partnership"
        )
        coordinators.add(
            partnership.id,
            "Priya Nandakumar-Whitfield",
            "priya@marlshire.example",
            password=PASSWORD,
            now=clock.now(),
        )
        programme = make.programme(partnership, summary="A play about exploitation and who to tell.")
        school = make.school(name=LONG, town="Marlford")
        for _ in range(3):
            make.school()
        make.contact(school, address="j.fell@redmere.example")
        booking = make.booking(make.show(programme, school, make.NOW), {8: 100})
        for address in (
            "a.very.long.address.of.somebody.or.other@a-long-host-name.webmail.example",
            "b@webmail.example",
        ):
            open_door.ask_for_link(programme, school, address, name="Jo", now=clock.now())
        while open_door.answer_next(now=clock.now()):
            pass
        school.reference = booking.reference  # type: ignore[attr-defined]
    return school


@pytest.mark.look
def test_public_pages_have_no_violation_and_fit(school: School, site: Site, page: Page) -> None:
    for path in (
        "/",
        "/find",
        "/find?q=",
        "/find?q=redmere",
        "/find?q=nowhere",
        f"/find/{school.organisation_id}",
        f"/find/{school.organisation_id}/asked",
        f"/b/{school.reference}",
        "/contact",
        "/accessibility",
        "/privacy",
        "/cookies",
        "/sign-in",
        "/sign-in/used",  # type: ignore[attr-defined]
        "/no-such-page",
        "/sign-out",
    ):
        site.check(page, path)


def test_error_summary_takes_the_focus_and_leads_to_the_field(school: School, site: Site, page: Page) -> None:
    site.open(page, f"/find/{school.organisation_id}")
    page.get_by_label("Your name (optional)").fill("Joanna")
    page.get_by_role("button", name="Send the link").click()
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("Enter your work email address.")
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    site.check(page)
    summary.get_by_role("link").click()
    expect(page.get_by_label("Your work email address")).to_be_focused()
    expect(page.get_by_label("Your name (optional)")).to_have_value("Joanna")


def test_search_completes_as_people_type_and_is_led_by_keys(school: School, site: Site, page: Page) -> None:
    site.open(page, "/")
    box = page.get_by_role("combobox", name="School name, town, postcode or URN")
    box.press_sequentially("redm", delay=20)
    options = page.get_by_role("option")
    expect(options).to_have_count(3)
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_text("3 schools. Use the arrow keys.")).to_be_attached()
    site.check(page)
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "q-option-1")
    box.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press("ArrowUp")
    expect(options.nth(2)).to_have_attribute("aria-selected", "true")
    name = options.nth(2).inner_text().split("\n")[0].strip()
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name.split("  ")[0])


def test_search_works_without_javascript(school: School, site: Site, plain_page: Page) -> None:
    site.open(plain_page, "/")
    plain_page.get_by_label("School name, town, postcode or URN").fill("blessed margaret")
    plain_page.get_by_role("button", name="Find").click()
    plain_page.get_by_role("link", name=LONG).click()
    plain_page.get_by_label("Your work email address").fill("j.fell@redmere.example")
    plain_page.get_by_role("button", name="Send the link").click()
    expect(plain_page.get_by_role("heading", level=1)).to_have_text("Look in your mail")


def test_coordinator_signs_in_decides_and_signs_out(school: School, site: Site, wide_page: Page) -> None:
    page = wide_page
    site.open(page, "/desk/requests")
    expect(page.get_by_text("Sign in to see that page.")).to_be_visible()
    page.get_by_label("Email address").fill("priya@marlshire.example")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    site.check(page)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(site.url + "/desk/requests")
    site.check(page)
    page.get_by_role("button", name="Send the link to b@webmail.example").click()
    expect(page.get_by_role("status").filter(has_text="on its way to b@webmail.example")).to_be_visible()
    page.get_by_role("button", name="Refuse a.very").click()
    expect(page.get_by_text("Nobody is waiting for you.")).to_be_visible()
    site.check(page)
    site.check(page, "/desk/password")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def test_skip_link_is_the_first_stop_and_the_focus_shows_on_the_dark_header(
    school: School, site: Site, page: Page
) -> None:
    site.open(page, "/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to main content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Tab")
    brand = page.get_by_role("link", name="Outreach")
    expect(brand).to_be_focused()
    assert brand.evaluate("e => getComputedStyle(e).outlineColor") == "rgb(255, 221, 0)"
    skip.press("Enter")
    assert page.url.endswith("#main")


@pytest.mark.parametrize(
    "media", [{"forced_colors": "active"}, {"media": "print"}, {"reduced_motion": "reduce"}]
)
def test_first_page_bears_forced_colours_print_and_less_motion(
    school: School, site: Site, page: Page, media: dict[str, str]
) -> None:
    page.emulate_media(**media)  # type: ignore[arg-type]
    site.open(page, "/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if "media" in media:
        expect(page.locator("footer")).to_be_hidden()
    else:
        site.check(page)


def test_first_page_bears_four_hundred_per_cent(school: School, site: Site, page: Page) -> None:
    site.check(page, "/", widths=(320,))
    page.set_viewport_size({"width": 320, "height": 256})
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
