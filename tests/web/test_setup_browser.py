"""Set-up and tour in a real browser: accessible, nothing sideways, long names, and a tour made from
nothing."""

from datetime import date, time

import pytest
from playwright.sync_api import Page, expect

import make
from browser import Site
from county.test_logos import png
from how_many import each_nth
from outreach.county import logos
from outreach.ground.db import transaction
from outreach.ground.timespans import wall
from outreach.tour import companies, days, programmes

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form College for Kestermere and the Northern Villages"


@pytest.mark.look
def test_every_page_of_set_up_is_accessible_and_never_scrolls_sideways(site: Site, wide_page: Page) -> None:
    with transaction():
        partnership = make.partnership()
        logos.put(
            partnership, logos.draw(png((1200, 150))), who="Priya", now=make.EARLIER
        )  # as wide as there may be room for
        site.sign_in(wide_page, make.person(partnership))
        programme = make.programme(partnership, title=LONG)
        make.programme(partnership, (), title="For staff", for_adults=True)
        show = make.show(programme, make.school(name=LONG), wall(date(2027, 3, 9), time(9, 30)))
        make.tour_day(programme, make.troupe(partnership, name=LONG), date(2026, 11, 3))
        troupe = companies.troupes(partnership.id)[0]
        ids = {
            "programme": programme.id,
            "troupe": troupe.id,
            "company": troupe.company_id,
            "day": show.tour_day_id,
        }
    dates = "first=1&first=3&first=2027&last=30&last=4&last=2027&weekdays=0&weekdays=1&weekdays=4"
    for path in each_nth(
        (
            "/desk/setup",
            "/desk/setup/partnership",
            "/desk/setup/looks",
            "/desk/letters/wording",
            "/desk/letters/wording/invitation",
            "/contact",
            "/desk/setup/districts",
            "/desk/setup/authorities",
            "/desk/setup/authorities/931",
            "/desk/programmes",
            "/desk/programmes/new",
            "/desk/programmes/{programme}",
            "/desk/companies",
            "/desk/companies/new",
            "/desk/companies/{company}",
            "/desk/troupes/{troupe}",
            "/desk/tour",
            "/desk/tour/{programme}/add",
            "/desk/tour/{programme}/preview?troupe_id={troupe}&"
            + dates
            + "&leaves=07:00&returns=17:00&shows_at_most=2",
            "/desk/tour/days/{day}",
        ),
        4,
    ):
        site.check(wide_page, path.format(**ids))


@pytest.mark.look
def test_errors_and_empty_pages_are_accessible_too(site: Site, wide_page: Page) -> None:
    with transaction():
        partnership = make.partnership(la_codes=())
        site.sign_in(wide_page, make.person(partnership))
    for path in (
        "/desk/setup",
        "/desk/setup/authorities",
        "/desk/programmes",
        "/desk/companies",
        "/desk/tour",
    ):
        site.check(wide_page, path)
    site.open(wide_page, "/desk/programmes/new")
    wide_page.get_by_role("button", name="Set up this programme").click()
    link = wide_page.get_by_role("link", name="Enter the day by which schools reply.")
    expect(link).to_be_visible()
    site.check(wide_page)
    link.click()
    expect(wide_page.get_by_label("Schools reply by", exact=True)).to_be_focused()


def test_a_tour_is_made_from_nothing_on_a_phone_without_javascript(site: Site, plain_page: Page) -> None:
    page = plain_page
    with transaction():
        partnership = make.partnership()
        site.sign_in(page, make.person(partnership))
    site.open(page, "/desk/tour")
    page.get_by_role("link", name="Set up a programme").click()
    page.get_by_label("Title").fill("Someone to Tell")
    page.get_by_label("Pupils", exact=True).check()
    page.get_by_label("Year 8").check()
    page.get_by_label("Year 9").check()
    page.get_by_label("Schools reply by").fill("5 Feb 2027")
    page.get_by_role("button", name="Set up this programme").click()
    expect(page.get_by_role("status")).to_have_text("Someone to Tell is set up.")

    site.open(page, "/desk/tour")
    page.get_by_role("link", name="Add the company and its first troupe").click()
    page.get_by_role("link", name="Add a company").click()
    page.get_by_label("Name of the company").fill("Lantern Row Theatre")
    page.get_by_role("button", name="Add company").click()
    page.get_by_label("Name of the troupe").fill("Red van")
    page.get_by_label("Where the van starts and ends its day").fill("SP 513 061")
    page.get_by_role("button", name="Add troupe").click()

    site.open(page, "/desk/tour")
    page.get_by_role("link", name="Add tour days…").click()
    page.get_by_label("First day").fill("22 March 2027")
    page.get_by_label("Last day").fill("Tue 30 Mar 2027")
    page.get_by_role("button", name="See which days…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Add 4 tour days?")
    expect(page.get_by_text("Bank holiday: Good Friday")).to_be_visible()
    page.get_by_label("Tue 23").uncheck()
    page.get_by_role("button", name="Add the ticked days").click()
    expect(page.get_by_role("status")).to_have_text("3 tour days added.")

    site.fresh()
    (programme,) = programmes.of_partnership(partnership.id)
    assert programmes.target_year_groups(programme.id) == (8, 9)
    assert [d.day for d in days.of_programme(programme.id)] == [
        date(2027, 3, 22),
        date(2027, 3, 24),
        date(2027, 3, 25),
    ]


def test_pasted_term_dates_are_looked_at_added_and_undone(site: Site, page: Page) -> None:
    """On a phone, from the lines through the look and back."""
    with transaction():
        site.sign_in(page, make.person(make.partnership()))
    site.open(page, "/desk/setup/authorities/931")
    lines = page.get_by_label("Term dates", exact=True)
    lines.fill("Autumn term: 1 September 2027 to 17 December 2027\n2 September 2027")
    page.get_by_role("button", name="See what it would add…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Add 1 term and 1 INSET day?")
    expect(page.locator("main")).to_contain_text("No half term is said")
    site.check(page)
    page.get_by_role("button", name="Change the lines").click()
    lines.fill(lines.input_value() + "\nHalf term: 25 to 29 October 2027")
    page.get_by_role("button", name="See what it would add…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Add 2 terms and 1 INSET day?")
    page.get_by_role("button", name="Add these dates").click()
    expect(page.locator("main")).to_contain_text("Last change: 2 terms and 1 INSET day added")
    site.check(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("main")).to_contain_text("Undone. The dates are as they were before.")
    expect(page.locator("main")).not_to_contain_text("1 September 2027")
