"""Words with a dotted line: where terms of the trade stand in a head or a label, once for each word that a page
explains, and never on the rows of a list."""

import re
from html import unescape

import pytest
from flask import render_template_string
from flask.testing import FlaskClient

import make
from browser import sign_in
from every_address import told_year
from outreach.demonstration import story
from outreach.web import meanings
from worlds import World

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

EXPLAINED = {
    "/desk": {"target", "gap"},
    "/desk/coverage": {"as of", "share", "standing", "gap", "cause", "seen", "unreachable"},
    "/desk/gaps": {"standing", "cause", "follow-up", "owner"},
    "/desk/schools": {"standing", "cause"},
    "/desk/invitations": {"standing", "cause", "round"},
    "/desk/phone-list": {"cause"},
    "/desk/chasing": {"raise"},
    "/desk/diary": {"proposed", "held"},
    "/desk/plans/1": {"extra road"},
    "/desk/reports/1": {"gap", "seen", "booked", "share"},
}
"""Words, among others, whose meaning each page shows."""


@pytest.fixture
def told(client: FlaskClient, world: World) -> story.Told:
    told = world(told_year, make.NOW)
    sign_in(client, told.coordinator)
    return told


def explained(page: str) -> tuple[list[str], dict[str, str]]:
    """What each word with a dotted line points at, and what is shown there."""
    pointed = re.findall(r'<button class="word" type="button" popovertarget="([^"]+)">', page)
    shown = re.findall(r'<span class="meaning" id="([^"]+)" popover>(.*?)</span>', page, re.DOTALL)
    assert len(shown) == len(dict(shown))
    return pointed, {name: unescape(" ".join(said.split())) for name, said in shown}


@pytest.mark.parametrize("path", EXPLAINED)
def test_terms_in_heads_and_labels_show_their_meaning_once_a_page_and_on_no_row(
    client: FlaskClient, told: story.Told, path: str
) -> None:
    page = client.get(path).text
    pointed, shown = explained(page)
    assert set(pointed) == set(shown)
    with client.application.test_request_context():
        glossary = meanings.told("glossary")
    for word in glossary:
        name = f"means-{word.replace(' ', '-')}"
        if name in shown:
            assert shown[name] == f"<b>{word[0].upper()}{word[1:]}</b>: {glossary[word]}"
    assert {f"means-{word.replace(' ', '-')}" for word in EXPLAINED[path]} <= set(shown)
    rows = re.findall(r"<tbody.*?</tbody>", page, re.DOTALL)
    assert [row for row in rows if 'class="word"' in row] == []


def test_a_word_without_a_meaning_stands_as_it_is(client: FlaskClient, told: story.Told) -> None:
    with client.application.test_request_context():
        page = render_template_string(
            "{{ 'Troupe'|dotted }} {{ 'a < b'|dotted }} {{ 'Gaps'|dotted }} {{ 'a < b'|dotted('gap') }}"
        )
    assert page.startswith("Troupe a &lt; b <button") and ">Gaps</button>" in page
    assert page.count('popovertarget="means-gap"') == 2 and page.endswith(">a &lt; b</button>")
