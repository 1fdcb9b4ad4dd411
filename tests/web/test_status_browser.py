"""The status page, and a letter that came back with its address put right, in a real browser."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.post import letters, outbox
from outreach.post.incoming import inbox
from outreach.post.outbox import BOUNCED, Letter
from outreach.post.outgoing import duty, pauses, postman
from post.facts import JOANNA, sender, visit
from web.test_letters_browser import LONG, keep

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]


@pytest.fixture
def came_back(site: Site, wide_page: Page) -> int:
    """Priya is signed in; the invite of a booking came back for good. Its letter's id."""
    now = clock.now()
    with transaction():
        partnership = make.partnership()
        site.sign_in(wide_page, make.person(partnership))
        programme = make.programme(partnership)
        school = make.school(name=LONG)
        make.contact(school, name="Joanna Fell", role="Designated safeguarding lead", address=JOANNA.address)
        show = make.show(programme, school, now + timedelta(days=60))
        booking = make.booking(show, {8: 100}, uid="7f3c@outreach.example")
        make.visit_contact(
            booking,
            name="Joanna Fell",
            duty="safeguarding lead",
            role="",
            address=JOANNA.address,
            phone="",
            added_at=now,
        )
        facts = visit(
            place_name=LONG,
            created_at=now,
            starts_at=show.starts_at,
            ends_at=show.ends_at,
            get_in_at=show.get_in_at,
            away_at=show.away_at,
        )
        letter = letters.booked(
            facts, JOANNA, sender(partnership.id), now=now, expires_at=now + timedelta(days=90)
        )
        letter.status, letter.handed_at = BOUNCED, now
        letter.last_error = "mx1.stbrannocs.example said: 550 5.1.1 " + "no-such-person." * 9
        outbox.mark_dead(JOANNA.address, letter.last_error, now)
        return letter.id


@pytest.mark.look
def test_the_status_page_is_sound_when_all_is_well_and_when_nothing_is(
    site: Site, wide_page: Page, came_back: int
) -> None:
    now = clock.now()
    site.check(wide_page, "/desk/status")
    duty.begin("post1.marlshire.example:77:abcd", now - timedelta(hours=30))
    with transaction():
        duty.note("post1.marlshire.example:77:abcd", now - timedelta(minutes=3), sent=1234)
    duty.begin("a-machine-with-a-very-long-name-in-a-data-centre-far-away.marlshire.example:78:abcd", now)
    with transaction():
        inbox.looked(problem="", now=now)
    site.check(wide_page, "/desk/status")
    keep(wide_page, "status-well-1280")
    wide_page.set_viewport_size({"width": 390, "height": 844})
    keep(wide_page, "status-well-390")
    with transaction():
        for n in range(3):
            make.letter(f"{n}@redmere.example", None, not_before=now - timedelta(hours=2, minutes=n))
        make.letter("z@redmere.example", None, not_before=now + timedelta(hours=2))
        pauses.hold_up(
            pauses.REFUSED,
            "The mail server did not take our sign-in: 535 5.7.8 " + "x" * 120,
            now=now - timedelta(hours=2),
        )
        inbox.looked(
            problem="The mailbox mail.example did not take our sign-in: AUTHENTICATIONFAILED.", now=now
        )
    site.check(wide_page, "/desk/status")
    wide_page.set_viewport_size({"width": 1280, "height": 900})
    keep(wide_page, "status-ill-1280")
    wide_page.set_viewport_size({"width": 390, "height": 844})
    keep(wide_page, "status-ill-390")
    wide_page.get_by_role("button", name="Try again now").click()
    expect(wide_page.get_by_role("heading", name="The post")).to_be_visible()
    expect(wide_page.get_by_text("No letter goes out.")).to_have_count(0)


def test_a_coordinator_puts_an_address_right_from_the_letter_that_came_back(
    site: Site, wide_page: Page, came_back: int
) -> None:
    site.check(wide_page, f"/desk/letters/{came_back}")
    keep(wide_page, "came-back-1280")
    wide_page.set_viewport_size({"width": 390, "height": 844})
    keep(wide_page, "came-back-390")
    wide_page.get_by_role("link", name="Correct the address").click()
    wide_page.get_by_label("The right email address").fill("joanna@stbrannocs")
    wide_page.get_by_label("Where does it come from?").fill("a call from the office")
    wide_page.get_by_role("button", name="Put the address right").click()
    expect(wide_page.get_by_role("alert")).to_contain_text("is not an email address")
    site.check(wide_page)
    keep(wide_page, "address-390")
    wide_page.set_viewport_size({"width": 1280, "height": 900})
    keep(wide_page, "address-1280")
    wide_page.get_by_label("The right email address").fill("joanna@stbrannocs.example")
    wide_page.get_by_role("button", name="Put the address right").click()
    expect(wide_page.get_by_role("status")).to_contain_text("joanna@stbrannocs.example has taken its place.")
    site.fresh()
    waiting = db.session.query(Letter).filter_by(status="waiting").all()
    assert [(row.recipient, row.method) for row in waiting] == [("joanna@stbrannocs.example", "REQUEST")]
    db.session.rollback()
    postman.send_waiting(postman.post_of(site.app.config), clock=clock.now, name="a")


def test_all_that_failed_goes_again_at_one_click(site: Site, wide_page: Page, came_back: int) -> None:
    with transaction():
        for n in range(3):
            make.letter(
                f"{n}@redmere.example",
                None,
                status="failed",
                partnership_id=1,
                last_error="We tried for two days.",
            )
    site.check(wide_page, "/desk/letters?status=failed")
    keep(wide_page, "failed-1280")
    wide_page.get_by_role("button", name="Try all 3 again").click()
    expect(wide_page.get_by_role("status")).to_contain_text("3 letters will be sent again in a moment.")
    site.check(wide_page, "/desk/letters?status=bounced")
    keep(wide_page, "bounced-1280")
