"""Every form of the desk, sent by a lead coordinator as its page offers it: whatever it changes stands in the history by
their name; what signs in, is taken out by a link or a program, or fails, too."""

import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from every_address import NOW, people_at_every_door, told_year
from how_many import so_many, some_of
from outreach.county import coordinators, passwords
from outreach.ground import history, telling
from outreach.ground.db import db, transaction
from outreach.ground.history import History
from outreach.post import troupe_links
from outreach.post.feeds import tokens
from told import Listened
from worlds import World

PASSWORD = "seven grey herons wade"

TYPED = {
    "date": "9 February 2027",
    "day": "9 February 2027",
    "first": "9 February 2027",
    "last": "11 February 2027",
    "email": "somebody.new@marlshire.example",
    "address": "somebody.new@redmere.example",
    "number": "12",
    "pence": "120",
}
"""What is typed into a box that its page leaves empty, by a part of its name; else some words."""


class Forms(HTMLParser):
    """Forms of a page that are sent: [(address, fields, buttons)]."""

    def __init__(self, page: str, path: str) -> None:
        super().__init__()
        self.path, self.found = path, list[tuple[str, dict[str, list[str]], list[tuple[str, str]]]]()
        self._open: tuple[str, dict[str, list[str]], list[tuple[str, str]]] | None = None
        self._name = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {name: value or "" for name, value in attrs}
        if tag == "form":
            sent = own.get("method", "").lower() == "post"
            self._open = (own.get("action") or self.path, {}, []) if sent else None
            if self._open is not None:
                self.found.append(self._open)
        if self._open is None:
            return
        _, fields, buttons = self._open
        name, value, kind = own.get("name", ""), own.get("value", ""), own.get("type", "text")
        if tag == "button" or (tag == "input" and kind == "submit"):
            buttons.append((name, value))
        elif tag == "select":
            self._name = name
        elif tag == "option" and self._name and (value or "selected" in own):
            if "selected" in own or not fields.get(self._name):
                fields[self._name] = [value]
        elif tag == "textarea" and name:
            fields.setdefault(name, ["Some words"])
        elif tag == "input" and name and kind in ("radio", "checkbox"):
            if "checked" in own or name not in fields:
                fields[name] = [value or "on"]
        elif tag == "input" and name and kind != "file":
            words = next((said for part, said in TYPED.items() if part in name), "Some words")
            fields[name] = [value or ("" if kind == "hidden" else words)]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._name = ""
        elif tag == "form":
            self._open = None


@pytest.mark.any_database
def test_whatever_a_form_of_the_desk_changes_stands_in_the_history_by_who_sent_it(
    app: Flask, client: FlaskClient, world: World, stopped: Any, what_is_changed_is_told: Listened
) -> None:
    """`what_is_changed_is_told` fails on the first that does not; here all of them are sent, of a sixth of the pages."""
    county = people_at_every_door(world(told_year, NOW), now=NOW)
    make.signed_in(client, county.told.coordinator)
    sent = set[str]()
    drawn = some_of(app.url_map.iter_rules(), one_in=6)
    for rule in sorted(drawn, key=lambda rule: rule.rule):
        if not rule.endpoint.startswith("coordinator.") or "GET" not in rule.methods:
            continue
        for path in county.addresses(rule):
            page = client.get(path)
            if page.status_code != 200 or page.mimetype != "text/html":
                page.close()
                continue
            for address, fields, buttons in Forms(page.text, path).found:
                for button in buttons[:2] or [("", "")]:
                    where = re.sub(r"\d+", "0", address.partition("?")[0]) + button[0]
                    if where in sent or "/account/sessions" in address or not address.startswith("/desk"):
                        continue
                    sent.add(where)
                    client.post(address, data=fields | ({button[0]: [button[1]]} if button[0] else {}))
                    db.session.rollback()
    changed = {name for name in what_is_changed_is_told.changed if name.startswith("coordinator.")}
    assert len(changed) > so_many(50, least=8), sorted(changed)
    assert what_is_changed_is_told.anothers == []


@pytest.fixture
def c(app: Flask, client: FlaskClient, stopped: Any) -> SimpleNamespace:
    with transaction():
        of = make.partnership()
        make.programme(of)
        lead = make.person(of, name="Priya Nandakumar", email="priya@marlshire.example")
        lead.password_hash = passwords.hash_of(PASSWORD, own_words=())
    return SimpleNamespace(of=of, lead=lead, client=make.signed_in(client, lead), clock=stopped)


def deeds(*, but: tuple[str, ...] = ()) -> list[tuple[str, str, Any]]:
    """(who, what, after) of all, the oldest first."""
    db.session.rollback()
    rows = db.session.scalars(select(History).order_by(History.id))
    return [(row.who, row.what, row.after) for row in rows if row.what not in but]


def test_ones_own_settings_and_the_end_of_ones_sessions_are_told_from_what_to_what(
    c: SimpleNamespace,
) -> None:
    sent = {"single_keys": "y", "digest": ["0"]}
    for _ in range(2):  # the same again leaves nothing
        assert c.client.post("/desk/account", data=sent).status_code == 303
    other = make.signed_in(c.client.application.test_client(), c.lead)
    assert other.get("/desk/account").status_code == 200
    assert c.client.post("/desk/account/sessions/end-others").status_code == 303
    assert c.client.post("/sign-out").status_code == 303
    assert deeds() == [
        ("Priya Nandakumar", "changed", {"single keys": True}),
        ("Priya Nandakumar", "digest days chosen", {"days": "on Mondays"}),
        ("Priya Nandakumar", "signed out everywhere", None),
        ("Priya Nandakumar", "signed out", None),
    ]


@pytest.mark.any_database
def test_a_wrong_password_of_who_is_signed_in_is_told(c: SimpleNamespace) -> None:
    wrong = {"old": "no such password", "password": "eleven slow barges", "again": "eleven slow barges"}
    assert c.client.post("/desk/password", data=wrong).status_code == 422
    assert c.client.post("/desk/account/second-factor/begin", data={"password": "x"}).status_code == 422
    told = [(who, what, after["wrong"]) for who, what, after in deeds()]
    assert told == [("priya@marlshire.example", "failed to sign in", coordinators.OWN_PASSWORD)] * 2


@pytest.mark.any_database
def test_what_a_program_and_a_company_take_out_is_told(c: SimpleNamespace, app: Flask) -> None:
    with transaction():
        token = tokens.make(c.of.id, "Dashboard", who="Priya", now=make.EARLIER)[1]
        troupe = make.troupe(c.of)
        link = troupe_links.make(troupe.id, partnership_id=c.of.id, who="Priya", now=make.EARLIER)
        key = troupe_links.token_of(link, str(app.config["SECRET_KEY"]))
    before = len(deeds())
    out = app.test_client()
    program = {"Authorization": f"Bearer {token}"}
    for _ in range(3):
        assert out.get("/api/v1/", headers=program).status_code == 200
        db.session.rollback()
    assert out.get("/api/v1/", headers={"Authorization": "Bearer outreach_x"}).status_code == 401
    assert out.get(f"/t/{key}/weeks/2027-01-18/week.csv").status_code == 200
    db.session.rollback()
    rows = db.session.scalars(select(History).order_by(History.id).offset(before)).all()
    assert [(row.who, row.what, row.subject_id) for row in rows] == [
        ("token ‘Dashboard’", history.TOOK_OUT, "/api/v1/"),
        (f"{troupe.company.name}, {troupe.name}", history.TOOK_OUT, "/t/…/weeks/2027-01-18/week.csv"),
    ]


@pytest.mark.any_database
def test_a_deed_that_no_verb_tells_is_told_by_its_page_and_what_is_told_only_once(c: SimpleNamespace) -> None:
    assert c.client.post("/desk/gaps/views", data={"name": "To ring", "never": "1"}).status_code == 303
    c.client.post("/desk/venues/new", data={"name": "Town Hall", "kind": "Hall"})
    db.session.rollback()
    rows = db.session.scalars(select(History).order_by(History.id)).all()
    assert [(row.who, row.what, row.subject_id) for row in rows if row.what == telling.SENT] == [
        ("Priya Nandakumar", telling.SENT, "/desk/gaps/views")
    ]
