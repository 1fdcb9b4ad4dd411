"""A programme for adults speaks of adults: no page of it at a school's door or a company's knows a pupil, a hall or a
year group.

The made-up county is turned into one whose programmes are for adults: what its schools promised and reported of pupils
is of their staff.
"""

import re
from collections import defaultdict
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

import make
from browser import sign_in
from every_address import County, people_at_every_door, told_year
from outreach.ground.db import transaction
from outreach.ground.school_year import STAFF
from worlds import World

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

OF_PUPILS = re.compile(
    r"\b(pupils?|halls?|year groups?|years? \d{1,2}(?! *%|\d)(?: and \d+)?|(?-i:Reception))\b", re.I
)

DOORS = ("school.", "company.")
"""Whose every page is of the programme: a school's by its link, and a company's by its troupe's."""

BESIDE = {
    "school.join": "holds.NotForYourSchool, of a programme for pupils",
    "school.missed": "of pupils alone: no link leads there from a programme for adults",
    "school.neighbours": "holds.NotForYourSchool, of a programme for pupils",
    "school.questions": "of pupils alone: no link leads there from a programme for adults",
    "school.wave_sheet": "of pupils alone: no link leads there from a programme for adults",
}
"""Pages that may speak of pupils, and why."""


def of_adults(county: Any) -> None:
    """Every programme of the county is for adults, and whatever was counted is its staff."""
    with transaction() as session:
        for (name,) in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {name}"))
        for statement in (
            "UPDATE programme SET for_adults = 1, title = 'Someone to Ask', summary = 'A training on signs of abuse.',"
            " school_provides = 'A room and tea'",
            "UPDATE programme_target SET year_groups = ''",
            "UPDATE booking SET hall = 'Staff room' WHERE hall <> ''",
            "UPDATE booking SET arrival_note = 'Ring at the gate' WHERE arrival_note <> ''",
            "DELETE FROM promise_limit",
            "DELETE FROM absence",
            "UPDATE organisation SET name = replace(replace(name, 'Hall', 'House'), 'Pupil', 'Child')",
            "UPDATE organisation_record SET name = replace(replace(name, 'Hall', 'House'), 'Pupil', 'Child'),"
            " type_of_establishment = replace(type_of_establishment, 'Pupil', 'Child')",
            "UPDATE organisation SET type_of_establishment = replace(type_of_establishment, 'Pupil', 'Child')",
            "UPDATE contact SET role = replace(role, 'Year', 'Form')",
            "UPDATE visit_contact SET role = replace(role, 'Year', 'Form')",
            "UPDATE answer SET reason = 'Ask Ms Hale' WHERE reason <> ''",
            "UPDATE guest_place SET message = 'Our room is being rewired' WHERE message <> ''",
            "UPDATE note SET text = 'Rang, nobody there'",
        ):
            session.execute(text(statement))
        for table, of in (
            ("promised_pupils", "revision_id"),
            ("came_to", "booking_id"),
            ("reported_pupils", "report_id"),
        ):
            rows = session.execute(text(f"SELECT {of}, sum(pupils) FROM {table} GROUP BY {of}")).all()
            session.execute(text(f"DELETE FROM {table}"))
            for row, pupils in rows:
                session.execute(
                    text(f"INSERT INTO {table} ({of}, year_group, pupils) VALUES (:row, :group, :pupils)"),
                    {"row": row, "group": STAFF, "pupils": pupils},
                )


@pytest.fixture
def county(app: Flask, client: FlaskClient, stopped: Any, world: World) -> County:
    told = world(told_year, make.NOW)
    sign_in(client, told.coordinator)
    found = people_at_every_door(told, now=make.NOW)
    of_adults(found)
    return found


def read(page: str) -> str:
    """What a page says: its title and all that stands in it, boxes' words among it."""
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.S)
    for attribute in ("placeholder", "aria-label", "alt", "title"):
        page = re.sub(rf'\b{attribute}="([^"]*)"', r">\1<", page)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


def test_no_page_of_a_school_or_a_company_in_a_programme_for_adults_speaks_of_pupils(
    app: Flask, client: FlaskClient, county: County
) -> None:
    wrong: dict[str, set[str]] = defaultdict(set)
    broken, pages = [], 0
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or not rule.endpoint.startswith(DOORS):
            continue
        for address in county.addresses(rule, each=2):
            answer = client.get(address)
            if answer.status_code >= 500:
                broken.append(address)
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            pages += 1
            said = read(answer.text)
            wrong[rule.endpoint] |= {
                said[max(0, found.start() - 40) : found.end() + 30] for found in OF_PUPILS.finditer(said)
            }
    assert not broken
    assert pages > 60
    assert {e: w for e, w in wrong.items() if w and e not in BESIDE} == {}
