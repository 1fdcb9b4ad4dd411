"""The gaps list in a real browser: axe, no sideways scroll at 320 and 1280 px, by keyboard, without
JavaScript, on paper."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from how_many import each_nth
from outreach.asking import notes, owners
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of
from outreach.tour import target_decisions

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form of Redmere-on-the-Wold"
SCHOOLS = 60


@pytest.fixture
def ours(app: Flask) -> Any:
    """A programme of this year with sixty gaps on two pages: long names, unknown numbers, every kind of cause
    at hand."""
    now = clock.now()
    with transaction():
        whose = make.partnership()
        year = day_of(now).year - (day_of(now).month < 9)
        programme = make.programme(
            whose,
            academic_year=year,
            created_at=now - timedelta(days=80),
            reply_by=day_of(now) + timedelta(days=30),
        )
        make.tour_day(programme, make.troupe(whose), day_of(now) + timedelta(days=30))
        person = make.person(whose)
        make.person(whose, name="Owen Bright-Featherstonehaugh-Cholmondeley")
        for n in range(SCHOOLS):
            school = make.school(
                now - timedelta(days=90),
                name=f"{LONG} {n:02}" if n < 3 else f"Redmere {n:02}",
                district_code=f"E0700000{n % 20:02}",
                district_name=f"District of Redmere-on-the-Wold {n % 20}",
                number_of_pupils=None if n % 3 else 1050,
            )
            if n % 4:
                contact = make.contact(school)
            if n % 4 == 2:
                make.invitation(
                    programme, school, at=now - timedelta(days=40), address=contact.address, repeat=0
                )
            if n % 4 == 3:
                make.answer(
                    programme, school, "other date", at=now - timedelta(days=3), reason="after Easter"
                )
        owners.assign(programme, [school.organisation_id], person, who="x", now=now)
        return person, programme


@pytest.mark.look
def test_the_list_and_each_preview_have_no_fault(site: Site, wide_page: Page, ours: Any) -> None:
    person, programme = ours
    at = f"/desk/gaps/do?programme={programme.id}&cause=wants+another+date&whole=1&deed="
    site.sign_in(wide_page, person)
    for path in each_nth(
        (
            "/desk/gaps",
            "/desk/gaps?district=E070000003&standing=asked&never=1&find=redmere&sort=district",
            "/desk/gaps?find=nowhere",
            "/desk/gaps?standing=lost&page=9",
            "/desk/gaps?cols=none",
            "/desk/gaps?cols=since+contact+owner+follow+groups+trust",
            f"{at}follow-up",
            f"{at}assign",
            f"{at}note",
            f"{at}exclude",
            f"{at}export",
            f"{at}remind",
            f"/desk/gaps/do?programme={programme.id}&whole=1&standing=not+asked&deed=invite",
        ),
        4,
    ):
        site.check(wide_page, path)


def test_ticks_are_counted_in_the_bar_and_given_to_somebody_by_keyboard(
    site: Site, wide_page: Page, ours: Any
) -> None:
    person, programme = ours
    site.sign_in(wide_page, person)
    site.open(wide_page, f"/desk/gaps?programme={programme.id}&sort=name")
    bar = wide_page.get_by_role("region", name="With the ticked schools")
    expect(bar).to_have_count(0)
    expect(wide_page.locator(".bulk")).to_be_hidden()
    boxes = wide_page.locator("tbody input[type=checkbox]")
    boxes.nth(0).focus()
    wide_page.keyboard.press("Space")
    boxes.nth(1).press("Space")
    expect(bar).to_contain_text("2 schools ticked")
    expect(bar.get_by_role("button", name="Write to 2 schools…")).to_be_visible()
    wide_page.get_by_role("checkbox", name="Tick all 50 on this page").check()
    expect(bar).to_contain_text("50 schools ticked")
    bar.get_by_label("all 60 that match").check()
    expect(bar).to_contain_text("60 schools ticked")
    bar.get_by_label("all 60 that match").uncheck()
    wide_page.get_by_role("checkbox", name="Tick all 50 on this page").uncheck()
    expect(wide_page.locator(".bulk")).to_be_hidden()
    expect(wide_page.locator("[data-ticked-said]")).to_have_text("No school ticked")
    boxes.nth(4).check()
    wide_page.get_by_role("button", name="Next page").click()
    expect(bar).to_contain_text("1 school ticked: 0 here, 1 on other pages")
    boxes.nth(0).check()
    site.check(wide_page)
    bar.get_by_role("button", name="Assign…").click()
    expect(wide_page.get_by_role("heading", level=1)).to_have_text("Who looks after 2 schools?")
    wide_page.get_by_role("button", name="Assign 2 schools").click()
    expect(wide_page.get_by_role("alert")).to_contain_text("Choose who looks after them.")
    site.check(wide_page)
    wide_page.get_by_label("Owen Bright").check()
    wide_page.get_by_role("button", name="Assign 2 schools").press("Enter")
    expect(wide_page.get_by_role("status").filter(has_text="2 schools given to Owen Bright")).to_be_visible()
    site.fresh()
    assert sum(o.name.startswith("Owen") for o in owners.owners_of_programme(programme.id).values()) == 2


def test_all_of_it_works_on_a_phone_without_javascript(site: Site, plain_page: Page, ours: Any) -> None:
    person, programme = ours
    site.sign_in(plain_page, person)
    site.open(plain_page, "/desk/gaps")
    plain_page.get_by_label("Wants another date").check()
    plain_page.get_by_label("Name or URN").fill("redmere")
    plain_page.get_by_role("button", name="Apply").click()
    expect(plain_page.get_by_text("Kept in this address, and for next time")).to_be_visible()
    expect(plain_page.locator("tr.school")).to_have_count(15)
    site.open(plain_page, "/desk/gaps")
    expect(plain_page.locator("tr.school")).to_have_count(15)
    plain_page.get_by_role("button", name="‘redmere’ (take this filter away)").click()
    expect(
        plain_page.get_by_role("button", name="Wants another date (take this filter away)")
    ).to_be_visible()
    plain_page.locator("tbody input[type=checkbox]").nth(0).check()
    plain_page.get_by_label("all 15 that match").check()
    plain_page.get_by_role("button", name="Note…").click()
    plain_page.get_by_label("We talked with the school").check()
    plain_page.get_by_label("The note", exact=True).fill("Rings back after Easter")
    plain_page.get_by_role("button", name="Note about 15 schools").click()
    expect(plain_page.get_by_text("15 schools noted.")).to_be_visible()
    plain_page.get_by_role("button", name="Clear").click()
    expect(plain_page.locator("tr.school")).to_have_count(50)
    plain_page.locator("tbody input[type=checkbox]").nth(3).check()
    plain_page.get_by_role("button", name="Next page").click()
    expect(plain_page.locator("tr.school")).to_have_count(10)
    plain_page.get_by_role("button", name="Exclude…").click()
    expect(plain_page.get_by_role("heading", level=1)).to_have_text("Take 1 school out of the target?")
    plain_page.get_by_label("Why?").fill("Runs its own")
    plain_page.get_by_role("button", name="Exclude 1 school").click()
    expect(plain_page.get_by_text("1 school taken out of the target.")).to_be_visible()
    site.fresh()
    assert len(target_decisions.decisions(programme.id)) == 1
    assert db.session.scalar(db.select(db.func.count()).select_from(notes.NoteOnOrganisation)) == 15


def test_nothing_that_has_the_focus_hides_under_the_bar(site: Site, wide_page: Page, ours: Any) -> None:
    site.sign_in(wide_page, ours[0])
    site.open(wide_page, "/desk/gaps?sort=name")
    wide_page.locator("tbody input[type=checkbox]").nth(0).press("Space")
    for _ in range(60):
        wide_page.keyboard.press("Tab")
        under = wide_page.evaluate(
            """() => { const a = document.activeElement, bar = document.querySelector('.bulk');
            if (bar.contains(a) || !a.closest('table')) return false;
            return a.getBoundingClientRect().bottom > bar.getBoundingClientRect().top; }"""
        )
        assert not under


FOCUS = """() => { const a = document.activeElement;
    return [a.closest("main") ? "main" : "", a.closest("tr.school") ? "row" : "", a.innerText || a.value]; }"""


@pytest.mark.parametrize("query", ["", "?district=E070000003&standing=asked&find=redmere&sort=district"])
def test_the_keyboard_is_in_the_rows_within_five_stops(
    site: Site, wide_page: Page, page: Page, ours: Any, query: str
) -> None:
    for at in (wide_page, page):
        site.sign_in(at, ours[0])
        site.open(at, f"/desk/gaps{query}")
        at.evaluate("document.querySelector('#main').setAttribute('tabindex', '-1')")
        at.locator("#main").focus()
        stops = []
        for _ in range(5):
            at.keyboard.press("Tab")
            stops.append(at.evaluate(FOCUS))
        assert [where for where, *_ in stops] == ["main"] * 5
        assert stops[0][2].startswith("Filter") and stops[-1][1] == "row", stops


def test_filters_are_at_hand_beside_the_list_and_on_a_phone_behind_one_button(
    site: Site, wide_page: Page, page: Page, ours: Any
) -> None:
    def top(at: Page, name: str) -> float:
        return float(at.get_by_label(name).evaluate("box => box.getBoundingClientRect().top + scrollY"))

    site.sign_in(wide_page, ours[0])
    site.open(wide_page, "/desk/gaps")
    assert top(wide_page, "Name or URN") < 300 and top(wide_page, "Unreachable") < 480
    site.sign_in(page, ours[0])
    site.open(page, "/desk/gaps")
    button = page.get_by_role("link", name="Filter")
    below_head = (
        "a => a.getBoundingClientRect().bottom - document.querySelector('#main').getBoundingClientRect().top"
    )
    assert button.evaluate(below_head) < 170
    button.click()
    expect(page.get_by_label("Name or URN")).to_be_in_viewport()
    assert top(page, "Name or URN") < 700
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#filter') !== null")
    site.check(page)


def test_a_view_is_kept_opened_and_removed_from_its_menu(
    site: Site, wide_page: Page, page: Page, ours: Any
) -> None:
    site.sign_in(wide_page, ours[0])
    site.open(wide_page, "/desk/gaps?standing=asked&sort=name")
    wide_page.get_by_text("View", exact=True).press("Enter")
    wide_page.get_by_label("Keep this view as").fill("Asked, by name")
    wide_page.get_by_label("for all of us").check()
    wide_page.get_by_role("button", name="Keep", exact=True).click()
    expect(wide_page.get_by_text("‘Asked, by name’ is kept for all of you")).to_be_visible()
    wide_page.get_by_text("View", exact=True).click()
    site.check(wide_page)
    wide_page.get_by_role("button", name="Remove the view ‘Asked, by name’").click()
    wide_page.get_by_role("button", name="Undo").click()
    expect(wide_page.get_by_text("stands under View again")).to_be_visible()
    site.sign_in(page, ours[0])
    site.open(page, "/desk/gaps")
    page.get_by_text("View", exact=True).click()
    site.check(page)
    page.get_by_role("link", name="Asked, by name").click()
    expect(page.locator("tr.school")).to_have_count(30)


def test_on_a_phone_the_bar_comes_up_with_the_first_tick_and_leads_to_a_day_for_those_ticked(
    site: Site, page: Page, ours: Any
) -> None:
    site.sign_in(page, ours[0])
    page.set_viewport_size({"width": 390, "height": 844})
    site.open(page, "/desk/gaps")
    expect(page.locator(".bulk")).to_be_hidden()
    page.locator("tbody input[type=checkbox]").nth(0).check()
    bar = page.get_by_role("region", name="With the ticked schools")
    expect(bar).to_be_in_viewport()
    site.check(page)
    bar.get_by_role("button", name="Follow up…").click()
    page.get_by_label("On which day?").fill("in a week")
    page.get_by_role("button", name="Keep this day for 1 school").click()
    expect(page.get_by_text("1 school kept for that day.")).to_be_visible()


def test_the_list_prints_without_its_controls(site: Site, page: Page, ours: Any) -> None:
    site.sign_in(page, ours[0])
    site.open(page, "/desk/gaps")
    page.locator("tbody input[type=checkbox]").nth(0).check()
    page.emulate_media(media="print")
    expect(page.get_by_text("Redmere 04", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Assign…")).to_be_hidden()
    expect(page.get_by_role("button", name="Apply")).to_be_hidden()
    expect(page.get_by_text("View", exact=True)).to_be_hidden()
