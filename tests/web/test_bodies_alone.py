"""A training that asks bodies alone: no page of the desk about it calls them schools, and one that asks both says so."""

import re
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
import session_life
from every_address import ROWS, County, Door, column_of
from outreach.booking import bookings, promises
from outreach.coverage.digest import said
from outreach.coverage.who_asked import OF_BODIES, OF_BOTH, OF_SCHOOLS
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.tour.adults import ALL, NO_SCHOOLS, AdultTarget
from words_of_pupils import read

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

PAGES = """
    booking booking_cancel booking_change booking_colleague booking_hand_on booking_move booking_places
    booking_sessions bookings coverage desk diary gaps gaps_do news report schools season
    season_days season_shows session session_call_off sessions tour tour_day add_tour_days
""".split()
"""Pages of the desk about who is asked; those about asking, about the register and about schools alone are not here."""

NOT_OF_WHO_IS_ASKED = re.compile(
    r"""(?x)
      Littlemere\ School                                    # a name
    | [Ss]chool\ holidays|[Ss]chool\ days?|a\ school\ week  # the county's calendar
    """
)
MEANINGS = re.compile(r'<span class="meaning".*?(?=</main>)', re.S)
"""What the words with a dotted line mean: of trainings, whoever they ask."""


def told(kinds: str, monkeypatch: pytest.MonkeyPatch, client: FlaskClient) -> SimpleNamespace:
    """Police and health: one comes, one gave up its places, one waits, one has said nothing, one cannot be written to."""
    monkeypatch.setattr(clock, "now", session_life.now)
    monkeypatch.setattr(session_life, "POLICE", AdultTarget(schools=kinds, kinds=("Police", "Health")))
    c = session_life.lay()
    with transaction():
        c.new = make.body(c.partnership, name="Ash Clinic", kind="Health")
        for one in (c.unit, c.team, c.uncounted, c.new):
            make.contact(one, source="a list")
            make.invitation(c.programme, one)
        make.body(c.partnership, name="Zed Clinic", kind="Health")
        c.coordinator = make.person(c.partnership)
        make.signed_in(client, c.coordinator)
    session_life.take(c, c.unit, 6)
    left = session_life.booked(session_life.take(c, c.team, 14, c.online.performance, who="zoe"))
    session_life.take(c, c.uncounted, 15, waits=True, who="bo")
    with transaction():
        bookings.cancel(left, reason="Duty", by=promises.SCHOOL, who="Zoe", now=session_life.now())
    return c


@pytest.fixture
def bodies(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    return told(NO_SCHOOLS, monkeypatch, client)


@pytest.fixture
def both(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    return told(ALL, monkeypatch, client)


def test_no_page_about_bodies_calls_them_schools(app: Flask, client: FlaskClient, bodies: Any) -> None:
    desk = Door("coordinator", {name: column_of(column) for name, column in ROWS.items()})
    county, wrong, seen = County(told=None, doors=[desk]), defaultdict(set), set()
    deeds = [
        f"/desk/gaps/do?deed={deed}&whole=1" for deed in ("assign", "note", "exclude", "export", "follow-up")
    ]
    empty = [
        "/desk/bookings?when=past",
        "/desk/gaps?find=nobody",
        "/desk/coverage?by=phase&compare=2027-01-12",
    ]
    addresses = [("gaps_do", address) for address in deeds] + [("bookings", address) for address in empty]
    for rule in app.url_map.iter_rules():
        name = rule.endpoint.removeprefix("coordinator.")
        if "GET" in (rule.methods or ()) and name in PAGES:
            addresses += [(name, address) for address in county.addresses(rule, each=3)]
    for name, address in addresses:
        answer = client.get(address)
        assert answer.status_code < 500, address
        if answer.status_code in (200, 422) and answer.mimetype == "text/html":
            seen.add(name)
            words = NOT_OF_WHO_IS_ASKED.sub(" ", read(MEANINGS.sub("", answer.text)))
            wrong[address] |= {
                words[max(0, hit.start() - 60) : hit.end() + 40]
                for hit in re.finditer(r"(?i)\bschools?\b", words)
            }
    assert {address: found for address, found in wrong.items() if found} == {}
    assert set(PAGES) - seen == set()


def test_the_page_of_set_up_counts_bodies(client: FlaskClient, bodies: Any) -> None:
    page = read(client.get("/desk/setup").text)
    assert "5 bodies, none trained yet" in page and "4 of 5 bodies are gaps" in page
    assert "bodies still need" not in page  # more places are left at the sessions than they need
    assert "lack what the register tells" not in page and "Staff numbers" in page
    assert re.findall(r"(?i)[^.]*pupil[^.]*", page) == []


def test_the_desk_the_news_and_the_digest_count_bodies(client: FlaskClient, bodies: Any) -> None:
    desk, news = read(client.get("/desk").text), read(client.get("/desk/news").text)
    assert "0 of 5 bodies trained" in desk and "4 bodies with a" in desk
    assert "1 body lost its session" in desk and "1 body cannot be reached" in desk
    assert "Cancelled by the organisation: Duty" in news
    digest = said.digest_of(bodies.coordinator, since=make.EARLIER, now=session_life.now())
    assert digest is not None
    lines = [line.what for part in digest.parts for line in part.lines]
    assert "1 body lost its session" in lines and not any("school" in line for line in lines)
    gaps = read(client.get("/desk/gaps").text)
    assert "Cancelled by the organisation on" in gaps and "Predecessor was not trained" in read(
        client.get("/desk/schools").text
    )
    assert 'data-one="body" data-many="bodies"' in client.get("/desk/gaps").text


def test_where_both_are_asked_both_are_named(client: FlaskClient, both: Any) -> None:
    desk = read(client.get("/desk").text)
    assert "0 of 6 schools and bodies trained" in desk
    bookings_page = read(client.get("/desk/bookings").text)
    assert "School or body, town or reference" in bookings_page and "Session School or body" in bookings_page
    assert "Tick all 5 on this page School or body Standing" in read(client.get("/desk/gaps").text)
    note = client.get("/desk/gaps/do?deed=note&whole=1").text
    assert "We talked with the school or body" in note and "Note about 5 schools and bodies" in read(note)


def test_a_venue_is_no_body_that_is_missed(client: FlaskClient, bodies: Any) -> None:
    desk = read(client.get("/desk").text)
    assert "Venue, and who comes" in desk and "Kestermere Town Hall" in desk
    assert "Not in the target" not in desk


def test_the_search_box_looks_for_bodies_where_a_partnership_keeps_some(
    client: FlaskClient, bodies: Any
) -> None:
    found = read(client.get("/desk/search?q=ash").text)
    assert "1 school or body" in found and "Health" in found and "URN 1" not in found
    with transaction():
        make.signed_in(client, make.person(make.partnership(("934",))))
    assert "School, person or reference" in read(client.get("/desk/search").text)


@pytest.mark.parametrize(
    ("written", "of_bodies", "of_both"),
    [
        ("3 schools", "3 bodies", "3 schools and bodies"),
        ("School, town or reference", "Body, town or reference", "School or body, town or reference"),
        ("the school’s head", "the body’s head", "the school or body’s head"),
        ("Nobody is schooled", "Nobody is schooled", "Nobody is schooled"),
    ],
)
def test_a_sentence_of_schools_is_said_of_whoever_is_asked(
    written: str, of_bodies: str, of_both: str
) -> None:
    assert (OF_SCHOOLS.said(written), OF_BODIES.said(written), OF_BOTH.said(written)) == (
        written,
        of_bodies,
        of_both,
    )
