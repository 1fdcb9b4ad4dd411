"""The inbox in a real browser: every kind of mail, sound at any width; done by keyboard, and without
JavaScript."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

import came_in
import make
from browser import Site
from outreach.booking import promises
from outreach.county.coordinators import Coordinator
from outreach.ground.db import db, transaction
from outreach.post.incoming.inbox import Incoming
from outreach.post.outbox import Letter
from outreach.tour import slots
from web.test_inbox import JO, SAM, Desk, book, returned

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form College for Kestermere and the Northern Villages"


@pytest.fixture
def desk(site: Site, client: Any, stopped: Any) -> Desk:
    """One of every kind of mail about one booking of a school with a long name."""
    with transaction():
        ours = make.partnership(("931",))
        programme = make.programme(ours)
        troupe = make.troupe(ours)
        for n in (9, 10, 11):
            make.tour_day(programme, troupe, make.NOW.date().replace(month=3, day=n))
        school = make.school(name=LONG)
        make.person(ours)
    with transaction():
        reference = book(programme, school).reference
    stopped.now = make.NOW + timedelta(days=1)
    laid = Desk(client, programme, school, reference)
    laid.comes(JO, "DECLINED", name="Joanna Fell", comment="I am on a trip with " + "no-break" * 20)
    laid.comes("beth@redmere.example", name="Beth Pryce")
    laid.comes(JO, name="Joanna Fell", uid="somebody-elses@event.example")
    wished(laid)
    laid.writes(
        SAM, "Where can the van park?\n\n" + "A long word " + "x" * 300, subject="Parking " + "y" * 200
    )
    with transaction():
        letter = db.session.scalars(select(Letter).where(Letter.recipient == SAM)).first()
        assert letter is not None
        letter.status, letter.handed_at = "sent", make.NOW
        raw = returned(letter)
    came_in.take(raw)
    came_in.take(
        b"From: x@y.example\r\nContent-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\nnonsense"
    )
    return laid


def wished(desk: Desk) -> None:
    booking = desk.booking()
    offers = slots.offers(
        booking.programme, booking.performance.host, now=make.NOW, instead_of=booking.performance_id
    )
    slot = offers.days[1].slots[3]
    desk.comes(
        SAM, "TENTATIVE", method="COUNTER", starts_at=slot.starts_at, comment="Could we start after assembly?"
    )


def sign_in(site: Site, page: Page) -> None:
    site.sign_in(page, db.session.scalars(select(Coordinator)).one())


def keep(page: Page, name: str) -> None:
    """A picture for the eye, where somebody asks for one: OUTREACH_PICTURES=folder."""
    folder = os.environ.get("OUTREACH_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.look
def test_the_inbox_and_every_kind_of_mail_are_sound_at_any_width(
    site: Site, wide_page: Page, desk: Desk
) -> None:
    page = wide_page
    sign_in(site, page)
    site.check(page, "/desk/inbox")
    keep(page, "inbox-1280")
    mails = {m.id: m.task or m.kind for m in db.session.scalars(select(Incoming).order_by(Incoming.id))}
    assert {"decline", "newcomer", "doubt", "wish", "mail", "address"} <= set(mails.values())
    for mail, task in mails.items():
        site.check(page, f"/desk/inbox/{mail}")
        keep(page, f"inbox-{task}-1280")
    site.check(page, f"/desk/inbox/{min(mails)}/erase")
    site.check(page, "/desk/inbox/settled")
    site.check(page, f"/desk/bookings/{desk.reference}")
    page.set_viewport_size({"width": 390, "height": 844})
    for path, name in (("", "inbox-390"), ("/settled", "inbox-settled-390")):
        site.open(page, f"/desk/inbox{path}")
        keep(page, name)


@pytest.mark.look
def test_an_empty_inbox_is_sound(site: Site, wide_page: Page, app: Any) -> None:
    with transaction():
        site.sign_in(wide_page, make.person(make.partnership()))
    site.check(wide_page, "/desk/inbox")
    expect(wide_page.get_by_text("Nothing waits for you.")).to_be_visible()
    site.check(wide_page, "/desk/inbox/settled")


def test_a_wish_is_granted_with_the_keyboard_alone(site: Site, wide_page: Page, desk: Desk) -> None:
    page = wide_page
    sign_in(site, page)
    site.open(page, "/desk/inbox?task=wish")
    page.get_by_role("link", name="Answer the wish").focus()
    page.keyboard.press("Enter")
    move = page.get_by_role("button", name="Move to Wednesday 10 March").first
    expect(move).to_be_visible()
    move.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Moved.")
    site.fresh()
    moved = promises.get(desk.reference)
    assert (moved.sequence, moved.performance.starts_at.day) == (1, 10)


def test_without_javascript_a_mail_is_put_aside_and_taken_back(
    site: Site, plain_page: Page, desk: Desk
) -> None:
    page = plain_page
    sign_in(site, page)
    site.open(page, "/desk/inbox?task=mail")
    page.get_by_role("button", name="Done").first.click()
    expect(page.get_by_role("status")).to_contain_text("Put aside")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is back under To read.")).to_be_visible()


def test_the_letter_of_whoever_declined_is_one_click(site: Site, page: Page, desk: Desk) -> None:
    sign_in(site, page)
    site.open(page, "/desk/inbox?task=decline")
    page.get_by_role("button", name="Ask: move or cancel?").click()
    expect(page.get_by_role("status")).to_contain_text("The letter to Joanna Fell is on its way.")
    site.fresh()
    assert [x.kind for x in db.session.scalars(select(Letter).where(Letter.method == ""))] == [
        "move or cancel"
    ]
