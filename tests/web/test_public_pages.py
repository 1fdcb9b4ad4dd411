"""What anybody may read, with the facts of the partnership's settings."""

import re
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

import make
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.privacy import kept
from read_pages import state

pytestmark = pytest.mark.any_database

NOTICES = ("/contact", "/accessibility", "/privacy")


@pytest.mark.parametrize("path", ("/", *NOTICES, "/cookies", "/find"))
def test_page_stands_before_anything_is_set_up(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.both_databases
def test_first_page_says_what_the_play_is_and_lets_a_school_search(app: Flask, client: FlaskClient) -> None:
    with transaction():
        make.programme(make.partnership(), title="Someone to Tell", summary="A play about whom to tell.")
    page = client.get("/").text
    for words in (
        "‘Someone to Tell’",
        "A play about whom to tell.",
        "Years 8 and 9",
        "1 hour 15 minutes",
        'action="/find"',
    ):
        assert words in page


def test_first_page_of_several_partnerships_speaks_of_none(app: Flask, client: FlaskClient) -> None:
    with transaction():
        for code in ("931", "930", "929"):
            make.programme(make.partnership((code,)))
    page = client.get("/").text
    assert "Someone to Tell" not in page and "Book a performance for your school" in page


def test_contact_names_whom_to_ask_at_every_partnership(app: Flask, client: FlaskClient) -> None:
    with transaction():
        names = [make.partnership((code,)).name for code in ("931", "930", "929")]
    page = client.get("/contact").text
    for name in names:
        assert name in page
    assert page.count("01632 960 118") == 3 and page.count("mailto:priya@marlshire.example") == 3


@pytest.mark.parametrize("path", NOTICES)
def test_notice_of_one_partnership_names_whom_to_ask(app: Flask, client: FlaskClient, path: str) -> None:
    with transaction():
        name = make.partnership().name
    page = client.get(path).text
    assert name in page and "01632 960 118" in page and "mailto:priya@marlshire.example" in page


@pytest.mark.parametrize("path", ("/", "/find", "/code", "/accessibility", "/privacy"))
def test_page_of_several_partnerships_names_none_and_reads_no_more_than_two(
    app: Flask, client: FlaskClient, path: str
) -> None:
    with transaction():
        names = [make.partnership((str(code),)).name for code in range(900, 920)]
    read: list[Partnership] = []
    keep = lambda one, _context: read.append(one)  # noqa: E731
    event.listen(Partnership, "load", keep)
    db.session.expunge_all()
    page = client.get(path).text
    event.remove(Partnership, "load", keep)
    assert len(read) <= 2
    assert [name for name in names if name in page] == []
    if path in NOTICES:
        main = page.split("<main")[1].split("</main>")[0]
        assert "The safeguarding partnership of your school’s area" in main and 'href="/contact"' in main


def test_partnership_that_gave_no_contact_is_not_a_broken_line(app: Flask, client: FlaskClient) -> None:
    with transaction():
        make.partnership(contact_name="", contact_role="", contact_email="", contact_phone="")
    assert "has not said yet whom to ask" in client.get("/contact").text
    assert "mailto:" not in client.get("/privacy").text


@pytest.mark.parametrize("path", ("/", "/find", "/sign-in", "/no-such-page", *NOTICES))
def test_footer_of_every_page_leads_to_the_four_notices(client: FlaskClient, path: str) -> None:
    footer = client.get(path).text.split('<footer class="foot">')[1]
    for leads_to in ("/contact", "/accessibility", "/privacy", "/cookies"):
        assert f'href="{leads_to}"' in footer


def test_cookies_page_names_the_cookies(client: FlaskClient, app: Flask) -> None:
    app.config["PERMANENT_SESSION_LIFETIME"] = 12 * 3600
    page = client.get("/cookies").text
    for name in ("outreach", "outreach-device"):
        assert f'<th scope="row">{name}</th>' in page
    assert "12 hours" in page


@pytest.mark.both_databases
def test_first_page_asks_the_database_no_more_with_three_programmes(
    app: Flask, client: FlaskClient, count_queries
) -> None:
    with transaction():
        partnership = make.partnership()
        make.programme(partnership)
    counted = []
    for _ in range(2):
        with count_queries() as queries:
            client.get("/")
        counted.append(len(queries))
        with transaction():
            for _ in range(2):
                make.programme(partnership)
    assert counted == [3, 3]


@pytest.mark.both_databases
def test_the_state_is_told_while_the_database_does(client: FlaskClient) -> None:
    answer = state(client)
    assert (
        answer.status_code == 200 and answer.json and answer.json["status"] == answer.json["database"] == "ok"
    )


@pytest.mark.both_databases
def test_the_state_says_in_words_that_the_database_is_gone(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_args: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("connection refused to 10.0.0.1"))

    for way in ("execute", "connection"):
        monkeypatch.setattr(db.session, way, gone)
    answer = state(client)
    assert answer.status_code == 503
    assert answer.json == {"status": "unavailable", "database": "The database does not answer."}
    one_word = client.get("/state")
    assert (one_word.status_code, one_word.json) == (503, {"status": "unavailable"})


@pytest.mark.parametrize(("months", "days"), [(12, 90), (6, 30)])
def test_the_privacy_notice_says_how_long_letters_and_mail_are_kept_as_it_is_set(
    app: Flask, client: FlaskClient, months: int, days: int
) -> None:
    app.config.update(LETTERS_MONTHS=months, REPLIES_DAYS=days)
    page = unescape(" ".join(client.get("/privacy").text.split()))
    assert f"The letter itself: {months} months, or until the visit" in page
    assert f"The mail itself: {days} days, or until a coordinator has seen to it" in page
    assert page.count("Two whole school years after the one in which the address was last used") == 3


def test_the_privacy_notice_says_of_each_kind_that_is_kept_whose_why_from_where_and_how_long(
    client: FlaskClient,
) -> None:
    page = unescape(" ".join(client.get("/privacy").text.split()))
    said = [
        words
        for one in kept.KEPT
        for words in (one.name, one.what, one.whose, one.why, one.source, one.erased)
    ]
    assert [words for words in said if words not in page] == []


ELSEWHERE = {
    "www.google.com": "Google Maps",
    "calendar.google.com": "at Google",
    "outlook.office.com": "Microsoft",
    "outlook.live.com": "Microsoft",
    "www.ceop.police.uk": "CEOP",
    "www.bbc.co.uk": "the BBC’s weather",
}
"""Where a link of ours may lead away, and by which words the privacy notice says so."""


def test_the_privacy_notice_names_everybody_to_whom_a_link_of_ours_leads(client: FlaskClient) -> None:
    root = Path(__file__).resolve().parents[2]
    files = [
        file
        for folder, kinds in (
            ("templates", ("html",)),
            ("outreach/web", ("py",)),
            ("outreach/assets", ("js",)),
            ("outreach/static", ("js",)),
        )
        for kind in kinds
        for file in (root / folder).rglob(f"*.{kind}")
        if "vendor" not in file.parts
    ]
    hosts = {host for file in files for host in re.findall(r"https?://([\w.-]+\.\w+)", file.read_text())}
    assert hosts - {"www.w3.org"} == set(ELSEWHERE)
    notice = " ".join(client.get("/privacy").text.split())
    assert [words for words in ELSEWHERE.values() if words not in notice] == []
