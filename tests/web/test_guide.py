"""The guide: a paragraph for each page, to which its '?' leads; searched; and no operator's words for coordinators."""

import re
import tomllib
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

import make
from outreach.coverage.standings import NINE
from outreach.ground.db import transaction
from outreach.web import doors

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).resolve().parents[2]
OPERATORS = re.compile(
    r"\b[A-Z]{2,}(_[A-Z]+)+\b|\bflask (post|asking|planner|feeds|db)\b|/var/|/etc/|\{\{ folder \}\}"
)


@pytest.fixture
def desk(client: FlaskClient, stopped: Any) -> FlaskClient:
    with transaction():
        ours = make.partnership()
        make.programme(ours)
        person = make.person(ours)
    return make.signed_in(client, person)


def test_every_page_of_the_doors_has_its_paragraph_and_its_question_mark_leads_there(
    desk: FlaskClient,
) -> None:
    guide = desk.get("/desk/guide").text
    anchors = re.findall(r'<section id="([^"]+)">', guide)
    rows = [row.name for door in doors.DOORS for row in door.rows]
    assert anchors == rows
    told = tomllib.loads((ROOT / "templates/guide/guide.toml").read_text())
    assert sorted(told) == sorted(rows)
    for door in doors.DOORS:
        for row in door.rows:
            with desk.application.test_request_context():
                address = row.address()
            page = desk.get(address).text
            marks = {unescape(at) for at in re.findall(r'<a class="help" href="([^"]+)"', page)}
            assert marks == {f"/desk/guide#{row.name}"}, address


def test_the_guide_is_searched_word_by_word_and_says_when_nothing_is_found(desk: FlaskClient) -> None:
    found = desk.get("/desk/guide?q=Snow+shut").text
    assert re.findall(r'<section id="([^"]+)">', found) == ["call_off"]
    assert "no letter can go" in desk.get("/desk/guide?q=unreachable").text
    none = desk.get("/desk/guide", query_string={"q": "<b>xyzzy"}).text
    assert "Nothing here holds all of ‘&lt;b&gt;xyzzy’" in none and "<section" not in none


def test_the_words_of_the_guide_and_of_the_docs_are_the_same(desk: FlaskClient) -> None:
    words = tomllib.loads((ROOT / "templates/guide/glossary.toml").read_text())
    rows = "".join(f"| **{word}** | {meaning} |\n" for word, meaning in words.items())
    assert (ROOT / "docs/glossary.md").read_text().endswith(rows)
    guide = unescape(desk.get("/desk/guide").text)
    assert all(meaning in guide for meaning in words.values())


def test_no_page_of_a_coordinator_speaks_the_operators_words() -> None:
    said = {
        f"{path.name}: {found[0]}"
        for path in (ROOT / "templates/coordinator").glob("*.html")
        if (found := OPERATORS.search(re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S)))
    }
    assert said == set()


def test_the_guide_is_for_coordinators(client: FlaskClient) -> None:
    assert client.get("/desk/guide").status_code == 302


def test_a_word_shows_its_meaning_by_a_button_that_needs_no_script(desk: FlaskClient) -> None:
    with transaction():
        school = make.school(name="Redmere Academy")
    page = unescape(desk.get(f"/desk/schools/{school.urn}").text)
    (target,) = re.findall(r'<button class="word" type="button" popovertarget="([^"]+)">what is this', page)
    meaning = tomllib.loads((ROOT / "templates/guide/glossary.toml").read_text())["unreachable"]
    shown = re.search(rf'id="{target}" popover>(.*?)</span>', page, re.S)
    assert shown is not None and shown[1] == f"<b>Unreachable</b>: {meaning}"


def test_every_standing_of_the_target_has_its_meaning() -> None:
    words = tomllib.loads((ROOT / "templates/guide/glossary.toml").read_text())
    assert [word for word in NINE if word not in words] == []
