"""A troupe's base pointed at on the map, in a real browser: by the mouse, by keyboard alone, and taken back."""

import re
from types import SimpleNamespace

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.ground.db import transaction
from outreach.ground.geography import Place
from outreach.tour import companies

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

REFERENCE = re.compile(r"^[A-Z]{2} \d{3} \d{3}$")


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    with transaction():
        partnership = make.partnership()
        make.school(name="Eelbridge Academy", town="Eelbridge", easting=440_050, northing=200_050)
        make.school(name="Otherwold School", town="Otherwold", easting=460_000, northing=210_000)
        return SimpleNamespace(
            partnership_id=partnership.id, person=make.person(partnership), troupe=make.troupe(partnership)
        )


def test_a_base_is_pointed_at_and_named_before_it_is_saved(
    site: Site, wide_page: Page, c: SimpleNamespace
) -> None:
    page, path = wide_page, f"/desk/troupes/{c.troupe.id}"
    site.sign_in(page, c.person)
    site.open(page, path)
    page.get_by_text("Point at it on the map").click()
    site.check(page)
    box, said = page.get_by_label("Where the van starts and ends its day"), page.locator("#place-said")
    dot = page.locator(".placeview .dots circle").first  # the western one
    dot.click(force=True)
    expect(said).to_contain_text("at Eelbridge Academy. It is kept when you save.")
    expect(box).to_have_value(REFERENCE)
    page.get_by_role("button", name="Put back what stood in the box").click()
    expect(box).to_be_focused()
    assert not REFERENCE.match(box.input_value())
    dot.click(force=True)
    expect(said).to_contain_text("at Eelbridge Academy. It is kept when you save.")
    expect(box).to_have_value(REFERENCE)
    reference = box.input_value()
    page.get_by_role("button", name="Save troupe").click()
    expect(page.locator("main")).to_contain_text(f"Its base is {reference}, at Eelbridge Academy.")
    site.fresh()
    (troupe,) = companies.troupes(c.partnership_id)
    assert troupe.base is not None
    assert troupe.base.kilometres_to(Place(easting=440_050, northing=200_050)) < 0.2


def test_a_base_is_pointed_at_by_keyboard_alone(site: Site, page: Page, c: SimpleNamespace) -> None:
    site.sign_in(page, c.person)
    site.open(page, f"/desk/troupes/{c.troupe.id}")
    box, said = page.get_by_label("Where the van starts and ends its day"), page.locator("#place-said")
    box.focus()
    page.keyboard.press("Tab")
    expect(page.locator(".placemap summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("application", name="Map of the county")).to_be_focused()
    before = box.input_value()
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text(" km ")
    assert box.input_value() == before
    page.keyboard.press("Enter")
    expect(said).to_contain_text("It is kept when you save.")
    expect(box).to_have_value(REFERENCE)
    first = box.input_value()
    page.keyboard.press("+")
    page.keyboard.press("Shift+ArrowDown")
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(box).not_to_have_value(first)
    expect(box).to_have_value(REFERENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_javascript_the_place_is_typed(site: Site, plain_page: Page, c: SimpleNamespace) -> None:
    page = plain_page
    site.sign_in(page, c.person)
    page.goto(f"{site.url}/desk/troupes/{c.troupe.id}")
    expect(page.get_by_text("Point at it on the map")).to_be_hidden()
    page.get_by_label("Where the van starts and ends its day").fill("SP 400 000")
    page.get_by_role("button", name="Save troupe").click()
    expect(page.locator("main")).to_contain_text("Its base is SP 400 000, at Eelbridge Academy.")
