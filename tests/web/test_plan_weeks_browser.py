"""Days by wishes in a real browser: asked with each weight, the weeks looked at on their map, accepted; schools say yes
by their own links and what their lunch is; then the troupe is ill for a week, and planned again nobody who said yes
moves."""

import json
import os
import re
from datetime import date, datetime, time, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

import make
from browser import Site
from little_tour import Tour, draw_up
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county import school_lunch
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of, local
from outreach.planning import orders, rules
from outreach.planning.orders import TourPlan
from outreach.post.outbox import Letter

pytestmark = [pytest.mark.browser, pytest.mark.any_database]

WEIGHTS = {
    "as far as it costs no driving": "free",
    "not at all": "not at all",
    "a little": "a little",
    "some": "some",
    "much": "much",
}


WISHES = ("Who is furthest behind", "A week stays", "How weeks and troupes")


def districts() -> str:
    """North Marl, and Fenwold to the east of it."""
    shapes = [
        {
            "type": "Feature",
            "properties": {"LAD13CD": f"E0700000{n + 1}", "LAD13NM": name},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[west, 51.6], [east, 51.6], [east, 51.8], [west, 51.8], [west, 51.6]]],
            },
        }
        for n, (name, west, east) in enumerate((("North Marl", -1.3, -0.87), ("Fenwold", -0.87, -0.3)))
    ]
    return json.dumps({"type": "FeatureCollection", "features": shapes})


@pytest.fixture
def tour(app: Flask, stopped: Any) -> Tour:
    """Twelve schools to the east of the troupe's base, the far half in Fenwold, and fifteen days in three weeks."""
    with transaction():
        tour = Tour(schools=0, days=15)
        fenwold = {"district_code": "E07000002", "district_name": "Fenwold"}
        tour.schools = [tour.school(n, **(fenwold if n > 5 else {})) for n in range(12)]
        tour.partnership.districts_geojson = districts()
    return tour


@pytest.mark.long  # in each run test_readme_tour_browser.py plans a tour
def test_a_plan_is_asked_with_each_weight_its_weeks_looked_at_accepted_and_planned_again_after_a_week_of_illness(
    site: Site, wide_page: Page, page: Page, tour: Tour
) -> None:
    phone, page = page, wide_page
    with transaction():
        person = make.person(tour.partnership)
    site.sign_in(page, person)
    plan: TourPlan | None = None
    for words, strength in WEIGHTS.items():
        site.open(page, f"/desk/plans/{plan.id}" if plan else "/desk/plans/new")
        for wish in WISHES:
            page.get_by_label(wish).select_option(words)
        page.get_by_role("button", name="Plan by other wishes" if plan else "Draw it up").click()
        expect(page.get_by_text("It waits for the planner")).to_be_visible()
        draw_up()
        site.fresh()
        plan = orders.of_programme(tour.programme.id)[0]
        wished = rules.unpack(plan.rules).wishes
        assert {wished.behind, wished.near, wished.weeks} == {strength}
        expect(page.get_by_role("heading", name="How good is it?")).to_be_visible()  # it shows itself
        for wish in WISHES:
            expect(page.get_by_label(wish).locator("option:checked")).to_have_text(words)
        page.get_by_role("link", name="The weeks on a map").click()
        expect(page.get_by_role("img", name="Map: each school bears the number")).to_be_visible()
        expect(page.locator(".daymap circle")).to_have_count(12)
        _keep(page, f"plan-weeks-{strength.replace(' ', '-')}")
    assert plan is not None
    site.check(page)
    site.check(page, f"/desk/plans/{plan.id}")
    site.check(page, "/desk/plans/new")
    site.open(page, f"/desk/plans/{plan.id}")
    page.get_by_role("button", name="Accept what is ticked").click()
    page.get_by_role("button", name="Offer").click()
    expect(page.get_by_text("Nobody is booked by us.").first).to_be_visible()
    site.fresh()
    kept = db.session.query(Proposal).order_by(Proposal.starts_at, Proposal.id).all()
    said_yes = {
        proposal.organisation_id: n > 0 and _leaves_the_hall_by(proposal, time(12, 30))
        for n, proposal in enumerate(kept[::2])
    }
    assert set(said_yes.values()) == {True, False}, "lunch is in the hall of some, and not of others"
    for link, in_hall in [(_link(one), in_hall) for one, in_hall in said_yes.items()]:
        _says_yes(phone, link, in_hall=in_hall)
    site.fresh()
    assert [organisation_id for organisation_id, _ in _promised()] == sorted(said_yes)
    lunches = {one: school_lunch.own(one) for one in said_yes}
    assert {one: lunch and lunch.is_dining_hall for one, lunch in lunches.items()} == said_yes
    monday = tour.days[0].day + timedelta(days=7)
    ill = {monday + timedelta(days=n) for n in range(5)}
    promised = [each for each in _promised() if day_of(each[1]) not in ill]
    assert 0 < len(promised) < len(said_yes)
    _is_ill(site, page, tour, monday, monday + timedelta(days=4))
    site.fresh()
    assert _promised() == promised
    site.open(page, f"/desk/plans/{plan.id}")
    page.get_by_role("button", name="Plan again, keeping these").click()
    draw_up()
    site.fresh()
    again = orders.of_programme(tour.programme.id)[0]
    assert (again.based_on, again.state) == (plan.id, "done")
    assert _promised() == promised, "nobody who said yes, and was not hit, moves"
    planned = orders.lines(again)
    assert not {line.organisation_id for line in planned} & {
        organisation_id for organisation_id, _ in promised
    }
    assert planned and not {line.day for line in planned} & ill
    stays = {
        (each.organisation_id, each.starts_at) for each in kept[1::2] if day_of(each.starts_at) not in ill
    }
    assert stays and stays <= {(line.organisation_id, line.starts_at) for line in planned}
    expect(page.get_by_role("heading", name="How good is it?")).to_be_visible()
    site.open(page, f"/desk/plans/{again.id}/weeks")
    _keep(page, "plan-weeks-again")
    site.check(page)


def _leaves_the_hall_by(proposal: Proposal, at: time) -> bool:
    assert proposal.performance is not None
    return local(proposal.performance.away_at).time() <= at


def _link(organisation_id: int) -> str:
    """The personal link in the letter that offers a school its time."""
    (letter,) = db.session.scalars(
        select(Letter)
        .join(Proposal, Proposal.uid == Letter.stream)
        .where(Proposal.organisation_id == organisation_id)
    )
    html = message_from_bytes(letter.raw, policy=policy.default).get_body(("html",))
    (link,) = set(re.findall(r'href="(http[^"]+/i/[^"/?#]+)"', html.get_content()))
    return str(link)


def _says_yes(page: Page, link: str, *, in_hall: bool) -> None:
    """A school books the time that is kept for it, and says where its lunch is on the way."""
    page.goto(link)
    page.get_by_role("link", name="Book this time").click()
    page.get_by_role("button", name="Carry on").click()
    page.get_by_label("Hall or room").fill("Main hall")
    page.get_by_role("group", name="Step-free way in?").get_by_label("Yes").check()
    dines = page.get_by_role("group", name="Is the hall used for lunch?")
    dines.get_by_label("Yes" if in_hall else "No").check()
    page.get_by_label("Lunch from").fill("12:45")
    page.get_by_label("Lunch to").fill("13:15")
    if in_hall:
        page.get_by_label("The set may stay standing over lunch").check()
    page.get_by_role("button", name="Carry on").click()
    page.locator("#lead_phone").fill("01632 960 204")
    page.get_by_role("button", name="Carry on").click()
    page.get_by_role("button", name="Book this performance").click()
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()


def _is_ill(site: Site, page: Page, tour: Tour, first: date, last: date) -> None:
    """The coordinator calls all days of the troupe off, and takes no other time for anybody."""
    site.open(page, "/desk/tour/call-off")
    page.get_by_label("What cannot be played?").select_option(f"troupe:{tour.troupe.id}")
    page.get_by_label("First day").fill(f"{first:%d %B %Y}")
    page.get_by_label("Last day").fill(f"{last:%d %B %Y}")
    page.get_by_label("The whole day").check()
    page.get_by_role("button", name="See what it hits").click()
    for chosen in page.locator("select[name^=slot-]").all():
        chosen.select_option("")
    page.get_by_label("Why?").fill("Illness in the cast")
    page.get_by_role("button", name=re.compile("^Call off")).click()
    expect(page.get_by_role("status")).to_contain_text("Called off")


def _promised() -> list[tuple[int, datetime]]:
    rows = db.session.query(Booking).filter(Booking.ended_at.is_(None))
    return sorted((row.organisation_id, row.performance.starts_at) for row in rows)


def _keep(page: Page, name: str) -> None:
    """A picture of the page, where SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
