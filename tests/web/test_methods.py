"""A change happens on POST alone: whatever else is asked of an address, with cookies and links that open it,
writes nothing."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from test_headers import lacking

import make
from every_address import NOW, County, but_noted, people_at_every_door, told_year, whole_database
from outreach.booking.promises import VisitContact
from outreach.county.contacts import Contact
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
            headed, shown, told = (client.open(path, method=m) for m in ("HEAD", "GET", "OPTIONS"))
            assert max(headed.status_code, shown.status_code, told.status_code) < 500, path
            assert (headed.status_code, headed.data) == (shown.status_code, b""), path
            assert [missing for answer in (headed, shown, told) for missing in lacking(answer)] == [], path
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
