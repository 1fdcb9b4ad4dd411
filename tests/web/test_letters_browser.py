"""The coordinator's letters in a real browser, with long names, one letter and many."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.post import letters
from outreach.post.outbox import FAILED
from outreach.post.outgoing import postman
from outreach.post.outgoing.pauses import Pause
from post.facts import JOANNA, OFFICE, asking, sender, visit

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form College for Kestermere and the Northern Villages"


@pytest.fixture
def letter_id(site: Site, wide_page: Page) -> int:
    """Priya is signed in; a letter has gone, one failed, many wait, and the post is paused. The id of the one
    that went."""
    now = clock.now()
    later = now + timedelta(days=90)
    with transaction() as session:
        partnership = make.partnership()
        site.sign_in(wide_page, make.person(partnership))
        make.programme(partnership)
        by = sender(partnership.id)
        gone = letters.invitation(asking(organisation_name=LONG), JOANNA, by, now=now, expires_at=later)[0].id
    postman.send_waiting(postman.post_of(site.app.config), clock=clock.now, name="a")
    with transaction() as session:
        about = visit(
            place_name=LONG,
            starts_at=now,
            ends_at=now + timedelta(hours=1),
            get_in_at=now,
            away_at=now + timedelta(hours=2),
        )
        failed = letters.booked(about, OFFICE, by, now=now, expires_at=later)
        failed.status, failed.last_error = (
            FAILED,
            "The mail server did not take the address: 550 5.1.1 " + "no-such-person" * 12,
        )
        for n in range(60):
            letters.booked(visit(uid=f"{n}@x"), JOANNA, by, now=now, expires_at=later)
        session.add(
            Pause(
                recorded_at=now, tried_at=now, reason="The mail server did not take our sign-in: 535 5.7.8 no"
            )
        )
    return gone


def keep(page: Page, name: str) -> None:
    """A picture for the eye, where somebody asks for one: OUTREACH_PICTURES=folder."""
    folder = os.environ.get("OUTREACH_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.look
def test_the_list_and_a_letter_are_sound_at_any_width(site: Site, wide_page: Page, letter_id: int) -> None:
    site.check(wide_page, "/desk/letters")
    keep(wide_page, "letters-1280")
    site.check(wide_page, "/desk/letters?status=superseded")
    site.check(wide_page, f"/desk/letters/{letter_id}")
    keep(wide_page, "letter-1280")
    wide_page.set_viewport_size({"width": 390, "height": 844})
    keep(wide_page, "letter-390")
    site.open(wide_page, "/desk/letters")
    keep(wide_page, "letters-390")


def test_a_coordinator_reads_a_letter_and_withdraws_another(
    site: Site, wide_page: Page, letter_id: int
) -> None:
    site.open(wide_page, f"/desk/letters/{letter_id}")
    inside = wide_page.frame_locator("iframe")
    expect(inside.get_by_role("heading", name="‘Someone to Tell’ for your Years 8 and 9")).to_be_visible()
    site.open(wide_page, "/desk/letters?status=waiting")
    wide_page.get_by_role("link", name="‘Someone to Tell’ at").first.click()
    wide_page.get_by_role("button", name="Withdraw it").click()
    expect(wide_page.get_by_role("status")).to_contain_text("This letter is withdrawn.")
