"""Letters on paper and the way in by code, as a coordinator and a school meet them."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

import make
from outreach.asking.invitations import Answer
from outreach.asking.paper import PaperLetter, PaperPosting
from outreach.asking.short_codes import WrongTry
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.tour.programmes import Programme


@dataclass
class Desk:
    programme: Programme
    silent: School
    mailed: School


@pytest.fixture
def desk(client: FlaskClient, stopped: Any) -> Desk:
    with transaction():
        ours = make.partnership(("931",))
        programme = make.programme(ours)
        make.tour_day(programme, make.troupe(ours))
        silent = make.school(name="Silent School", postcode="ZZ9 3AB", street="Mill Lane", town="Marlford")
        mailed = make.school(name="Mailed School")
        make.contact(mailed)
        person = make.person(ours)
    make.signed_in(client, person)
    return Desk(programme, silent, mailed)


def number(of: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(of)) or 0


def code_in(page: str) -> str:
    return re.search(r'class="big code">([^<]+)<', page)[1]  # type: ignore[index]


def printed(client: FlaskClient, desk: Desk) -> str:
    answer = client.post("/desk/paper/print", data={"organisation_id": str(desk.silent.organisation_id)})
    assert answer.status_code == 200
    return answer.text


def test_from_the_page_of_a_school_its_letter_alone_is_ticked(client: FlaskClient, desk: Desk) -> None:
    with transaction():
        make.school(name="Quiet School")
    page = client.get(f"/desk/schools/{desk.silent.organisation_id}").text
    (there,) = re.findall(r'href="([^"]+)"[^>]*>Print a letter…', page)
    ticks = r'name="organisation_id" value="(\d+)"\s+checked'
    assert re.findall(ticks, client.get(unescape(there)).text) == [str(desk.silent.organisation_id)]
    assert len(re.findall(ticks, client.get("/desk/paper").text)) == 2


def test_look_print_post_and_take_back(client: FlaskClient, desk: Desk, stopped: Any) -> None:
    page = client.get("/desk/paper").text
    assert "Silent School" in page and "Mailed School" not in page
    preview = client.post("/desk/paper/preview", data={"organisation_id": desk.silent.organisation_id}).text
    assert "Print 1 letter?" in preview and "Mill Lane" in preview and code_in(preview) == "XXXX XXXX"
    assert number(PaperLetter) == 0
    page = printed(client, desk)
    assert re.fullmatch(r"\S{4} \S{4}", code_in(page)) and page.count("<svg") > 0
    assert "Please reply by" in page
    page = client.get("/desk/paper").text
    assert "Printed, not posted yet: 1" in page
    (letter,) = re.findall(r'name="letter" value="(\d+)"', page)
    posted = client.post("/desk/paper/posted", data={"letter": letter, "posted_on": "19/1/2027"})
    assert posted.status_code == 303
    stopped.after(minutes=1)
    page = client.get(posted.location).text
    assert "1 letter posted" in page and "Posted: 1" in page
    assert "Every school of the target has an address" in page
    back = client.post("/desk/paper/not-posted", data={"letter": letter})
    assert back.status_code == 303
    assert "Printed, not posted yet: 1" in client.get(back.location).text


def test_nobody_ticked_and_a_day_that_is_none_are_said_and_change_nothing(
    client: FlaskClient, desk: Desk
) -> None:
    printed(client, desk)
    nobody = client.post("/desk/paper/posted", data={"posted_on": "19/1/2027"})
    assert (nobody.status_code, "Tick at least one letter." in nobody.text) == (422, True)
    (letter,) = re.findall(r'name="letter" value="(\d+)"', client.get("/desk/paper").text)
    for day in ("31/2/2027", "", "1/1/2027"):
        answer = client.post("/desk/paper/posted", data={"letter": letter, "posted_on": day})
        assert answer.status_code == 422 and "govuk-error-summary" in answer.text
    assert number(PaperPosting) == 0
    none = client.post(
        "/desk/paper/print", data={"organisation_id": ["x", "99999999999"]}, follow_redirects=True
    )
    assert "No letter can be made" in none.text


def test_gaps_lead_to_letters_on_paper(client: FlaskClient, desk: Desk) -> None:
    assert "On paper…" in client.get("/desk/gaps").text
    preview = client.post(
        "/desk/gaps/do",
        data={"deed": "paper", "organisation_id": [desk.silent.organisation_id, desk.mailed.organisation_id]},
    ).text
    assert "Print 2 letters?" in preview


def test_code_of_a_letter_opens_the_schools_times_from_the_first_page(
    client: FlaskClient, desk: Desk
) -> None:
    code = code_in(printed(client, desk))
    client.post("/sign-out")
    assert 'action="/code"' in client.get("/").text
    wrong = client.post("/code", data={"postcode": "ZZ9 3AB", "code": "AAAA AAAA"})
    assert wrong.status_code == 422 and "do not go together" in wrong.text and 'value="ZZ9 3AB"' in wrong.text
    assert number(WrongTry) == 1
    opened = client.post("/code", data={"postcode": "zz93ab", "code": code.lower()})
    assert opened.status_code == 303
    assert "Silent School" in client.get(opened.location).text


def test_answer_is_the_same_whether_a_school_has_a_code_or_not(client: FlaskClient, desk: Desk) -> None:
    printed(client, desk)
    answers = [
        re.sub(r'value="[^"]*"', "", client.post("/code", data={"postcode": p, "code": "AAAA AAAA"}).text)
        for p in ("ZZ9 3AB", "ZZ1 1AA")
    ]
    assert answers[0] == answers[1]


def test_too_many_tries_are_said_and_the_right_code_is_refused_too(client: FlaskClient, desk: Desk) -> None:
    code = code_in(printed(client, desk))
    for _ in range(10):
        client.post("/code", data={"postcode": "ZZ9 3AB", "code": "AAAA AAAA"})
    refused = client.post("/code", data={"postcode": "ZZ9 3AB", "code": code})
    assert refused.status_code == 422 and "Too many codes" in refused.text


def test_code_page_asks_for_both(client: FlaskClient, desk: Desk) -> None:
    empty = client.post("/code", data={})
    assert empty.status_code == 422
    assert "Enter your school’s postcode." in empty.text and "Enter the code" in empty.text
    assert number(WrongTry) == 0


def test_who_answers_by_a_letter_on_paper_is_somebody_at_the_school(client: FlaskClient, desk: Desk) -> None:
    code = code_in(printed(client, desk))
    opened = client.post("/code", data={"postcode": "ZZ9 3AB", "code": code}).location
    token = opened.split("/i/")[1].split("/")[0]
    said = client.post(f"/i/{token}/not-this-year", data={"reason": "exams"})
    assert said.status_code == 303
    db.session.rollback()
    (answer,) = db.session.scalars(select(Answer))
    assert (answer.organisation_id, answer.who) == (desk.silent.organisation_id, "somebody at the school")
