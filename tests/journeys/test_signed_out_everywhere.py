"""A session that has ended, as two processes of a real server know it: from the next request on, in both."""

import re
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask
from processes import Service, running

import make
from outreach.county import coordinators
from outreach.ground import clock
from outreach.ground.db import db, transaction

pytestmark = pytest.mark.browser

ADDRESS, PASSWORD = "priya@marlshire.example", "lantern gravel otter"
LOOKS = 24
"""So many, each by a connection of its own, come to both processes."""


class Browser:
    """Holds its cookies."""

    def __init__(self, service: Service) -> None:
        self._there, self.cookies = urlsplit(service.url).netloc, dict[str, str]()

    def ask(self, method: str, path: str, **typed: str) -> tuple[int, str]:
        connection = HTTPConnection(self._there, timeout=120)
        headers = {}
        if method == "POST":
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.ask("GET", "/sign-in")[1])
            typed |= {"csrf_token": token[1]} if token else {}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, urlencode(typed) if method == "POST" else None, headers)
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.read().decode()


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
