"""Pupils' pages, as a phone asks for them: no cookie, no address, no line in a log, each answer once."""

import logging
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

import asked
import make
from asked import Asked
from outreach.ground.db import db, transaction
from outreach.outcomes import open_answers, typed_codes, waves
from outreach.outcomes.open_answers import Stands
from outreach.outcomes.reading_age import too_hard
from outreach.outcomes.typed_codes import GUESSES
from outreach.web import pupil_words

pytestmark = pytest.mark.any_database


@pytest.fixture
def show(app: Flask, stopped: object) -> Asked:
    """Its wave before it is open at the time at which the clock stands."""
    with transaction():
        return asked.lay(pupils=20)


def form_of(client: FlaskClient, address: str) -> dict[str, str]:
    page = client.get(f"/q/{address}/questions").text
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found
    return {"form": found[1]}


def send(client: FlaskClient, address: str, **answers: str) -> TestResponse:
    return client.post(f"/q/{address}/questions", data=form_of(client, address) | answers)


def said(page: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2])).split())


def test_a_pupil_goes_from_the_code_to_thank_you(client: FlaskClient, show: Asked) -> None:
    code = show.code("before")
    typed = client.get("/q", query_string={"code": code.written.lower()})
    assert (typed.status_code, typed.headers["Location"]) == (303, f"/q/{code.in_address}")
    first = client.get(typed.headers["Location"])
    assert "Six questions, about two minutes" in said(first)
    for promise in pupil_words.PROMISES:
        assert promise in said(first)
    questions = client.get(f"/q/{code.in_address}/questions")
    assert "checked" not in questions.text, "nothing is chosen in advance"
    answered = send(client, code.in_address, a1="4", a2="", a5="0")
    thanks = client.get(answered.headers["Location"])
    assert (answered.status_code, "Your answers are in." in said(thanks)) == (303, True)
    table = open_answers.table_of_wave(show.waves["before"].id)
    (row,) = db.session.execute(table.select()).all()
    assert (row.a1, row.a2, row.a5, row.answered_on) == (4, None, 0, make.NOW.date())


def test_first_and_last_page_say_whom_to_tell_now_and_every_page_how_to_leave(
    client: FlaskClient, show: Asked
) -> None:
    address = show.code("before").in_address
    pages = ["/q", f"/q/{address}", f"/q/{address}/questions", f"/q/{address}/thanks", "/q/no-such-page"]
    for path in pages:
        page = client.get(path)
        assert f'href="{pupil_words.ELSEWHERE}"' in page.text and "Leave this page" in said(page), path
        assert "0800 1111" in said(page) and "999" in said(page), path
    for path in (pages[1], pages[3]):
        for words in ("safeguarding lead", "Childline", "CEOP"):
            assert words in said(client.get(path)), (path, words)


def test_no_page_sets_a_cookie_or_asks_for_a_token_against_forgery(client: FlaskClient, show: Asked) -> None:
    address = show.code("before").in_address
    answers = [client.get(p) for p in ("/q", "/q?code=x", f"/q/{address}", f"/q/{address}/thanks", "/q/x")]
    answers += [send(client, address, a1="1"), client.post(f"/q/{address}/questions")]
    for answer in answers:
        assert "Set-Cookie" not in answer.headers
        assert "csrf_token" not in answer.text
    assert answers[-2].status_code == 303


def test_a_form_that_is_not_ours_or_sent_twice_is_not_kept_again(client: FlaskClient, show: Asked) -> None:
    address = show.code("before").in_address
    wave_id = show.waves["before"].id
    form = form_of(client, address) | {"a1": "5"}
    for _ in range(3):
        answer = client.post(f"/q/{address}/questions", data=form)
        assert answer.headers["Location"].endswith("/thanks?kept=yes")
    for forged in ({}, {"form": "x.y", "a1": "5"}, form | {"form": form["form"] + "a"}):
        answer = client.post(f"/q/{address}/questions", data=forged)
        assert answer.status_code == 422 and "Open it again with the code" in said(answer)
    db.session.rollback()
    assert open_answers.count(wave_id) == 1


def test_a_pupil_who_skips_everything_is_told_that_nothing_was_kept(client: FlaskClient, show: Asked) -> None:
    answer = send(client, show.code("before").in_address, a1="", a3="9", a4="55", a6="x")
    assert "nothing to keep" in said(client.get(answer.headers["Location"]))
    assert open_answers.names_of_tables() == []


def test_a_code_that_is_wrong_stopped_early_or_late_is_said_in_plain_words(
    client: FlaskClient, show: Asked, stopped
) -> None:
    unknown = client.get(f"/q/{show.code('before').in_address[:-1]}")
    assert unknown.status_code == 404 and pupil_words.UNKNOWN_CODE in said(unknown)
    assert pupil_words.UNKNOWN_CODE in said(client.get("/q?code=zzz"))
    assert pupil_words.NO_CODE in said(client.get("/q?code=+"))
    early = client.get(f"/q/{show.code('after').in_address}")
    assert "does not work yet" in said(early)
    code = show.code("before")
    form = form_of(client, code.in_address)
    with transaction():
        waves.stop(code, who="P", now=make.NOW)
    for page in (
        client.get(f"/q/{code.in_address}"),
        client.get(f"/q/{code.in_address}/questions"),
        client.post(f"/q/{code.in_address}/questions", data=form | {"a1": "3"}),
    ):
        assert "Ask your teacher for a new one" in said(page)
    with transaction():
        code = waves.renew(show.waves["before"], who="P", now=make.NOW)
    form = form_of(client, code.in_address)
    stopped.now = asked.SHOW
    late = client.post(f"/q/{code.in_address}/questions", data=form | {"a1": "3"})
    assert late.status_code == 422 and "The time to answer is over" in said(late)
    assert open_answers.names_of_tables() == []


def test_nobody_is_refused_when_there_are_more_answers_than_pupils(client: FlaskClient, show: Asked) -> None:
    """A whole school sends from one network, in its hours."""
    address = show.code("before").in_address
    for _ in range(23):
        assert send(client, address, a1="3").headers["Location"].endswith("kept=yes")
    db.session.rollback()
    assert open_answers.stands(show.waves["before"].id) == Stands(kept=22, set_aside=1)
    assert db.session.execute(text("SELECT count(*) FROM day_count")).scalar() == 0


def test_a_code_of_before_leads_to_its_address_and_a_wrong_one_is_counted_whatever_page_it_asks_for(
    client: FlaskClient, show: Asked
) -> None:
    with transaction():
        code = show.code("before")
        code.code, code.secret = "HERON4837", None
    for way in ("heron-4837", "heron-4837/questions", "heron-4837/thanks"):
        landed = client.get(f"/q/{way}", follow_redirects=True)
        assert landed.request.path == f"/q/{show.code('before').in_address}" and "Start" in said(landed)
    for way in ("heron-2222", "K7M4QXP/questions", "k7m-4qxp/thanks"):
        assert client.get(f"/q/{way}", follow_redirects=True).status_code == 422
    assert client.post("/q/k7m-4qxp/questions").status_code == 422
    wrong = db.session.scalars(text("SELECT number FROM day_count")).all()
    assert wrong == [3, 3], "from there, and in all; a form that is sent tells of no code"


def test_past_its_limits_the_box_asks_for_the_postcode_of_the_school(
    client: FlaskClient, show: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        show.school.postcode = "LS1 4AP"
    monkeypatch.setattr(typed_codes, "GUESSES", replace(GUESSES, by_network=2, most_by_network=4))
    code = show.code("before")
    for _ in range(2):
        assert pupil_words.UNKNOWN_CODE in said(client.get("/q?code=K7M4QXP"))
    assert 'name="postcode"' in client.get("/q").text
    asked_for = client.get("/q", query_string={"code": code.written})
    assert pupil_words.NO_POSTCODE in said(asked_for) and f'value="{code.written}"' in asked_for.text
    both = {"code": code.written, "postcode": "ls1 4ap"}
    assert client.get("/q", query_string=both).headers["Location"] == f"/q/{code.in_address}"
    for _ in range(2):
        other = client.get("/q", query_string=both | {"postcode": "YO1 7HH"})
        assert pupil_words.DO_NOT_FIT in said(other)
    too_many = client.get("/q", query_string=both)
    assert (too_many.status_code, too_many.headers["Retry-After"]) == (429, str(15 * 3600))
    assert pupil_words.TOO_MANY in said(too_many)
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    assert client.get("/q", query_string=both, environ_overrides=elsewhere).status_code == 303
    assert client.get(f"/q/{code.in_address}").status_code == 200, "who has the QR code types nothing"


def test_nothing_of_an_answer_stands_in_a_log_or_in_the_metrics(
    app: Flask,
    client: FlaskClient,
    show: Asked,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = show.code("before").in_address
    monkeypatch.setitem(app.config, "METRICS_TOKEN", "x" * 30)
    bearer = {"Authorization": f"Bearer {'x' * 30}"}

    def measured() -> list[str]:
        """But what is measured of the page that tells it, and of disks, which others fill."""
        told = client.get("/metrics", headers=bearer).text
        return [line for line in told.splitlines() if not re.search('route="/metrics"|^outreach_disk_', line)]

    measured()
    before = measured()
    form = form_of(client, address) | {"a1": "2"}
    with caplog.at_level(logging.DEBUG):
        client.get("/q", query_string={"code": address})
        assert client.post(f"/q/{address}/questions", data=form).status_code == 303
        client.get(f"/q/{address}x")
    assert caplog.records == []
    assert measured() == before
    # A fault of ours is logged with its trace, and says neither the address of the page nor the code.
    monkeypatch.setitem(app.config, "TESTING", False)
    monkeypatch.setattr(open_answers, "add", lambda *_a, **_k: 1 / 0)
    with caplog.at_level(logging.DEBUG):
        form = form_of(client, address) | {"a1": "2"}
        assert client.post(f"/q/{address}/questions", data=form).status_code == 500
    assert "a page failed" in caplog.text
    assert not re.search(rf"{address}|{show.code('before').code}|/q/|127\.0\.0\.1", caplog.text)


def test_no_history_tells_of_an_answer(client: FlaskClient, show: Asked) -> None:
    count = text("SELECT count(*) FROM history")
    before = db.session.execute(count).scalar()
    db.session.rollback()
    send(client, show.code("before").in_address, a1="2")
    assert db.session.execute(count).scalar() == before


def test_what_pupils_read_can_be_read_at_nine(client: FlaskClient, show: Asked) -> None:
    assert {line: why for line in pupil_words.every_sentence() if (why := too_hard(line))} == {}
    address = show.code("before").in_address
    for path in ("/q", f"/q/{address}", f"/q/{address}/questions", f"/q/{address}/thanks"):
        for block in re.findall(r"<(?:p|li|h1|h2|legend|dt)[^>]*>(.*?)</", client.get(path).text, re.DOTALL):
            assert too_hard(re.sub(r"<[^>]+>", " ", unescape(block))) == "", block


@pytest.mark.both_databases
def test_an_answer_takes_the_same_few_queries_for_the_first_and_the_twentieth(
    client: FlaskClient, show: Asked, count_queries
) -> None:
    address, taken = show.code("before").in_address, []
    send(client, address, a1="2")
    for _ in range(19):
        form = form_of(client, address) | {"a1": "2"}
        db.session.rollback()
        with count_queries() as queries:
            client.post(f"/q/{address}/questions", data=form)
        taken.append(len(queries))
    # PostgreSQL takes the answers and the form's token in one
    assert set(taken) == {8 if db.engine.dialect.name == "postgresql" else 9}


def test_a_wave_ends_while_a_form_is_open_for_days(client: FlaskClient, show: Asked, stopped) -> None:
    """A form that was opened in time and sent in time is taken, however long it lay."""
    address = show.code("before").in_address
    form = form_of(client, address) | {"a1": "2"}
    stopped.now = asked.SHOW - timedelta(seconds=1)
    assert client.post(f"/q/{address}/questions", data=form).status_code == 303
