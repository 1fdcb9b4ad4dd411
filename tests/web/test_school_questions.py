"""A school's page of what its pupils are asked: poster, slide, form on paper; its no, and undo; its own codes."""

import re
from datetime import timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import asked
import make
from every_address import link_to
from outreach.booking.promises import Booking
from outreach.ground import clock, history
from outreach.ground.db import db, transaction
from outreach.outcomes import answering, declines, questionnaires, waves
from outreach.visits.before import sheets, texts

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]


def said(page: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2])).split())


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    with transaction():
        here = asked.lay()
        booking = db.session.query(Booking).filter_by(performance_id=here.show.id).one()
        at = f"/i/{link_to(booking.programme, booking.organisation)}/booked/{booking.reference}"
    return SimpleNamespace(here=here, booking=booking, at=at, questions=f"{at}/questions")


def test_a_school_fetches_its_poster_slide_and_form_itself(c: SimpleNamespace, client: FlaskClient) -> None:
    page = client.get(c.questions)
    assert "Before Open until the show Poster" in said(page) and "Three months later Opens on" in said(page)
    links = re.findall(rf'href="({re.escape(c.questions)}/[^"]+)"', page.text)
    assert len(links) == 9
    for link in links:
        kind, what = link.split("/")[-2:]
        sheet = client.get(link)
        assert sheet.status_code == 200
        if what == "paper":
            assert "Do not write your name." in said(sheet)
        else:
            assert c.here.code(kind).written in said(sheet) and "0800 1111" in said(sheet)
            assert "<svg" in sheet.text
    for odd in ("never/poster", "before/film"):
        assert client.get(f"{c.questions}/{odd}").status_code == 404


def test_its_booking_leads_there_where_pupils_are_asked(c: SimpleNamespace, client: FlaskClient) -> None:
    page = client.get(c.at)
    assert f'href="{c.questions}"' in page.text
    assert "Questions for pupils before, after and three months later, without names:" in said(page)


def test_without_a_questionnaire_nothing_leads_there(app: Flask, client: FlaskClient) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        booking = make.booking(make.show(programme, make.school(), asked.SHOW), {8: 20})
        at = f"/i/{link_to(programme, booking.organisation)}/booked/{booking.reference}"
    assert "Questions for pupils" not in said(client.get(at))
    for path in ("", "/before/poster"):
        assert client.get(f"{at}/questions{path}").status_code == 404
    for deed in ("codes", "decline", "after-all"):
        assert client.post(f"{at}/questions/{deed}").status_code == 404


def test_a_school_says_no_and_takes_it_back(c: SimpleNamespace, client: FlaskClient) -> None:
    code = c.here.code("before")
    form = answering.new_form(code)
    assert client.post(f"{c.questions}/decline").headers["Location"] == c.questions
    client.post(f"{c.questions}/decline")  # twice is once
    page = client.get(c.questions)
    assert "Your pupils are not asked" in said(page) and "Poster" not in said(page)
    assert client.get(f"{c.questions}/before/poster").headers["Location"] == c.questions
    with pytest.raises(answering.NotOpen), transaction():
        answering.answer(code.code, form, asked.ALL_FIVES, now=make.NOW)
    with transaction():
        sheet = sheets.of_booking(c.booking, texts.FAMILIES, now=make.NOW)
    assert sheet is not None and "questionnaire" not in str(sheet.blocks)
    assert "Your pupils are not asked you said no: undo" in said(client.get(c.at))
    client.post(f"{c.questions}/after-all")
    assert "Kept. Your pupils are asked." in client.get(c.questions).text
    assert declines.organisation_ids_of_programme(c.booking.programme_id) == set()
    deeds = [d.what for d in history.history_of("programme", c.booking.programme_id)]
    assert deeds.count("declined the questionnaire") == 1
    assert deeds.count("takes the questionnaire after all") == 1


def test_the_letter_to_families_says_how_a_family_says_no(c: SimpleNamespace) -> None:
    with transaction():
        sheet = sheets.of_booking(c.booking, texts.FAMILIES, now=make.NOW)
    assert sheet is not None
    assert "before it, after it and three months later" in str(sheet.blocks)
    assert "If you would rather your child was not asked, tell us by Friday 5 March" in str(sheet.blocks)


def test_a_school_makes_its_codes_where_nobody_has(app: Flask, client: FlaskClient) -> None:
    with transaction():
        here = asked.lay()
        show = make.show(here.programme, make.school(name="Kestermere"), asked.SHOW + timedelta(days=1))
        booking = make.booking(show, {8: 20})
        at = f"/i/{link_to(here.programme, booking.organisation)}/booked/{booking.reference}/questions"
    assert "Make our codes" in said(client.get(at))
    assert client.post(f"{at}/codes").headers["Location"] == at
    assert [wave.kind for wave in waves.of_performance(show.id)] == ["before", "after", "later"]
    page = said(client.get(at))
    assert "Make our codes" not in page and "The codes are made." in page
    client.post(f"{at}/codes")
    assert len(waves.of_performance(show.id)) == 3


def test_a_code_that_was_stopped_is_not_printed(c: SimpleNamespace, client: FlaskClient) -> None:
    with transaction():
        waves.stop(c.here.code("before"), who="Priya", now=make.NOW)
    assert "Before No code at present: ask your coordinator After" in said(client.get(c.questions))
    assert client.get(f"{c.questions}/before/poster").status_code == 303


def test_a_wave_that_is_over_is_not_printed(
    c: SimpleNamespace, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: asked.RIGHT_AFTER)
    assert "Before Over After Open until" in said(client.get(c.questions))
    assert client.get(f"{c.questions}/before/poster").status_code == 303
    assert f'href="{c.questions}"' in client.get(c.at).text  # after the show, too
    monkeypatch.setattr(clock, "now", lambda: asked.SHOW + timedelta(days=200))
    assert f'href="{c.questions}"' not in client.get(c.at).text


def test_a_guest_has_its_hosts_posters_and_a_no_of_its_own(c: SimpleNamespace, client: FlaskClient) -> None:
    with transaction():
        neighbour = make.school(name="Littlemere")
        guest = make.booking(c.booking.performance, {8: 5}, of=neighbour, role="guest")
        at = f"/i/{link_to(guest.programme, neighbour)}/booked/{guest.reference}/questions"
    assert c.here.code("after").written in said(client.get(f"{at}/after/poster"))
    client.post(f"{at}/decline")
    assert "Your host’s poster is not for them." in said(client.get(at))
    assert client.get(f"{c.questions}/after/poster").status_code == 200
    client.post(f"{at}/after-all")
    client.post(f"{c.questions}/decline")
    page = said(client.get(at))
    assert "is your host and has said no: no code works." in page and "Poster" not in page
    assert client.get(f"{at}/after/poster").status_code == 303


def test_another_schools_link_opens_nothing(c: SimpleNamespace, client: FlaskClient) -> None:
    with transaction():
        other = link_to(c.booking.programme, make.school(name="Elsewhere"))
    at = f"/i/{other}/booked/{c.booking.reference}/questions"
    assert client.get(at).status_code == 404 and client.get(f"{at}/before/poster").status_code == 404
    assert client.post(f"{at}/decline").status_code == 404
    assert declines.organisation_ids_of_programme(c.booking.programme_id) == set()


def test_adults_are_asked_nothing(app: Flask, client: FlaskClient) -> None:
    with transaction():
        programme = make.programme(make.partnership(), for_adults=True)
        booking = make.booking(make.show(programme, make.school(), asked.SHOW), {0: 20})
        at = f"/i/{link_to(programme, booking.organisation)}/booked/{booking.reference}"
    assert questionnaires.find_approved(programme.id) is None
    assert client.get(f"{at}/questions").status_code == 404


def test_its_page_asks_as_much_however_many_waves(
    c: SimpleNamespace, client: FlaskClient, count_queries: Any
) -> None:
    with count_queries() as queries:
        client.get(c.questions)
    assert len(queries) == 7
