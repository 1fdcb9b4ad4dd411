"""A real browser on the real service: chromium once a session, the service in a thread for each test.

    @pytest.mark.browser
    def test_home(site: Site, page: Page) -> None:
        site.check(page, "/")            # axe, no sideways scroll, no console error, at 320 and 1280 px

`page` is a phone (390 px) and `wide_page` a desk (1280 px); both fail the test on a script error, on
whatever the Content-Security-Policy refuses, and on a request to any other host. `site.sign_in(page,
person)` is a coordinator's session. Read rows after the browser wrote them with `site.fresh()` first.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock, Thread, current_thread
from typing import Any
from zlib import crc32

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import APIResponse, Browser, Page, Playwright, Route, expect, sync_playwright
from werkzeug.serving import make_server

import make
from how_many import is_longest
from outreach.county.coordinators import Coordinator
from outreach.ground.db import db
from ports import free_port

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
WITHOUT_WINDOW = shutil.which("chromium-headless-shell") or CHROMIUM
"""Where there is one: the same pages in half the time. But it takes no address without https for a safe one, and has
there neither a clipboard nor anything to be kept without a signal."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
ARGUMENTS += ["--font-render-hinting=none"]  # letters as wide as on a phone, whichever chromium it is
HOST = "outreach.example"
ADDRESS = f"http://{HOST}"
"""The same as in tests without a browser: it stands in letters, and rows are laid by it (worlds.py)."""
PATIENCE = 120_000
"""Milliseconds that a page has for what is waited for: a busy machine is no fault."""

expect.set_options(timeout=PATIENCE)

AXE_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    # Style sheets are loaded again for a rule alone that is not run, and must come within ten seconds.
    "preload": {"assets": ["media"]},
    # A letter in its frame runs no script: axe would wait half a second for it, and be told nothing.
    "iframes": False,
}
CONTRAST = "color-contrast"
"""The rule that takes longer than all others together, though colours come from one palette."""


def session_of(person: Coordinator) -> dict[str, Any]:
    """What a coordinator's session holds after signing in."""
    return {"_user_id": make.session_of(person), "_fresh": True}


def sign_in(client: FlaskClient, person: Coordinator) -> None:
    """Give a test client a coordinator's session."""
    with client.session_transaction() as session:
        session.update(session_of(person))


@dataclass
class Site:
    """The running service: its address and its app."""

    url: str
    app: Flask
    turn: int = 0
    """What is looked at today goes by turns, which begin with this one."""
    _checked: int = 0

    def sign_in(self, page: Page, person: Coordinator) -> None:
        """Give a page's browser a coordinator's session."""
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        page.context.add_cookies(
            [
                {
                    "name": self.app.config["SESSION_COOKIE_NAME"],
                    "value": signer.dumps(session_of(person)),
                    "url": self.url,
                }
            ]
        )

    def fetched(self, route: Route) -> APIResponse:
        """What the service answers to a request of the browser's; who asks for it knows the service by no name."""
        there = route.request.url.replace(ADDRESS, f"http://127.0.0.1:{port()}", 1)
        return route.fetch(url=there, headers={**route.request.all_headers(), "host": HOST})

    def fresh(self) -> None:
        """Let go of what this test has read, so that it sees what the browser wrote."""
        db.session.rollback()
        db.session.expire_all()

    def open(self, page: Page, path: str) -> int:
        """The status that the page came with."""
        answer = page.goto(self.url + path)
        return answer.status if answer else 0

    def check(self, page: Page, path: str | None = None, widths: tuple[int, ...] = (320, 1280)) -> None:
        """Open `path` (else judge the page as it stands) at each width: axe finds nothing, nothing scrolls
        sideways. But in the longest run, axe looks at the first page of a test and at every other behind it, at one of
        the widths, and at the contrast of one in three of those: all by turns."""
        if path is not None:
            self.open(page, path)
        page.wait_for_load_state("load")
        before = page.viewport_size
        looks, is_skipped = divmod(self._checked, 2)
        turn = self.turn + looks
        for n, width in enumerate(widths):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function("width => innerWidth === width", arg=width)
            if is_longest():
                check(page)
            elif not is_skipped and turn % len(widths) == n:
                check(page, contrast=turn % 3 == 0)
            else:
                goes_not_sideways(page)
        self._checked += 1
        if before:
            page.set_viewport_size(before)


def check(page: Page, *, contrast: bool = True) -> None:
    """axe (WCAG 2.2 AA and best practice) finds nothing, and nothing scrolls sideways."""
    goes_not_sideways(page)
    width = page.viewport_size["width"] if page.viewport_size else 0
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    rules = AXE_RULES | {"rules": {CONTRAST: {"enabled": contrast}}}
    found = page.evaluate("async options => (await axe.run(options)).violations", rules)
    assert found == [], f"{page.url} at {width} px:\n" + "\n".join(
        f"{v['id']}: {v['help']}: " + "; ".join(n["html"][:160] for n in v["nodes"][:3]) for v in found
    )


def goes_not_sideways(page: Page) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    wide = page.evaluate(
        """() => { const root = document.documentElement; if (root.scrollWidth <= root.clientWidth) return '';
        const out = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right >
        root.clientWidth || e.scrollWidth > root.clientWidth).map(e => e.tagName + '.' + e.className).slice(0, 5);
        return `${root.scrollWidth} of ${root.clientWidth} px, by ${out.join(', ')}`; }"""
    )
    assert wide == "", f"{page.url} scrolls sideways at {width} px: {wide}"


class Answering:
    """An app that knows the threads in which it answers, one a request: none may outlive its test, and its
    database."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = Lock()
        self._threads: set[Thread] = set()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        with self._lock:
            self._threads = {current_thread()} | {thread for thread in self._threads if thread.is_alive()}
        return self._app(environ, start_response)

    def wait(self, seconds: float = 120) -> None:
        """Until all that came in is answered; the server closes each connection behind its answer."""
        for thread in self._threads:
            thread.join(seconds)
            assert not thread.is_alive(), "a request has no end"


@cache
def port() -> int:
    """The same for each test of a process, so that its browser can be told once where the service is."""
    return free_port()


def arguments() -> list[str]:
    """What chromium is started with: the service's name leads to this process, and counts as safe as an address with
    https would."""
    return [
        *ARGUMENTS,
        f"--host-resolver-rules=MAP {HOST}:80 127.0.0.1:{port()}",
        f"--unsafely-treat-insecure-origin-as-secure={ADDRESS}",
    ]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    yield from _browser(playwright, WITHOUT_WINDOW)


@pytest.fixture(scope="session")
def whole_chromium(playwright: Playwright) -> Iterator[Browser]:
    """For pages that copy, or work without a signal (`WITHOUT_WINDOW`): a file of their tests has it as `chromium`."""
    yield from _browser(playwright, CHROMIUM)


def _browser(playwright: Playwright, program: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=program, args=arguments(), timeout=PATIENCE)
    yield browser
    browser.close()


@pytest.fixture
def site(request: pytest.FixtureRequest, app: Flask) -> Iterator[Site]:
    """The service of this test, with CSRF on, as people meet it."""
    answering = Answering(app)
    server = make_server("127.0.0.1", port(), answering, threaded=True)
    app.config.update(PUBLIC_URL=ADDRESS, WTF_CSRF_ENABLED=True)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield Site(ADDRESS, app, turn=crc32(request.node.name.encode()))
    server.shutdown()
    thread.join()
    answering.wait()
    server.server_close()


@pytest.fixture
def page(chromium: Browser, site: Site) -> Iterator[Page]:
    """A phone."""
    yield from _page(chromium, site, 390)


@pytest.fixture
def wide_page(chromium: Browser, site: Site) -> Iterator[Page]:
    """A desk."""
    yield from _page(chromium, site, 1280)


@pytest.fixture
def plain_page(chromium: Browser, site: Site) -> Iterator[Page]:
    """A phone without JavaScript."""
    yield from _page(chromium, site, 390, java_script_enabled=False)


def _page(chromium: Browser, site: Site, width: int, **settings: Any) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": width, "height": 844}, locale="en-GB", **settings)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.pdf = partial(_printed, page, page.pdf)  # type: ignore[method-assign]
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("console", lambda said: wrong.append(said.text) if _is_wrong(said) else None)
    page.on("request", lambda sent: wrong.append(f"went to {sent.url}") if _is_away(sent.url, site) else None)
    yield page
    context.close()
    assert wrong == []


def _printed(page: Page, pdf: Callable[..., bytes], **how: Any) -> bytes:
    """The sheets as one prints them who has looked at the page: in its own font, which has arrived by then."""
    page.evaluate("document.fonts.ready.then(() => true)")
    return pdf(**how)


def _is_wrong(said: Any) -> bool:
    # A page answered with 422 or 404 is no fault of the page's.
    return said.type == "error" and "Failed to load resource" not in said.text


def _is_away(url: str, site: Site) -> bool:
    return not url.startswith((site.url, "data:", "blob:"))
