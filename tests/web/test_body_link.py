"""A body's own link: its pages open, speak of an organisation and its staff, and take its answers."""

import re
from datetime import date, datetime
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.asking import invitations, open_door
from outreach.asking.invitations import Answer
from outreach.county.bodies import Body
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.post.outbox import Letter
from outreach.tour.adults import NO_SCHOOLS, AdultTarget
from outreach.tour.programmes import Programme

pytestmark = [pytest.mark.usefixtures("stopped"), pytest.mark.any_database]

PAGES = (
    "",
    "/times",
    "/not-this-year",
    "/other-days",
    "/waiting-list",
    "/somebody-else",
    "/not-your-school",
    "/answered/not-this-year",
    "/answered/other-days",
    "/answered/somebody-else",
)
OF_SCHOOLS = re.compile(
    r"\b(schools?|pupils?|halls?|year groups?|Year \d+|play|head teachers?|classes|exams|mocks|Easter|tour)\b",
    re.I,
)


@pytest.fixture
def programme(app: Flask) -> Programme:
    with transaction():
        ours = make.partnership()
        programme = make.programme(
            ours,
            (),
            AdultTarget(schools=NO_SCHOOLS, kinds=("Police",)),
            for_adults=True,
            title="Spot the signs",
            summary="A training about exploitation",
        )
        make.tour_day(programme, make.troupe(ours), date(2027, 3, 8))
        make.school()
        return programme


@pytest.fixture
def team(programme: Programme) -> Body:
    ours = db.session.get_one(Partnership, programme.partnership_id)
    with transaction():
        body = make.body(ours, name="Redmere Team", front_line_staff=42, staff_counted_on=make.EARLIER.date())
        make.contact(body, name="Sam Wood", role="Sergeant", address="s.wood@police.example", source="a call")
        return body


def link(programme: Programme, team: Body, now: datetime = make.NOW) -> str:
    with transaction():
        token = open_door.read_out(
            programme, team, name="Sam Wood", address="s.wood@police.example", who="Priya", now=now
        )
    return f"/i/{token}"


def words_of_page(page: str) -> str:
    main = page.partition("<main")[2].partition("</main>")[0].partition(">")[2]
    return " ".join(unescape(re.sub("<[^>]+>", " ", main)).split())


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_its_link_opens_and_speaks_of_no_school(
    client: FlaskClient, programme: Programme, team: Body, page: str
) -> None:
    answer = client.get(link(programme, team) + page, follow_redirects=True)
    assert answer.status_code == 200, page
    said = words_of_page(answer.text)
    assert not OF_SCHOOLS.search(said), (OF_SCHOOLS.search(said), said)
    assert not OF_SCHOOLS.search(unescape(re.search(r"<title>(.*?)</title>", answer.text)[1])), page


def test_what_it_says_by_its_link_is_kept(client: FlaskClient, programme: Programme, team: Body) -> None:
    at = link(programme, team)
    answer = client.post(f"{at}/not-this-year", data={"reason": "duty"})
    assert answer.status_code in (200, 303), answer.text
    said = db.session.scalars(select(Answer)).all()
    assert [(a.kind, a.organisation_id) for a in said] == [(invitations.DECLINED, team.organisation_id)]


def test_somebody_else_is_named_by_it_and_written_to(
    client: FlaskClient, programme: Programme, team: Body
) -> None:
    at = link(programme, team)
    typed = {"name": "Alex Marsh", "role": "Training lead", "address": "a.marsh@police.example"}
    assert client.post(f"{at}/somebody-else", data=typed).status_code in (200, 303)
    assert db.session.scalar(select(Answer.kind)) == invitations.SOMEBODY_ELSE


def test_the_link_of_a_body_opens_no_other_partnerships_programme(
    client: FlaskClient, programme: Programme, team: Body
) -> None:
    with transaction():
        theirs = make.partnership(("935",))
        make.signed_in(client, make.person(theirs))
    assert client.get(f"/desk/schools/{team.organisation_id}").status_code == 404


def test_a_body_is_found_by_its_whole_name_alone_and_its_link_goes_to_an_address_on_file(
    client: FlaskClient, programme: Programme, team: Body
) -> None:
    assert "Redmere Team" not in client.get("/find?q=Redmere").text.partition("<main")[2].partition("<ul")[2]
    found = client.get("/find?q=redmere+team").text
    assert f'href="/find/{team.organisation_id}"' in found and "Police" in found
    assert [] == [
        one for one in client.get("/find/suggest?q=redmere+team").json or [] if "Team" in one["name"]
    ]
    page = client.get(f"/find/{team.organisation_id}").text
    said = words_of_page(page)
    assert "this organisation’s page for ‘Spot the signs’" in said and "school" not in said, said
    asked = client.post(f"/find/{team.organisation_id}", data={"address": "s.wood@police.example"})
    assert asked.status_code == 303
    with transaction():
        assert open_door.answer_next(now=make.NOW)
    (letter,) = db.session.scalars(select(Letter)).all()
    assert letter.recipient == "s.wood@police.example"
    assert letter.subject == "Your link to book ‘Spot the signs’"
