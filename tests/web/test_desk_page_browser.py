"""The desk, its news and the kept times in a real browser: axe, no sideways scroll, by keyboard, without
JavaScript, on paper."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.booking.proposals import Proposal
from outreach.county.partnerships import Partnership
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of, wall
from outreach.post.outgoing import duty

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form of Redmere-on-the-Wold"


@pytest.fixture
def ours(app: Flask) -> Any:
    """A programme in the midst of its year: shows behind and ahead, some this week, and everything that asks
    for a person."""
    now = clock.now()
    today = day_of(now)
    year = today.year - (today.month < 9)
    duty.begin("a mail worker", now)
    with transaction():
        whose = make.partnership()
        made_at = now - timedelta(days=60)
        programme = make.programme(
            whose, academic_year=year, created_at=made_at, reply_by=today - timedelta(days=1)
        )
        person = make.person(whose)
        for n in range(40):
            school = make.school(
                now - timedelta(days=90),
                name=f"{LONG} {n:02}" if n % 3 else f"Redmere {n:02}",
                number_of_pupils=None if n % 9 == 4 else 1050,
            )
            contact = make.contact(school) if n % 7 else None
            if n % 4 == 0:
                starts = wall(
                    today - timedelta(days=n),
                    (now - timedelta(hours=5)).time().replace(second=0, microsecond=0),
                )
                booking = make.booking(make.show(programme, school, starts), {8: 120, 9: 120}, at=made_at)
                if n % 8 == 0:
                    make.report(booking, "school", starts + timedelta(hours=3), {8: 150, 9: 150})
            elif n % 4 == 1:
                make.booking(
                    make.show(programme, school, now + timedelta(days=n, hours=1)),
                    {8: 120, 9: 120},
                    at=now - timedelta(days=1),
                )
            elif contact is not None:
                make.invitation(programme, school, at=made_at, address=contact.address)
                make.answer(
                    programme,
                    school,
                    "other date" if n % 3 else "waiting list",
                    at=now - timedelta(days=2),
                    reason=LONG,
                )
        for n in range(3):
            db.session.add(
                Proposal(
                    programme_id=programme.id,
                    organisation_id=make.school(name=f"{LONG} kept {n}").organisation_id,
                    starts_at=now + timedelta(days=30),
                    reply_by=today + timedelta(days=n),
                    recorded_at=now - timedelta(days=3),
                    who="Priya Nandakumar",
                    people=[],
                    ended_as="",
                )
            )
    return person, programme


@pytest.mark.look
def test_the_desk_its_news_and_the_kept_times_have_no_fault(site: Site, page: Page, ours: Any) -> None:
    person, programme = ours
    site.sign_in(page, person)
    site.check(page, "/desk", widths=(320, 390, 800, 1000, 1280))
    page.get_by_text("Week by week").click()
    site.check(page)
    for path in (
        "/desk/news",
        "/desk/offers",
        "/desk/offers?until=2020-01-01",
        f"/desk/news?kind=x&programme={programme.id}",
    ):
        site.check(page, path)


@pytest.mark.look
def test_the_empty_desk_has_no_fault(app: Flask, site: Site, page: Page) -> None:
    with transaction():
        without = make.person(make.partnership())
        whose = make.partnership(("999",))
        make.programme(whose)
        empty = make.person(whose)
    for person in (without, empty):
        site.sign_in(page, person)
        for path in ("/desk", "/desk/news", "/desk/offers"):
            site.check(page, path)


def test_figures_and_todays_actions_come_first_on_a_phone_and_beside_the_figures_on_a_desk(
    site: Site, page: Page, ours: Any
) -> None:
    site.sign_in(page, ours[0])
    site.open(page, "/desk")
    mini, bar = page.locator(".mini").bounding_box(), page.locator(".bar9").bounding_box()
    actions = [box for li in page.locator(".act li").all() if (box := li.bounding_box())]
    assert mini and bar and len(actions) >= 4
    assert mini["y"] + mini["height"] <= actions[0]["y"] <= 300
    assert actions[-1]["y"] < bar["y"]
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.locator(".mini")).to_be_hidden()
    required, figures = page.locator(".required").bounding_box(), page.locator(".kpi").bounding_box()
    assert required and figures and required["x"] > figures["x"] + figures["width"]


def test_the_trend_is_three_bars_on_a_phone_and_a_picture_on_a_desk(
    site: Site, page: Page, ours: Any
) -> None:
    site.sign_in(page, ours[0])
    site.open(page, "/desk")
    expect(page.locator(".trend")).to_be_hidden()
    widths = [box["width"] for i in page.locator(".so-far i").all() if (box := i.bounding_box())]
    assert 2 <= len(widths) <= 3 and widths == sorted(widths) and widths[0] > 0
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.locator(".trend")).to_be_visible()
    expect(page.locator(".so-far")).to_be_hidden()


def test_another_programme_is_chosen_without_javascript(site: Site, plain_page: Page, ours: Any) -> None:
    person, programme = ours
    with transaction():
        make.programme(
            db.session.get_one(Partnership, person.partnership_id),
            academic_year=programme.academic_year - 1,
            title=LONG,
            created_at=programme.created_at - timedelta(days=365),
        )
    site.sign_in(plain_page, ours[0])
    site.open(plain_page, "/desk")
    plain_page.get_by_label("Programme").select_option(index=1)
    plain_page.get_by_role("button", name="Show").click()
    expect(plain_page.get_by_role("heading", level=1)).to_contain_text(LONG)


def test_the_first_action_is_reached_by_keyboard(site: Site, wide_page: Page, ours: Any) -> None:
    site.sign_in(wide_page, ours[0])
    site.open(wide_page, "/desk")
    wide_page.locator(".required a").first.focus()
    wide_page.keyboard.press("Enter")
    expect(wide_page).to_have_url(
        site.url
        + "/desk/offers?programme="
        + str(ours[1].id)
        + "&until="
        + (day_of(clock.now()) + timedelta(days=3)).isoformat()
    )
    assert wide_page.locator("tbody tr").count() == 3


def test_the_desk_on_paper_has_its_figures_and_no_controls(site: Site, wide_page: Page, ours: Any) -> None:
    site.sign_in(wide_page, ours[0])
    wide_page.emulate_media(media="print")
    site.open(wide_page, "/desk")
    expect(wide_page.get_by_role("heading", name="Action required")).to_be_visible()
    expect(wide_page.get_by_role("link", name="Write to schools…")).to_be_hidden()
    expect(wide_page.get_by_text("Week by week")).to_be_hidden()
