"""Whom to ask first by lot, as a coordinator meets it: the tiers, the draw, both groups, and the letters after it."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.asking import draws
from outreach.asking.draws import AskingDraw
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.post.outbox import Letter
from outreach.tour.programmes import Programme
from web.conftest import Clock

pytestmark = pytest.mark.any_database


@dataclass
class Desk:
    ours: Partnership
    person: Coordinator
    programme: Programme
    schools: list[School]
    organisation_ids: list[int]


@pytest.fixture
def desk(client: FlaskClient, stopped: Clock) -> Desk:
    """Five schools that nobody asked yet, one of them without an address; the client is signed in."""
    with transaction():
        ours = make.partnership()
        programme = make.programme(ours)
        make.tour_day(programme, make.troupe(ours))
        schools = [make.school(name=f"Redmere {n}") for n in range(5)]
        for school in schools[:4]:
            make.contact(school)
        organisation_ids = [one.organisation_id for one in schools]
        person = make.person(ours)
    make.signed_in(client, person)
    return Desk(ours, person, programme, schools, organisation_ids)


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def shown(page: str) -> list[str]:
    return re.findall(r'name="drawn" value="([^"]+)"', page)


def preview(client: FlaskClient, desk: Desk) -> str:
    page = client.post("/desk/invitations/lot", data={"all": " ".join(map(str, desk.organisation_ids))})
    assert page.status_code == 200
    return page.text


def drawn(client: FlaskClient, desk: Desk, **typed: Any) -> Any:
    lines = shown(preview(client, desk))
    return client.post("/desk/invitations/lot/draw", data={"drawn": lines, "first": "2", **typed})


def of_programme(desk: Desk) -> list[draws.Drawn]:
    db.session.rollback()
    return draws.of_programme(desk.programme.id)


def test_the_list_of_schools_offers_the_lot_and_its_page_says_what_it_means(
    client: FlaskClient, desk: Desk
) -> None:
    listed = client.get("/desk/invitations").text
    assert 'formaction="/desk/invitations/lot"' in listed and "Ask first by lot…" in listed
    page = plain(preview(client, desk))
    for said in (
        "Draw who of 4 schools is asked first",
        "Nothing is drawn yet.",
        "Those most in need are asked first. Among schools equally due chance alone decides",
        "1 Never seen, in any year 4",
        "1 school of your list cannot be drawn.",
        "Redmere 4 No contact on file",
    ):
        assert said in page
    assert of_programme(desk) == []


def test_schools_that_are_ticked_are_drawn_alone(client: FlaskClient, desk: Desk) -> None:
    three = {"organisation_id": desk.organisation_ids[:3], "all": " ".join(map(str, desk.organisation_ids))}
    assert "Draw who of 3 schools is asked first" in client.post("/desk/invitations/lot", data=three).text


def test_drawn_it_is_kept_shown_and_its_first_group_is_written_to_as_any_round(
    client: FlaskClient, desk: Desk
) -> None:
    answer = drawn(client, desk)
    found = of_programme(desk)[0]
    assert (answer.status_code, answer.location) == (303, f"/desk/invitations/draws/{found.draw.id}")
    text = client.get(answer.location).text
    page = plain(text)
    for said in (
        "2 of 4 schools are asked first",
        "Drawn by lot on 19 January 2027 at 9:00am by Priya Nandakumar.",
        "Of the 4 schools of tier 1, chance alone chose 2.",
        found.draw.seed,
        f"flask draws check {found.draw.id}",
        f"printf '%s' '{found.draw.seed} URN' | sha256sum".replace("'", "&#39;"),
    ):
        assert said in page
    first = " ".join(str(one.organisation_id) for one in found.group(first=True))
    assert f'name="all" value="{first}"' in text
    letters = client.post("/desk/invitations/preview", data={"whole": "1", "all": first}).text
    to = re.findall(r'name="to" value="([^"]+)"', letters)
    assert client.post("/desk/invitations/send", data={"to": to}).status_code == 303
    db.session.rollback()
    assert len(list(db.session.scalars(select(Letter.id)))) == 2
    assert "Write to the 2 schools asked first…" in page and "Write to the 2 schools asked later…" in page
    listed = client.get("/desk/invitations").text
    assert f'<a href="/desk/invitations/draws/{found.draw.id}">2 of 4 schools are asked first</a>' in listed


def test_a_number_that_cannot_be_is_said_and_what_was_typed_stays(client: FlaskClient, desk: Desk) -> None:
    for typed, why in (
        ("", "Enter how many are asked first."),
        ("0", "must be between 1"),
        ("4", "Enter how many are asked first, from 1 to 3."),
    ):
        answer = drawn(client, desk, first=typed)
        assert answer.status_code == 422 and why in answer.text
        assert f'value="{typed}"' in answer.text or not typed
    assert of_programme(desk) == []


def test_a_list_that_is_another_by_now_is_shown_before_anything_is_drawn(
    client: FlaskClient, desk: Desk
) -> None:
    lines = shown(preview(client, desk))
    with transaction():
        make.answer(desk.programme, desk.schools[0], "declined", reason="exams")
    answer = client.post("/desk/invitations/lot/draw", data={"drawn": lines, "first": "2"})
    assert answer.status_code == 422
    assert "The list changed since you looked" in answer.text and len(shown(answer.text)) == 3
    assert of_programme(desk) == []


def test_drawn_twice_it_asks_why_and_keeps_both(client: FlaskClient, desk: Desk) -> None:
    lines = shown(preview(client, desk))
    for _ in range(2):  # pressed twice
        answer = client.post("/desk/invitations/lot/draw", data={"drawn": lines, "first": "2"})
    assert answer.status_code == 422 and len(of_programme(desk)) == 1
    assert "4 of these schools were drawn on 19 January 2027 at 9:00am by Priya Nandakumar." in answer.text
    assert 'name="why"' in preview(client, desk)
    again = drawn(client, desk, why="A second troupe")
    assert again.status_code == 303 and len(of_programme(desk)) == 2
    page = plain(client.get(again.location).text)
    assert "Why again: A second troupe. Both draws are kept." in page


def test_nothing_to_draw_and_no_letter_after_the_reply_by_date_are_said(
    client: FlaskClient, desk: Desk, stopped: Clock
) -> None:
    one = client.post("/desk/invitations/lot", data={"organisation_id": [desk.organisation_ids[0]]})
    assert "A lot needs two schools at least" in one.text
    assert client.post("/desk/invitations/lot", data={}).status_code == 200
    with transaction():
        desk.programme.reply_by = make.NOW.date().replace(day=1)
        db.session.add(desk.programme)
    late = client.post("/desk/invitations/lot", data={"organisation_id": desk.organisation_ids})
    assert late.status_code == 303
    assert "reply-by date" in client.get(late.location).text


def test_the_file_has_all_that_is_needed_to_do_it_again(client: FlaskClient, desk: Desk) -> None:
    drawn(client, desk)
    found = of_programme(desk)[0]
    file = client.get(f"/desk/invitations/draws/{found.draw.id}.csv").text
    assert found.draw.seed in file.splitlines()[-1]
    for one in found.places:
        group = "first" if one.asked_first else "later"
        sum_of = draws.digest(found.draw.seed, one.organisation_id)
        assert (
            f'{one.place},{group},1,"Never seen, in any year",{one.organisation_id},{one.name},{sum_of}'
            in file
        )


def test_another_partnerships_draw_is_not_there(client: FlaskClient, desk: Desk) -> None:
    drawn(client, desk)
    number = of_programme(desk)[0].draw.id
    with transaction():
        stranger = make.person(make.partnership(("932",)))
    make.signed_in(client, stranger)
    for end in ("", ".csv"):
        assert client.get(f"/desk/invitations/draws/{number}{end}").status_code == 404


def test_the_pages_ask_as_often_for_many_schools_as_for_few(
    client: FlaskClient, desk: Desk, count_queries: Any
) -> None:
    asked = []
    for more in (0, 0, 5):
        with transaction():
            for n in range(more):
                school = make.school(name=f"Added {n}")
                make.contact(school)
                desk.organisation_ids.append(school.organisation_id)
        with count_queries() as looking:
            preview(client, desk)
        drawn(client, desk, why="Trial")
        newest = db.session.scalars(select(AskingDraw.id).order_by(AskingDraw.id.desc())).first()
        db.session.rollback()
        with count_queries() as reading:
            client.get(f"/desk/invitations/draws/{newest}")
        asked.append((len(looking), len(reading)))
    assert asked[1] == asked[2], asked  # the first look finds no draw before it
    assert max(asked) <= (52, 28)
