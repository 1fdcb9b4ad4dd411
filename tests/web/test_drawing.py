"""Numbers a page is drawn by: in a style element that the page's own policy allows, and no other's."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from outreach.ground.db import transaction
from outreach.web.drawing import Drawing


def test_the_same_numbers_are_one_class_and_each_rule_says_them(app: Flask) -> None:
    with app.test_request_context():
        drawing = Drawing()
        assert drawing.style() == ""
        assert [drawing.placed(x=3, w=8), drawing.placed(x=14), drawing.placed(x=3, w=8)] == [
            "at-x3-w8",
            "at-x14",
            "at-x3-w8",
        ]
        assert drawing.style().endswith(">.at-x3-w8{--x:3;--w:8}.at-x14{--x:14}</style>")


@pytest.fixture
def desk(app: Flask, client: FlaskClient) -> FlaskClient:
    """A coordinator with one show in the diary."""
    with transaction():
        partnership = make.partnership()
        make.booking(make.show(make.programme(partnership), make.school(), make.NOW), {8: 100})
        person = make.person(partnership)
    return make.signed_in(client, person)


def test_a_drawn_page_allows_its_own_style_element_and_the_next_page_none(desk: FlaskClient) -> None:
    drawn = desk.get("/desk/diary")
    nonces = re.findall(r'<style nonce="([^"]{20,})">', drawn.text.partition("</head>")[0])
    assert len(nonces) == 1 == drawn.text.count("<style")
    assert f"style-src 'self' 'nonce-{nonces[0]}';" in drawn.headers["Content-Security-Policy"]
    assert nonces[0] not in desk.get("/desk/diary").text
    assert "nonce" not in desk.get("/contact").headers["Content-Security-Policy"]


def test_everything_placed_on_the_diary_has_its_rule(desk: FlaskClient) -> None:
    head, _, body = desk.get("/desk/diary").text.partition("</head>")
    used = set(re.findall(r"\bat-[a-z]+\d+[\w-]*", body))
    assert used and used == set(re.findall(r"\.(at-[\w-]+)\{", head))
