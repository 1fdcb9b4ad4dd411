"""A water drawn on the map in a real browser: by the mouse, by touch, by keyboard alone, and typed without a script; its
crossing pointed at on its line."""

import re
from types import SimpleNamespace

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect

import make
from browser import Site
from outreach.ground.db import db, transaction
from outreach.tour.waters import Water, WaterCrossing

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

WATERS = "/desk/setup/roads/waters"


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    with transaction():
        partnership = make.partnership()
        make.programme(partnership)
        a = make.school(name="Eelbridge Academy", town="Eelbridge", easting=440_000, northing=200_000)
        b = make.school(name="Otherwold School", town="Otherwold", easting=460_000, northing=200_000)
        make.school(name="Northend School", town="Northend", easting=450_000, northing=212_000)
        return SimpleNamespace(person=make.person(partnership), a=a.name, b=b.name)


def spots(page: Page) -> tuple[Locator, float, float]:
    """The map, and how wide and high it is shown."""
    svg = page.locator(".placeview svg")
    svg.scroll_into_view_if_needed()
    box = svg.bounding_box()
    assert box is not None
    return svg, box["width"], box["height"]


def between_the_two(page: Page, share: float) -> dict[str, float]:
    """A place on the map east of Eelbridge and west of Otherwold; `share` of the way from its north to its south."""
    _, width, height = spots(page)
    return {"x": width * 0.6, "y": height * share}


def the_water() -> Water:
    found: Water = db.session.query(Water).one()
    return found


def test_a_water_is_drawn_looked_at_saved_and_crossed_by_the_mouse(
    site: Site, wide_page: Page, c: SimpleNamespace
) -> None:
    page = wide_page
    site.sign_in(page, c.person)
    site.open(page, WATERS)
    box, told = page.get_by_label("Its points, from end to end"), page.locator("#water-said")
    undo, finish = (
        page.get_by_role("button", name=name) for name in ("Undo the last point", "Finish the line")
    )
    expect(undo).to_be_disabled()
    svg, width, _ = spots(page)
    svg.click(position=between_the_two(page, 0.3))
    expect(told).to_contain_text(re.compile(r"Point 1: [A-Z]{2} \d{3} \d{3}, .* km .* of "))
    expect(finish).to_be_disabled()
    svg.click(position=between_the_two(page, 0.5))
    svg.click(position={"x": width * 0.3, "y": 5})
    expect(told).to_contain_text(re.compile(r"Point 3: .* The line is [\d.]+ km long\."))
    undo.click()
    expect(told).to_have_text("The last point is gone; 2 stand.")
    expect(page.locator(".drawn circle")).to_have_count(2)
    svg.click(position=between_the_two(page, 0.98))
    expect(page.locator(".drawn circle")).to_have_count(3)
    assert len(box.input_value().splitlines()) == 3
    site.check(page)
    finish.click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.get_by_role("button", name="See what it would do").click()
    expect(page.locator("main")).to_contain_text("Say what the water is called.")
    assert len(box.input_value().splitlines()) == 3
    expect(page.locator(".drawn circle")).to_have_count(3)
    page.get_by_label("Name", exact=True).fill("River Eel")
    page.get_by_role("button", name="See what it would do").click()
    expect(page.locator("main")).to_contain_text(f"{c.a} to {c.b}: ")
    expect(page.locator("path.looked")).to_have_count(1)
    site.check(page)
    page.get_by_role("button", name="Let roads go round it").click()
    expect(page.locator("main")).to_contain_text("Roads go round River Eel now.")
    site.fresh()
    [line] = the_water().lines
    assert 440_000 < line[0][0] < 460_000 and line[-1][1] < 200_000 < line[0][1]

    page.get_by_role("link", name="Name a crossing").click()
    svg, width, height = spots(page)
    svg.click(position={"x": width * 0.3, "y": height * 0.1})
    expect(page.locator("#water-said")).to_contain_text("No water is there.")
    at = between_the_two(page, 0.75)
    svg.click(position={"x": at["x"] + 9, "y": at["y"]})
    expect(page.locator("#water-said")).to_contain_text("The crossing is at ")
    site.check(page)
    page.get_by_label("Name", exact=True).fill("Eel Ferry")
    page.get_by_label("Minutes it takes").fill("7")
    page.get_by_role("button", name="Name it").click()
    expect(page.locator("main")).to_contain_text("Roads go over Eel Ferry now.")
    expect(page.locator(".crossings rect")).to_have_count(1)
    site.check(page)
    site.fresh()
    crossing = db.session.query(WaterCrossing).one()
    assert crossing.minutes == 7 and abs(crossing.easting - line[-1][0]) < 60


def test_a_water_is_drawn_by_touch_closer_and_dragged(
    site: Site, chromium: Browser, c: SimpleNamespace
) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    site.sign_in(page, c.person)
    site.open(page, WATERS)
    svg, _, _ = spots(page)
    svg.tap(position=between_the_two(page, 0.4))
    svg.tap(position=between_the_two(page, 0.6))
    expect(page.locator(".drawn circle")).to_have_count(2)
    page.get_by_role("button", name="Closer").tap()
    svg, width, height = spots(page)
    before = svg.get_attribute("viewBox")
    box = svg.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + width / 2, box["y"] + height / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + width / 2, box["y"] + 20, steps=5)
    page.mouse.up()
    assert svg.get_attribute("viewBox") != before
    expect(page.locator(".drawn circle")).to_have_count(2)  # what is dragged sets no point
    svg.tap(position={"x": width / 2, "y": height / 2})
    expect(page.locator(".drawn circle")).to_have_count(3)
    for button in ("Undo the last point", "Finish the line", "Closer", "Farther away"):
        size = page.get_by_role("button", name=button).bounding_box()
        assert size is not None and size["height"] >= 44, button
    page.get_by_label("Name", exact=True).fill("River Eel")
    page.get_by_role("button", name="See what it would do").tap()
    expect(page.locator("main")).to_contain_text("by the rule")
    page.get_by_role("button", name="Let roads go round it").tap()
    expect(page.locator("main")).to_contain_text("Roads go round River Eel now.")
    site.fresh()
    assert len(the_water().lines[0]) in (2, 3)
    context.close()


def test_a_water_is_drawn_by_keyboard_alone(site: Site, page: Page, c: SimpleNamespace) -> None:
    site.sign_in(page, c.person)
    site.open(page, WATERS)
    page.locator("main a").last.focus()
    page.get_by_role("application", name="Map of the county").focus()
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    expect(page.locator("#water-said")).to_have_text("The last point is gone; 2 stand.")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Farther away")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("River Eel")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Nothing has changed yet.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_is_typed_stands_on_the_map(site: Site, page: Page, c: SimpleNamespace) -> None:
    site.sign_in(page, c.person)
    site.open(page, WATERS)
    box = page.get_by_label("Its points, from end to end")
    box.fill("SP 500 050\n450000, 195000\nno such place\n51.6501, -1.2702")
    box.blur()
    expect(page.locator(".drawn circle")).to_have_count(3)


def test_without_a_script_the_points_are_typed(site: Site, plain_page: Page, c: SimpleNamespace) -> None:
    page = plain_page
    site.sign_in(page, c.person)
    page.goto(f"{site.url}{WATERS}")
    expect(page.locator(".placeview svg")).to_be_visible()
    for button in ("Undo the last point", "Closer"):
        expect(page.get_by_role("button", name=button)).to_have_count(0)
    page.get_by_label("Name", exact=True).fill("River Eel")
    page.get_by_label("Its points, from end to end").fill("450000, 190000\nby the mill")
    page.get_by_role("button", name="See what it would do").click()
    expect(page.locator("main")).to_contain_text("Point 2, ‘by the mill’, is no place we know.")
    expect(page.get_by_label("Its points, from end to end")).to_have_value("450000, 190000\nby the mill")
    page.get_by_label("Its points, from end to end").fill("450000, 190000\n450000, 205000")
    page.get_by_role("button", name="See what it would do").click()
    expect(page.locator("path.looked")).to_have_count(1)
    page.get_by_role("button", name="Let roads go round it").click()
    expect(page.locator("main")).to_contain_text("Roads go round River Eel now.")
