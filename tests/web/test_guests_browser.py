"""Host and guest in a real browser: axe, no sideways scroll, the keyboard, and the whole way on a phone
without JavaScript."""

import os
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from school_story import link_to

import make
from booking import neighbours
from browser import Site
from outreach.booking.guests import hosting
from outreach.county.coordinators import Coordinator
from outreach.ground.db import transaction

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form of Redmere-on-the-Wold"


@dataclass
class County:
    """A host with a long name, a guest, one that asks; their links and their coordinator."""

    host: str
    guest: str
    asking: str
    reference: str
    guest_reference: str
    performance_id: int
    place_id: int
    person: Coordinator


@pytest.fixture
def county(app: Flask, stopped: Any) -> County:
    c = neighbours.lay()
    with transaction():
        c.school.name = LONG
        c.troupe.base_name, c.troupe.base_easting, c.troupe.base_northing = "Kestermere depot", 444000, 212000
        third = make.school(name="Kestermere Special School", easting=452000, number_of_pupils=63)
        person = make.person(c.partnership)
    place = neighbours.ask(c, message="We know your hall.")
    with transaction():
        booking = hosting.agree(
            place,
            seats=18,
            terms="Bring your own staff; use the side gate.",
            who="The office",
            now=neighbours.now(),
        )
        assert booking is not None
    neighbours.move(c)
    with transaction():
        far = make.school(name="Fargate High", easting=462000)
    neighbours.book(c, far, {8: 120}, "office@fargate.example", day=1, at=time(13, 15))
    asks = neighbours.ask(c, third, address="office@kestermere.example")
    stopped.after(hours=2)
    with transaction():
        tokens = [link_to(c.programme, s) for s in (c.school, c.small, third)]
    return County(*tokens, c.host.reference, booking.reference, c.host.performance_id, asks.id, person)


def shot(page: Page, name: str) -> None:
    """Kept to be looked at, where SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        before = page.viewport_size
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
        if before:
            page.set_viewport_size(before)


@pytest.mark.look
def test_pages_of_host_and_guest_have_no_fault(site: Site, page: Page, county: County) -> None:
    host, guest, asking = (f"/i/{token}" for token in (county.host, county.guest, county.asking))
    mine = f"{host}/booked/{county.reference}"
    for name, path in {
        "host-booked": mine,
        "host-guests": f"{mine}/guests",
        "host-answer": f"{mine}/guests/{county.place_id}",
        "guest-booked": f"{guest}/booked/{county.guest_reference}",
        "guest-coming": f"{guest}/booked/{county.guest_reference}/coming",
        "guest-leave": f"{guest}/booked/{county.guest_reference}/cancel",
        "asking-hosts": f"{asking}/hosts",
        "asking-times": f"{asking}/times",
    }.items():
        site.check(page, path)
        shot(page, name)
    site.open(page, f"{asking}/hosts/{county.performance_id}")
    page.get_by_role("button", name="Ask The Blessed").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    site.check(page)
    site.open(page, f"{mine}/guests/{county.place_id}")
    page.get_by_role("button", name="Answer").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Say whether they may come")
    site.check(page)
    shot(page, "host-answer-error")


@pytest.mark.look
def test_pages_of_the_coordinator_have_no_fault(site: Site, wide_page: Page, county: County) -> None:
    site.sign_in(wide_page, county.person)
    for name, path in {
        "desk-show": f"/desk/shows/{county.performance_id}",
        "desk-guests": "/desk/guests",
        "desk-guest": f"/desk/guests/{county.place_id}",
        "desk-booking": f"/desk/bookings/{county.guest_reference}",
        "desk-roads": "/desk/setup/roads",
        "desk-settings": "/desk/setup/partnership",
        "desk-bookings": "/desk/bookings",
    }.items():
        site.check(wide_page, path)
        shot(wide_page, name)


def test_a_table_that_cannot_be_right_is_said_line_by_line(
    site: Site, wide_page: Page, county: County
) -> None:
    site.sign_in(wide_page, county.person)
    site.open(wide_page, "/desk/setup/roads")
    wide_page.get_by_label("Table of minutes").set_input_files(
        {"name": "t.csv", "mimeType": "text/csv", "buffer": b"From,To,Minutes\n1,2,-4\nx,2,5\n"}
    )
    wide_page.get_by_role("button", name="Bring it in").click()
    expect(wide_page.get_by_role("alert")).to_contain_text("Line 3: ‘x’ is neither a URN")
    site.check(wide_page)
    shot(wide_page, "desk-roads-error")


def test_a_small_school_joins_on_a_phone_without_javascript(
    site: Site, plain_page: Page, county: County
) -> None:
    page = plain_page
    site.open(page, f"/i/{county.asking}/hosts")
    page.get_by_role("button", name="Take the question back").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("taken back")
    page.get_by_role("link", name="Ask at The Blessed").press("Enter")
    page.get_by_role("button", name="Ask The Blessed").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    shot(page, "asking-join-error")
    page.get_by_label("We have few pupils of these year groups").check()
    page.get_by_label("Year 8").fill("8")
    page.get_by_label("Year 9").fill("7")
    page.get_by_label("By minibus").check()
    page.get_by_label("When will you be there?").fill("9:40")
    page.locator("#lead_name").fill("Ann Lea")
    page.locator("#lead_address").fill("a.lea@kestermere.example")
    page.locator("#lead_phone").fill("01632 960 300")
    page.get_by_role("button", name="Ask The Blessed").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is asked")
    shot(page, "asking-asked")
    # the host, by its own link
    site.open(page, f"/i/{county.host}/booked/{county.reference}")
    page.get_by_role("link", name="Answer").press("Enter")
    page.get_by_role("link", name="Answer").press("Enter")
    expect(page.get_by_text("By minibus, there at 9:40am")).to_be_visible()
    page.get_by_label("They may come").check()
    page.get_by_label("How many seats do you give them?").fill("12")
    page.get_by_label("What should they know?").fill("Be there by 9:30am.")
    page.get_by_role("button", name="Answer").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is asked whether it comes with 12")
    # and the guest takes the fewer seats
    site.open(page, f"/i/{county.asking}/hosts")
    page.get_by_role("link", name="Say who comes").press("Enter")
    shot(page, "asking-fewer")
    page.get_by_label("Year 8").fill("8")
    page.get_by_label("Year 9").fill("4")
    page.get_by_role("button", name="Book these seats").press("Enter")
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    expect(page.get_by_text("Be there by 9:30am.")).to_be_visible()
    shot(page, "asking-booked")


def test_a_guest_says_that_it_still_comes(site: Site, plain_page: Page, county: County) -> None:
    page = plain_page
    site.open(page, f"/i/{county.guest}")
    page.get_by_role("button", name="We still come").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your places are kept")
    expect(page.get_by_role("button", name="We still come")).to_have_count(0)
