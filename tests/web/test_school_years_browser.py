"""The school's page, register changes and handing a booking on, in a real browser: axe, no sideways scroll,
and the keyboard alone."""

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.asking import notes
from outreach.booking.promises import Booking
from outreach.county import corrections
from outreach.county.register.decisions import RegisterChange
from outreach.county.schools import RegisterImport, School
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of
from outreach.web.coordinator.register_changes import KINDS

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form of Redmere-on-the-Wold"


@pytest.fixture
def county(app: Flask, site: Site, wide_page: Page) -> tuple[School, School, str]:
    """A closed school of a very long name with a booking, the one that follows it, and a change of every
    kind."""
    now = clock.now()
    with transaction():
        ours = make.partnership()
        year = day_of(now).year - (day_of(now).month < 9)
        before = make.programme(
            ours,
            title="Chosen Words",
            academic_year=year - 1,
            reply_by=day_of(now),
            created_at=now - timedelta(days=300),
        )
        programme = make.programme(ours, academic_year=year, reply_by=day_of(now) + timedelta(days=9))
        old = make.school(name=LONG, status="Closed", close_date=day_of(now))
        new = make.school(name=f"{LONG} Trust Academy", postcode=old.postcode)
        make.succession(old, new)
        make.booking(make.show(before, old, now - timedelta(days=200)), {8: 90})
        reference = make.booking(make.show(programme, old, now + timedelta(days=20)), {8: 100}).reference
        booking = db.session.query(Booking).filter_by(reference=reference).one()
        make.visit_contact(
            booking,
            name="Joanna Fell",
            duty="on the day",
            address="a.very.long.address@the-blessed-margaret-catholic-voluntary-academy.example",
            added_at=now,
        )
        make.contact(new, address="safeguarding.lead@the-blessed-margaret-catholic-voluntary-academy.example")
        make.letter(
            "safeguarding.lead@the-blessed-margaret-catholic-voluntary-academy.example",
            now,
            stream=booking.uid,
            partnership_id=ours.id,
        )
        notes.write(
            new.organisation_id,
            "Ring after ten.\nThe hall is small.",
            partnership_id=ours.id,
            who="Owen",
            now=now,
        )
        corrections.correct(
            new.organisation_id, "number_of_pupils", 900, reason="census", who="Owen", now=now
        )
        imported = RegisterImport(recorded_at=now, who="Owen Bright", file_name="x.csv", la_codes="931")
        db.session.add(imported)
        db.session.flush()
        for n, kind in enumerate(KINDS):
            field = ("status", "opened", "la_code", "statutory_high_age", "number_of_pupils", "name")[n]
            told = {"statutory_high_age": ("18", "16"), "number_of_pupils": ("1050", "1200")}.get(
                field, (f"{LONG} before", LONG)
            )
            db.session.add(
                RegisterChange(
                    urn=new.organisation_id,
                    import_id=imported.id,
                    la_code="931",
                    kind=kind,
                    field=field,
                    before=told[0],
                    after=told[1],
                    recorded_at=now,
                )
            )
        person = make.person(ours)
    site.sign_in(wide_page, person)
    return old, new, reference


@pytest.mark.look
def test_pages_about_a_school_through_the_years_and_register_changes_have_no_fault(
    county, site: Site, wide_page: Page
) -> None:
    old, new, reference = county
    for path in (
        f"/desk/schools/{old.organisation_id}",
        f"/desk/schools/{new.organisation_id}",
        f"/desk/schools/{new.organisation_id}/notes",
        "/desk/register",
        "/desk/register/changes",
        "/desk/register/changes?kind=nonsense",
        "/desk/register/changes/decided",
        f"/desk/bookings/{reference}",
        f"/desk/bookings/{reference}/hand-on",
    ):
        site.check(wide_page, path)


def test_changes_are_decided_and_a_booking_is_handed_on_with_the_keyboard(
    county, site: Site, wide_page: Page
) -> None:
    _old, new, reference = county
    page = wide_page
    site.open(page, "/desk/register/changes")
    page.get_by_role("checkbox").nth(1).focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Accept the ticked").press("Enter")
    expect(page.get_by_text("1 change accepted")).to_be_visible()
    site.open(page, "/desk/register/changes/decided")
    site.check(page)
    page.get_by_role("button", name="Take back").press("Enter")
    expect(page.get_by_text("6 changes wait for you")).to_be_visible()
    page.get_by_role("link", name=f"Hand it on… {reference}").press("Enter")
    page.get_by_role("button", name="Hand the booking on").press("Enter")
    expect(page.get_by_text(f"It stands under {new.name} now")).to_be_visible()
    site.check(page)
    site.open(page, "/desk/register/changes")
    expect(page.get_by_text("will not be there")).to_have_count(0)
