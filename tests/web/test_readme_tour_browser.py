"""A tour planned from README alone, at a desk and on a phone: every word that its steps print in italics stands on the page
where they send one, from the plans that lie there to a diary in which a show is moved and a missing school placed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

import make
from browser import Site
from every_address import told_year
from little_tour import draw_up
from outreach.booking.proposals import Proposal
from outreach.demonstration import story
from outreach.ground.db import db
from worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
STEPS = " ".join(
    README[README.index("### Plan the tour") : README.index("### See whether it was done")].split()
)


def says(words: str) -> str:
    """Words of a page, which README's steps must name."""
    assert f"*{words}*" in STEPS, f"README sends nobody to {words}"
    return words


@pytest.fixture
def told(stopped: object, world: World) -> story.Told:
    return world(told_year, make.NOW)


def go(page: Page, *doors: str) -> None:
    for door in map(says, doors):
        menu = page.locator(".menu summary")
        if menu.is_visible():
            menu.click()
            page.locator(".menu nav").get_by_role("link", name=door, exact=True).click()
        else:
            page.get_by_role("link", name=door, exact=True).first.click()
        page.wait_for_load_state()


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=says(words), exact=True).click()


def planned(page: Page) -> None:
    """Somebody waits for a plan, which shows itself."""
    expect(page.get_by_text("It waits for the planner")).to_be_visible()
    assert draw_up()
    expect(page.get_by_role("heading", name="How good is it?")).to_be_visible()


@pytest.mark.parametrize("width", [1280, pytest.param(390, marks=pytest.mark.long)])
def test_a_tour_is_planned_from_readme_alone(
    site: Site, chromium: Browser, told: story.Told, width: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 844}, has_touch=width < 800)
    page = context.new_page()
    site.sign_in(page, told.coordinator)
    site.open(page, "/desk")
    go(page, "Tour", "Plans")
    for name in ("As set", "Twenty days"):
        page.get_by_role("row").filter(has_text=says(name)).get_by_role("checkbox").check()
    press(page, "Compare the ticked ones")
    expect(page.get_by_role("heading", name="2 plans side by side")).to_be_visible()
    go(page, "Tour", "Plans")
    page.get_by_role("link", name=says("New plan…")).click()
    press(page, "Draw it up")
    planned(page)
    expect(page.get_by_role("heading", name=says("What matters, and what it costs"))).to_be_visible()
    page.get_by_label("A week stays in one part of the county").select_option("much")
    press(page, "Plan by other wishes")
    planned(page)
    page.get_by_role("link", name=says("The weeks on a map")).click()
    expect(page.get_by_role("heading", name="Where each week is")).to_be_visible()
    page.get_by_role("link", name="List by day").click()

    page.locator("#days a[href*='/day/']").first.click()
    expect(page.locator("svg.map, .daymap svg, main svg").first).to_be_visible()
    page.go_back()
    for deed in ("^Strike", "^Pin"):
        with page.expect_navigation():
            page.get_by_role("button", name=re.compile(deed)).first.click()
    ticked = page.locator("main input[name=line]:checked")
    there = ticked.count()
    assert there > 10 and there == page.locator("main input[name=line]").count()
    for _ in range(there - 3):
        ticked.last.uncheck()
    site.fresh()
    before = db.session.scalar(select(func.count(Proposal.id)))
    site.fresh()
    press(page, "Accept what is ticked…")
    assert re.search(r"\*Offer \d+ times\*", STEPS)
    page.get_by_role("button", name="Offer 3 times").click()
    expect(page.locator("main")).to_contain_text("3")
    site.fresh()
    assert db.session.scalar(select(func.count(Proposal.id))) == (before or 0) + 3
    page.get_by_role("button", name=says("Plan again, keeping these")).click()
    planned(page)

    go(page, "Tour", "Diary")
    move = page.get_by_role("link", name=re.compile("^" + says("Move…")))
    for _ in range(8):
        if move.count():
            break
        page.get_by_role("link", name="Week after").click()
    move.first.click()
    page.get_by_role("link", name="Choose from a list").click()
    expect(page.get_by_role("heading", name=re.compile("^Move "))).to_be_visible()
    go(page, "Set-up", "School lunch")
    expect(page.get_by_role("heading", name="By a file")).to_be_visible()
    go(page, "Tour", "Call off")
    expect(page.get_by_role("button", name="See what it hits…")).to_be_visible()
    go(page, "Set-up", "Roads")
    page.get_by_role("link", name=says("Rivers and estuaries"), exact=False).click()
    expect(page.get_by_role("button", name="Finish the line")).to_be_visible()
    context.close()
