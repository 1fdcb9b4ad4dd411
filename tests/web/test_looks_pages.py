"""The page of a partnership's looks, and pages and letters that look so: for it alone, and for nobody else."""

import html
import io
import itertools
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from county.test_logos import png
from outreach.booking import told
from outreach.county import logos, looks
from outreach.county.partnerships import Partnership
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.history import History
from outreach.post import letters
from outreach.post.copies import read
from post.facts import EXPIRES, JOANNA, NOW, visit

pytestmark = pytest.mark.any_database
PAGE = "/desk/setup/looks"


@pytest.fixture
def partnership(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Partnership:
    monkeypatch.setattr(clock, "now", lambda: make.NOW)
    with transaction():
        whose = make.partnership()
        assert make.programme(whose).id == whose.id  # of which the letter below speaks
        person = make.person(whose)
    make.signed_in(client, person)
    return whose


def sent(client: FlaskClient, logo: bytes | None = None, **words: str):
    picture = {} if logo is None else {"logo": (io.BytesIO(logo), "logo.png")}
    return client.post(PAGE, data={"sender_name": "", "accent": "", "footer_words": "", **words, **picture})


def test_pages_look_as_the_partnership_says_and_others_as_before(
    client: FlaskClient, partnership: Partnership
) -> None:
    answer = sent(client, png(), accent="0E5A63", footer_words="Charity 12345 & friends")
    assert answer.status_code == 303
    page = client.get("/desk").text
    assert '/static/looks/0e5a63.css"' in page
    assert "Charity 12345 &amp; friends" in page
    logo = re.search(r'<img class="logo" src="(/static/looks/[0-9a-f]{32}\.png)" alt="">', page)
    assert logo
    with transaction():
        other = make.person(make.partnership(la_codes=()))
    page = make.signed_in(client, other).get("/desk").text
    assert "/static/looks/" not in page
    assert "Charity" not in page


def test_its_colours_and_logo_are_kept_by_browsers_and_carry_nothing_of_who_asks(
    client: FlaskClient, partnership: Partnership
) -> None:
    sent(client, png() + b"<script>alert(1)</script>", accent="#0e5a63")
    name = partnership.logo_file
    assert name
    with transaction():  # one of when SVG was taken
        stored = {"mimetype": logos.SVG, "body": b"<svg/>", "png": png(), "recorded_by": "Priya"}
        db.session.add(
            logos.Logo(partnership_id=partnership.id, digest="0" * 32, recorded_at=make.NOW, **stored)
        )
    for address, mimetype in (
        ("/static/looks/0e5a63.css", "text/css"),
        (f"/static/looks/{name}", "image/png"),
        (f"/static/looks/{'0' * 32}.svg", "image/svg+xml"),
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.mimetype == mimetype
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert client.head(address).status_code == 200
        assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    drawn = client.get(f"/static/looks/{'0' * 32}.svg")
    assert "sandbox" in drawn.headers["Content-Security-Policy"]
    assert b"alert" not in client.get(f"/static/looks/{name}").data
    assert "--damson-deep:#" in client.get("/static/looks/0e5a63.css").text


@pytest.mark.parametrize(
    "address",
    [
        "ffff00.css",  # nobody may have it: it cannot be read
        "0e5a63;}.css",
        "0E5A63.css",
        "0e5a6.css",
        f"{'0' * 32}.png",
        f"{'0' * 32}.exe",
        "../outreach.css",
    ],
)
def test_what_nobody_has_is_not_there(client: FlaskClient, partnership: Partnership, address: str) -> None:
    assert client.get(f"/static/looks/{address}").status_code == 404


def test_a_colour_too_pale_is_refused_with_one_near_and_nothing_is_half_kept(
    client: FlaskClient, partnership: Partnership
) -> None:
    answer = sent(client, png(), accent="#ffff00", footer_words="A helpline")
    assert answer.status_code == 422
    assert "too pale to read: contrast 1.0, and 4.5 is needed" in answer.text
    near = re.search(r"nearest darker one is (#[0-9a-f]{6})", html.unescape(answer.text))
    assert near
    assert 'value="#ffff00"' in answer.text
    assert 'value="A helpline"' in answer.text
    db.session.expire_all()
    assert looks.of(partnership) == looks.Looks()
    assert partnership.logo_file is None
    assert sent(client, accent=near[1]).status_code == 303
    assert sent(client, accent="mauve").status_code == 422


def test_a_broken_logo_is_told_and_the_colour_with_it_is_not_kept(
    client: FlaskClient, partnership: Partnership
) -> None:
    answer = sent(client, b"GIF89a", accent="#0e5a63")
    assert answer.status_code == 422
    assert "no PNG, JPEG or WebP" in answer.text
    db.session.expire_all()
    assert partnership.accent is None


def test_a_logo_is_taken_away_and_who_did_it_stands_in_the_history(
    client: FlaskClient, partnership: Partnership
) -> None:
    sent(client, png())
    assert "Take the logo away" in client.get(PAGE).text
    assert client.post(f"{PAGE}/logo/remove").status_code == 303
    db.session.expire_all()
    assert partnership.logo_file is None
    assert "Take the logo away" not in client.get(PAGE).text
    deeds = db.session.scalars(select(History.what).where(History.subject == "partnership")).all()
    assert [one for one in deeds if "logo" in one] == ["set the logo", "took the logo away"]


def test_letters_come_from_that_name_in_that_colour_and_what_went_stays(
    client: FlaskClient, partnership: Partnership
) -> None:
    hours = itertools.count()

    def letter() -> tuple[str, str, bytes]:
        with transaction():
            sender, now = told.sender_of(partnership), NOW + timedelta(hours=next(hours))
            raw = letters.booked(visit(), JOANNA, sender, now=now, expires_at=EXPIRES).raw
        mail = read(raw)
        return mail.html, mail.text, raw

    before = letter()
    sent(
        client,
        png(),
        accent="#0e5a63",
        sender_name="Marlshire Stays Safe",
        footer_words="Ring 01632 960 000 <day & night>",
    )
    drawn, plain, raw = letter()
    assert b"From: Marlshire Stays Safe" in raw
    assert "#0e5a63" in drawn
    assert "5d2350" not in drawn
    assert "3f1636" not in drawn
    assert "Ring 01632 960 000 &lt;day &amp; night&gt;" in drawn
    assert "Ring 01632 960 000 <day & night>" in plain
    assert partnership.logo_file
    assert f'src="http://outreach.example/static/looks/{partnership.logo_file}"' in drawn
    assert "5d2350" in before[0]
    assert "/static/looks/" not in before[0]
    with transaction():
        looks.change(partnership, looks.Looks(), who="Priya", now=make.NOW)
    assert "5d2350" in letter()[0]
