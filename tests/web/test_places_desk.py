"""Places at sessions from the desk: another number, another session, given up, and who waits, for whoever rang."""

import re
from datetime import time
from html import unescape
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
import session_life
from outreach.asking import invitations, waits_for_places
from outreach.booking import guest_places, promises
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import wall
from session_life import booked, coming, take


@pytest.fixture
def c(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(clock, "now", session_life.now)
    c = session_life.lay()
    with transaction():
        make.signed_in(client, make.person(c.partnership))
    return c


def said(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub(r"(?s).*<main[^>]*>", "", page))).split())


def test_the_booking_says_where_and_how_many_and_nothing_of_a_host(c, client: FlaskClient) -> None:
    booking = booked(take(c, c.unit, 6))
    page = said(client.get(f"/desk/bookings/{booking.reference}").text)
    assert "Move to another session" in page and "Change the number" in page
    assert "Where Kestermere Town Hall" in page and "Staff 6" in page
    assert "as guest" not in page and "Journey" not in page and "Step-free way in" not in page


def test_another_number_up_to_what_is_left(c, client: FlaskClient) -> None:
    booking = booked(take(c, c.unit, 6))
    take(c, c.team, 10, who="zoe")
    path = f"/desk/bookings/{booking.reference}/places"
    assert 'value="6"' in client.get(path).text
    assert client.post(path, data={f"pupils-0-{STAFF}": "10"}).status_code == 303
    refused = client.post(path, data={f"pupils-0-{STAFF}": "11"})
    assert refused.status_code == 422
    assert "10 places of this one are taken by others. At most 10 of yours can come." in said(refused.text)
    assert coming(c.hall.performance)["Kestermere Unit"] == 10


def test_another_session_is_shown_before_it_is_done(c, client: FlaskClient) -> None:
    booking = booked(take(c, c.unit, 6))
    path = f"/desk/bookings/{booking.reference}/sessions"
    assert "Wednesday 10 March at 2:00pm, online" in said(client.get(path).text)
    to = c.online.performance_id
    asks = said(client.get(f"{path}?to={to}").text)
    assert "It waits no more" not in asks
    assert "Move Kestermere Unit to Wednesday 10 March?" in asks and "Both trainers are told." in asks
    assert coming(c.online.performance) == {}
    assert client.post(path, data={"to": str(to)}).status_code == 303
    assert coming(c.online.performance) == {"Kestermere Unit": 6}
    assert client.post(path, data={"to": str(to)}).status_code == 303
    assert booking.sequence == 1


def test_places_moved_to_where_it_waits_end_the_wait(c, client: FlaskClient) -> None:
    booking = booked(take(c, c.unit, 2, c.online.performance))
    take(c, c.team, 17, who="zoe")
    place = take(c, c.unit, 6, waits=True, who="bo")
    with transaction():
        waits_for_places.waits(place, who="Bo", now=session_life.now())
    path, to = f"/desk/bookings/{booking.reference}/sessions", str(c.hall.performance_id)
    which = "Tuesday 9 March at 9:30am, at Kestermere Town Hall"
    assert f"It waits no more for {which}." in said(client.get(f"{path}?to={to}").text)
    assert client.post(path, data={"to": to}).status_code == 303
    answer = invitations.newest_answer(c.programme.id, c.unit.organisation_id)
    assert answer is not None and answer.reason == f"does not wait for {which} any more"


def test_a_session_without_room_keeps_the_places_where_they_are(c, client: FlaskClient) -> None:
    booking = booked(take(c, c.unit, 6, c.online.performance))
    take(c, c.team, 18, who="zoe")
    path = f"/desk/bookings/{booking.reference}/sessions"
    refused = client.post(path, data={"to": str(c.hall.performance_id)}, follow_redirects=True)
    assert "only 2 places are left at that session" in refused.text
    assert client.post(path, data={"to": "x"}, follow_redirects=True).status_code == 200
    assert coming(c.online.performance) == {"Kestermere Unit": 6}


def test_places_are_given_up_for_whoever_rang_and_who_waits_moves_up(c, client: FlaskClient) -> None:
    booking = booked(take(c, c.team, 18))
    take(c, c.unit, 6, waits=True, who="bo")
    path = f"/desk/bookings/{booking.reference}/cancel"
    page = said(client.get(path).text)
    assert "Health Team North gives them up" in page and "whoever waits for places moves up" in page
    assert client.post(path, data={"by": "school", "reason": "On duty"}).status_code == 303
    ended = promises.cancellation_of(booking)
    assert ended is not None and (ended.cancelled_by, ended.reason) == ("school", "On duty")
    assert coming(c.hall.performance) == {"Kestermere Unit": 6}


def test_who_waits_asks_no_host_and_is_taken_off_the_list(c, client: FlaskClient) -> None:
    take(c, c.team, 18)
    place = take(c, c.unit, 6, waits=True, who="bo")
    assert "Kestermere Unit" not in said(client.get("/desk/guests").text)
    with transaction():
        waits_for_places.waits(place, who="Bo", now=session_life.now())
    for _ in range(2):
        assert client.post(f"/desk/waiting/{place.id}/take-back").status_code == 303
    db.session.expire_all()
    assert guest_places.asked_of(c.hall.performance_id) == []
    answer = invitations.newest_answer(c.programme.id, c.unit.organisation_id)
    assert answer is not None and answer.kind == invitations.OTHER_DATE
    assert answer.reason == "does not wait for Tuesday 9 March at 9:30am, at Kestermere Town Hall any more"


def test_nobody_waits_at_a_session_from_its_day_on(
    c, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(c, c.team, 18)
    take(c, c.unit, 6, waits=True, who="bo")
    page = f"/desk/sessions/{c.hall.performance_id}"
    assert "Who waits" in said(client.get(page).text)
    on_the_day = wall(session_life.TUESDAY, time(7))
    monkeypatch.setattr(clock, "now", lambda: on_the_day)
    assert "Who waits" not in said(client.get(page).text)


def test_what_is_over_or_no_session_has_no_such_page(c, client: FlaskClient) -> None:
    booking = booked(take(c, c.unit, 6))
    host = next(b for b in promises.of_performance(c.hall.performance_id) if b.role == "host")
    for page in ("places", "sessions"):
        assert client.get(f"/desk/bookings/{host.reference}/{page}").status_code == 303
    client.post(f"/desk/bookings/{booking.reference}/cancel", data={"by": "school", "reason": "On duty"})
    for page in ("places", "sessions"):
        assert client.get(f"/desk/bookings/{booking.reference}/{page}").status_code == 303
