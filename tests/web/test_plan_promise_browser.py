"""From plan to promise in a real browser: axe, narrow and wide; by keyboard and without JavaScript from plan
to proposals."""

import os
from datetime import time
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from little_tour import MONDAY, Tour, draw_up, stands
from outreach.booking.proposals import Proposal
from outreach.ground.db import db, transaction
from outreach.planning import ordering, orders
from outreach.planning.promising import deciding
from outreach.planning.rules import PlanRules

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form of Redmere-on-the-Wold"


@pytest.fixture
def desk(app: Flask, stopped: Any) -> Any:
    class Desk:
        tour: Tour

    desk = Desk()
    with transaction():
        desk.tour = Tour(schools=4, days=3)
        desk.tour.school(5, name=LONG, number_of_pupils=1200)
        desk.tour.school(7, name="Astray School", easting=None, northing=None)
        make.booking(stands(desk.tour, desk.tour.schools[0], time(10)), {8: 100, 9: 100})
        desk.person = make.person(desk.tour.partnership)
        desk.plan = ordering.order(desk.tour.programme, PlanRules(seconds=60), who="Priya", now=make.NOW)
    draw_up()
    db.session.rollback()
    return desk


@pytest.mark.look
def test_every_page_from_plan_to_promise_has_no_fault(site: Site, wide_page: Page, desk: Any) -> None:
    site.sign_in(wide_page, desk.person)
    plan, lines = desk.plan, orders.lines(desk.plan)
    with transaction():
        deciding.strike(lines[-1], who="Priya", now=make.NOW)
    at, ticked = f"/desk/plans/{plan.id}", "&".join(f"line={each.id}" for each in lines)
    for path in (
        at,
        f"{at}/day/{MONDAY}",
        f"{at}/day/{lines[-1].day}",
        f"{at}/accept?{ticked}",
        f"{at}/accept",
        f"{at}/lines/{lines[0].id}/move",
    ):
        site.check(wide_page, path)
        if folder := os.environ.get("PICTURES"):
            for width in (1280, 390):
                wide_page.set_viewport_size({"width": width, "height": 900})
                name = path.strip("/").replace("/", "-").partition("?")[0]
                wide_page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def test_without_javascript_a_plan_becomes_proposals(site: Site, plain_page: Page, desk: Any) -> None:
    page = plain_page
    site.sign_in(page, desk.person)
    site.open(page, f"/desk/plans/{desk.plan.id}")
    page.get_by_role("button", name="Accept what is ticked").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("times to schools?")
    page.get_by_role("button", name="Offer").click()
    expect(page.get_by_text("Nobody is booked by us.").first).to_be_visible()
    db.session.rollback()
    assert db.session.query(Proposal).count() == len(orders.lines(desk.plan))
