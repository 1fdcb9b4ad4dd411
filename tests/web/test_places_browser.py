"""Places at sessions in a real browser: axe, no sideways scroll, and the whole way on a phone without JavaScript."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from school_story import link_to

import make
import session_life
from browser import Site
from outreach.booking import guest_places
from outreach.booking.promises import Booking
from outreach.county.coordinators import Coordinator
from outreach.ground.db import db, transaction
from session_life import booked, take

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
LONG = "Redmere-on-the-Wold and Kestermere Neighbourhood and Safeguarding Partnership Unit"


@dataclass
class Training:
    """A body with places, one that waits, a school with neither; their links and their coordinator."""

    unit: str
    waits: str
    school: str
    hall: int
    online: int
    booking: Booking
    person: Coordinator


@pytest.fixture
def training(app: Flask, stopped: Any) -> Training:
    c = session_life.lay()
    with transaction():
        c.unit.name = LONG
        c.hall.joining = "Use the door in Mill Lane and ask for the training room."
        person = make.person(c.partnership)
    booking = booked(take(c, c.unit, 12))
    take(c, c.team, 8, who="zoe")
    take(c, c.uncounted, 5, waits=True, who="bo")
    stopped.after(hours=2)
    with transaction():
        tokens = [link_to(c.programme, one) for one in (c.unit, c.uncounted, c.school)]
    return Training(*tokens, c.hall.performance_id, c.online.performance_id, booking, person)


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
def test_pages_of_places_have_no_fault(site: Site, page: Page, training: Training) -> None:
    booked_page = f"/i/{training.unit}/booked/{training.booking.reference}"
    for name, path in {
        "list": f"/i/{training.school}/sessions",
        "list-waits": f"/i/{training.waits}/sessions",
        "take": f"/i/{training.school}/sessions/{training.online}",
        "wait": f"/i/{training.school}/sessions/{training.hall}",
        "booked": booked_page,
        "others": f"{booked_page}/sessions",
        "move": f"{booked_page}/sessions/{training.online}",
        "number": f"{booked_page}/places",
        "give-up": f"{booked_page}/cancel",
    }.items():
        site.check(page, path)
        shot(page, f"places-{name}")


@pytest.mark.look
def test_pages_of_the_desk_have_no_fault(site: Site, wide_page: Page, training: Training) -> None:
    site.sign_in(wide_page, training.person)
    for name, path in {
        "desk-booking": "",
        "desk-number": "/places",
        "desk-others": "/sessions",
        "desk-move": f"/sessions?to={training.online}",
        "desk-cancel": "/cancel",
    }.items():
        site.check(wide_page, f"/desk/bookings/{training.booking.reference}{path}")
        shot(wide_page, name)


def test_a_school_takes_places_moves_and_gives_them_up_on_a_phone_without_a_script(
    site: Site, plain_page: Page, training: Training
) -> None:
    page = plain_page
    site.open(page, f"/i/{training.school}")
    page.get_by_role("link", name="Take places on Wednesday 10 March").click()
    page.get_by_label("How many of your staff will come?").fill("six")
    page.get_by_role("button", name="Carry on").click()
    expect(page.get_by_role("alert")).to_contain_text("enter a whole number in figures")
    expect(page.get_by_label("How many of your staff will come?")).to_have_value("six")
    page.get_by_label("How many of your staff will come?").fill("6")
    page.get_by_label("Name").fill("Ann Lea")
    page.get_by_label("Email address").fill("ann@littlemere.example")
    page.get_by_role("button", name="Carry on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Book these places?")
    shot(page, "places-check")
    page.get_by_role("button", name="Change something").click()
    page.get_by_label("How many of your staff will come?").fill("7")
    page.get_by_role("button", name="Carry on").click()
    page.get_by_role("button", name="Book 7 places").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are booked")
    shot(page, "places-booked-school")
    page.get_by_role("link", name="Give up the places").click()
    page.get_by_label("They are needed on duty then").check()
    page.get_by_role("button", name="Give up the places").click()
    site.open(page, f"/i/{training.school}/sessions/{training.hall}")
    page.get_by_label("How many of your staff will come?").fill("3")
    page.get_by_label("Name").fill("Ann Lea")
    page.get_by_label("Email address").fill("ann@littlemere.example")
    page.get_by_role("button", name="Carry on").click()
    shot(page, "places-check-wait")
    page.get_by_role("button", name="Put us on the waiting list").click()
    expect(page.get_by_role("heading", name="On the waiting list for 3 places")).to_be_visible()
    db.session.rollback()
    assert [place.seats for place in guest_places.asked_of(training.hall)] == [5, 3]
    page.get_by_role("button", name="Leave the waiting list").click()
    expect(page.get_by_text("You are off the waiting list of that session.")).to_be_visible()
