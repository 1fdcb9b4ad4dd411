"""Lists in a real browser: accessible, nothing sideways, lines put right by hand."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import make
from browser import Site
from county.lists.shapes import book
from outreach.county import contacts
from outreach.ground.db import db, transaction

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form College for Kestermere and the Northern Villages"


def _sent(site: Site, page: Page, where: str, content: bytes, name: str) -> str:
    site.open(page, where)
    page.locator("#file").set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
    page.get_by_role("button", name="See what it would do…").click()
    return page.url.removeprefix(site.url)


def test_a_list_is_looked_at_put_right_and_taken_in(site: Site, wide_page: Page, tmp_path: Path) -> None:
    with transaction():
        partnership = make.partnership()
        site.sign_in(wide_page, make.person(partnership))
        make.programme(partnership)
        organisation_id = make.school(name=LONG, town="Kestermere").organisation_id
        make.school(
            name="Kestermere Primary",
            statutory_low_age=4,
            statutory_high_age=11,
            phase_of_education="Primary",
        )
        make.school(name="Elmstead School", town="North Marl")
        make.school(name="Elmstead School", town="South Marl")
        make.contact(
            db.session.get_one(make.School, organisation_id), address="was@redmere.example", name="Was"
        )
    content = book(
        {
            "Secondary": [
                ["Autumn"],
                ["URN", "School", "DSL", "Email", "Notes 2026"],
                [organisation_id, LONG, "Jo Fell", "jo@redmere.example", "mind a@b.example"],
                [organisation_id, LONG, "Is", "was@redmere.example"],
                [organisation_id, LONG, "Margit Lund", "m.lund@redmere"],
                ["", "Elmstead School", "Tom Ferris", "t.ferris@elmstead.example"],
                ["", "Kestermere Primary", "Ada Moss", "head@kestermere.example"],
            ],
            "Special": [["Anstalt", "Wer"], ["Elmstead School", "a@b.example"]],
        }
    )
    where = _sent(site, wide_page, "/desk/contacts", content, "list.xlsx")
    site.check(wide_page, where)
    expect(wide_page.get_by_role("heading", level=1)).to_have_text(re.compile("^2 of [0-9]+ lines need you$"))
    expect(wide_page.locator("main")).to_contain_text("Did you mean m.lund@redmere.example?")
    expect(wide_page.locator("#ask-1")).to_contain_text("say which column is what")
    asked, below = (wide_page.locator(one).bounding_box() for one in ("#ask-1", "#repair"))
    assert asked and below and below["y"] - asked["y"] - asked["height"] >= 16
    for show in ("new", "changed", "outside"):
        site.check(wide_page, f"{where}?show={show}")
    site.open(wide_page, where)
    wide_page.get_by_label("Email address, line 5").fill("m.lund@redmere.example")
    wide_page.get_by_label("School, line 6").select_option(label="Elmstead School, South Marl")
    wide_page.get_by_role("button", name="Keep this page, look again").click()
    expect(wide_page.get_by_role("heading", level=1)).to_have_text("Every line can be taken in")
    wide_page.locator("#source").fill("the council’s list")
    wide_page.get_by_role("button", name="Take in").click()
    expect(wide_page.locator("main")).to_contain_text(
        "3 contacts added, 1 changed and 1 not in the target. 5 lines read."
    )
    listed = wide_page.url.removeprefix(site.url)
    site.check(wide_page, listed)
    site.check(wide_page, where)
    site.check(wide_page, "/desk/contacts")
    assert {c.name for c in contacts.contacts_of_organisation(organisation_id)} == {
        "Jo Fell",
        "Is",
        "Margit Lund",
    }
    with transaction():
        contacts.end(
            next(c for c in contacts.contacts_of_organisation(organisation_id) if c.name == "Jo Fell"),
            who="the school",
            now=make.NOW,
        )
    site.open(wide_page, listed)
    wide_page.get_by_role("link", name="Take this list back…").click()
    site.check(wide_page, f"{listed}/take-back")
    wide_page.get_by_role("button", name="Take the list back").click()
    expect(wide_page.locator("main")).to_contain_text(
        "2 contacts ended, 1 as before and 1 left as somebody changed it since."
    )
    site.check(wide_page, listed)
    site.fresh()
    assert {c.name for c in contacts.contacts_of_organisation(organisation_id)} == {"Was"}


def test_past_shows_are_looked_at_kept_and_taken_back(site: Site, wide_page: Page) -> None:
    with transaction():
        partnership = make.partnership()
        site.sign_in(wide_page, make.person(partnership))
        organisation_id = make.school(name=LONG).organisation_id
    site.check(wide_page, "/desk/past-shows")
    content = f"URN,School,Date,Pupils\n{organisation_id},{LONG},9/3/2024,210\n{organisation_id},,soon,\nNowhere,,1/2/2024,\n".encode()
    where = _sent(site, wide_page, "/desk/past-shows", content, "shows.csv")
    site.check(wide_page, where)
    expect(wide_page.get_by_role("heading", level=1)).to_have_text(re.compile("^2 of [0-9]+ lines need you$"))
    wide_page.get_by_role("button", name="Keep as earlier visits").click()
    expect(wide_page.locator("main")).to_contain_text("1 visit added and 2 lines left out. 3 lines read.")
    site.check(wide_page, "/desk/past-shows")
    site.check(wide_page, f"/desk/schools/{organisation_id}")
    expect(wide_page.locator("#bookings")).to_contain_text("9 March 2024")
    site.open(wide_page, "/desk/past-shows")
    wide_page.get_by_role("button", name="Take back").click()
    expect(wide_page.locator("main")).to_contain_text("is taken back whole")
    site.check(wide_page, "/desk/past-shows")
