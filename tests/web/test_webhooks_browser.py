"""Tokens and webhooks in a real browser: axe, no sideways scroll at 320 and 1280 px, with long names and answers."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

import make
from browser import Site
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.post.feeds import tokens
from outreach.post.webhooks import subscriptions
from outreach.post.webhooks.deliveries import DEAD, TAKEN, WebhookDelivery

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

LONG = "The council’s case management system and everything else that it would like to hear about"[:80]


@pytest.fixture
def person(app: Flask) -> Any:
    """A lead of a partnership with a company, a token, and a webhook that took one, lost one, and waits for two."""
    with transaction():
        of = make.partnership()
        make.troupe(of)
        tokens.make(of.id, LONG, scopes=["figures", "reports"], who="Priya Nandakumar", now=make.NOW)
        address = "https://cases.marlshire.example/hooks/" + "outreach-bookings-" * 8
        subscriptions.make(of.id, LONG, address, subscriptions.EVENTS, who="Priya Nandakumar", now=make.NOW)
    with transaction():
        programme = make.programme(db.session.get_one(Partnership, of.id))
        for n in range(4):
            show = make.show(programme, make.school(), datetime(2027, 3, 9 + n, 9, 30, tzinfo=UTC))
            make.booking(show, {8: 90, 9: 91})
    with transaction():
        taken, dead, waits, _ = db.session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)).all()
        for row, status, http_status, answer in (
            (taken, TAKEN, 204, "No Content"),
            (
                dead,
                DEAD,
                500,
                "Internal Server Error. " + "upstream_connect_error_or_reset_before_headers" * 3,
            ),
        ):
            row.status, row.ended_at, row.attempts = status, make.NOW, 1 if status == TAKEN else 10
            row.http_status, row.answer = http_status, answer
        waits.attempts, waits.answer = 2, "TLS failed: CERTIFICATE_VERIFY_FAILED"
        return make.person(db.session.get_one(Partnership, of.id))


def test_tokens_and_webhooks_are_made_and_looked_at_with_no_fault(
    site: Site, wide_page: Page, person: Any
) -> None:
    page = wide_page
    site.sign_in(page, person)
    site.check(page, "/desk/reports/tokens")
    page.get_by_label("What reads with it").fill("Data team")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_text("Copy the token now")).to_be_visible()
    site.check(page)
    site.check(page, "/desk/reports/webhooks")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert")).to_be_visible()
    site.check(page)
    page.get_by_role("link", name=LONG).click()
    expect(page.get_by_text("never taken")).to_be_visible()
    site.check(page)
    page.get_by_role("button", name="Make a new secret").click()
    expect(page.get_by_text("Copy the secret now")).to_be_visible()
    site.check(page)
    page.get_by_role("button", name="Try again booking.made").first.click()
    expect(page.get_by_text("It goes again, with all its tries.")).to_be_visible()
