"""The coordinator's page of requests for a link, and the page behind a booking's reference."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

import make
from outreach.asking import open_door
from outreach.asking.open_door import LinkRequest
from outreach.county.schools import School
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.post.outbox import Letter
from web.conftest import Clock

pytestmark = pytest.mark.any_database


class Desk:
    """A partnership with one school, three people who asked for its link, and its coordinator."""

    def __init__(self, la_code: str = "931") -> None:
        with transaction():
            partnership = make.partnership((la_code,))
            self.person = make.person(partnership)
            self.programme = make.programme(partnership)
            self.school: School = make.school(la_code=la_code, telephone="01632 960 204")
            for n in range(3):
                open_door.ask_for_link(
                    self.programme, self.school, f"a{n}@{la_code}.example", name="Jo <b>", now=clock.now()
                )
            while open_door.answer_next(now=clock.now()):
                pass
            self.ids = [one.request.id for one in open_door.waiting_requests(partnership.id)]


@pytest.fixture
def desk(app: Flask, client: FlaskClient) -> Desk:
    desk = Desk()
    make.signed_in(client, desk.person)
    return desk


def test_page_shows_who_waits_why_and_whom_to_ring(desk: Desk, client: FlaskClient) -> None:
    page = client.get("/desk/requests").text
    assert "3 people wait for you." in page
    for words in (
        "a0@931.example",
        "a2@931.example",
        desk.school.name,
        "01632 960 204",
        "Jo &lt;b&gt;",
        "is not on file",
    ):
        assert words in page


def test_page_with_nobody_waiting_says_what_will_stand_there(app: Flask, client: FlaskClient) -> None:
    with transaction():
        person = make.person(make.partnership())
    make.signed_in(client, person)
    assert "Nobody is waiting for you." in client.get("/desk/requests").text


def test_send_button_sends_and_takes_the_line_away(desk: Desk, client: FlaskClient) -> None:
    answer = client.post(f"/desk/requests/{desk.ids[0]}", data={"decision": "grant"})
    assert (answer.status_code, answer.location) == (303, "/desk/requests")
    page = client.get("/desk/requests").text
    assert "The link is on its way to a0@931.example." in page and "2 people wait for you." in page
    assert db.session.scalars(select(Letter.recipient)).all() == ["a0@931.example"]


@pytest.mark.both_databases
def test_refuse_button_sends_nothing(desk: Desk, client: FlaskClient) -> None:
    client.post(f"/desk/requests/{desk.ids[0]}", data={"decision": "refuse"})
    assert "a0@931.example gets no link." in client.get("/desk/requests").text
    assert db.session.scalars(select(Letter.recipient)).all() == []


def test_button_pressed_twice_sends_once_and_says_so(desk: Desk, client: FlaskClient) -> None:
    for _ in range(2):
        client.post(f"/desk/requests/{desk.ids[0]}", data={"decision": "grant"})
    assert "was decided already: sent." in client.get("/desk/requests").text
    assert len(db.session.scalars(select(Letter.recipient)).all()) == 1


@pytest.mark.both_databases
def test_stale_or_senseless_decision_changes_nothing(desk: Desk, client: FlaskClient) -> None:
    assert client.post(f"/desk/requests/{desk.ids[0]}", data={"decision": "maybe"}).status_code == 400
    assert client.post(f"/desk/requests/{desk.ids[0]}").status_code == 400
    assert client.post("/desk/requests/123456", data={"decision": "grant"}).status_code == 404
    assert set(db.session.scalars(select(LinkRequest.decision))) == {""}


def test_another_partnerships_requests_are_neither_seen_nor_decided(desk: Desk, client: FlaskClient) -> None:
    other = Desk("930")
    make.signed_in(client, other.person)
    page = client.get("/desk/requests").text
    assert "a0@930.example" in page and "931.example" not in page
    assert client.post(f"/desk/requests/{desk.ids[0]}", data={"decision": "grant"}).status_code == 404
    assert set(db.session.scalars(select(LinkRequest.decision))) == {""}


def test_reference_tells_nothing_of_the_school_and_sends_the_link_by_the_same_rules(
    app: Flask, client: FlaskClient
) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        school = make.school(name="Vale High School", town="Marlford", website="http://vale.example")
        make.contact(school, address="j.fell@vale.example")
        booking = make.booking(make.show(programme, school, make.NOW), {8: 100})
    for reference in (booking.reference, booking.reference.lower()):
        page = client.get(f"/b/{reference}").text
        assert booking.reference in page and "01632 960 118" in page
        for secret in ("Vale", "Marlford", "fell", "January", "Someone to Tell"):
            assert secret not in page
    said = set()
    for address in ("j.fell@vale.example", "office@vale.example", "spy@webmail.example"):
        answer = client.post(f"/b/{booking.reference}", data={"address": address})
        said.add((answer.status_code, answer.location, client.get(answer.location).text))
    assert len(said) == 1 and "Vale" not in said.pop()[2]
    assert len(db.session.scalars(select(LinkRequest)).all()) == 3
    assert client.post(f"/b/{booking.reference}", data={"address": "x"}).status_code == 422


@pytest.mark.both_databases
def test_reference_that_never_was_answers_as_one_that_is(app: Flask, client: FlaskClient) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        booking = make.booking(make.show(programme, make.school(), make.NOW), {8: 100})
    is_one, is_none = booking.reference, "MRL-NONE"
    said = []
    for reference in (is_one, is_none):
        shown, wrong = client.get(f"/b/{reference}"), client.post(f"/b/{reference}", data={"address": "x"})
        sent = client.post(f"/b/{reference}", data={"address": "a@b.example"})
        after = client.get(sent.location)
        answers = (shown, wrong, sent, after)
        said.append(
            [
                (
                    a.status_code,
                    re.sub(r'(name="csrf_token" value=)"[^"]+"', r"\1", a.text.replace(reference, "")),
                    {
                        k: v
                        for k, v in a.headers
                        if k not in ("Location", "Content-Length", "Set-Cookie", "Vary", "X-Request-ID")
                    },
                )
                for a in answers
            ]
        )
    assert said[0] == said[1] and [status for status, *_ in said[0]] == [200, 422, 303, 200]
    assert client.get("/b/no reference at all").status_code == 404
    assert [r.organisation_id for r in db.session.scalars(select(LinkRequest))] == [booking.organisation_id]


@pytest.mark.both_databases
def test_three_hundred_asks_leave_some_rows_and_always_the_same_answer(
    app: Flask, client: FlaskClient, stopped: Clock
) -> None:
    with transaction():
        make.programme(make.partnership())
        schools = [make.school(name=f"School {n}") for n in range(12)]
    organisation_ids = [s.organisation_id for s in schools]

    def ask(organisation_id: int, n: int, origin: str) -> tuple[int, str]:
        answer = client.post(
            f"/find/{organisation_id}",
            data={"address": f"a{n}@b.example"},
            environ_base={"REMOTE_ADDR": origin},
        )
        return answer.status_code, client.get(answer.location).text

    def rows() -> int:
        return db.session.scalar(select(func.count()).select_from(LinkRequest)) or 0

    first = ask(organisation_ids[0], 0, "81.2.69.142")
    assert all(ask(organisation_ids[0], n, f"81.2.69.{n}") == first for n in range(1, 30))
    assert rows() == open_door.ASKS_OF_ONE == 10
    # One origin, every school; an IPv6 network is one origin however many addresses it has.
    for n in range(100):
        ask(organisation_ids[1 + n % 11], n, f"2a02:c7f:1:1::{n + 1:x}")
    assert rows() == 10 + open_door.ASKS_FROM_ONE_ORIGIN == 70
    # An hour later a school is heard again, and a day later nothing says where anybody was.
    stopped.after(minutes=61)
    ask(organisation_ids[0], 1, "81.2.69.142")
    assert rows() == 71
    stopped.after(days=2)
    ask(organisation_ids[0], 2, "10.0.0.7")
    db.session.rollback()
    assert set(db.session.scalars(select(LinkRequest.origin))) == {""}
