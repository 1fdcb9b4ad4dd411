"""The coordinator's pages about asking and booking in a real browser: axe, no sideways scroll, at 320 and
1280 px."""

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from how_many import each_nth
from outreach.asking import rounds
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.timespans import day_of

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]


@pytest.mark.look
def test_pages_about_asking_and_booking_have_no_fault(app: Flask, site: Site, wide_page: Page) -> None:
    now = clock.now()
    with transaction():
        ours = make.partnership()
        programme = make.programme(
            ours,
            academic_year=day_of(now).year - (day_of(now).month < 9),
            reply_by=day_of(now) + timedelta(days=9),
        )
        day = day_of(now) + timedelta(days=30)
        make.tour_day(programme, make.troupe(ours), day)
        school = make.school(
            name="The Blessed Margaret Catholic Voluntary Academy and Sixth Form of Redmere-on-the-Wold"
        )
        other = make.school()
        make.contact(
            school, address="safeguarding.lead@the-blessed-margaret-catholic-voluntary-academy.example"
        )
        dead = make.contact(school, role="Office")
        make.contact(other)
        make.dead_address(dead.address)
        show = make.show(programme, school, now + timedelta(days=40))
        reference = make.booking(show, {8: 120}).reference
        sent = rounds.send_round(
            programme, [other.organisation_id], note="spring", who="Priya", now=now
        ).round.id
        person = make.person(ours)
    site.sign_in(wide_page, person)
    at = f"/desk/schools/{school.organisation_id}"
    for path in each_nth(
        (
            "/desk/contacts",
            "/desk/invitations?standing=any",
            f"/desk/invitations/{sent}",
            at,
            f"{at}/facts/status",
            f"{at}/facts/open_date",
            f"{at}/numbers",
            f"{at}/days",
            f"{at}/hours",
            f"{at}/lunch",
            f"{at}/contacts/add",
            f"{at}/invite",
            f"{at}?at=sort%3Dname",
            f"{at}/book",
            "/desk/guide",
            "/desk/guide?q=nothing+of+that+kind",
            f"{at}/contacts/{dead.id}",
            f"{at}/answer",
            f"{at}/target",
            "/desk/bookings",
            f"/desk/bookings/{reference}",
            f"/desk/bookings/{reference}/move",
            f"/desk/bookings/{reference}/change",
            f"/desk/bookings/{reference}/cancel",
            f"/desk/bookings/{reference}/people",
        ),
        4,
    ):
        site.check(wide_page, path)


def test_a_round_is_chosen_looked_at_and_sent_with_the_keyboard(
    app: Flask, site: Site, wide_page: Page
) -> None:
    now = clock.now()
    with transaction():
        ours = make.partnership()
        year = day_of(now).year - (day_of(now).month < 9)
        programme = make.programme(ours, academic_year=year, reply_by=day_of(now) + timedelta(days=9))
        schools = [make.school(name=f"Redmere {n}") for n in range(2)]
        for school in schools:
            make.contact(school)
        person = make.person(ours)
    site.sign_in(wide_page, person)
    site.open(wide_page, f"/desk/invitations?programme={programme.id}")
    wide_page.get_by_label("Redmere 0").focus()
    wide_page.keyboard.press("Space")
    wide_page.get_by_role("button", name="Write to those ticked…").press("Enter")
    expect(wide_page.get_by_role("heading", name="Write to 1 school?")).to_be_visible()
    site.check(wide_page)
    wide_page.get_by_label("A name for this round").fill("spring")
    wide_page.get_by_role("button", name="Send 1 letter").press("Enter")
    expect(wide_page.get_by_role("heading", name="spring")).to_be_visible()
    expect(wide_page.get_by_text("1 letter waiting to go out.")).to_be_visible()
