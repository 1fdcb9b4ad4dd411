"""Scripts sent in every box of every form, and by every address: none runs on any page, in a browser that was told to
forget the pages' own policy, so that what is escaped is seen by itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route

import make
from browser import Site
from every_address import NOW, County, people_at_every_door, told_year
from how_many import is_drawn, is_longest, so_many
from outreach.ground.db import db
from worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

MARK = "xss9"
PAYLOADS = (
    f"<script>{MARK}()</script>",
    f"<img src=x onerror={MARK}()>",
    f'"><svg onload={MARK}()>',
    f"' autofocus onfocus={MARK}() x='",
    f"</textarea></title></style></script><script>{MARK}()</script>",
    f"javascript:{MARK}()",
    f"{{{{{MARK}}}}}<b onmouseover={MARK}()>",
)

EACH = 2 if is_longest() else 1
"""Addresses of each page whose forms are filled in."""

LEFT_OUT = {"csrf_token", "opened", "key", "form_key", "password", "old", "again", "email", "address"}
"""Boxes in which a form wants what it brought itself, or an address; what is typed there is tried on its own."""


NAMES = (
    "q next from to as_of sort page programme by name kind state cause district phase town day month half why field "
    "address shown who troupe week reply line with slot organisation view column"
).split()


@dataclass
class Form:
    """A form of a page: where it goes, and what stands in it. `texts`: the names of its boxes for words."""

    action: str
    posts: bool
    typed: dict[str, list[str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)


class Forms(HTMLParser):
    """The forms of a page as a browser would send them untouched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(said.get("action", ""), said.get("method", "get").lower() == "post")
            self.found.append(self._form)
        if self._form is None:
            return
        name, kind = said.get("name", ""), said.get("type", "text")
        if tag == "select":
            self._select = name
        elif (
            tag == "option" and self._select and ("selected" in said or self._select not in self._form.typed)
        ):
            self._form.typed[self._select] = [said.get("value", "")]
        elif tag == "textarea" or (tag == "input" and kind in ("text", "search", "tel", "url", "email")):
            self._form.texts.append(name)
            self._form.typed.setdefault(name, [said.get("value", "")])
        elif tag == "input" and kind in ("checkbox", "radio"):
            if "checked" in said or (kind == "radio" and name not in self._form.typed):
                self._form.typed[name] = [said.get("value", "on")]
        elif tag == "input" and kind not in ("submit", "image", "file", "button"):
            self._form.typed.setdefault(name, []).append(said.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        self._form = None if tag == "form" else self._form
        self._select = "" if tag == "select" else self._select


@pytest.fixture
def county(stopped: Any, world: World) -> County:
    return people_at_every_door(world(told_year, NOW), now=NOW)


def addresses(app: Flask, county: County, *, most: int, one_in: int = 1) -> Iterator[str]:
    """Up to `most` of each page; outside the longest run, of one page in so many."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "static" and is_drawn(rule.rule, one_in=one_in):
            yield from islice(county.addresses(rule), most)


def html(client: FlaskClient, path: str) -> str:
    """The page; '' where there is none of words."""
    answer = client.get(path)
    page = answer.text if answer.mimetype == "text/html" and answer.status_code in (200, 410) else ""
    answer.close()
    db.session.rollback()
    return page


def test_no_script_that_is_typed_into_any_form_runs_on_any_page(
    app: Flask, client: FlaskClient, county: County, site: Site, chromium: Browser
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    make.signed_in(client, county.told.coordinator)
    sent = taken = refused = 0
    shown_again: list[str] = []
    for path in list(addresses(app, county, most=EACH, one_in=2)):
        for form in Forms(html(client, path)).found:
            boxes = [name for name in form.texts if name not in LEFT_OUT and name]
            action = (form.action or path).partition("#")[0]
            if not form.posts or not boxes or not action.startswith("/") or action == "/sign-out":
                continue
            typed = form.typed | {
                name: [PAYLOADS[(sent + n) % len(PAYLOADS)]] for n, name in enumerate(boxes)
            }
            answer = client.post(action, data=typed)
            assert answer.status_code < 500, f"{action}: {typed}"
            sent += 1
            taken += answer.status_code == 303
            refused += answer.status_code == 422
            if answer.status_code == 422 and MARK in answer.text:
                shown_again.append(answer.text)
            answer.close()
            db.session.rollback()
    assert (
        sent > so_many(60, least=30) and taken > so_many(10, least=5) and refused > so_many(20, least=10)
    ), (
        sent,
        taken,
        refused,
    )
    pages = [path for path in addresses(app, county, most=EACH) if MARK in html(client, path)]
    assert len(pages) > 8, pages
    runs = ran(site, chromium, county, pages, shown_again)
    assert runs == []


def test_no_script_in_any_address_runs(
    app: Flask, client: FlaskClient, county: County, site: Site, chromium: Browser
) -> None:
    """Under each name that pages of ours send in an address."""
    make.signed_in(client, county.told.coordinator)
    asked = [
        f"{path}?{urlencode(dict.fromkeys(NAMES, PAYLOADS[n % len(PAYLOADS)]))}"
        for n, path in enumerate(addresses(app, county, most=1, one_in=2))
    ]
    asked += [f"/find?{urlencode({'q': one})}" for one in PAYLOADS]
    asked += [f"/desk/search?{urlencode({'q': one})}" for one in PAYLOADS]
    pages = [path for path in asked if MARK in html(client, path)]
    assert len(pages) > 10, pages
    assert ran(site, chromium, county, pages, []) == []


def ran(site: Site, chromium: Browser, county: County, pages: list[str], shown: list[str]) -> list[str]:
    """The pages on which a script of ours ran, seen by the function that it calls and by what a browser would ask."""
    context = chromium.new_context(bypass_csp=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    context.route(re.compile(r"[.](css|woff2|png|svg)([?]|$)"), lambda route: route.abort())
    site.sign_in(page, county.told.coordinator)
    found: list[str] = []
    context.expose_function(MARK, lambda: found.append(page.url))
    page.on("dialog", lambda dialog: (found.append(f"asked on {page.url}"), dialog.dismiss()))
    page.goto(site.url + "/sign-in")
    page.set_content(f"<img src=x onerror={MARK}()>")
    page.wait_for_timeout(300)
    assert found, "the browser sees no script that runs"
    found.clear()
    for path in pages:
        page.goto(site.url + path, wait_until="domcontentloaded")
        found += _handlers(page, path)
    for n, text in enumerate(shown):
        address = f"{site.url}/shown-again-{n}"
        page.route(address, partial(_as_page, text))
        page.goto(address, wait_until="domcontentloaded")
        found += _handlers(page, f"shown again, {n}")
    context.close()
    return found


def _as_page(text: str, route: Route) -> None:
    route.fulfill(body=text, content_type="text/html; charset=utf-8")


def _handlers(page: Page, where: str) -> list[str]:
    """What would run once somebody points or clicks; templates of ours have none of it."""
    waiting = page.evaluate(
        """() => document.querySelectorAll('[onmouseover], [onfocus], [onload], [onerror]').length
        + [...document.querySelectorAll('[href], [action], [src]')].filter(e =>
            /^javascript:/i.test(e.href || e.action || e.src || '')).length"""
    )
    return [where] * bool(waiting)
