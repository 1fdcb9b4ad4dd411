"""The diary in a real browser: dragged, by keyboard alone, and without JavaScript, all to the same result;
axe; paper."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from diary_story import LONG, Fortnight, lay
from flask import Flask
from playwright.sync_api import Page, expect

from browser import Site
from how_many import each_nth
from outreach.ground import clock
from outreach.ground.db import db
from outreach.post.outbox import Letter

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]


@pytest.fixture
def ours(app: Flask) -> Fortnight:
    return lay(clock.now() - timedelta(minutes=1))


def result(ours: Fortnight, site: Site) -> tuple[tuple[date, time], list[str]]:
    """Where the show is, and the letters that wait."""
    site.fresh()
    waiting = [row.kind for row in db.session.query(Letter).filter(Letter.status == "waiting")]
    return ours.stands(), waiting


def wanted(ours: Fortnight) -> tuple[tuple[date, time], list[str]]:
    return (ours.monday + timedelta(days=1), time(9)), ["moved"]


def confirm(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text("Move Thornleigh School to Tuesday")
    expect(page.get_by_label("The letter as plain text")).to_contain_text("The visit has moved")
    page.get_by_role("button", name="Move it").click()
    expect(page.get_by_role("status").first).to_contain_text("Thornleigh School is moved")


def test_a_show_is_dragged_to_a_lit_place(site: Site, wide_page: Page, ours: Fortnight) -> None:
    site.sign_in(wide_page, ours.person)
    site.open(wide_page, ours.at)
    show = wide_page.locator(f'[data-move="{ours.booked.performance_id}"]')
    birch = ours.days[2].id
    box = show.bounding_box()
    assert box is not None
    wide_page.mouse.move(box["x"] + 20, box["y"] + 40)
    wide_page.mouse.down()
    wide_page.mouse.move(box["x"] + 30, box["y"] + 45, steps=3)
    place = wide_page.locator(f'[data-row="{birch}"] .fr.ok')
    expect(place).to_be_visible()
    expect(wide_page.locator(".fr.ok")).to_have_count(3)
    # 9am: the show's own start, half an hour earlier than before.
    line = wide_page.locator(f'[data-row="{birch}"] .tk').bounding_box()
    assert line is not None
    hours = float(
        wide_page.evaluate("getComputedStyle(document.querySelector('[data-diary]')).getPropertyValue('--n')")
    )
    half_an_hour = line["width"] / hours * 6
    wide_page.mouse.move(box["x"] + 20 - half_an_hour, line["y"] + 25, steps=5)
    panel = wide_page.locator("[data-drop]")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("9:00am, Birch")
    expect(panel).to_contain_text("the same road")
    wide_page.mouse.up()
    confirm(wide_page)
    assert result(ours, site) == wanted(ours)
    wide_page.get_by_role("button", name="Undo the move of Thornleigh School").click()
    expect(wide_page.get_by_role("status").first).to_contain_text("It is back where it was.")
    assert result(ours, site)[0] == (ours.monday + timedelta(days=1), time(9, 30))


def proposed(page: Page, ours: Fortnight, site: Site) -> tuple[str, list[str]]:
    """Keeps the time that the page proposes to the missing school; (its heading, the letters that wait)."""
    expect(page.get_by_label("The letter as plain text")).to_contain_text("Rushton High School")
    said = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("button", name="Keep it and write").click()
    expect(page.get_by_role("status").first).to_contain_text("Kept. The proposal is waiting to go out")
    return said, result(ours, site)[1]


def to_the_missing(ours: Fortnight, at: str) -> tuple[str, list[str]]:
    day = ours.monday + timedelta(days=1)
    return f"Propose {day:%A} {day.day} {day:%B}, {at} to Rushton High School", ["proposed"]


def test_a_missing_school_is_dragged_from_the_list_to_a_lit_place(
    site: Site, wide_page: Page, ours: Fortnight
) -> None:
    site.sign_in(wide_page, ours.person)
    site.open(wide_page, ours.at)
    school = wide_page.locator(f'[data-place="{ours.missing.organisation_id}"]')
    box = school.bounding_box()
    assert box is not None
    wide_page.mouse.move(box["x"] + 100, box["y"] + 45)
    wide_page.mouse.down()
    wide_page.mouse.move(box["x"] + 90, box["y"] + 45, steps=3)
    birch = ours.days[2].id
    expect(wide_page.locator(f'[data-row="{birch}"] .fr.ok')).to_be_visible()
    expect(wide_page.locator(".fr.free:visible")).to_have_count(0)
    line = wide_page.locator(f'[data-row="{birch}"] .tk').bounding_box()
    assert line is not None
    opens, steps = wide_page.evaluate(
        "(diary => [Number(diary.dataset.opens), Number(getComputedStyle(diary).getPropertyValue('--n'))])"
        "(document.querySelector('[data-diary]'))"
    )
    ten = line["x"] + line["width"] * (10 * 60 - opens) / 5 / steps
    wide_page.mouse.move(ten, line["y"] + 20, steps=5)
    wide_page.mouse.move(ten + 1, line["y"] + 25, steps=3)
    expect(wide_page.locator("[data-drop]")).to_contain_text("10:00am, Birch")
    wide_page.mouse.up()
    assert proposed(wide_page, ours, site) == to_the_missing(ours, "10:00am")


def test_a_missing_school_is_placed_by_the_keyboard_alone(
    site: Site, wide_page: Page, ours: Fortnight
) -> None:
    site.sign_in(wide_page, ours.person)
    site.open(wide_page, ours.at)
    wide_page.get_by_role("link", name="Place… Rushton High School").press("Enter")
    expect(wide_page.get_by_role("status")).to_contain_text("A place for Rushton High School")
    wide_page.wait_for_load_state("load")
    wide_page.keyboard.press("Escape")
    expect(wide_page).to_have_url(site.url + ours.at)
    wide_page.get_by_role("link", name="Place… Rushton High School").press("Enter")
    wide_page.get_by_role("link", name="from 9:00am, Birch").press("Enter")
    assert proposed(wide_page, ours, site) == to_the_missing(ours, "9:00am")


def test_without_javascript_a_missing_school_is_placed_too(
    site: Site, plain_page: Page, ours: Fortnight
) -> None:
    site.sign_in(plain_page, ours.person)
    site.open(plain_page, ours.at)
    plain_page.get_by_role("link", name="Place… Rushton High School").click()
    plain_page.get_by_role("link", name="from 9:00am, Birch").click()
    assert proposed(plain_page, ours, site) == to_the_missing(ours, "9:00am")


def test_a_drop_beside_every_place_moves_nothing(site: Site, wide_page: Page, ours: Fortnight) -> None:
    site.sign_in(wide_page, ours.person)
    site.open(wide_page, ours.at)
    wide_page.locator(f'[data-move="{ours.booked.performance_id}"]').drag_to(
        wide_page.get_by_role("heading", level=1)
    )
    expect(wide_page).to_have_url(site.url + ours.at)
    expect(wide_page.locator(".fr.ok")).to_have_count(0)
    assert result(ours, site) == ((ours.monday + timedelta(days=1), time(9, 30)), [])


def test_the_keyboard_alone_comes_to_the_same(site: Site, wide_page: Page, ours: Fortnight) -> None:
    site.sign_in(wide_page, ours.person)
    site.open(wide_page, ours.at)
    wide_page.get_by_role("link", name="Move… Thornleigh School").press("Enter")
    expect(wide_page.get_by_role("status")).to_contain_text("Moving Thornleigh School")
    wide_page.wait_for_load_state("load")
    wide_page.keyboard.press("Escape")
    expect(wide_page).to_have_url(site.url + ours.at)
    wide_page.get_by_role("link", name="Move… Thornleigh School").press("Enter")
    lit = wide_page.get_by_role("link", name="from 9:00am, Birch")
    for _ in range(80):
        wide_page.keyboard.press("Tab")
        if lit.evaluate("link => link === document.activeElement"):
            break
    wide_page.keyboard.press("Enter")
    expect(wide_page.get_by_role("heading", level=1)).to_contain_text("9:00am?")
    wide_page.get_by_role("button", name="Move it").press("Enter")
    expect(wide_page.get_by_role("status").first).to_contain_text("is moved")
    assert result(ours, site) == wanted(ours)


def test_without_javascript_it_comes_to_the_same(site: Site, plain_page: Page, ours: Fortnight) -> None:
    site.sign_in(plain_page, ours.person)
    site.open(plain_page, ours.at)
    plain_page.get_by_role("link", name="Move… Thornleigh School").click()
    plain_page.get_by_role("link", name="Choose from a list").click()
    plain_page.get_by_text("Tuesday").and_(plain_page.get_by_text("Birch")).locator(
        "visible=true"
    ).last.click()
    plain_page.locator(f'button[value="{ours.key(2, "0900")}"]').last.click()
    plain_page.get_by_label("A note in the letter").fill("As we said.")
    plain_page.get_by_role("button", name="See the letter as it would go").click()
    expect(plain_page.get_by_label("The letter as plain text")).to_contain_text("As we said.")
    confirm(plain_page)
    assert result(ours, site) == wanted(ours)


@pytest.mark.look
def test_no_page_of_the_diary_has_a_fault(site: Site, wide_page: Page, app: Flask) -> None:
    """With the longest name there is, a warning, something moved today, and a school that fits."""
    ours = lay(clock.now() - timedelta(minutes=1), name=LONG)
    site.sign_in(wide_page, ours.person)
    site.open(wide_page, f"{ours.move}?slot={ours.key(2, '0930')}")
    wide_page.get_by_role("button", name="Move it").click()
    for path in each_nth(
        (
            ours.at,
            f"{ours.at}&view=month",
            f"{ours.at}&fit={ours.days[1].id}",
            f"{ours.at}&move={ours.booked.performance_id}",
            f"{ours.at}&view=month&move={ours.booked.performance_id}",
            f"{ours.at}&place={ours.missing.organisation_id}",
            f"{ours.move.replace('/move/', '/swap/')}?with={ours.kept.performance_id}",
            ours.move,
            f"{ours.move}?slot={ours.key(0, '0930')}",
            ours.at.replace("/diary?", "/diary/list/booked?"),
            ours.at.replace("/diary?", "/diary/list/held?"),
            "/desk/diary?from=nonsense&view=year&troupe=0",
        ),
        4,
    ):
        site.check(wide_page, path)


def test_on_paper_the_days_stay_and_what_is_for_the_screen_goes(
    site: Site, wide_page: Page, ours: Fortnight
) -> None:
    site.sign_in(wide_page, ours.person)
    site.open(wide_page, ours.at)
    wide_page.emulate_media(media="print")
    expect(wide_page.get_by_role("link", name="Thornleigh School", exact=True)).to_be_visible()
    expect(wide_page.locator(".diaryside")).to_be_hidden()
    expect(wide_page.locator(".bk .mv").first).to_be_hidden()


def test_the_days_show_what_is_there_at_every_width(site: Site, page: Page, ours: Fortnight) -> Any:
    """On a phone a list a day: every name whole, the road in words."""
    site.sign_in(page, ours.person)
    site.open(page, ours.at)
    expect(page.get_by_text("minutes’ road from Kestermere to Thornleigh School")).to_be_visible()
    expect(page.get_by_text("Free: who would fit?").first).to_be_visible()
