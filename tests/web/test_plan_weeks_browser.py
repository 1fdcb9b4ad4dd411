"""Days by wishes in a real browser: asked with each weight, the weeks looked at on their map, accepted; then the troupe
is ill for a week, and planned again nobody who said yes moves."""

import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from little_tour import Tour, draw_up
from outreach.booking.calling_off import affected, deeds
from outreach.booking.calling_off.scope import Scope
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import proposing
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of
from outreach.planning import orders, rules

pytestmark = [pytest.mark.browser, pytest.mark.any_database]

WEIGHTS = {
    "as far as it costs no driving": "free",
    "not at all": "not at all",
    "a little": "a little",
    "some": "some",
    "much": "much",
}


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


def test_a_plan_is_asked_with_each_weight_its_weeks_looked_at_accepted_and_planned_again_after_a_week_of_illness(
    site: Site, wide_page: Page, tour: Tour
) -> None:
    page = wide_page
    with transaction():
        person = make.person(tour.partnership)
    site.sign_in(page, person)
    for words, strength in WEIGHTS.items():
        site.open(page, "/desk/plans/new")
        for wish in ("Who is furthest behind", "A week stays", "How weeks and troupes"):
            page.get_by_label(wish).select_option(words)
        page.get_by_role("button", name="Draw it up").click()
        expect(page.get_by_text("It waits for the planner")).to_be_visible()
        draw_up()
        site.fresh()
        plan = orders.of_programme(tour.programme.id)[0]
        wished = rules.unpack(plan.rules).wishes
        assert {wished.behind, wished.near, wished.weeks} == {strength}
        site.open(page, f"/desk/plans/{plan.id}")
        page.get_by_role("link", name="The weeks on a map").click()
        expect(page.get_by_role("img", name="Map: each school bears the number")).to_be_visible()
        expect(page.locator(".daymap circle")).to_have_count(12)
        _keep(page, f"plan-weeks-{strength.replace(' ', '-')}")
    site.check(page)
    site.check(page, f"/desk/plans/{plan.id}")
    site.check(page, "/desk/plans/new")
    site.open(page, f"/desk/plans/{plan.id}")
    page.get_by_role("button", name="Accept what is ticked").click()
    page.get_by_role("button", name="Offer").click()
    expect(page.get_by_text("Nobody is booked by us.").first).to_be_visible()
    site.fresh()
    kept = db.session.query(Proposal).order_by(Proposal.starts_at, Proposal.id).all()
    yes = kept[::2]
    with transaction():
        for proposal in yes:
            proposing.accept(proposal, _promise(proposal), who="Joanna", now=make.NOW)
    monday = tour.days[0].day + timedelta(days=7)
    ill = {monday + timedelta(days=n) for n in range(5)}
    promised = [each for each in _promised() if day_of(each[1]) not in ill]
    assert 0 < len(promised) < len(yes)
    _is_ill(tour, monday, monday + timedelta(days=4))
    site.open(page, f"/desk/plans/{plan.id}")
    page.get_by_role("button", name="Plan again, keeping these").click()
    draw_up()
    site.fresh()
    again = orders.of_programme(tour.programme.id)[0]
    assert (again.based_on, again.state) == (plan.id, "done")
    assert _promised() == promised
    planned = orders.lines(again)
    assert not {line.organisation_id for line in planned} & {
        organisation_id for organisation_id, _ in promised
    }
    assert planned and not {line.day for line in planned} & ill
    stays = {
        (each.organisation_id, each.starts_at) for each in kept[1::2] if day_of(each.starts_at) not in ill
    }
    assert stays <= {(line.organisation_id, line.starts_at) for line in planned}
    site.check(page, f"/desk/plans/{again.id}/weeks")


def _promise(proposal: Proposal) -> Promise:
    who = Colleague(
        name="Joanna Fell",
        address=proposal.people[0].address,
        duty="safeguarding lead",
        phone="01632 960 204",
    )
    return Promise(pupils={8: 100, 9: 100}, hall="Main hall", people=(who,))


def _is_ill(tour: Tour, first: date, last: date) -> None:
    scope = Scope(
        partnership_id=tour.partnership.id, first=first, last=last, part="day", troupe_id=tour.troupe.id
    )
    with transaction():
        seen = affected.look(scope, now=make.NOW).references
        deeds.call_off(scope, key="ill", reason="Illness", seen=seen, who="Priya", now=make.NOW)


def _promised() -> list[tuple[int, datetime]]:
    rows = db.session.query(Booking).filter(Booking.ended_at.is_(None))
    return sorted((row.organisation_id, row.performance.starts_at) for row in rows)


def _keep(page: Page, name: str) -> None:
    """A picture of the page, where SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
