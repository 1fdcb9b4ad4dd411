"""Staff answer by their school's link; coordinators read it, and erase what names a child."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from school_story import link_to
from sqlalchemy import select

import make
from browser import Site
from outreach.booking.promises import Booking
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.outcomes import staff_answers
from outreach.outcomes.staff_answers import ASSEMBLY, LESSON, Said, StaffAnswer

START = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)


@pytest.fixture
def booking(app: Flask, stopped: Any) -> Booking:
    stopped.now = START + timedelta(hours=5)
    with transaction():
        programme = make.programme(make.partnership())
        return make.booking(make.show(programme, make.school(name="Larch School"), START), {8: 50, 9: 46})


@pytest.fixture
def page(booking: Booking) -> str:
    with transaction():
        token = link_to(booking.programme, booking.organisation)
    return f"/i/{token}/booked/{booking.reference}/staff-say"


@pytest.fixture
def person(booking: Booking) -> Coordinator:
    with transaction():
        return make.person(db.session.get_one(Partnership, booking.partnership_id))


def text_of(html: str) -> str:
    """What a page says, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def kept() -> list[StaffAnswer]:
    db.session.expire_all()
    return list(db.session.scalars(select(StaffAnswer).order_by(StaffAnswer.id)))


@pytest.mark.both_databases
def test_one_minute_is_kept_once_however_often_it_is_sent(client: FlaskClient, page: str) -> None:
    html = client.get(page).text
    assert "What did you make of the play?" in html and 'value="5" checked' not in html
    said = {"key": "k1", "impact": "4", "used": [LESSON, ASSEMBLY], "change_words": "An earlier start"}
    assert [client.post(page, data=said).status_code for _ in range(2)] == [303, 303]
    (row,) = kept()
    assert (row.impact, row.used(), row.change_words) == (4, [LESSON, ASSEMBLY], "An earlier start")
    assert client.post(page, data=said | {"key": "k2"}).status_code == 303
    assert len(kept()) == 2, "a colleague's"


def test_nothing_said_and_too_much_keep_what_was_typed(client: FlaskClient, page: str) -> None:
    again = client.post(page, data={"key": "k1"})
    assert again.status_code == 422 and "Answer one of the questions." in again.text
    long = client.post(page, data={"key": "k1", "used_words": "word " * 300})
    assert long.status_code == 422 and "word word" in long.text
    assert kept() == []


def test_three_months_later_it_asks_what_is_left(client: FlaskClient, page: str, stopped: Any) -> None:
    stopped.now = START + timedelta(weeks=13)
    assert "Three months on" in client.get(page).text


def test_before_the_show_the_way_leads_to_the_booking(client: FlaskClient, page: str, stopped: Any) -> None:
    stopped.now = START - timedelta(hours=1)
    assert client.get(page).headers["Location"] == page.removesuffix("/staff-say")
    assert page not in client.get(page.removesuffix("/staff-say")).text
    stopped.now = START + timedelta(hours=1)
    assert page in client.get(page.removesuffix("/staff-say")).text


@pytest.mark.both_databases
def test_coordinators_read_sums_and_words_and_erase_for_good(
    client: FlaskClient, booking: Booking, person: Coordinator, stopped: Any
) -> None:
    desk = make.signed_in(client, person)
    assert "Nobody has answered yet" in desk.get("/desk/staff").text
    with transaction():
        for n, impact in enumerate((5, 5, 4)):
            staff_answers.answer(booking, Said(impact=impact), form_key=str(n), now=stopped.now)
        staff_answers.answer(
            booking, Said(used=[LESSON], used_words="<b>Jo cried</b>"), form_key="n", now=stopped.now
        )
    told = text_of(desk.get("/desk/staff").text)
    assert "4 answers after the show, from 1 school." in told
    assert "A great deal 2 0" in told and "Quite a lot 1 0" in told and "A lesson 1 0" in told
    assert "Used since: <b>Jo cried</b>" in told and "Larch School" in told
    ask = desk.get(f"/desk/staff/{kept()[-1].id}/erase")
    assert "Erase what was written?" in ask.text and kept()[-1].used_words
    desk.post(f"/desk/staff/{kept()[-1].id}/erase", follow_redirects=True)
    told = text_of(desk.get("/desk/staff").text)
    assert "Jo cried" not in told and f"Erased by {person.name} on" in told


def test_another_partnership_reads_and_erases_nothing(
    client: FlaskClient, booking: Booking, stopped: Any
) -> None:
    with transaction():
        staff_answers.answer(booking, Said(change_words="Warmer hall"), form_key="a", now=stopped.now)
        theirs = make.partnership(("933",), name="Another")
        other = make.person(theirs, email="x@other.example")
        make.programme(theirs)
    desk = make.signed_in(client, other)
    assert "Warmer hall" not in desk.get("/desk/staff").text
    for ask in (desk.get, desk.post):
        assert ask(f"/desk/staff/{kept()[0].id}/erase").status_code == 404
    assert kept()[0].change_words == "Warmer hall"


@pytest.mark.browser
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.look
def test_both_pages_hold_on_a_phone_and_a_desk(
    site: Site, wide_page: Any, booking: Booking, person: Coordinator, page: str, stopped: Any
) -> None:
    with transaction():
        staff_answers.answer(booking, Said(impact=4, change_words="word" * 60), form_key="a", now=stopped.now)
    site.check(wide_page, page)
    site.sign_in(wide_page, person)
    site.check(wide_page, "/desk/staff")
    site.check(wide_page, f"/desk/staff/{kept()[0].id}/erase")
