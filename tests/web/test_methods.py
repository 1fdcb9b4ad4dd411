"""A change happens on POST alone: whatever else is asked of an address, with cookies and links that open it,
writes nothing."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from test_headers import lacking

import make
from every_address import NOW, County, but_noted, people_at_every_door, told_year, whole_database
from how_many import is_drawn, so_many, some_of
from log_read import log_read
from outreach.booking.promises import VisitContact
from outreach.county.contacts import Contact
from outreach.county.coordinators import Coordinator
from outreach.ground import statements
from outreach.ground.db import db
from outreach.web import deeds
from worlds import World


@pytest.fixture
def county(stopped: object, world: World) -> County:
    return people_at_every_door(world(told_year, NOW), now=NOW)


def known_people() -> set[str]:
    """Names, addresses and telephones of people at schools and bodies, who were told to us or are named in a visit."""
    return {
        told
        for of in (Contact, VisitContact)
        for row in db.session.execute(select(of.name, of.address, of.phone).order_by(of.id))
        for told in row
        if told
    }


@pytest.mark.any_database
def test_neither_head_nor_options_nor_get_changes_a_row_whoever_asks(
    app: Flask, client: FlaskClient, county: County
) -> None:
    """HEAD shows what GET does, without its body: also the pages that ask before a person is taken out, a
    mail erased."""
    make.signed_in(client, county.told.coordinator)
    before = whole_database()
    opened, people, unnamed = 0, known_people(), set[str]()
    for rule in app.url_map.iter_rules():
        for path in county.addresses(rule):
            shown = client.get(path)
            answers = [shown]
            if is_drawn(
                rule.rule, one_in=4
            ):  # each page is looked at in every run; how else it is asked for is not
                headed, told = (client.open(path, method=m) for m in ("HEAD", "OPTIONS"))
                assert (headed.status_code, headed.data) == (shown.status_code, b""), path
                answers += [headed, told]
            assert max(answer.status_code for answer in answers) < 500, path
            assert [missing for answer in answers for missing in lacking(answer)] == [], path
            opened += shown.status_code == 200
            if rule.endpoint.startswith("coordinator.") and not deeds.takes_out(rule.endpoint):
                shows = shown.status_code == 200 and any(told in shown.text for told in people)
                if shows and not deeds.shows_people(rule.endpoint):
                    unnamed.add(rule.endpoint)
            shown.close()
    assert opened > 200
    after = whole_database()
    assert unnamed == set(), "a look at people of a school is written down: deeds.SHOW_PEOPLE"
    assert len(after["history"]) > len(before["history"]), "a file that is taken out is written down"
    after = but_noted(after)
    assert {table: rows for table, rows in after.items() if rows != before[table]} == {}


TYPED = {
    "name": "Ottoline Quennell",
    "address": "o.quennell@redmere.example",
    "email": "o.quennell@redmere.example",
    "phone": "07700 900461",
    "password": "lantern gravel Xq7",
    "note": "Ottoline Quennell said",
    "q": "Ottoline Quennell",
    "code": "Quennell7",
    "token": "Zq8kM2xR9pL4vN8sT1wZ6Qu",
}
"""What people type into forms, whichever they are."""


@pytest.mark.any_database
def test_nothing_of_anybody_stands_in_a_line_of_the_log_or_in_a_figure(
    app: Flask, client: FlaskClient, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every address, opened by whoever may, and sent what people type; every third time the service breaks."""
    app.config.update(METRICS_TOKEN="Q7kM2xR9pL4vN8sT1wZ6", SLOW_STATEMENT_MS=1, TESTING=False)
    app.extensions["outreach: measures"].begin_anew()
    monkeypatch.setattr(statements, "NEVER_SLOW", 0.0)
    make.signed_in(client, county.told.coordinator)
    secret = known_people() | set(TYPED.values()) | {coordinator.email for coordinator in _coordinators()}
    for door in county.doors:
        secret |= {one for part in KEYS for one in door.known.get(part, [])}
    sent = 0
    with log_read() as log:
        for rule in some_of(app.url_map.iter_rules(), one_in=3):
            path = next(county.addresses(rule), "/nowhere")
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                sent += 1
                with monkeypatch.context() as broken:
                    if sent % 3 == 0:
                        broken.setitem(app.view_functions, rule.endpoint, _breaks)
                    client.open(path, method=method, query_string=TYPED, data=TYPED).close()
            if rule.endpoint == "public.sign_out":
                make.signed_in(client, county.told.coordinator)
        told = client.get("/metrics", headers={"Authorization": "Bearer Q7kM2xR9pL4vN8sT1wZ6"}).text
    written = log.getvalue()
    assert log.lines("answered", status=200) and log.lines("a page failed") and log.lines("a slow statement")
    assert len(log.lines("answered")) > 0.8 * sent > so_many(400, least=100)
    shown = sorted(one for one in secret if len(one) > 3 and (one in written or one in told))
    assert shown == []


KEYS = ("token", "stop_token", "reminder_token", "code", "reference")
"""Parts of addresses that are keys, or somebody's."""


def _breaks(**_parts: object) -> object:
    raise ValueError(*TYPED.values())


def _coordinators() -> list[Coordinator]:
    return list(db.session.scalars(select(Coordinator).order_by(Coordinator.id)))
