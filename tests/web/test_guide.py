"""The guide: a paragraph for each page, to which its '?' leads; searched; and no operator's words for coordinators."""

import re
import tomllib
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from types import CodeType
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
    r"\b[A-Z]{2,}(_[A-Z]+)+\b|\bflask (--app|post|asking|planner|feeds|db|register|incoming)\b|/var/|/etc/|"
    r"\{\{ folder \}\}"
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


FOR_OPERATORS = (
    "cli/",
    "county/sign_in_providers.py",
    "demonstration/england.py",
    "ground/config.py",
    "ground/erasures.py",
    "ground/last_words.py",
    "ground/secret_settings.py",
    "post/outgoing/mail_server.py",
    "post/incoming/mailbox.py",
    "web/measures.py",
)
"""Whose words the log, a terminal and a monitor show alone: tests/web/test_status.py holds that no page does."""


def test_nothing_that_is_said_in_python_speaks_the_operators_words() -> None:
    said = set()
    for path in (ROOT / "outreach").rglob("*.py"):
        name = path.relative_to(ROOT / "outreach").as_posix()
        if name.startswith(FOR_OPERATORS):
            continue
        said |= {
            f"{name}: {found[0]}"
            for words in _words_of(compile(path.read_text(), name, "exec", optimize=2))
            if (found := OPERATORS.search(words)) and found[0] != words  # alone it is a setting's name
        }
    assert said == {"web/gate.py: METRICS_TOKEN"}  # to a monitor that asks without its token


def _words_of(part: object) -> Iterator[str]:
    """All that is said in what was compiled without its docstrings."""
    if isinstance(part, str):
        yield part
    for inner in (
        part.co_consts if isinstance(part, CodeType) else part if isinstance(part, tuple | frozenset) else ()
    ):
        yield from _words_of(inner)


def test_the_guide_is_for_coordinators(client: FlaskClient) -> None:
    assert client.get("/desk/guide").status_code == 302


def test_a_standing_shows_its_meaning_on_the_schools_page(desk: FlaskClient) -> None:
    with transaction():
        school = make.school(name="Redmere Academy")
    page = unescape(desk.get(f"/desk/schools/{school.organisation_id}").text)
    (target,) = re.findall(r'<button class="word" type="button" popovertarget="([^"]+)">what is this', page)
    meaning = tomllib.loads((ROOT / "templates/guide/glossary.toml").read_text())["unreachable"]
    shown = re.search(rf'id="{target}" popover>(.*?)\s*</span>', page, re.S)
    assert shown is not None and shown[1] == f"<b>Unreachable</b>: {meaning}"


def test_every_standing_of_the_target_has_its_meaning() -> None:
    words = tomllib.loads((ROOT / "templates/guide/glossary.toml").read_text())
    assert [word for word in NINE if word not in words] == []


PICTURES = ROOT / "outreach/static/guide"
MOST = 250_000
"""Bytes of all pictures together; each is fetched when one scrolls to it."""


def test_each_section_has_a_picture_or_two_that_a_script_makes_and_that_weigh_little(
    desk: FlaskClient,
) -> None:
    listed = tomllib.loads((ROOT / "templates/guide/pictures.toml").read_text())
    made = {path.stem: path.read_bytes() for path in PICTURES.iterdir()}
    assert (
        set(made) == set(listed)
        and "templates/guide/pictures.toml" in (ROOT / "scripts/screenshots").read_text()
    )
    assert sum(map(len, made.values())) < MOST and max(map(len, made.values())) < 40_000
    for door in doors.DOORS:
        assert 1 <= len([row for row in door.rows if row.name in listed]) <= 2, door.words
    guide = unescape(desk.get("/desk/guide").text)
    for name, picture in listed.items():
        assert made[name][:4] == b"RIFF" and made[name][8:12] == b"WEBP"
        section = re.search(rf'<section id="{name}">(.*?)</section>', guide, re.S)
        assert section is not None
        (image,) = re.findall(r"<img\s(.*?)>", section[1], re.S)
        assert f'alt="{picture["alt"]}" width="680" height="340" loading="lazy"' in " ".join(image.split())
        address = re.search(r'src="([^"]+)"', image)
        assert address is not None
        sent = desk.get(address[1])
        assert sent.data == made[name] and sent.mimetype == "image/webp"
        assert "immutable" in sent.headers["Cache-Control"]
