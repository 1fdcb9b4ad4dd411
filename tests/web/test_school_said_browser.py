"""The school's page at every turn of a booking's life, in a real browser: nothing untrue stands out, nothing
is at fault."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page
from school_story import Story, lay
from sqlalchemy import update

import make
from browser import Site
from outreach.booking import bookings, promises
from outreach.booking.guest_places import GuestPlace
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post.links import PersonalLink
from outreach.visits import reports
from outreach.visits.reports import ReportAccount

pytestmark = [pytest.mark.browser, pytest.mark.any_database]


@contextmanager
def by_hand(site: Site) -> Iterator[None]:
    """Let the test client post without the token that a browser takes from the page."""
    site.app.config["WTF_CSRF_ENABLED"] = False
    yield
    site.app.config["WTF_CSRF_ENABLED"] = True


@pytest.fixture
def story(site: Site, client: FlaskClient, stopped: Any) -> Story:
    return lay(client, notice_move_days=14, notice_cancel_days=20)


@pytest.mark.look
def test_every_turn_of_a_bookings_life_has_no_fault(
    story: Story, site: Site, page: Page, stopped: Any
) -> None:
    def look(rest: str, heading: str) -> None:
        site.fresh()
        site.check(page, story.path(rest))
        assert page.locator("h1").inner_text() == heading

    with by_hand(site):
        reference = story.book(pupils={"pupils-0-8": "50", "pupils-0-9": "50"})
        story.send(
            f"/booked/{reference}/colleague",
            {"name": "Sam Whitfield", "address": "sam@gmail.com", "duty": "colleague"},
        )
    here = f"/booked/{reference}"
    with transaction():
        found = promises.get(reference)
        people = [p.id for p in promises.people_of(found)]
        guest = make.school(name="Littlemere School")
        booked = make.booking(found.performance, {8: 9}, of=guest)
        db.session.add(
            GuestPlace(
                programme_id=found.programme_id,
                organisation_id=guest.organisation_id,
                performance_id=found.performance_id,
                why="no hall",
                pupils={8: 9},
                seats=9,
                recorded_at=make.EARLIER,
                who="Ann Lea",
                booking_id=booked.id,
                ended_at=make.EARLIER,
                ended_as="joined",
            )
        )
        near = make.tour_day(story.programme, story.troupe, date(2027, 2, 1))
        near_id = near.id
    look(here, "You are booked")
    look(f"{here}/person/{people[0]}", "Change a person")
    look(f"{here}/move/to?slot={near_id}-0900", "Move to Monday 1 February, 9:00am?")
    look(f"{here}/cancel", "Cancel this booking?")
    ends_at = found_end(reference)
    stopped.now = ends_at + timedelta(hours=1)
    look(here, "This show is over")
    for side, took_place, heading in (
        ("school", True, "It has taken place"),
        ("company", False, "This show is over"),
        ("settled", False, "It did not take place"),
    ):
        with transaction():
            why = "" if took_place else "The hall was flooded"
            account = ReportAccount(took_place=took_place, why_not=why)
            reports.report(promises.get(reference), side, account, who="Priya", now=stopped.now)
        look(here, heading)
    stopped.now = wall(date(2027, 9, 6), time(9))
    with transaction():
        db.session.execute(update(PersonalLink).values(expires_at=stopped.now + timedelta(days=9)))
        make.programme(story.partnership, academic_year=2027, title="Another Play")
    look("", "The tour of 2026/27 is over")


@pytest.mark.parametrize(
    ("by", "heading"),
    [
        ("company", "The company had to cancel"),
        ("coordinator", "We had to cancel"),
        ("school", "This booking is cancelled"),
    ],
)
@pytest.mark.look
def test_a_cancelled_booking_has_no_fault(
    story: Story, site: Site, page: Page, stopped: Any, by: str, heading: str
) -> None:
    with by_hand(site):
        reference = story.book()
    with transaction():
        bookings.cancel(
            promises.get(reference),
            reason="The van broke down on the A40",
            by=by,
            who="Priya",
            now=stopped.now,
        )
    site.check(page, story.path(f"/booked/{reference}"))
    assert page.locator("h1").inner_text() == heading
    site.check(page, story.path())


def found_end(reference: str) -> Any:
    db.session.rollback()
    return promises.get(reference).performance.ends_at
