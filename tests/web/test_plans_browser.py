"""Plans in a real browser: asked for, watched while they are drawn up, looked at, compared; axe, keyboard, no
JavaScript, print."""

import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

import make
from browser import Site
from how_many import each_nth
from little_tour import QUICK, Tour, draw_up
from outreach.county.coordinators import Coordinator
from outreach.ground.db import transaction
from outreach.planning import ordering, orders
from outreach.planning.orders import WORKING, TourPlan
from outreach.planning.rules import PlanRules

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form of Redmere-on-the-Wold"


class Desk:
    """A tour with a long name, a school far off, one astray, one that needs two shows; and its
    coordinator."""

    def __init__(self) -> None:
        with transaction():
            self.tour = Tour(schools=4, days=3)
            self.tour.school(5, name=LONG, number_of_pupils=1200)
            self.tour.school(6, name="Far School", easting=800000)
            self.tour.school(7, name="Astray School", easting=None, northing=None)
            self.person: Coordinator = make.person(self.tour.partnership)

    def plan(self, rules: PlanRules = QUICK, *, name: str = "") -> TourPlan:
        with transaction():
            plan = ordering.order(self.tour.programme, rules, name=name, who="Priya", now=make.NOW)
        draw_up()
        return plan


@pytest.fixture
def desk(app: Flask, stopped: Any) -> Desk:
    return Desk()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.look
def test_every_page_of_plans_has_no_fault(site: Site, wide_page: Page, desk: Desk) -> None:
    site.sign_in(wide_page, desk.person)
    site.check(wide_page, "/desk/plans")
    site.check(wide_page, "/desk/plans/new")
    one = desk.plan(name=f"As {LONG}"[:60])
    two = desk.plan(
        PlanRules(seconds=60, extra_troupe="A second van of a very long name indeed", extra_days=2, later=30)
    )
    with transaction():
        waiting = ordering.order(desk.tour.programme, PlanRules(days_at_most=1), who="Priya", now=make.NOW)
    for path in each_nth(
        (
            "",
            f"/{one.id}",
            f"/{two.id}",
            f"/{waiting.id}",
            f"/compare?plan={one.id}&plan={two.id}",
            f"/new?like={two.id}",
            f"/{one.id}/schools/left-out",
            f"/{one.id}/schools/reached",
            f"/{one.id}/schools/guests",
            f"/{one.id}/days/used",
            f"/{one.id}/days/free",
            f"/{one.id}/progress",
            "/compare",
        ),
        4,
    ):
        if not path.endswith("/progress"):  # a part of a page
            site.check(wide_page, f"/desk/plans{path}")
    _keep(wide_page, site, f"/desk/plans/{one.id}", "plan")
    _keep(wide_page, site, f"/desk/plans/compare?plan={one.id}&plan={two.id}", "plans-side-by-side")


def test_a_wrong_rule_is_said_at_its_field_and_axe_finds_nothing(
    site: Site, wide_page: Page, desk: Desk
) -> None:
    site.sign_in(wide_page, desk.person)
    site.open(wide_page, "/desk/plans/new")
    wide_page.get_by_label("A school reached").fill("0")
    wide_page.get_by_role("button", name="Draw it up").click()
    expect(wide_page.get_by_role("alert")).to_contain_text("no school would ever be worth the road")
    expect(wide_page.get_by_label("A school reached")).to_have_value("0")
    site.check(wide_page)


def test_with_the_keyboard_alone_a_plan_is_asked_for_and_its_page_fills_by_itself(
    site: Site, wide_page: Page, desk: Desk
) -> None:
    site.sign_in(wide_page, desk.person)
    site.open(wide_page, "/desk/plans")
    wide_page.get_by_role("link", name="New plan…").focus()
    wide_page.keyboard.press("Enter")
    wide_page.get_by_label("What to call it", exact=True).focus()
    wide_page.keyboard.type("By keyboard")
    wide_page.keyboard.press("Enter")
    expect(wide_page.get_by_role("heading", name="By keyboard")).to_be_visible()
    expect(wide_page.get_by_text("It waits for the planner")).to_be_visible()
    site.fresh()
    (plan,) = orders.of_programme(desk.tour.programme.id)
    with transaction():
        plan.state, plan.taken_by, plan.beat_at = WORKING, "somebody", make.NOW
        plan.so_far_schools, plan.so_far_driving = 3, 120
        plan.so_far_bound, plan.so_far_seconds = 300, 2
    expect(wide_page.get_by_text("The best plan so far reaches 3 schools")).to_be_visible()
    site.check(wide_page)
    with transaction():
        plan.state, plan.taken_by, plan.beat_at = "waiting", "", None
    draw_up()
    expect(wide_page.get_by_role("heading", name="How good is it?")).to_be_visible()
    expect(wide_page.get_by_role("link", name=LONG).first).to_be_visible()


def test_without_javascript_the_page_of_a_plan_comes_to_the_same(
    site: Site, chromium: Browser, desk: Desk
) -> None:
    with transaction():
        plan = ordering.order(desk.tour.programme, QUICK, name="No script", who="Priya", now=make.NOW)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    site.sign_in(page, desk.person)
    site.open(page, f"/desk/plans/{plan.id}")
    expect(page.get_by_text("It waits for the planner")).to_be_visible()
    draw_up()
    expect(page.get_by_role("heading", name="How good is it?")).to_be_visible()
    context.close()


def test_a_plan_prints_with_its_days_and_reasons(site: Site, wide_page: Page, desk: Desk) -> None:
    plan = desk.plan(name="To print")
    site.sign_in(wide_page, desk.person)
    site.open(wide_page, f"/desk/plans/{plan.id}")
    wide_page.emulate_media(media="print")
    expect(wide_page.get_by_text("Another, by other rules…")).to_be_hidden()
    expect(wide_page.get_by_role("link", name="Far School")).to_be_visible()
    expect(wide_page.get_by_text("it is too far").first).to_be_visible()


def _keep(page: Page, site: Site, path: str, name: str) -> None:
    """A picture of the page, wide and on a phone, where SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS")
    if not folder:
        return
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        site.open(page, path)
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
