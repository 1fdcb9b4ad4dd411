"""Guesses at one password from many connections at once, as two processes of a real server count them together."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from processes import running
from with_cookies import Browser

import make
from outreach.county import coordinators
from outreach.county.sign_in_tries import FREE
from outreach.ground import clock
from outreach.ground.db import db, transaction

pytestmark = pytest.mark.browser

ADDRESS, PASSWORD = "priya@marlshire.example", "lantern gravel otter"
AT_ONCE = 16


@pytest.mark.any_database("postgresql")
def test_of_guesses_sent_at_once_no_more_are_compared_than_one_by_one_and_the_right_person_gets_in(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    with transaction():
        coordinators.add(make.partnership().id, "Priya", ADDRESS, password=PASSWORD, now=clock.now())
    db.session.remove()
    with running(database_url, tmp_path) as service:
        hers = Browser(service)
        assert hers.ask("POST", "/sign-in", email=ADDRESS, password=PASSWORD)[0] == 303
        device = {name: value for name, value in hers.cookies.items() if name.endswith("-device")}
        assert len(device) == 1

        def guess(n: int) -> int:
            return Browser(service).ask("POST", "/sign-in", email=ADDRESS, password=f"guess {n}")[0]

        with ThreadPoolExecutor(AT_ONCE) as crowd:
            answers = sorted(crowd.map(guess, range(AT_ONCE)))
        assert answers == [422] * FREE + [429] * (AT_ONCE - FREE)
        assert Browser(service).ask("POST", "/sign-in", email=ADDRESS, password=PASSWORD)[0] == 429
        hers.cookies = device
        assert hers.ask("POST", "/sign-in", email=ADDRESS, password=PASSWORD)[0] == 303
