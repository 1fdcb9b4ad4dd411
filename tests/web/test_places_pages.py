"""Places at sessions by a personal link, on pages without a script: seen, taken, waited for, moved, changed, given up."""

import re
from datetime import date, time
from html import unescape
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import make
import session_life
from outreach.asking import invitations
from outreach.booking import guest_places, promises
from outreach.booking.named import NamedPerson
from outreach.booking.sessions import holding
from outreach.booking.sessions.holding import SessionSaid
from outreach.county import bodies
from outreach.county.partnerships import Partnership
from outreach.county.schools import CLOSED, Organisation
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import wall
from outreach.post import links
from outreach.post.outbox import Letter
from outreach.tour import target_decisions
from outreach.tour.programmes import Programme
from session_life import booked, coming, take


@pytest.fixture
def c(app: Flask, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(clock, "now", session_life.now)
    return session_life.lay()


def link(c, whose: Organisation) -> str:
    with transaction():
        return links.mint(
            organisation_id=whose.organisation_id,
            programme_id=c.programme.id,
            partnership_id=c.partnership.id,
            address="ann@police.example",
            name="Ann Lea",
            now=make.NOW,
            expires_at=make.NOW.replace(year=2028),
        ).token


def read(client: FlaskClient, path: str, code: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == code, response.text[:300]
    return words(response.text)


def words(page: str) -> str:
    main = re.sub(r"(?s).*<main[^>]*>|</main>.*", "", page)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


TYPED = {"entry_name": "Ann Lea", "entry_address": "ann@police.example", "entry_phone": ""}


def test_a_bodys_link_opens_on_the_sessions_with_day_place_and_places_left(c, client: FlaskClient) -> None:
    token = link(c, c.unit)
    assert client.get(f"/i/{token}").headers["Location"].endswith(f"/i/{token}/sessions")
    said = read(client, f"/i/{token}/sessions")
    assert "Tuesday 9 March 9:30am to" in said and "Kestermere Town Hall, 3 Mill Lane" in said
    assert "20 places left" in said and "Wednesday 10 March" in said and "Online 100 places left" in said
    assert "pupil" not in said and "your own school" not in said


def test_a_school_sees_how_far_it_is_and_may_have_a_session_of_its_own(c, client: FlaskClient) -> None:
    said = read(client, f"/i/{link(c, c.school)}/sessions")
    assert "13 minutes away" in said and "A session at your own school" in said


def test_places_are_taken_in_two_steps_and_nothing_is_done_before_the_second(c, client: FlaskClient) -> None:
    token = link(c, c.unit)
    path = f"/i/{token}/sessions/{c.hall.performance_id}"
    assert "How many of your staff will come?" in read(client, path)
    checked = client.post(path, data=TYPED | {f"pupils-0-{STAFF}": "12", "go": "check"})
    assert checked.status_code == 200
    said = words(checked.text)
    assert "Book these places?" in said and "Places 12" in said
    assert "Ann Lea gets a calendar invite and a letter at once. Nobody who attends is named." in said
    assert coming(c.hall.performance) == {}
    sent = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', checked.text))
    done = client.post(path, data=sent | {"go": "book"})
    assert done.status_code == 303 and "/booked/MRL-" in done.headers["Location"]
    assert coming(c.hall.performance) == {"Kestermere Unit": 12}
    again = client.post(path, data=sent | {"go": "book"})
    assert again.status_code == 303
    assert coming(c.hall.performance) == {"Kestermere Unit": 12}


def test_whoever_is_named_from_elsewhere_waits_for_a_coordinator(c, client: FlaskClient) -> None:
    """As by every door of a link (test_named_people.py)."""
    path = f"/i/{link(c, c.unit)}/sessions/{c.hall.performance_id}"
    stranger = TYPED | {"entry_name": "Sam Wood", "entry_address": "sam.w@gmail.com"}
    done = client.post(path, data=stranger | {f"pupils-0-{STAFF}": "4", "go": "book"})
    assert done.status_code == 303 and coming(c.hall.performance) == {"Kestermere Unit": 4}
    (waits,) = db.session.scalars(select(NamedPerson).where(NamedPerson.decided_at.is_(None)))
    assert waits.address == "sam.w@gmail.com"
    assert (
        db.session.scalars(select(Letter.recipient).where(Letter.recipient == "sam.w@gmail.com")).all() == []
    )


def test_what_was_typed_can_be_changed_from_the_check(c, client: FlaskClient) -> None:
    path = f"/i/{link(c, c.unit)}/sessions/{c.hall.performance_id}"
    page = client.post(path, data=TYPED | {f"pupils-0-{STAFF}": "12", "go": "change"})
    assert page.status_code == 200
    assert 'value="12"' in page.text and 'value="Ann Lea"' in page.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter how many staff will come, in figures."),
        ("0", "Enter how many staff will come."),
        ("twelve", "Staff: enter a whole number in figures."),
        ("-2", "Staff must be between 0 and 5,000."),
        ("21", "One session holds at most 20 staff and you entered 21."),
        ("18", "You need 18 places and only 15 places are left at that session. Nothing was booked."),
    ],
)
def test_a_number_that_cannot_be_is_told_in_a_sentence_and_what_was_typed_stays(
    c, client: FlaskClient, typed: str, said: str
) -> None:
    take(c, c.team, 5, who="zoe")
    path = f"/i/{link(c, c.unit)}/sessions/{c.hall.performance_id}"
    for go in ("check", "book"):
        page = client.post(path, data=TYPED | {f"pupils-0-{STAFF}": typed, "go": go})
        assert page.status_code == 422
        assert said in words(page.text) and f'value="{typed}"' in page.text and "Ann Lea" in page.text
    assert coming(c.hall.performance) == {"Health Team North": 5}


@pytest.mark.parametrize("go", ["check", "book"])
@pytest.mark.parametrize(
    ("number", "has", "said"),
    [
        ("25", 0, "Kestermere Unit has 24 front-line staff by our count. Enter 24 or fewer, or ask us"),
        ("5", 20, "and 20 of them have places already. Enter 4 or fewer, or ask us to correct the count."),
        ("1", 24, "and 24 of them have places already. Ask us to correct the count."),
    ],
)
def test_the_check_refuses_more_than_its_staff_as_the_booking_does(
    c, client: FlaskClient, go: str, number: str, has: int, said: str
) -> None:
    with transaction():
        holding.change(c.hall, SessionSaid(places=40), who="Priya", now=session_life.now())
    if has:
        take(c, c.unit, has)
    path = f"/i/{link(c, c.unit)}/sessions/{c.online.performance_id}"
    page = client.post(path, data=TYPED | {f"pupils-0-{STAFF}": number, "go": go})
    assert page.status_code == 422 and said in words(page.text)
    assert coming(c.online.performance) == {}


def test_a_count_of_nobody_is_no_limit(c, client: FlaskClient) -> None:
    with transaction():
        empty = make.body(
            c.partnership, name="Fen Unit", front_line_staff=0, staff_counted_on=session_life.COUNTED
        )
    path = f"/i/{link(c, empty)}/sessions/{c.online.performance_id}"
    typed = TYPED | {f"pupils-0-{STAFF}": "5"}
    assert "Book these places?" in words(client.post(path, data=typed | {"go": "check"}).text)
    assert client.post(path, data=typed | {"go": "book"}).status_code == 303
    assert coming(c.online.performance) == {"Fen Unit": 5}


@pytest.mark.parametrize("ends", ["closed body", "closed programme"])
def test_the_check_is_not_shown_of_what_has_closed(c, client: FlaskClient, ends: str) -> None:
    path = f"/i/{link(c, c.unit)}/sessions/{c.hall.performance_id}"
    with transaction():
        if ends == "closed body":
            c.unit.status = CLOSED
        else:
            c.programme.closed_at = session_life.now()
    said = {}
    for go in ("check", "book"):
        page = client.post(path, data=TYPED | {f"pupils-0-{STAFF}": "3", "go": go})
        said[go] = (page.status_code, page.headers.get("Location"), words(page.text))
        assert "Book these places?" not in said[go][2]
    assert said["check"] == said["book"]


@pytest.mark.parametrize("go", ["check", "book"])
def test_no_more_need_something_than_come(c, client: FlaskClient, go: str) -> None:
    token = link(c, c.unit)
    typed = TYPED | {f"pupils-0-{STAFF}": "6", "access-0-wheelchair": "7", "go": go}
    page = client.post(f"/i/{token}/sessions/{c.hall.performance_id}", data=typed)
    assert page.status_code == 422 and coming(c.hall.performance) == {}
    assert "Wheelchair places: enter 6 or fewer, as many as come." in words(page.text)
    booking = booked(take(c, c.unit, 6))
    places = f"/i/{token}/booked/{booking.reference}/places"
    page = client.post(places, data={f"pupils-0-{STAFF}": "2", "access-0-wheelchair": "3"})
    assert page.status_code == 422 and "enter 2 or fewer, as many as come." in words(page.text)
    done = client.post(places, data={f"pupils-0-{STAFF}": "2", "access-0-wheelchair": "2"})
    assert done.status_code == 303 and booking.access_needs == {"wheelchair": 2}


def test_where_too_few_are_left_one_may_tick_to_wait(c, client: FlaskClient) -> None:
    first = booked(take(c, c.team, 15, who="zoe"))
    path = f"/i/{link(c, c.unit)}/sessions/{c.hall.performance_id}"
    typed = TYPED | {f"pupils-0-{STAFF}": "12"}
    assert "Wait until so many are free" in client.post(path, data=typed | {"go": "check"}).text
    checked = words(client.post(path, data=typed | {"wait": "1", "go": "check"}).text)
    assert "Wait for these places?" in checked and "Put us on the waiting list" in checked
    assert guest_places.asked_of(c.hall.performance_id) == []
    done = client.post(path, data=typed | {"wait": "1", "go": "book"})
    assert done.headers["Location"].endswith("/sessions")
    said = read(client, done.headers["Location"])
    assert "On the waiting list for 12 places" in said
    answer = invitations.newest_answer(c.programme.id, c.unit.organisation_id)
    assert answer is not None and answer.kind == invitations.WAITING_LIST
    assert answer.reason == "12 places, Tuesday 9 March at 9:30am, at Kestermere Town Hall"
    with transaction():
        from outreach.booking import bookings

        bookings.cancel(first, reason="Duty", by="school", who="Zoe", now=session_life.now())
    assert coming(c.hall.performance) == {"Kestermere Unit": 12}


def test_a_full_session_offers_to_wait_and_the_list_can_be_left(c, client: FlaskClient) -> None:
    take(c, c.team, 20, who="zoe")
    token = link(c, c.unit)
    assert "Full Wait for places" in read(client, f"/i/{token}/sessions")
    path = f"/i/{token}/sessions/{c.hall.performance_id}"
    typed = TYPED | {f"pupils-0-{STAFF}": "12"}
    assert "Put us on the waiting list" in client.post(path, data=typed | {"go": "check"}).text
    # Whoever was not told that it would wait does not wait.
    assert client.post(path, data=typed | {"go": "book"}).status_code == 422
    client.post(path, data=typed | {"go": "book", "wait": "1"})
    (place,) = guest_places.asked_of(c.hall.performance_id)
    assert client.post(f"/i/{token}/waiting/{place.id}/leave").status_code == 303
    assert guest_places.asked_of(c.hall.performance_id) == []
    answer = invitations.newest_answer(c.programme.id, c.unit.organisation_id)
    assert answer is not None and answer.kind == invitations.OTHER_DATE


def test_who_waits_takes_what_is_free_or_waits_for_another_number(c, client: FlaskClient) -> None:
    take(c, c.team, 10, who="zoe")
    token = link(c, c.unit)
    path, typed = f"/i/{token}/sessions/{c.hall.performance_id}", TYPED | {"go": "book", "wait": "1"}
    client.post(path, data=typed | {f"pupils-0-{STAFF}": "16"})
    said = read(client, f"/i/{token}/sessions")
    assert "You are booked by yourself once so many are free" in said and "Take places on Tuesday" in said
    with transaction():
        holding.change(c.hall, SessionSaid(places=12), who="Priya", now=session_life.now())
    said = read(client, f"/i/{token}/sessions")
    assert "The session has 12 places only. Wait for fewer, or choose another session." in said
    assert "You are booked by yourself" not in said
    done = client.post(path, data=typed | {f"pupils-0-{STAFF}": "11"})
    assert done.status_code == 303
    assert "On the waiting list for 11 places" in read(client, f"/i/{token}/sessions")
    answer = invitations.newest_answer(c.programme.id, c.unit.organisation_id)
    assert answer is not None and answer.reason.startswith("11 places, ")
    assert client.post(path, data=typed | {f"pupils-0-{STAFF}": "2"}).status_code == 303
    assert coming(c.hall.performance)["Kestermere Unit"] == 2


def test_who_waits_for_a_full_session_may_wait_for_another_number(c, client: FlaskClient) -> None:
    take(c, c.team, 20, who="zoe")
    take(c, c.unit, 6, waits=True)
    token = link(c, c.unit)
    assert "Wait for another number on Tuesday" in read(client, f"/i/{token}/sessions")
    assert "Wait for another number" in read(client, f"/i/{token}/sessions/{c.hall.performance_id}")


def test_a_wait_is_over_with_its_session(c, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    take(c, c.team, 20, who="zoe")
    take(c, c.unit, 6, waits=True)
    token = link(c, c.unit)
    for at, said in (
        (wall(session_life.TUESDAY, time(7)), "It is today: nobody moves up any more."),
        (wall(session_life.WEDNESDAY, time(7)), "The session is over."),
    ):
        monkeypatch.setattr(clock, "now", lambda at=at: at)
        page = read(client, f"/i/{token}/sessions")
        assert "You waited for 6 places" in page and said in page
        assert "You are booked by yourself" not in page and "On the waiting list" not in page


def test_places_moved_to_where_it_waits_end_the_wait(c, client: FlaskClient) -> None:
    booking = booked(take(c, c.unit, 2, c.online.performance))
    take(c, c.team, 15, who="zoe")
    token = link(c, c.unit)
    typed = TYPED | {f"pupils-0-{STAFF}": "6", "go": "book", "wait": "1"}
    client.post(f"/i/{token}/sessions/{c.hall.performance_id}", data=typed)
    to = f"/i/{token}/booked/{booking.reference}/sessions/{c.hall.performance_id}"
    assert "You wait no more for Tuesday 9 March at 9:30am, at Kestermere Town Hall." in read(client, to)
    assert client.post(to).status_code == 303
    answer = invitations.newest_answer(c.programme.id, c.unit.organisation_id)
    assert answer is not None and answer.kind == invitations.OTHER_DATE


def test_its_page_has_place_link_and_how_to_join_and_moves_to_another_session(c, client: FlaskClient) -> None:
    with transaction():
        c.online.joining = "Have your camera on."
    booking = booked(take(c, c.unit, 6))
    token = link(c, c.unit)
    page = f"/i/{token}/booked/{booking.reference}"
    said = read(client, page)
    assert (
        "Kestermere Town Hall" in said and "Move to another session" in said and "Change the number" in said
    )
    assert "Your host" not in said and "Journey" not in said and "pupil" not in said
    assert "100 places left" in read(client, f"{page}/sessions")
    to = f"{page}/sessions/{c.online.performance_id}"
    assert "Move 6 places to Wednesday 10 March, 2:00pm?" in read(client, to)
    moved = client.post(to)
    assert moved.status_code == 303 and moved.headers["Location"].endswith(page)
    said = read(client, page)
    assert "Online" in said and c.online.link in said and "Have your camera on." in said
    assert "classes" not in said and "head teacher" not in said and "company" not in said
    shared = (
        f"For your colleagues We take part in ‘{c.programme.title}’ online on Wednesday 10 March, 2:00pm to 3:15pm. "
        f"Where: {c.online.link} How to join: Have your camera on. Who: 6 staff. Reference {booking.reference}."
    )
    assert shared in said
    sheet = read(client, f"{page}/sheet")
    assert f"Where Online {c.online.link} How to join Have your camera on. Who 6 staff" in sheet
    assert (coming(c.hall.performance), coming(c.online.performance)) == ({}, {"Kestermere Unit": 6})


def test_a_move_to_a_session_that_filled_meanwhile_leaves_the_places(c, client: FlaskClient) -> None:
    booking = booked(take(c, c.unit, 6, c.online.performance))
    take(c, c.team, 18, who="zoe")
    token = link(c, c.unit)
    page = f"/i/{token}/booked/{booking.reference}/sessions/{c.hall.performance_id}"
    refused = client.post(page, follow_redirects=True)
    assert "only 2 places are left at that session" in words(refused.text) or "only 2 places" in refused.text
    assert coming(c.online.performance) == {"Kestermere Unit": 6}


def test_a_move_to_where_it_is_says_that_it_is_there_already(c, client: FlaskClient) -> None:
    booking = booked(take(c, c.unit, 6))
    page = f"/i/{link(c, c.unit)}/booked/{booking.reference}"
    letters = db.session.query(Letter).count()
    said = words(client.post(f"{page}/sessions/{c.hall.performance_id}", follow_redirects=True).text)
    assert "You have 6 staff booked at that session already." in said and "Moved to" not in said
    assert (booking.sequence, db.session.query(Letter).count()) == (0, letters)


def test_the_number_goes_up_and_down(c, client: FlaskClient) -> None:
    booking = booked(take(c, c.unit, 6))
    page = f"/i/{link(c, c.unit)}/booked/{booking.reference}/places"
    assert 'value="6"' in client.get(page).text
    assert client.post(page, data={f"pupils-0-{STAFF}": "9"}).status_code == 303
    assert coming(c.hall.performance) == {"Kestermere Unit": 9}
    assert client.post(page, data={f"pupils-0-{STAFF}": "4"}).status_code == 303
    refused = client.post(page, data={f"pupils-0-{STAFF}": "30"})
    assert refused.status_code == 422 and 'value="30"' in refused.text
    assert coming(c.hall.performance) == {"Kestermere Unit": 4}


def test_places_are_given_up_with_a_reason(c, client: FlaskClient) -> None:
    booking = booked(take(c, c.unit, 6))
    page = f"/i/{link(c, c.unit)}/booked/{booking.reference}/cancel"
    said = read(client, page)
    assert "Give up these places?" in said and "They are needed on duty then" in said
    assert "hall" not in said.replace("Town Hall", "") and "school" not in said
    assert client.post(page, data={"reason": "duty"}).status_code == 303
    ended = promises.cancellation_of(booking)
    assert ended is not None and ended.reason == "They are needed on duty then"


def test_nobody_reaches_anothers_places_or_a_session_of_another_programme(c, client: FlaskClient) -> None:
    first = take(c, c.team, 20, who="zoe")
    waits = take(c, c.unit, 3, waits=True)
    other = link(c, c.uncounted)
    for path in (
        f"/i/{other}/booked/{booked(first).reference}/sessions",
        f"/i/{other}/booked/{booked(first).reference}/places",
        f"/i/{other}/sessions/2147483647",
    ):
        assert client.get(path).status_code == 404
    assert client.post(f"/i/{other}/waiting/{waits.id}/leave").status_code == 404
    assert [place.id for place in guest_places.asked_of(c.hall.performance_id)] == [waits.id]


def test_a_session_called_off_is_not_there_any_more(c, client: FlaskClient) -> None:
    token = link(c, c.unit)
    with transaction():
        holding.call_off(c.hall, reason="Ill", who="Priya", now=session_life.now())
    db.session.expire_all()
    gone = client.get(f"/i/{token}/sessions/{c.hall.performance_id}", follow_redirects=True)
    assert "not open for places any more" in gone.text
    assert "Tuesday 9 March" not in words(gone.text)


def test_more_places_are_seen_at_once(c, client: FlaskClient) -> None:
    with transaction():
        holding.change(c.hall, SessionSaid(places=25), who="Priya", now=session_life.now())
    assert "25 places left" in read(client, f"/i/{link(c, c.unit)}/sessions")


def test_nobody_named_gets_a_sentence(c, client: FlaskClient) -> None:
    path = f"/i/{link(c, c.unit)}/sessions/{c.hall.performance_id}"
    page = client.post(
        path, data={f"pupils-0-{STAFF}": "3", "entry_name": "", "entry_address": "", "go": "check"}
    )
    assert page.status_code == 422
    assert "Enter the name of whoever gets the calendar entry." in words(page.text)


@pytest.mark.parametrize("path", ["sessions", "sessions/{session}", "booked/{reference}/sessions"])
def test_pages_ask_as_many_questions_for_three_sessions_as_for_one(
    c, client: FlaskClient, path: str, count_queries
) -> None:
    booking = booked(take(c, c.unit, 6))
    token = link(c, c.uncounted if "reference" not in path else c.unit)
    page = f"/i/{token}/" + path.format(session=c.hall.performance_id, reference=booking.reference)
    ids, at = (c.partnership.id, c.programme.id), c.online.performance.starts_at
    with count_queries() as few:
        db.session.remove()
        client.get(page)
    with transaction():
        venue = make.venue(db.session.get_one(Partnership, ids[0]))
        for hour in (8, 12):
            make.session(db.session.get_one(Programme, ids[1]), venue, at.replace(hour=hour))
    with count_queries() as many:
        db.session.remove()
        client.get(page)
    assert (len(many), {*many} - {*few}) == (len(few), set())


def test_a_body_that_closed_only_gives_its_places_up_by_its_link(c, client: FlaskClient) -> None:
    own, token = booked(take(c, c.unit, 6)), link(c, c.unit)
    with transaction():
        bodies.close(
            c.unit, date(2027, 1, 18), who="Priya", now=session_life.now(), today=session_life.now().date()
        )
    page = read(client, f"/i/{token}/booked/{own.reference}")
    assert "Give up the places" in page and "Change the number" not in page and "Move" not in page
    no = "Your organisation is closed, as far as we know, so its places can only be given up."
    here = f"/i/{token}/booked/{own.reference}"
    for path in (f"{here}/places", f"{here}/sessions/{c.online.performance_id}"):
        for sent in (
            client.get(path, follow_redirects=True),
            client.post(path, data={f"pupils-0-{STAFF}": "7"}, follow_redirects=True),
        ):
            assert no in words(sent.text)
    for sent in (
        client.get(f"/i/{token}/sessions/{c.online.performance_id}"),
        client.post(
            f"/i/{token}/sessions/{c.online.performance_id}", data=TYPED | {f"pupils-0-{STAFF}": "2"}
        ),
    ):
        assert "closed, as far as we know" in words(sent.text) and "<form" not in sent.text
    assert coming(c.hall.performance) == {"Kestermere Unit": 6} and not coming(c.online.performance)
    assert client.post(f"{here}/cancel", data={"reason": "duty"}).status_code == 303
    assert coming(c.hall.performance) == {}


@pytest.mark.parametrize("whose", ["unit", "school"])
def test_whoever_was_taken_out_of_the_target_is_offered_no_session_and_keeps_its_places(
    c, client: FlaskClient, whose: str
) -> None:
    one = getattr(c, whose)
    own, token = booked(take(c, one, 6)), link(c, one)
    with transaction():
        target_decisions.exclude(
            c.programme, one, reason="Of another county", who="Priya", now=session_life.now()
        )
    called = "organisation" if whose == "unit" else "school"
    for path in ("/sessions", f"/sessions/{c.online.performance_id}"):
        assert f"This programme is not for your {called}" in read(client, f"/i/{token}{path}")
    sent = TYPED | {f"pupils-0-{STAFF}": "2", "go": "book"}
    refused = client.post(f"/i/{token}/sessions/{c.online.performance_id}", data=sent)
    assert "This programme is not for" in words(refused.text)
    assert coming(c.online.performance) == {} and own.ended_at is None
    assert "You are booked" in read(client, f"/i/{token}/booked/{own.reference}")
