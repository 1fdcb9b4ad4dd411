"""Ctrl-K: pages, schools, people, bookings and references by a few letters; the search page finds the same."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.county.coordinators import Coordinator
from outreach.ground.db import transaction

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]


@pytest.fixture
def priya(app: Flask) -> Coordinator:
    with transaction():
        ours = make.partnership()
        programme = make.programme(ours)
        school = make.school(name="Redmere Academy", town="Redmere")
        make.contact(school, name="Joanna Fell", address="jo@redmere.example")
        make.booking(make.show(programme, school, make.NOW), {8: 90}, reference="MRL-7K4P")
        theirs = make.partnership(("999",))
        far = make.school(name="Redmere Far Away", la_code="999")
        make.contact(far, name="Joanna Far", address="jo@far.example")
        make.booking(make.show(make.programme(theirs), far, make.NOW), {8: 90}, reference="FAR-7K4P")
        return make.person(ours)


def options(client: FlaskClient, typed: str) -> list[tuple[str, str]]:
    answer = client.get("/desk/search/options", query_string={"q": typed})
    assert answer.status_code == 200
    found = re.findall(r'data-address="([^"]*)">\s*(.*?)\s*<span>', answer.text, re.DOTALL)
    return [(unescape(address), unescape(name)) for address, name in found]


def test_pages_schools_people_bookings_and_references_are_found(
    client: FlaskClient, priya: Coordinator
) -> None:
    make.signed_in(client, priya)
    assert options(client, "wait") == [("/desk/chasing/waiting-list", "Waiting list")]
    assert ("/desk/register", "Register") in options(client, "set reg")
    [(school, name), *rest] = options(client, "redmere acad")
    assert name == "Redmere Academy" and re.fullmatch(r"/desk/schools/\d+", school)
    assert (school, "Joanna Fell") in options(client, "joanna")
    assert ("/desk/bookings/MRL-7K4P", "MRL-7K4P Redmere Academy") in options(client, "7k4p")
    assert options(client, school.rpartition("/")[2])[0] == (school, "Redmere Academy")


@pytest.mark.parametrize("typed", ["redmere", "joanna", "7k4p", "FAR-7K4P", "far"])
def test_nothing_of_another_partnership_is_found(client: FlaskClient, priya: Coordinator, typed: str) -> None:
    make.signed_in(client, priya)
    assert not any("Far" in name or "FAR" in name for _, name in options(client, typed))


@pytest.mark.parametrize("typed", ["", "   ", "xyzzy", "%%", "<b>", "a" * 5000])
def test_nothing_to_find_is_an_empty_list(client: FlaskClient, priya: Coordinator, typed: str) -> None:
    make.signed_in(client, priya)
    assert options(client, typed) == []


def test_who_is_not_signed_in_finds_nothing(client: FlaskClient, priya: Coordinator) -> None:
    assert client.get("/desk/search/options?q=redmere").status_code == 302


def test_the_search_page_finds_pages_too(client: FlaskClient, priya: Coordinator) -> None:
    make.signed_in(client, priya)
    page = client.get("/desk/search?q=waiting").text
    assert (
        '<a href="/desk/chasing/waiting-list">Waiting list</a>' in page and "Nothing here matches" not in page
    )


def test_where_the_palette_leads_keeps_no_section(client: FlaskClient, priya: Coordinator) -> None:
    make.signed_in(client, priya)
    assert "from=" not in client.get("/desk/search/options?q=redmere").text


@pytest.mark.browser
def test_the_palette_by_keyboard(site: Site, wide_page: Page, priya: Coordinator) -> None:
    site.sign_in(wide_page, priya)
    site.open(wide_page, "/desk/gaps")
    palette = wide_page.locator("#palette")
    box = palette.get_by_role("combobox")
    expect(palette).to_be_hidden()
    wide_page.keyboard.press("Control+k")
    expect(palette).to_be_visible()
    expect(box).to_be_focused()
    box.press_sequentially("re")
    expect(palette.get_by_role("status")).to_contain_text("found.")
    expect(box).to_have_attribute("aria-expanded", "true")
    first = palette.get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "palette-1")
    box.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "palette-2")
    box.press("ArrowUp")
    box.press("ArrowUp")
    last = palette.get_by_role("option").last
    expect(last).to_have_attribute("aria-selected", "true")
    site.check(wide_page)
    box.fill("redmere acad")
    expect(palette.get_by_role("option")).to_have_count(2)  # the school, and its booking
    box.press("Enter")
    expect(wide_page.get_by_role("heading", level=1)).to_contain_text("Redmere Academy")
    wide_page.keyboard.press("Control+k")
    wide_page.keyboard.press("Escape")
    expect(palette).to_be_hidden()


@pytest.mark.browser
def test_what_is_chosen_from_nothing_goes_to_the_search_page(
    site: Site, wide_page: Page, priya: Coordinator
) -> None:
    site.sign_in(wide_page, priya)
    site.open(wide_page, "/desk")
    wide_page.keyboard.press("Control+k")
    wide_page.locator("#palette-q").fill("xyzzy")
    expect(wide_page.locator("#palette").get_by_role("status")).to_have_text("Nothing found.")
    wide_page.keyboard.press("Enter")
    expect(wide_page.get_by_role("heading", level=1)).to_have_text("Search for ‘xyzzy’")
