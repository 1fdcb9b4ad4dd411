"""A programme for adults speaks of adults: no page, letter or file of it knows a pupil, a hall, a show or a year group.

The made-up year is told of a programme for adults, and every route is asked for by whoever stands at its door.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

import make
import session_life
from adults_year import told_for_adults
from browser import sign_in
from every_address import County, Door, link_to, people_at_every_door
from how_many import is_drawn, so_many
from outreach.booking import bookings, promises
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.post import copies
from outreach.post.feeds import tokens
from outreach.post.outbox import Letter
from words_of_pupils import found, read
from worlds import World

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

OF_PUPILS = "of pupils alone: no link leads there from a programme for adults"
LEGAL = "of the service as a whole: whom it is for, and what to do where a child is in danger"

AS_A_WHOLE = "of the partnership and its schools, whatever its programmes are"
NAMES_NOBODY = "what to do with a mail that names a child"
A_VENUE = "a hall is one of the kinds of venues"
CHOOSES = "where somebody chooses whom a programme is for"

FOR_PROGRAMS = "of one shape for every programme, and of schools as the register has them"

BESIDE = {
    "api.api_planned_shows": FOR_PROGRAMS,
    "api.api_plans": FOR_PROGRAMS,
    "api.api_schools": FOR_PROGRAMS,
    "api.api_shows": FOR_PROGRAMS,
    "api.api_start": FOR_PROGRAMS,
    "public.feed_described": FOR_PROGRAMS,
    "coordinator.api_tokens": AS_A_WHOLE,
    "coordinator.webhook": AS_A_WHOLE,
    "coordinator.webhooks": AS_A_WHOLE,
    "coordinator.contacts": "leads to past shows, which were of pupils",
    "coordinator.followed": OF_PUPILS,
    "coordinator.guide": AS_A_WHOLE,
    "coordinator.inbox_erase": NAMES_NOBODY,
    "coordinator.inbox_mail": NAMES_NOBODY,
    "coordinator.new_item": OF_PUPILS,
    "coordinator.new_programme": CHOOSES,
    "coordinator.new_session": A_VENUE,
    "coordinator.new_venue": A_VENUE,
    "coordinator.outcomes": OF_PUPILS,
    "coordinator.outcomes_csv": OF_PUPILS,
    "coordinator.partnership_history": AS_A_WHOLE,
    "coordinator.partnership_history_csv": AS_A_WHOLE,
    "coordinator.partnership_looks": AS_A_WHOLE,
    "coordinator.partnership_settings": AS_A_WHOLE,
    "coordinator.past_shows_page": OF_PUPILS,
    "coordinator.programmes": CHOOSES,
    "coordinator.typed_erase": NAMES_NOBODY,
    "coordinator.typed_words": NAMES_NOBODY,
    "coordinator.questionnaire": OF_PUPILS,
    "coordinator.referral_numbers": AS_A_WHOLE,
    "coordinator.referral_numbers_csv": AS_A_WHOLE,
    "coordinator.referrals": AS_A_WHOLE,
    "coordinator.referrals_csv": AS_A_WHOLE,
    "coordinator.register": AS_A_WHOLE,
    "coordinator.road_minutes": AS_A_WHOLE,
    "coordinator.wording": AS_A_WHOLE,
    "coordinator.wording_html": "a letter, in the case that is chosen: of pupils and of staff",
    "coordinator.wording_letter": AS_A_WHOLE,
    "coordinator.road_waters": AS_A_WHOLE,
    "coordinator.add_crossing": AS_A_WHOLE,
    "coordinator.school_day_add": AS_A_WHOLE,
    "coordinator.school_lunch": AS_A_WHOLE,
    "coordinator.school_lunches": AS_A_WHOLE,
    "coordinator.school_lunches_csv": AS_A_WHOLE,
    "coordinator.school_fact": "a fact of the register",
    "coordinator.school_missed": OF_PUPILS,
    "coordinator.show_codes": OF_PUPILS,
    "coordinator.staff_said": OF_PUPILS,
    "coordinator.troupe_costs": AS_A_WHOLE,
    "coordinator.venue": A_VENUE,
    "coordinator.venues": A_VENUE,
    "coordinator.visit_text": OF_PUPILS,
    "coordinator.visit_texts": OF_PUPILS,
    "coordinator.wave_list": OF_PUPILS,
    "company.worker": "a script",
    "public.code": OF_PUPILS,
    "public.contact": LEGAL,
    "public.home": LEGAL,
    "public.privacy": LEGAL,
    "school.questions": OF_PUPILS,
    "school.wave_sheet": OF_PUPILS,
}
"""Pages that may speak of pupils, and why."""
OF_A_REPORT = {f"coordinator.board_report{file}" for file in ("", "_csv", "_xlsx")}


@pytest.fixture
def county(app: Flask, client: FlaskClient, stopped: Any, world: World) -> County:
    told = world(told_for_adults, make.NOW)
    sign_in(client, told.coordinator)
    return people_at_every_door(told, now=make.NOW)


def values_in(told: Any) -> Iterator[str]:
    """The texts of a JSON answer; its field names are a promise to programs and no words of a page."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict | list):
        for value in told.values() if isinstance(told, dict) else told:
            yield from values_in(value)


def said_in(answer: TestResponse) -> str:
    """All that a page or a file says."""
    if answer.mimetype == "text/html":
        return read(answer.text)
    if "spreadsheet" in answer.mimetype:
        sheets = openpyxl.load_workbook(BytesIO(answer.data)).worksheets
        return " | ".join(
            str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row if cell
        )
    if answer.mimetype.endswith("json"):
        return " | ".join(values_in(answer.json))
    if answer.mimetype.startswith("text/"):
        return answer.text.replace("\r\n ", "").replace("\\n", " ")
    return ""


@pytest.mark.long
def test_nothing_that_a_programme_for_adults_says_is_of_pupils(
    app: Flask, client: FlaskClient, county: County
) -> None:
    wrong: dict[str, set[str]] = defaultdict(set)
    broken, read_already = [], set()
    told = set()
    with transaction():
        _, token = tokens.make(county.told.partnership.id, "Dashboard", who="Priya", now=make.NOW)
    as_dashboard = {"Authorization": f"Bearer {token}"}
    for rule in app.url_map.iter_rules():
        to_all = rule.endpoint.startswith("api.") or rule.endpoint in OF_A_REPORT
        if "GET" not in (rule.methods or ()) or not (to_all or is_drawn(rule.rule, one_in=3)):
            continue
        for address in county.addresses(rule, each=so_many(3, least=1)):
            if address in read_already:
                continue
            read_already.add(address)
            answer = client.get(address, headers=as_dashboard if rule.endpoint.startswith("api.") else None)
            if answer.status_code >= 500:
                broken.append(address)
            if answer.status_code == 200:
                told.add(rule.endpoint)
            if answer.status_code in (200, 409, 422):
                wrong[rule.endpoint] |= found(said_in(answer))
    for letter in db.session.scalars(select(Letter).order_by(Letter.id)):
        copy = copies.read(letter.raw)
        calendar = copy.calendar.replace(b"\r\n ", b"").decode()
        wrong[f"letter: {letter.kind}"] |= found(
            " ".join((letter.subject, copy.text, read(copy.html), calendar))
        )
    assert not broken
    assert len(read_already) > so_many(700, least=80)
    feed = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")}
    assert len(feed) > 7 and feed | OF_A_REPORT <= told
    assert {of: said for of, said in wrong.items() if said and of not in BESIDE} == {}


def doors_of_bodies() -> list[Door]:
    """Bodies by their links: one that has places, one that gave them up, one that waits and one that has said nothing."""
    c = session_life.lay()
    with transaction():
        c.new = make.body(c.partnership, name="Ash Clinic", kind="Health")
        for one in (c.unit, c.team, c.uncounted, c.new):
            make.contact(one, source="a list")
            make.invitation(c.programme, one)
    comes = session_life.booked(session_life.take(c, c.unit, 6))
    left = session_life.booked(session_life.take(c, c.team, 14, c.online.performance, who="zoe"))
    session_life.take(c, c.school, 14, who="lea")
    waits = session_life.take(c, c.uncounted, 5, waits=True, who="bo")
    with transaction():
        bookings.cancel(left, reason="Duty", by=promises.SCHOOL, who="Zoe", now=session_life.now())
    at = [str(session.performance_id) for session in (c.hall, c.online)]
    return [
        Door(
            "school",
            {
                "token": [link_to(c.programme, one)],
                "reference": [booking.reference if booking else comes.reference],
                "contact_id": [str(p.id) for p in promises.people_of(booking)] if booking else ["1"],
                "performance_id": at,
                "place_id": [str(waits.id)],
            },
        )
        for one, booking in ((c.unit, comes), (c.team, left), (c.uncounted, None), (c.new, None))
    ]


def test_by_a_bodys_link_nothing_is_of_schools_or_of_pupils(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", session_life.now)
    county = County(told=None, doors=doors_of_bodies())
    wrong, read_already = defaultdict(set), set()
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or not rule.endpoint.startswith("school."):
            continue
        if not is_drawn(rule.rule, one_in=2):
            continue
        for address in county.addresses(rule, each=so_many(2, least=1)):
            if address in read_already:
                continue
            read_already.add(address)
            answer = client.get(address, follow_redirects=True)
            assert answer.status_code < 500, address
            said = said_in(answer)
            wrong[rule.endpoint] |= found(said) | {
                said[max(0, hit.start() - 60) : hit.end() + 40]
                for hit in re.finditer(r"(?i)\bschools?\b", said)
            }
    no_address = client.post(
        f"/i/{county.doors[0].known['token'][0]}/somebody-else", data={"name": "Sam", "address": "sam"}
    )
    assert "Enter it like name@organisation.example." in said_in(no_address)
    for lost in ("times", "hosts"):
        assert client.get(f"/i/{county.doors[3].known['token'][0]}/{lost}").location.endswith("/sessions")
    assert len(read_already) > so_many(150, least=35)
    assert {of: said for of, said in wrong.items() if said} == {}
