"""All that the made-up county says, as plain files in a folder: pages, downloads, feeds and letters, to
compare with `diff -r`.

For a change that nobody may see: one folder before it and one after it. What is different at each telling
(tokens, references, identifiers of messages) is numbered by its first appearance in a file. scripts/snapshot
runs it.
"""

import argparse
import email.policy
import io
import re
import tempfile
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from threading import Thread
from typing import Any

import openpyxl
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.serving import make_server

import make
from browser import ARGUMENTS, CHROMIUM, session_of
from conftest import SETTINGS, migrate
from every_address import County, people_at_every_door, told_year
from outreach import create_app
from outreach.ground import clock
from outreach.ground.db import db
from outreach.post.outbox import Letter

NOT_ALIKE = re.compile(
    r"(?<=name='csrf_token' value=')[^']+|(?<=Drawn up in )[\d.]+|\b[0-9a-f]{20}\b|"
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22,}|outreach_[\w-]+|(?<![\w-])[\w-]{32,}(?![\w-])|"
    r"MRL-[0-9A-Z]{4,5}"
    r"|(?<![\w-])==+[\w]+==|sha\d+-[\w+/=]+"
)
"""Tokens, references, identifiers and boundaries: another one each time."""

VOID = {
    "area",
    "br",
    "col",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "wbr",
    "path",
    "rect",
    "circle",
    "use",
    "line",
    "polygon",
}
UNSEEN = {"script", "style", "head", "template"}
BLOCKS = {
    "p",
    "div",
    "li",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "section",
    "dt",
    "dd",
    "label",
    "legend",
    "option",
    "caption",
    "details",
    "summary",
}
SAID = (
    "href",
    "action",
    "method",
    "name",
    "type",
    "value",
    "checked",
    "selected",
    "disabled",
    "required",
    "for",
    "id",
    "alt",
    "title",
    "placeholder",
    "autocomplete",
    "inputmode",
    "role",
    "hidden",
    "colspan",
    "scope",
    "datetime",
)
"""Attributes that a person, or who helps a person to read, can tell apart; aria-… besides."""


class Seen(HTMLParser):
    """A page as a person meets it: its text, and each link, box and button with what it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._text: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden or tag in UNSEEN:
            if tag not in VOID:
                self._hidden.append(tag)
            return
        told = [
            f"{n}={v!r}"
            for n, v in attrs
            if (n in SAID or n.startswith("aria-"))
            and n != "id"
            or n == "id"
            and tag in ("input", "select", "textarea")
        ]
        if tag in (
            "a",
            "form",
            "input",
            "select",
            "textarea",
            "button",
            "option",
            "img",
            "th",
            "td",
            "time",
            "title",
        ) or any(t.startswith("aria-") or t.startswith("role") for t in told):
            self._end()
            self.lines.append(f"<{tag} {' '.join(told)}>".replace(" >", ">"))
        elif tag in BLOCKS:
            self._end()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self._hidden and self._hidden[-1] == tag:
            self._hidden.pop()

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag == self._hidden[-1]:
                self._hidden.pop()
        elif tag in BLOCKS:
            self._end()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._text.append(data)

    def _end(self) -> None:
        words = " ".join("".join(self._text).split())
        self._text = []
        if words:
            self.lines.append(words)

    def read(self, html: str) -> str:
        """The page, a line for each thing on it."""
        self.feed(html)
        self._end()
        return "\n".join(self.lines)


def numbered(text: str) -> str:
    """Text with all that is another one each time numbered by its first appearance."""
    numbers: dict[str, int] = {}
    return NOT_ALIKE.sub(lambda m: f"[{numbers.setdefault(m[0], len(numbers) + 1)}]", _unfolded(text))


def _unfolded(text: str) -> str:
    """Calendar lines as long as they are, for a token may stand across a fold."""
    return re.sub(r"\r?\n[ \t]", "", text) if "BEGIN:VCALENDAR" in text else text


def said(mimetype: str, content: bytes) -> str:
    """What a page, a workbook, a letter or another file says."""
    if mimetype == "text/html":
        return Seen().read(content.decode())
    if "spreadsheetml" in mimetype:
        book = openpyxl.load_workbook(io.BytesIO(content))
        return "\n".join(
            f"{sheet.title}!{row[0].row}: {[cell.value for cell in row]}"
            for sheet in book
            for row in sheet.iter_rows()
        )
    if mimetype == "message/rfc822":
        return letter_said(content)
    return content.decode("utf-8", "backslashreplace")


def letter_said(content: bytes) -> str:
    """A letter's heads in order, and each of its parts as it is read."""
    whole = message_from_bytes(content, EmailMessage, policy=email.policy.default)
    lines = [f"{name}: {value}" for name, value in whole.items()]
    for part in whole.walk():
        if not part.is_multipart():
            text = part.get_payload(decode=True).decode("utf-8", "backslashreplace")  # type: ignore[union-attr]
            lines += [
                f"-- {part.get_content_type()} {dict(part.get_params() or [])}".replace("\n", " "),
                text,
            ]
    return "\n".join(lines)


def answers(app: Flask, county: County, client: FlaskClient, each: int) -> Iterator[tuple[str, str, Any]]:
    """(name of a file, address, answer) of each GET there is, for whoever may stand at its door."""
    make.signed_in(client, county.told.coordinator)
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: (r.endpoint, r.rule)):
        if "GET" not in (rule.methods or set()) or rule.rule.startswith("/static/"):
            continue
        for n, path in enumerate(dict.fromkeys(county.addresses(rule, each=each))):
            answer = client.get(path)
            yield f"{rule.endpoint}_{n}", path, answer
            answer.close()
            db.session.rollback()


def write(folder: Path, *, each: int, pictures: bool) -> int:
    """All of it into a folder that is made; how many files."""
    files = 0
    clock.now = lambda: make.NOW
    with tempfile.TemporaryDirectory() as made:
        url = f"sqlite:///{made}/county.sqlite"
        migrate(url, Path(made))
        app = create_app(
            SETTINGS
            | {"SQLALCHEMY_DATABASE_URI": url, "OUTREACH_FOLDER": made, "MAIL_FOLDER": f"{made}/mail"}
        )
        with app.app_context():
            county = people_at_every_door(told_year(make.NOW), now=make.NOW)
            app.config["TESTING"] = False
            pages = []
            for name, path, answer in answers(app, county, app.test_client(), each):
                content = answer.get_data()
                head = f"{answer.status_code} {answer.mimetype} {answer.headers.get('Location', '')}\n"
                head += f"{answer.headers.get('Content-Disposition', '')}\n"
                files += _put(
                    folder / "pages" / f"{name}.txt",
                    path + "\n" + head + said(answer.mimetype, content).replace(made, "…"),
                )
                to_look_at = answer.mimetype == "text/html" and "Content-Disposition" not in answer.headers
                if answer.status_code == 200 and to_look_at:
                    pages.append((name, path))
            for letter in db.session.scalars(select(Letter).order_by(Letter.id)):
                head = f"{letter.kind} to {letter.recipient}, {letter.method} {letter.sequence}, {letter.status}\n"
                files += _put(folder / "letters" / f"{letter.id:04}.txt", head + letter_said(letter.raw))
            if pictures:
                files += _pictures(folder / "pictures", app, county, pages)
    return files


def _put(file: Path, text: str) -> int:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(numbered(text) + "\n")
    return 1


def _pictures(folder: Path, app: Flask, county: County, pages: list[tuple[str, str]]) -> int:
    """Each page as it looks at 1280 and 390 pixels."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    session = signer.dumps(session_of(county.told.coordinator))
    host = f"http://127.0.0.1:{server.server_port}"
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for width in (1280, 390):
            context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
            context.add_cookies([{"name": app.config["SESSION_COOKIE_NAME"], "value": session, "url": host}])
            page = context.new_page()
            for name, path in pages:
                page.goto(host + path)
                page.screenshot(path=folder / f"{name}_{width}.png", full_page=True)
            context.close()
        browser.close()
    server.shutdown()
    return 2 * len(pages)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--each", type=int, default=2, help="addresses of each kind")
    asked.add_argument("--pictures", action="store_true", help="each page's picture too")
    given = asked.parse_args()
    print(f"{write(given.folder, each=given.each, pictures=given.pictures)} files in {given.folder}")
