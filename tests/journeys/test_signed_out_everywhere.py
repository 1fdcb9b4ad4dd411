"""A session that has ended, as two processes of a real server know it: from the next request on, in both."""

import re
from pathlib import Path

import pytest
from flask import Flask
from processes import running
from with_cookies import Browser

import make
from outreach.county import coordinators
from outreach.ground import clock
from outreach.ground.db import db, transaction

pytestmark = pytest.mark.browser

ADDRESS, PASSWORD = "priya@marlshire.example", "lantern gravel otter"
LOOKS = 24
"""So many, each by a connection of its own, come to both processes."""


@pytest.mark.any_database
def test_both_processes_know_at_once_that_a_session_has_ended(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    with transaction():
        ours = make.partnership()
        coordinators.add(ours.id, "Priya", ADDRESS, password=PASSWORD, now=clock.now())
    db.session.remove()
    with running(database_url, tmp_path) as service:
        browser, thief = Browser(service), Browser(service)
        assert browser.ask("POST", "/sign-in", email=ADDRESS, password=PASSWORD)[0] == 303
        thief.cookies = dict(browser.cookies)
        held = dict(browser.cookies)
        assert {thief.ask("GET", "/desk/account")[0] for _ in range(LOOKS)} == {200}
        csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.ask("GET", "/desk/account")[1])
        assert csrf and browser.ask("POST", "/sign-out", csrf_token=csrf[1])[0] == 303
        for _ in range(LOOKS):
            thief.cookies = dict(held)
            assert thief.ask("GET", "/desk/account")[0] == 302
        letters = service.mail.to(ADDRESS, at_least=1)
        assert [mail["Subject"] for mail in letters] == ["Your account was signed in to on a new device"]
